"""Working hours: a span of the day, days of the week, and their time zone."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import datetime, time
from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple, get_args

from pydantic import AfterValidator, BeforeValidator

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
DAYS: tuple[Day, ...] = get_args(Day)


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
    written = re.fullmatch(r"(\d\d:\d\d)\s*-\s*(\d\d:\d\d)", value.strip())
    if written:
        with suppress(ValueError):
            return Hours(time.fromisoformat(written[1]), time.fromisoformat(written[2]))
    raise ValueError("hours are written as 09:00-18:00")


def _known_zone(name: str) -> str:
    zone_of(name)
    return name


def zone_of(name: str) -> ZoneInfo:
    """The time zone of that name. Raises `ValueError` for an unknown name."""
    from zoneinfo import ZoneInfo, available_timezones  # slow to import, and only hours need it

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        if not available_timezones():
            raise ValueError(
                f"there is no time zone data, so {name!r} cannot be looked up; add tzdata to requirements.txt"
            ) from None
        raise ValueError(f"there is no time zone {name!r}; write it as Asia/Shanghai") from None


WorkingHours = Annotated[Hours, BeforeValidator(_read_hours)]
ZoneName = Annotated[str, AfterValidator(_known_zone)]


def is_working_time(moment: datetime, hours: Hours, days: tuple[Day, ...], zone: str) -> bool:
    """Whether the moment is within the hours of one of the days. A span past midnight counts for its first day."""
    local = moment.astimezone(zone_of(zone))
    day = local.weekday()
    if hours.end <= hours.start and local.time() < hours.end:
        day -= 1
    return local.time() in hours and DAYS[day] in days
