"""The reference of events in both languages, from their classes: `python -m website.event_pages` writes it.

    index.md                every event by its code, and the fields that all have
    operation-center.md     a page for each module of DataWorks
    enumerations.md         the words and numbers that fields take

With `--missing` it prints the texts without Chinese instead, as lines for the catalogue.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from dataworks_ext.cli._event_fields import classes_within, enumerations_within, fields_of, is_code, values_of
from dataworks_ext.events import CatalogEntry, Event, catalog, class_name, event_class
from dataworks_ext.testing import sample_payload

from .event_words import WORDS
from .translation import Chinese, English, Translation

DOCS: Final = Path(__file__).parent.parent / "docs"
_INTRODUCTIONS: Final = Path(__file__).parent / "event_introduction"
_PLAIN: Final = {"None", "CronExpression", "Event"}
"""Names in types that no page of the reference describes."""


def pages(language: str, translate: Translation) -> dict[str, str]:
    """The texts of the pages, by their names."""
    return _Reference(language, translate).pages()


class _Reference:
    """The pages of one language."""

    def __init__(self, language: str, translate: Translation) -> None:
        self._words = WORDS[language]
        self._introduction = (_INTRODUCTIONS / f"{language}.md").read_text(encoding="utf-8")
        self._translate = translate

    def pages(self) -> dict[str, str]:
        modules = {module: list(entries) for module, entries in groupby(catalog.values(), lambda entry: entry.module)}
        return {
            "index.md": _text(self._index()),
            **{f"{slug(module)}.md": _text(self._module(module, entries)) for module, entries in modules.items()},
            "enumerations.md": _text(self._enumerations()),
        }

    def _index(self) -> Iterator[str]:
        yield self._introduction
        yield from _table(
            (self._words.event, self._words.blocking, self._words.module, self._words.title),
            (
                (
                    f"[`{entry.code}`]({slug(entry.module)}.md#{entry.code.lower()})",
                    self._words.yes if entry.extension_point else "",
                    self._translate(entry.module),
                    self._translate(entry.title),
                )
                for entry in sorted(catalog.values())
            ),
        )
        yield from (f"## {self._words.every_event}", "", self._words.base, "")
        yield from self._fields(Event)

    def _module(self, module: str, entries: Sequence[CatalogEntry]) -> Iterator[str]:
        name = self._translate(module)
        yield from (f"# {self._words.events_of.format(name)}", "", self._words.module_introduction, "")
        for entry in entries:
            yield from self._event(entry)
        classes = [event_class(entry.code) for entry in entries]
        parts = dict.fromkeys(part for cls in classes for part in classes_within(cls) if not issubclass(part, Event))
        if parts:
            yield from (f"## {self._words.objects}", "")
        for part in parts:
            yield from (f"### {part.__name__}", "", self._translate(_first_line(part)), "")
            yield from self._fields(part)

    def _event(self, entry: CatalogEntry) -> Iterator[str]:
        cls = event_class(entry.code)
        answer = self._words.answered_by.format(entry.operation) if entry.operation else self._words.not_blocking
        yield from (f"## {entry.code}", "", f"{self._translate(_first_line(cls))} `{class_name(entry.code)}`", "")
        yield from (self._words.facts.format(entry.type, self._words.levels[entry.level], answer), "")
        yield from self._fields(cls)
        for form in cls.forms:
            yield from (self._words.form.format(form.__name__, self._translate(_first_line(form))), "")
            yield from self._fields(form, besides=cls)
        payload = json.dumps(sample_payload(entry.code), indent=2, ensure_ascii=False)
        yield from (f'<details markdown="1"><summary>{self._words.sample}</summary>', "")
        yield from ("```json", payload, "```", "", "</details>", "")

    def _fields(self, cls: type[BaseModel], besides: type[BaseModel] | None = None) -> Iterator[str]:
        known = {*(Event.model_fields if cls is not Event else ()), *(besides.model_fields if besides else ())}
        own = [
            field
            for field in fields_of(cls)
            if field.python not in known or (besides is None and field.wire and field.python == "operator")
        ]
        yield from _table(
            ("Python", self._words.wire, self._words.type, self._words.required, self._words.meaning),
            (
                (
                    f"`{field.python}`",
                    f"`{field.wire}`" if field.wire else "",
                    _linked(field.type),
                    self._words.yes if field.required else "",
                    self._translate(field.meaning),
                )
                for field in own
            ),
        )

    def _enumerations(self) -> Iterator[str]:
        yield from (f"# {self._words.enumerations}", "", self._words.enumerations_introduction, "")
        for enumeration in _enumerations():
            yield from (f"## {enumeration.__name__}", "", self._translate(_first_line(enumeration)), "")
            column = self._words.number if is_code(enumeration) else self._words.wire
            yield from _table(
                ("Python", column, self._words.meaning),
                (
                    (
                        f"`{value.python}`",
                        f"`{value.wire}`",
                        self._translate(value.meaning)
                        or self._translate.member(f"{enumeration.__name__}.{value.python}"),
                    )
                    for value in values_of(enumeration)
                ),
            )


def slug(module: str) -> str:
    """The name of a module's page, without its ending."""
    return module.lower().replace(" ", "-")


@cache
def _enumerations() -> list[type[Enum]]:
    classes = [event_class(code) for code in catalog]
    shown = [found for cls in classes for found in (cls, *classes_within(cls))]
    return sorted(enumerations_within(shown), key=lambda found: found.__name__)


def _text(lines: Iterable[str]) -> str:
    return "\n".join(lines).rstrip("\n") + "\n"


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


def _linked(type_text: str) -> str:
    """The type, with links to the objects on its page and to enumerations."""
    names = {enumeration.__name__ for enumeration in _enumerations()}

    def link(found: re.Match[str]) -> str:
        name = found[0]
        if name in _PLAIN:
            return name
        return f"[{name}]({'enumerations.md' if name in names else ''}#{name.lower()})"

    return re.sub(r"\b[A-Z]\w+\b", link, type_text)


def _first_line(cls: type) -> str:
    return (cls.__doc__ or "").strip().split("\n", 1)[0]


def main(arguments: Sequence[str]) -> int:
    """Write the pages of both languages, or print what has no Chinese."""
    chinese = Chinese()
    written = {"en": pages("en", English()), "zh": pages("zh", chinese)}
    if "--missing" in arguments:
        for text in chinese.missing:
            print(f'{json.dumps(text, ensure_ascii=False)}: ""')
        return 0
    for language, texts in written.items():
        folder = DOCS / language / "events"
        folder.mkdir(exist_ok=True)
        for name, text in texts.items():
            (folder / name).write_text(text, encoding="utf-8")
    if chinese.missing:
        print(f"{len(chinese.missing)} texts have no Chinese in docs/zh/events.yaml; --missing lists them")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
