"""The rules of the example pack for files: each with its setting, without it, and with the options of a workspace."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from typing import Any

import pytest

from dataworks_ext import Verdict
from dataworks_ext.testing import committed_file
from dataworks_ext.types import Holidays
from policies.file_settings import FileSettings

from .asking import ask, policies_of, problems

COMMIT, DEPLOY = "commit-file", "deploy-file"
BOTH = pytest.mark.parametrize("code", [COMMIT, DEPLOY])
COMMON_DAY = datetime(2026, 3, 2, 2, 0, tzinfo=timezone.utc)
"""A Monday, 10:00 in Shanghai."""
SINGLES_DAY = datetime(2026, 11, 11, 2, 0, tzinfo=timezone.utc)
"""A Wednesday, 10:00 in Shanghai."""
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
    """A rule whose setting was not made does nothing; that of MAX_PT is made."""
    assert policies_of(ask(code, {}, **_given())) == ["sql.forbidden_functions"]


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
    assert policies_of(decision) == [policy, "sql.forbidden_functions"]
    assert decision.verdict is Verdict.OK


def test_without_any_function_the_code_is_not_looked_at() -> None:
    assert ask(COMMIT, {"SQL_FORBIDDEN_FUNCTIONS": "[]"}, **_given("select max_pt(1)")).reasons == ()


def test_running_and_deleting_are_nobody_s_concern() -> None:
    assert ask("run-file", {}).reasons == ask("delete-file", {}).reasons == ()


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
    assert set(_could_not_be_checked("release_freeze", "deployers")) <= set(decision.message.splitlines())
