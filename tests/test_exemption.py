"""Exemptions: for whom they hold, until when, what they take away, and what they cost."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataworks_ext import (
    Decision,
    Exemption,
    Extension,
    Outcome,
    PolicyPack,
    RegistrationError,
    Request,
    Verdict,
    deny,
    warn,
)
from dataworks_ext.events import BackfillData, DownloadResources, Event, read_event
from dataworks_ext.message import read_message
from dataworks_ext.testing import DataWorks, decide, function_compute_message, sample, sample_payload
from tests.examples import MANY

UTC8: Final = timezone(timedelta(hours=8))
TODAY: Final = datetime.now(UTC8).date()
NOW: Final = datetime.now(timezone.utc)
ALICE, BOB = "14931896037123456", "25931896037123456"

pack = PolicyPack("exports")
others = PolicyPack("others")


@pack.policy(DownloadResources)
def row_limit(event: DownloadResources) -> Outcome | None:
    """Denies what is large."""
    return deny("Too many rows.") if event.data_row_size > 10 else None


@pack.policy(DownloadResources)
def hint(_event: DownloadResources) -> Outcome:
    """Warns."""
    return warn("Think twice.")


@others.policy(DownloadResources, workspaces=[66])
def broken(_event: DownloadResources) -> Outcome | None:
    """Fails, in one workspace."""
    raise ZeroDivisionError


def granted(policy: str = "exports.row_limit", until: date | datetime = TODAY, **more: Any) -> Exemption:
    return Exemption(policy, **{"until": until, "owner": "Li Wei", "reason": "Year-end closing", **more})


def guard(*exemptions: Exemption) -> Extension:
    return Extension("guard", [pack, others], exemptions=exemptions)


def ask(*exemptions: Exemption, now: datetime = NOW, **changes: Any) -> Decision:
    event = sample(DownloadResources, **{"operator_uid": ALICE, "query_dw_project_id": 90004, **changes})
    return decide(guard(*exemptions), event, now=now)


def exempted(decision: Decision) -> list[str]:
    return [reason.policy for reason in decision.reasons if reason.exempted_by is not None]


# What it takes away


def test_a_denial_has_no_effect_and_its_reason_says_what_was_found() -> None:
    decision = ask(granted(), granted("exports.hint"))
    reason = decision.reasons[0]
    assert decision == (Verdict.OK, "", decision.reasons)
    assert (reason.verdict, reason.message, reason.effect) == (Verdict.FAIL, "Too many rows.", Verdict.OK)


def test_the_reason_says_who_granted_it_until_when_and_why() -> None:
    exemption = ask(granted(url="https://tickets.example.com/7")).reasons[0].exempted_by
    assert exemption is not None
    assert (exemption.owner, exemption.until, exemption.reason) == ("Li Wei", TODAY, "Year-end closing")
    assert exemption.url == "https://tickets.example.com/7"


def test_other_policies_keep_their_effect() -> None:
    decision = ask(granted())
    assert (decision.verdict, decision.message) == (Verdict.WARN, "Think twice.")


def test_a_warning_has_no_effect_either() -> None:
    decision = ask(granted("exports.hint"), data_row_size=1)
    assert (decision.verdict, decision.message) == (Verdict.OK, "")


def test_a_failure_of_an_exempted_policy_stops_nobody() -> None:
    decision = ask(granted("others.broken"), granted("exports.*"), query_dw_project_id=66)
    assert decision.verdict is Verdict.OK
    assert isinstance(decision.reasons[2].error, ZeroDivisionError)
    assert exempted(decision) == ["exports.row_limit", "exports.hint", "others.broken"]


def test_a_policy_without_an_objection_is_not_exempted() -> None:
    assert exempted(ask(granted(), data_row_size=1)) == []


def test_a_copy_of_an_exempted_reason_can_be_hashed() -> None:
    assert len({ask(granted(match={"file_name": "*"})).reasons[0]}) == 1


# For whom


@pytest.mark.parametrize(
    ("conditions", "holds"),
    [
        ({}, True),
        ({"operators": [ALICE]}, True),
        ({"operators": [BOB, ALICE]}, True),
        ({"operators": [BOB]}, False),
        ({"workspaces": [90004]}, True),
        ({"workspaces": [1]}, False),
        ({"operators": [ALICE], "workspaces": [1]}, False),
        ({"match": {"datasource_name": "odps_*"}}, True),
        ({"match": {"datasource_name": "odps"}}, False),
        ({"match": {"datasource_name": "ODPS_*"}}, False),
        ({"match": {"datasource_name": "odps_*", "file_name": "*.xlsx"}}, False),
        ({"match": {"module_type": "sqlx_query"}}, True),
        ({"match": {"data_row_size": "123456"}}, True),
        ({"match": {"data_row_size": "12345"}}, False),
        ({"match": {"data_row_sise": "*"}}, False),
        ({"match": {"raw": "*"}}, False),
    ],
)
def test_all_that_is_given_must_hold(conditions: Mapping[str, Any], holds: bool) -> None:
    changes: dict[str, Any] = {"datasource_name": "odps_first", "file_name": "staff.csv", "data_row_size": 123456}
    assert exempted(ask(granted(**conditions), **changes)) == ["exports.row_limit"] * holds


@pytest.mark.parametrize(("pattern", "holds"), [("[57]", True), ("5", False), ("*", True)])
def test_of_several_values_all_have_to_match(pattern: str, holds: bool) -> None:
    event = sample(BackfillData, include_node_ids=[5, 7])
    assert granted(match={"include_node_ids": pattern}).holds(event, NOW) is holds


def test_no_value_matches_nothing() -> None:
    event = sample(BackfillData, include_node_ids=[])
    assert not granted(match={"include_node_ids": "*"}).holds(event, NOW)


@pytest.mark.parametrize(
    ("conditions", "payload"),
    [
        ({"match": {"file_size": "*"}}, {"fileSize": "many"}),
        ({"match": {"file_name": "*"}}, {"fileName": None}),
        ({"operators": [ALICE]}, {"operatorUid": {"a": 1}}),
        ({"workspaces": [90004]}, {"queryDwProjectId": "many"}),
    ],
)
def test_what_cannot_be_read_does_not_match(conditions: Mapping[str, Any], payload: Mapping[str, Any]) -> None:
    event = read_event(DownloadResources, {**sample_payload("download-resources"), **payload})
    assert not granted(**conditions).holds(event, NOW)


@pytest.mark.parametrize("policy", ["exports.row_limit", "exports.*", "*.row_limit", "*", "exports.row_[kl]imit"])
def test_a_policy_is_an_id_or_a_pattern(policy: str) -> None:
    assert "exports.row_limit" in exempted(ask(granted(policy)))


@pytest.mark.parametrize("policy", ["exports", "row_limit", "exports.row", "EXPORTS.*"])
def test_a_policy_of_another_name_is_not_exempted(policy: str) -> None:
    assert exempted(ask(granted(policy))) == []


def test_fields_are_those_of_the_event_even_for_a_policy_on_every_event() -> None:
    extension = Extension("guard", exemptions=[granted("guard.all", match={"file_name": "*.csv"})])

    @extension.policy("*", id="all")
    def deny_all(event: Event) -> Outcome:
        return deny(f"No {event.event_code}.")

    assert decide(extension, sample(DownloadResources, file_name="staff.csv"), now=NOW).allowed
    assert decide(extension, sample(DownloadResources, file_name="staff.txt"), now=NOW).denied


# Until when


@pytest.mark.parametrize(
    ("now", "holds"),
    [
        ("2026-12-31T23:59:59.999999+08:00", True),
        ("2026-12-31T15:59:59+00:00", True),
        ("2027-01-01T00:00:00+08:00", False),
        ("2026-12-31T16:00:00+00:00", False),
        ("2020-01-01T00:00:00+00:00", True),
    ],
)
def test_a_day_is_the_last_one_in_utc8(now: str, holds: bool) -> None:
    assert granted(until=date(2026, 12, 31)).holds(sample(DownloadResources), datetime.fromisoformat(now)) is holds


def test_a_moment_is_the_last_one() -> None:
    end = datetime(2026, 12, 31, 18, tzinfo=UTC8)
    exemption = granted(until=end)
    assert exemption.holds(None, end.astimezone(timezone.utc))
    assert not exemption.holds(None, end + timedelta(microseconds=1))


def test_an_expired_one_is_as_if_it_were_not_there() -> None:
    expired = granted(until=TODAY - timedelta(days=1))
    assert ask(expired)[:2] == ask()[:2]
    gone = guard(granted("exports.gone", until=TODAY - timedelta(days=1)))
    assert gone.configuration_in({}).problems == ()


def test_a_rehearsal_judges_it_as_of_another_day() -> None:
    """The message is an old one, and the exemption is asked about today."""
    extension, event = guard(granted(until=TODAY)), sample(DownloadResources)
    tomorrow = NOW + timedelta(days=1)
    assert exempted(extension.decide(event, Request(now=tomorrow, as_of=NOW))) == ["exports.row_limit"]
    assert exempted(extension.decide(event, Request(now=NOW, as_of=tomorrow))) == []


# What is wrong with it


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ({"policy": " "}, "policy should be a text that is not empty"),
        ({"owner": ""}, "exemption of exports.row_limit: owner should be a text that is not empty, got ''"),
        ({"reason": " "}, "reason should be a text that is not empty"),
        ({"until": "2026-12-31"}, r"until should be a day, such as date\(2027, 1, 31\)"),
        ({"until": datetime(2026, 12, 31)}, r"until has no time zone; write a day, or 2026-12-31T00:00:00\+08:00"),
        ({"operators": ALICE}, "operators should be a list such as"),
        ({"operators": [14931896037123456]}, "operators should be a list such as"),
        ({"workspaces": ["90004"]}, r"workspaces should be a list such as \[90004\]"),
        ({"workspaces": 90004}, "workspaces should be a list"),
        ({"operators": []}, "operators is an empty list; leave it out if all of them are meant"),
        ({"workspaces": set()}, "workspaces is an empty list; leave it out"),
        ({"match": {"file_size": 1}}, "match should give patterns by field"),
        ({"url": "wiki/1"}, "url should be an address"),
    ],
)
def test_a_wrong_value_raises(values: Mapping[str, Any], problem: str) -> None:
    with pytest.raises(RegistrationError, match=problem):
        granted(**{"policy": "exports.row_limit", **values})


def test_it_lasts_180_days_at_most() -> None:
    guard(granted(until=TODAY + timedelta(days=180)))
    with pytest.raises(
        RegistrationError, match=f"an exemption may last 180 days at most: until {TODAY + timedelta(180)}"
    ):
        guard(granted(until=TODAY + timedelta(days=182)))  # the day may end between two looks at the clock


@pytest.mark.parametrize("until", [date.max, datetime.max.replace(tzinfo=timezone.utc)])
def test_it_has_an_end(until: date) -> None:
    with pytest.raises(RegistrationError, match="an exemption may last 180 days at most"):
        guard(granted(until=until))


@pytest.mark.parametrize("wrong", [granted(), ["exports.row_limit"], [None]])
def test_exemptions_are_a_list_of_them(wrong: Any) -> None:
    with pytest.raises(RegistrationError, match="exemptions should be a list of Exemptions"):
        Extension("guard", [pack], exemptions=wrong)


def test_a_policy_that_is_not_there_is_a_problem_with_the_nearest_one() -> None:
    assert guard(granted("exports.rowlimit")).configuration_in({}).problems == (
        'exemption of exports.rowlimit: no policy is called exports.rowlimit; did you mean "exports.row_limit"?',
    )


# The variable


def entry(**values: object) -> dict[str, object]:
    return {"policy": "exports.row_limit", "until": str(TODAY), "owner": "Li Wei", "reason": "Closing", **values}


def from_variable(*entries: object) -> Extension:
    extension = guard()
    extension.configure({"DATAWORKS_EXT_EXEMPTIONS": json.dumps(entries)})
    return extension


def test_the_variable_grants_without_a_deployment() -> None:
    extension = from_variable(entry(operators=[ALICE], workspaces=[90004], match={"file_name": "*"}))
    event = sample(DownloadResources, operator_uid=ALICE, query_dw_project_id=90004)
    assert exempted(extension.decide(event)) == ["exports.row_limit"]
    assert extension.configuration.problems == ()


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        (7, "an exemption should be an object, got int"),
        ({"policy": "exports.*"}, "an exemption needs until, owner, reason"),
        (entry(owner=""), "exemption of exports.row_limit: owner should be a text that is not empty, got ''"),
        (entry(operator=ALICE), "an exemption has no 'operator'; did you mean \"operators\"?"),
        (
            entry(until="soon"),
            "until should be a day, 2027-01-31, or a time with its zone, 2027-01-31T18:00+08:00; got 'soon'",
        ),
        (entry(until="2026-02-31"), "until should be a day"),
        (entry(until="2026-02-03T18:00"), "until should be a day"),
        (entry(until=str(TODAY + timedelta(days=200))), "an exemption may last 180 days at most"),
        (entry(operators=[1]), "operators should be a list"),
    ],
)
def test_a_wrong_entry_is_a_problem_and_the_others_hold(wrong: object, problem: str) -> None:
    extension = from_variable(wrong, entry())
    (found,) = extension.configuration.problems
    assert found.startswith("DATAWORKS_EXT_EXEMPTIONS, entry 1: ")
    assert problem in found
    assert exempted(extension.decide(sample(DownloadResources))) == ["exports.row_limit"]


@pytest.mark.parametrize("text", ["{", '{"policy": "a"}', "7", "[" * 100_000])
def test_a_variable_that_is_no_list_is_a_problem(text: str) -> None:
    configuration = guard().configuration_in({"DATAWORKS_EXT_EXEMPTIONS": text})
    assert len(configuration.problems) == 1
    assert "should be a JSON list" in configuration.problems[0]


@pytest.mark.parametrize("until", ["2027-01-31T18:00+08:00", "2027-01-31T10:00:00Z"])
def test_a_time_in_the_variable_has_its_zone(until: str) -> None:
    expected = datetime(2027, 1, 31, 10, tzinfo=timezone.utc)
    from dataworks_ext.exemption import moment_in

    assert moment_in(until) == expected


# The record


def test_the_record_says_what_was_found_and_by_whom_it_was_exempted(capsys: pytest.CaptureFixture[str]) -> None:
    extension = guard(granted(operators=[ALICE], url="https://tickets.example.com/7"), granted("exports.hint"))
    with DataWorks(extension) as dataworks:
        assert dataworks.send("download-resources", operator_uid=ALICE, now=NOW).verdict is Verdict.OK
    reason = json.loads(capsys.readouterr().out)["reasons"][0]
    assert (reason["verdict"], reason["message"]) == ("FAIL", "Too many rows.")
    assert reason["exempted_by"] == {
        "policy": "exports.row_limit",
        "until": str(TODAY),
        "owner": "Li Wei",
        "reason": "Year-end closing",
        "operators": [ALICE],
        "url": "https://tickets.example.com/7",
    }


# Whatever there is of them

POLICIES: Final = ("exports.row_limit", "exports.hint", "others.broken")
_patterns = st.sampled_from([*POLICIES, "exports.*", "*", "*.hint", "others.*"])
_days = st.integers(-3, 3).map(lambda days: TODAY + timedelta(days=days))
_moments = st.builds(
    lambda day, minutes: datetime.combine(day, datetime.min.time(), UTC8) + timedelta(minutes=minutes),
    _days,
    st.integers(0, 1439),
)
_people = st.sampled_from([ALICE, BOB, "3"])
_workspaces = st.sampled_from([66, 90004, 5])
_files = st.sampled_from(["staff.csv", "staff.txt", "tmp_1.csv"])
_match: st.SearchStrategy[dict[str, str]] = st.one_of(
    st.just({}), st.sampled_from(["*.csv", "tmp_*", "staff.???"]).map(lambda pattern: {"file_name": pattern})
)
_exemptions = st.lists(
    st.builds(
        granted,
        _patterns,
        st.one_of(_days, _moments),
        operators=st.lists(_people, max_size=2).map(tuple),
        workspaces=st.lists(_workspaces, max_size=2).map(tuple),
        match=_match,
    ),
    max_size=6,
)


def _covers(pattern: str, policy: str) -> bool:
    first, last = (part.replace("*", "") for part in pattern.split("*", 1)) if "*" in pattern else (policy, "")
    return policy == pattern if "*" not in pattern else policy.startswith(first) and policy.endswith(last)


def _fits(pattern: str, file: str) -> bool:
    return {
        "*.csv": file.endswith(".csv"),
        "tmp_*": file.startswith("tmp_"),
        "staff.???": file.startswith("staff.") and len(file) == 9,
    }[pattern]


def _expected(exemption: Exemption, policy: str, person: str, workspace: int, file: str, now: datetime) -> bool:
    """What the words of the documentation say, in other code than the one under test."""
    until = exemption.until
    in_time = now <= until if isinstance(until, datetime) else now.astimezone(UTC8).date() <= until
    for_person = not exemption.operators or person in exemption.operators
    for_workspace = not exemption.workspaces or workspace in exemption.workspaces
    for_file = all(_fits(pattern, file) for pattern in exemption.match.values())
    return in_time and _covers(exemption.policy, policy) and for_person and for_workspace and for_file


@MANY
@given(given_=_exemptions, person=_people, workspace=_workspaces, file=_files, now=_moments, data=st.data())
def test_none_outlives_its_date_or_touches_another_policy_person_or_workspace(
    given_: list[Exemption], person: str, workspace: int, file: str, now: datetime, data: st.DataObject
) -> None:
    """What is exempted is what the words say, and order and number change nothing."""
    changes = {"operator_uid": person, "query_dw_project_id": workspace, "file_name": file}
    plain, decision = ask(now=now, **changes), ask(*given_, now=now, **changes)
    expected = [
        reason.policy
        for reason in plain.reasons
        if any(_expected(exemption, reason.policy, person, workspace, file, now) for exemption in given_)
    ]
    assert exempted(decision) == expected
    assert [reason[:4] for reason in decision.reasons] == [reason[:4] for reason in plain.reasons]
    left = [reason.effect for reason in plain.reasons if reason.policy not in expected]
    assert decision.denied == (Verdict.FAIL in left)
    assert (decision.verdict is Verdict.OK) == all(effect is Verdict.OK for effect in left)
    again = data.draw(st.permutations([*given_, *given_]))
    repeated = ask(*again, now=now, **changes)
    assert repeated[:2] == decision[:2]
    assert [reason.exempted_by for reason in repeated.reasons] == [reason.exempted_by for reason in decision.reasons]


# What it costs

_LOADED: Final = """\
import sys
from dataworks_ext import Extension, PolicyPack, deny
from dataworks_ext.function import Function
from dataworks_ext.testing import FunctionContext, function_compute_message
pack = PolicyPack("downloads", owner="Li Wei")
@pack.policy("download-resources")
def no(event):
    return deny("No.", zh="不行。")
Function(Extension("guard", [pack])).handler(function_compute_message("download-resources"), FunctionContext())
assert not {"dataworks_ext.exemption", "dataworks_ext.wording", "dataworks_ext.types"} & set(sys.modules)
"""


def test_nothing_more_is_loaded_where_no_exemption_is_used() -> None:
    subprocess.run([sys.executable, "-c", _LOADED], check=True, stdout=subprocess.DEVNULL)


def _large(exemptions: Sequence[Exemption], objecting: int) -> Extension:
    """Three hundred policies in thirty packs, of which some object to every download."""
    packs = [PolicyPack(f"pack{number}") for number in range(30)]
    for number in range(300):

        def policy(event: DownloadResources, number: int = number) -> Outcome | None:
            return deny(f"Rule {number} says no.") if number < objecting and event.data_row_size else None

        packs[number % 30].policy("download-resources", id=f"rule{number}")(_with_one_parameter(policy))
    return Extension("large", packs, exemptions=exemptions)


def _with_one_parameter(
    policy: Callable[[DownloadResources], Outcome | None],
) -> Callable[[DownloadResources], Outcome | None]:
    return lambda event: policy(event)


def _seconds(extension: Extension, number: int) -> float:
    """Of processor time, since the machine may be busy."""
    message = read_message(function_compute_message("download-resources", operatorUid=ALICE))
    started = time.process_time()
    for _ in range(number):
        extension.decide(message, Request(now=NOW))
    return time.process_time() - started


@pytest.mark.untraced
@pytest.mark.parametrize("objecting", [0, 10, 300])
@pytest.mark.parametrize("pattern", ["pack{0}.rule{1}", "pack{0}.*", "*"])
def test_two_hundred_exemptions_take_a_third_more_at_most(pattern: str, objecting: int) -> None:
    """However many policies object, and whatever the exemptions are for: nobody's here, so that all are looked at."""
    exemptions = [
        granted(pattern.format(number % 30, number), operators=[BOB], match={"file_name": "tmp_*"})
        for number in range(200)
    ]
    without, with_ = _large([], objecting), _large(exemptions, objecting)
    times = [(_seconds(without, 2), _seconds(with_, 2)) for _ in range(40)]
    fastest, fastest_with = (min(column) for column in zip(*times, strict=True))
    assert fastest_with <= 1.3 * fastest
