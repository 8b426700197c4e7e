"""The object behind the fixture `dataworks`: a message goes through the handler, and comes back as a person sees it."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from datetime import datetime, timezone

import pytest
from pydantic import BaseModel, PositiveInt

from dataworks_ext import Extension, Outcome, PolicyContext, PolicyPack, Verdict, deny, warn
from dataworks_ext.delivery import DeliveryError
from dataworks_ext.events import CommitFile, DownloadResources, FreezeNode, NodeChangeCreated, RunFile
from dataworks_ext.snapshots import CommittedFile, DeletedFile, FileExecution, Snapshot, TableModel
from dataworks_ext.testing import (
    NOON,
    ChangeError,
    DataWorks,
    committed_file,
    deleted_file,
    eventbridge_message,
    file_execution,
    function_compute_message,
    message,
    table_model,
)
from dataworks_ext.testing.deciding import trial


class ExportSettings(BaseModel):
    max_rows: PositiveInt = 100


exports = PolicyPack("exports", settings=ExportSettings)
Context = PolicyContext[ExportSettings]
seen: list[object] = []


@exports.policy(DownloadResources)
def row_limit(event: DownloadResources, context: Context) -> Outcome | None:
    seen.append(context.now)
    limit = context.settings.max_rows
    return deny(f"At most {limit} rows.") if event.data_row_size > limit else None


@exports.policy(CommitFile)
def code(_event: CommitFile, context: Context) -> Outcome | None:
    snapshot = context.snapshot
    assert isinstance(snapshot, CommittedFile)
    if snapshot.content == "bad":
        return deny("Bad code.")
    if context.options.get("strict"):
        return warn(f"{context.parameters['team']} is strict.")
    return None


@exports.policy(RunFile)
def keeps_snapshot(_event: RunFile, context: Context) -> None:
    seen.append(context.snapshot)


@exports.policy(FreezeNode)
def freeze(_event: FreezeNode) -> Outcome:
    return warn("Think twice.")


@exports.observer(NodeChangeCreated)
def told(event: NodeChangeCreated) -> None:
    seen.append(event.event_code)


guard = Extension("guard", [exports])


@pytest.fixture
def dataworks() -> Iterator[DataWorks]:
    seen.clear()
    with DataWorks(trial(guard)) as running:
        yield running


def test_a_direct_message_is_answered_by_the_return_value(dataworks: DataWorks) -> None:
    sent = dataworks.send("download-resources", data_row_size=101)
    assert (sent.channel, sent.verdict, sent.message, sent.state) == (
        "function-compute",
        Verdict.FAIL,
        "At most 100 rows.",
        "Failed",
    )
    assert (sent.denied, sent.allowed) == (True, False)


def test_a_message_through_eventbridge_is_answered_by_a_call(dataworks: DataWorks) -> None:
    dataworks.snapshot = committed_file(content="bad")
    sent = dataworks.send(CommitFile)
    assert (sent.channel, sent.verdict, sent.message, sent.state) == ("eventbridge", "FAIL", "Bad code.", "Failed")
    assert (sent.denied, sent.allowed) == (True, False)


@pytest.mark.parametrize("channel", ["function-compute", "eventbridge"])
def test_an_event_without_objection_passes_on_either_channel(dataworks: DataWorks, channel: str) -> None:
    sent = dataworks.send("download-resources", channel, data_row_size=1)  # type: ignore[arg-type]  # one of its words
    assert (sent.channel, sent.verdict, sent.message, sent.state) == (channel, "OK", "", "Passed")
    assert (sent.denied, sent.allowed) == (False, True)


def test_an_operation_of_operation_center_passes_with_a_warning_as_its_text(dataworks: DataWorks) -> None:
    """Its reply knows no WARN; the decision does."""
    sent = dataworks.send("freeze-node")
    assert (sent.verdict, sent.message, sent.state) == ("OK", "Think twice.", "Passed")
    assert sent.decision is not None
    assert sent.decision.verdict is Verdict.WARN


def test_nobody_waits_for_the_answer_to_a_notification(dataworks: DataWorks) -> None:
    sent = dataworks.send("node-change-created")
    assert (sent.verdict, sent.state, sent.allowed) == ("OK", None, True)
    assert seen == ["node-change-created"]


def test_an_operation_stays_in_checking_if_no_answer_arrives(dataworks: DataWorks) -> None:
    """DataWorks cannot be told the answer to a message without an id."""
    sent = dataworks.send_raw(message("freeze-node").replace(b'"id"', b'"id_of_nothing"'))
    assert (sent.state, sent.denied, sent.allowed) == ("Checking", False, False)


def test_a_message_that_comes_once_more_gets_the_answer_that_it_had(dataworks: DataWorks) -> None:
    first = dataworks.send("freeze-node", message_id="m-1")
    second = dataworks.send("freeze-node", message_id="m-1")
    assert (second.message_id, second.message, second.state) == ("m-1", first.message, first.state)
    assert (second.decision, second.reasons) == (None, ())


def test_each_message_has_an_id_of_its_own(dataworks: DataWorks) -> None:
    ids = [dataworks.send("freeze-node").message_id for _ in range(2)]
    assert ids == ["message-1", "message-2"]


def test_what_is_sent_shows_each_policys_reason(dataworks: DataWorks) -> None:
    [reason] = dataworks.send("download-resources", data_row_size=101).reasons
    assert (reason.policy, reason.verdict) == ("exports.row_limit", "FAIL")


def test_what_is_sent_is_readable(dataworks: DataWorks) -> None:
    sent = dataworks.send("download-resources", data_row_size=101)
    assert repr(sent) == "<Sent download-resources, Failed, FAIL: At most 100 rows.>"
    assert repr(dataworks.send("node-change-created")) == "<Sent node-change-created, not blocking, OK>"


def test_the_function_has_the_environment_that_a_test_gives_it(dataworks: DataWorks) -> None:
    dataworks.configure({"EXPORTS_MAX_ROWS": "1000"})
    assert dataworks.send("download-resources", data_row_size=101).allowed
    dataworks.configure({"DATAWORKS_EXT_MODES": "exports.*=warn"})
    assert dataworks.send("download-resources", data_row_size=101).verdict == "WARN"


def test_a_configuration_says_what_is_wrong_with_it(dataworks: DataWorks) -> None:
    problems = dataworks.configure({"EXPORTS_MAX_ROWS": "many"}).problems
    assert [problem.partition(":")[0] for problem in problems] == ["EXPORTS_MAX_ROWS"]


def test_nothing_of_the_machine_reaches_the_function(dataworks: DataWorks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EXPORTS_MAX_ROWS", "1000")
    monkeypatch.setenv("DATAWORKS_EXT_ENDPOINT", "https://dataworks.example.com")
    assert dataworks.send("download-resources", data_row_size=101).denied
    assert dataworks.send("freeze-node").state == "Passed"


def test_it_is_noon_of_a_monday_unless_the_test_says_otherwise(dataworks: DataWorks) -> None:
    late = datetime(2026, 11, 11, 23, 0, tzinfo=timezone.utc)
    dataworks.send("download-resources", now=late)
    dataworks.send("download-resources")
    assert seen == [late, NOON]


def test_a_moment_needs_a_time_zone(dataworks: DataWorks) -> None:
    with pytest.raises(ValueError, match=r"^now=2026-11-11T00:00:00 has no time zone; give it one"):
        dataworks.send("download-resources", now=datetime(2026, 11, 11))


@pytest.mark.parametrize("snapshot", [committed_file(), deleted_file(), file_execution(), table_model()])
def test_a_snapshot_arrives_as_it_was_given(dataworks: DataWorks, snapshot: Snapshot) -> None:
    """It takes the way through DataWorks' own format and the client."""
    assert isinstance(snapshot, (CommittedFile, DeletedFile, FileExecution, TableModel))
    dataworks.snapshot = snapshot
    assert dataworks.send("run-file").allowed
    assert seen == [snapshot]


def test_a_test_that_forgot_the_snapshot_is_told(dataworks: DataWorks) -> None:
    [reason] = dataworks.send("commit-file").reasons
    assert "the test gives no snapshot; set dataworks.snapshot = committed_file(content=…)" in str(reason.error)


def test_parameters_and_options_can_change_between_messages(dataworks: DataWorks) -> None:
    """Although a function keeps them for a minute."""
    dataworks.snapshot = committed_file()
    assert dataworks.send("commit-file").verdict == "OK"
    dataworks.options = {"strict": True}
    dataworks.parameters = {"team": "Finance"}
    assert dataworks.send("commit-file").message == "Finance is strict."
    dataworks.parameters = {"team": "Sales"}
    assert dataworks.send("commit-file").message == "Sales is strict."


def test_an_exception_stands_for_what_dataworks_does_not_say(dataworks: DataWorks) -> None:
    dataworks.snapshot = committed_file()
    dataworks.options = TimeoutError("not today")
    [reason] = dataworks.send("commit-file").reasons
    assert "GetOptionValueForProject failed: HTTP 422 Refused (request id local): not today" in str(reason.error)


def test_a_message_can_be_sent_as_it_is(dataworks: DataWorks) -> None:
    sent = dataworks.send_raw(eventbridge_message("freeze-node", message_id="m-1"))
    assert (sent.event_code, sent.message_id, sent.state) == ("freeze-node", "m-1", "Passed")


def test_one_message_can_be_in_an_array(dataworks: DataWorks) -> None:
    assert dataworks.send_raw(b"[%b]" % function_compute_message("download-resources", dataRowSize=101)).denied


def test_an_array_of_several_messages_is_refused(dataworks: DataWorks) -> None:
    one = function_compute_message("download-resources")
    with pytest.raises(ValueError, match=r"^expected one message, got an array of 2; send each by itself$"):
        dataworks.send_raw(b"[%b,%b]" % (one, one))


def test_what_is_no_message_is_denied(dataworks: DataWorks) -> None:
    sent = dataworks.send_raw(b"{}")
    assert (sent.event_code, sent.verdict, sent.state) == ("", "FAIL", "Failed")
    assert sent.message.startswith("The extension could not read this message of DataWorks.")


def test_a_change_that_no_event_has_is_an_error(dataworks: DataWorks) -> None:
    with pytest.raises(ChangeError, match="data_row_size"):
        dataworks.send("download-resources", data_row_sise=1)


def test_a_reply_that_cannot_be_delivered_reaches_the_test(
    dataworks: DataWorks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataworks_ext.testing.stub.DataWorksStub.environment", {})
    with pytest.raises(DeliveryError, match="DATAWORKS_EXT_CODE is not set"):
        dataworks.send("freeze-node")


def test_nothing_listens_before_the_first_message_and_after_the_last() -> None:
    before = threading.active_count()
    with DataWorks(trial(guard)) as dataworks:
        assert threading.active_count() == before
        dataworks.send("freeze-node")
    assert threading.active_count() == before


def test_the_environment_stays_as_it_is(dataworks: DataWorks) -> None:
    before = dict(os.environ)
    dataworks.configure({"EXPORTS_MAX_ROWS": "1000"})
    dataworks.send("freeze-node")
    assert dict(os.environ) == before
