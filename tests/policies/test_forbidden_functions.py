"""The rule about forbidden functions: with its settings, with options of a workspace, and whatever holds the SQL."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dataworks_ext import Verdict
from dataworks_ext.events import NodeType
from dataworks_ext.testing import committed_file, file_execution

from .asking import ask, problems

COMMIT, DEPLOY = "commit-file", "deploy-file"
BOTH = pytest.mark.parametrize("code", [COMMIT, DEPLOY])
MAX_PT = "SELECT *\nFROM orders\nWHERE ds = MAX_PT('orders');"
CALLS_MAX_PT = "The code calls a forbidden function, first in line 3: MAX_PT. Replace the calls."
NEVER_ASKED = AssertionError("nobody should have asked")
NOT_CHECKED = "The rule sql.forbidden_functions could not be checked."


def _given(content: str = "SELECT 1;", **options: Any) -> dict[str, Any]:
    """That code, and those options in every workspace."""
    return {"snapshot": committed_file(content=content), "options": options}


@BOTH
def test_code_that_calls_max_pt_is_denied(code: str) -> None:
    decision = ask(code, {}, **_given(MAX_PT))
    assert (decision.verdict, decision.message) == (Verdict.FAIL, CALLS_MAX_PT)


@BOTH
@pytest.mark.parametrize("status", ["WARN", "FAIL"])
def test_the_workspace_s_option_says_whether_it_is_a_warning(code: str, status: str) -> None:
    """The vendor's own example: the option `checkStatus`."""
    decision = ask(code, {}, **_given(MAX_PT, checkStatus=status))
    assert (decision.verdict, decision.message) == (Verdict(status), CALLS_MAX_PT)


@pytest.mark.parametrize(
    ("options", "verdict"),
    [
        ({}, Verdict.WARN),
        ({"checkStatus": "FAIL"}, Verdict.FAIL),
        ({"check_status": "FAIL"}, Verdict.FAIL),
        ({"sql": {"checkStatus": "FAIL"}}, Verdict.FAIL),
        ({"sql": {}, "checkStatus": "FAIL"}, Verdict.WARN),
        ({"commands": "something else"}, Verdict.WARN),
    ],
)
def test_the_option_overrides_the_environment(options: dict[str, Any], verdict: Verdict) -> None:
    decision = ask(COMMIT, {"SQL_CHECK_STATUS": "WARN"}, **_given(MAX_PT, **options))
    assert decision.verdict is verdict


@pytest.mark.parametrize(
    ("settings", "options", "text"),
    [
        ({"SQL_FORBIDDEN_FUNCTIONS": "sleep"}, {}, ""),
        ({"SQL_FORBIDDEN_FUNCTIONS": "sleep, Rand"}, {}, "first in line 2: Rand. "),
        ({"SQL_FORBIDDEN_FUNCTIONS": "MAX_PT, RAND"}, {}, "first in line 2: RAND and MAX_PT. "),
        ({}, {"forbiddenFunctions": ["RAND"]}, "first in line 2: RAND. "),
        ({}, {"forbiddenFunctions": []}, ""),
        ({"SQL_FORBIDDEN_FUNCTIONS": "[]"}, {"forbiddenFunctions": ["RAND"]}, "first in line 2: RAND. "),
    ],
)
def test_the_functions_are_a_setting_and_an_option(
    settings: dict[str, str], options: dict[str, Any], text: str
) -> None:
    """The text names those that were found, in the order of the code."""
    code = "-- SLEEP(1)\nSELECT rand(), 'SLEEP(1)' FROM t\nWHERE ds = max_pt('t')"
    decision = ask(COMMIT, settings, **_given(code, **options))
    functions = "forbidden functions" if " and " in text else "a forbidden function"
    wanted = f"The code calls {functions}, {text}Replace the calls." if text else ""
    assert (decision.denied, decision.message) == (bool(text), wanted)


@BOTH
@pytest.mark.parametrize(
    "kind",
    [
        NodeType.ODPS_SQL,
        NodeType.ODPS_SQL_SCRIPT,
        NodeType.EMR_HIVE,
        NodeType.EMR_SPARK_SQL,
        NodeType.EMR_PRESTO,
        NodeType.EMR_IMPALA,
        NodeType.HOLOGRES_DEVELOP,
        NodeType.HOLOGRES_SQL,
        4711,
        "SQL_OF_TOMORROW",
    ],
)
def test_sql_is_looked_at(code: str, kind: NodeType | int | str) -> None:
    """So is a kind of file that nobody knew yet: it may be SQL."""
    assert ask(code, {}, **_given(MAX_PT), fileType=kind).denied


_HIVE = {
    "type": "HIVE_SQL",
    "launcher": {"allocationSpec": {}},
    "properties": {"envs": {}, "arguments": [MAX_PT], "tags": []},
    "programType": "EMR_HIVE",
}


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (NodeType.EMR_HIVE, _HIVE),
        (NodeType.EMR_SPARK_SQL, {**_HIVE, "type": "SPARK_SQL"}),
        (NodeType.EMR_HIVE, {**_HIVE, "properties": {"arguments": [MAX_PT, "SELECT 1"]}}),
        (NodeType.CONTROLLER_ASSIGNMENT, {"language": "odps", "content": MAX_PT}),
        (NodeType.CONTROLLER_ASSIGNMENT, {"language": "language of tomorrow", "content": MAX_PT}),
        (4711, {"code": {"text": MAX_PT}}),
        (4711, [{"inner": json.dumps({"sql": MAX_PT})}]),
    ],
)
def test_sql_inside_json_is_looked_at(kind: NodeType | int, content: object) -> None:
    """The line is the one that people see in the editor, not one of the JSON."""
    decision = ask(COMMIT, {}, **_given(json.dumps(content)), fileType=kind)
    assert (decision.denied, decision.message) == (True, CALLS_MAX_PT)


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        (NodeType.EMR_HIVE, {**_HIVE, "properties": {"arguments": ["SELECT 'MAX_PT(1)' -- MAX_PT(1)"]}}),
        (NodeType.CONTROLLER_ASSIGNMENT, {"language": "odps", "content": "SELECT 1"}),
        (NodeType.CONTROLLER_ASSIGNMENT, {"language": "shell", "content": "echo $(MAX_PT(1))"}),
        (NodeType.CONTROLLER_ASSIGNMENT, {"language": "Python", "content": "print(MAX_PT(1))"}),
    ],
)
def test_json_without_a_forbidden_call_is_allowed(kind: NodeType, content: object) -> None:
    assert ask(COMMIT, {}, **_given(json.dumps(content)), fileType=kind).verdict is Verdict.OK


def test_what_only_begins_like_json_is_looked_at_as_it_is() -> None:
    assert ask(COMMIT, {}, **_given("{" + MAX_PT), fileType=NodeType.EMR_HIVE).denied


@BOTH
@pytest.mark.parametrize("kind", [NodeType.SHELL, "SHELL", NodeType.PYODPS3, NodeType.DI, NodeType.VIRTUAL])
def test_other_kinds_of_files_are_not_fetched(code: str, kind: NodeType | str) -> None:
    assert ask(code, {}, snapshot=NEVER_ASKED, fileType=kind).reasons == ()


@BOTH
@pytest.mark.parametrize(("kind", "denied"), [(NodeType.ODPS_SQL, True), (4711, False), ("SQL_OF_TOMORROW", False)])
def test_a_kind_that_nobody_knew_yet_may_have_no_code(code: str, kind: NodeType | int | str, denied: bool) -> None:
    """As resources have none; SQL without its code cannot be checked."""
    assert ask(code, {}, snapshot=committed_file(content=None), fileType=kind).denied is denied


@BOTH
@pytest.mark.parametrize("change", ["2", "DELETE"])
def test_a_deletion_is_not_fetched(code: str, change: str) -> None:
    """Who removes a forbidden call with its file is not stopped by it."""
    assert ask(code, {}, snapshot=NEVER_ASKED, changeType=change).reasons == ()


@BOTH
@pytest.mark.parametrize(
    "snapshot",
    [OSError("not today"), file_execution(), None],
    ids=["refused", "of another event", "not there"],
)
def test_code_that_cannot_be_had_is_denied(code: str, snapshot: Any) -> None:
    """The rule fails closed."""
    decision = ask(code, {}, snapshot=snapshot)
    assert decision.denied
    assert decision.message.splitlines()[0] == NOT_CHECKED


@pytest.mark.parametrize(
    "options",
    [OSError("not today"), {"checkStatus": "PERHAPS"}, {"forbiddenFunctions": "MAX_PT"}, {"sql": {"check": "WARN"}}],
    ids=["refused", "a value", "no list", "a name"],
)
def test_options_that_cannot_be_had_or_read_are_denied(options: Any) -> None:
    """Every rule that looks fails closed: the options could change any of them."""
    decision = ask(DEPLOY, {}, snapshot=committed_file(), options=options)
    assert decision.denied
    assert NOT_CHECKED in decision.message.splitlines()


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        ("SQL_FORBIDDEN_FUNCTIONS", "MAX_PT()", "a function is written by its bare name: MAX_PT"),
        ("SQL_CHECK_STATUS", "DENY", "Input should be 'WARN' or 'FAIL'"),
    ],
)
def test_a_setting_that_cannot_be_read_is_a_problem(setting: str, value: str, problem: str) -> None:
    """The problem names the variable, and the rule fails closed."""
    assert problems({setting: value}) == (f"{setting}: {problem}",)
    assert NOT_CHECKED in ask(DEPLOY, {setting: value}, **_given()).message.splitlines()


@pytest.mark.parametrize(("choice", "verdict"), [("deny", Verdict.FAIL), ("warn", Verdict.WARN), ("allow", Verdict.OK)])
def test_code_whose_text_does_not_end_cannot_be_checked(choice: str, verdict: Verdict) -> None:
    """Nobody can tell which calls are code."""
    decision = ask(COMMIT, {"SQL_SQL_UNREADABLE": choice}, **_given("SELECT 'x, MAX_PT('orders')"))
    assert decision.verdict is verdict
