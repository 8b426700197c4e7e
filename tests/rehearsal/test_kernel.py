"""What a rehearsal counts: the same decisions for the same rules, what a stricter one adds, and what is unknown."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import policies
from dataworks_ext import Exemption, Extension, Outcome, PolicyContext, PolicyPack, deny, warn
from dataworks_ext.events import CommitFile, DownloadResources, Event
from dataworks_ext.lookup import LookupFailedError
from dataworks_ext.testing import eventbridge_message, function_compute_message
from dataworks_ext.testing.canned import CannedLookups
from demo.quarter import messages

from .archives import NOW, Archive, policy_of, rehearsed

MESSAGES = int(os.environ.get("REHEARSED_MESSAGES", "1000"))
"""Messages of the round trip."""
DOWNLOAD = "download-resources"
Guard = Callable[..., Any]


class Settings(BaseModel):
    max_rows: int = 10


def limiting(max_rows: int = 10, exemptions: Sequence[Exemption] = ()) -> Extension:
    extension = Extension("guard", exemptions=exemptions)

    @extension.policy(DownloadResources, id="row_limit")
    def row_limit(event: DownloadResources) -> Outcome | None:
        return deny(f"{event.data_row_size} rows") if event.data_row_size > max_rows else None

    return extension


def with_policy(function: Guard, *events: Any, **options: Any) -> Extension:
    extension = Extension("guard")
    extension.policy(*(events or (DownloadResources,)), id="rule", **options)(function)
    return extension


def download(number: int = 1, **changes: Any) -> bytes:
    return function_compute_message(DOWNLOAD, message_id=f"m-{number}", **{"dataRowSize": 7, **changes})


def test_the_same_code_and_settings_decide_as_then(tmp_path: Path) -> None:
    """Every code, with lookups that are answered, that fail, and that nobody makes."""
    extension = policies.extension
    extension.configure({})
    archive = Archive(tmp_path / "archive", extension)
    for sent in messages(MESSAGES):
        snapshot = sent.snapshot or LookupFailedError("no snapshot")
        archive.receive(sent.message, CannedLookups(snapshot, {}, {}), sent.moment)
    report = rehearsed(tmp_path / "archive", extension, tmp_path / "cache")
    assert (report["messages"], report["unread"], report["unknown"]) == (MESSAGES, 0, 0)
    assert (report["newly_denied"], report["newly_allowed"], report["not_compared"]) == (0, 0, 0)
    assert report["denied"] == report["baseline_denied"] > 0
    assert {policy["unstable"] for policy in report["policies"]} == {0}


def test_a_stricter_rule_newly_denies_what_an_independent_count_says(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", limiting(100))
    people: dict[str, int] = {}
    sizes = [n * 37 % 211 for n in range(300)]
    for number, size in enumerate(sizes):
        person = f"person-{number % 17}"
        archive.receive(download(number, dataRowSize=size, operatorUid=person))
        people[person] = people.get(person, 0) + (10 < size <= 100)
    report = rehearsed(tmp_path / "archive", limiting(10), tmp_path / "cache")
    expected = sum(10 < size <= 100 for size in sizes)
    assert (report["newly_denied"], report["newly_allowed"]) == (expected, 0)
    assert report["people"] == sum(newly > 0 for newly in people.values())
    assert policy_of(report, "guard.row_limit")["denies"] == sum(size > 10 for size in sizes)


def test_a_looser_rule_newly_allows(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", limiting(10))
    for number, size in enumerate([5, 50, 500]):
        archive.receive(download(number, dataRowSize=size))
    report = rehearsed(tmp_path / "archive", limiting(100), tmp_path / "cache")
    assert (report["newly_denied"], report["newly_allowed"], report["denied"]) == (0, 1, 1)


def test_denials_are_counted_before_the_mode(tmp_path: Path) -> None:
    Archive(tmp_path / "archive", limiting()).receive(download(dataRowSize=50))
    shadow = {"DATAWORKS_EXT_MODES": "guard.*=shadow"}
    report = rehearsed(tmp_path / "archive", limiting(), tmp_path / "cache", environment=shadow)
    assert (report["denied"], report["newly_allowed"]) == (1, 0)
    assert policy_of(report, "guard.row_limit")["mode"] == "shadow"


def test_a_message_that_came_twice_counts_once(tmp_path: Path) -> None:
    """Under another request id, and on the next day as well."""
    archive = Archive(tmp_path / "archive", limiting())
    for later in (0, 5, 86_400):
        archive.receive(download(1, dataRowSize=50), now=NOW + timedelta(seconds=later))
    report = rehearsed(tmp_path / "archive", limiting(), tmp_path / "cache")
    assert (report["messages"], report["denied"]) == (1, 1)


def failing(_event: Event) -> Outcome | None:
    raise ZeroDivisionError


def test_warnings_and_failures_are_no_denials(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", limiting())
    archive.receive(download())
    extension = limiting()
    extension.policy(DownloadResources, id="warns")(lambda _event: warn("be careful"))
    extension.policy(DownloadResources, id="fails", on_error="allow")(failing)
    report = rehearsed(tmp_path / "archive", extension, tmp_path / "cache")
    assert policy_of(report, "guard.warns")["warns"] == 1
    assert (policy_of(report, "guard.fails")["fails"], policy_of(report, "guard.fails")["denies"]) == (1, 0)
    assert policy_of(report, "guard.fails")["errors"] == {"ZeroDivisionError": 1}
    assert (report["denied"], report["newly_denied"]) == (0, 0)


def test_an_exemption_is_judged_as_of_today_and_takes_the_denial_away(tmp_path: Path) -> None:
    Archive(tmp_path / "archive", limiting()).receive(download(dataRowSize=50))
    until = date.today() + timedelta(days=30)
    exempting = limiting(exemptions=[Exemption("guard.row_limit", until=until, owner="platform", reason="a test")])
    report = rehearsed(tmp_path / "archive", exempting, tmp_path / "cache")
    assert policy_of(report, "guard.row_limit")["exempted"] == 1
    assert (report["denied"], report["newly_allowed"]) == (0, 1)


def test_a_policy_that_answers_differently_is_unstable(tmp_path: Path) -> None:
    Archive(tmp_path / "archive", limiting()).receive(download())
    calls = count()

    def now_and_then(_event: Event) -> Outcome | None:
        return deny("now and then") if next(calls) % 2 else None

    extension = with_policy(now_and_then)
    assert policy_of(rehearsed(tmp_path / "archive", extension, tmp_path / "cache"), "guard.rule")["unstable"] == 1


def test_a_policy_sees_the_circumstances_of_then(tmp_path: Path) -> None:
    Archive(tmp_path / "archive", limiting()).receive(download())
    seen: list[Any] = []

    def rule(event: Event, context: PolicyContext[Any]) -> None:
        seen.append((context.now, context.request_id, context.message_id, context.account_id, context.region))

    rehearsed(tmp_path / "archive", with_policy(rule), tmp_path / "cache")
    assert seen[0] == (NOW, "1-0", "m-1", "1234567890980001", "cn-hangzhou")


# Left out


def by_name(event: DownloadResources) -> Outcome | None:
    return deny("select") if "select" in (event.sql_text or "") else None


def by_raw(event: DownloadResources) -> Outcome | None:
    return deny("select") if "select" in str(event.raw.get("sqlText")) else None


def under_its_own_except(event: DownloadResources) -> Outcome | None:
    try:
        return deny("select") if "select" in (event.sql_text or "") else None
    except Exception:
        return deny("it could not be read")


def by_getattr(event: DownloadResources) -> Outcome | None:
    return deny("none") if getattr(event, "sql_text", None) is None else None


def by_dump(event: DownloadResources) -> Outcome | None:
    return deny("select") if "select" in event.model_dump_json() else None


def by_comparison(event: object) -> Outcome | None:
    return deny("same") if event == "something" else None


@pytest.mark.parametrize("rule", [by_name, by_raw, under_its_own_except, by_getattr, by_dump, by_comparison])
@pytest.mark.parametrize("without", ["sqlText", "everything"])
def test_a_policy_that_looks_at_what_was_left_out_is_unknown(tmp_path: Path, rule: Guard, without: str) -> None:
    variables = {"DATAWORKS_EXT_ARCHIVE_WITHOUT": "sqlText"}
    message = download()
    if without == "everything":
        variables = {"DATAWORKS_EXT_ARCHIVE_MAX_BYTES": "4096"}
        message = download(fileName="x" * 10_000)
    Archive(tmp_path / "archive", limiting(), **variables).receive(message)
    report = rehearsed(tmp_path / "archive", with_policy(rule), tmp_path / "cache")
    found = policy_of(report, "guard.rule")
    assert (found["unknown"], found["denies"], found["fails"], found["allows"]) == (1, 0, 0, 0)
    assert (report["unknown"], report["newly_denied"], report["newly_allowed"]) == (1, 0, 0)
    assert "sqlText" in found["unknown_causes"]


def test_a_policy_that_looks_at_something_else_is_not_unknown(tmp_path: Path) -> None:
    variables = {"DATAWORKS_EXT_ARCHIVE_WITHOUT": "sqlText"}
    Archive(tmp_path / "archive", limiting(), **variables).receive(download(dataRowSize=50))
    extension = limiting()
    extension.policy(DownloadResources, id="reader")(by_name)
    report = rehearsed(tmp_path / "archive", extension, tmp_path / "cache")
    assert policy_of(report, "guard.row_limit")["denies"] == 1
    assert policy_of(report, "guard.reader")["unknown"] == 1
    assert (report["unknown"], report["denied"]) == (0, 1)


def test_the_event_is_still_of_its_class(tmp_path: Path) -> None:
    Archive(tmp_path / "archive", limiting(), DATAWORKS_EXT_ARCHIVE_WITHOUT="sqlText").receive(download())
    extension = with_policy(lambda event: None if isinstance(event, DownloadResources) else deny("another"))
    found = policy_of(rehearsed(tmp_path / "archive", extension, tmp_path / "cache"), "guard.rule")
    assert (found["allows"], found["unknown"]) == (1, 0)


def commit(number: int = 1) -> bytes:
    return eventbridge_message("commit-file", message_id=f"c-{number}")


def no_drop(_event: CommitFile, context: PolicyContext[Any]) -> Outcome | None:
    return deny("no drop") if "drop" in (getattr(context.snapshot, "content", None) or "") else None


def no_drop_or_trouble(event: CommitFile, context: PolicyContext[Any]) -> Outcome | None:
    try:
        return no_drop(event, context)
    except LookupFailedError:
        return deny("no snapshot")


SNAPSHOT = {"CommittedFile": {"FileName": "a.sql", "Content": "drop table a"}}


def test_a_lookup_is_answered_as_it_was(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "archive", with_policy(no_drop, CommitFile))
    archive.receive(commit(), CannedLookups(SNAPSHOT, {}, {}))
    report = rehearsed(tmp_path / "archive", with_policy(no_drop, CommitFile), tmp_path / "cache")
    assert (report["denied"], report["newly_denied"], report["newly_allowed"]) == (1, 0, 0)


@pytest.mark.parametrize("rule", [no_drop, no_drop_or_trouble])
def test_a_lookup_that_nobody_made_then_is_unknown(tmp_path: Path, rule: Guard) -> None:
    Archive(tmp_path / "archive", limiting()).receive(commit(), CannedLookups(SNAPSHOT, {}, {}))
    report = rehearsed(tmp_path / "archive", with_policy(rule, CommitFile), tmp_path / "cache")
    found = policy_of(report, "guard.rule")
    assert (found["unknown"], found["unknown_causes"], report["newly_denied"]) == (1, {"snapshot": 1}, 0)


@pytest.mark.parametrize("without", ["snapshot", "snapshot.content"])
def test_a_snapshot_without_its_code_is_unknown_to_who_reads_that(tmp_path: Path, without: str) -> None:
    extension = with_policy(no_drop, CommitFile)

    @extension.policy(CommitFile)
    def named(_event: CommitFile, context: PolicyContext[Any]) -> Outcome | None:
        return None if getattr(context.snapshot, "file_name", None) else deny("a file has a name")

    archive = Archive(tmp_path / "archive", extension, DATAWORKS_EXT_ARCHIVE_WITHOUT=without)
    archive.receive(commit(), CannedLookups(SNAPSHOT, {}, {}))
    report = rehearsed(tmp_path / "archive", extension, tmp_path / "cache")
    assert policy_of(report, "guard.rule")["unknown_causes"] == {without: 1}
    assert policy_of(report, "guard.named")["unknown"] == (1 if without == "snapshot" else 0)
    assert report["newly_allowed"] == 0


def test_settings_that_options_override_are_unknown_without_the_options(tmp_path: Path) -> None:
    pack = PolicyPack("code", settings=Settings, options_override=True)

    @pack.policy(CommitFile)
    def rule(_event: CommitFile, context: PolicyContext[Settings]) -> Outcome | None:
        return deny("few") if context.settings.max_rows < 5 else None

    extension = Extension("guard", [pack])
    archive = Archive(tmp_path / "archive", extension)
    archive.receive(commit(1), CannedLookups(SNAPSHOT, {}, {"maxRows": 3}))
    other = Archive(tmp_path / "archive" / "other", limiting())
    other.receive(commit(2), CannedLookups(SNAPSHOT, {}, {"maxRows": 3}))
    found = policy_of(rehearsed(tmp_path / "archive", extension, tmp_path / "cache"), "code.rule")
    assert (found["denies"], found["unknown_causes"]) == (1, {"options": 1})


def test_people_have_pseudonyms_and_texts_have_no_ids(tmp_path: Path) -> None:
    person = "14931896037123456"
    Archive(tmp_path / "archive", limiting(10**9)).receive(download(operatorUid=person))
    extension = with_policy(lambda event: deny(f"{event.operator} may not; ask 191223248874735"))
    report = rehearsed(tmp_path / "archive", extension, tmp_path / "cache")
    (newly, _denied) = policy_of(report, "guard.rule")["examples"]
    assert (newly["person"], newly["text"]) == ("P1", "P1 may not; ask …")
    assert person not in json.dumps(report)


def test_a_message_that_was_late_once_is_decided_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lest a machine that stands still for a while is taken for a policy that hangs."""
    monkeypatch.setattr("dataworks_ext.rehearsal.deciding.TIME_LIMIT", 0.05)
    Archive(tmp_path / "archive", limiting()).receive(download())
    calls = count()

    def late_once(_event: Event) -> Outcome | None:
        while next(calls) == 0:
            time.sleep(0.2)
        return None

    found = policy_of(rehearsed(tmp_path / "archive", with_policy(late_once), tmp_path / "cache"), "guard.rule")
    assert (found["allows"], found["fails"]) == (1, 0)


def test_a_policy_that_hangs_on_one_message_fails_there_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many messages share its guard, and whatever it does with the interruption."""
    monkeypatch.setattr("dataworks_ext.rehearsal.deciding.TIME_LIMIT", 0.1)
    archive = Archive(tmp_path / "archive", limiting())
    for number in range(20):
        archive.receive(download(number, dataRowSize=number))

    def hangs_at_7(event: DownloadResources) -> Outcome | None:
        while event.data_row_size == 7:
            try:
                time.sleep(0.01)
            except BaseException:
                continue
        return deny("later") if event.data_row_size > 7 else None

    found = policy_of(rehearsed(tmp_path / "archive", with_policy(hangs_at_7), tmp_path / "cache"), "guard.rule")
    assert (found["allows"], found["fails"], found["denies"]) == (7, 1, 12)


@pytest.mark.timed
def test_messages_that_take_long_together_are_no_failures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataworks_ext.rehearsal.deciding.TIME_LIMIT", 0.5)
    archive = Archive(tmp_path / "archive", limiting())
    for number in range(20):
        archive.receive(download(number))

    def slow(_event: DownloadResources) -> Outcome | None:
        until = time.thread_time() + 0.03
        while time.thread_time() < until:
            pass
        return None

    found = policy_of(rehearsed(tmp_path / "archive", with_policy(slow), tmp_path / "cache"), "guard.rule")
    assert (found["allows"], found["fails"]) == (20, 0)


def test_the_sql_of_an_archived_message_is_read(tmp_path: Path) -> None:
    Archive(tmp_path / "archive", limiting()).receive(download(sqlText="SELECT * FROM salaries"))

    def no_salaries(_event: Event, context: PolicyContext[Any]) -> Outcome | None:
        sql = context.sql
        return deny("salaries") if sql is not None and any("salaries" in f"{table}" for table in sql.reads) else None

    found = policy_of(rehearsed(tmp_path / "archive", with_policy(no_salaries), tmp_path / "cache"), "guard.rule")
    assert (found["denies"], found["fails"]) == (1, 0)


QUESTION = "GetMetaTableBasicInfo"


def asking(guid: str) -> Guard:
    """Denies what an answer names as secret; ask fails where there is no answer."""

    def rule(_event: Event, context: PolicyContext[Any]) -> Outcome | None:
        return deny("secret") if context.ask(QUESTION, TableGuid=guid).get("IsSecret") else None

    return rule


@pytest.mark.parametrize(
    ("asked", "counted"),
    [
        ("odps.ods.orders", ("denies", 1)),
        ("odps.ods.unknown", ("fails", 1)),
        ("odps.ods.another", ("unknown", 1)),
    ],
)
def test_a_question_of_a_policys_own_is_answered_as_then(tmp_path: Path, asked: str, counted: tuple[str, int]) -> None:
    """With the same answer, with the same failure; and where nobody asked then, nobody knows."""
    answers: dict[str, Any] = {
        "odps.ods.orders": {"IsSecret": True},
        "odps.ods.unknown": LookupFailedError("there is no such table"),
    }

    class Tables(CannedLookups):
        def ask(self, operation: str, parameters: Any, until: float, keep: float = 0.0) -> Any:
            found = answers[parameters["TableGuid"]]
            if isinstance(found, Exception):
                raise found
            return found

    then, now = (PolicyPack("guard", asks=[QUESTION]) for _ in range(2))
    for number, guid in enumerate(answers):
        then.policy(DownloadResources, id=f"then_{number}")(asking(guid))
    now.policy(DownloadResources, id="rule")(asking(asked))
    Archive(tmp_path / "archive", Extension("then", packs=[then])).receive(download(), Tables({}, {}, {}))
    report = rehearsed(tmp_path / "archive", Extension("now", packs=[now]), tmp_path / "cache")
    found = policy_of(report, "guard.rule")
    assert {name: found[name] for name in ("allows", "denies", "fails", "unknown") if found[name]} == dict([counted])
    assert found["unknown_causes"] == ({f'{QUESTION} {{"TableGuid": "{asked}"}}': 1} if counted[0] == "unknown" else {})
