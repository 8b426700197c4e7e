"""The pages about performance: `make bench` writes them in English and in Chinese, with the same figures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from page import Measured, chart, page
from page_texts import TEXTS, Language
from starts import Start

DOCS: Final = Path(__file__).parent.parent / "docs"
MEASURED: Final = Measured(
    starts={
        name: [Start(0.050, 0.140), Start(0.055, 0.150)] for name in ("pydantic", "one pack", "six packs", "powertools")
    },
    loop={
        name: [time, time * 1.1]
        for name, time in {
            "bare": 6e-6,
            "powertools": 60e-6,
            "cedarpy": 66e-6,
            "0 policies": 17e-6,
            "3 policies": 30e-6,
            "200 policies": 500e-6,
            "3 policies, 500 on other events": 31e-6,
        }.items()
    },
    turns={"bare": [11e-6, 12e-6], "3 policies": [70e-6, 71e-6]},
    waiting={"1 message": [0.020, 0.021], "64 messages": [0.027, 0.028]},
    sizes={1: [65e-6, 66e-6], 1_024: [241e-6, 242e-6], 6_144: [1.3e-3, 1.4e-3]},
    parts={"read the event": [3.6e-6, 3.7e-6]},
    memory={10_000: 46_242_201, 1_000_000: 46_242_201},
    seconds=249.4,
)
_KEPT: Final = {"bare", "pydantic", "powertools", "cedarpy", "SQL", "---", ""}
"""Cells that are the same in both languages, besides figures."""


def _cells(text: str) -> list[list[str]]:
    return [line[2:-2].split(" | ") for line in text.splitlines() if line.startswith("| ")]


def _figures(text: str) -> list[str]:
    return re.findall(r"[\d.,]*\d(?: ms| µs| MB| KB)?", " ".join(cell for row in _cells(text) for cell in row[1:]))


def _not_translated(english: str, chinese: str) -> Iterator[str]:
    for row, translated in zip(_cells(english), _cells(chinese), strict=True):
        for cell, other in zip(row, translated, strict=True):
            if cell == other and cell not in _KEPT and not re.fullmatch(r"[\d.,]+(?: ms| µs| MB| KB)?", cell):
                yield cell


def _shape(text: str) -> list[str]:
    """The page without its figures: prose, and the heads of tables."""
    return [re.sub(r"[\d.]*\d", "0", line) for line in text.splitlines() if not line.startswith("| ")]


def test_both_languages_of_a_run_have_the_same_figures() -> None:
    english, chinese = page(MEASURED, "en"), page(MEASURED, "zh")
    assert _figures(english) == _figures(chinese)
    assert list(_not_translated(english, chinese)) == []


def test_both_pages_are_of_the_same_run() -> None:
    english, chinese = ((DOCS / language / "performance.md").read_text(encoding="utf-8") for language in ("en", "zh"))
    assert _figures(english) == _figures(chinese)
    assert list(_not_translated(english, chinese)) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_pages_are_what_the_benchmarks_write(language: Language) -> None:
    """But for the figures, and the rows that there are."""
    written = (DOCS / language / "performance.md").read_text(encoding="utf-8")
    assert _shape(written) == _shape(page(MEASURED, language))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_chart_names_each_start(language: Language) -> None:
    names = TEXTS[language].names
    drawn = re.findall(r'"end">([^<]+)<', chart(MEASURED, language))
    assert drawn == [names.get(name, name) for name in MEASURED.starts]
