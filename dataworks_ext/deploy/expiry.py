"""Exemptions that somebody should look at: expired, soon over, never needed, or never able to hold."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal, NamedTuple

from ..events import Event, event_class
from ..events.values import SHANGHAI
from ..exemption import Exemption
from ..extension import Extension
from ..policy import EVERY_EVENT
from ..settings import Configuration
from ..spelling import nearest
from ..wording import counted

SOON: Final = timedelta(days=14)
"""How long before its end people are told of it."""

State = Literal["in force", "ends soon", "expired", "never needed", "never holds"]


class Reviewed(NamedTuple):
    """An exemption, and what is to be done about it."""

    exemption: Exemption
    state: State
    advice: str = ""
    """A sentence; empty if nothing is to be done."""


def review(
    extension: Extension, configuration: Configuration, now: datetime, used: Collection[str] | None = None
) -> list[Reviewed]:
    """All exemptions of an extension, in the order in which they are granted.

    Args:
        extension: Its policies tell whether an exemption can hold at all.
        configuration: Has the exemptions.
        now: The present.
        used: What `used_in` found in records; None if there are none, so that nobody knows what was needed.
    """
    granted = () if configuration.exemptions is None else configuration.exemptions.granted
    return [_reviewed(extension, exemption, now, used) for exemption in granted]


def used_in(files: Iterable[Path]) -> frozenset[str]:
    """The exemptions that are named in records of the function, as their keys. Lines that are no records are skipped.

    Raises:
        OSError: A file cannot be read.
    """
    found: set[str] = set()
    for file in files:
        with file.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                if '"exempted_by"' in line:
                    found.update(_keys_in(line))
    return frozenset(found)


def _keys_in(line: str) -> Iterator[str]:
    try:
        record = json.loads(line[line.index("{") :])  # a log service may put a time before it
        for reason in record["reasons"]:
            if "exempted_by" in reason:
                yield _key(reason["exempted_by"])
    except (ValueError, KeyError, TypeError):
        return


def _key(written: object) -> str:
    return json.dumps(written, sort_keys=True)


def _reviewed(extension: Extension, exemption: Exemption, now: datetime, used: Collection[str] | None) -> Reviewed:
    name = f"the exemption of {exemption.policy} by {exemption.owner} ({exemption.reason})"
    end = f"{exemption.end.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if now > exemption.end:
        return Reviewed(exemption, "expired", f"{name} ended on {end}: remove it")
    if slip := _unknown_field(extension, exemption):
        return Reviewed(exemption, "never holds", f"{name} never holds: {slip}")
    if exemption.end - now <= SOON:
        left = counted(max((exemption.end - now).days, 0), "day")
        return Reviewed(
            exemption, "ends soon", f"{name} ends on {end}, in {left}: grant it anew, or tell those it is for"
        )
    if used is not None and _key(json.loads(json.dumps(exemption.as_json()))) not in used:
        return Reviewed(exemption, "never needed", f"{name} is named in none of the records: remove it if they suffice")
    return Reviewed(exemption, "in force")


def _unknown_field(extension: Extension, exemption: Exemption) -> str:
    """A field of `match` that no event of its policies has; empty if there is none."""
    codes = {code for policy in extension.policies if exemption.covers(policy.id) for code in policy.events}
    if not codes or EVERY_EVENT in codes:
        return ""
    fields = {field for code in codes for form in _forms(code) for field in form.model_fields}
    for name in exemption.match:
        if name not in fields:
            return f"no event of its policies has a field {name}{nearest(name, fields)}"
    return ""


def _forms(code: str) -> tuple[type[Event], ...]:
    cls = event_class(code)
    return (cls, *cls.forms)
