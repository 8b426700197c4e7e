"""What policies ask of DataWorks: snapshots, parameters, options; when they are asked, and what a failure is."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from typing import Final

import pytest
from pydantic import BaseModel, field_validator

from dataworks_ext import Extension, Outcome, PolicyContext, PolicyPack, deny, warn
from dataworks_ext.context import Request
from dataworks_ext.deadline import NO_LIMIT
from dataworks_ext.events import ChangeType, CommitFile, CronExpression, Event, NodeType, event_class, read_event
from dataworks_ext.function import Function
from dataworks_ext.lookup import LookupFailedError, MessageLookups
from dataworks_ext.message import Message, read_message
from dataworks_ext.openapi.answers import KEPT_FOR
from dataworks_ext.openapi.api import OpenApi
from dataworks_ext.openapi.client import Client
from dataworks_ext.openapi.signature import Credentials
from dataworks_ext.snapshots import CommittedFile, DeletedFile, FileExecution, Snapshot, TableModel
from dataworks_ext.testing import FunctionContext, eventbridge_message, sample_payload
from dataworks_ext.testing.canned import CannedLookups
from dataworks_ext.testing.contexts import ContextCredentials
from tests import dataworks as local

WORKSPACE: Final = 90004
MESSAGE_ID: Final = "539fd8f4-4ea1-4625-aa8b-6c9066740001"
MESSAGE: Final = Message(MESSAGE_ID, "commit-file", {}, "eventbridge")
CONTEXT: Final = FunctionContext(
    credentials=ContextCredentials(local.ACCESS_KEY_ID, local.ACCESS_KEY_SECRET, local.SECURITY_TOKEN)
)
FILE: Final = {
    "CommittedFile": {
        "ChangeType": "1",
        "Comment": "faster",
        "Committor": "191223248874735",
        "Content": "SELECT MAX_PT('orders')",
        "FileId": 505432830,
        "FileName": "dwd_orders.sql",
        "FileType": 10,
        "FilePropertyContent": {"BusinessId": 1000001, "CurrentVersion": 3, "Owner": "191223248874735"},
        "NodeConfiguration": {
            "CronExpress": "00 30 05 * * ?",
            "SchedulerType": "NORMAL",
            "AutoRerunIntervalMillis": 120000,
            "InputList": [{"Input": "project.001_out", "ParseType": "MANUAL"}],
            "OutputList": [{"Output": "project.002_out", "RefTableName": "dwd_orders"}],
        },
    }
}


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Asked:
    """What the policies of a message look up, each message anew."""

    def __init__(self, api: OpenApi) -> None:
        self._api = api

    def snapshot(self, message: Message, workspace: int | None) -> Snapshot:
        return MessageLookups(self._api, message.message_id, workspace).snapshot(NO_LIMIT)

    def parameters(self) -> Mapping[str, str]:
        return MessageLookups(self._api, MESSAGE_ID, WORKSPACE).parameters(NO_LIMIT)

    def options(self, workspace: int | None) -> Mapping[str, object]:
        return MessageLookups(self._api, MESSAGE_ID, workspace).options(NO_LIMIT)


@pytest.fixture
def asked(dataworks: local.LocalDataWorks, clock: Clock) -> Asked:
    """What a function asks the local DataWorks with, by a clock that the test sets."""
    credentials = Credentials(local.ACCESS_KEY_ID, local.ACCESS_KEY_SECRET, local.SECURITY_TOKEN)

    def client(endpoint: str) -> Client:
        return Client(endpoint, credentials=lambda: credentials, sleep=clock.sleep, clock=clock)

    environment = {"DATAWORKS_EXT_CODE": local.EXTENSION_CODE, "DATAWORKS_EXT_ENDPOINT": dataworks.endpoint}
    return Asked(OpenApi(environment, client=client, clock=clock))


def actions(dataworks: local.LocalDataWorks) -> list[str]:
    """What the local DataWorks was asked, in order."""
    return [received.action for received in dataworks.requests]


# Snapshots


def test_a_committed_file(asked: Asked, dataworks: local.LocalDataWorks) -> None:
    """Values are Python's, as in events."""
    dataworks.snapshots[MESSAGE_ID] = FILE
    snapshot = asked.snapshot(MESSAGE, WORKSPACE)
    assert isinstance(snapshot, CommittedFile)
    assert snapshot.content == "SELECT MAX_PT('orders')"
    assert snapshot.file_type is NodeType.ODPS_SQL
    assert snapshot.change_type is ChangeType.UPDATE
    assert snapshot.file_property_content is not None
    assert snapshot.file_property_content.owner == "191223248874735"
    configuration = snapshot.node_configuration
    assert configuration is not None
    assert configuration.cron_express == CronExpression("00 30 05 * * ?")
    assert configuration.output_list is not None
    assert configuration.output_list[0].ref_table_name == "dwd_orders"


@pytest.mark.parametrize(
    ("detail", "kind"),
    [
        ({"DeletedFile": {"Content": "select 1", "FileName": "a.sql", "Owner": 5}}, DeletedFile),
        ({"FileExecutionCommand": {"Content": "select 1", "FileType": 10}}, FileExecution),
        (
            {"TableModel": {"TableName": "orders", "Columns": [{"ColumnName": "id", "ColumnType": "bigint"}]}},
            TableModel,
        ),
        ({"CommittedFile": {}, "DeletedFile": None, "TableModel": {"TableName": "orders"}}, TableModel),
    ],
)
def test_the_other_snapshots(
    detail: Mapping[str, object], kind: type[Snapshot], asked: Asked, dataworks: local.LocalDataWorks
) -> None:
    """What is empty is as good as absent."""
    dataworks.snapshots[MESSAGE_ID] = detail
    assert type(asked.snapshot(MESSAGE, WORKSPACE)) is kind


@pytest.mark.parametrize(
    ("detail", "said"),
    [
        ({}, "DataWorks has no snapshot of this event"),
        ({"CommittedFile": {"FileId": "no number"}}, "does not read: CommittedFile.FileId"),
    ],
)
def test_a_snapshot_that_is_none(
    detail: Mapping[str, object], said: str, asked: Asked, dataworks: local.LocalDataWorks
) -> None:
    dataworks.snapshots[MESSAGE_ID] = detail
    with pytest.raises(LookupFailedError, match=said):
        asked.snapshot(MESSAGE, WORKSPACE)


@pytest.mark.parametrize(("message_id", "workspace"), [(None, WORKSPACE), (MESSAGE_ID, None)])
def test_there_is_no_snapshot_without_message_id_or_workspace(
    message_id: str | None, workspace: int | None, asked: Asked
) -> None:
    with pytest.raises(LookupFailedError, match="a message without an id or a workspace has no snapshot"):
        asked.snapshot(Message(message_id, "commit-file", {}), workspace)


# Parameters and options


def test_parameters_are_lines_of_key_and_value(asked: Asked, dataworks: local.LocalDataWorks) -> None:
    """Of a key that occurs twice the last counts; a line without = says nothing."""
    dataworks.parameter_setting = "freeze=2026-11-11\n\n level = high=er \nnonsense\nfreeze=2026-11-12\r\nempty="
    assert asked.parameters() == {"freeze": "2026-11-12", "level": "high=er", "empty": ""}


def test_options_are_the_workspaces_json(asked: Asked, dataworks: local.LocalDataWorks) -> None:
    dataworks.options[WORKSPACE] = {"checkStatus": "WARN", "depth": {"a": [1]}}
    assert asked.options(WORKSPACE) == {"checkStatus": "WARN", "depth": {"a": [1]}}
    assert asked.options(7) == {}


def test_no_workspace_has_no_options(asked: Asked, dataworks: local.LocalDataWorks) -> None:
    assert asked.options(None) == {}
    assert dataworks.requests == []


@pytest.mark.parametrize("value", ['"[]"', '"{"', "5", "[]"])
def test_options_that_are_no_object(value: str, asked: Asked, dataworks: local.LocalDataWorks) -> None:
    dataworks.plant(local.body(b'{"RequestId": "r", "OptionValue": %s}' % value.encode()))
    if value == "[]":
        assert asked.options(WORKSPACE) == {}  # which is nothing chosen
    else:
        with pytest.raises(LookupFailedError, match="the options of workspace 90004 are no JSON object"):
            asked.options(WORKSPACE)


@pytest.mark.parametrize("value", ['""', "null", '"{}"', "{}"])
def test_options_that_nobody_chose(value: str, asked: Asked, dataworks: local.LocalDataWorks) -> None:
    dataworks.plant(local.body(b'{"RequestId": "r", "OptionValue": %s}' % value.encode()))
    assert asked.options(WORKSPACE) == {}


def test_they_are_kept_for_a_minute(asked: Asked, dataworks: local.LocalDataWorks, clock: Clock) -> None:
    dataworks.parameter_setting = "a=1"
    assert asked.parameters() == {"a": "1"}
    dataworks.parameter_setting = "a=2"
    clock.now += KEPT_FOR - 1
    assert asked.parameters() == {"a": "1"}
    clock.now += 1
    assert asked.parameters() == {"a": "2"}


def test_the_old_ones_serve_while_dataworks_throttles(
    asked: Asked, dataworks: local.LocalDataWorks, clock: Clock
) -> None:
    """And asking for the new ones takes a second at most."""
    dataworks.options[WORKSPACE] = {"a": 1}
    asked.options(WORKSPACE)
    clock.now += KEPT_FOR
    before = clock.now
    dataworks.plant(local.status(429, "Throttling.User"), 100)
    assert asked.options(WORKSPACE) == {"a": 1}
    assert clock.now <= before + 1


def test_another_error_is_an_error(asked: Asked, dataworks: local.LocalDataWorks, clock: Clock) -> None:
    asked.options(WORKSPACE)
    clock.now += KEPT_FOR
    dataworks.plant(local.status(403, "Forbidden.Access"))
    with pytest.raises(LookupFailedError, match=r"Forbidden\.Access"):
        asked.options(WORKSPACE)


def test_what_is_kept_cannot_be_changed(asked: Asked, dataworks: local.LocalDataWorks) -> None:
    dataworks.options[WORKSPACE] = {"a": 1}
    with pytest.raises(TypeError):
        asked.options(WORKSPACE)["a"] = 2  # type: ignore[index]  # which is what the test is about


# Policies


def function_of(*rules: Callable[[CommitFile, PolicyContext[BaseModel]], Outcome | None]) -> Function:
    extension = Extension("guard")
    for number, rule in enumerate(rules):
        extension.policy("commit-file", id=f"rule_{number}")(rule)
    return Function(extension)


def test_a_snapshot_is_asked_once_a_message_and_only_if_a_policy_asks(dataworks: local.LocalDataWorks) -> None:
    dataworks.snapshots[MESSAGE_ID] = FILE
    dataworks.hold(MESSAGE_ID, "UpdateIDEEventResult")
    message = eventbridge_message("commit-file", message_id=MESSAGE_ID)
    contents: list[str | None] = []

    def reader(_event: CommitFile, context: PolicyContext[BaseModel]) -> None:
        assert isinstance(context.snapshot, CommittedFile)
        contents.append(context.snapshot.content)

    function_of(lambda _event, _context: None).handler(message, CONTEXT)
    assert actions(dataworks) == ["UpdateIDEEventResult"]
    function_of(reader, reader).handler(message, CONTEXT)
    assert actions(dataworks) == ["UpdateIDEEventResult", "GetIDEEventDetail", "UpdateIDEEventResult"]
    assert contents == ["SELECT MAX_PT('orders')"] * 2


def test_a_snapshot_that_cannot_be_had_is_the_policies_failure(
    dataworks: local.LocalDataWorks, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is asked once even so; who does not ask is not concerned."""
    dataworks.hold(MESSAGE_ID, "UpdateIDEEventResult")

    def reader(_event: CommitFile, context: PolicyContext[BaseModel]) -> None:
        assert context.snapshot is not None

    function = function_of(reader, reader, lambda _event, _context: warn("Think again."))
    function.handler(eventbridge_message("commit-file", message_id=MESSAGE_ID), CONTEXT)
    assert actions(dataworks) == ["GetIDEEventDetail", "UpdateIDEEventResult"]
    record = json.loads(capsys.readouterr().out)
    assert [reason["verdict"] for reason in record["reasons"]] == ["FAIL", "FAIL", "WARN"]
    assert record["reasons"][0]["error"].startswith("LookupFailedError: GetIDEEventDetail failed")


def test_many_threads_of_one_message_ask_once(dataworks: local.LocalDataWorks) -> None:
    """Coroutines and plain policies share what was asked."""
    dataworks.snapshots[MESSAGE_ID] = FILE
    dataworks.hold(MESSAGE_ID, "UpdateIDEEventResult")

    async def later(_event: CommitFile, context: PolicyContext[BaseModel]) -> None:
        assert context.snapshot is not None

    def now(_event: CommitFile, context: PolicyContext[BaseModel]) -> None:
        assert context.snapshot is not None

    extension = Extension("guard")
    for number in range(3):
        extension.policy("commit-file", id=f"later_{number}")(later)
        extension.policy("commit-file", id=f"now_{number}")(now)
    function = Function(extension)
    message = eventbridge_message("commit-file", message_id=MESSAGE_ID)
    answered = threading.Thread(target=function.handler, args=(message, CONTEXT))
    answered.start()
    answered.join()
    assert actions(dataworks) == ["GetIDEEventDetail", "UpdateIDEEventResult"]


def test_nobody_can_be_asked_outside_a_function() -> None:
    """Unless `decide` gets a lookup."""
    extension = Extension("guard")

    @extension.policy("commit-file")
    def rule(_event: CommitFile, context: PolicyContext[BaseModel]) -> None:
        assert context.options

    decision = extension.decide(read_event(event_class("commit-file"), sample_payload("commit-file")))
    assert str(decision.reasons[0].error) == (
        "context.options asks DataWorks, which cannot be reached here; "
        "outside a function, give decide() a Request with lookups"
    )


# Options in the place of settings


class Settings(BaseModel):
    max_lines: int = 100
    """Lines."""
    owners: tuple[str, ...] = ()
    """Owners."""


def chosen(options: Mapping[str, object]) -> Request:
    """A request in which every workspace chose these options."""
    return Request(lookups=CannedLookups(LookupFailedError("no snapshot"), {}, options))


def settings_by(options: Mapping[str, object], *, needs: str = "") -> tuple[list[Settings], str]:
    """What a policy of an overriding pack sees as its settings, and what a person is told."""
    pack = PolicyPack("code", settings=Settings, options_override=True)
    seen: list[Settings] = []

    @pack.policy("commit-file", needs=needs or ())
    def rule(_event: Event, context: PolicyContext[Settings]) -> None:
        seen.append(context.settings)

    decision = Extension("guard", packs=[pack]).decide(
        read_event(event_class("commit-file"), sample_payload("commit-file")), chosen(options)
    )
    return seen, str(decision.reasons[0].error) if decision.denied else ""


@pytest.mark.parametrize(
    ("options", "max_lines"),
    [
        ({}, 100),
        ({"maxLines": 5}, 5),
        ({"max_lines": "5"}, 5),
        ({"somebodyElses": True, "maxLines": 5}, 5),
        ({"code": {"maxLines": 5}}, 5),
        ({"code": {"maxLines": 5}, "maxLines": 7}, 5),
        ({"code": "no object", "maxLines": 7}, 7),
    ],
)
def test_options_stand_in_the_place_of_settings(options: Mapping[str, object], max_lines: int) -> None:
    """Under the pack's name, else by the setting's; in snake_case or camelCase."""
    assert [settings.max_lines for settings in settings_by(options)[0]] == [max_lines]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"maxLines": "many"}, "the options of workspace 90004: max_lines: Input should be a valid integer"),
        ({"code": {"maxLine": 5}}, "the options of workspace 90004: code has no setting for maxLine"),
        ({"code": {"owners": 5}}, "the options of workspace 90004: code: owners: Input should be a valid tuple"),
    ],
)
def test_options_that_do_not_fit_are_the_policies_failure(options: Mapping[str, object], said: str) -> None:
    """The value is not repeated."""
    seen, error = settings_by(options)
    assert seen == []
    assert error.startswith(said)


def test_settings_are_validated_once_for_the_same_options() -> None:
    validated: list[object] = []

    class Counted(BaseModel):
        limit: int = 1

        @field_validator("limit")
        @classmethod
        def count(cls, value: int) -> int:
            validated.append(value)
            return value

    pack = PolicyPack("counted", settings=Counted, options_override=True)
    seen: list[int] = []

    @pack.policy("commit-file")
    def rule(_event: Event, context: PolicyContext[Counted]) -> None:
        seen.extend(context.settings.limit for _ in range(3))

    extension = Extension("guard", packs=[pack])
    for limit in (5, 5, 7, 5):
        extension.decide(
            read_event(event_class("commit-file"), sample_payload("commit-file")), chosen({"limit": limit})
        )
    assert seen == [5, 5, 5, 5, 5, 5, 7, 7, 7, 5, 5, 5]
    assert validated == [5, 7]


@pytest.mark.parametrize(("options", "asked"), [({}, 0), ({"owners": ["5"]}, 1)])
def test_a_setting_that_a_policy_needs_may_be_made_by_options(options: Mapping[str, object], asked: int) -> None:
    assert len(settings_by(options, needs="owners")[0]) == asked


def test_a_pack_without_settings_has_nothing_to_override() -> None:
    with pytest.raises(Exception, match="pack code has no settings that options could override; give it settings="):
        PolicyPack("code", options_override=True)  # type: ignore[call-overload]  # which mypy knows as well


# What is missing


@pytest.mark.parametrize(
    ("environment", "context", "problems"),
    [
        ({"DATAWORKS_EXT_CODE": "c", "DATAWORKS_EXT_REGION": "cn-shanghai"}, None, ()),
        ({"DATAWORKS_EXT_CODE": "c"}, CONTEXT, ()),
        ({"DATAWORKS_EXT_CODE": "c", "DATAWORKS_EXT_ENDPOINT": "https://dataworks.example.com"}, None, ()),
        ({"DATAWORKS_EXT_CODE": "c"}, None, ("DATAWORKS_EXT_REGION is not set",)),
        ({"DATAWORKS_EXT_CODE": " "}, CONTEXT, ("DATAWORKS_EXT_CODE is not set",)),
        ({}, None, ("DATAWORKS_EXT_CODE is not set", "DATAWORKS_EXT_REGION is not set")),
        (
            {"DATAWORKS_EXT_CODE": "c", "DATAWORKS_EXT_ENDPOINT": "http://dataworks"},
            None,
            ("DATAWORKS_EXT_ENDPOINT: ",),
        ),
    ],
)
def test_what_a_call_needs_is_named(
    environment: Mapping[str, str], context: FunctionContext | None, problems: tuple[str, ...]
) -> None:
    api = OpenApi(environment)
    api.attend(context)
    found = api.problems()
    assert len(found) == len(problems)
    assert all(text.startswith(problem) for text, problem in zip(found, problems, strict=True))


@pytest.mark.parametrize(
    ("codes", "recorded"),
    [(["download-resources"], False), (["commit-file"], True), (["*"], True), ([], False)],
)
def test_what_is_missing_is_recorded_only_if_something_registered_needs_it(
    codes: list[str], recorded: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DATAWORKS_EXT_CODE", raising=False)
    extension = Extension("guard")
    extension.observer("*", id="watch")(lambda _event: None)
    if codes:
        extension.policy(*codes, id="rule")(lambda _event: deny("No."))
    Function(extension).initializer(CONTEXT)
    assert ("DATAWORKS_EXT_CODE is not set" in capsys.readouterr().out) is recorded


def test_a_reply_without_the_extensions_code_ends_with_that_error(
    dataworks: local.LocalDataWorks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATAWORKS_EXT_CODE")
    with pytest.raises(Exception, match="could not be delivered: DATAWORKS_EXT_CODE is not set"):
        function_of(lambda _event, _context: None).handler(eventbridge_message("commit-file"), CONTEXT)


def test_credentials_outside_function_compute_are_the_environments(
    dataworks: local.LocalDataWorks, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", local.ACCESS_KEY_ID)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", local.ACCESS_KEY_SECRET)
    monkeypatch.setenv("ALIBABA_CLOUD_SECURITY_TOKEN", local.SECURITY_TOKEN)
    operation = dataworks.hold(MESSAGE_ID, "UpdateIDEEventResult")
    nobody = FunctionContext(credentials=ContextCredentials("", "", ""))
    function_of(lambda _event, _context: None).handler(
        eventbridge_message("commit-file", message_id=MESSAGE_ID), nobody
    )
    assert operation.state == "Passed"


def test_each_request_brings_its_own_credentials(dataworks: local.LocalDataWorks) -> None:
    """Those of the runtime are temporary."""
    function = function_of(lambda _event, _context: None)
    stale = FunctionContext(credentials=ContextCredentials("STS.old", "old", "old"))
    for message_id, context in (("m-1", stale), ("m-2", CONTEXT)):
        operation = dataworks.hold(message_id, "UpdateIDEEventResult")
        if context is stale:
            with pytest.raises(Exception, match="could not be delivered"):
                function.handler(eventbridge_message("commit-file", message_id=message_id), context)
        else:
            function.handler(eventbridge_message("commit-file", message_id=message_id), context)
            assert operation.state == "Passed"


def test_a_message_read_by_hand_is_decided_with_a_lookup() -> None:
    extension = Extension("guard")
    extension.policy("commit-file", id="rule")(
        lambda _event, context: deny("No.") if context.options["strict"] else None
    )
    message = read_message(eventbridge_message("commit-file"))
    assert extension.decide(message, chosen({"strict": True})).denied
