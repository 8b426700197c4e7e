"""The cases of a page hold: for the extension that the page defines, else for the example."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

from dataworks_ext import Extension
from dataworks_ext.testing.cases.reading import read_cases
from dataworks_ext.testing.cases.result import run_case
from policies import extension as example

from .pages import PAGES, ROOT, blocks, name_of, run_blocks


def _cases(page: Path) -> str:
    """What a case file would hold."""
    return "\n".join(
        block.text
        for block in blocks(page)
        if block.language == "yaml" and block.title is None and block.text.startswith("- name:")
    )


def _extension(page: Path, monkeypatch: pytest.MonkeyPatch) -> Extension:
    module = ModuleType("documented_page")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    run_blocks(page, module)
    found = getattr(module, "extension", example)
    assert isinstance(found, Extension)
    return found


@pytest.mark.parametrize("page", [page for page in PAGES if _cases(page)], ids=name_of)
def test_the_cases_of_a_page_hold(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each has the verdict and the text that it expects."""
    file = tmp_path / "cases.yaml"
    file.write_text(_cases(page), encoding="utf-8")
    for folder in ("code", "saved"):
        (tmp_path / folder).symlink_to(ROOT / "cases" / folder)
    extension = _extension(page, monkeypatch)
    cases = read_cases(file)
    assert cases
    results = [run_case(extension, case) for case in cases]
    assert [result.problem for result in results if not result.passed] == []
