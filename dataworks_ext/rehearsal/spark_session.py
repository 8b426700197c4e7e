"""Starting and ending Spark, and what it says when it cannot."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from ..errors import ExtensionError

if TYPE_CHECKING:
    from pyspark import SparkConf, SparkContext

SUBMITTED: Final = "submit"
"""The master of a session that `spark-submit` makes."""
_LOCAL: Final = re.compile(r"local(?:\[(\d+|\*)\])?")
_ATTEMPTS: Final = 4
"""How often a task is tried, as on a cluster."""
_LITTLE_JAVA: Final = "-XX:+UseSerialGC -XX:TieredStopAtLevel=1"
"""Java hands tasks out here, and takes no cores from those who decide to make itself faster."""
_ADDRESS: Final = re.compile(r"spark://(.+)")
_PATIENCE: Final = 5.0
"""Seconds for a connection to a master."""
_RAISED: Final = re.compile(r"^(?:\w+\.)*(\w+(?:Error|Exception|Pool|Timeout|Interrupt)): (.+)$", re.MULTILINE)
_MISSING: Final = re.compile(r"No module named '([\w.]+)'")
_PACK: Final = (
    "pack the environment with: dataworks-ext rehearse --pack-environment FILE, and name it in: --environment FILE"
)


class SparkError(ExtensionError):
    """Spark that cannot be used. The text says what to do."""

    @classmethod
    def of(cls, error: Exception) -> SparkError:
        """What an error of Spark means."""
        said = str(error)
        missing = _MISSING.search(said)
        if missing is not None:
            return cls(f"the workers have no {missing[1].partition('.')[0]}; {_PACK}")
        if "PYTHON_VERSION_MISMATCH" in said or "different version" in said:
            mine = f"{sys.version_info.major}.{sys.version_info.minor}"
            return cls(f"the workers have another Python than this machine, which has {mine}; {_PACK}")
        if "Cannot run program" in said:
            return cls(f"the workers have no such Python as spark.pyspark.python names; {_PACK}")
        if "exited unexpectedly" in said or "ExecutorLostFailure" in said or "BrokenProcessPool" in said:
            return cls(
                f"the workers ended {_ATTEMPTS} times: they were killed or had too little memory; "
                "give executors more with spark.executor.memoryOverhead"
            )
        raised = _RAISED.findall(said)
        if raised:
            name, text = raised[-1] if raised[-1][0] != "PythonException" else raised[0]
            return cls(f"a task failed on Spark: {text if name in _OURS else f'{name}: {text}'}"[:_LONGEST])
        return cls(f"Spark failed: {type(error).__name__}: {said.strip().partition(chr(10))[0]}"[:_LONGEST])


_OURS: Final = ("PlaceError", "DayFileError", "WorkerError")
_LONGEST: Final = 500


@contextmanager
def spark_context(master: str, environment: str | None = None) -> Iterator[SparkContext]:
    """Spark for as long as the block lasts.

    Args:
        master: As `spark-submit --master` takes it; `submit` inside of one.
        environment: An archive that `--pack-environment` made, for the workers.

    Raises:
        SparkError: It cannot be started.
    """
    from pyspark import SparkConf

    if master == SUBMITTED:
        context = _started(SparkConf(), master)
    else:
        _check(master, environment)
        conf = _configured(SparkConf(), master, environment)
        with _quiet() as log:
            context = _started(conf, master, log)
        context.setLogLevel("OFF")  # what fails is told by its error
    try:
        yield context
    finally:
        context.stop()


def _configured(conf: SparkConf, master: str, environment: str | None) -> SparkConf:
    conf.setAppName("dataworks-ext rehearse").set("spark.ui.showConsoleProgress", "false")
    local = _LOCAL.fullmatch(master)
    if local is None:
        conf.setMaster(master)
    else:
        conf.setMaster(f"local[{local[1] or 1},{_ATTEMPTS}]")  # without the number, nothing is tried again
        conf.set("spark.ui.enabled", "false").set("spark.driver.bindAddress", "127.0.0.1")
        conf.set("spark.driver.host", "127.0.0.1").set("spark.driver.extraJavaOptions", _LITTLE_JAVA)
    if environment is not None:
        conf.set("spark.archives", f"{environment}#environment")
        conf.set("spark.pyspark.python", "./environment/bin/python").set("spark.pyspark.driver.python", sys.executable)
        os.environ["PYSPARK_PYTHON"] = "./environment/bin/python"
    elif local is not None:
        os.environ["PYSPARK_PYTHON"] = sys.executable
    return conf


def _check(master: str, environment: str | None) -> None:
    """Raise `SparkError` for what would take Spark a minute and a page to say."""
    home = os.environ.get("JAVA_HOME", "")
    java = Path(home, "bin", "java") if home else None
    if java is not None and not java.exists():
        raise SparkError(f"JAVA_HOME is {home}, where there is no bin/java; Spark needs Java 17")
    if java is None and shutil.which("java") is None:
        raise SparkError(
            "Spark needs Java 17, and there is no java here; on Debian: apt install openjdk-17-jre-headless"
        )
    if environment is not None and "://" not in environment and not Path(environment).is_file():
        raise SparkError(f"there is no {environment}; make it with: dataworks-ext rehearse --pack-environment FILE")
    if environment is not None and _LOCAL.fullmatch(master):
        raise SparkError(f"--environment is for a cluster; {master} runs in the environment of this command")
    found = _ADDRESS.fullmatch(master)
    if found is not None and not any(map(_answers, found[1].split(","))):
        raise SparkError(f"nothing answers at {master}; is it the address of the master, and does it run?")


def _answers(address: str) -> bool:
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _PATIENCE).close()
    except (OSError, ValueError, OverflowError):
        return False
    return True


def _started(conf: SparkConf, master: str, log: IO[str] | None = None) -> SparkContext:
    from pyspark import SparkContext

    try:
        return SparkContext.getOrCreate(conf)
    except Exception as error:
        said = "" if log is None else _read(log)
        if "UnsupportedClassVersionError" in said:
            raise SparkError("this Java is too old for Spark, which needs Java 17; set JAVA_HOME") from None
        if "Could not parse Master URL" in f"{error}{said}" or "Master must either be" in said:
            raise SparkError(
                f"{master} is no master of Spark; expected local[2], spark://host:7077, yarn or k8s://https://host:443"
            ) from None
        lines = [line for line in said.splitlines() if "ERROR" in line or "Exception" in line]
        cause = lines[0] if lines else f"{type(error).__name__}: {str(error).strip().partition(chr(10))[0]}"
        raise SparkError(f"Spark cannot be started with {master}: {cause}"[:_LONGEST]) from None


@contextmanager
def _quiet() -> Iterator[IO[str]]:
    """Standard error of what is started meanwhile goes to a file: Java's and Spark's warnings are not the user's."""
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as log:
        sys.stderr.flush()
        kept = os.dup(2)
        os.dup2(log.fileno(), 2)
        try:
            yield log
        finally:
            sys.stderr.flush()
            os.dup2(kept, 2)
            os.close(kept)


def _read(log: IO[str]) -> str:
    log.seek(0)
    return log.read()
