"""Freezes: days and hours in which nothing is released."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Final, NamedTuple

from pydantic import AfterValidator, BeforeValidator

from dataworks_ext.errors import PolicyError

from .hours import DAYS, Day, Hours, zone_of

_SATURDAY: Final = 5
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

    dates: tuple[Dates, ...]
    weekdays: tuple[Day, ...]
    holidays: Holidays | None
    hours: Hours | None
    zone: str

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
