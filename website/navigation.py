"""The way through the site: `navigation.yaml`, as Zensical wants it, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Final, TypeAlias, TypedDict

from ruamel.yaml import YAML

FILE: Final = Path(__file__).parent / "navigation.yaml"
LANGUAGES: Final = ("en", "zh")
BUILT: Final = ("index.md", "changelog.md")
"""Pages that the build makes from files beside `docs/`."""

_HOME: Final = {"en": "Home", "zh": "首页"}

Menu: TypeAlias = "list[str | dict[str, str | Menu]]"
"""Pages, and what has a title: a page or a section."""


class Section(TypedDict):
    """A heading of the menu, and what is below it."""

    title: dict[str, str]
    pages: list[Section | str]


def sections() -> list[Section]:
    """What the file says."""
    read: list[Section] = YAML(typ="safe").load(FILE)
    return read


def pages_in(docs: Path) -> dict[str, set[str]]:
    """The pages of each language."""
    return {
        language: {path.relative_to(docs / language).as_posix() for path in (docs / language).rglob("*.md")}
        for language in LANGUAGES
    }


def menu(language: str, pages: set[str]) -> Menu:
    """The menu of one language: the front page, then the sections."""
    named = set(_named(sections()))
    return [{_HOME[language]: "index.md"}, *(_section(section, language, pages, named) for section in sections())]


def _section(section: Section, language: str, pages: set[str], named: set[str]) -> dict[str, str | Menu]:
    listed: Menu = []
    for page in section["pages"]:
        if isinstance(page, str):
            listed += _expanded(page, pages, named)
        else:
            listed.append(_section(page, language, pages, named))
    return {section["title"][language]: listed}


def _expanded(page: str, pages: set[str], named: set[str]) -> list[str]:
    """The page, or those that `*` stands for."""
    if "*" not in page:
        return [page]
    return sorted(one for one in pages if PurePosixPath(one).match(page) and one not in named)


def _named(entries: Sequence[Section | str]) -> Iterator[str]:
    """The pages that the file names one by one."""
    for entry in entries:
        if not isinstance(entry, str):
            yield from _named(entry["pages"])
        elif "*" not in entry:
            yield entry


def _listed(entries: Menu) -> Iterator[str]:
    for entry in entries:
        if isinstance(entry, str):
            yield entry
        else:
            for below in entry.values():
                yield from _listed([below] if isinstance(below, str) else below)


def problems(docs: Path) -> list[str]:
    """Pages in one language only, outside the menu, or in it without being there."""
    found = []
    pages = pages_in(docs)
    for language, other in (LANGUAGES, LANGUAGES[::-1]):
        for page in sorted(pages[language] - pages[other]):
            found.append(f"docs/{language}/{page} is not in docs/{other}: a page has the same name in both languages")
        listed = list(_listed(menu(language, pages[language])))
        for page in sorted(pages[language] - {*listed}):
            found.append(f"docs/{language}/{page} is not in website/navigation.yaml: name it in a section")
        for page in sorted({*listed} - pages[language] - {*BUILT}):
            found.append(f"website/navigation.yaml names {page}, which is not in docs/{language}")
    return found
