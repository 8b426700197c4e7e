"""Byte code that is the same wherever it is made."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from dataworks_ext.deploy.bytecode import compile_files
from dataworks_ext.deploy.interpreters import Interpreter, find_interpreter

FOUND = [found for python in ("3.10", "3.11", "3.12", "3.13") if (found := find_interpreter(python)) is not None]
_SOURCE = '''
LIMITS = {"rows": 10, "bytes": 5.5, "none": None, "large": 2**70, "negative": -3, "z": 2j, "b": b"bytes", "é": "é"}


def known(name):
    """Whether it is known."""
    return name in {None, "row", "rows", "column", "columns", ..., (None, 1), ("row", 2)}


class Rule:
    def ask(self, *, value: int = 3, other=lambda x, /: x in {None, 1}):
        def inner():
            return value, self

        return inner


def fail():
    raise LookupError("nothing")
'''


def _folder(path: Path) -> Path:
    (path / "rules").mkdir(parents=True)
    (path / "rules" / "__init__.py").write_text(_SOURCE, encoding="utf-8")
    (path / "index.py").write_text("import rules\n")
    return path


def _compiled(folder: Path, interpreter: Interpreter) -> dict[str, bytes]:
    assert compile_files(folder, ["rules/__init__.py", "index.py"], interpreter) == {}
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.pyc")}


def _run(folder: Path, interpreter: Interpreter, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([interpreter.path, "-c", code], cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(params=FOUND, ids=lambda interpreter: interpreter.version)
def interpreter(request: pytest.FixtureRequest) -> Interpreter:
    found: Interpreter = request.param
    return found


def test_two_compilations_in_two_folders_are_the_same(tmp_path: Path, interpreter: Interpreter) -> None:
    """Also on Python 3.10, which orders sets by the address of None. Runs differ in it, mostly."""
    folders = [_folder(tmp_path / str(number) / ("x" * number)) for number in range(6)]
    first, *others = [_compiled(folder, interpreter) for folder in folders]
    assert len(first) == 2
    assert all(other == first for other in others)


def test_sets_in_order_are_the_same_code(tmp_path: Path, interpreter: Interpreter) -> None:
    _compiled(_folder(tmp_path), interpreter)
    code = "import rules; print(rules.known(None), rules.known('x'), rules.known((None, 1)), rules.Rule().ask()()[0])"
    assert _run(tmp_path, interpreter, code).stdout == "True False True 3\n"


def test_byte_code_holds_no_path_of_this_machine(tmp_path: Path, interpreter: Interpreter) -> None:
    files = _compiled(_folder(tmp_path), interpreter)
    assert not [name for name, content in files.items() if str(tmp_path).encode() in content]


def test_a_traceback_names_the_path_where_the_code_is(tmp_path: Path, interpreter: Interpreter) -> None:
    _compiled(_folder(tmp_path), interpreter)
    done = _run(tmp_path, interpreter, "import rules; rules.fail()")
    assert f'File "{tmp_path}/rules/__init__.py", line 19, in fail' in done.stderr
    assert 'raise LookupError("nothing")' in done.stderr


def test_byte_code_is_not_compared_with_its_source(tmp_path: Path, interpreter: Interpreter) -> None:
    """Unpacking gives the source another time; that does not make the byte code stale."""
    _compiled(_folder(tmp_path), interpreter)
    (tmp_path / "rules" / "__init__.py").write_text("raise SystemExit('source')")
    assert _run(tmp_path, interpreter, "import index").returncode == 0


def test_what_cannot_be_compiled_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("x = 1\ny = (\n")
    (tmp_path / "odd.py").write_bytes(b"# -*- coding: nothing -*-\n")
    failed = compile_files(_folder(tmp_path), ["broken.py", "odd.py", "index.py"], FOUND[-1])
    assert failed.keys() == {"broken.py", "odd.py"}
    assert failed["broken.py"].startswith("line 2: ")
    assert "nothing" in failed["odd.py"]
    assert (tmp_path / "__pycache__").is_dir()


def test_the_environment_of_the_builder_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = _compiled(_folder(tmp_path / "1"), FOUND[0])
    monkeypatch.setenv("PYTHONHASHSEED", "3")
    monkeypatch.setenv("PYTHONOPTIMIZE", "2")
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path / "cache"))
    assert _compiled(_folder(tmp_path / "2"), FOUND[0]) == first
