"""What `dataworks-ext deploy` prints before and after: what changes, and what to write in the console of DataWorks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ..deploy.s_yaml import Manifest
from ..events import catalog
from ..extension import Extension
from ..policy import EVERY_EVENT
from ._cloud import function_name, region_of
from ._output import console, plain

if TYPE_CHECKING:
    from ..deploy.event_rules import BusOptions
    from ..deploy.function_store import FunctionStore
    from ..deploy.steps import Change

_TITLES: Final = {
    "region": "Region",
    "service": "Service",
    "function": "Function, for uploads and downloads",
    "event_bus": "Event bus of the OpenEvent channel",
    "events": "Events of the extension",
    "extension_code": "Extension code (DATAWORKS_EXT_CODE)",
}


def print_changes(name: str, changes: Sequence[Change]) -> None:
    """A line for each change; those of one thing are below it."""
    if not changes:
        console().print(*plain(f"{name} is as it should be."))
    for line in _lines(changes):
        console().print(*plain(line))


def _lines(changes: Sequence[Change]) -> Iterator[str]:
    above = ""
    for change in changes:
        thing, _, part = change.what.partition(": ")
        said = " → ".join(text for text in (change.before, change.after) if text)
        if part and thing != above:
            yield thing
        yield f"  {part}: {said}" if part else f"{thing}: {said}"
        above = thing


def console_values(
    manifest: Manifest, store: FunctionStore, options: BusOptions | None, extension: Extension | None
) -> dict[str, object]:
    """What is written by hand in the console of DataWorks."""
    codes = [] if extension is None else sorted({code for one in extension.policies for code in one.events})
    direct = not codes or any(code == EVERY_EVENT or catalog[code].is_direct for code in codes)
    return {
        "region": region_of(manifest),
        "function": function_name(manifest) if direct else None,
        "service": (store.service or None) if direct else None,
        "event_bus": (options.custom_bus or "default") if options else None,
        "events": codes,
        "extension_code": manifest.environment.get("DATAWORKS_EXT_CODE"),
    }


def print_values(values: Mapping[str, object]) -> None:
    """What `console_values` found."""
    out = console()
    out.print(*plain("For the console of DataWorks (docs/en/production.md):"))
    for name, title in _TITLES.items():
        value = values[name]
        if name == "extension_code" and not value and values["event_bus"]:
            value = "not set; DataWorks shows it when the extension is registered. Set it and deploy again"
        if value:
            out.print(*plain(f"  {title}: {', '.join(value) if isinstance(value, list) else value}"))
