"""The Pythons of this machine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

RUNNING: Final = f"python{sys.version_info[0]}.{sys.version_info[1]}"
"""The runtime that this interpreter is."""
_RUNTIME: Final = re.compile(r"python3\.(\d+)")
_COMPILED: Final = re.compile(r"\.cpython-3(\d+)-")
_OLDEST: Final = 9
_PROBE: Final = """
import sys
print(sys.implementation.name, ".".join(map(str, sys.version_info[:2])), sys.version.split()[0], sys.executable)
"""
"""What it calls itself may be another path than it was started by: a shim of pyenv's is a script that finds it."""
_LOADER: Final = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "SYSTEMROOT")


class Interpreter(NamedTuple):
    """A CPython at hand."""

    path: str
    version: str
    """All of it: `3.10.13`."""


class NoInterpreterError(LookupError):
    """There is no Python for a runtime. The text says what is there, and how to get it."""


@lru_cache
def find_interpreter(python: str) -> Interpreter | None:
    """A CPython of exactly that minor version, such as `3.10`: this one, `pythonX.Y` on PATH, or pyenv's newest."""
    for path in _candidates(python):
        try:
            done = subprocess.run([path, "-I", "-S", "-c", _PROBE], capture_output=True, text=True, timeout=10)
        except (OSError, subprocess.TimeoutExpired):
            continue
        name, version, release, itself = [*done.stdout.rstrip("\n").split(" ", 3), *[""] * 4][:4]
        if done.returncode == 0 and (name, version) == ("cpython", python):  # a shim of pyenv may not run
            return Interpreter(itself or path, release)
    return None


def loader_variables() -> dict[str, str]:
    """The environment variables that an interpreter may need to start at all, where little else is passed on."""
    return {name: os.environ[name] for name in _LOADER if name in os.environ}


def interpreter_of(runtime: str) -> str:
    """The path of the interpreter for a runtime, found as `find_interpreter` does.

    Args:
        runtime: `python3.10`, as in `s.yaml`.

    Raises:
        NoInterpreterError: The machine has none, or it is no such runtime.
    """
    match = _RUNTIME.fullmatch(runtime)
    if match is None or int(match[1]) < _OLDEST:
        raise NoInterpreterError(f"runtime {runtime!r} cannot be run here; expected python3.{_OLDEST} or later")
    found = find_interpreter(runtime.removeprefix("python"))
    if found is None:
        raise NoInterpreterError(
            f"runtime {runtime} needs a {runtime} on PATH or in pyenv, and there is none; "
            f"install one (pyenv install {runtime.removeprefix('python')}), or take the runtime {RUNNING}"
        )
    return found.path


def runtimes_at_hand() -> list[str]:
    """Every runtime from Python 3.10 on that this machine can run."""
    return [f"python3.{minor}" for minor in range(10, 30) if find_interpreter(f"3.{minor}") is not None]


def runtime_of(directory: Path) -> str:
    """The runtime that the compiled modules in a folder are for; the running one where there are none."""
    for path in directory.rglob("*.cpython-3*.so"):
        match = _COMPILED.search(path.name)
        if match is not None:
            return f"python3.{match[1]}"
    return RUNNING


def _candidates(python: str) -> Iterator[str]:
    if f"python{python}" == RUNNING:
        yield sys.executable
    on_path = shutil.which(f"python{python}")
    if on_path is not None:
        yield on_path
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    installed = pyenv.glob(f"versions/{python}.*/bin/python")
    yield from map(str, sorted(installed, key=_patch_level, reverse=True))


def _patch_level(python: Path) -> int:
    patch = re.match(r"\d+", python.parent.parent.name.split(".")[2])
    return int(patch[0]) if patch else -1
