"""Every page is there in English and in Chinese, with the same headings, and the same code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from .pages import DOCS, blocks, name_of, prose

_LOCALIZED: Final = {"rollout"}
"""Pages whose examples speak the language of the page."""
_FROM_CODE: Final = {"errors"}
"""Pages whose texts are those of the code, which are English; they say so."""
_PAGES: Final = sorted((DOCS / "en").rglob("*.md"))
_CHINESE: Final = re.compile("[\u4e00-\u9fff]")
_HALF_WIDTH: Final = re.compile(r"[\u4e00-\u9fff] ?[,;:!?]|[,;!?][\u4e00-\u9fff]")
"""Punctuation of English after a Chinese character, or before one."""
_NO_WORDS: Final = re.compile(r"(`+).+?(?<!`)\1(?!`)|\]\([^)]*\)")
"""Code in a line, and where links lead."""


def _translated(page: Path) -> Path:
    return DOCS / "zh" / page.relative_to(DOCS / "en")


def _levels(page: Path) -> list[int]:
    return [len(marks) for marks in re.findall(r"^(#+) ", prose(page), re.MULTILINE)]


def _code(page: Path) -> list[tuple[str, str | None, str]]:
    """What is run or printed; the words in a diagram are those of the page's language."""
    return [(block.language, block.title, block.text) for block in blocks(page) if block.language != "mermaid"]


def test_both_languages_have_the_same_pages() -> None:
    english, chinese = ({name_of(page)[3:] for page in (DOCS / language).rglob("*.md")} for language in ("en", "zh"))
    assert english == chinese


@pytest.mark.parametrize("page", _PAGES, ids=name_of)
def test_the_headings_are_the_same(page: Path) -> None:
    """In number and level."""
    assert _levels(page) == _levels(_translated(page))


@pytest.mark.parametrize("page", _PAGES, ids=name_of)
def test_the_code_is_the_same(page: Path) -> None:
    english, chinese = _code(page), _code(_translated(page))
    if page.stem in _LOCALIZED:
        english, chinese = ([(language, title, "") for language, title, _ in code] for code in (english, chinese))
    assert english == chinese


@pytest.mark.parametrize("page", [one for one in _PAGES if one.stem not in _FROM_CODE], ids=name_of)
def test_the_chinese_page_is_chinese(page: Path) -> None:
    """Every line of English words has Chinese in it, and its punctuation."""
    lines = [_NO_WORDS.sub("x", line) for line in prose(_translated(page)).splitlines()]
    english = [line for line in lines if re.search(r"[a-z]+ [a-z]+ [a-z]+", line) and not _CHINESE.search(line)]
    half_width = [line for line in lines if _HALF_WIDTH.search(line)]
    assert (english, half_width) == ([], [])
