"""Freezes: days and hours in which nothing is released."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, BeforeValidator

from dataworks_ext.errors import PolicyError

from .hours import DAYS, Day, Hours, zone_of

_HORIZON: Final = timedelta(days=60)
"""How far ahead to search for the end of a freeze."""


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
    written = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:\s*/\s*(\d{4}-\d\d-\d\d))?", value.strip())
    if written:
        with suppress(ValueError):
            return Dates(date.fromisoformat(written[1]), date.fromisoformat(written[2] or written[1]))
    raise ValueError("a day is written as 2026-11-11, days in a row as 2026-11-10/2026-11-12")


def _in_order(dates: Dates) -> Dates:
    if dates.last < dates.first:
        raise ValueError(f"the days {dates} end before they begin")
    return dates


FreezeDates = Annotated[Dates, BeforeValidator(_read_dates), AfterValidator(_in_order)]


class Freeze(NamedTuple):
    """When nothing is released: on some days, all day, and at some hours of every day."""

    dates: tuple[Dates, ...]
    weekdays: tuple[Day, ...]
    holidays: bool
    hours: Hours | None
    zone: str

    def __bool__(self) -> bool:
        return bool(self.dates or self.weekdays or self.holidays or self.hours)

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
        return self.holidays and is_day_off(day)

    def _next_start(self, local: datetime) -> datetime:
        """The next moment at which the freeze may end: the end of the day, or of the hours."""
        start = time.min if self.hours is None or self._holds_on(local.date()) else self.hours.end
        day = local.date() if start > local.time() else local.date() + timedelta(days=1)
        return datetime.combine(day, start, local.tzinfo)


def is_day_off(day: date) -> bool:
    """Whether people in China are off: on public holidays, and on weekends that are not working weekends.

    Raises:
        PolicyError: The library does not contain the holidays of that year.
    """
    # Slow to import, and only holidays need it. It has no types.
    from chinese_calendar import is_holiday  # type: ignore[import-untyped]

    try:
        return bool(is_holiday(day))
    except NotImplementedError:
        raise PolicyError(
            f"the library chinesecalendar does not know the holidays of {day.year}: update it and deploy again"
        ) from None
