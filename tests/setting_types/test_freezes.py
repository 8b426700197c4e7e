"""Freezes: days, days of the week, China's days off, hours, and when they are over."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from dataworks_ext.errors import PolicyError
from dataworks_ext.types import DAYS, Dates, Day, Freeze, FreezeDates, Holidays, Hours

_dates: TypeAdapter[Dates] = TypeAdapter(FreezeDates)
NIGHT = Hours(time(18), time(9))


def _freeze(
    *dates: str,
    weekdays: tuple[Day, ...] = (),
    holidays: bool = False,
    hours: Hours | None = None,
    zone: str = "Asia/Shanghai",
) -> Freeze:
    found = Holidays() if holidays else None
    return Freeze(tuple(map(_dates.validate_python, dates)), weekdays, found, hours, zone)


def _by_hand(days_off: str = "", working_days: str = "") -> Holidays:
    """Days that are given as settings."""
    return Holidays(
        *(tuple(map(_dates.validate_python, days.split(","))) if days else () for days in (days_off, working_days))
    )


def _shanghai(text: str) -> datetime:
    """A moment that is written by the clock of Shanghai, in UTC as policies get it."""
    return (datetime.fromisoformat(text) - timedelta(hours=8)).replace(tzinfo=timezone.utc)


def _by_clock(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


# What holds


@pytest.mark.parametrize(
    ("moment", "frozen"),
    [
        ("2026-11-09T23:59:59", False),
        ("2026-11-10T00:00", True),
        ("2026-11-11T12:00", True),
        ("2026-11-12T23:59:59.999999", True),
        ("2026-11-13T00:00", False),
        ("2026-12-30T12:00", True),
        ("2026-12-31T12:00", False),
        ("2027-11-11T12:00", False),
    ],
)
def test_dates_hold_all_day_with_both_ends(moment: str, frozen: bool) -> None:
    assert _freeze("2026-11-10/2026-11-12", "2026-12-30").holds(_shanghai(moment)) is frozen


@pytest.mark.parametrize(("number", "day"), list(enumerate(DAYS, start=2)))
def test_each_day_of_the_week_is_itself(number: int, day: Day) -> None:
    """The 2nd of March 2026 is a Monday."""
    moment = _shanghai(f"2026-03-{number:02}T12:00")
    assert _freeze(weekdays=(day,)).holds(moment)
    assert not _freeze(weekdays=tuple(other for other in DAYS if other != day)).holds(moment)


@pytest.mark.parametrize(
    ("moment", "frozen"),
    [
        ("2026-03-02T08:59", True),
        ("2026-03-02T09:00", False),
        ("2026-03-02T17:59", False),
        ("2026-03-02T18:00", True),
        ("2026-03-07T12:00", False),
    ],
)
def test_hours_hold_on_every_day(moment: str, frozen: bool) -> None:
    assert _freeze(hours=NIGHT).holds(_shanghai(moment)) is frozen


@pytest.mark.parametrize(("zone", "frozen"), [("Asia/Shanghai", True), ("Europe/Berlin", False), ("Asia/Tokyo", True)])
def test_days_are_meant_in_their_zone(zone: str, frozen: bool) -> None:
    """Half past midnight in Shanghai is the evening before in Berlin."""
    assert _freeze("2026-11-11", zone=zone).holds(_shanghai("2026-11-11T00:30")) is frozen


def test_without_anything_nothing_is_frozen() -> None:
    assert not _freeze()
    assert not _freeze().holds(_shanghai("2026-10-01T00:00"))


@pytest.mark.parametrize(
    "freeze",
    [_freeze("2026-11-11"), _freeze(weekdays=("Sun",)), _freeze(holidays=True), _freeze(hours=NIGHT)],
    ids=["dates", "weekdays", "holidays", "hours"],
)
def test_with_one_thing_there_is_a_freeze(freeze: Freeze) -> None:
    assert freeze


# China's days off


@pytest.mark.parametrize(
    ("day", "off"),
    [
        (date(2026, 1, 1), True),
        (date(2026, 2, 17), True),  # Spring Festival
        (date(2026, 9, 30), False),  # Wednesday
        (date(2026, 10, 1), True),
        (date(2026, 10, 7), True),
        (date(2026, 10, 8), False),
        (date(2026, 10, 10), False),  # Saturday, and a working weekend
        (date(2026, 10, 11), True),  # Sunday
        (date(2026, 10, 17), True),  # Saturday
    ],
)
def test_days_off_in_china(day: date, off: bool) -> None:
    """Public holidays and weekends; a weekend on which people work for a holiday is none."""
    assert (day in Holidays()) is off
    assert _freeze(holidays=True).holds(_shanghai(f"{day}T12:00")) is off


def test_holidays_that_nobody_knows_yet_are_an_error() -> None:
    """So that the policy fails closed. The error says what to do."""
    with pytest.raises(PolicyError, match="does not know the holidays of 2099: update it"):
        _freeze(holidays=True).holds(_shanghai("2099-06-01T12:00"))


@pytest.mark.parametrize(
    ("day", "off"),
    [
        ("2099-01-01", True),
        ("2099-01-02", True),
        ("2099-01-03", True),
        ("2099-01-04", True),
        ("2099-01-05", False),
        ("2099-01-10", False),
        ("2099-01-11", True),
        ("2026-11-11", True),
        ("2026-11-12", False),
        ("2026-10-01", True),
    ],
)
def test_days_by_hand_stand_for_a_year_that_nobody_knows_yet(day: str, off: bool) -> None:
    """With its weekends; to a known year they are added. The 3rd and the 10th of January 2099 are Saturdays."""
    holidays = _by_hand("2099-01-01/2099-01-02,2026-11-11", "2099-01-10")
    assert (date.fromisoformat(day) in holidays) is off


def test_days_by_hand_say_nothing_of_other_years() -> None:
    with pytest.raises(PolicyError, match="does not know the holidays of 2098"):
        assert date(2098, 6, 1) in _by_hand("2099-01-01")


@pytest.mark.parametrize(
    ("by_hand", "years"),
    [("", 0), ("{1}-01-01", 1), ("{1}-12-31/{2}-01-03", 2), ("{1}-01-01,{2}-01-01", 2), ("{2}-01-01", 0)],
)
def test_what_is_known_ends_with_the_library_and_the_years_by_hand_that_follow(by_hand: str, years: int) -> None:
    last = Holidays().end(date(2026, 11, 1)).year
    found = _by_hand(by_hand.format(last, last + 1, last + 2)).end(date(2026, 11, 1))
    assert found == date(last + years, 12, 31)
    assert Holidays().end(date(2099, 6, 1)) == date(2098, 12, 31)


def test_holidays_of_any_year_may_be_unknown_to_who_does_not_ask() -> None:
    assert _freeze("2099-06-01").holds(_shanghai("2099-06-01T12:00"))


# When it is over


@pytest.mark.parametrize(
    ("freeze", "moment", "end"),
    [
        (_freeze("2026-11-11"), "2026-11-11T12:00", "2026-11-12 00:00"),
        (_freeze("2026-11-10/2026-11-12", "2026-11-13"), "2026-11-11T12:00", "2026-11-14 00:00"),
        (_freeze(weekdays=("Fri", "Sat", "Sun")), "2026-03-06T12:00", "2026-03-09 00:00"),
        (_freeze(holidays=True), "2026-10-01T12:00", "2026-10-08 00:00"),
        (_freeze(hours=NIGHT), "2026-03-02T08:00", "2026-03-02 09:00"),
        (_freeze(hours=NIGHT), "2026-03-02T20:00", "2026-03-03 09:00"),
        (_freeze(hours=NIGHT, weekdays=("Sat", "Sun")), "2026-03-06T20:00", "2026-03-09 09:00"),
        (_freeze(hours=Hours(time(12), time(0))), "2026-03-06T20:00", "2026-03-07 00:00"),
        (_freeze("2026-03-06/2026-05-04"), "2026-03-06T12:00", "2026-05-05 00:00"),
        (_freeze("2026-03-06/2026-05-05"), "2026-03-06T12:00", ""),
        (_freeze(weekdays=DAYS), "2026-03-06T12:00", ""),
        (_freeze(hours=Hours(time(9), time(9))), "2026-03-06T12:00", ""),
        (_freeze("2099-06-01", holidays=True), "2099-06-01T12:00", ""),
    ],
)
def test_the_end_is_the_next_moment_that_is_not_frozen(freeze: Freeze, moment: str, end: str) -> None:
    """By the freeze's clock; none if it is more than 60 days ahead, or in a year whose holidays nobody knows."""
    assert freeze.holds(_shanghai(moment))
    assert _by_clock(freeze.end(_shanghai(moment))) == end


_TIMES = st.times().map(lambda moment: moment.replace(second=0, microsecond=0))
_FREEZES = st.builds(
    Freeze,
    dates=st.lists(st.dates(date(2026, 3, 1), date(2026, 3, 31)).map(lambda day: Dates(day, day))).map(tuple),
    weekdays=st.lists(st.sampled_from(DAYS), max_size=6).map(tuple),
    holidays=st.sampled_from([None, Holidays()]),
    hours=st.none() | st.builds(Hours, _TIMES, _TIMES),
    zone=st.just("Asia/Shanghai"),
)
_MARCH = st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 31), timezones=st.just(timezone.utc))


@given(_FREEZES, _MARCH, st.integers(0, 999))
def test_a_freeze_holds_until_its_end_and_not_at_it(freeze: Freeze, now: datetime, thousandths: int) -> None:
    end = freeze.end(now)
    assume(end is not None)
    assert end is not None
    assert not freeze.holds(end)
    assert now == end or freeze.holds(now + (end - now) * thousandths // 1000)


# As settings


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("2026-11-11", Dates(date(2026, 11, 11), date(2026, 11, 11))),
        (" 2026-11-10 / 2026-11-12 ", Dates(date(2026, 11, 10), date(2026, 11, 12))),
        (["2026-11-10", "2026-11-12"], Dates(date(2026, 11, 10), date(2026, 11, 12))),
    ],
)
def test_dates_are_read(text: object, dates: Dates) -> None:
    assert _dates.validate_python(text) == dates


@pytest.mark.parametrize("text", ["", "11-11", "20261111", "2026-02-30", "2026-11-10/", "2026-11-10/12", "today"])
def test_dates_that_are_none_are_an_error(text: str) -> None:
    """The error says how to write them."""
    with pytest.raises(ValidationError, match="a day is written as 2026-11-11, days in a row as 2026-11-10/2026-11-12"):
        _dates.validate_python(text)


@pytest.mark.parametrize("value", ["2026-11-12/2026-11-10", ["2026-11-12", "2026-11-10"]])
def test_dates_that_end_before_they_begin_are_an_error(value: object) -> None:
    with pytest.raises(ValidationError, match="the days 2026-11-12/2026-11-10 end before they begin"):
        _dates.validate_python(value)


@pytest.mark.parametrize("text", ["2026-11-11", "2026-11-10/2026-11-12"])
def test_dates_are_shown_as_they_are_written(text: str) -> None:
    assert str(_dates.validate_python(text)) == text


def test_only_a_day_is_within_dates() -> None:
    assert "2026-11-11" not in _dates.validate_python("2026-11-11")
