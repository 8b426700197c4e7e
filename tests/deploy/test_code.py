"""Putting a code directory together."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from dataworks_ext.deploy import code

ROOT = Path(__file__).parent.parent.parent


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The commands that would have installed something from a package index."""
    commands: list[list[str]] = []

    def run(command: Sequence[str], *, check: bool) -> None:
        assert check
        commands.append(list(command))

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_the_framework_needs_two_libraries_in_a_function() -> None:
    names = sorted(requirement.split(">")[0].split("<")[0] for requirement in code.own_requirements())
    assert names == ["pydantic", "structlog"]


def test_the_directory_is_made_anew_with_its_dependencies(
    tmp_path: Path, installed: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "function"
    (target / "left").mkdir(parents=True)
    monkeypatch.setattr(sys, "argv", ["code", str(ROOT / "policies"), str(target)])
    code.main()
    assert {path.name for path in target.iterdir()} == {"index.py", "policies", "dataworks_ext"}
    (command,) = installed
    assert "--python-version=3.10" in command
    assert command[-2:] == ["--requirement", str(ROOT / "policies" / "requirements.txt")]


def test_another_python_can_be_named(
    tmp_path: Path, installed: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rules").mkdir()
    monkeypatch.setattr(sys, "argv", ["code", str(tmp_path / "rules"), str(tmp_path / "function"), "3.12"])
    code.main()
    assert "--python-version=3.12" in installed[0]
    assert "--requirement" not in installed[0]
