"""The SQL of an event, and what holds it."""

from __future__ import annotations

import json

import pytest

from dataworks_ext import PolicyContext, PolicyPack, Verdict, deny
from dataworks_ext.code import script_in
from dataworks_ext.decision import Outcome
from dataworks_ext.events import Event, NodeType
from dataworks_ext.pack import NoSettings
from dataworks_ext.sql import Script
from dataworks_ext.testing import committed_file, decide, file_execution, sample


def _read(content: object, kind: NodeType | int) -> Script:
    script = script_in(content if isinstance(content, str) else json.dumps(content), kind)
    assert script is not None
    return script


def _reads(script: Script) -> list[str]:
    return [str(table) for table in script.reads]


@pytest.mark.parametrize(
    ("kind", "dialect"),
    [
        (NodeType.ODPS_SQL, "maxcompute"),
        (NodeType.HOLOGRES_SQL, "hologres"),
        (NodeType.EMR_HIVE, "hive"),
        (NodeType.EMR_SPARK_SQL, "spark"),
        (NodeType.EMR_PRESTO, "presto"),
        (NodeType.EMR_TRINO, "trino"),
        (NodeType.EMR_IMPALA, "impala"),
        (NodeType.CLICK_SQL, "clickhouse"),
        (NodeType.STARROCKS, "starrocks"),
        (NodeType.MYSQL, "mysql"),
        (NodeType.ADB_FOR_MYSQL, "adb"),
        (NodeType.ADB_FOR_POSTGRESQL, "hologres"),
    ],
)
def test_a_kind_of_file_is_read_in_its_dialect(kind: NodeType, dialect: str) -> None:
    script = _read("select id from a.b", kind)
    assert (script.dialect, _reads(script), script.unread) == (dialect, ["a.b"], ())


def test_the_sql_of_an_emr_node_is_in_its_arguments() -> None:
    node = {"type": "HIVE_SQL", "properties": {"arguments": ["select *\nfrom orders\nwhere ds = max_pt('orders')"]}}
    script = _read(node, NodeType.EMR_HIVE)
    assert (_reads(script), [tuple(call) for call in script.calls]) == (["orders"], [("max_pt", 3)])


@pytest.mark.parametrize("kind", [NodeType.CONTROLLER_ASSIGNMENT, 987_654])
def test_the_sql_of_an_assignment_node_is_in_its_content(kind: NodeType | int) -> None:
    assert _reads(_read({"language": "odps", "content": "select id from a"}, kind)) == ["a"]


def test_an_assignment_node_in_python_has_no_sql() -> None:
    assert script_in('{"language": "python", "content": "print(1)"}', NodeType.CONTROLLER_ASSIGNMENT) is None


def test_a_component_is_read_with_the_values_of_its_parameters() -> None:
    node = {
        "code": "select id from @@{source} where ds = '@@{day}'",
        "config": {"input": [{"name": "source", "type": "table", "value": "ods.orders"}, {"name": "day"}]},
    }
    script = _read(node, NodeType.COMPONENT_SQL)
    assert (_reads(script), sorted(script.filters("ods.orders"))) == (["ods.orders"], ["ds"])
    assert script.unread == ()


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        ("select max_pt('t') from a", NodeType.ORACLE, "the SQL of oracle is not read"),
        ("select max_pt('t') from a", 987_654, "the SQL of kind 987654 is not read"),
        ({"other": "select max_pt('t')"}, NodeType.EMR_HIVE, "the code is JSON of a form that is not known"),
        ([{"x": '{"sql": "select max_pt(1)"}'}], NodeType.EMR_HIVE, "the code is JSON of a form that is not known"),
        ("select max_pt('t') from where", NodeType.ODPS_SQL, "it is no statement of maxcompute"),
    ],
)
def test_what_is_not_read_is_said_and_its_calls_are_known(content: object, kind: NodeType | int, reason: str) -> None:
    script = _read(content, kind)
    assert [place.reason for place in script.unread] == [reason]
    assert [call.name for call in script.calls] == ["max_pt"]


pack = PolicyPack("pack")


@pack.policy("commit-file", "run-file", "download-resources", "freeze-node")
def reads(_event: Event, context: PolicyContext[NoSettings]) -> Outcome:
    """Says what the SQL reads."""
    script = context.sql
    return deny("no SQL" if script is None else " ".join(map(str, script.reads)))


def test_a_policy_sees_the_sql_of_a_download() -> None:
    event = sample("download-resources", sql_text="select id from ods.orders")
    assert decide(reads, event).reasons[0].message == "ods.orders"


def test_a_policy_sees_the_sql_of_a_commit_and_of_a_run() -> None:
    code = "select id from ods.orders"
    for event, snapshot in (("commit-file", committed_file(content=code)), ("run-file", file_execution(content=code))):
        decision = decide(reads, sample(event, file_type=NodeType.ODPS_SQL), snapshot=snapshot)
        assert decision.reasons[0].message == "ods.orders"


def test_a_shell_script_has_no_sql_and_no_snapshot_is_asked_for() -> None:
    event = sample("commit-file", file_type=NodeType.SHELL)
    assert decide(reads, event, snapshot=AssertionError("asked")).reasons[0].message == "no SQL"


def test_an_event_without_code_has_no_sql() -> None:
    assert decide(reads, sample("freeze-node")).reasons[0].message == "no SQL"


def test_sql_beyond_the_bounds_fails_the_policy() -> None:
    decision = decide(reads, sample("download-resources", sql_text="select 1 " + " " * (1 << 20)))
    assert decision.verdict is Verdict.FAIL
    assert "longer than 1,048,576 characters" in str(decision.reasons[0].error)
