"""The reference of error texts is what the source says, and troubleshooting quotes only what it says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from dataworks_ext.openapi.endpoint import EndpointError, read_endpoint
from dataworks_ext.texts import TEXTS
from website.error_page import area_of, page
from website.error_texts import GAP, error_texts, texts_of

from .pages import DOCS, LANGUAGES

TROUBLESHOOTING: Final = [path for path in (DOCS / name / "troubleshooting.md" for name in LANGUAGES) if path.exists()]
_SHORTEST: Final = 8
"""Characters of a quoted part that is looked for; shorter ones are names."""


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_are_current(language: str) -> None:
    """`make docs` writes them."""
    assert (DOCS / language / "errors.md").read_text(encoding="utf-8") == page(language)


def test_every_text_has_a_part_of_the_page() -> None:
    """A new module of the package needs an area."""
    assert {area_of(text).titles["en"] for text in error_texts()} >= {"Messages", "In the record", "The command"}


@pytest.mark.parametrize(
    ("source", "texts"),
    [
        ("raise PlaceError('there is no place')", ["there is no place"]),
        ("fail(f'there is no {place} here; name {one}{another}')", ["there is no … here; name …"]),
        ("def f():\n    text = 'one two' if x else 'three four'\n    raise AnyError(text)", ["one two", "three four"]),
        ("_MISSING = 'there is no {}'\nraise AnyError(_MISSING.format(x))", ["there is no …"]),
        ("Finding('role', 'problem', 'there is no role', 'role: one two')", ["there is no role"]),
        ("problems.append('it is wrong')\nlines.append('it is a line')", ["it is wrong"]),
        ("def _advice():\n    return 'do it again'\ndef other():\n    return 'no such text'", ["do it again"]),
        ("raise AnyError('no such ' + 'name ' + x)", ["no such name …"]),
        ("X_VARIABLE = 'THE_NAME'\nraise AnyError(f'{X_VARIABLE} is not set')", ["THE_NAME is not set"]),
        ("raise AnyError(str(error))", []),
    ],
)
def test_texts_are_found_wherever_they_are_written(source: str, texts: list[str]) -> None:
    assert texts_of(source) == texts


def test_a_text_that_somebody_sees_is_among_them() -> None:
    """What is raised differs from what is found by what is filled in only."""
    with pytest.raises(EndpointError) as raised:
        read_endpoint("http://example.com")
    patterns = (".+".join(map(re.escape, text.text.split(GAP))) for text in error_texts())
    assert any(re.fullmatch(pattern, str(raised.value)) for pattern in patterns if pattern != ".+")


@pytest.mark.parametrize("path", TROUBLESHOOTING, ids=lambda path: path.parent.name)
def test_troubleshooting_explains_all_that_a_person_may_see(path: Path) -> None:
    """Every text of both languages."""
    quoted = _quoted(path)
    texts = [re.sub(r"{.*?}", GAP, text) for texts in TEXTS.values() for text in texts]
    assert [text for text in texts if text not in quoted] == []


@pytest.mark.parametrize("path", TROUBLESHOOTING, ids=lambda path: path.parent.name)
def test_troubleshooting_quotes_texts_of_the_source_only(path: Path) -> None:
    """The first column of each table, part by part; a code of the vendor's and a name are no parts."""
    texts = [text.text.replace("`", "") for text in error_texts()]
    texts += [re.sub(r"{.*?}", GAP, text) for texts in TEXTS.values() for text in texts]
    parts = [
        part.strip(" ;:,") for quoted in _quoted(path) for part in re.split(f"{GAP}|HTTP [0-9]+ [A-Z]?[\\w.]*", quoted)
    ]
    assert [part for part in parts if len(part) >= _SHORTEST and not any(part in text for text in texts)] == []


def _quoted(path: Path) -> list[str]:
    first_cells = re.findall(r"^\| ([^|]*) \|", path.read_text(encoding="utf-8"), re.MULTILINE)
    return [text for cell in first_cells for text in re.findall(r"`([^`]+)`", cell)]
