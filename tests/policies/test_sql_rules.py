"""The rules about SQL: what each objects to, what it lets pass, and what comes of SQL that is not understood."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dataworks_ext import Decision, PolicyPack, Verdict
from dataworks_ext.events import NodeType
from dataworks_ext.snapshots import NodeConfiguration, NodeInput
from dataworks_ext.testing import committed_file, decide, file_execution, sample
from policies.downloads import downloads
from policies.files import files
from policies.run import run
from policies.sql import sql

from .asking import problems

QUIET, OBJECTS = Verdict.OK, Verdict.FAIL


def commit(
    code: str,
    settings: Mapping[str, object],
    *,
    kind: NodeType = NodeType.ODPS_SQL,
    pack: PolicyPack[Any] = sql,
    **snapshot: Any,
) -> Decision:
    """What a pack says to a commit of that code."""
    given = committed_file(content=code, **snapshot)
    if pack is sql:
        settings = {"forbidden_functions": [], **settings}  # that of MAX_PT is made
    return decide(pack, sample("commit-file", file_type=kind), settings=settings, snapshot=given)


RULES: list[tuple[str, object, str, str]] = [
    ("select_star", ["ods.*"], "select * from ods.a", "select id from ods.a"),
    ("select_star", ["*"], "select t.id from (select * from b) t", "select count(*) from b"),
    ("select_star", ["ods.*"], "with q as (select * from ods.a) select id from q", "select * from dwd.b"),
    ("partition_filter", ["ods.*=ds"], "select id from ods.a", "select id from ods.a where ds = '${bizdate}'"),
    ("partition_filter", ["ods.*=ds"], "select id from ods.a where substr(ds, 1, 4) = '2026'", "select 1 from dwd.a"),
    (
        "partition_filter",
        ["a=ds+hh"],
        "select 1 from x.a where ds = '1'",
        "select 1 from x.a where ds > '1' and hh = '2'",
    ),
    (
        "partition_filter",
        ["ods.*=ds"],
        "select id from ods.a where ds = '1' union all select id from ods.a",
        "select id from x.b where id in (select id from ods.a where ds between '1' and '2')",
    ),
    ("cartesian_join", True, "select a.id from a, b", "select a.id from a, b where a.id = b.id"),
    ("cartesian_join", True, "select a.id from a join b on 1 = 1", "select a.id from a join b using (id)"),
    ("forbidden_functions", ["MAX_PT"], "select `max_pt`('a')", "select 'max_pt(1)', max_pt_x(1) -- max_pt(1)"),
    ("forbidden_functions", ["MAX_PT"], "select p:max_pt('a')", "select max_pt from a"),
    ("forbidden_functions", ["pg_sleep"], "select pg_${x}(10)", "select ${x} as y"),
    ("drops", ["ads.*"], "drop table if exists ads.a", "drop table tmp.a"),
    ("drops", ["*"], "truncate table a", "select 1"),
    (
        "drops",
        ["ads.*"],
        "alter table ads.a drop if exists partition (ds = '1')",
        "alter table ads.a add partition (ds = '1')",
    ),
    ("drops", ["*"], "select 1; if (1 = 1) begin drop table a; end", "delete from a"),
    ("written_projects", ["ads"], "insert into dwd.a select 1", "insert into ads.a select id from dwd.a"),
    ("written_projects", ["ads"], "create table DWD.a as select 1", "insert into a select 1"),
    ("protected_tables", ["dim.*"], "update dim.a set x = 1", "select x from dim.a"),
    ("protected_tables", ["city"], "merge into dim.city t using s on t.i = s.i when matched then delete", "select 1"),
    ("insert_column_order", ["ads.*"], "insert into ads.a select 1", "insert into ads.a (x) select 1"),
]


@pytest.mark.parametrize(("rule", "setting", "bad", "good"), RULES)
def test_a_rule_objects_to_what_it_is_about(rule: str, setting: object, bad: str, good: str) -> None:
    objected = commit(bad, {rule: setting})
    assert objected.verdict is OBJECTS
    assert [reason.error for reason in objected.reasons] == [None]
    assert "n line 1" in objected.message


@pytest.mark.parametrize(("rule", "setting", "bad", "good"), RULES)
def test_a_rule_lets_pass_what_it_is_not_about(rule: str, setting: object, bad: str, good: str) -> None:
    assert commit(good, {rule: setting}).verdict is QUIET


def test_without_settings_no_rule_looks() -> None:
    decision = commit("drop table a; select * from b, c", {})
    assert decision.reasons == ()


def test_a_deletion_brings_no_code() -> None:
    event = sample("commit-file", file_type=NodeType.ODPS_SQL, change_type=2)
    decision = decide(sql, event, settings={"drops": ["*"]}, snapshot=committed_file(content="drop table a"))
    assert decision.verdict is QUIET


@pytest.mark.parametrize(("choice", "verdict"), [("deny", Verdict.FAIL), ("warn", Verdict.WARN), ("allow", Verdict.OK)])
def test_sql_that_is_not_understood_comes_to_what_the_setting_says(choice: str, verdict: Verdict) -> None:
    decision = commit("select 1;\npai -name x", {"drops": ["*"], "sql_unreadable": choice})
    assert decision.verdict is verdict
    text = "A part of the SQL could not be checked: in line 2, the command PAI is not understood."
    assert decision.message == ("" if choice == "allow" else text)


def test_an_objection_comes_before_what_is_not_understood() -> None:
    assert commit("pai -name x; drop table c", {"drops": ["*"]}).verdict is OBJECTS


def test_a_table_without_a_project_is_in_the_default_one() -> None:
    settings = {"protected_tables": ["dim.*"], "default_project": "dim"}
    assert commit("drop table city", settings).verdict is OBJECTS
    assert commit("drop table city", {"protected_tables": ["dim.*"]}).verdict is QUIET


BASIC_INFO = "GetMetaTableBasicInfo"
PARTITIONED = {"Data": {"IsPartitionTable": True, "PartitionKeys": "ds,hh"}}


@pytest.mark.parametrize(
    ("code", "answer", "verdict"),
    [
        ("select id from ods.a", PARTITIONED, OBJECTS),
        ("select id from ods.a where ds = '1'", PARTITIONED, QUIET),
        ("select id from ods.a", {"Data": {"IsPartitionTable": False}}, QUIET),
        ("create table x.a as select 1 as id; select id from x.a", {}, QUIET),
        ("select id from ods.a", TimeoutError("no answer"), OBJECTS),
    ],
)
def test_dataworks_says_which_tables_are_partitioned(code: str, answer: Any, verdict: Verdict) -> None:
    decision = decide(
        sql,
        sample("commit-file", file_type=NodeType.ODPS_SQL),
        settings={"partition_lookup": True, "forbidden_functions": []},
        snapshot=committed_file(content=code),
        answers={BASIC_INFO: answer},
    )
    assert decision.verdict is verdict


DIALECTS = [
    (NodeType.HOLOGRES_SQL, "SELECT split_part(path, '\\', 1), MAX_PT('t') FROM f WHERE a = 'b'", OBJECTS),
    (NodeType.HOLOGRES_SQL, "SELECT \"max_pt\"('t')", OBJECTS),
    (NodeType.HOLOGRES_SQL, "SELECT U&\"m\\0061x_pt\"('t')", OBJECTS),
    (NodeType.HOLOGRES_SQL, "SELECT $$it's$$, MAX_PT('t')", OBJECTS),
    (NodeType.HOLOGRES_SQL, "SELECT 1 /* a /* b */ MAX_PT('t') */", QUIET),
    (NodeType.HOLOGRES_SQL, "SELECT $$ MAX_PT('t') $$", QUIET),
    (NodeType.EMR_PRESTO, "SELECT \"max_pt\"('t')", OBJECTS),
    (NodeType.EMR_SPARK_SQL, "SELECT r'C:\\', MAX_PT('t')", OBJECTS),
    (NodeType.EMR_SPARK_SQL, "SELECT 1 -- see \\\nMAX_PT('t')\n", QUIET),
    (NodeType.EMR_SPARK_SQL, "SELECT `max_pt(t)` FROM x", QUIET),
    (NodeType.MYSQL, "SELECT /*!50000 max_pt('t') */ FROM x", OBJECTS),
    (NodeType.ORACLE, "SELECT max_pt('t') FROM x", OBJECTS),
]


@pytest.mark.parametrize(("kind", "code", "verdict"), DIALECTS)
def test_a_call_is_told_by_the_rules_of_the_dialect(kind: NodeType, code: str, verdict: Verdict) -> None:
    assert commit(code, {"forbidden_functions": ["MAX_PT"]}, kind=kind).verdict is verdict


# Downloads


def download(query: str, settings: Mapping[str, object]) -> Decision:
    """What the pack says to a download of that query."""
    return decide(downloads, sample("download-resources", sql_text=query), settings={"max_rows": None, **settings})


@pytest.mark.parametrize(
    ("query", "verdict"),
    [
        ("select id_card from ods.users", OBJECTS),
        ("select ID_CARD as x from ods.users", OBJECTS),
        ("select md5(concat(u.id_card, 'x')) from ods.users u", OBJECTS),
        ("with q as (select id_card as y from ods.users) select y from q", OBJECTS),
        ("select * from ods.users", OBJECTS),
        ("select u.* from ods.users u join ods.orders o on u.id = o.uid", OBJECTS),
        ("select a from ods.users x (a)", OBJECTS),
        ("select (select max(id_card)) from ods.users", OBJECTS),
        ("select name from ods.users union all select id_card from ods.users", OBJECTS),
        ("select name from ods.users where id_card is not null", QUIET),
        ("select count(*) from ods.users", QUIET),
        ("select o.* from ods.users u join dwd.orders o on u.id = o.uid", QUIET),
        ("select id_card from dwd.vehicles", QUIET),
    ],
)
def test_no_name_and_no_star_hides_a_personal_column(query: str, verdict: Verdict) -> None:
    assert download(query, {"personal_columns": ["ods.*.id_card"]}).verdict is verdict


@pytest.mark.parametrize(
    ("query", "verdict"),
    [
        ("select id from a limit 10", QUIET),
        ("(select id from a) union all (select id from b) limit 10", QUIET),
        ("select id from a", OBJECTS),
        ("select id from (select id from a limit 10) t", OBJECTS),
        ("select id from a -- limit 10", OBJECTS),
        ("pai -name x", Verdict.WARN),
    ],
)
def test_a_download_needs_a_limit(query: str, verdict: Verdict) -> None:
    assert download(query, {"limit_required": True}).verdict is verdict


@pytest.mark.parametrize(
    ("source", "verdict"),
    [("odps_first", Verdict.WARN), ("holo_prod", OBJECTS), ("HOLO_TEST", OBJECTS), ("x", OBJECTS)],
)
def test_a_query_is_read_in_the_dialect_of_its_data_source(source: str, verdict: Verdict) -> None:
    """In MaxCompute, a double quote begins a text, and dollars quote nothing."""
    query = "select $$it's$$ as a, id_card from users"
    settings = {"personal_columns": ["*.id_card"], "dialects": ["holo_*=hologres", "x = Hologres"], "max_rows": None}
    event = sample("download-resources", sql_text=query, datasource_name=source)
    assert decide(downloads, event, settings=settings).verdict is verdict


@pytest.mark.parametrize("dialects", ["holo_prod", "holo_prod=postgres", "=hologres"])
def test_a_dialect_that_nobody_speaks_is_a_problem(dialects: str) -> None:
    (problem,) = problems({"DOWNLOADS_DIALECTS": dialects})
    assert problem.startswith(
        "DOWNLOADS_DIALECTS: a dialect is written as holo_prod=hologres, after the name of a data"
    )


def test_a_query_that_is_not_of_its_dialect_is_not_understood() -> None:
    settings = {"personal_columns": ["*.id_card"], "dialects": ["*=mysql"], "max_rows": None}
    event = sample("download-resources", sql_text="selec id from users")
    assert decide(downloads, event, settings=settings).verdict is Verdict.WARN


# Runs and inputs


def test_nobody_writes_production_tables_by_hand() -> None:
    for code, verdict in (("insert into ads.a select 1", OBJECTS), ("select id from ads.a", QUIET)):
        event, snapshot = sample("run-file", file_type=NodeType.ODPS_SQL), file_execution(content=code)
        assert decide(run, event, settings={"production_tables": ["ads.*"]}, snapshot=snapshot).verdict is verdict


@pytest.mark.parametrize(
    ("code", "inputs", "text"),
    [
        ("select id from ods.a", ["ods.a"], ""),
        ("select id from ods.a", ["ods.a", "workspace.100_out", "workspace_root"], ""),
        ("create table x.t as select id from ods.a; select id from x.t", ["ods.a"], ""),
        ("select id from ods.a", [], "The node reads ods.a without having it as an input. Add it."),
        ("select 1", ["ods.a"], "The node has ods.a as an input and never reads it. Take it out."),
    ],
)
def test_the_inputs_of_a_node_are_the_tables_that_it_reads(code: str, inputs: list[str], text: str) -> None:
    configuration = NodeConfiguration(input_list=tuple(NodeInput(input=name) for name in inputs))
    decision = commit(code, {"declared_inputs": True}, pack=files, node_configuration=configuration)
    assert decision.message == text
