"""Counts, sizes, days and lists as people read them in English and Chinese, for the texts of policies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Literal, get_args

Day = Literal["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
"""A day of the week."""
DAYS: Final[tuple[Day, ...]] = get_args(Day)
"""The days of the week, Monday first."""

_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ENGLISH_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CHINESE_DAYS: Final = "一二三四五六日"
_SIZE_UNITS: Final = ("bytes", "KB", "MB", "GB", "TB", "PB")
_MOST_DECIMALS: Final = 15
"""Enough to tell one byte of a petabyte."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun: `1 row`, `1,000 rows`.

    Args:
        number: How many.
        one: The noun in the singular.
        many: The plural, unless it is the singular with an s.
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def size_text(size: int, beside: int | None = None) -> str:
    """A size in decimal units: `1 byte`, `500 MB`, `1.5 GB`.

    Args:
        size: Bytes.
        beside: Another size of the same sentence: of two that differ, the texts differ as well.
    """
    other = None if beside is None or beside == size else _rounded(beside, 1)
    for decimals in range(1, _MOST_DECIMALS):
        text = _rounded(size, decimals)
        if text != other:
            return text
    return counted(size, "byte")


def _rounded(size: int, decimals: int) -> str:
    if size < 1000:
        return counted(size, "byte")
    amount, unit = float(size), 0
    while round(amount, decimals) >= 1000 and unit < len(_SIZE_UNITS) - 1:
        amount, unit = amount / 1000, unit + 1
    return f"{f'{amount:,.{decimals}f}'.rstrip('0').rstrip('.')} {_SIZE_UNITS[unit]}"


def english_date(day: date) -> str:
    """`1 December 2026`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def chinese_date(day: date) -> str:
    """`2026 年 12 月 1 日`."""
    return f"{day.year} 年 {day.month} 月 {day.day} 日"


def english_list(items: Iterable[object], word: str = "and") -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = map(str, items)
    return f"{', '.join(first)} {word} {last}" if first else last


def chinese_list(items: Iterable[object]) -> str:
    """`甲`, `甲、乙、丙`."""
    return "、".join(map(str, items))


def english_days(days: Iterable[Day]) -> str:
    """`Monday to Friday`, `Monday, Wednesday and Friday`, `every day`."""
    numbers = _numbers(days)
    if len(numbers) == len(DAYS):
        return "every day"
    names = [_ENGLISH_DAYS[number] for number in numbers]
    return f"{names[0]} to {names[-1]}" if _is_run(numbers) else english_list(names)


def chinese_days(days: Iterable[Day]) -> str:
    """`周一至周五`, `周一、周三、周五`, `每天`."""
    numbers = _numbers(days)
    if len(numbers) == len(DAYS):
        return "每天"
    names = [f"周{_CHINESE_DAYS[number]}" for number in numbers]
    return f"{names[0]}至{names[-1]}" if _is_run(numbers) else chinese_list(names)


def _numbers(days: Iterable[Day]) -> list[int]:
    return sorted({DAYS.index(day) for day in days})


def _is_run(numbers: Sequence[int]) -> bool:
    """Whether there are three days or more, one after the other."""
    return len(numbers) > 2 and numbers[-1] - numbers[0] == len(numbers) - 1
