"""`docs/en/events.md`: the reference of all events, from their classes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from enum import Enum
from itertools import groupby

from pydantic import BaseModel

from ..events import CatalogEntry, Event, catalog, class_name, event_class
from ..testing import sample_payload
from ._event_fields import classes_within, enumerations_within, fields_of, is_code, values_of

_INTRODUCTION = """# Events

The 51 events of DataWorks, with the classes and fields that policies see. `make docs` writes this page from the
classes; `dataworks-ext events CODE` shows one event, `--sample` a payload of it, `--schema` its JSON Schema.

- A field is named as on the wire, in snake_case, and its value is Python's: numbers and times come in strings or not,
  and are numbers and aware datetimes by the vendor's clock (Asia/Shanghai) here.
- A time is milliseconds since 1970, from the year 2000 to 2100, or `yyyy-MM-dd HH:mm:ss`: also with `T` between, with
  a fraction of up to six digits, with `Z`, `+08:00` or `+0800` behind it, or `yyyy-MM-dd` alone. Nothing else is one.
- An unknown word or number stays a plain `str` or `int`. Unknown fields are in `event.raw`.
- A required field that a payload lacks, and any field that it garbles, cannot be looked at: `event.sql_text` raises
  `FieldError`, which names the field on the wire, and so does `getattr(event, "sql_text", None)`. The policy that
  looks fails; those that do not look decide. In an array, the objects stay and their garbled fields cannot be looked
  at; with an item that is none, or more than 1,000 broken objects, the whole array cannot. `event.unread_fields` lists
  the first ten such fields. An event that is made by hand needs every required field.
- `workspace_id` and `operator` answer for every event that says them, whatever the wire calls them.
"""


def reference() -> str:
    """The page."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    yield _INTRODUCTION
    yield from _table(
        ("Event", "Can be refused", "What happens"),
        (
            (f"[`{entry.code}`](#{entry.code.lower()})", "yes" if entry.extension_point else "", entry.title)
            for entry in catalog.values()
        ),
    )
    yield from ("## Every event", "", "`Event`, of which all others are kinds, has:", "")
    yield from _fields(Event)
    shown: list[type[BaseModel]] = []
    for module, entries in groupby(catalog.values(), key=lambda entry: entry.module):
        yield from (f"## {module}", "")
        listed = list(entries)
        for entry in listed:
            yield from _event(entry)
        classes = [event_class(entry.code) for entry in listed]
        parts = dict.fromkeys(part for cls in classes for part in classes_within(cls) if not issubclass(part, Event))
        if parts:
            yield from (f"### Objects in events of {module}", "")
        for part in parts:
            yield from (f"#### {part.__name__}", "", _first_line(part), "")
            yield from _fields(part)
        shown += [*classes, *(form for cls in classes for form in cls.forms), *parts]
    yield from ("## Words and numbers", "")
    for enumeration in sorted(enumerations_within(shown), key=lambda found: found.__name__):
        yield from _enumeration(enumeration)


def _event(entry: CatalogEntry) -> Iterator[str]:
    cls = event_class(entry.code)
    answer = f"Blocking, answered by `{entry.operation}`" if entry.operation else "Not blocking"
    yield from (f"### {entry.code}", "", f"{_first_line(cls)} `{class_name(entry.code)}`.", "")
    yield from (f"EventBridge type `{entry.type}`, {entry.level} level. {answer}.", "")
    yield from _fields(cls)
    for form in cls.forms:
        yield from (f"`{form.__name__}`: {_first_line(form)} It also has:", "")
        yield from _fields(form, besides=cls)
    payload = json.dumps(sample_payload(entry.code), indent=2, ensure_ascii=False)
    yield from ("<details><summary>Sample</summary>", "", "```json", payload, "```", "", "</details>", "")


def _fields(cls: type[BaseModel], besides: type[BaseModel] | None = None) -> Iterator[str]:
    known = {*(Event.model_fields if cls is not Event else ()), *(besides.model_fields if besides else ())}
    own = [
        field
        for field in fields_of(cls)
        if field.python not in known or (besides is None and field.wire and field.python == "operator")
    ]
    yield from _table(
        ("Python", "On the wire", "Type", "Required", "Meaning"),
        (
            (
                f"`{field.python}`",
                f"`{field.wire}`" if field.wire else "",
                _linked(field.type),
                "yes" if field.required else "",
                field.meaning,
            )
            for field in own
        ),
    )


def _enumeration(enumeration: type[Enum]) -> Iterator[str]:
    yield from (f"### {enumeration.__name__}", "", _first_line(enumeration), "")
    column = "Number" if is_code(enumeration) else "On the wire"
    yield from _table(
        ("Python", column, "Meaning"),
        ((f"`{value.python}`", f"`{value.wire}`", value.meaning) for value in values_of(enumeration)),
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"| {' | '.join('---' for _ in head)} |"
    for row in rows:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in row)} |"
    yield ""


_PLAIN = {"None", "datetime", "date", "time", "Event"}


def _linked(type_text: str) -> str:
    """The type with links to what this page shows."""
    return re.sub(
        r"\b[A-Z]\w+\b",
        lambda found: (
            found[0] if found[0] in _PLAIN or found[0] == "CronExpression" else f"[{found[0]}](#{found[0].lower()})"
        ),
        type_text,
    )


def _first_line(cls: type) -> str:
    return (cls.__doc__ or "").strip().split("\n", 1)[0]
