"""Which Python runs a function."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dataworks_ext.deploy import interpreters
from dataworks_ext.deploy.bytecode import compile_files
from dataworks_ext.deploy.interpreters import (
    RUNNING,
    Interpreter,
    NoInterpreterError,
    find_interpreter,
    interpreter_of,
    runtime_of,
    runtimes_at_hand,
)
from dataworks_ext.local.process import FunctionProcess
from dataworks_ext.testing import FunctionContext

VERSION = RUNNING.removeprefix("python")


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> None:
    find_interpreter.cache_clear()


def python(directory: Path, said: str) -> Path:
    """A program that says that of itself."""
    directory.mkdir(parents=True)
    path = directory / "python"
    path.write_text(f"#!/bin/sh\necho {said}\n")
    path.chmod(0o755)
    return path


def test_the_running_python_runs_its_own_version() -> None:
    assert interpreter_of(RUNNING) == sys.executable
    assert RUNNING in runtimes_at_hand()


def test_the_newest_of_pyenv_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    python(tmp_path / "versions/3.28.9/bin", "cpython 3.28 3.28.9 $0")
    newest = python(tmp_path / "versions/3.28.10/bin", "cpython 3.28 3.28.10 $0")
    assert find_interpreter("3.28") == Interpreter(str(newest), "3.28.10")
    assert interpreter_of("python3.28") == str(newest)


def test_a_shim_that_runs_is_followed_to_the_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It needs the environment, which an interpreter that compiles or serves does not get."""
    shim = tmp_path / "shims" / f"python{VERSION}"
    shim.parent.mkdir()
    shim.write_text('#!/bin/sh\nexec "$MY_ROOT/python" "$@"\n')
    shim.chmod(0o755)
    (tmp_path / "python").symlink_to(sys.executable)
    monkeypatch.setenv("MY_ROOT", str(tmp_path))
    monkeypatch.setattr(interpreters, "RUNNING", "python3.0")
    monkeypatch.setenv("PATH", str(shim.parent), prepend=":")
    found = find_interpreter(VERSION)
    assert found is not None
    assert Path(found.path).resolve() == Path(sys.executable).resolve()
    (tmp_path / "rule.py").touch()
    assert compile_files(tmp_path, ["rule.py"], found) == {}


def test_what_the_loader_of_an_interpreter_needs_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Python with a shared library in a place of its own starts by LD_LIBRARY_PATH only."""
    monkeypatch.setenv("LD_LIBRARY_PATH", "/nowhere")
    needing = tmp_path / "python"
    needing.write_text(f'#!/bin/sh\n[ "$LD_LIBRARY_PATH" = /nowhere ] && exec {sys.executable} "$@"\n')
    needing.chmod(0o755)
    (tmp_path / "rule.py").touch()
    assert compile_files(tmp_path, ["rule.py"], Interpreter(str(needing), VERSION)) == {}
    with FunctionProcess(tmp_path, {}, handler="rule.handler", initializer="", python=str(needing)) as function:
        assert function.invoke(b"", FunctionContext()).error is not None


def test_a_shim_that_does_not_run_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = python(tmp_path / "shims", "python3.28 is not installed")
    shim.rename(shim.with_name("python3.28"))
    real = python(tmp_path / "versions/3.28.0/bin", "cpython 3.28 3.28.0 $0")
    monkeypatch.setenv("PATH", str(tmp_path / "shims"), prepend=":")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert interpreter_of("python3.28") == str(real)


@pytest.mark.parametrize("said", ["pypy 3.28 3.28.1", "cpython 3.27 3.27.1", ""])
def test_another_python_is_passed_over(said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python(tmp_path / "versions/3.28.1/bin", said)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert find_interpreter("3.28") is None


def test_a_python_that_is_not_here_is_told() -> None:
    with pytest.raises(NoInterpreterError, match=r"install one \(pyenv install 3.29\), or take the runtime python3"):
        interpreter_of("python3.29")


@pytest.mark.parametrize("runtime", ["python2.7", "python3.8", "python3", "nodejs12", ""])
def test_what_is_no_such_runtime_is_told(runtime: str) -> None:
    with pytest.raises(NoInterpreterError, match=r"expected python3\.9 or later"):
        interpreter_of(runtime)


def test_compiled_modules_say_which_python_they_are_for(tmp_path: Path) -> None:
    assert runtime_of(tmp_path) == RUNNING
    (tmp_path / "core").mkdir()
    (tmp_path / "core/core.cpython-310-x86_64-linux-gnu.so").touch()
    assert runtime_of(tmp_path) == "python3.10"
