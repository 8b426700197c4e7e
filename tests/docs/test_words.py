"""The prose of both languages uses our words: `docs/words.yaml` says which."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TypedDict

import pytest
from ruamel.yaml import YAML

from website.markdown import plain_prose, read

from .pages import DOCS, LANGUAGES, READMES, ROOT, name_of


class _Words(TypedDict):
    wrong: str
    right: str


class Word(_Words, total=False):
    """What not to write, and what to write instead."""

    exact: bool
    """Whether case matters."""


@cache
def _words(language: str) -> list[Word]:
    found: list[Word] = YAML(typ="safe").load(DOCS / "words.yaml")[language]
    return found


def _wrong_words(text: str, language: str) -> list[str]:
    """What is wrong in a text, with what to write."""
    return [
        f"{word['wrong']}: write {word['right']}"
        for word in _words(language)
        if re.search(_pattern(word["wrong"], language), text, 0 if word.get("exact") else re.IGNORECASE)
    ]


def _pattern(wrong: str, language: str) -> str:
    """A whole word of English; Chinese has no spaces between words."""
    return re.escape(wrong) if language == "zh" else rf"(?<!\w){re.escape(wrong)}(?!\w)"


def _pages(language: str) -> list[Path]:
    pages = [READMES[LANGUAGES.index(language)], *sorted((DOCS / language).rglob("*.md"))]
    return (
        [*pages, ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
        if language == "en"
        else [*pages, *(DOCS / "zh").glob("*.yaml")]
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_prose_uses_our_words(language: str) -> None:
    found = {name_of(page): _wrong_words(plain_prose(read(page)), language) for page in _pages(language)}
    assert {page: wrong for page, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("text", "language", "wrong"),
    [
        ("Sent VIA a queue, e.g. a list", "en", ["e.g.: write such as", "via: write through"]),
        ("`via` in code, trivial words", "en", []),
        ("用事件桥转发", "zh", ["事件桥: write 事件总线 EventBridge"]),
        ("Dataworks", "en", ["Dataworks: write DataWorks"]),
        ("DataWorks", "en", []),
    ],
)
def test_wrong_words_are_found_in_prose_only(text: str, language: str, wrong: list[str]) -> None:
    assert _wrong_words(plain_prose(text), language) == wrong
