"""What a value on the wire is in Python: times, ids in one string, JSON in a string.

Reading takes every form that the references show; writing JSON gives the field's own form on the wire.
"""

from __future__ import annotations

import json
import re
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
_FIRST: Final = 946_656_000_000
"""The year 2000 begins, in milliseconds."""
_END: Final = 4_133_952_000_000
"""The year 2101 begins."""
_DIGITS: Final = len(str(_END))

_OTHER_CLOCK: Final = (
    r"(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?(Z|[+-]\d\d:?\d\d)?)?"  # compiled at first use
)
_EXPECTED: Final = "expected milliseconds since 1970, or yyyy-MM-dd HH:mm:ss"


T = TypeVar("T")


def read_moment(value: object) -> datetime:
    """A time as the wire writes it, by the vendor's clock."""
    if value.__class__ is int and _FIRST <= value < _END:
        return _EPOCH + timedelta(milliseconds=value)
    moment = read_time(value)
    return moment if moment.tzinfo is SHANGHAI else by_clock(moment, SHANGHAI)


def read_time(value: object) -> datetime:
    """A time; one without a zone stays without.

    Milliseconds since 1970, as a number or its digits, from the year 2000 to 2100: anything else is another unit, or
    digits of another kind. Or `yyyy-MM-dd HH:mm:ss`, also with `T` between, a fraction of up to six digits, and `Z`,
    `+08:00` or `+0800` behind it; or `yyyy-MM-dd` alone, which is midnight. Digits are 0 to 9.

    Raises:
        ValueError: It is none of these.
    """
    if value.__class__ is str:  # most often, so it comes first
        text = value.strip()
        if not text.isdigit() or not text.isascii() or len(text) > _DIGITS:
            return _by_the_clock(text)
        value = int(text)
    elif isinstance(value, datetime):
        return value
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(_EXPECTED)
    if not _FIRST <= value < _END:
        raise ValueError("expected milliseconds since 1970, got a number that is no time from 2000 to 2100")
    return _EPOCH + timedelta(milliseconds=value)


def _by_the_clock(text: str) -> datetime:
    if len(text) == 19 and text[4] == text[7] == "-" and text[13] == text[16] == ":" and text[10] in " T":
        try:
            return datetime.fromisoformat(text)  # which reads these alike on every Python
        except ValueError:
            raise ValueError(_EXPECTED) from None
    found = re.fullmatch(_OTHER_CLOCK, text, re.ASCII)
    if found is None:
        raise ValueError(_EXPECTED)
    *numbers, fraction, zone = found.groups()
    year, month, day, hour, minute, second = (int(number or 0) for number in numbers)
    try:
        return datetime(year, month, day, hour, minute, second, int((fraction or "").ljust(6, "0")), _zone(zone))
    except ValueError:
        raise ValueError(_EXPECTED) from None


def _zone(text: str | None) -> tzinfo | None:
    if text is None:
        return None
    if text == "Z":
        return timezone.utc
    hours, minutes = int(text[1:3]), int(text[-2:])
    if minutes > 59:
        raise ValueError
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if text[0] == "-" else offset)


def by_clock(moment: datetime, zone: tzinfo) -> datetime:
    """The moment by the clock of the zone, which is its own clock if it has no other."""
    try:
        return moment.replace(tzinfo=zone) if moment.tzinfo is None else moment.astimezone(zone)
    except OverflowError:
        raise ValueError("expected a time between the years 1 and 9999") from None


def _to_milliseconds(moment: datetime) -> int | str:
    """Milliseconds where they are read as such, from 2000 to 2100; else the time by the vendor's clock."""
    milliseconds = (moment - _EPOCH) // _MILLISECOND
    return milliseconds if _FIRST <= milliseconds < _END else moment.replace(tzinfo=None).isoformat(" ")


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


def _read_day_or_time(value: object) -> object:
    text = value.strip() if value.__class__ is str else ""
    try:
        if len(text) == 10 and text[4] == text[7] == "-":
            return date.fromisoformat(text)
        if len(text) == 8 and text[2] == text[5] == ":":
            return time.fromisoformat(text)
    except ValueError:
        pass
    if isinstance(value, (date, time)) and not isinstance(value, datetime):
        return value
    raise ValueError("expected yyyy-MM-dd, or HH:mm:ss")


DayOrTime: TypeAlias = Annotated[date | time, BeforeValidator(_read_day_or_time)]
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
