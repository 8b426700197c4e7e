"""The reference of events: its pages are what the classes say, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataworks_ext.events import catalog
from website.event_pages import DOCS, main, pages, slug
from website.translation import Chinese, English


def _written(language: str) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in (DOCS / language / "events").iterdir()}


def test_the_english_pages_are_current() -> None:
    """`make docs` writes them."""
    assert _written("en") == pages("en", English())


def test_the_chinese_pages_are_current() -> None:
    """They change with the catalogue too."""
    assert _written("zh") == pages("zh", Chinese())


def test_the_index_leads_to_every_event() -> None:
    index = _written("en")["index.md"]
    targets = {entry.code: f"{slug(entry.module)}.md#{entry.code.lower()}" for entry in catalog.values()}
    assert [code for code, target in targets.items() if f"[`{code}`]({target})" not in index] == []


def test_a_text_without_chinese_stays_english_and_is_missing(tmp_path: Path) -> None:
    catalogue = tmp_path / "texts.yaml"
    catalogue.write_text("A file.: 一个文件。\nA table.: ''\nGone.: 没有了\n", encoding="utf-8")
    chinese = Chinese(catalogue)
    assert [chinese("A file."), chinese("A table."), chinese("New."), chinese("")] == [
        "一个文件。",
        "A table.",
        "New.",
        "",
    ]
    assert chinese.missing == ["A table.", "New."]
    assert chinese.unused == ["Gone."]


@pytest.fixture
def chinese() -> Chinese:
    """What was asked for by all pages."""
    asked = Chinese()
    pages("zh", asked)
    return asked


def test_a_value_that_its_english_name_explains_has_a_text_in_chinese_only(tmp_path: Path) -> None:
    catalogue = tmp_path / "texts.yaml"
    catalogue.write_text("Status.FAILED: 失败\n", encoding="utf-8")
    chinese = Chinese(catalogue)
    assert [chinese.member("Status.FAILED"), chinese.member("Status.NEW"), English().member("Status.FAILED")] == [
        "失败",
        "",
        "",
    ]
    assert chinese.missing == ["Status.NEW"]


def test_every_text_has_its_chinese(chinese: Chinese) -> None:
    assert chinese.missing == []


def test_the_catalogue_has_no_text_that_is_gone(chinese: Chinese) -> None:
    assert chinese.unused == []


def test_missing_texts_are_printed_for_the_catalogue(capsys: pytest.CaptureFixture[str], chinese: Chinese) -> None:
    assert main(["--missing"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(chinese.missing)
