"""What changes nothing, and what hides nothing."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from dataworks_ext.sql import Script, SqlError, read_sql

from .corpus import CORPUS, Sample
from .summary import summary

QUIET = [sample for sample in CORPUS if " unread " not in sample.summary and not re.search("--|#", sample.text)]
_PLAIN = re.compile(r"""'(?:[^'\\]|\\.)*'|"[^"]*"|`[^`]*`|\$\{[^}]*\}|\$\[[^\]]*\]|@@\{[^}]*\}|/\*.*?\*/|\$\$.*?\$\$""")
SEPARATORS = st.sampled_from((" ", "  ", "\t", "\n", "\r\n", " /* max_pt('x') from hidden.t */ ", " -- max_pt('x')\n"))


@given(sample=st.sampled_from(QUIET), data=st.data())
def test_spaces_line_breaks_and_comments_change_nothing(sample: Sample, data: st.DataObject) -> None:
    spaced = "".join(
        data.draw(SEPARATORS) if part == " " else part
        for part in re.split(rf"({_PLAIN.pattern}| )", sample.text)
        if part
    )
    assert summary(read_sql(spaced, sample.dialect)) == sample.summary


@given(sample=st.sampled_from(QUIET))
def test_case_changes_nothing(sample: Sample) -> None:
    end, upper = 0, ""
    for found in _PLAIN.finditer(sample.text):
        upper += sample.text[end : found.start()].upper() + found[0]
        end = found.end()
    upper += sample.text[end:].upper()
    assert summary(read_sql(upper, sample.dialect)).casefold() == sample.summary.casefold()


ALIASES = st.from_regex(r"[a-z]{1,5}_x", fullmatch=True)


@given(alias=ALIASES, other=ALIASES)
def test_aliases_change_nothing(alias: str, other: str) -> None:
    if alias == other:
        other += "y"
    script = read_sql(
        f"select {alias}.id as {other}, upper({other}.phone) from ods.orders {alias} "
        f"join ods.users as {other} on {alias}.uid = {other}.id where {alias}.ds = '1'",
        "maxcompute",
    )
    assert summary(script) == (
        "select | reads ods.orders(ds,id,uid) ods.users(id,phone) | filters ods.orders(ds) | calls upper"
    )


WAYS = (
    "select id from ({0}) t",
    "with a as ({0}) select id from a",
    "with a as ({0}), b as (select id from a) select id from b",
    "select id from other.t where id in ({0})",
    "select id from other.t o where exists ({0})",
    "select id from other.t union all ({0})",
    "({0}) union all select id from other.t",
    "select (select max(id) from ({0}) q) as id from other.t",
    "select case when 1 = 1 then (select max(id) from ({0}) q) end as id",
    "select o.id from other.t o left join ({0}) s on o.id = s.id",
    "select o.id from ({0}) o, other.t p where o.id = p.id",
    "select id from (other.t o join ({0}) s on o.id = s.id)",
    "select id from other.t order by (select max(id) from ({0}) q)",
    "select id from other.t group by id having max(id) > (select max(id) from ({0}) q)",
)
NEEDLES = ("select forbidden(id) as id from secret.t", "select `forbidden` (id) as id from `secret`.`t`")


def _nested(ways: list[str], needle: str) -> str:
    for way in ways:
        needle = way.format(needle)
    return needle


@given(ways=st.lists(st.sampled_from(WAYS), max_size=4), needle=st.sampled_from(NEEDLES))
def test_no_nesting_hides_a_table_a_column_or_a_function(ways: list[str], needle: str) -> None:
    script = read_sql(_nested(ways, needle), "maxcompute")
    assert _finds(script)
    assert script.unread == ()


FRAMES = (
    "{0}",
    "insert overwrite table x.y partition (ds = '1') {0}",
    "create table x.y as {0}",
    "create view v as {0}",
    "@a := {0}; insert into x.y select id from @a",
    "set a.b = c; {0}; select 1",
    "if (1 = 1) begin {0}; end",
    "this is no statement; {0}",
)


@given(frame=st.sampled_from(FRAMES), ways=st.lists(st.sampled_from(WAYS), max_size=2))
def test_no_statement_hides_a_query(frame: str, ways: list[str]) -> None:
    assert _finds(read_sql(frame.format(_nested(ways, NEEDLES[0])), "maxcompute"))


def _finds(script: Script) -> bool:
    called = "forbidden" in [call.name for call in script.calls]
    return called and "secret.t" in map(str, script.reads) and "id" in (script.columns("secret.t") or ())


_WORDS = (
    "select|from|where|insert into|table|t|a.b|(|)|,|*|=|'x'|${v}|join|on|as|with|union all|create|drop|if|begin|end|;|"
    "f(|values|@a|:=|lateral view|explode|set|alter|partition|case when|then|not in|exists|1|--|\n|/*|*/|\"|`|'|trunc("
)
WORDS = st.lists(st.sampled_from(_WORDS.split("|")), max_size=25).map(" ".join)


@given(st.text(max_size=60) | WORDS)
def test_any_text_is_read_or_refused_with_its_line(text: str) -> None:
    lines = len(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    try:
        places = [place.line for place in read_sql(text, "maxcompute").unread]
    except SqlError as error:
        places = [error.line]
    assert all(1 <= line <= lines for line in places)
