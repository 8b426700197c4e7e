"""What is said of a text without reading it is what reading it says, too."""

from __future__ import annotations

import time
from typing import get_args

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dataworks_ext.sql import Dialect, SqlTooLongError
from dataworks_ext.sql.lazy_script import LazyScript
from dataworks_ext.sql.mentions import may_call

from .corpus import CORPUS

FORBIDDEN = ("max_pt", "rand")
DIALECTS = st.sampled_from(get_args(Dialect))
_PARTS = (
    "max_pt|MAX_|pt|rand|f|udf|${v}|$[yyyymmdd-1]|@@{p}|${a--b}|${|}|$|[|]|{|.|:|(|)| |\n|,|'|\"|`|'x'|\"y\"|`z`|/*|*/|"
    "--|#|\\|U&|\\006d|select|from t|=|/*!50000|$$|{{|{%|{#|#}|÷|ſ|1|;"
)
TEXTS = st.lists(st.sampled_from([*_PARTS.split("|"), "|"]), max_size=14).map("".join)


@given(text=TEXTS | st.text(max_size=20), dialect=DIALECTS)
@example(text="select ${f}(1)", dialect="maxcompute")
@example(text="select `a,${f}` (1)", dialect="maxcompute")
@example(text="select ${p} /* , */ . /* ; */ f -- )\n (1)", dialect="maxcompute")
@example(text='select "${f};"(1)', dialect="hologres")
@example(text='select U&"r\\0061nd"(1)', dialect="hologres")
@example(text="select /*!50000 ${f} */ (1)", dialect="mysql")
@example(text="select '${f}'.x(1)", dialect="clickhouse")
def test_what_a_text_cannot_call_is_not_called(text: str, dialect: Dialect) -> None:
    script = LazyScript(text, dialect)
    if not script.may_call(FORBIDDEN):
        calls = script.calls
        assert not [call for call in calls if call.holds_variable or call.bare_name.casefold() in FORBIDDEN]


def test_whatever_is_called_may_be_called() -> None:
    for sample in CORPUS:
        script = LazyScript(sample.text, sample.dialect)
        for call in script.calls:
            assert call.holds_variable or may_call(sample.text, [call.bare_name.upper()])


@pytest.mark.parametrize(
    "text",
    [
        "insert overwrite table t partition (ds = '${bizdate}') select sum(b) from s where c > '${a}' group by a",
        'select a from t where ds = "${bizdate}" and (b = 1 or c in (select c from u where d > ${d}))',
        "select `a` from `t` where ds between $[yyyymmdd-1] and $[yyyymmdd]",
        "select 'unterminated",
    ],
)
def test_a_usual_text_need_not_be_read(text: str) -> None:
    assert not may_call(text, FORBIDDEN)


@pytest.mark.parametrize("part", ["$", "}", "`", '"', "$ ", "$.", "$ . ", "${a}", "u&", "[", "/*", "${a} "])
def test_the_longest_text_is_looked_at_in_a_moment(part: str) -> None:
    text = part * ((1 << 20) // len(part))
    started = time.process_time()
    may_call(text, FORBIDDEN)
    assert time.process_time() - started < 2


def test_a_text_that_is_too_long_is_refused_before_anybody_asks() -> None:
    with pytest.raises(SqlTooLongError):
        LazyScript(" " * ((1 << 20) + 1), "maxcompute")
