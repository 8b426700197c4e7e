"""Lines of JSON on stdout, whatever is written and whatever stdout is."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataworks_ext.lines import LINE_LIMIT, Lines, ascii_only, to_line


class Interrupted(BaseException):
    """What an alarm raises."""


class Tearing(io.StringIO):
    """A stream that writes the first half of a line, and is interrupted."""

    tears = True

    def write(self, text: str) -> int:
        if not self.tears:
            return super().write(text)
        self.tears = False
        super().write(text[: len(text) // 2])
        raise Interrupted


def test_a_line_after_a_torn_one_begins_on_its_own() -> None:
    stream = Tearing()
    lines = Lines(stream)
    with pytest.raises(Interrupted):
        lines.write(to_line({"kind": "log", "text": "x" * 50_000}))
    lines.write(to_line({"kind": "message"}))
    lines.write(to_line({"kind": "message"}))
    assert [json.loads(line) for line in stream.getvalue().split("\n")[1:-1]] == [{"kind": "message"}] * 2


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "latin-1", "utf-8"])
def test_a_stdout_of_any_encoding_takes_every_text(encoding: str) -> None:
    raw = io.BytesIO()
    record = {"text": "可以 ✓ 🦊 é"}
    stream = io.TextIOWrapper(raw, encoding=encoding)  # it closes the bytes once it is gone
    Lines(stream).write(to_line(record))
    assert json.loads(raw.getvalue().decode(encoding)) == record


@pytest.mark.parametrize("separator", ["\x7f", "\x85", "\x9b", "\u2028", "\u2029", "\r", "\x1b", "\x0c", "\x1e"])
def test_nothing_in_a_text_ends_a_line_or_moves_a_cursor(separator: str) -> None:
    line = to_line({"text": f"a{separator}b可"})
    assert line.isprintable()
    assert json.loads(line) == {"text": f"a{separator}b可"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda part: st.lists(part) | st.dictionaries(st.text(), part),
    )
)
def test_whatever_json_holds_comes_back(value: Any) -> None:
    line = to_line({"value": value})
    assert json.loads(line) == json.loads(ascii_only(line)) == {"value": value}
    assert len(line.splitlines()) == 1


def test_a_record_that_is_too_long_keeps_the_objections() -> None:
    passing = [{"policy": f"pack.rule_{number}", "verdict": "OK"} for number in range(10_000)]
    line = to_line({"verdict": "FAIL", "reasons": [*passing, {"policy": "pack.no", "verdict": "FAIL"}]})
    assert len(line) <= LINE_LIMIT
    assert json.loads(line) == {
        "verdict": "FAIL",
        "reasons": [{"policy": "pack.no", "verdict": "FAIL"}],
        "reasons_left_out": 10_000,
    }


@pytest.mark.parametrize(
    "record",
    [
        {"kind": "log", "text": "可" * 1_000_000},
        {"kind": "log", "texts": ["x" * 1_000] * 1_000},
        {"kind": "log", "parts": {str(number): "x" * 3_000 for number in range(1_000)}},
        {"kind": "log", "reasons": [{"verdict": "FAIL", "message": "x" * 300}] * 1_000},
    ],
)
def test_no_line_is_longer_than_the_limit(record: dict[str, object]) -> None:
    line = to_line(record)
    assert len(line) <= LINE_LIMIT
    assert json.loads(line)["kind"] == "log"
