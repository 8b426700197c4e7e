"""The events that a test is marked with."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import ExtensionError
from ...events import Event, catalog, code_of
from ...spelling import nearest


class MarkerError(ExtensionError):
    """A mark that names no event. The text says which one may be meant."""


def codes_of(events: Sequence[object]) -> list[str]:
    """The codes of the events; of none, all that can be refused.

    Raises:
        MarkerError: One is no event.
    """
    codes = list(dict.fromkeys(_code(event) for event in events))
    return codes or [entry.code for entry in catalog.values() if entry.extension_point]


def _code(event: object) -> str:
    if isinstance(event, str):
        if event not in catalog:
            hint = nearest(event, catalog) or "; `dataworks-ext events` lists them all"
            raise MarkerError(f'there is no event "{event}"{hint}')
        return event
    code = code_of(event) if isinstance(event, type) and issubclass(event, Event) else None
    if code is None:
        name = event.__name__ if isinstance(event, type) else repr(event)
        raise MarkerError(f"{name} stands for no event; name codes or classes of events, one by one")
    return code
