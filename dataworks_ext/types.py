"""Types for the settings of packs: sizes, hours, days, time zones, networks and freezes, as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING, Annotated, Final, NamedTuple

from pydantic import AfterValidator, BeforeValidator, ByteSize

from .errors import PolicyError
from .wording import DAYS as DAYS
from .wording import Day as Day

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_SATURDAY: Final = 5
_HORIZON: Final = timedelta(days=60)
"""How far ahead to search for the end of a freeze."""


# Sizes


def _read_size(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"\d+(\.\d+)?\s*([kmgt]i?)?b?", value.strip(), re.IGNORECASE):
        raise ValueError("a size is a number of bytes, or written as 500MB, 1.5GB, 2GiB")
    return value


Size = Annotated[ByteSize, BeforeValidator(_read_size)]
"""A number of bytes: `1000000`, `500MB`, `1.5GB`, `2GiB`."""


# Networks


Network = IPv4Network | IPv6Network
"""A network: `10.0.0.0/8`, `2001:db8::/32`."""


def is_within(address: str, networks: Iterable[Network]) -> bool:
    """Whether an IP address is in one of the networks. An IPv4 address in IPv6 form is itself.

    Raises:
        ValueError: The text is no address.
    """
    read = ip_address(address)
    if isinstance(read, IPv6Address) and read.ipv4_mapped:
        read = read.ipv4_mapped
    return any(read in network for network in networks)


# Tables and columns


def _table_pattern(text: str) -> str:
    text = text.strip().casefold()
    if not text:
        raise ValueError("a table is written as ods.orders, a pattern as ods.* or *.orders")
    return text


def _column_pattern(text: str) -> str:
    text = _table_pattern(text)
    if "." not in text:
        raise ValueError("a column is written with its table: ods.users.phone, or *.phone for all tables")
    return text


TablePattern = Annotated[str, AfterValidator(_table_pattern)]
"""A table, or tables: `ods.orders`, `ods.*`, `*_tmp`, `*`. Without a dot it is about the name of the table alone."""
ColumnPattern = Annotated[str, AfterValidator(_column_pattern)]
"""Columns of tables: `*.phone`, `ods.users.id_*`."""


# Time zones and hours


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name. Raises `ValueError` for an unknown name, and where there is no time zone data."""
    from zoneinfo import ZoneInfo, available_timezones  # slow to import, and only hours need it

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        if not available_timezones():
            raise ValueError(
                f"there is no time zone data, so {name!r} cannot be looked up; add tzdata to requirements.txt"
            ) from None
        raise ValueError(f"there is no time zone {name!r}; write it as Asia/Shanghai") from None


def _known_zone(name: str) -> str:
    zone_of(name)
    return name


ZoneName = Annotated[str, AfterValidator(_known_zone)]
"""The name of a time zone: `Asia/Shanghai`."""


class Hours(NamedTuple):
    """A span of the day. One that ends before it starts goes past midnight."""

    start: time
    end: time

    def __contains__(self, moment: object) -> bool:
        if not isinstance(moment, time):
            return False
        if self.start < self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"


def _read_hours(value: object) -> object:
    if not isinstance(value, str):
        return value
    written = re.fullmatch(r"(\d\d:\d\d)\s*-\s*(\d\d:\d\d)", value.strip(), re.ASCII)
    if written:
        with suppress(ValueError):
            return Hours(time.fromisoformat(written[1]), time.fromisoformat(written[2]))
    raise ValueError("hours are written as 09:00-18:00")


WorkingHours = Annotated[Hours, BeforeValidator(_read_hours)]
"""Hours of the day: `09:00-18:00`, `18:00-09:00`."""


def is_working_time(moment: datetime, hours: Hours, days: tuple[Day, ...], zone: str) -> bool:
    """Whether the moment is within the hours of one of the days. A span past midnight counts for its first day."""
    local = moment.astimezone(zone_of(zone))
    day = local.weekday()
    if hours.end <= hours.start and local.time() < hours.end:
        day -= 1
    return local.time() in hours and DAYS[day] in days


# Freezes


class Dates(NamedTuple):
    """Days in a row, both ends included."""

    first: date
    last: date

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and self.first <= day <= self.last

    def __str__(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first}/{self.last}"


def _read_dates(value: object) -> object:
    if not isinstance(value, str):
        return value
    written = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:\s*/\s*(\d{4}-\d\d-\d\d))?", value.strip(), re.ASCII)
    if written:
        with suppress(ValueError):
            return Dates(date.fromisoformat(written[1]), date.fromisoformat(written[2] or written[1]))
    raise ValueError("a day is written as 2026-11-11, days in a row as 2026-11-10/2026-11-12")


def _in_order(dates: Dates) -> Dates:
    if dates.last < dates.first:
        raise ValueError(f"the days {dates} end before they begin")
    return dates


FreezeDates = Annotated[Dates, BeforeValidator(_read_dates), AfterValidator(_in_order)]
"""A day, or days in a row: `2026-11-11`, `2026-11-10/2026-11-12`."""


class Holidays(NamedTuple):
    """Days off in China: public holidays, and weekends that are no working weekends, by the library chinesecalendar.

    In a year that it does not know, the days given by hand say which days other than weekends are off.
    """

    days_off: tuple[Dates, ...] = ()
    """Given by hand."""
    working_days: tuple[Dates, ...] = ()
    """Given by hand."""

    def __contains__(self, day: object) -> bool:
        """Whether people are off. Raises `PolicyError` if neither library nor hand know the year."""
        if not isinstance(day, date):
            return False
        if any(day in dates for dates in self.days_off):
            return True
        if any(day in dates for dates in self.working_days):
            return False
        if day.year in _known_years():
            from chinese_calendar import is_holiday  # type: ignore[import-untyped]  # it has no types

            return bool(is_holiday(day))
        if self._names(day.year):
            return day.weekday() >= _SATURDAY
        raise PolicyError(
            f"the library chinesecalendar does not know the holidays of {day.year}: update it and deploy again"
        )

    def end(self, day: date) -> date:
        """The last day, from this one on, in a year that is known; the day before if this one's is not."""
        year = day.year
        while year in _known_years() or self._names(year):
            year += 1
        return date(year - 1, 12, 31)

    def _names(self, year: int) -> bool:
        return any(dates.first.year <= year <= dates.last.year for dates in self.days_off)


@lru_cache
def _known_years() -> frozenset[int]:
    from chinese_calendar.constants import holidays  # type: ignore[import-untyped]  # slow to import, and without types

    return frozenset(day.year for day in holidays)


class Freeze(NamedTuple):
    """When nothing is released: on some days, all day, and at some hours of every day."""

    dates: tuple[Dates, ...] = ()
    weekdays: tuple[Day, ...] = ()
    holidays: Holidays | None = None
    hours: Hours | None = None
    zone: str = "Asia/Shanghai"

    def __bool__(self) -> bool:
        return bool(self.dates or self.weekdays or self.holidays is not None or self.hours)

    def holds(self, moment: datetime) -> bool:
        """Whether the freeze is active at the moment. Raises `PolicyError` if the holidays of that year are unknown."""
        return self._holds_at(moment.astimezone(zone_of(self.zone)))

    def end(self, moment: datetime) -> datetime | None:
        """When the freeze ends, in its time zone; None if that is more than 60 days ahead, or unknown."""
        local = moment.astimezone(zone_of(self.zone))
        latest = local + _HORIZON
        with suppress(PolicyError):
            while local <= latest:
                if not self._holds_at(local):
                    return local
                local = self._next_start(local)
        return None

    def _holds_at(self, local: datetime) -> bool:
        return self._holds_on(local.date()) or (self.hours is not None and local.time() in self.hours)

    def _holds_on(self, day: date) -> bool:
        if DAYS[day.weekday()] in self.weekdays or any(day in dates for dates in self.dates):
            return True
        return self.holidays is not None and day in self.holidays

    def _next_start(self, local: datetime) -> datetime:
        """The next moment at which the freeze may end: the end of the day, or of the hours."""
        start = time.min if self.hours is None or self._holds_on(local.date()) else self.hours.end
        day = local.date() if start > local.time() else local.date() + timedelta(days=1)
        return datetime.combine(day, start, local.tzinfo)
