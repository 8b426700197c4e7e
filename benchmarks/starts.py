"""Cold starts: processes from start to first reply, in turns.

What is started is code directories as Function Compute has them, with byte code that is never checked against its
source: those of this framework by `dataworks-ext package`, and those of peers with the same wheels.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import random
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import pydantic

from dataworks_ext.deploy.build import build
from dataworks_ext.deploy.plugins import WITHOUT_PLUGINS, postpone_search
from dataworks_ext.testing import function_compute_message
from dataworks_ext.testing.samples import eventbridge_message
from dataworks_ext.testing.stub import DataWorksStub

HERE: Final = Path(__file__).parent
POLICIES: Final = HERE.parent / "policies"
PYTHON: Final = f"{sys.version_info[0]}.{sys.version_info[1]}"
ROUNDS: Final = 13
_INTERPRETER: Final = str(Path(sys.base_prefix, "bin", f"python{PYTHON}"))
"""Outside of any virtual environment, as in Function Compute."""
_LIBRARIES: Final = ("pydantic", "pydantic_core", "annotated_types", "typing_inspection", "typing_extensions.py")
_POWERTOOLS: Final = ("aws_lambda_powertools", "jmespath")
_WITHOUT_SQL: Final = ["downloads", "uploads", "files", "nodes", "workspaces", "permissions"]
"""The packs of the example but that about SQL."""
_PACKS: Final = "from dataworks_ext import Extension\n{imports}\nextension = Extension('bench', packs=[{packs}])\n"


class Contender(NamedTuple):
    """A code directory, and the message it gets."""

    directory: Path
    message: bytes
    variables: Mapping[str, str] = {}


class Start(NamedTuple):
    """What one start took, in seconds."""

    cpu: float
    """Of all threads of the process, from its start to its end."""
    wall: float


def time_starts(work: Path) -> dict[str, list[Start]]:
    """The starts of all contenders, by name. The first round, which fills the cache of files, does not count.

    Args:
        work: A folder for the code directories.
    """
    with DataWorksStub() as dataworks:
        contenders = _contenders(work, dataworks.environment)
        times: dict[str, list[Start]] = {name: [] for name in contenders}
        order = list(contenders)
        for round_number in range(ROUNDS + 1):
            random.shuffle(order)
            for name in order:
                took = _start(contenders[name], work)
                if round_number:
                    times[name].append(took)
        return times


def _contenders(work: Path, callback: Mapping[str, str]) -> dict[str, Contender]:
    download = function_compute_message("download-resources")
    deletion = eventbridge_message("delete-project")
    callback = {"WORKSPACES_PROTECTED_WORKSPACES": "1", "DATAWORKS_EXT_REGION": "cn-hangzhou", **callback}
    one = _package(work, "one", ["downloads"])
    six = _package(work, "six", _WITHOUT_SQL)
    every = _package(work, "every", list(_packs()))
    hand = _peer(work / "hand", six, "by_hand")
    late = _peer(work / "late", six, "by_hand", prologue=WITHOUT_PLUGINS)
    postpone_search(late)
    powertools = _peer(work / "powertools", six, "powertools_start", "by_hand")
    bare = work / "bare"
    bare.mkdir()
    shutil.copy(HERE / "bare.py", bare / "index.py")
    for directory in (hand, late, powertools, bare):
        compileall.compile_dir(
            directory, quiet=2, force=True, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
    return {
        "bare": Contender(bare, download),
        "pydantic": Contender(hand, download),
        "pydantic, no plugins": Contender(late, download),
        "powertools": Contender(powertools, download),
        "one pack": Contender(one, download),
        "six packs": Contender(six, download),
        "every pack": Contender(every, download),
        "one pack, callback": Contender(_package(work, "workspaces", ["workspaces"]), deletion, callback),
        "every pack, callback": Contender(every, deletion, callback),
    }


def _packs() -> Iterator[str]:
    """The modules of the example that have a pack of their name."""
    for path in sorted(POLICIES.glob("*.py")):
        if f"\n{path.stem} = PolicyPack(" in path.read_text(encoding="utf-8"):
            yield path.stem


def _package(work: Path, name: str, packs: list[str]) -> Path:
    """The package of an extension with those packs of the example."""
    folder = work / f"{name}-sources" / "policies"
    shutil.copytree(POLICIES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    imports = "\n".join(f"from .{pack} import {pack}" for pack in packs)
    (folder / "__init__.py").write_text(_PACKS.format(imports=imports, packs=", ".join(packs)))
    return build([folder], PYTHON, work / name).directory


def _peer(directory: Path, package: Path, handler: str, *modules: str, prologue: str = "") -> Path:
    """A code directory with a handler of this folder, and pydantic as in the package, but unchanged."""
    directory.mkdir()
    site_packages = Path(sysconfig.get_path("purelib"))
    for name in _LIBRARIES:
        _copy(package / name, directory / name)
    for path in package.glob("*.dist-info"):
        if path.name.startswith(("pydantic", "annotated", "typing")):
            _copy(path, directory / path.name)
    original = Path("plugin", "_loader.py")
    shutil.copy(Path(pydantic.__file__).parent / original, directory / "pydantic" / original)
    if handler.startswith("powertools"):
        for name in _POWERTOOLS:
            _copy(site_packages / name, directory / name)
            for path in site_packages.glob(f"{name}-*.dist-info"):
                _copy(path, directory / path.name)
    (directory / "index.py").write_text(f"{prologue}from {handler} import handler\n")
    for name in (handler, *modules):
        shutil.copy(HERE / f"{name}.py", directory)
    return directory


def _copy(source: Path, target: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def _start(contender: Contender, work: Path) -> Start:
    message = work / "message.json"
    message.write_bytes(contender.message)
    begin = time.perf_counter()
    process = subprocess.Popen(
        [_INTERPRETER, "-s", str(HERE / "launch.py"), str(contender.directory), str(message)],
        env={"PATH": os.environ.get("PATH", ""), **contender.variables},
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{contender.directory} ended with status {process.returncode}")
    return Start(usage.ru_utime + usage.ru_stime, time.perf_counter() - begin)
