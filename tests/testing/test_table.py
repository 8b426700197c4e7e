"""Plain text for terminals."""

from __future__ import annotations

import pytest

from dataworks_ext.testing.table import aligned, printable


def test_columns_are_as_wide_as_a_terminal_shows_their_cells() -> None:
    """A Chinese character takes two cells, and an accent of its own none."""
    assert aligned([("下载", "a"), ("e\u0301", "b"), ("abcd", "c")]) == ["下载  a", "e\u0301     b", "abcd  c"]


def test_numbers_end_where_their_column_ends() -> None:
    assert aligned([("规则", "次"), ("a", 5), ("b", 12)], numbers=True) == ["规则  次", "a      5", "b     12"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\u2028b\u0085c", r"a\u2028b\x85c"),
        ("\u202eabc", r"\u202eabc"),
        ("\ud800", r"\ud800"),
        ("不许\n\t下载 é 😀", "不许\n\t下载 é 😀"),
    ],
)
def test_what_a_terminal_would_act_on_is_shown_as_an_escape(text: str, shown: str) -> None:
    assert printable(text) == shown
