"""Calls of functions in SQL: what is one, and where the first is."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.calls import first_calls

MAX_PT = ("MAX_PT",)


# What is a call


@pytest.mark.parametrize(
    "code",
    [
        "MAX_PT('t')",
        "SELECT * FROM t WHERE ds = MAX_PT('t');",
        "select * from t where ds=max_pt('t')",
        "ds=Max_Pt ('t')",
        "ds=max_pt\n\t('t')",
        "ds=max_pt\u3000('t')",
        "ds=(max_pt('t'))",
        "ds=`max_pt`('t')",
        "ds=b.max_pt('t')",
        "ds=max_pt/* why */('t')",
        "ds=max_pt -- why\n('t')",
        "/* one */ max_pt('t') /* two */",
        "a -- 1\nmax_pt('t')",
        "a -- 1\rmax_pt('t')",
        "5 - -max_pt('t')",
        "'it''s' || max_pt('t') || 'it''s'",
        r"'it\'s' || max_pt('t') || 'it\'s'",
        r"'\\' || max_pt('t')",
        "\"--\" || max_pt('t')",
        "'/*' || max_pt('t') || '*/'",
        "SELECT 1 AS `it's`, max_pt('t')",
    ],
)
def test_a_call_is_the_name_with_a_parenthesis_behind(code: str) -> None:
    """In any case, with white space or a comment between, whatever stands around it."""
    assert list(first_calls(MAX_PT, code)) == ["MAX_PT"]


@pytest.mark.parametrize(
    "code",
    [
        "",
        "SELECT 1",
        "SELECT max_pt FROM t",
        "SELECT max_pt, (1)",
        "SELECT my_max_pt('t')",
        "SELECT max_pt_2('t')",
        "SELECT max_pt2('t')",
        "SELECT max_('t'), pt('t')",
        "SELECT 'x'('max_pt')",
        "SELECT max_pt 'x' ('t')",
    ],
)
def test_anything_else_is_none(code: str) -> None:
    assert first_calls(MAX_PT, code) == {}


@pytest.mark.parametrize(
    "code",
    [
        "-- max_pt('t')",
        "SELECT 1 -- max_pt('t')\nFROM t",
        "/* max_pt('t') */ SELECT 1",
        "/*\n * max_pt('t')\n */",
        "/* -- */ /* ' */ -- max_pt('t')",
        "SELECT 'max_pt(t)'",
        'SELECT "max_pt(t)"',
        "SELECT 'it''s max_pt(t)'",
        r"SELECT 'it\'s max_pt(t)'",
        "SELECT '\n-- max_pt(t)\n'",
        "SELECT '/*', 'max_pt(t)', '*/'",
        "/* max_pt('t')",
        "SELECT 'max_pt(t)",
        "SELECT 'max_pt(t)\\",
    ],
)
def test_comments_and_literals_hold_no_calls(code: str) -> None:
    """Nor do those that never end."""
    assert first_calls(MAX_PT, code) == {}


# Which, and where


@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("max_pt('t')", 1),
        ("\nmax_pt('t')\nmax_pt('t')", 2),
        ("\r\n\r\nmax_pt('t')", 3),
        ("\r\rmax_pt('t')", 3),
        ("-- one\n/* two\nthree */\n'four\nfive' || max_pt('t')", 5),
        ("/* one\r\n two\r\n three */ max_pt\n('t')", 3),
    ],
)
def test_the_line_is_that_of_the_first_call(code: str, line: int) -> None:
    assert first_calls(MAX_PT, code) == {"MAX_PT": line}


def test_functions_come_in_the_order_of_their_first_calls() -> None:
    """Under the names that were asked for."""
    found = first_calls(("max_pt", "Rand", "sleep"), "SELECT RAND(),\nmax_pt('t'),\nrand()")
    assert list(found.items()) == [("Rand", 1), ("max_pt", 2)]


# Whatever the code

_TEXT = st.text(st.sampled_from("ab'\"\\-/*`(); \n中"), max_size=8)
_CODE = st.sampled_from(
    ["SELECT", "a", "=", "1", "\n", "max_pt,", "my_max_pt('t')", "max_pt2(1)", "`it's`", "- -", "/ *", "5 / 2", ";"]
)
_CALL = st.sampled_from(["max_pt('t')", "MAX_PT (", "Max_Pt\n(", "`max_pt`('t')", "max_pt/* ' */(", "max_pt -- '\n("])


@st.composite
def _hidden_calls(draw: st.DrawFn) -> str:
    """A comment or literal with a call inside."""
    text = f"{draw(_TEXT)}MAX_PT('t'){draw(_TEXT)}"
    kind = draw(st.sampled_from(["line", "block", "'", '"']))
    if kind == "line":
        return "--" + text.replace("\n", "") + "\n"
    if kind == "block":
        return "/*" + text.replace("*/", "") + "*/"
    escaped_quote = draw(st.sampled_from([kind * 2, f"\\{kind}"]))
    return kind + text.replace("\\", "\\\\").replace(kind, escaped_quote) + kind


_PIECES = st.lists(_CODE | _hidden_calls(), max_size=8).map(" ".join)


@given(_PIECES)
def test_a_call_inside_comments_and_literals_is_never_found(code: str) -> None:
    assert first_calls(MAX_PT, code) == {}


@given(_PIECES, _CALL, _PIECES)
def test_a_call_outside_of_them_is_always_found(before: str, call: str, after: str) -> None:
    assert first_calls(MAX_PT, f"{before} {call} {after}") == {"MAX_PT": before.count("\n") + 1}


@given(_TEXT, _TEXT)
def test_any_text_has_a_result(one: str, other: str) -> None:
    found = first_calls(MAX_PT, f"{one}max_pt({other}")
    assert found in ({}, {"MAX_PT": one.count("\n") + 1})


@pytest.mark.parametrize("piece", ["'", "\\'", "'\\", "/*", "`", "--", "max_pt ", "max_pt/**/", '"\\"', "('"])
def test_long_code_takes_no_longer_than_its_length(piece: str) -> None:
    """A regular expression that went back would take minutes for this."""
    started = time.process_time()
    first_calls(MAX_PT, piece * 50_000)
    assert time.process_time() - started < 2
