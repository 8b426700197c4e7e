"""The documentation: its examples run, its commands exist, its links lead somewhere."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from typer.testing import CliRunner

from dataworks_ext.cli._app import app
from dataworks_ext.testing import message

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
CHINESE = ROOT / "README.zh-CN.md"
TUTORIAL = ROOT / "docs" / "en" / "testing.md"
EXAMPLES = [README, CHINESE, *sorted((ROOT / "docs").glob("*/**/*.md"))]
PAGES = [*EXAMPLES, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
_BLOCK = re.compile(r"^```(\w*(?: title=\".+\")?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
"""A block with a title is a file of a project, which is tested by itself."""
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_OWN_COMMAND = re.compile(r"(?:[A-Z_]+=\S+ )*dataworks-ext\b *(.*)")


def _blocks(page: Path) -> list[tuple[str, str]]:
    """The language and the text of each fenced block."""
    return _BLOCK.findall(page.read_text(encoding="utf-8"))


def _line_of(text: str, page: Path) -> int:
    """How many lines of the page come before the text."""
    return page.read_text(encoding="utf-8").partition(text)[0].count("\n")


def _prose(page: Path) -> str:
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def _headings(page: Path) -> list[int]:
    """The level of each heading."""
    return [len(marks) for marks in re.findall(r"^(#+) ", _prose(page), re.MULTILINE)]


def _commands() -> Iterator[str]:
    """The arguments of every `dataworks-ext` in a block of shell commands."""
    lines = {
        line for page in PAGES for language, text in _blocks(page) if language == "sh" for line in text.split("\n")
    }
    for line in sorted(lines):
        for part in line.split("|"):
            found = _OWN_COMMAND.fullmatch(part.strip())
            if found is not None:
                yield found[1]


def _name(page: Path) -> str:
    return page.name if page.parent == ROOT else f"{page.parent.name}/{page.name}"


@pytest.mark.parametrize("page", EXAMPLES, ids=_name)
def test_examples_run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Python block runs, one after the other in one module, and what it asserts holds."""
    module = ModuleType("documented_example")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    for language, text in _blocks(page):
        if language == "python":
            source = "\n" * _line_of(text, page) + text  # a failure names the line of the page
            exec(compile(source, str(page), "exec", dont_inherit=True), module.__dict__)


def _source(page: Path) -> str:
    """The Python blocks as one module, whose lines are the page's."""
    source = ""
    for language, text in _blocks(page):
        if language == "python":
            source += "\n" * (_line_of(text, page) - source.count("\n")) + text
    return source


def _make_project(pytester: pytest.Pytester, page: Path) -> int:
    """Write what the page defines, and its cases. Returns how many tests and cases there are."""
    cases = [text for language, text in _blocks(page) if language == "yaml"]
    (pytester.path / "documented_example.py").write_text(_source(page), encoding="utf-8")
    (pytester.path / "cases").mkdir()
    (pytester.path / "cases" / "downloads.yaml").write_text("\n".join(cases), encoding="utf-8")
    pytester.makeini("[pytest]\ndataworks_app = documented_example:extension")
    return sum(len(re.findall(r"^(?:def test_|- name:)", text, re.MULTILINE)) for _, text in _blocks(page))


@pytest.fixture
def tutorial(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with what the tutorial defines, and its cases."""
    _make_project(pytester, TUTORIAL)
    return pytester


def _has_block(output: list[str], text: str) -> bool:
    """Whether the lines of a block are printed in their order; `…` stands for others."""
    printed = iter([line.rstrip() for line in output])
    return all(line in printed for line in text.splitlines() if line != "…")


@pytest.mark.parametrize(("page", "repeated"), [(TUTORIAL, 1), (README, 0)], ids=["tutorial", "README"])
def test_the_documented_tests_pass(pytester: pytest.Pytester, page: Path, repeated: int) -> None:
    """Every test function and every case runs; one of the tutorial runs for two events."""
    written = _make_project(pytester, page)
    assert written
    pytester.runpytest("documented_example.py", "cases").assert_outcomes(passed=written + repeated)


def test_the_tutorial_prints_what_is_printed(tutorial: pytest.Pytester) -> None:
    """Its cases have that coverage, and its mistake leads to that failure."""
    example = tutorial.path / "documented_example.py"
    covered = tutorial.runpytest_subprocess("cases", "--policy-coverage").outlines
    example.write_text(_source(TUTORIAL).replace("data_row_size > limit", "data_row_size < limit"), encoding="utf-8")
    failed = tutorial.runpytest_subprocess("documented_example.py").outlines
    shown = [text for language, text in _blocks(TUTORIAL) if language == "text"]
    assert [text for text in shown if not _has_block(covered, text) and not _has_block(failed, text)] == []


def test_both_readmes_have_the_same_blocks() -> None:
    """What is run and what is printed does not depend on the language of the page."""
    assert _blocks(README) == _blocks(CHINESE)


def test_both_readmes_have_the_same_structure() -> None:
    """Each heading has its translation, at the same level."""
    assert _headings(README) == _headings(CHINESE)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_relative_links_lead_to_files(page: Path) -> None:
    """A link to another page leads to a file of the project."""
    links = [link.partition("#")[0] for link in _LINK.findall(_prose(page)) if "://" not in link]
    assert [link for link in links if link and not (page.parent / link).is_file()] == []


@pytest.mark.parametrize("arguments", list(_commands()))
def test_commands_exist(arguments: str) -> None:
    """A documented command parses: the subcommand and its options are there."""
    result = CliRunner().invoke(app, [*shlex.split(arguments), "--help"])
    assert result.exit_code == 0, result.output


def test_a_command_that_does_not_exist_is_noticed() -> None:
    """The check above is none if `--help` hides a wrong option."""
    assert CliRunner().invoke(app, ["events", "--no-such-option", "--help"]).exit_code == 2


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
@pytest.mark.parametrize("arguments", [one for one in _commands() if not one.startswith(_ELSEWHERE)])
def test_commands_run(arguments: str) -> None:
    """A documented command does what it is there for; 1 says that something is denied."""
    arguments = re.sub(r"(?<=--until )[0-9-]+", str(date.today() + timedelta(days=30)), arguments)  # it must be ahead
    result = CliRunner().invoke(app, shlex.split(arguments), input=message("download-resources"))
    assert result.exit_code in (0, 1), result.output
    assert isinstance(result.exception, SystemExit | None), result.output
