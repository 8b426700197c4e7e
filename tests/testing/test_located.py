"""YAML whose values know their lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from dataworks_ext.testing.cases.located import Fields, LineError, read_yaml


def _value(text: str) -> object:
    located = read_yaml(text)
    assert located is not None
    return located.value


@pytest.mark.parametrize(
    "text",
    ["OK", "no", "on", "yes", "10:00", "2026-11-11", "2026-11-11 10:00", "007", "1.10", "1_000", "0x1f", "1e3", "+1"],
)
def test_what_yaml_would_guess_at_is_a_text(text: str) -> None:
    assert _value(text) == text


@pytest.mark.parametrize(
    ("text", "value"),
    [("5", 5), ("-5", -5), ("1.5", 1.5), ("true", True), ("False", False), ("null", None), ("~", None), ('"5"', "5")],
)
def test_plain_numbers_and_words_are_what_they_are(text: str, value: object) -> None:
    assert _value(text) == value


def test_a_very_long_number_is_a_text() -> None:
    assert _value("9" * 5_000) == "9" * 5_000


def test_a_value_has_no_lines() -> None:
    assert _value("a: [1, {b: c}]\nd:") == {"a": [1, {"b": "c"}], "d": None}


def test_each_name_and_each_value_has_its_line() -> None:
    located = read_yaml("# a comment\na: 1\nb:\n  c: 2\n")
    assert isinstance(located, Fields)
    assert dict(located.lines) == {"a": 2, "b": 3}
    assert (located.fields["a"].line, located.fields["b"].line) == (2, 4)


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_a_text_may_hold_no_value(text: str) -> None:
    located = read_yaml(text)
    assert located is None or located.value is None


def test_a_value_may_be_repeated() -> None:
    assert _value("a: &limits {b: 1}\nc: *limits") == {"a": {"b": 1}, "c": {"b": 1}}


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\na: 2", 2, "a is in line 1 already; write it once"),
        ("a: limited: 10", 1, "a text with a colon and a space needs quotes"),
        ("a:\n\tb: 1", 2, "indent with spaces, not with tabs"),
        ('a: 1\nb: "c', 2, "unexpected end"),
        ("a: 1\n---\nb: 2", 2, "another document"),
        ("a: 1\nb: \x00", 2, "it holds a control character"),
        ("&a [*a]", 1, "this holds itself"),
        ("a:\n  !!python/object:os.x {}", 2, "leave the tag out"),
        ("!!set {a}", 1, "leave the tag out"),
        ("!!binary YQ==", 1, "leave the tag out"),
        ("!!int five", 1, "expected a number, got 'five'"),
        ("a: 1\n? [b]\n: 2", 2, "a name should be a word"),
    ],
)
def test_a_mistake_has_its_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(LineError, match=problem) as raised:
        read_yaml(text)
    assert raised.value.line == line


@pytest.fixture
def _usual_recursion() -> Iterator[None]:
    """Python's own limit: libraries that other tests use raise it."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)
    yield
    sys.setrecursionlimit(limit)


@pytest.mark.usefixtures("_usual_recursion")
def test_what_is_nested_too_deeply_is_told() -> None:
    with pytest.raises(LineError, match="nested too deeply"):
        read_yaml("[" * 500)
