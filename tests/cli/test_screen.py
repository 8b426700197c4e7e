"""What reaches the terminal: lines of whole words, in Chinese as well, and no escape sequence of others."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from rich.text import Text

from dataworks_ext.cli._output import to_json
from dataworks_ext.cli._screen import inline, printable, wrap


def _wrapped(text: str, width: int) -> list[str]:
    return [line.plain for line in wrap(Text(text), width)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one two three", ["one two", "three"]),
        ("  one two three", ["  one two", "  three"]),
        ("a /path/that/is/longer x", ["a", "/path/that/is/longer", "x"]),
        ("超过MAX_ROWS限制。", ["超过", "MAX_ROWS", "限制。"]),
        ("一二三四五。六", ["一二三四", "五。六"]),
        ("一二三（MAX）四", ["一二三", "（MAX）四"]),
        ("", [""]),
    ],
    ids=["words", "indented", "a long word", "a word in Chinese", "closing", "opening", "nothing"],
)
def test_a_line_is_wrapped_between_words(text: str, lines: list[str]) -> None:
    """A Chinese character is two cells wide; a closing mark does not begin a line, an opening one does not end it."""
    assert _wrapped(text, 9) == lines


def test_no_line_is_wider_than_the_screen() -> None:
    lines = _wrapped("下载行数超过MAX_ROWS限制，请使用SQL查询页面缩小范围后再试。" * 5, 40)
    assert max(map(cell_len, lines)) <= 40
    assert "".join(lines) == "下载行数超过MAX_ROWS限制，请使用SQL查询页面缩小范围后再试。" * 5


def test_a_wrapped_line_keeps_its_colours() -> None:
    lines = wrap(Text.assemble("one ", ("two three", "red")), 7)
    assert [[str(span.style) for span in line.spans] for line in lines] == [["red"], ["red"]]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred", "\\x1b[31mred"),
        ("\x9b31mred", "\\x9b31mred"),
        ("a\x85b\u2028c\u2029d", "a\\x85b\\u2028c\\u2029d"),
        ("a\rb\x08c\x7f", "a\\rb\\x08c\\x7f"),
        ("\u202egpj.exe", "\\u202egpj.exe"),
        ("\ud800", "\\ud800"),
        ("中文\tx\ny", "中文\tx\ny"),
    ],
    ids=["ESC", "C1", "separators", "C0 and DEL", "directions", "a lone surrogate", "what is text"],
)
def test_what_a_terminal_would_act_on_is_escaped(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_a_name_stays_in_its_line() -> None:
    assert inline("a\nb\tc") == "a\\nb\\tc"


def test_json_has_one_line_a_value_and_nothing_a_terminal_acts_on() -> None:
    text = to_json({"text": "中\x1b\x9b\x85\u2028\x7f\ud800"})
    assert text == '{"text": "中\\u001b\\u009b\\u0085\\u2028\\u007f\\ud800"}'
