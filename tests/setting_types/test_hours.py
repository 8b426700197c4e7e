"""Working hours: spans of the day, days of the week, time zones."""

from __future__ import annotations

import sys
import zoneinfo
from datetime import datetime, time, timezone

import pytest
from pydantic import TypeAdapter, ValidationError

from dataworks_ext.types import DAYS, Day, Hours, WorkingHours, ZoneName, is_working_time, zone_of

_hours: TypeAdapter[Hours] = TypeAdapter(WorkingHours)
_zone: TypeAdapter[str] = TypeAdapter(ZoneName)
WORKDAYS = DAYS[:5]


def _at(text: str) -> datetime:
    """A moment in UTC. The 2nd of March 2026 is a Monday."""
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


def _is_working(moment: str, hours: str, days: tuple[Day, ...] = WORKDAYS, zone: str = "UTC") -> bool:
    return is_working_time(_at(moment), _hours.validate_python(hours), days, zone)


# Spans of the day


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        ("2026-03-02T08:59:59.999999", False),
        ("2026-03-02T09:00", True),
        ("2026-03-02T12:00", True),
        ("2026-03-02T17:59:59.999999", True),
        ("2026-03-02T18:00", False),
        ("2026-03-02T00:00", False),
    ],
)
def test_a_span_has_its_start_and_not_its_end(moment: str, within: bool) -> None:
    assert _is_working(moment, "09:00-18:00") is within


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        ("2026-03-02T21:59:59", False),
        ("2026-03-02T22:00", True),
        ("2026-03-02T23:59:59.999999", True),
        ("2026-03-03T00:00", True),
        ("2026-03-03T05:59:59", True),
        ("2026-03-03T06:00", False),
    ],
)
def test_a_span_that_ends_before_it_starts_goes_past_midnight(moment: str, within: bool) -> None:
    assert _is_working(moment, "22:00-06:00") is within


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        ("2026-03-02T05:00", False),  # Monday morning: the span began on Sunday
        ("2026-03-02T23:00", True),
        ("2026-03-07T05:00", True),  # Saturday morning: the span began on Friday
        ("2026-03-07T23:00", False),
    ],
)
def test_past_midnight_a_span_belongs_to_the_day_it_began(moment: str, within: bool) -> None:
    assert _is_working(moment, "22:00-06:00") is within


def test_a_span_of_sunday_reaches_into_monday() -> None:
    assert _is_working("2026-03-02T05:00", "22:00-06:00", days=("Sun",))


@pytest.mark.parametrize(("moment", "within"), [("2026-03-02T23:59", True), ("2026-03-03T00:00", False)])
def test_a_span_may_end_at_midnight(moment: str, within: bool) -> None:
    assert _is_working(moment, "09:00-00:00", days=("Mon",)) is within


# Days of the week


@pytest.mark.parametrize(("number", "day"), list(enumerate(DAYS, start=2)))
def test_each_day_is_itself(number: int, day: Day) -> None:
    moment = f"2026-03-{number:02}T12:00"
    assert _is_working(moment, "09:00-18:00", days=(day,))
    assert not _is_working(moment, "09:00-18:00", days=tuple(other for other in DAYS if other != day))


def test_nobody_works_on_no_day() -> None:
    assert not _is_working("2026-03-02T12:00", "09:00-18:00", days=())


# Time zones


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        ("2026-03-02T00:59", False),
        ("2026-03-02T01:00", True),
        ("2026-03-02T09:59", True),
        ("2026-03-02T10:00", False),
    ],
)
def test_hours_are_meant_in_their_zone(moment: str, within: bool) -> None:
    """Shanghai is eight hours ahead of UTC."""
    assert _is_working(moment, "09:00-18:00", zone="Asia/Shanghai") is within


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        ("2026-03-01T16:30", True),  # Sunday in UTC, Monday 00:30 in Shanghai
        ("2026-03-06T16:30", False),  # Friday in UTC, Saturday 00:30 in Shanghai
    ],
)
def test_days_are_meant_in_their_zone(moment: str, within: bool) -> None:
    assert _is_working(moment, "00:00-12:00", zone="Asia/Shanghai") is within


@pytest.mark.parametrize(
    ("moment", "within"),
    [
        ("2026-03-27T07:59", False),
        ("2026-03-27T08:00", True),
        ("2026-03-30T06:59", False),
        ("2026-03-30T07:00", True),
        ("2026-10-23T07:00", True),
        ("2026-10-26T07:59", False),
        ("2026-10-26T08:00", True),
    ],
)
def test_hours_follow_summer_time(moment: str, within: bool) -> None:
    """Work in Berlin begins at 08:00 UTC in winter, and at 07:00 from the end of March to the end of October."""
    assert _is_working(moment, "09:00-18:00", zone="Europe/Berlin") is within


@pytest.mark.parametrize("moment", ["2026-10-25T00:30", "2026-10-25T01:30"])
def test_an_hour_that_comes_twice_is_within_both_times(moment: str) -> None:
    """Clocks in Berlin show 02:30 twice that night."""
    assert _is_working(moment, "02:00-03:00", days=("Sun",), zone="Europe/Berlin")


# As settings


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("09:00-18:00", Hours(time(9), time(18))),
        (" 09:00 - 18:30 ", Hours(time(9), time(18, 30))),
        ("22:00-06:00", Hours(time(22), time(6))),
    ],
)
def test_hours_are_read(text: str, hours: Hours) -> None:
    assert _hours.validate_python(text) == hours


def test_hours_may_be_given_as_a_pair() -> None:
    """So they are where settings are made in a test, or written as JSON."""
    assert _hours.validate_python(["09:00", "18:00"]) == Hours(time(9), time(18))


def test_only_a_time_is_within_hours() -> None:
    assert "12:00" not in Hours(time(9), time(18))


@pytest.mark.parametrize(
    "text",
    ["", "09:00", "9:00-18:00", "9-18", "09:00-24:00", "09:00-18:00-20:00", "morning-evening", "09:00–18:00", "-"],
)
def test_hours_that_are_none_are_an_error(text: str) -> None:
    """The error says how to write them."""
    with pytest.raises(ValidationError, match=r"hours are written as 09:00-18:00"):
        _hours.validate_python(text)


@pytest.mark.parametrize("text", ["09:00+08:00-18:00+08:00", "09:00Z-18:00Z"])
def test_hours_with_an_offset_are_an_error(text: str) -> None:
    """The time zone is a setting of its own."""
    with pytest.raises(ValidationError):
        _hours.validate_python(text)


@pytest.mark.parametrize("text", ["09:00-18:00", "22:30-06:00"])
def test_hours_are_shown_as_they_are_written(text: str) -> None:
    assert str(_hours.validate_python(text)) == text


@pytest.mark.parametrize("name", ["Asia/Shanghai", "Europe/Berlin", "UTC"])
def test_a_zone_is_read(name: str) -> None:
    assert _zone.validate_python(name) == name
    assert zone_of(name).key == name


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "Asia", "Shanghai", "../passwd", "/etc/passwd", "", "Asia/Shanghai\0"]
)
def test_a_zone_that_nobody_knows_is_an_error(name: str) -> None:
    with pytest.raises(ValidationError, match="there is no time zone"):
        _zone.validate_python(name)


def test_missing_time_zone_data_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is right; a machine of Function Compute has no data, and the package brings none."""
    for name in ("tzdata", "tzdata.zoneinfo", "tzdata.zoneinfo.Asia"):
        monkeypatch.setitem(sys.modules, name, None)
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(to=[])
    try:
        zoneinfo.ZoneInfo.clear_cache()
        zone_of.cache_clear()
        with pytest.raises(ValueError, match=r"^there is no time zone data, so 'Asia/Tokyo' cannot be looked up; add"):
            zone_of("Asia/Tokyo")
    finally:
        zoneinfo.reset_tzpath(to=before)
