"""The rules of the example pack for files: each with its setting, without it, and with the options of a workspace."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta, timezone
from typing import Any

import pytest

from dataworks_ext import Verdict
from dataworks_ext.events import NodeType
from dataworks_ext.testing import committed_file, file_execution
from dataworks_ext.types import Holidays
from policies.files import FileSettings

from .asking import ask, policies_of, problems

COMMIT, DEPLOY = "commit-file", "deploy-file"
BOTH = pytest.mark.parametrize("code", [COMMIT, DEPLOY])
COMMON_DAY = datetime(2026, 3, 2, 2, 0, tzinfo=timezone.utc)
"""A Monday, 10:00 in Shanghai."""
SINGLES_DAY = datetime(2026, 11, 11, 2, 0, tzinfo=timezone.utc)
"""A Wednesday, 10:00 in Shanghai."""
MAX_PT = "SELECT *\nFROM orders\nWHERE ds = MAX_PT('orders');"
CALLS_MAX_PT = "The code calls a forbidden function, first in line 3: MAX_PT. Replace the calls."
NEVER_ASKED = AssertionError("nobody should have asked")
OWNER, DEPLOYER, SOMEBODY = "1001", "1002", "1003"


def _given(content: str = "SELECT 1;", **options: Any) -> dict[str, Any]:
    """That code, and those options in every workspace."""
    return {"snapshot": committed_file(content=content), "options": options}


def _could_not_be_checked(*policies: str) -> list[str]:
    return [f"The rule files.{policy} could not be checked." for policy in policies]


# Without settings


@BOTH
def test_a_published_file_is_allowed(code: str) -> None:
    assert ask(code, {}, **_given()).verdict is Verdict.OK


@BOTH
def test_without_settings_only_the_code_is_looked_at(code: str) -> None:
    """A rule whose setting was not made does nothing."""
    assert policies_of(ask(code, {}, **_given())) == ["files.forbidden_functions"]


@pytest.mark.parametrize(
    ("setting", "value", "policy"),
    [
        ("FILES_FREEZE_DATES", "2026-11-11", "files.release_freeze"),
        ("FILES_FREEZE_WEEKDAYS", "Sat,Sun", "files.release_freeze"),
        ("FILES_FREEZE_HOLIDAYS", "true", "files.release_freeze"),
        ("FILES_FREEZE_HOURS", "18:00-09:00", "files.release_freeze"),
        ("FILES_DEPLOYERS", "191223248874735", "files.deployers"),
    ],
)
def test_with_its_setting_a_rule_looks(setting: str, value: str, policy: str) -> None:
    decision = ask(DEPLOY, {setting: value}, **_given(), now=COMMON_DAY)
    assert policies_of(decision) == ["files.forbidden_functions", policy]
    assert decision.verdict is Verdict.OK


def test_without_any_function_the_code_is_not_looked_at() -> None:
    assert ask(COMMIT, {"FILES_FORBIDDEN_FUNCTIONS": "[]"}, **_given(MAX_PT)).reasons == ()


def test_running_and_deleting_are_nobody_s_concern() -> None:
    assert ask("run-file", {}).reasons == ask("delete-file", {}).reasons == ()


# Forbidden functions


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
        ({"files": {"checkStatus": "FAIL"}}, Verdict.FAIL),
        ({"files": {}, "checkStatus": "FAIL"}, Verdict.WARN),
        ({"commands": "something else"}, Verdict.WARN),
    ],
)
def test_the_option_overrides_the_environment(options: dict[str, Any], verdict: Verdict) -> None:
    decision = ask(COMMIT, {"FILES_CHECK_STATUS": "WARN"}, **_given(MAX_PT, **options))
    assert decision.verdict is verdict


@pytest.mark.parametrize(
    ("settings", "options", "text"),
    [
        ({"FILES_FORBIDDEN_FUNCTIONS": "sleep"}, {}, ""),
        ({"FILES_FORBIDDEN_FUNCTIONS": "sleep, Rand"}, {}, "first in line 2: Rand. "),
        ({"FILES_FORBIDDEN_FUNCTIONS": "MAX_PT, RAND"}, {}, "first in line 2: RAND and MAX_PT. "),
        ({}, {"forbiddenFunctions": ["RAND"]}, "first in line 2: RAND. "),
        ({}, {"forbiddenFunctions": []}, ""),
        ({"FILES_FORBIDDEN_FUNCTIONS": "[]"}, {"forbiddenFunctions": ["RAND"]}, "first in line 2: RAND. "),
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
        (NodeType.EMR_HIVE, {**_HIVE, "properties": {"arguments": ["SELECT 1", MAX_PT]}}),
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
    assert decision.message.splitlines()[0:1] == _could_not_be_checked("forbidden_functions")


@pytest.mark.parametrize(
    "options",
    [OSError("not today"), {"checkStatus": "PERHAPS"}, {"forbiddenFunctions": "MAX_PT"}, {"files": {"check": "WARN"}}],
    ids=["refused", "a value", "no list", "a name"],
)
def test_options_that_cannot_be_had_or_read_are_denied(options: Any) -> None:
    """Every rule that looks fails closed: the options could change any of them."""
    decision = ask(DEPLOY, {}, snapshot=committed_file(), options=options)
    assert decision.denied
    assert decision.message.splitlines() == _could_not_be_checked("forbidden_functions", "release_freeze", "deployers")


# The freeze


@BOTH
def test_on_a_freeze_day_nothing_is_released(code: str) -> None:
    decision = ask(code, {"FILES_FREEZE_DATES": "2026-11-10/2026-11-12"}, **_given(), now=SINGLES_DAY)
    assert (decision.verdict, decision.message) == (
        Verdict.FAIL,
        "Nothing is committed or deployed during the freeze. It ends on 13 November 2026 at 00:00 (Asia/Shanghai).",
    )


@BOTH
def test_on_another_day_it_is(code: str) -> None:
    decision = ask(code, {"FILES_FREEZE_DATES": "2026-11-10/2026-11-12"}, **_given(), now=COMMON_DAY)
    assert decision.verdict is Verdict.OK


@pytest.mark.parametrize(
    ("settings", "now", "end"),
    [
        ({"FILES_FREEZE_DATES": "2026-10-30, 2026-11-11"}, SINGLES_DAY, "12 November 2026 at 00:00 (Asia/Shanghai)"),
        ({"FILES_FREEZE_WEEKDAYS": "Wed,Thu"}, SINGLES_DAY, "13 November 2026 at 00:00 (Asia/Shanghai)"),
        ({"FILES_FREEZE_HOURS": "09:30-18:00"}, SINGLES_DAY, "11 November 2026 at 18:00 (Asia/Shanghai)"),
        (
            {"FILES_FREEZE_WEEKDAYS": "Tue", "FILES_TIME_ZONE": "America/New_York"},
            SINGLES_DAY,
            "11 November 2026 at 00:00 (America/New_York)",
        ),
        ({"FILES_FREEZE_WEEKDAYS": "Tue"}, SINGLES_DAY, ""),
        ({"FILES_FREEZE_HOURS": "18:00-09:00"}, SINGLES_DAY, ""),
        ({"FILES_FREEZE_HOLIDAYS": "true"}, SINGLES_DAY, ""),
        (
            {"FILES_FREEZE_HOLIDAYS": "true"},
            datetime(2026, 10, 1, 2, tzinfo=timezone.utc),
            "8 October 2026 at 00:00 (Asia/Shanghai)",
        ),
        ({"FILES_FREEZE_HOLIDAYS": "true"}, datetime(2026, 10, 10, 2, tzinfo=timezone.utc), ""),
        (
            {"FILES_FREEZE_HOLIDAYS": "true"},
            datetime(2026, 10, 17, 2, tzinfo=timezone.utc),
            "19 October 2026 at 00:00 (Asia/Shanghai)",
        ),
    ],
)
def test_the_freeze(settings: dict[str, str], now: datetime, end: str) -> None:
    """The text says when it ends. The 10th of October 2026 is a Saturday on which people in China work."""
    decision = ask(COMMIT, settings, **_given(), now=now)
    wanted = f"Nothing is committed or deployed during the freeze. It ends on {end}." if end else ""
    assert (decision.denied, decision.message) == (bool(end), wanted)


def test_a_freeze_without_an_end_names_none() -> None:
    decision = ask(COMMIT, {"FILES_FREEZE_DATES": "2026-01-01/2026-12-31"}, **_given(), now=COMMON_DAY)
    assert decision.denied
    assert decision.message == (
        "Nothing is committed or deployed during the freeze. Ask the owners of the platform when it ends."
    )


def test_in_a_year_whose_holidays_nobody_knows_nothing_is_released() -> None:
    """The rule fails closed."""
    now = datetime(2099, 6, 1, tzinfo=timezone.utc)
    decision = ask(COMMIT, {"FILES_FREEZE_HOLIDAYS": "true"}, **_given(), now=now)
    assert (decision.denied, decision.message.splitlines()) == (True, _could_not_be_checked("release_freeze"))


@pytest.mark.parametrize("days_ahead", [61, 60, 1])
def test_the_end_of_the_calendar_is_told_60_days_before(days_ahead: int) -> None:
    """By the record and by the doctor; nobody is stopped by it yet."""
    end = Holidays().end(COMMON_DAY.date())
    noon = datetime.combine(end, time(4), timezone.utc)
    settings = FileSettings(freeze_holidays=True)
    warnings = settings.warnings(noon - timedelta(days=days_ahead))
    assert bool(warnings) is (days_ahead <= 60)
    weekday = {"FILES_FREEZE_HOLIDAYS": "true", "FILES_FREEZE_WORKING_DAYS": f"{end - timedelta(days=70)}/{end}"}
    decision = ask(COMMIT, weekday, **_given(), now=noon - timedelta(days=days_ahead))
    [reason] = [reason for reason in decision.reasons if reason.policy == "files.release_freeze"]
    assert (decision.verdict, reason.message) == (Verdict.OK, "; ".join(warnings))
    if warnings:
        assert f"the holidays after {end} are not known" in warnings[0]


def test_nobody_is_told_of_a_calendar_that_nobody_asks() -> None:
    assert FileSettings().warnings(datetime(2099, 1, 1, tzinfo=timezone.utc)) == []


def test_days_by_hand_put_off_the_end_of_the_calendar() -> None:
    now = datetime(2099, 6, 1, 2, tzinfo=timezone.utc)
    settings = {"FILES_FREEZE_HOLIDAYS": "true", "FILES_FREEZE_DAYS_OFF": "2099-01-01,2099-10-01/2099-10-07"}
    assert ask(COMMIT, settings, **_given(), now=now).allowed
    assert ask(COMMIT, settings, **_given(), now=now.replace(month=10)).denied


@pytest.mark.parametrize(
    ("options", "denied"),
    [
        ({}, True),
        ({"freezeDates": []}, False),
        ({"freezeDates": ["2026-11-11"]}, True),
        ({"freezeDates": ["2026-11-12/2026-11-13"]}, False),
        ({"timeZone": "America/New_York"}, False),
    ],
)
def test_a_workspace_may_have_a_freeze_of_its_own(options: dict[str, Any], denied: bool) -> None:
    """In New York, it is still the evening before."""
    decision = ask(COMMIT, {"FILES_FREEZE_DATES": "2026-11-11"}, **_given(**options), now=SINGLES_DAY)
    assert decision.denied is denied


# Deployers


@pytest.mark.parametrize(
    ("owners_deploy", "operator", "text"),
    [
        ("", DEPLOYER, ""),
        ("", OWNER, ""),
        (
            "",
            SOMEBODY,
            "Files are deployed by the deployers and by their owners only. Ask one of them to deploy this one.",
        ),
        ("false", DEPLOYER, ""),
        ("false", OWNER, "Files are deployed by the deployers only. Ask one of them to deploy this one."),
        ("false", SOMEBODY, "Files are deployed by the deployers only. Ask one of them to deploy this one."),
    ],
)
def test_the_deployers(owners_deploy: str, operator: str, text: str) -> None:
    settings = {"FILES_DEPLOYERS": f"1000, {DEPLOYER}", "FILES_OWNERS_DEPLOY": owners_deploy}
    decision = ask(DEPLOY, settings, **_given(), operator=operator, fileOwner=OWNER)
    assert (decision.denied, decision.message) == (bool(text), text)


def test_anybody_commits() -> None:
    settings = {"FILES_DEPLOYERS": DEPLOYER, "FILES_OWNERS_DEPLOY": "false"}
    decision = ask(COMMIT, settings, **_given(), operator=SOMEBODY)
    assert decision.verdict is Verdict.OK
    assert "files.deployers" not in policies_of(decision)


# Settings that cannot be read


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        ("FILES_FORBIDDEN_FUNCTIONS", "MAX_PT()", "a function is written by its bare name: MAX_PT"),
        ("FILES_CHECK_STATUS", "DENY", "Input should be 'WARN' or 'FAIL'"),
        (
            "FILES_FREEZE_DATES",
            "2026-11-11,tomorrow",
            "a day is written as 2026-11-11, days in a row as 2026-11-10/2026-11-12",
        ),
        ("FILES_FREEZE_WEEKDAYS", "Holiday", "Input should be 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat' or 'Sun'"),
        ("FILES_FREEZE_HOURS", "18-9", "hours are written as 09:00-18:00"),
        ("FILES_TIME_ZONE", "Mars/Olympus", "there is no time zone 'Mars/Olympus'; write it as Asia/Shanghai"),
    ],
)
def test_a_setting_that_cannot_be_read_is_a_problem(setting: str, value: str, problem: str) -> None:
    """The problem names the variable, and every rule of the pack fails closed."""
    decision = ask(DEPLOY, {setting: value}, **_given())
    assert problems({setting: value}) == (f"{setting}: {problem}",)
    assert decision.message.splitlines() == _could_not_be_checked("forbidden_functions", "release_freeze", "deployers")
