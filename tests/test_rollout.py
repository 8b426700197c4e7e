"""Policies that begin in shadow, are announced, and then enforced; and what overrides that."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataworks_ext import (
    Decision,
    Extension,
    Outcome,
    PolicyContext,
    PolicyPack,
    RegistrationError,
    Verdict,
    deny,
    warn,
)
from dataworks_ext.events import DownloadResources
from dataworks_ext.rollout import Rollout
from dataworks_ext.settings import Configuration
from dataworks_ext.testing import decide, function_compute_message, sample

UTC8 = timezone(timedelta(hours=8))
JANUARY = date(2027, 1, 10)
EVENT = sample(DownloadResources, query_dw_project_id=90004)

pack = PolicyPack("exports")


@pack.policy(DownloadResources, mode="shadow", enforce_from=JANUARY, announce_days=3)
def growing(event: DownloadResources) -> Outcome | None:
    """Denies."""
    return deny("Not any more.", zh="不再允许。") if event.file_name != "small.csv" else warn("Soon.")


@pack.policy(DownloadResources)
def steady(_event: DownloadResources, context: PolicyContext[Any]) -> Outcome | None:
    """Warns."""
    return warn(f"In {context.language}.", zh=f"语言：{context.language}。")


extension = Extension("guard", [pack])


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC8)


def _ask(moment: str = "2027-01-08T12:00", environment: dict[str, str] | None = None, **changes: Any) -> Decision:
    event = sample(DownloadResources, **{"query_dw_project_id": 90004, **changes})
    return decide(extension, event, now=_at(moment), environment=environment)


def _modes(modes: str, moment: str = "2027-01-08T12:00", **changes: Any) -> dict[str, str]:
    decision = _ask(moment, {"DATAWORKS_EXT_MODES": modes}, **changes)
    return {reason.policy.partition(".")[2]: reason.mode for reason in decision.reasons}


# By itself


@pytest.mark.parametrize(
    ("moment", "mode"),
    [
        ("2026-01-01T00:00", "shadow"),
        ("2027-01-06T23:59:59", "shadow"),
        ("2027-01-07T00:00", "warn"),
        ("2027-01-09T23:59:59", "warn"),
        ("2027-01-10T00:00", "enforce"),
        ("2027-06-01T00:00", "enforce"),
    ],
)
def test_a_policy_is_in_shadow_then_announced_then_enforced(moment: str, mode: str) -> None:
    assert _ask(moment).reasons[0].mode == mode


def test_a_warning_announces_from_when_on_it_is_denied() -> None:
    decision = _ask()
    assert decision.verdict is Verdict.WARN
    assert decision.message == "Not any more. From 10 January 2027 on, this is denied.\nIn en."


def test_the_announcement_is_in_the_language_of_the_person() -> None:
    decision = _ask(environment={"DATAWORKS_EXT_LANGUAGE": "zh"})
    assert decision.message == "不再允许。自 2027 年 1 月 10 日起，此类操作将被禁止。\n语言：zh。"


def test_what_stays_a_warning_is_not_announced_as_a_denial() -> None:
    assert _ask(file_name="small.csv").message == "Soon.\nIn en."


def test_before_and_after_the_announcement_there_is_none() -> None:
    assert _ask("2027-01-01T12:00").message == "In en."
    assert _ask("2027-01-10T12:00").message == "Not any more.\nIn en."


def test_one_extension_changes_while_it_runs() -> None:
    """Its plans are kept, and yet the day counts."""
    verdicts = [extension.decide(EVENT, _request(day)).verdict for day in (1, 8, 10, 8, 1)]
    assert verdicts == ["WARN", "WARN", "FAIL", "WARN", "WARN"]


def _request(day: int) -> Any:
    from dataworks_ext import Request

    return Request(now=datetime(2027, 1, day, 12, tzinfo=UTC8))


@given(
    st.dates(date(2000, 1, 1), date(2100, 1, 1)),
    st.integers(0, 365),
    st.datetimes(datetime(1990, 1, 1), datetime(2110, 1, 1), timezones=st.timezones()),
    st.timedeltas(timedelta(), timedelta(days=800)),
)
def test_a_mode_only_ever_gets_stricter(day: date, announce_days: int, moment: datetime, more: timedelta) -> None:
    rollout = Rollout(day, announce_days)
    order = ["shadow", "warn", "enforce"]
    assert order.index(rollout.mode_at(moment)) <= order.index(rollout.mode_at(moment.astimezone(timezone.utc) + more))
    assert (rollout.mode_at(moment) == "enforce") == (moment.astimezone(UTC8).date() >= day)


# What overrides it


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        ("", {"growing": "warn", "steady": "enforce"}),
        ("exports.growing=enforce", {"growing": "enforce", "steady": "enforce"}),
        ("*=shadow", {"growing": "shadow", "steady": "shadow"}),
        ("exports.growing=off", {"steady": "enforce"}),
        ("exports.steady=warn", {"growing": "warn", "steady": "warn"}),
        ("exports.*@90004=shadow", {"growing": "shadow", "steady": "shadow"}),
        ("exports.*@5=shadow", {"growing": "warn", "steady": "enforce"}),
        ("exports.*@90004=shadow,exports.growing=enforce", {"growing": "shadow", "steady": "shadow"}),
        ("exports.growing@90004=off", {"steady": "enforce"}),
        ("exports.growing=off；exports.growing@90004=enforce", {"growing": "enforce", "steady": "enforce"}),
        ("*@90004=warn、exports.growing@90004=enforce", {"growing": "enforce", "steady": "warn"}),
        ("exports.growing @ 90004 = enforce", {"growing": "enforce", "steady": "enforce"}),
    ],
)
def test_the_environment_overrides_it_and_a_workspace_overrides_the_rest(modes: str, expected: dict[str, str]) -> None:
    assert _modes(modes) == expected


def test_an_event_without_a_workspace_gets_the_general_mode() -> None:
    """Likewise one whose workspace cannot be read."""
    environment = {"DATAWORKS_EXT_MODES": "exports.*@90004=off,exports.*=shadow"}
    for workspace in (None, "many"):
        message = function_compute_message("download-resources", queryDwProjectId=workspace)
        reasons = decide(extension, message, now=_at("2027-01-08T12:00"), environment=environment).reasons
        assert [reason.mode for reason in reasons] == ["shadow", "shadow"]


@pytest.mark.parametrize("item", ["exports.*@=shadow", "exports.*@prod=shadow", "@90004=shadow", "a@1@2=shadow"])
def test_a_workspace_is_an_id(item: str) -> None:
    (problem,) = extension.configuration_in({"DATAWORKS_EXT_MODES": item}).problems
    assert problem.startswith("DATAWORKS_EXT_MODES: an entry is policy=mode, or policy@workspace=mode")


def test_the_kit_overrides_it_at_all_times() -> None:
    environment = {"DATAWORKS_EXT_MODES": "exports.growing@90004=enforce"}
    decision = decide(
        extension, EVENT, modes={"exports.growing": "shadow"}, environment=environment, now=_at("2027-06-01T12:00")
    )
    assert decision.reasons[0].mode == "shadow"


def test_what_is_in_force_says_what_it_announces() -> None:
    configuration: Configuration = extension.configuration_in({})
    assert configuration.modes.of("exports.growing", _at("2027-01-08T12:00")) == ("warn", JANUARY)
    assert configuration.modes.of("exports.growing", _at("2027-01-10T12:00")) == ("enforce", None)


# Registration


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"enforce_from": JANUARY}, "enforce_from needs mode=\"shadow\", its mode until then; got 'enforce'"),
        ({"mode": "shadow", "enforce_from": _at("2027-01-10")}, r"should be a day, such as date\(2027, 1, 31\)"),
        ({"mode": "shadow", "enforce_from": "2027-01-10"}, "should be a day"),
        ({"mode": "shadow", "enforce_from": JANUARY, "announce_days": -1}, "a number from 0 to 365, got -1"),
        ({"mode": "shadow", "enforce_from": JANUARY, "announce_days": True}, "a number from 0 to 365"),
        ({"severity": "fatal"}, "severity should be one of high, medium, low, got 'fatal'"),
        ({"owner": " "}, "owner should name a person or a team"),
        ({"url": "wiki/rules"}, "url should be an address"),
        ({"url": "https://example.com/" + "a" * 140}, "a text has room for 150"),
    ],
)
def test_a_wrong_option_says_what_to_write(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(RegistrationError, match=problem):
        PolicyPack("p").policy("download-resources", id="x", **options)(lambda _event: None)


# Who answers


def test_a_policy_has_the_owner_and_the_page_of_its_pack_unless_it_has_its_own() -> None:
    owned = PolicyPack("owned", owner="Data platform", url="https://example.com/rules")
    owned.policy("download-resources", id="a")(lambda _event: None)
    owned.policy("download-resources", id="b", owner="Li Wei", url="https://example.com/b", severity="high")(
        lambda _event: None
    )
    first, second = owned.policies
    assert (first.owner, first.url, first.severity) == ("Data platform", "https://example.com/rules", None)
    assert (second.owner, second.url, second.severity) == ("Li Wei", "https://example.com/b", "high")


@pytest.mark.parametrize(
    ("language", "text"),
    [("en", "No. Read more: https://example.com/b"), ("zh", "不行。详情请见：https://example.com/b")],
)
def test_a_text_ends_with_where_to_read_more(language: str, text: str) -> None:
    owned = Extension("guard", url="https://example.com/b")
    owned.policy("download-resources", id="a")(lambda _event: deny("No.", zh="不行。"))
    assert decide(owned, EVENT, environment={"DATAWORKS_EXT_LANGUAGE": language}).message == text


def test_an_address_stays_whole_where_the_text_is_cut() -> None:
    owned = Extension("guard", url="https://example.com/b")
    owned.policy("download-resources", id="a")(lambda _event: deny("No. " * 100))
    message = decide(owned, EVENT).message
    assert len(message) <= 300
    assert message.endswith("… Read more: https://example.com/b")
