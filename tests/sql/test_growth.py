"""Work grows with the length of the script and no faster, counted in calls of Python functions, not in seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from dataworks_ext.sql import Dialect, SqlError, SqlTooLongError, read_sql
from dataworks_ext.sql.variables import with_marks

SHAPES: dict[str, Callable[[int], str]] = {
    "statements": lambda n: "insert into a select b.x from b join c on b.i = c.i where b.ds = '1';\n" * n,
    "columns": lambda n: f"select {', '.join(f'c{i}' for i in range(n))} from t",
    "conditions": lambda n: f"select a from t where {' and '.join(f'c{i} = 1' for i in range(n))}",
    "alternatives": lambda n: f"select a from t where {' or '.join(f'c{i} = 1' for i in range(n))}",
    "unions": lambda n: " union all ".join(f"select a from t{i}" for i in range(n)),
    "joins": lambda n: "select a.x from a " + " ".join(f"join t{i} on a.id = t{i}.id" for i in range(n)),
    "products": lambda n: (
        "select a.x from a"
        + "".join(f", t{i}" for i in range(n))
        + " where "
        + " and ".join(f"a.i = t{i}.i" for i in range(n))
    ),
    "ctes": lambda n: f"with {', '.join(f'q{i} as (select a from t{i})' for i in range(n))} select a from q1",
    "errors": lambda n: "select 1; " + "select from where;" * n,
    "blocks": lambda n: "if (1 = 1) begin insert into a select x from b; end else begin drop table c; end; " * n,
    "chains": lambda n: f"select a{', g(c).h(d)' * n} from t",
    "variables": lambda n: f"select {', '.join('${a}' for i in range(n))} from t",
}
SMALL, TIMES = 100, 4


def _work(text: str) -> int:
    """How many functions are called while the script is read."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        read_sql(text, "maxcompute")
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.parametrize("shape", SHAPES)
def test_work_grows_no_faster_than_the_script(shape: str) -> None:
    _work("select 1")
    assert _work(SHAPES[shape](SMALL * TIMES)) < 1.1 * TIMES * _work(SHAPES[shape](SMALL))


def test_a_script_is_as_deep_as_a_hundred_calls() -> None:
    assert len(read_sql("select " + "f(" * 100 + "1" + ")" * 100, "maxcompute").calls) == 100


@pytest.mark.parametrize("text", ["select " + "(" * 20_000, "select " + "f(" * 500 + "1" + ")" * 500])
def test_what_is_nested_deeper_is_refused_and_the_limit_of_python_is_as_it_was(text: str) -> None:
    before = sys.getrecursionlimit()
    with pytest.raises(SqlError, match="it is nested too deep"):
        read_sql(text, "maxcompute")
    assert sys.getrecursionlimit() == before


@pytest.mark.parametrize("text", ["if (1 = 1) begin ", "create view v (@a string) as begin "])
def test_blocks_that_begin_in_each_other_are_read_to_a_depth(text: str) -> None:
    script = read_sql(text * 1_000 + "select 1", "maxcompute")
    assert len(script.statements) == 151
    assert "it is nested too deep" in {place.reason for place in script.unread}


def test_longer_chains_of_calls_are_refused() -> None:
    assert read_sql(f"select a{'.f(b)' * 50} from t", "maxcompute").columns("t") == frozenset("b")
    with pytest.raises(SqlError, match="it chains more than 50 calls"):
        read_sql(f"select a{'.f(b)' * 500} from t", "maxcompute")


@pytest.mark.parametrize("dialect", ["maxcompute", "spark", "mysql"])
@pytest.mark.parametrize("opening", ["/* ", "/*! ", "'\\", "` ", "#code "])
def test_the_end_of_what_does_not_end_is_looked_for_once(opening: str, dialect: Dialect) -> None:
    """Looking for it at each of 300,000 openings would take hours."""
    text = opening * 300_000
    assert len(with_marks(text, dialect)) == len(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("select 1" + " " * (1 << 20), "longer than 1,048,576 characters"), (";select 1" * 10_001, "10,000 statements")],
)
def test_what_is_beyond_the_bounds_is_not_looked_at(text: str, sentence: str) -> None:
    with pytest.raises(SqlTooLongError, match=sentence):
        read_sql(text, "maxcompute")
