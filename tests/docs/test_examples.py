"""The examples of the documentation run, and every block of it is checked or says that it is only shown."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest
from ruamel.yaml import YAML

from website.markdown import Block, headings, read

from .pages import CHINESE_README, DOCS, PAGES, README, READMES, blocks, name_of, run_blocks, source_of

TUTORIAL = DOCS / "en" / "testing.md"
EXAMPLES = [*READMES, *PAGES]
SHOWN = ("text", "console", "cron", "mermaid", "py", "sql")
"""Languages of what is not to be run: output, and what other programs read. `py` is a signature.

Commands in `console` parse all the same: see `test_commands.py`."""


@pytest.mark.parametrize("page", [page for page in EXAMPLES if source_of(page)], ids=name_of)
def test_examples_run(page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every Python block runs, one after the other in one module, and what it asserts holds."""
    module = ModuleType("documented_example")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    run_blocks(page, module)


def _is_checked(block: Block) -> bool:
    """Whether some test here runs the block, or reads it as its reader would."""
    match block.language:
        case "python" | "sh":
            return True
        case "yaml":
            return block.text.startswith("- name:") or block.title is not None
        case "json":
            json.loads(block.text)
            return True
        case language:
            return language in SHOWN


def test_every_block_is_checked_or_marked_as_shown() -> None:
    """`<!-- shown -->` before a block says that nothing here can run it; it has to be well-formed all the same."""
    unchecked = []
    for page in EXAMPLES:
        for block in blocks(page):
            if block.shown and block.language == "yaml":
                YAML(typ="safe").load(block.text)
            elif not block.shown and not _is_checked(block):
                unchecked.append(f"{name_of(page)}:{block.line}: {block.language or 'no language'}")
    assert unchecked == []


def _make_project(pytester: pytest.Pytester, page: Path) -> int:
    """Write what the page defines, and its cases. Returns how many tests and cases there are."""
    cases = [block.text for block in blocks(page) if block.language == "yaml"]
    (pytester.path / "documented_example.py").write_text(source_of(page), encoding="utf-8")
    (pytester.path / "cases").mkdir()
    (pytester.path / "cases" / "downloads.yaml").write_text("\n".join(cases), encoding="utf-8")
    pytester.makeini("[pytest]\ndataworks_app = documented_example:extension")
    return sum(len(re.findall(r"^(?:def test_|- name:)", block.text, re.MULTILINE)) for block in blocks(page))


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
    example.write_text(source_of(TUTORIAL).replace("data_row_size > limit", "data_row_size < limit"), encoding="utf-8")
    failed = tutorial.runpytest_subprocess("documented_example.py").outlines
    shown = [block.text for block in blocks(TUTORIAL) if block.language == "text"]
    assert [text for text in shown if not _has_block(covered, text) and not _has_block(failed, text)] == []


def test_both_readmes_have_the_same_blocks() -> None:
    """What is run and what is printed does not depend on the language of the page."""
    assert [block.text for block in blocks(README)] == [block.text for block in blocks(CHINESE_README)]


def test_both_readmes_have_the_same_structure() -> None:
    """Each heading has its translation, at the same level."""
    assert [level for level, _ in headings(read(README))] == [level for level, _ in headings(read(CHINESE_README))]
