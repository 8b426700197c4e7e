"""What a value on the wire is in Python: times, ids in one string, JSON in a string.

Reading takes every form that the references show; writing JSON gives the field's own form on the wire.
"""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta, timezone, tzinfo
from typing import Annotated, Final, TypeAlias, TypeVar

from pydantic import (
    BeforeValidator,
    PlainSerializer,
    SerializerFunctionWrapHandler,
    WithJsonSchema,
    WrapSerializer,
)
from pydantic_core import from_json

SHANGHAI: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""The vendor's clock: UTC+8 all year, so that no time zone data is needed."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=SHANGHAI) + timedelta(hours=8)
_MILLISECOND: Final = timedelta(milliseconds=1)

T = TypeVar("T")


def read_moment(value: object) -> datetime:
    """Milliseconds since 1970, also in a string, or `yyyy-MM-dd HH:mm:ss` by the vendor's clock."""
    if isinstance(value, bool):
        raise ValueError("expected a time, got a boolean")
    if isinstance(value, str):
        value = value.strip()
        try:
            value = int(value) if value.lstrip("-").isdigit() else datetime.fromisoformat(value)
        except ValueError:
            raise ValueError("expected milliseconds since 1970, or yyyy-MM-dd HH:mm:ss") from None
    if isinstance(value, (int, float)):
        try:
            return _EPOCH + timedelta(milliseconds=value)
        except (OverflowError, ValueError):
            raise ValueError("expected milliseconds since 1970, got a number that is no time") from None
    if isinstance(value, datetime):
        return by_clock(value, SHANGHAI)
    raise ValueError("expected milliseconds since 1970, or yyyy-MM-dd HH:mm:ss")


def by_clock(moment: datetime, zone: tzinfo) -> datetime:
    """The moment by the clock of the zone, which is its own clock if it has no other."""
    try:
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except OverflowError:
        raise ValueError("expected a time between the years 1 and 9999") from None


def _to_milliseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // _MILLISECOND


def to_clock_time(moment: datetime) -> str:
    """The moment as `yyyy-MM-dd HH:mm:ss`, by its own clock."""
    return moment.replace(microsecond=0, tzinfo=None).isoformat(" ")


Milliseconds: TypeAlias = Annotated[
    datetime,
    BeforeValidator(read_moment),
    PlainSerializer(_to_milliseconds, when_used="json"),
    WithJsonSchema({"type": ["integer", "string"], "description": "Milliseconds since 1970-01-01T00:00:00Z."}),
]
"""A moment that the wire writes as milliseconds since 1970; an aware datetime by the vendor's clock."""

ClockTime: TypeAlias = Annotated[
    datetime,
    BeforeValidator(read_moment),
    PlainSerializer(to_clock_time, when_used="json"),
    WithJsonSchema({"type": "string", "description": "yyyy-MM-dd HH:mm:ss, in Asia/Shanghai."}),
]
"""A moment that the wire writes as `yyyy-MM-dd HH:mm:ss`; an aware datetime by the vendor's clock."""

DayOrTime: TypeAlias = date | time
"""`yyyy-MM-dd` in the current reference; `HH:mm:ss` in the older one."""


def _split(value: object) -> object:
    return [item for item in value.split(",") if item.strip()] if isinstance(value, str) else value


def _join(ids: tuple[int, ...]) -> str:
    return ",".join(map(str, ids))


CommaSeparatedIds: TypeAlias = Annotated[
    tuple[int, ...],
    BeforeValidator(_split),
    PlainSerializer(_join, when_used="json"),
    WithJsonSchema({"type": "string", "description": "Ids, separated by commas."}),
]
"""Ids that the wire writes into one string, with commas between them."""


def _parse(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        parsed: object = from_json(value)
    except (ValueError, TypeError):  # the latter for a lone surrogate
        raise ValueError("expected JSON in a string") from None
    return parsed


def _write(value: object, handler: SerializerFunctionWrapHandler) -> str:
    return json.dumps(handler(value), ensure_ascii=False, separators=(",", ":"))


JsonText = Annotated[
    T,
    BeforeValidator(_parse),
    WrapSerializer(_write, when_used="json"),
    WithJsonSchema({"type": "string", "contentMediaType": "application/json"}),
]
"""What the wire writes as JSON inside a string."""
