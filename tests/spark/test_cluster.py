"""A cluster of its own processes, which has neither the libraries nor the extension; and `spark-submit`."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pyspark
import pytest

import dataworks_ext.rehearsal
from tests.archive.s3 import Bucket, s3_server

from .command import environment_of, rehearse
from .quarter import write_archive, write_project

SPARK = Path(pyspark.__file__).parent
BARE_PYTHON = str(Path(getattr(sys, "_base_executable", sys.executable)).resolve())
"""The Python that environments are made of: it has no library."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cluster") / "project"
    write_project(folder)
    write_archive(folder / "archive", 400, days=9)
    return folder


@pytest.fixture(scope="module")
def bucket(project: Path) -> Iterator[Bucket]:
    """The archive in a bucket, without the days that were not compacted."""
    with s3_server() as url:
        found = Bucket(url)
        for path in sorted((project / "archive").rglob("*.*")):
            key = f"guard/{path.relative_to(project / 'archive').as_posix()}"
            found.client.upload_file(str(path), found.name, key)
        yield found


@pytest.fixture(scope="module")
def master(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A master of Spark with one worker of two cores, which reads the disk of this machine."""
    folder = tmp_path_factory.mktemp("spark")
    with _service(folder, "master.Master", "--host", "127.0.0.1", "--port", "0") as log:
        address = _said(log, r"(spark://127\.0\.0\.1:\d+)")
        options = ("--host", "127.0.0.1", "--cores", "2", "--memory", "2g", "--work-dir", str(folder / "work"))
        with _service(folder, "worker.Worker", address, *options) as worker:
            _said(worker, "Successfully registered with master")
            yield address


@contextmanager
def _service(folder: Path, name: str, *arguments: str) -> Iterator[Path]:
    """A service of Spark. Gives what it logs."""
    log = folder / f"{name}.log"
    command = [str(SPARK / "bin" / "spark-class"), f"org.apache.spark.deploy.{name}", "--webui-port", "0", *arguments]
    environment = {**os.environ, "SPARK_LOCAL_IP": "127.0.0.1", "PYSPARK_PYTHON": BARE_PYTHON}
    with (
        log.open("w") as written,
        subprocess.Popen(command, env=environment, stdout=written, stderr=written) as running,
    ):
        try:
            yield log
        finally:
            running.terminate()


def _said(log: Path, pattern: str) -> str:
    deadline = time.monotonic() + 120
    while (found := re.search(pattern, log.read_text())) is None:
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.2)
    return found[0]


def answer(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_packed_environment_gives_the_same_report_on_a_cluster(project: Path, bucket: Bucket, master: str) -> None:
    """With a bucket, another version of git, and settings of the candidate's."""
    packed = rehearse(project, "--pack-environment", "environment.tar.gz")
    assert packed.returncode == 0, packed.stderr
    variables = {
        **bucket.environment(),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "owner",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "owner",
    }
    arguments = (
        f"oss://{bucket.name}/guard",
        "--against",
        "HEAD",
        "--modes",
        "guard.narrow=shadow",
        "--format",
        "json",
    )
    on_spark = ("--spark", master, "--environment", "environment.tar.gz")
    found = answer(rehearse(project, *arguments, *on_spark, **variables))
    assert found == answer(rehearse(project, *arguments, **variables))
    assert found["newly_denied"] > 0
    assert found["unread"] > 0


@pytest.mark.parametrize(
    ("python", "said"),
    [
        (BARE_PYTHON, "the workers have no dataworks_ext; pack the environment with"),
        ("/nowhere/python", "the workers have no such Python as spark.pyspark.python names; pack the environment"),
    ],
)
def test_workers_without_the_environment_are_named(project: Path, master: str, python: str, said: str) -> None:
    done = rehearse(project, "archive", "--spark", master, PYSPARK_PYTHON=python)
    assert done.returncode == 2
    assert " ".join(done.stderr.split()).startswith(f"dataworks-ext: {said}")


def test_spark_submit_runs_a_copy_of_the_file_in_a_packed_environment(project: Path) -> None:
    """As where nothing else is: the archive has the extension and the version to compare with."""
    shutil.copy(Path(dataworks_ext.rehearsal.__file__).parent / "spark.py", project / "job.py")
    packed = rehearse(project, "--pack-environment", "whole.tar.gz", "--against", "HEAD")
    assert packed.returncode == 0, packed.stderr
    subprocess.run(["tar", "xzf", "whole.tar.gz", "--one-top-level=whole"], cwd=project, check=True)
    arguments = (str(project / "archive"), "--against", "HEAD", "--format", "json", "--output", str(project / "out"))
    submit = [str(SPARK / "bin" / "spark-submit"), "--master", "local[2,4]", "--conf", "spark.ui.enabled=false"]
    python = str(project / "whole" / "bin" / "python")
    environment = environment_of(project, PYSPARK_PYTHON=python, PYSPARK_DRIVER_PYTHON=python)
    done = subprocess.run(
        [*submit, "job.py", *arguments], cwd=project, env=environment, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    found = json.loads((project / "out").read_text())
    assert found == answer(rehearse(project, *arguments[:-2]))


def test_an_interruption_ends_it_soon_and_leaves_no_process(project: Path, tmp_path: Path) -> None:
    rules = (
        (project / "rules.py")
        .read_text()
        .replace("    return deny(f", "    open('came', 'w'); wait()\n    return deny(f")
    )
    (tmp_path / "rules.py").write_text(f"def wait():\n    __import__('time').sleep(60)\n\n\n{rules}")
    folder = tmp_path / "policies_came"
    folder.mkdir()
    (tmp_path / "rules.py").write_text(
        (tmp_path / "rules.py").read_text().replace("'came'", repr(str(folder / "came")))
    )
    command = [sys.executable, "-m", "dataworks_ext", "rehearse", str(project / "archive"), "--spark", "local[2]"]
    with (tmp_path / "said").open("w") as said:
        running = subprocess.Popen(
            command, cwd=tmp_path, env=environment_of(tmp_path), stderr=said, start_new_session=True
        )
    deadline = time.monotonic() + 120
    while not (folder / "came").exists():
        assert time.monotonic() < deadline
        time.sleep(0.1)
    started = psutil.Process(running.pid).children(recursive=True)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(timeout=30) == 130
    assert (tmp_path / "said").read_text() == ""
    assert psutil.wait_procs(started, timeout=15)[1] == []
