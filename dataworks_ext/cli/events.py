"""`dataworks-ext events`: the catalog, and the fields and a sample of one event."""

from __future__ import annotations

import ast
import inspect
import sys
import types
import typing
from difflib import get_close_matches
from itertools import pairwise
from typing import Annotated, NamedTuple

import typer
from pydantic.fields import FieldInfo

from ..events import CatalogEntry, Event, catalog, class_name, event_class
from ..events.base import to_wire
from ..testing import sample_payload
from ._output import Json, console, fail, plain, print_json, table


class Field(NamedTuple):
    """A field of an event class, as people look it up."""

    wire: str
    python: str
    type: str
    required: bool
    meaning: str


def events(
    code: Annotated[str | None, typer.Argument(help="An event code; without one, the whole catalog.")] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Print a ready payload of the event.")] = False,
    as_json: Json = False,
) -> None:
    """List the events of DataWorks, or show one: its fields, and a sample."""
    if code is None:
        if sample:
            fail("--sample needs an event code: dataworks-ext events download-resources --sample")
        _print_catalog(as_json)
        return
    if code not in catalog:
        near = get_close_matches(code, list(catalog), n=1)
        fail(
            f'there is no event "{code}"'
            + (f'; did you mean "{near[0]}"?' if near else "; `dataworks-ext events` lists them")
        )
    if sample:
        print_json(sample_payload(code))
    elif as_json:
        fields = [field._asdict() for field in fields_of(event_class(code))]
        print_json({**catalog[code]._asdict(), "fields": fields, "sample": sample_payload(code)})
    else:
        _print_event(catalog[code])


def _print_catalog(as_json: bool) -> None:
    if as_json:
        print_json([entry._asdict() for entry in catalog.values()])
        return
    overview = table("Event code", "Can be refused", "Module", "What happens")
    for entry in catalog.values():
        overview.add_row(*plain(entry.code, "yes" if entry.extension_point else "", entry.module, entry.title))
    console().print(overview)
    refusable = sum(entry.extension_point for entry in catalog.values())
    console().print(f"{len(catalog)} events, {refusable} of which DataWorks waits to have answered.")


def _print_event(entry: CatalogEntry) -> None:
    out = console()
    out.print(*plain(f"{entry.code}: {entry.title}"), style="bold")
    out.print(*plain(f"Module: {entry.module} ({entry.level} level). EventBridge type: {entry.type}"))
    answer = f"DataWorks waits for an answer ({entry.operation})" if entry.operation else "A notification; nobody waits"
    out.print(*plain(f"{answer}."))
    cls = event_class(entry.code)
    if cls is Event:
        out.print(
            *plain("It has no class of its own yet: a policy gets an Event, with the whole payload in event.raw.")
        )
    else:
        out.print(*plain(f"from dataworks_ext.events import {class_name(entry.code)}"))
    fields = table("Python", "On the wire", "Type", "Required", "Meaning")
    for field in fields_of(cls):
        fields.add_row(*plain(field.python, field.wire, field.type, "yes" if field.required else "", field.meaning))
    out.print(fields)
    out.print(*plain(f"A ready payload: dataworks-ext events {entry.code} --sample"))


def fields_of(cls: type[Event]) -> list[Field]:
    """The fields of an event class, its own first. Their meanings are the docstrings in its source."""
    meanings = _meanings(cls)
    shared = list(Event.model_fields)
    names = [name for name in cls.model_fields if name not in shared] + shared
    return [
        Field(
            _wire(name, info),
            name,
            _type_name(info.annotation),
            name in cls.model_fields and info.is_required(),
            meanings.get(name, ""),
        )
        for name in names
        for info in (cls.model_fields[name],)
    ]


def _wire(name: str, info: FieldInfo) -> str:
    return "" if info.exclude else to_wire(name)


def _meanings(cls: type[Event]) -> dict[str, str]:
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if isinstance(base, type) and issubclass(base, Event):
            found.update(docstrings_of(base))
    return found


def docstrings_of(cls: type) -> dict[str, str]:
    """The first line of the docstring under each field of a class, from its source."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[cls.__module__]))
    except (OSError, SyntaxError, KeyError, TypeError):
        return {}
    bodies = [node.body for node in ast.walk(tree) if isinstance(node, ast.ClassDef) and node.name == cls.__name__]
    found: dict[str, str] = {}
    for body in bodies:
        for statement, following in pairwise(body):
            if (
                isinstance(statement, ast.AnnAssign)
                and isinstance(statement.target, ast.Name)
                and isinstance(following, ast.Expr)
                and isinstance(following.value, ast.Constant)
            ):
                found[statement.target.id] = inspect.cleandoc(str(following.value.value)).split("\n")[0]
    return found


def _type_name(annotation: object) -> str:
    origin = typing.get_origin(annotation)
    members = typing.get_args(annotation)
    if origin is typing.Annotated:
        return _type_name(members[0])
    if origin in (typing.Union, types.UnionType):
        return " | ".join(_type_name(member) for member in members)
    if annotation is type(None):
        return "None"
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)
