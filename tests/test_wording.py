"""Counts, sizes, days and lists as people read them."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataworks_ext.wording import (
    Day,
    chinese_date,
    chinese_days,
    chinese_list,
    counted,
    english_date,
    english_days,
    english_list,
    size_text,
)


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 rows"), (1, "1 row"), (2, "2 rows"), (1_000_000, "1,000,000 rows"), (-1, "-1 rows")]
)
def test_a_number_has_its_noun(number: int, text: str) -> None:
    assert counted(number, "row") == text


def test_a_noun_has_a_plural_of_its_own() -> None:
    assert [counted(number, "query", "queries") for number in (1, 2)] == ["1 query", "2 queries"]


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1_000, "1 KB"),
        (1_234, "1.2 KB"),
        (999_949, "999.9 KB"),
        (999_950, "1 MB"),
        (500_000_000, "500 MB"),
        (1_610_612_736, "1.6 GB"),
        (10**18, "1,000 PB"),
    ],
)
def test_a_size_has_a_unit_and_a_decimal_at_most(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("size", "beside", "text"),
    [
        (500_000_001, 500_000_000, "500.000001 MB"),
        (500_040_000, 500_000_000, "500.04 MB"),
        (600_000_000, 500_000_000, "600 MB"),
        (500_000_000, 500_000_000, "500 MB"),
    ],
)
def test_a_size_beside_another_reads_differently(size: int, beside: int, text: str) -> None:
    assert size_text(size, beside=beside) == text


@given(st.integers(0, 10**15), st.integers(0, 10**6))
def test_two_sizes_that_differ_never_read_alike(size: int, more: int) -> None:
    assert (size_text(size + more, beside=size) == size_text(size)) == (more == 0)


@pytest.mark.parametrize("day", [date(2026, 12, 1), datetime(2026, 12, 1, 18)])
def test_a_date_is_written_as_people_do(day: date) -> None:
    assert (english_date(day), chinese_date(day)) == ("1 December 2026", "2026 年 12 月 1 日")


@pytest.mark.parametrize(
    ("items", "english", "chinese"), [("a", "a", "a"), ("ab", "a and b", "a、b"), ("abc", "a, b and c", "a、b、c")]
)
def test_a_list_ends_with_a_word_in_english(items: str, english: str, chinese: str) -> None:
    assert (english_list(items), chinese_list(items)) == (english, chinese)
    assert english_list(items, "or") == english.replace("and", "or")


@pytest.mark.parametrize(
    ("days", "english", "chinese"),
    [
        (["Mon", "Tue", "Wed", "Thu", "Fri"], "Monday to Friday", "周一至周五"),
        (["Sun", "Sat"], "Saturday and Sunday", "周六、周日"),
        (["Mon", "Wed", "Fri"], "Monday, Wednesday and Friday", "周一、周三、周五"),
        (["Tue", "Tue"], "Tuesday", "周二"),
        (["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"], "every day", "每天"),
    ],
)
def test_days_in_a_row_are_a_span(days: list[Day], english: str, chinese: str) -> None:
    assert (english_days(days), chinese_days(days)) == (english, chinese)
