"""`dataworks-ext events`: the catalog, one event, and what to subscribe to."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Annotated

import typer
from pydantic import BaseModel
from rich.console import Console

from ..events import CatalogEntry, Event, catalog, class_name, event_class
from ..extension import Extension
from ..testing import sample_payload
from ._event_fields import classes_within, enumerations_within, fields_of, is_code, values_of
from ._event_schema import schema_of
from ._output import DEFAULT, App, Json, console, fail, load, plain, print_json, table
from ._tables import TableColumn


def complete_code(incomplete: str) -> list[str]:
    """The event codes that begin like this, for the shell."""
    return [code for code in catalog if code.startswith(incomplete)]


def events(
    code: Annotated[
        str | None,
        typer.Argument(
            metavar="CODE", autocompletion=complete_code, help="An event code; all events are listed without it."
        ),
    ] = None,
    sample: Annotated[bool, typer.Option("--sample", help="Print a sample payload of the event.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of the event's payload.")] = False,
    pattern: Annotated[
        bool, typer.Option("--pattern", help="Print the EventBridge pattern of the extension's events.")
    ] = False,
    app: App = DEFAULT,
    as_json: Json = False,
) -> None:
    """List the events of DataWorks, or describe one.

    The description of an event shows its fields, enumerations and objects.
    """
    _refuse_contradictions(code, {"--sample": sample, "--schema": schema, "--pattern": pattern})
    if pattern:
        print_json(_pattern(load(app)))
    elif code is None:
        _print_catalog(as_json)
    elif sample:
        print_json(sample_payload(code))
    elif schema:
        print_json(schema_of(event_class(code)))
    elif as_json:
        fields = [field._asdict() for field in fields_of(event_class(code))]
        print_json({**catalog[code]._asdict(), "fields": fields, "sample": sample_payload(code)})
    else:
        _print_event(catalog[code])


def _refuse_contradictions(code: str | None, options: dict[str, bool]) -> None:
    given = [option for option, is_given in options.items() if is_given]
    if len(given) > 1:
        fail(f"{given[0]} and {given[1]} print different things; give one of them")
    for option in given:
        if option in ("--sample", "--schema") and code is None:
            fail(f"{option} needs an event code: dataworks-ext events download-resources {option}")
        if option == "--pattern" and code is not None:
            fail(f"{option} takes no event code: dataworks-ext events {option}")
    if code is not None and code not in catalog:
        near = get_close_matches(code, list(catalog), n=1)
        fail(
            f'there is no event "{code}"'
            + (f'; did you mean "{near[0]}"?' if near else "; `dataworks-ext events` lists them")
        )


def _pattern(extension: Extension) -> dict[str, list[str]]:
    from ..deploy.trigger import pattern_of

    pattern = pattern_of(extension)
    if pattern.get("type") == []:
        fail(f"extension {extension.name} handles no event: register a policy or an observer first")
    return pattern


def _print_catalog(as_json: bool) -> None:
    if as_json:
        print_json([entry._asdict() for entry in catalog.values()])
        return
    overview = table("Event code", "Blocking", "Module", TableColumn("What happens", "dropped"))
    for entry in catalog.values():
        overview.add_row(entry.code, "yes" if entry.extension_point else "", entry.module, entry.title)
    console().print(overview)
    refusable = sum(entry.extension_point for entry in catalog.values())
    console().print(f"{len(catalog)} events. DataWorks waits for an answer to the {refusable} blocking ones.")


def _print_event(entry: CatalogEntry) -> None:
    out = console()
    out.print(*plain(f"{entry.code}: {entry.title}"), style="bold")
    out.print(*plain(f"Module: {entry.module} ({entry.level} level). EventBridge type: {entry.type}"))
    answer = (
        f"Blocking: DataWorks waits for an answer ({entry.operation})"
        if entry.operation
        else "A notification: not blocking"
    )
    out.print(*plain(f"{answer}."))
    out.print(*plain(f"from dataworks_ext.events import {class_name(entry.code)}"))
    cls = event_class(entry.code)
    _print_fields(out, cls)
    within = classes_within(cls)
    for described in within:
        out.print(*plain(f"{described.__name__}: {(described.__doc__ or '').strip().splitlines()[0]}"))
        _print_fields(out, described, besides=cls if issubclass(described, Event) else None)
    for enumeration in enumerations_within((cls, *within)):
        words = [
            f"{value.wire} {value.python}" if is_code(enumeration) else value.wire for value in values_of(enumeration)
        ]
        out.print(*plain(f"{enumeration.__name__}: {', '.join(words)}"))
    out.print(*plain(f"A ready payload: dataworks-ext events {entry.code} --sample"))


def _print_fields(out: Console, cls: type[BaseModel], besides: type[BaseModel] | None = None) -> None:
    fields = table(
        "Python",
        "On the wire",
        TableColumn("Type", "leading"),
        TableColumn("Required", "dropped"),
        TableColumn("Meaning", "below"),
    )
    for field in fields_of(cls):
        if besides is None or field.python not in besides.model_fields:
            fields.add_row(field.python, field.wire, field.type, "yes" if field.required else "", field.meaning)
    out.print(fields)
