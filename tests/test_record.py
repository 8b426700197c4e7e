"""The record: its schema, what it leaves out, and that nothing keeps it from being written."""

from __future__ import annotations

import io
import json
import math
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
import structlog
from hypothesis import assume, given
from hypothesis import strategies as st
from structlog.typing import EventDict

from dataworks_ext import Extension, ExtensionError, Outcome, PolicyContext, allow, deny, warn
from dataworks_ext.context import MessageScope, Request
from dataworks_ext.decision import Decision, Verdict, shorten
from dataworks_ext.delivery import RETURNED
from dataworks_ext.events import DownloadResourcesExecute, Event, EventError
from dataworks_ext.function import Function
from dataworks_ext.message import MessageError, read_message
from dataworks_ext.pack import NoSettings
from dataworks_ext.record import SCHEMA, Recorder
from dataworks_ext.testing import FunctionContext, eventbridge_message, function_compute_message, sample_payload

CODE = "download-resources-execute"
NOW = datetime(2026, 3, 2, 1, 30, tzinfo=timezone.utc)
RECORD = {
    "schema": int,
    "kind": str,
    "time": str,
    "request_id": str,
    "message_id": str,
    "channel": str,
    "blocking": bool,
    "event_code": str,
    "tenant_id": int,
    "workspace_id": int,
    "operator": str,
    "verdict": str,
    "reasons": list,
    "elapsed_ms": float,
    "delivery": str,
    "extension": str,
    "version": str,
}
REASON = {"policy": str, "verdict": str, "mode": str, "elapsed_ms": float}


class Unprintable:
    def __str__(self) -> str:
        raise RuntimeError

    __repr__ = __str__


def _parse(line: str) -> dict[str, Any]:
    """A line as a strict reader has it: JSON has no NaN."""

    def refuse(constant: str) -> NoReturn:
        raise AssertionError(f"{constant} is no JSON")

    parsed: dict[str, Any] = json.loads(line, parse_constant=refuse)
    return parsed


def _lines(stream: io.StringIO) -> list[dict[str, Any]]:
    text = stream.getvalue()
    assert not text or text.endswith("\n")
    return [_parse(line) for line in text.split("\n")[:-1]]


def _handle(extension: Extension, data: bytes, fields: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """What is written while a message is decided and recorded."""
    stream = io.StringIO()
    recorder = Recorder(fields, stream, extension=(extension.name, extension.version))
    scope = MessageScope(read_message(data), Request("request-1", now=NOW, logger=recorder.get_logger))
    decision = extension.decide(scope)
    recorder.message(scope, decision, RETURNED, elapsed_ms=1.25, observers=extension.notify(scope))
    return _lines(stream)


def _message(**changes: object) -> bytes:
    return function_compute_message(CODE, message_id="message-1", **changes)


def _record(*rules: Callable[..., Any], fields: tuple[str, ...] = (), **changes: object) -> dict[str, Any]:
    """The record of a message that these policies look at."""
    extension = Extension("app", version="7")
    for number, rule in enumerate(rules):
        extension.policy(DownloadResourcesExecute, id=f"{rule.__name__}_{number}" if number else None)(rule)
    return _handle(extension, _message(**changes), fields)[-1]


def _types(record: dict[str, Any]) -> dict[str, type]:
    return {key: type(value) for key, value in record.items()}


def agrees(event: Event) -> None: ...


def denies(event: Event) -> Outcome:
    return deny("No.")


def echoes(event: DownloadResourcesExecute) -> Outcome:
    return deny(f"No {event.sql_text} from {event.ip} into {event.file_name}.")


def echoes_gently(event: DownloadResourcesExecute) -> Outcome:
    return warn(f"{event.file_name}? {event.ip}? {event.sql_text}?")


def echoes_kindly(event: DownloadResourcesExecute) -> Outcome:
    return allow(f"({event.ip}) ({event.sql_text}) ({event.file_name})")


def fails(event: DownloadResourcesExecute) -> None:
    raise RuntimeError(f"No {event.sql_text} from {event.ip} into {event.file_name}.")


# The schema


def test_the_record_of_a_decided_message() -> None:
    """Every key is there, in this order and of this type."""
    record = _record(denies)
    assert list(record) == list(RECORD)
    assert _types(record) == RECORD


def test_the_values_of_the_record() -> None:
    record = _record(denies)
    del record["reasons"]
    assert record == {
        "schema": SCHEMA,
        "kind": "message",
        "time": "2026-03-02T01:30:00Z",
        "request_id": "request-1",
        "message_id": "message-1",
        "channel": "function-compute",
        "blocking": True,
        "event_code": CODE,
        "tenant_id": 28378110656,
        "workspace_id": 90004,
        "operator": "14931896037123456",
        "verdict": "FAIL",
        "elapsed_ms": 1.25,
        "delivery": "returned",
        "extension": "app",
        "version": "7",
    }


def test_a_reason_without_a_text() -> None:
    [reason] = _record(agrees)["reasons"]
    assert _types(reason) == REASON
    assert (reason["policy"], reason["verdict"], reason["mode"]) == ("app.agrees", "OK", "enforce")


def test_a_reason_with_a_text() -> None:
    [reason] = _record(denies)["reasons"]
    assert _types(reason) == {**REASON, "message": str}
    assert (reason["verdict"], reason["message"]) == ("FAIL", "No.")


def test_a_reason_with_an_error() -> None:
    [reason] = _record(fails)["reasons"]
    assert _types(reason) == {**REASON, "message": str, "error": str}


def test_every_policy_that_ran_has_its_reason() -> None:
    record = _record(agrees, denies, fails)
    assert [reason["policy"] for reason in record["reasons"]] == ["app.agrees", "app.denies_1", "app.fails_2"]


def test_an_objection_and_a_failure_name_who_answers_for_the_policy() -> None:
    """What is not given is left out, and so is all of it where there is no objection."""
    extension = Extension("app", owner="Data platform")
    extension.policy(DownloadResourcesExecute, severity="high", url="https://example.com/1")(denies)
    extension.policy(DownloadResourcesExecute)(fails)
    extension.policy(DownloadResourcesExecute)(agrees)
    stream = io.StringIO()
    with redirect_stdout(stream):
        Function(extension).handler(_message(), FunctionContext())
    denial, failure, agreement = _lines(stream)[0]["reasons"]
    assert (denial["severity"], denial["owner"], denial["url"]) == ("high", "Data platform", "https://example.com/1")
    assert failure["owner"] == "Data platform"
    assert not {"severity", "url"} & failure.keys()
    assert not {"severity", "owner", "url"} & agreement.keys()


def test_the_record_has_the_text_in_the_language_in_force() -> None:
    extension = Extension("app", language="zh")
    extension.policy(CODE, id="two")(lambda _event: deny("No.", zh="不行。"))
    assert _handle(extension, _message())[0]["reasons"][0]["message"] == "不行。"


def test_a_reason_in_shadow_keeps_its_verdict() -> None:
    """The record shows what a policy would have done."""
    extension = Extension("app")
    extension.policy(CODE, mode="shadow")(denies)
    record = _handle(extension, _message())[0]
    assert record["verdict"] == "OK"
    assert (record["reasons"][0]["verdict"], record["reasons"][0]["mode"]) == ("FAIL", "shadow")


def test_the_record_of_a_message_that_nobody_waits_for() -> None:
    """It has the keys of any other."""
    envelope = {"messageId": "message-1", "messageBody": sample_payload("freeze-instance")}
    [record] = _handle(Extension("app", default="deny"), json.dumps(envelope).encode())
    assert list(record) == list(RECORD)
    assert (record["blocking"], record["verdict"], record["reasons"]) == (False, "OK", [])


def test_the_record_of_a_notification_of_an_extension_point() -> None:
    message = json.loads(_message())
    extension = Extension("app")
    extension.policy(CODE)(denies)
    [record] = _handle(extension, json.dumps({**message, "blockBusiness": False}).encode())
    assert list(record) == list(RECORD)
    assert (record["blocking"], record["verdict"], record["reasons"]) == (False, "OK", [])


def test_the_record_of_a_message_of_eventbridge() -> None:
    """It has the keys of any other."""
    extension = Extension("app")
    extension.policy(CODE)(denies)
    [record] = _handle(extension, eventbridge_message(CODE, message_id="message-1"))
    assert _types(record) == RECORD
    assert (record["channel"], record["message_id"], record["verdict"]) == ("eventbridge", "message-1", "FAIL")


def test_the_record_of_a_denial_without_a_policy_has_its_text() -> None:
    """Where no reason has the text, the record itself does."""
    [record] = _handle(Extension("app", default="deny"), _message())
    assert list(record) == [*RECORD, "message"]
    assert record["message"].startswith(f"No rule covers the event {CODE}.")


def test_an_observer_that_failed_is_in_the_record() -> None:
    extension = Extension("app")

    @extension.observer(CODE)
    def watch(event: DownloadResourcesExecute) -> None:
        raise RuntimeError(event.sql_text)

    [record] = _handle(extension, _message())
    assert list(record) == [*RECORD, "observers"]
    [observer] = record["observers"]
    assert _types(observer) == {**REASON, "message": str, "error": str}
    assert (observer["policy"], observer["verdict"]) == ("app.watch", "OK")
    assert record["verdict"] == "OK"


def test_an_observer_that_did_its_work_is_not_in_the_record() -> None:
    extension = Extension("app")
    extension.observer("*")(agrees)
    assert "observers" not in _handle(extension, _message())[0]


def test_what_an_event_does_not_say_is_null() -> None:
    extension = Extension("app")
    [record] = _handle(extension, b'{"messageBody": {"eventCode": "commit-file"}}')
    assert [record[key] for key in ("message_id", "tenant_id", "workspace_id", "operator")] == [None] * 4
    assert list(record) == list(RECORD)


def test_what_cannot_be_read_of_an_event_is_null_in_its_record() -> None:
    record = _record(denies, tenantId="first", queryDwProjectId=[], operatorUid={})
    assert [record[key] for key in ("tenant_id", "workspace_id", "operator")] == [None] * 3
    assert (record["event_code"], record["verdict"]) == (CODE, "FAIL")


def test_fields_that_cannot_be_read_are_listed() -> None:
    record = _record(agrees, dataRowSize="many", tenantId=None, operatorUid={})
    assert record["unread_fields"] == ["operatorUid", "dataRowSize"]
    assert "unread_fields" not in _record(agrees)


def test_the_record_of_a_message_that_could_not_be_read() -> None:
    stream = io.StringIO()
    decision = Decision(Verdict.FAIL, "The extension could not read this message of DataWorks.")
    Recorder(stream=stream, extension=("app", "7")).unread(
        MessageError("the object has no messageBody"), decision, "request-1", "m"
    )
    [record] = _lines(stream)
    assert _types(record) == {
        "schema": int,
        "kind": str,
        "time": str,
        "verdict": str,
        "message": str,
        "error": str,
        "request_id": str,
        "message_id": str,
        "extension": str,
        "version": str,
    }
    assert (record["kind"], record["verdict"]) == ("message", "FAIL")
    assert record["error"] == "MessageError: the object has no messageBody"


@pytest.mark.parametrize("data", [b"", b"[]", b'{"messageBody": null, "messageId": "message-1"}'])
def test_a_message_that_could_not_be_read_has_one_record(data: bytes, capsys: pytest.CaptureFixture[str]) -> None:
    reply = json.loads(Function(Extension("app")).handler(data, FunctionContext()))
    [line] = capsys.readouterr().out.splitlines()
    record = _parse(line)
    assert (record["verdict"], record["message"]) == (reply["checkResult"], reply["errorMessage"])
    assert record["request_id"] == FunctionContext().request_id


def test_a_note_about_the_instance() -> None:
    stream = io.StringIO()
    Recorder(stream=stream).note("configuration", problem="DOWNLOADS_MAX_ROWS: …", extension="app")
    [record] = _lines(stream)
    assert _types(record) == {"schema": int, "kind": str, "time": str, "problem": str, "extension": str}
    assert record["kind"] == "configuration"


# Where the lines go


def test_a_line_goes_to_stdout_as_it_is_at_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody may have replaced `sys.stdout` after the import."""
    recorder = Recorder()
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    recorder.note("configuration")
    assert _lines(stream)[0]["kind"] == "configuration"


def test_a_line_is_written_whole_and_sent_off() -> None:
    """The instance is frozen when the handler returns: what is still in a buffer then comes too late."""
    calls: list[str] = []
    stream: Any = SimpleNamespace(write=calls.append, flush=lambda: calls.append("flush"))
    recorder = Recorder(stream=stream)
    recorder.note("configuration", text="a\nb")
    recorder.get_logger().info("hello")
    assert [call.count("\n") for call in calls] == [1, 0, 1, 0]
    assert calls[1::2] == ["flush", "flush"]


# structlog, in private


@pytest.fixture
def elsewhere() -> Iterator[list[str]]:
    """An application's own structlog, and what it has written."""
    written: list[str] = []

    def collect(_logger: object, _method: str, event: EventDict) -> EventDict:
        written.append(str(event))
        raise structlog.DropEvent

    structlog.configure(
        processors=[collect],
        wrapper_class=structlog.make_filtering_bound_logger(50),
        cache_logger_on_first_use=True,
    )
    yield written
    structlog.reset_defaults()


def logs(event: Event, context: PolicyContext[NoSettings]) -> None:
    context.log.info("looked", rows=7)


def test_the_applications_structlog_does_not_change_the_record(elsewhere: list[str]) -> None:
    extension = Extension("app")
    extension.policy(CODE)(logs)
    log, record = _handle(extension, _message())
    assert (log["kind"], record["kind"]) == ("log", "message")
    assert elsewhere == []


def test_the_record_does_not_change_the_applications_structlog() -> None:
    before = structlog.get_config()
    _record(denies)
    assert structlog.get_config() == before


# The lines of policies


def test_a_line_of_a_policy_carries_the_ids() -> None:
    extension = Extension("app")
    extension.policy(CODE)(logs)
    log = _handle(extension, _message())[0]
    assert datetime.fromisoformat(log.pop("time").replace("Z", "+00:00")).tzinfo is not None
    assert log == {
        "schema": SCHEMA,
        "kind": "log",
        "level": "info",
        "request_id": "request-1",
        "message_id": "message-1",
        "event_code": CODE,
        "policy": "app.logs",
        "event": "looked",
        "rows": 7,
    }


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error", "critical"])
def test_a_line_of_a_policy_has_its_level(level: str) -> None:
    """Every level is written: what is too much is the log service's to leave out."""
    stream = io.StringIO()
    getattr(Recorder(stream=stream).get_logger(), level)("hello")
    assert [line["level"] for line in _lines(stream)] == [level]


@pytest.mark.parametrize("key", ["kind", "schema"])
def test_a_line_of_a_policy_cannot_pass_for_another_kind(key: str) -> None:
    """A field of the payload that is logged under its own name does not turn the line into a record of a message."""
    stream = io.StringIO()
    Recorder(stream=stream).get_logger().info("hello", **{key: "message"})
    [line] = _lines(stream)
    assert (line["kind"], line["schema"]) == ("log", SCHEMA)


def test_an_observers_line_carries_its_id() -> None:
    extension = Extension("app")
    extension.observer(CODE)(logs)
    assert _handle(extension, _message())[0]["policy"] == "app.logs"


# What stays out


def _strings(value: Any) -> Iterator[str]:
    """Every text in a record, keys included."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from _strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    else:
        yield str(value)


_ECHOING = (echoes, echoes_gently, echoes_kindly, fails)
_BASELINE = json.dumps(_record(*_ECHOING), ensure_ascii=False)
_personal = st.text(alphabet=st.characters(exclude_categories=()), min_size=8, max_size=400)


@given(sql_text=_personal, ip=_personal, file_name=_personal)
def test_no_personal_field_gets_into_the_record(sql_text: str, ip: str, file_name: str) -> None:
    """Policies may show the person the SQL, the address or the file, or fail over them: the record has none of them."""
    payload = json.loads(json.dumps([sql_text, ip, file_name]))  # two surrogates may have become one character
    assume(not any(value in _BASELINE for value in payload))
    record = _record(*_ECHOING, sqlText=sql_text, ip=ip, fileName=file_name)
    texts = list(_strings(record))
    for value in payload:
        assert not any(value in text for text in texts)
        clean = shorten(value, len(value))
        assert len(clean) < 8 or not any(clean in text for text in texts)


def test_a_personal_field_in_a_text_is_named_instead() -> None:
    reasons = _record(echoes)["reasons"]
    assert reasons[0]["message"] == "No [sqlText] from [ip] into [fileName]."


def test_a_personal_field_that_came_as_a_number_stays_out_too() -> None:
    """Texts come as numbers at times: a file named after its day."""
    reasons = _record(echoes, fileName=2026030217)["reasons"]
    assert reasons[0]["message"] == "No [sqlText] from [ip] into [fileName]."


def test_a_personal_field_within_another_does_not_uncover_it() -> None:
    """The name of a file may have the SQL in it."""
    [reason] = _record(echoes, sqlText="salaries", fileName="board-salaries-2026.csv")["reasons"]
    assert "board" not in reason["message"]


@pytest.mark.parametrize("error", [ExtensionError, EventError, RuntimeError])
def test_the_text_of_a_policys_exception_stays_out(error: type[Exception]) -> None:
    """Whatever class it has: the framework's own are public, and a policy may raise them."""

    def rule(event: DownloadResourcesExecute) -> None:
        raise error(event.sql_text)

    assert "dim_sku" not in json.dumps(_record(rule))


def test_no_credential_gets_into_the_record(capsys: pytest.CaptureFixture[str]) -> None:
    extension = Extension("app")
    extension.policy(CODE)(logs)
    context = FunctionContext()
    Function(extension).handler(_message(), context)
    written = capsys.readouterr().out
    secrets = (
        context.credentials.access_key_id,
        context.credentials.access_key_secret,
        context.credentials.security_token,
    )
    assert len(written.splitlines()) == 2
    assert not any(secret in written for secret in secrets)


# What was asked for


def test_fields_are_not_in_the_record_unless_asked_for() -> None:
    assert "fields" not in _record(denies)


@pytest.mark.parametrize(
    ("asked", "wire"),
    [("sql_text", "sqlText"), ("sqlText", "sqlText"), ("ip", "ip"), ("query_dw_project_id", "queryDwProjectId")],
)
def test_a_field_is_asked_for_by_its_python_or_wire_name(asked: str, wire: str) -> None:
    record = _record(denies, fields=(asked,), ip="203.0.113.9", sqlText="select 1", queryDwProjectId="90004")
    values = {"ip": "203.0.113.9", "sqlText": "select 1", "queryDwProjectId": "90004"}
    assert list(record) == [*RECORD, "fields"]
    assert record["fields"] == {wire: values[wire]}


def test_fields_come_in_the_order_in_which_they_are_asked_for() -> None:
    record = _record(denies, fields=("fileSize", "ip", "moduleType"))
    assert list(record["fields"]) == ["fileSize", "ip", "moduleType"]


def test_a_field_is_as_it_came() -> None:
    record = _record(denies, fields=("dataRowSize", "extra"), dataRowSize="7", extra={"a": [1, None]})
    assert record["fields"] == {"dataRowSize": "7", "extra": {"a": [1, None]}}


def test_a_field_that_the_event_does_not_have_is_left_out() -> None:
    assert _record(denies, fields=("changeType", "ip"))["fields"].keys() == {"ip"}


def test_a_field_that_was_asked_for_may_be_in_a_text() -> None:
    [reason] = _record(echoes, fields=("sql_text",), sqlText="select 1")["reasons"]
    assert reason["message"] == "No select 1 from [ip] into [fileName]."


def test_a_long_field_is_cut() -> None:
    text = _record(denies, fields=("sqlText",), sqlText="x" * 2_001)["fields"]["sqlText"]
    assert text == "x" * 1_999 + "…"


def test_a_field_of_the_longest_length_is_whole() -> None:
    text = _record(denies, fields=("sqlText",), sqlText="x" * 2_000)["fields"]["sqlText"]
    assert text == "x" * 2_000


def test_a_long_field_that_is_no_text_is_cut_as_json() -> None:
    text = _record(denies, fields=("nodes",), nodes=list(range(1_000)))["fields"]["nodes"]
    assert text.startswith("[0,1,2,")
    assert text.endswith("…")
    assert len(text) == 2_000


def test_a_long_text_of_a_policy_is_cut() -> None:
    def rule(event: Event) -> Outcome:
        return allow("x" * 301)

    [reason] = _record(rule)["reasons"]
    assert reason["message"] == "x" * 299 + "…"


# What failed, and where


def test_an_error_has_type_and_place_and_no_text() -> None:
    [reason] = _record(fails)["reasons"]
    assert re.fullmatch(r"RuntimeError at \S*test_record\.py:\d+ in fails", reason["error"])


def test_an_error_has_the_way_to_its_place() -> None:
    """The frames are the policy's own and what it called; the framework's are left out."""

    def calls(event: DownloadResourcesExecute) -> None:
        fails(event)

    [reason] = _record(calls)["reasons"]
    assert re.fullmatch(r"RuntimeError at \S*:\d+ in calls > \S*:\d+ in fails", reason["error"])


def test_an_error_has_its_last_eight_places() -> None:
    def recurse(event: Event) -> None:
        recurse(event)

    [reason] = _record(recurse)["reasons"]
    assert reason["error"].startswith("RecursionError at ")
    assert reason["error"].count(" in recurse") == 8


def test_exceptions_have_their_texts_if_asked_for() -> None:
    [reason] = _record(fails, fields=("exceptions",), sqlText="select 1")["reasons"]
    assert reason["error"].startswith("RuntimeError: No select 1 from ")


def test_exceptions_are_no_field() -> None:
    assert "fields" not in _record(denies, fields=("exceptions",), exceptions="x")


def test_an_exception_that_cannot_be_printed_has_its_type() -> None:
    class Odd(Exception):
        __str__ = Unprintable.__str__

    def rule(event: Event) -> None:
        raise Odd

    [reason] = _record(rule, fields=("exceptions",))["reasons"]
    assert reason["error"].startswith("Odd: a Odd that cannot be printed at ")


def test_what_the_framework_found_has_its_text() -> None:
    """Its texts hold no payload."""

    def rule(event: Event) -> Any:
        return "no"

    [reason] = _record(rule)["reasons"]
    assert reason["error"] == "PolicyError: it returned str; expected an Outcome (deny, warn, allow) or None"


def test_a_field_that_a_policy_could_not_look_at_is_named() -> None:
    def rule(event: DownloadResourcesExecute) -> None:
        assert event.data_row_size

    [reason] = _record(rule, dataRowSize="many rows")["reasons"]
    error, _, where = reason["error"].rpartition(" at ")
    assert error == (
        "FieldError: the field dataRowSize cannot be read: "
        "Input should be a valid integer, unable to parse string as an integer"
    )
    assert where.endswith(" in rule")


# Nothing keeps a line from being written

_circular: dict[str, object] = {}
_circular["itself"] = _circular


@pytest.mark.parametrize(
    "value",
    [
        {1, 2},
        b"\xff",
        10**400,
        math.nan,
        -math.inf,
        "\ud800",
        NOW,
        object(),
        Unprintable(),
        {("a", 1): "\ud800"},
        [math.nan, "\ud800"],
        _circular,
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_value_that_json_cannot_hold_does_not_lose_the_line(value: object) -> None:
    stream = io.StringIO()
    Recorder(stream=stream).get_logger().info("hello", value=value)
    [line] = _lines(stream)
    assert (line["kind"], line["event"]) == ("log", "hello")
    assert "value" in line


def test_a_value_that_cannot_be_printed_is_named() -> None:
    stream = io.StringIO()
    Recorder(stream=stream).note("configuration", value=Unprintable())
    assert _lines(stream)[0]["value"] == "a Unprintable that cannot be printed"


def test_a_number_that_is_none_is_null() -> None:
    record = _record(denies, fields=("ratio",), ratio=math.nan)
    assert record["fields"] == {"ratio": None}


def test_a_lone_surrogate_does_not_lose_the_record() -> None:
    record = _record(denies, operatorUid="\ud800", fields=("fileName",), fileName="\udfff.csv")
    assert record["operator"] == r"\ud800"
    assert record["fields"] == {"fileName": r"\udfff.csv"}
    assert list(record) == [*RECORD, "fields"]


def test_a_lone_surrogate_changes_no_other_value() -> None:
    """The time is written the same way, whatever else is in the record."""
    assert _record(denies, operatorUid="\ud800")["time"] == "2026-03-02T01:30:00Z"


def test_a_lone_surrogate_beside_a_number_that_is_none_does_not_lose_the_record() -> None:
    record = _record(denies, operatorUid="\ud800", fields=("ratio",), ratio=math.nan)
    assert record["fields"] == {"ratio": None}
