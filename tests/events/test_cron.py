"""Schedules: when they run, how often, in words, and what DataWorks would not accept."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from calendar import monthrange
from contextlib import suppress
from datetime import date, datetime, timedelta, timezone
from itertools import islice, pairwise, product
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError

from dataworks_ext.events.cron import CronError, CronExpression, Language
from dataworks_ext.events.values import SHANGHAI

from ..examples import SLOW

PUBLISHED = {
    "00 30 05 * * ?": ("At 05:30", "在 05:30"),
    "00 15 * * * ?": ("At 15 minutes past the hour", "在每小时的 15 分"),
    "00 00/10 * * * ?": ("Every 10 minutes", "每 10 分钟"),
    "00 00-59/10 8-17 * * * ?": (
        "Every 10 minutes, between 08:00 and 17:59",
        "每 10 分钟，在 08:00 和 17:59 之间",
    ),
    "00 20 00 1 * ?": ("At 00:20, on day 1 of the month", "在 00:20，每月的 1 号"),
    "00 10 00 1 1-12/3 ?": ("At 00:10, on day 1 of the month, every 3 months", "在 00:10，每 3 个月的 1 号"),
    "00 05 00 * * 2,5": ("At 00:05, only on Tuesday and Friday", "在 00:05，仅在周二和周五"),
}
SUNDAY = {0, 7}
NEW_YEAR = datetime(2024, 1, 1, tzinfo=SHANGHAI)  # a Monday


def _runs(text: str, count: int = 3, after: datetime = NEW_YEAR) -> list[str]:
    return [f"{run:%Y-%m-%d %H:%M:%S}" for run in CronExpression(text).next_runs(count, after=after)]


# The expressions of the event reference


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("00 30 05 * * ?", ["2024-01-01 05:30:00", "2024-01-02 05:30:00", "2024-01-03 05:30:00"]),
        ("00 15 * * * ?", ["2024-01-01 00:15:00", "2024-01-01 01:15:00", "2024-01-01 02:15:00"]),
        ("00 00/10 * * * ?", ["2024-01-01 00:10:00", "2024-01-01 00:20:00", "2024-01-01 00:30:00"]),
        ("00 00-59/10 8-17 * * * ?", ["2024-01-01 08:00:00", "2024-01-01 08:10:00", "2024-01-01 08:20:00"]),
        ("00 20 00 1 * ?", ["2024-01-01 00:20:00", "2024-02-01 00:20:00", "2024-03-01 00:20:00"]),
        ("00 10 00 1 1-12/3 ?", ["2024-01-01 00:10:00", "2024-04-01 00:10:00", "2024-07-01 00:10:00"]),
        ("00 05 00 * * 2,5", ["2024-01-02 00:05:00", "2024-01-05 00:05:00", "2024-01-09 00:05:00"]),
    ],
)
def test_a_published_expression_runs_when_the_reference_says(text: str, runs: list[str]) -> None:
    assert _runs(text) == runs


def test_ten_minute_runs_end_with_their_hours() -> None:
    after = datetime(2024, 1, 1, 17, 40, tzinfo=SHANGHAI)
    assert _runs("00 00-59/10 8-17 * * * ?", 2, after) == ["2024-01-01 17:50:00", "2024-01-02 08:00:00"]


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("00 30 05 * * ?", timedelta(days=1)),
        ("00 15 * * * ?", timedelta(hours=1)),
        ("00 00/10 * * * ?", timedelta(minutes=10)),
        ("00 00-59/10 8-17 * * * ?", timedelta(minutes=10)),
        ("00 20 00 1 * ?", timedelta(days=28)),
        ("00 10 00 1 1-12/3 ?", timedelta(days=90)),
        ("00 05 00 * * 2,5", timedelta(days=3)),
    ],
)
def test_a_published_expression_has_its_shortest_interval(text: str, interval: timedelta) -> None:
    assert CronExpression(text).shortest_interval == interval


@pytest.mark.parametrize(("text", "english", "chinese"), [(text, *words) for text, words in PUBLISHED.items()])
def test_a_published_expression_has_its_words(text: str, english: str, chinese: str) -> None:
    assert CronExpression(text).in_words() == english
    assert CronExpression(text).in_words("zh") == chinese


@pytest.mark.parametrize("text", PUBLISHED)
def test_a_published_expression_has_no_problems(text: str) -> None:
    assert CronExpression(text).problems() == ()


# The notation


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("00 05 08 ? * ?", "0 5 8 * * *"),
        ("00 00/10 * * * ?", "0 0-59/10 * * * *"),
        ("00 05 00 ? * TUE,FRI", "0 5 0 * * 2,5"),
        ("00 05 00 ? * tue,Fri", "0 5 0 * * 2,5"),
        ("00 05 00 1 jan,JUL ?", "0 5 0 1 1,7 *"),
        ("00 05 00 ? * 0", "0 5 0 * * 7"),
        ("00 05 00 ? * SUN", "0 5 0 * * 7"),
        ("00 00 08-08/1 * * ?", "0 0 8 * * ?"),
        ("00 00 8-17 * * ? *", "0 0 8-17 * * ?"),
        ("  00 05\t00 * * ?\n", "0 5 0 * * *"),
    ],
)
def test_there_are_several_ways_to_write_a_schedule(text: str, same: str) -> None:
    assert _runs(text, 20) == _runs(same, 20)
    assert CronExpression(text).in_words() == CronExpression(same).in_words()


def test_l_is_the_last_day_of_the_month() -> None:
    assert _runs("00 05 00 L * ?") == ["2024-01-31 00:05:00", "2024-02-29 00:05:00", "2024-03-31 00:05:00"]


def test_days_of_both_kinds_add_up() -> None:
    """The first of the month and each Friday, as Debian's cron has it."""
    assert _runs("00 05 00 1 * 5") == ["2024-01-01 00:05:00", "2024-01-05 00:05:00", "2024-01-12 00:05:00"]


# What cannot be read


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("60 05 00 * * ?", r"for the second .*: 0-59, \*, \?\.$"),
        ("00 61 00 * * ?", r"for the minute .*: 0-59, \*, \?\.$"),
        ("00 05 24 * * ?", r"for the hour .*: 0-23, \*, \?\.$"),
        ("00 05 00 32 * ?", r"for the day of month .*: 1-31, L, \*, \?\.$"),
        ("00 05 00 0 * ?", "for the day of month"),
        ("00 05 00 LW * ?", "for the day of month"),
        ("00 05 00 1 13 ?", r"for the month .*: 1-12, JAN-DEC, \*, \?\.$"),
        ("00 05 00 ? * 8", r"for the day of week .*: 0-7, SUN-SAT, \*, \?\.$"),
        ("00 05 00 ? * 5#2", "for the day of week"),
        ("00 05 00 ? * 5L", "for the day of week"),
        ("00 00/0 * * * ?", "for the minute"),
        ("00 30-10 * * * ?", "for the minute"),
        (f"00 {'9' * 5000} * * * ?", "for the minute"),
        ("", r"^'' cannot be read: it has 0 fields, 6 or 7 were expected\.$"),
        ("30 05 * * *", "it has 5 fields"),
        ("00 30 05 * * ? * *", "it has 8 fields"),
        ("00 30 05 * * ? 2026", r"names a year, which is not supported: \* or \? was expected\.$"),
    ],
)
def test_what_cannot_be_read_says_what_was_expected(text: str, expected: str) -> None:
    expression = CronExpression(text)
    with pytest.raises(CronError, match=expected) as caught:
        expression.next_runs(1, after=NEW_YEAR)
    with pytest.raises(CronError, match=expected):
        _ = expression.shortest_interval
    with pytest.raises(CronError, match=expected):
        expression.in_words()
    assert expression.problems() == (str(caught.value),)


def test_a_long_expression_is_cut_in_the_error() -> None:
    (problem,) = CronExpression("x" * 1000).problems()
    assert "x" * 100 in problem
    assert "x" * 101 not in problem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "无法读取 ''：共有 0 个字段，应为 6 个或 7 个。"),
        ("00 61 00 * * ?", "无法读取 '00 61 00 * * ?'：分钟应为以下之一：0-59, *, ?。"),
        ("00 30 05 * * ? 2026", "'00 30 05 * * ? 2026' 指定了年份，不受支持：应为 * 或 ?。"),
        ("00 00/1 * * * ?", "运行过于频繁：最短间隔为 0:01:00，不得短于 0:05:00（时:分:秒）。"),
        ("00 04 00 * * ?", "运行时间过早：00:04，最早为 00:05。"),
    ],
)
def test_problems_are_said_in_chinese_too(text: str, problem: str) -> None:
    assert CronExpression(text).problems("zh") == (problem,)


# The next runs


def test_runs_are_in_shanghai_time() -> None:
    (run,) = CronExpression("00 30 05 * * ?").next_runs(1, after=NEW_YEAR)
    assert run.tzinfo is SHANGHAI
    assert run == datetime(2023, 12, 31, 21, 30, tzinfo=timezone.utc)


def test_after_may_be_in_any_time_zone() -> None:
    assert _runs("00 30 05 * * ?", 1, datetime(2024, 1, 1, 22, 0, tzinfo=timezone.utc)) == ["2024-01-03 05:30:00"]


@pytest.mark.parametrize(
    ("after", "run"),
    [
        (datetime(2024, 1, 1, 5, 30, tzinfo=SHANGHAI), "2024-01-02 05:30:00"),
        (datetime(2024, 1, 1, 5, 29, 59, 999999, tzinfo=SHANGHAI), "2024-01-01 05:30:00"),
        (datetime(2024, 1, 1, 5, 30, 0, 1, tzinfo=SHANGHAI), "2024-01-02 05:30:00"),
    ],
)
def test_a_run_at_that_very_time_does_not_count(after: datetime, run: str) -> None:
    assert _runs("00 30 05 * * ?", 1, after) == [run]


def test_after_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match="needs a time zone") as caught:
        CronExpression("00 30 05 * * ?").next_runs(1, after=datetime(2024, 1, 1))
    assert not isinstance(caught.value, CronError)


def test_a_schedule_that_never_comes_has_no_runs() -> None:
    assert _runs("00 30 05 30 2 ?") == []


def test_runs_end_with_the_year_9999() -> None:
    assert _runs("00 30 05 L * ?", 3, datetime(9999, 12, 1, tzinfo=SHANGHAI)) == ["9999-12-31 05:30:00"]
    assert _runs("00 30 05 L * ?", 3, datetime.max.replace(tzinfo=timezone.utc)) == []


# The shortest interval


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("* * * * * ?", timedelta(seconds=1)),
        ("00 00/7 * * * ?", timedelta(minutes=4)),  # from minute 56 to the next hour
        ("00 00/50 * * * ?", timedelta(minutes=10)),
        ("00 00 0/5 * * ?", timedelta(hours=4)),  # from 20:00 to midnight
        ("00 00,59 0,23 * * ?", timedelta(minutes=1)),  # from 23:59 to midnight
        ("59 59 00,23 * * ?", timedelta(hours=1)),
        ("00 05 00 1,L * ?", timedelta(days=1)),
        ("00 05 00 ? * MON", timedelta(days=7)),
        ("00 05 00 1,31 1,3 ?", timedelta(days=29)),  # 31 January to 1 March, not in a leap year
        ("00 00 00 29 2 ?", timedelta(days=1461)),
        ("00 00 00 29 2 */6", timedelta(days=4382)),  # Saturdays and Sundays: twelve years
    ],
)
def test_the_shortest_interval_is_exact(text: str, interval: timedelta) -> None:
    assert CronExpression(text).shortest_interval == interval


@pytest.mark.parametrize("text", ["00 05 00 30 2 ?", "00 00/10 * 31 4,6,9,11 ?"])
def test_a_schedule_that_never_comes_has_no_interval(text: str) -> None:
    assert CronExpression(text).shortest_interval is None


# Problems


@pytest.mark.parametrize(
    ("text", "interval"),
    [("* * * * * ?", "0:00:01"), ("00 00/4 * * * ?", "0:04:00"), ("00 00,57 * * * ?", "0:03:00")],
)
def test_a_node_may_not_run_too_often(text: str, interval: str) -> None:
    assert CronExpression(text).problems() == (
        f"It runs too often: its shortest interval is {interval}, while 0:05:00 (h:mm:ss) is the shortest allowed.",
    )


@pytest.mark.parametrize("text", ["00 04 00 * * ?", "59 04 00 ? * MON", "00 04 00 1 * ?", "00 04 00 1 1 ?"])
def test_a_node_may_not_run_too_early_in_the_day(text: str) -> None:
    assert CronExpression(text).problems() == (
        "It runs too early in the day: at 00:04, while 00:05 is the earliest allowed.",
    )


@pytest.mark.parametrize("text", ["00 00/5 * * * ?", "00 05 00 * * ?", "00 00 * * * ?", "00 00 00,12 * * ?"])
def test_what_is_at_the_limit_is_fine(text: str) -> None:
    """Several runs a day may begin at 00:00."""
    assert CronExpression(text).problems() == ()


# Words


@pytest.mark.parametrize(
    ("text", "english", "chinese"),
    [
        ("00 30 08,12 * * ?", "At 08:30 and 12:30", "在 08:30 和 12:30"),
        (
            "00 00 8,12,18 ? * 1-5",
            "At 08:00, 12:00 and 18:00, Monday through Friday",
            "在 08:00、12:00 和 18:00，周一到周五",
        ),
        ("00 00 0/8 * * ?", "Every 8 hours", "每 8 小时"),
        ("00 00/30 5 * * ?", "Every 30 minutes, between 05:00 and 05:59", "每 30 分钟，在 05:00 和 05:59 之间"),
        ("30 30 05 * * ?", "At 05:30:30", "在 05:30:30"),
        ("* * * * * ?", "Every second", "每秒"),
        ("00 05 00 L * ?", "At 00:05, on the last day of the month", "在 00:05，每月的最后一天"),
        (
            "00 05 00 1,15,L * ?",
            "At 00:05, on day 1, 15, and the last day of the month",
            "在 00:05，每月的 1、15 号和最后一天",
        ),
        ("00 05 00 ? * 7", "At 00:05, only on Sunday", "在 00:05，仅在周日"),
        (
            "00 05 00 1 3,5,9 ?",
            "At 00:05, on day 1 of the month, only in March, May, and September",
            "在 00:05，每月的 1 号，仅在 3月、5月和9月",
        ),
        (
            "00 05 00 ? JAN-MAR MON,WED,FRI",
            "At 00:05, only on Monday, Wednesday, and Friday, January through March",
            "在 00:05，仅在周一、周三和周五，1月到3月",
        ),
        ("00 05 00 1 * MON", "At 00:05, on day 1 of the month, or on Monday", "在 00:05，每月的 1 号，或周一"),
        (
            "00 05 00 1 * 1-3",
            "At 00:05, on day 1 of the month, or on Monday, Tuesday, and Wednesday",
            "在 00:05，每月的 1 号，或周一、周二和周三",
        ),
        ("00 05 00 1-31 * MON", "At 00:05", "在 00:05"),
        (
            "00 05 00 */15 * MON",
            "At 00:05, on day 1, 16, and 31 of the month, only on Monday",
            "在 00:05，每月的 1、16 和 31 号，仅在周一",
        ),
    ],
)
def test_a_schedule_has_words_in_both_languages(text: str, english: str, chinese: str) -> None:
    assert CronExpression(text).in_words() == english
    assert CronExpression(text).in_words("zh") == chinese


def test_a_step_that_does_not_fill_the_hour_says_where_it_ends() -> None:
    """From minute 56 to the next hour it is not seven minutes."""
    assert CronExpression("00 00/7 * * * ?").in_words() == "Every 7 minutes, minutes 0 through 56 past the hour"


# A text like any other


@pytest.mark.parametrize("text", ["00 30 05 * * ?", "", "tomorrow"])
def test_an_expression_is_its_text(text: str) -> None:
    expression = CronExpression(text)
    assert expression == text
    assert hash(expression) == hash(text)
    assert str(expression) == text


def test_an_expression_can_be_copied_and_pickled() -> None:
    expression = CronExpression("00 30 05 * * ?")
    for other in (copy.deepcopy(expression), pickle.loads(pickle.dumps(expression))):
        assert (other, type(other)) == (expression, CronExpression)


class _Node(BaseModel):
    schedule: CronExpression


@pytest.mark.parametrize("text", ["00 30 05 * * ?", "", "tomorrow"])
def test_a_model_reads_any_text_as_an_expression_and_writes_it_back(text: str) -> None:
    node = _Node.model_validate({"schedule": text})
    assert type(node.schedule) is CronExpression
    assert node.model_dump(mode="json") == {"schedule": text}
    assert _Node.model_validate_json(node.model_dump_json()) == node


def test_a_model_reads_nothing_but_text() -> None:
    with pytest.raises(ValidationError, match="valid string"):
        _Node.model_validate({"schedule": 5})


def test_the_json_schema_of_an_expression_is_a_string() -> None:
    assert TypeAdapter(CronExpression).json_schema() == {"type": "string"}


# The libraries


def test_importing_does_not_load_the_libraries() -> None:
    code = "import sys, dataworks_ext.events.cron; print({'cronsim', 'cron_descriptor'} & set(sys.modules))"
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "set()"


def test_without_its_library_a_schedule_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """This is not a problem of the schedule."""
    monkeypatch.setitem(sys.modules, "cronsim", None)
    with pytest.raises(CronError, match=r"^reading a schedule needs cronsim: pip install 'dataworks-ext\[cron\]'$"):
        CronExpression("00 30 05 * * ?").problems()


def test_words_have_a_library_of_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cron_descriptor", None)
    expression = CronExpression("00 30 05 * * ?")
    assert expression.problems() == ()
    with pytest.raises(CronError, match=r"needs cron-descriptor: pip install 'dataworks-ext\[cron\]'$"):
        expression.in_words()


# Properties


class _Schedule(NamedTuple):
    """An expression, and what its fields mean."""

    text: str
    seconds: set[int]
    minutes: set[int]
    hours: set[int]
    days: set[int]
    months: set[int]
    weekdays: set[int]

    def has_day(self, day: date) -> bool:
        fits = day.day in self.days or (0 in self.days and day.day == monthrange(day.year, day.month)[1])
        return (
            fits
            and day.month in self.months
            and not self.weekdays.isdisjoint(SUNDAY if day.isoweekday() == 7 else {day.isoweekday()})
        )

    def times(self) -> list[timedelta]:
        times = product(sorted(self.hours), sorted(self.minutes), sorted(self.seconds))
        return [timedelta(hours=hour, minutes=minute, seconds=second) for hour, minute, second in times]


@st.composite
def _field(draw: st.DrawFn, low: int, high: int) -> tuple[str, set[int]]:
    """A field and its values."""
    number = st.integers(low, high)
    start, end = sorted((draw(number), draw(number)))
    step = draw(st.integers(1, high))
    values = draw(st.sets(number, min_size=1, max_size=4))
    return draw(
        st.sampled_from(
            [
                ("*", set(range(low, high + 1))),
                ("?", set(range(low, high + 1))),
                (f"{start:02}", {start}),
                (f"{start:02}-{end}", set(range(start, end + 1))),
                (f"{start}-{end}/{step}", set(range(start, end + 1, step))),
                (f"{start:02}/{step}", set(range(start, high + 1, step))),
                (f"*/{step:02}", set(range(low, high + 1, step))),
                (",".join(map(str, values)), values),
            ]
        )
    )


@st.composite
def _schedules(draw: st.DrawFn) -> _Schedule:
    days = draw(st.one_of(_field(1, 31), st.just(("L", {0})), st.just(("15,L", {0, 15}))))
    weekdays = draw(_field(0, 7))
    if "?" not in (days[0], weekdays[0]):
        days, weekdays = draw(st.sampled_from([(("?", set(range(1, 32))), weekdays), (days, ("?", set(range(8))))]))
    fields = [
        draw(st.sampled_from([("00", {0}), ("30", {30}), ("00,20", {0, 20})])),
        draw(_field(0, 59)),
        draw(_field(0, 23)),
        days,
        draw(_field(1, 12)),
        weekdays,
    ]
    return _Schedule(" ".join(text for text, _ in fields), *(values for _, values in fields))


_TIMES = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(SHANGHAI))
_PIECES = [
    "*",
    "?",
    "0",
    "00",
    "5",
    "29",
    "30",
    "31",
    "L",
    "W",
    "#",
    "-",
    "/",
    ",",
    "MON",
    "JAN",
    "2026",
    "x",
    "9" * 30,
]
_ODD = st.lists(st.lists(st.sampled_from(_PIECES), min_size=1, max_size=4).map("".join), min_size=5, max_size=8)
_TEXTS = st.one_of(st.text(), _ODD.map(" ".join), _schedules().map(lambda schedule: schedule.text))


@given(text=_TEXTS, after=_TIMES, language=st.sampled_from(["en", "zh"]))
@settings(deadline=timedelta(seconds=5))
def test_no_text_at_all_is_more_than_an_error_of_reading(text: str, after: datetime, language: Language) -> None:
    expression = CronExpression(text)
    assert expression == text
    assert all(isinstance(problem, str) for problem in expression.problems(language))
    with suppress(CronError):
        assert expression.in_words(language)
        interval = expression.shortest_interval
        assert (interval is None) == (not expression.next_runs(1, after=after))


@given(schedule=_schedules(), after=_TIMES)
def test_the_next_runs_are_those_that_match(schedule: _Schedule, after: datetime) -> None:
    midnight = after.replace(hour=0, minute=0, second=0, microsecond=0)
    days = (midnight + timedelta(days=number) for number in range(800))
    every = (day + time for day in days if schedule.has_day(day) for time in schedule.times())
    expected = list(islice((run for run in every if run > after), 5))
    runs = CronExpression(schedule.text).next_runs(5, after=after)
    assert list(runs[: len(expected)]) == expected
    assert all(run >= midnight + timedelta(days=800) for run in runs[len(expected) :])
    assert all(one < another for one, another in pairwise((after, *runs)))


@given(schedule=_schedules())
@SLOW
def test_the_shortest_interval_is_that_of_28_years_of_runs(schedule: _Schedule) -> None:
    """After 28 years the calendar of this century repeats."""
    times = schedule.times()
    days = [
        day for day in (date(2001, 1, 1) + timedelta(days=number) for number in range(10593)) if schedule.has_day(day)
    ]
    gaps = [another - one for one, another in pairwise(times)] if days else []
    gaps += [another - one + times[0] - times[-1] for one, another in pairwise(days)]
    assert CronExpression(schedule.text).shortest_interval == min(gaps, default=None)


@given(schedule=_schedules())
def test_no_english_is_left_in_chinese_words(schedule: _Schedule) -> None:
    words = CronExpression(schedule.text).in_words("zh")
    assert not any(letter.isascii() and letter.isalpha() for letter in words)
