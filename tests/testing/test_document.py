"""YAML whose values know their lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from dataworks_ext.testing.cases.document import LineError, read_yaml


def _value(text: str) -> object:
    return read_yaml(text).value


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


@pytest.mark.parametrize("text", ["-0", "0.00001", "12345678.123456789"])
def test_a_number_that_python_would_write_differently_is_a_text(text: str) -> None:
    assert _value(text) == text


def test_a_very_long_number_is_a_text() -> None:
    assert _value("9" * 5_000) == "9" * 5_000


def test_a_value_has_no_lines() -> None:
    assert _value("a: [1, {b: c}]\nd:") == {"a": [1, {"b": "c"}], "d": None}


def test_each_name_and_each_item_has_its_line() -> None:
    document = read_yaml("# a comment\na: 1\nb:\n  c:\n    - 2\n    - d: 3\n")
    assert document.value == {"a": 1, "b": {"c": [2, {"d": 3}]}}
    paths = [("a",), ("b",), ("b", "c"), ("b", "c", 0), ("b", "c", 1, "d")]
    assert [document.line(path) for path in paths] == [2, 3, 4, 5, 6]


def test_what_is_not_there_has_the_line_of_what_is_around() -> None:
    document = read_yaml("a: 1\nb:\n  c: 2\n")
    assert [document.line(path) for path in [(), ("b", "x"), ("b", "x", "y"), ("b", "c", 7), ("x",)]] == [1, 2, 2, 3, 1]


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n"])
def test_a_text_may_hold_no_value(text: str) -> None:
    assert read_yaml(text).value is None


def test_a_value_may_be_repeated() -> None:
    assert _value("a: &limits {b: 1}\nc: *limits") == {"a": {"b": 1}, "c": {"b": 1}}


def test_aliases_of_aliases_do_not_fill_the_memory() -> None:
    """Each line repeats the one before ten times."""
    lines = ["a0: &a0 x", *(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30))]
    with pytest.raises(LineError, match="more than 100,000 values, those of aliases included") as raised:
        read_yaml("\n".join(lines))
    assert raised.value.line == 6


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: 1\na: 2", 2, 'found duplicate key "a"'),
        ("a: limited: 10", 1, "a text with a colon and a space needs quotes"),
        ("a: x\n  b: 1", 2, "names of one mapping begin in the same column"),
        ("a:\n\tb: 1", 2, "indent with spaces, not with tabs"),
        ('a: 1\nb: "c', 2, "unexpected end"),
        ("a: 1\n---\nb: 2", 2, "another document"),
        ("a: 1\nb: \x00", 2, "it holds a control character"),
        ("&a [*a]", 1, "this holds itself"),
        ("a:\n  !!python/object:os.x {}", 2, "leave the tag out"),
        ("!!set {a}", 1, "leave the tag out"),
        ("!!binary YQ==", 1, "leave the tag out"),
        ("a: 1\nb: !!int five", 2, "leave the tag out"),
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
