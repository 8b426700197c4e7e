"""When a scheduled node runs: the cron expressions of DataWorks, read, put into words, and held to its limits.

Reading needs the libraries of the extra `cron`: `pip install 'dataworks-ext[cron]'`. They load at first use.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

from pydantic_core import CoreSchema, core_schema

from .values import SHANGHAI

if TYPE_CHECKING:
    from cronsim import CronSim

Language: TypeAlias = Literal["en", "zh"]

SHORTEST_ALLOWED: Final = timedelta(minutes=5)
"""A node runs every 5 minutes at most."""
EARLIEST_ALLOWED: Final = time(0, 5)
"""A node that runs once a day or less runs at this time or later."""


class CronError(ValueError):
    """A schedule that cannot be read, or that there is no library for. The text says which."""


class _Unreadable(CronError):
    """The expression is to blame, not a missing library."""


class CronExpression(str):
    """A schedule such as `00 30 05 * * ?`: every day at 05:30. A `str` with the text as it came, whatever it is.

    Six fields: second, minute, hour, day of month, month, day of week (0 or 7 is Sunday, 1 Monday). A seventh, the
    year, may say `*` or `?`. `?` means any, `00/10` means from 0 in steps of 10, and `L` is the last day of the month.
    Days of both kinds combine as in Debian's cron. A node that is started by hand may have an empty expression.

    Source: DataWorks event reference, cron expressions.
    """

    __slots__ = ()

    def next_runs(self, count: int, *, after: datetime) -> tuple[datetime, ...]:
        """The first `count` runs later than `after`, in order, in Shanghai time. Fewer if it does not run that often.

        Raises:
            CronError: The expression cannot be read.
            ValueError: `after` has no time zone.
        """
        if after.utcoffset() is None:
            raise ValueError("`after` needs a time zone: a naive datetime was given")
        runs: list[datetime] = []
        schedule = _read(self)
        with suppress(OverflowError):  # datetimes end with the year 9999
            schedule.dt = after.astimezone(SHANGHAI).replace(tzinfo=None, microsecond=0)
            for run in islice(schedule, count):
                runs.append(run.replace(tzinfo=SHANGHAI))
        return tuple(runs)

    @property
    def shortest_interval(self) -> timedelta | None:
        """The shortest time between two runs, exact to the second. None for a schedule that never runs.

        Raises:
            CronError: The expression cannot be read.
        """
        return _shortest_interval(_read(self))

    def in_words(self, language: Language = "en") -> str:
        """The schedule in words, for people: "At 05:30", "在 05:30". The words are no format: do not parse them.

        Raises:
            CronError: The expression cannot be read.
        """
        schedule = _read(self)
        try:
            # the library has types but does not say so (no py.typed)
            from cron_descriptor import ExpressionDescriptor, Options  # type: ignore[import-untyped]
        except ImportError:
            raise CronError(_MISSING.format("cron-descriptor")) from None
        options = Options(
            locale_code=_LOCALES[language], use_24hour_time_format=True, day_of_week_start_index_zero=True
        )
        words = str(ExpressionDescriptor(_rewrite(schedule), options).get_description())
        if schedule.day_and:  # the library says "or" of days of both kinds
            words = words.replace(", or on ", ", only on ").replace(", 或", ", 仅在 ")
        for pattern, replacement in _POLISH[language]:
            words = re.sub(pattern, replacement, words)
        return words

    def problems(self, language: Language = "en") -> tuple[str, ...]:
        """What DataWorks would not accept, a sentence each; empty if all is well. An empty expression is a problem.

        A node runs every 5 minutes at most. One that runs once a day or less runs at 00:05 or later; those that run
        by hours or minutes may begin at 00:00, as the reference's own examples do.

        Raises:
            CronError: The library is missing. An expression that cannot be read is a problem, not an error.
        """
        try:
            schedule = _read(self, language)
        except _Unreadable as error:
            return (str(error),)
        texts, found = _TEXTS[language], []
        interval = _shortest_interval(schedule)
        if interval is not None and interval < SHORTEST_ALLOWED:
            found.append(texts["often"].format(interval, SHORTEST_ALLOWED))
        first = time(min(schedule.hours), min(schedule.minutes), min(schedule.seconds))
        once_a_day = len(schedule.hours) == len(schedule.minutes) == len(schedule.seconds) == 1
        if once_a_day and first < EARLIEST_ALLOWED:
            found.append(texts["early"].format(first, EARLIEST_ALLOWED))
        return tuple(found)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: object, handler: object) -> CoreSchema:
        return core_schema.no_info_after_validator_function(cls, core_schema.str_schema())


# Reading


class _Field(NamedTuple):
    values: str
    """Its attribute in cronsim."""
    allowed: frozenset[int]
    en: str
    zh: str
    expected: str


_LAST: Final = -1000  # cronsim's number for the last day of the month
_FIELDS: Final = (
    _Field("seconds", frozenset(range(60)), "second", "秒", "0-59, *, ?"),
    _Field("minutes", frozenset(range(60)), "minute", "分钟", "0-59, *, ?"),
    _Field("hours", frozenset(range(24)), "hour", "小时", "0-23, *, ?"),
    _Field("days", frozenset({*range(1, 32), _LAST}), "day of month", "日期", "1-31, L, *, ?"),
    _Field("months", frozenset(range(1, 13)), "month", "月份", "1-12, JAN-DEC, *, ?"),
    _Field("weekdays", frozenset(range(8)), "day of week", "星期", "0-7, SUN-SAT, *, ?"),
)
_MISSING: Final = "reading a schedule needs {}: pip install 'dataworks-ext[cron]'"
_TEXTS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "count": "{!r} cannot be read: it has {} fields, 6 or 7 were expected.",
        "field": "{!r} cannot be read: for the {} one of these was expected: {}.",
        "year": "{!r} names a year, which is not supported: * or ? was expected.",
        "often": "It runs too often: its shortest interval is {}, while {} (h:mm:ss) is the shortest allowed.",
        "early": "It runs too early in the day: at {:%H:%M}, while {:%H:%M} is the earliest allowed.",
    },
    "zh": {
        "count": "无法读取 {!r}：共有 {} 个字段，应为 6 个或 7 个。",
        "field": "无法读取 {!r}：{}应为以下之一：{}。",
        "year": "{!r} 指定了年份，不受支持：应为 * 或 ?。",
        "often": "运行过于频繁：最短间隔为 {}，不得短于 {}（时:分:秒）。",
        "early": "运行时间过早：{:%H:%M}，最早为 {:%H:%M}。",
    },
}


def _read(text: str, language: Language = "en") -> CronSim:
    try:
        from cronsim import CronSim
    except ImportError:
        raise CronError(_MISSING.format("cronsim")) from None
    texts, shown = _TEXTS[language], text[:100]
    fields = ["*" if field == "?" else re.sub(_ONE_OF_ONE, r"\1", field) for field in text.upper().split()]
    if len(fields) not in (6, 7):
        raise _Unreadable(texts["count"].format(shown, len(fields)))
    for position, field in enumerate(_FIELDS):
        if not _reads(fields[position], position):
            raise _Unreadable(texts["field"].format(shown, getattr(field, language), field.expected))
    if fields[6:] not in ([], ["*"]):
        raise _Unreadable(texts["year"].format(shown))
    second, minute, hour, day, month, weekday = fields[:6]
    schedule = CronSim(f"{second} {minute} {hour} {day} * {weekday}", datetime(2000, 1, 1))
    schedule.months = CronSim(f"* * * * {month} *", schedule.dt).months  # apart: cronsim refuses 30 February
    return schedule


_ONE_OF_ONE: Final = r"(?<![^,])0?(\w{1,3})-0?\1/0?[1-9][0-9]?(?![^,])"  # cronsim takes 8-8/1 for 8/1


def _reads(field: str, position: int) -> bool:
    from cronsim import CronSim, CronSimError

    alone = " ".join(field if place == position else "*" for place in range(len(_FIELDS)))
    try:
        values: Collection[int] = getattr(CronSim(alone, datetime(2000, 1, 1)), _FIELDS[position].values)
    except (CronSimError, ValueError):  # Python itself refuses numbers of thousands of digits
        return False
    return _FIELDS[position].allowed.issuperset(values)  # the reference has no weekday of a month, such as 5#2


# Arithmetic


def _shortest_interval(schedule: CronSim) -> timedelta | None:
    days = _shortest_gap(_run_days(schedule))
    if days is None:
        return None
    first = last = 0  # second of the minute, then of the hour, then of the day
    intervals: list[int] = []
    for unit, values in ((1, schedule.seconds), (60, schedule.minutes), (3600, schedule.hours)):
        gap = _shortest_gap(sorted(values))
        if gap is not None:
            intervals.append(gap * unit + first - last)
        first, last = first + min(values) * unit, last + max(values) * unit
    intervals.append(days * 86400 + first - last)
    return timedelta(seconds=min(intervals))


def _run_days(schedule: CronSim) -> Iterator[int]:
    """Days it runs on, as ordinals: enough to have each gap once.

    The calendar repeats after 400 years, weekdays included; the longest gap, of a leap day on one weekday, is 40 more.
    """
    from calendar import monthrange

    matching: dict[tuple[int, int], list[int]] = {}  # the days depend only on a month's first weekday and its length
    for year in range(2000, 2441):
        for month in sorted(schedule.months):
            first, shape = date(year, month, 1).toordinal(), monthrange(year, month)
            if shape not in matching:
                matching[shape] = [d for d in range(shape[1]) if schedule.match_day(date.fromordinal(first + d))]
            for day in matching[shape]:
                yield first + day
            del matching[shape][1:-1]  # the gaps inside are counted; those to the months around it are left


def _shortest_gap(ascending: Iterable[int]) -> int | None:
    shortest: int | None = None
    for one, another in pairwise(ascending):
        shortest = another - one if shortest is None else min(shortest, another - one)
        if shortest == 1:  # none is shorter
            break
    return shortest


# Words


_LOCALES: Final[dict[Language, str]] = {"en": "en_US", "zh": "zh_CN"}
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS: Final = ("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")
# What the library's words still need; in Chinese it leaves the names of months and weekdays in English.
_POLISH: Final[dict[Language, tuple[tuple[str, str], ...]]] = {
    "en": ((r"(?<= and) L of the month", " the last day of the month"),),
    "zh": (
        (r", (?!或)(?=[\w:]+(?:, [\w:]+)*,? 和 )", "、"),
        (r",? 和 L 号", " 号和最后一天"),
        (r", 和 ", " 和 "),
        (r", ", "，"),
        (r"每月的 ?([^，]+)，每 (\d+) 月", r"每 \2 个月的 \1"),
        (r"每 (\d+) 月", r"每 \1 个月"),
        *((f"{name}[a-z]*", f"{number}月") for number, name in enumerate(_MONTHS, 1)),
        *((f"{name}[a-z]*", f"周{sign}") for name, sign in zip(_DAYS, "日一二三四五六", strict=True)),
        (r"(?<=[一-鿿]) (?=[一-鿿])|(?<=[和到]) (?=\d+月)", ""),
    ),
}


def _rewrite(schedule: CronSim) -> str:
    """The same schedule in the plainest notation, which is what the library has good words for."""
    week = {day % 7 for day in schedule.weekdays if isinstance(day, int)}
    days, weekdays = _notation(schedule.days, range(1, 32)), _notation(week, range(7))
    if not schedule.day_and and "*" in (days, weekdays):
        days = weekdays = "*"
    if weekdays != "*" and (days != "*" or "/" in weekdays):  # the library's ranges of weekdays say no "or"
        weekdays = _listed(week)
    parts = [
        _notation(schedule.minutes, range(60)),
        _notation(schedule.hours, range(24)),
        days,
        _notation(schedule.months, range(1, 13)),
        weekdays,
    ]
    return " ".join(parts if schedule.seconds == {0} else [_notation(schedule.seconds, range(60)), *parts])


def _notation(values: set[int], whole: range) -> str:
    ordered = sorted(values)
    if values.issuperset(whole):
        return "*"
    steps = {another - one for one, another in pairwise(ordered)}
    step = steps.pop() if len(steps) == 1 else 0
    if ordered[0] == whole[0] and step * len(ordered) == len(whole):
        return f"*/{step}"
    if step and len(ordered) > (2 if step == 1 else 4):  # a few values read better as a list
        return f"{ordered[0]}-{ordered[-1]}" + (f"/{step}" if step > 1 else "")
    return _listed(values)


def _listed(values: set[int]) -> str:
    return ",".join([str(value) for value in sorted(values - {_LAST})] + ["L"] * (_LAST in values))
