"""The documented commands exist and run."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dataworks_ext.cli._app import app
from dataworks_ext.testing import message

from .pages import PAGES, READMES, ROOT, blocks

_OWN_COMMAND = re.compile(r"(?:[A-Z_]+=\S+ )*dataworks-ext\b *(.*)")
_OTHERS = ("cd", "export", "pytest", "python3", ".", "pip")
"""Programs that a documented command may begin with, besides ours and `make`."""


def _lines(*languages: str) -> list[str]:
    """The lines of the blocks of commands, each once; in `console`, `$` is before a command."""
    pages = [*READMES, *PAGES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
    found = {
        line.removeprefix("$ ").strip()
        for page in pages
        for block in blocks(page)
        if block.language in languages
        for line in block.text.split("\n")
        if block.language == "sh" or line.startswith("$ ")
    }
    return sorted(found)


def _commands(*languages: str) -> Iterator[str]:
    """The arguments of every `dataworks-ext` in them."""
    for line in _lines(*languages):
        for part in line.split("|"):
            found = _OWN_COMMAND.fullmatch(part.strip())
            if found is not None:
                yield found[1]


@pytest.mark.parametrize("arguments", list(_commands("sh", "console")))
def test_commands_exist(arguments: str) -> None:
    """A documented command parses: the subcommand and its options are there."""
    result = CliRunner().invoke(app, [*shlex.split(arguments, comments=True), "--help"])
    assert result.exit_code == 0, result.output


def test_a_command_that_does_not_exist_is_noticed() -> None:
    """The check above is none if `--help` hides a wrong option."""
    assert CliRunner().invoke(app, ["events", "--no-such-option", "--help"]).exit_code == 2


def test_other_commands_are_known_and_their_targets_exist() -> None:
    """A target is one of this Makefile, or of the one of a new project."""
    makefiles = [ROOT / "Makefile", *(ROOT / "dataworks_ext" / "cli").rglob("Makefile*")]
    text = "\n".join(makefile.read_text(encoding="utf-8") for makefile in makefiles)
    targets = set(re.findall(r"^([a-z]+):", text, re.MULTILINE))
    unknown = []
    for line in _lines("sh"):
        words = [word for word in shlex.split(line, comments=True) if "=" not in word or word.startswith("-")]
        if not words or "dataworks-ext" in words:
            continue
        if words[0] not in _OTHERS and not (words[0] == "make" and targets >= {*words[1:]}):
            unknown.append(line)
    assert unknown == []


_ELSEWHERE = ("deploy", "invoke", "local", "package", "promote", "rollback", "versions")
"""Commands that call, build or wait; they have tests of their own."""


@pytest.fixture
def _named_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A folder with the files that documented commands name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT)])
    for name in ("message.json", "saved.json"):
        Path(name).write_bytes(message("download-resources"))
    Path("code.sql").write_text("SELECT 1")
    Path("records.ndjson").write_text("{}\n")
    Path("rules.py").write_text("from policies import extension")
    for name in ("cases", "policies", "s.yaml"):
        Path(name).symlink_to(ROOT / name)
    yield
    sys.modules.pop("rules", None)


@pytest.mark.usefixtures("_named_files")
@pytest.mark.parametrize("arguments", [one for one in _commands("sh") if not one.startswith(_ELSEWHERE)])
def test_commands_run(arguments: str) -> None:
    """A documented command does what it is there for; 1 says that something is denied."""
    arguments = re.sub(r"(?<=--until )[0-9-]+", str(date.today() + timedelta(days=30)), arguments)  # it must be ahead
    result = CliRunner().invoke(app, shlex.split(arguments, comments=True), input=message("download-resources"))
    assert result.exit_code in (0, 1), result.output
    assert isinstance(result.exception, SystemExit | None), result.output
