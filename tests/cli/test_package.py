"""`dataworks-ext package`: what it prints, and how it ends."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from dataworks_ext.cli import _packaging
from dataworks_ext.cli._app import app
from dataworks_ext.deploy import interpreters
from tests.deploy.wheelhouse import Wheelhouse, only_index


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with policies, and an index with what the framework needs; this Python is the function's."""
    (tmp_path / "wheels").mkdir()
    wheelhouse = Wheelhouse(tmp_path / "wheels")
    wheelhouse.add("pydantic", "2.12.0")
    wheelhouse.add("structlog", "25.1.0")
    only_index(monkeypatch, tmp_path / "wheels")
    this = interpreters.Interpreter(sys.executable, "3.10.99")
    monkeypatch.setattr(interpreters, "find_interpreter", lambda python: this if python == "3.10" else None)
    project = tmp_path / "project"
    (project / "policies").mkdir(parents=True)
    (project / "policies" / "__init__.py").write_text("extension = None\n")
    monkeypatch.chdir(project)
    monkeypatch.setattr(_packaging, "_PATIENCE", 60)  # a busy machine shows no progress
    return project


def _run(*arguments: str, code: int = 0) -> str:
    result = CliRunner().invoke(app, ["package", *arguments])
    assert result.exit_code == code, result.output
    return result.output


def _json(*arguments: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["package", "--json", *arguments])
    assert result.exit_code == 0, result.output
    shown: dict[str, Any] = json.loads(result.stdout)
    return shown


def test_policies_are_packaged_for_python_3_10_by_default(project: Path) -> None:
    assert _run().splitlines()[-1] == "Built dist/function and dist/function.zip for Python 3.10"
    assert (project / "dist" / "function" / "policies" / "__init__.py").exists()
    assert (project / "dist" / "function.zip").exists()


def test_folders_and_output_can_be_named(project: Path) -> None:
    (project / "policies").rename(project / "rules")
    assert "Built out/function and out/function.zip" in _run("rules", "--output", "out")
    assert (project / "out" / "function" / "rules").exists()


def test_it_prints_what_takes_the_space(project: Path) -> None:
    lines = [line.split() for line in _run().splitlines()]
    assert ["Package", "Files", "Bytes", "Byte", "code", "Zipped"] in lines
    rows = {line[0]: line[1:] for line in lines if len(line) == 5}
    assert {"policies", "dataworks_ext", "pydantic", "structlog", "index", "*.dist-info", "total"} == rows.keys()
    assert rows["total"][-1] == f"{(project / 'dist' / 'function.zip').stat().st_size:,}"


@pytest.mark.usefixtures("project")
def test_it_says_that_it_made_the_lock_file() -> None:
    made = "Wrote policies/function-3.10.lock; keep it with the code, so that the next build is the same"
    said = [" ".join(_run(*option).split()) for option in ([], [], ["--lock"])]
    assert [made in text for text in said] == [True, False, True]


def test_it_names_what_it_left_out(project: Path) -> None:
    (project / "policies" / ".env").write_text("SECRET=1")
    (project / "policies" / "server.pem").write_text("secret")
    shown = _run()
    assert "Left out: policies/.env, policies/server.pem\n" in shown


@pytest.mark.usefixtures("project")
def test_without_an_interpreter_of_that_python_it_warns() -> None:
    result = CliRunner().invoke(app, ["package", "--python", "3.12"])
    assert result.exit_code == 0
    assert " ".join(result.stderr.split()) == (
        "Warning: there is no python3.12 here, so the package has no byte code; each cold start compiles it, and is "
        "slower for it. Install Python 3.12 and build again"
    )


def test_as_json_it_prints_the_same(project: Path) -> None:
    shown = _json()
    assert shown.keys() == {
        "python",
        "directory",
        "zip",
        "lock",
        "lock_is_new",
        "compiled_by",
        "left_out",
        "pruned",
        "shares",
        "total",
        "warnings",
    }
    assert [shown[key] for key in ("python", "directory", "zip", "lock", "lock_is_new", "compiled_by", "warnings")] == [
        "3.10",
        "dist/function",
        "dist/function.zip",
        "policies/function-3.10.lock",
        True,
        "3.10.99",
        [],
    ]
    assert shown["total"]["zipped"] == (project / "dist" / "function.zip").stat().st_size
    assert shown["shares"][0].keys() == {"name", "files", "bytes", "byte_code", "zipped"}


@pytest.mark.usefixtures("project")
def test_as_json_a_warning_is_in_it_and_on_standard_error() -> None:
    shown = _json("--python", "3.12")
    assert shown["compiled_by"] is None
    assert len(shown["warnings"]) == 1


def test_it_shows_what_it_does_once_that_takes_long(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing of it when it is quick."""
    assert "Fetching wheels" not in _run()
    shutil.rmtree("dist")
    monkeypatch.setattr(_packaging, "_PATIENCE", 0)
    shown = CliRunner().invoke(app, ["package"]).stderr.splitlines()
    assert shown[-3:] == ["Fetching wheels…", "Pruning and compiling…", "Putting the package together…"]


def test_a_policy_that_forgets_to_return_is_not_packaged(project: Path) -> None:
    rules = "from dataworks_ext import deny\n\n\ndef rule(event):\n    deny('No.')\n"
    (project / "policies" / "rules.py").write_text(rules)
    said = "policies/rules.py, line 5: deny(…) is not returned, so it decides nothing; write return deny(…)"
    assert said in " ".join(_run(code=2).split())
    assert not (project / "dist" / "function").exists()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["rulez"], "there is no folder rulez; name the folders of policies, such as: dataworks-ext package policies"),
        (["--python", "2.7"], "there is no Python 2.7 to package for; expected 3.10 or later, such as 3.10"),
    ],
)
def test_what_cannot_be_built_ends_with_2(arguments: list[str], text: str) -> None:
    assert " ".join(_run(*arguments, code=2).split()) == f"dataworks-ext: {text}"


def test_a_file_in_the_place_of_the_output_is_an_error(project: Path) -> None:
    (project / "dist").touch()
    assert _run(code=2) == "dataworks-ext: dist cannot be used: File exists\n"


def test_an_index_that_cannot_be_reached_is_told_without_its_host(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the command as it is installed."""
    only_index(monkeypatch, None)
    command = [sys.executable, "-c", "from dataworks_ext.cli import main; main()", "package"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert " ".join(done.stderr.split()) == (
        "dataworks-ext: no package index can be reached; name one in PIP_INDEX_URL, and look at: pip config list"
    )
