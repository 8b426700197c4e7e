"""What a function stores of a message, and what it says where it cannot."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from dataworks_ext import Extension, Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.archive.writer import ArchiveWriter
from dataworks_ext.events import CommitFile, DownloadResources
from dataworks_ext.function import Function
from dataworks_ext.openapi.api import OpenApi
from dataworks_ext.testing import FunctionContext, eventbridge_message, function_compute_message
from dataworks_ext.testing.contexts import ContextCredentials
from tests import dataworks as local

from .s3 import Bucket, authorisation

MESSAGE = function_compute_message("download-resources", dataRowSize=7)
OK = '{"checkResult": "OK"}'
LOCAL = ContextCredentials(local.ACCESS_KEY_ID, local.ACCESS_KEY_SECRET, local.SECURITY_TOKEN)
Record = dict[str, Any]


def guard() -> Extension:
    """Ten rows at most, and no commit that drops a table."""
    extension = Extension("guard", version="1.4")

    @extension.policy(DownloadResources)
    def row_limit(event: DownloadResources) -> Outcome | None:
        return deny("too many") if event.data_row_size > 10 else None

    @extension.policy(CommitFile)
    def no_drop(event: CommitFile, context: PolicyContext[Any]) -> Outcome | None:
        return deny("no drop") if "drop" in (getattr(context.snapshot, "content", "") or "") else None

    return extension


@pytest.fixture
def records(capsys: pytest.CaptureFixture[str]) -> Callable[[], list[Record]]:
    """The records of messages and arrays that were written since it was asked last."""

    def read() -> list[Record]:
        found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        return [record for record in found if record["kind"] in ("message", "archive")]

    return read


@pytest.fixture
def dataworks() -> Iterator[local.LocalDataWorks]:
    with local.holding_everything() as running:
        yield running


def test_one_object_holds_what_came_and_what_was_decided(bucket: Bucket) -> None:
    with authorisation():
        assert bucket.function(guard()).handler(MESSAGE, bucket.context(request_id="1-abc")) == OK
    (key,) = bucket.keys
    (line,) = bucket.lines()
    day, moment = line["time"][:10], line["time"].replace("-", "").replace(":", "")
    assert key == f"guard/raw/v1/day={day}/{moment}-1-abc.ndjson.gz"
    assert line["message"] == json.loads(MESSAGE)
    assert line["decision"] == {
        "verdict": "OK",
        "reasons": [{"policy": "guard.row_limit", "verdict": "OK", "mode": "enforce"}],
    }
    assert (line["schema"], line["request_id"], line["extension"], line["version"]) == (1, "1-abc", "guard", "1.4")
    assert (line["account_id"], line["region"]) == ("1234567890980001", "cn-hangzhou")
    assert (line["consulted"], line["left_out"]) == ({}, [])


def test_the_record_says_that_it_is_stored(bucket: Bucket, records: Callable[[], list[Record]]) -> None:
    bucket.function(guard()).handler(MESSAGE, bucket.context())
    (record,) = records()
    assert record["archive"] == "stored"
    assert "archive_problem" not in record


def test_a_probe_is_not_archived(bucket: Bucket, records: Callable[[], list[Record]]) -> None:
    """It is no message of DataWorks, and must not be counted as one."""
    probe = function_compute_message("download-resources", message_id="probe-1")
    bucket.function(guard()).handler(probe, bucket.context())
    (record,) = records()
    assert (bucket.keys, record["probe"], "archive" in record) == ([], True, False)


def test_a_function_that_archives_nothing_says_nothing_of_it(records: Callable[[], list[Record]]) -> None:
    Function(guard(), environment={}).handler(MESSAGE, FunctionContext())
    (record,) = records()
    assert "archive" not in record


def test_the_lines_of_an_array_are_one_object(bucket: Bucket, records: Callable[[], list[Record]]) -> None:
    array = f"[{MESSAGE.decode()}, 1, {MESSAGE.decode()}]".encode()
    bucket.function(guard()).handler(array, bucket.context(request_id="1-array"))
    assert len(bucket.keys) == 1
    assert [line["message"] for line in bucket.lines()] == [json.loads(MESSAGE)] * 2
    found = records()
    assert ["archive" in record for record in found] == [False, False, False, True]
    assert {"kind": "archive", "archive": "stored", "messages": 2, "request_id": "1-array"}.items() <= found[-1].items()


def looking_up(bucket: Bucket, dataworks: local.LocalDataWorks, **environment: str) -> Record:
    """The line of a commit whose snapshot a policy looked at."""
    dataworks.snapshots["commit-1"] = {"CommittedFile": {"FileId": 1, "FileName": "a.sql", "Content": "select 1"}}
    named = {"DATAWORKS_EXT_ENDPOINT": dataworks.endpoint, "DATAWORKS_EXT_CODE": local.EXTENSION_CODE, **environment}
    message = eventbridge_message("commit-file", message_id="commit-1")
    bucket.function(guard(), **named).handler(message, bucket.context(credentials=LOCAL))
    (line,) = bucket.lines()
    return line


def test_an_answer_that_was_looked_up_is_stored_as_it_came(bucket: Bucket, dataworks: local.LocalDataWorks) -> None:
    found = looking_up(bucket, dataworks)["consulted"]["snapshot"]["answer"]
    assert found["EventDetail"] == {"CommittedFile": {"FileId": 1, "FileName": "a.sql", "Content": "select 1"}}


def test_a_lookup_that_failed_is_stored_with_its_text(bucket: Bucket, dataworks: local.LocalDataWorks) -> None:
    message = eventbridge_message("commit-file", message_id="unknown")
    environment = {"DATAWORKS_EXT_ENDPOINT": dataworks.endpoint, "DATAWORKS_EXT_CODE": local.EXTENSION_CODE}
    bucket.function(guard(), **environment).handler(message, bucket.context(credentials=LOCAL))
    (line,) = bucket.lines()
    assert line["consulted"]["snapshot"]["failed"].startswith("GetIDEEventDetail failed")
    assert line["decision"]["reasons"][0]["error"] == "LookupFailedError"


def test_the_code_of_a_snapshot_is_left_out(bucket: Bucket, dataworks: local.LocalDataWorks) -> None:
    line = looking_up(bucket, dataworks, DATAWORKS_EXT_ARCHIVE_WITHOUT="snapshot.content")
    found = line["consulted"]["snapshot"]["answer"]["EventDetail"]
    assert found == {"CommittedFile": {"FileId": 1, "FileName": "a.sql"}}
    assert line["left_out"] == ["snapshot.content"]


def test_a_lookup_is_left_out(bucket: Bucket, dataworks: local.LocalDataWorks) -> None:
    line = looking_up(bucket, dataworks, DATAWORKS_EXT_ARCHIVE_WITHOUT="snapshot")
    assert line["consulted"] == {"snapshot": {"omitted": True}}


@pytest.mark.parametrize("name", ["sqlText", "sql_text", "payload.sqlText"])
def test_a_field_of_the_payload_is_left_out(bucket: Bucket, name: str) -> None:
    bucket.function(guard(), DATAWORKS_EXT_ARCHIVE_WITHOUT=f"{name}, nodeId").handler(MESSAGE, bucket.context())
    (line,) = bucket.lines()
    whole = json.loads(MESSAGE)
    del whole["messageBody"]["sqlText"]
    assert (line["message"], line["left_out"]) == (whole, ["sqlText"])


def test_a_line_that_is_too_long_loses_its_snapshot_first(bucket: Bucket, dataworks: local.LocalDataWorks) -> None:
    dataworks.snapshots["commit-1"] = {"CommittedFile": {"Content": "x" * 10_000}}
    environment = {"DATAWORKS_EXT_ENDPOINT": dataworks.endpoint, "DATAWORKS_EXT_CODE": local.EXTENSION_CODE}
    function = bucket.function(guard(), DATAWORKS_EXT_ARCHIVE_MAX_BYTES="8192", **environment)
    function.handler(eventbridge_message("commit-file", message_id="commit-1"), bucket.context(credentials=LOCAL))
    (line,) = bucket.lines()
    assert line["consulted"] == {"snapshot": {"omitted": True}}
    assert line["left_out"] == []


def test_a_line_that_is_too_long_then_loses_its_payload(bucket: Bucket) -> None:
    message = function_compute_message("download-resources", sqlText="x" * 10_000)
    bucket.function(guard(), DATAWORKS_EXT_ARCHIVE_MAX_BYTES="4096").handler(message, bucket.context())
    (line,) = bucket.lines()
    assert line["message"]["messageBody"] == {"eventCode": "download-resources"}
    assert line["left_out"] == ["*"]


@pytest.mark.parametrize(
    ("events", "archived"),
    [("", 1), ("blocking", 1), ("all", 2), ("download-resources", 1), ("upload-data-to-table", 0)],
)
def test_the_events_that_are_named_are_archived(bucket: Bucket, events: str, archived: int) -> None:
    function = bucket.function(guard(), DATAWORKS_EXT_ARCHIVE_EVENTS=events)
    function.handler(MESSAGE, bucket.context())
    function.handler(eventbridge_message("instance-status-changes"), bucket.context(request_id="1-other"))
    assert len(bucket.keys) == archived


def test_what_is_not_selected_is_skipped(bucket: Bucket, records: Callable[[], list[Record]]) -> None:
    bucket.function(guard(), DATAWORKS_EXT_ARCHIVE_EVENTS="commit-file").handler(MESSAGE, bucket.context())
    (record,) = records()
    assert (record["archive"], record["archive_problem"]) == ("skipped", "its event is not archived")


def test_a_duplicate_is_skipped(
    bucket: Bucket, dataworks: local.LocalDataWorks, records: Callable[[], list[Record]]
) -> None:
    environment = {"DATAWORKS_EXT_ENDPOINT": dataworks.endpoint, "DATAWORKS_EXT_CODE": local.EXTENSION_CODE}
    function = bucket.function(guard(), **environment)
    message = eventbridge_message("freeze-node", message_id="twice")
    for request_id in ("1-first", "1-second"):
        function.handler(message, bucket.context(credentials=LOCAL, request_id=request_id))
    assert [record["archive"] for record in records()] == ["stored", "skipped"]


def test_lone_surrogates_and_numbers_that_are_none_are_stored_as_they_came(bucket: Bucket) -> None:
    message = MESSAGE.replace(b'"sqlText": "', b'"more": [NaN, 1e400, 12345678901234567890123], "sqlText": "\\ud800')
    bucket.function(guard()).handler(message, bucket.context())
    (line,) = bucket.lines()
    assert line["message"]["messageBody"]["sqlText"].startswith("\ud800")
    assert str(line["message"]["messageBody"]["more"]) == "[nan, inf, 12345678901234567890123]"


REFUSED = {
    "another prefix": ({"DATAWORKS_EXT_ARCHIVE": "oss://{bucket}/other"}, {}, "HTTP 403 AccessDenied"),
    "a wrong secret": ({}, {"access_key_secret": "wrong"}, "HTTP 403 SignatureDoesNotMatch"),
    "a token of another role": ({}, {"security_token": "other"}, "HTTP 400 InvalidToken"),
    "no credentials": ({}, {"access_key_id": ""}, "the function has no credentials"),
}


@pytest.mark.parametrize(("environment", "changes", "cause"), REFUSED.values(), ids=REFUSED)
def test_what_storage_refuses_is_lost_and_the_reply_unchanged(
    bucket: Bucket,
    records: Callable[[], list[Record]],
    environment: dict[str, str],
    changes: dict[str, str],
    cause: str,
) -> None:
    named = {name: value.format(bucket=bucket.name) for name, value in environment.items()}
    context = bucket.context(credentials=replace(bucket.credentials, **changes))
    with authorisation():
        assert bucket.function(guard(), **named).handler(MESSAGE, context) == OK
    (record,) = records()
    assert record["archive"] == "lost"
    assert record["archive_problem"].startswith(cause)
    assert bucket.keys == []


def test_a_bucket_that_is_not_there_is_named_as_the_cause(bucket: Bucket, records: Callable[[], list[Record]]) -> None:
    function = bucket.function(guard(), DATAWORKS_EXT_ARCHIVE="oss://no-such-bucket/guard")
    assert function.handler(MESSAGE, bucket.context()) == OK
    (record,) = records()
    assert (record["archive"], record["archive_problem"][:22]) == ("lost", "HTTP 404 NoSuchBucket;")


WRONG = {
    "DATAWORKS_EXT_ARCHIVE": "s3://bucket",
    "DATAWORKS_EXT_ARCHIVE_ENDPOINT": "http://oss.example.com",
    "DATAWORKS_EXT_ARCHIVE_EVENTS": "download-resource",
    "DATAWORKS_EXT_ARCHIVE_WITHOUT": "sqltext, operater",
    "DATAWORKS_EXT_ARCHIVE_MAX_BYTES": "1KB",
}


@pytest.mark.parametrize("variable", WRONG)
def test_a_variable_that_is_wrong_is_named_once_and_archives_nothing(
    bucket: Bucket, capsys: pytest.CaptureFixture[str], variable: str
) -> None:
    function = bucket.function(guard(), **{variable: WRONG[variable]})
    function.initializer(bucket.context())
    assert function.handler(MESSAGE, bucket.context()) == OK
    configuration, record = (json.loads(line) for line in capsys.readouterr().out.splitlines()[-2:])
    assert configuration["problem"].startswith(variable)
    assert (record["archive"], record["archive_problem"]) == ("lost", configuration["problem"])
    assert bucket.keys == []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (
            "operator，sqlTxt",
            'no event has a field "sqlTxt", and nothing is archived before it is mended; did you mean "sqlText"?',
        ),
        ("snapshot.contents", 'did you mean "snapshot.content"?'),
        ("payload.", 'no event has a field "payload."'),
        ("payload.eventCode", "a message is none without payload.eventCode"),
        ("ListTables", 'did you mean "ListTable"?'),
    ],
)
def test_a_name_that_would_leave_nothing_out_archives_nothing(written: str, told: str) -> None:
    extension = Extension("guard", packs=[PolicyPack("tables", asks=["ListTable"])])
    environment = {"DATAWORKS_EXT_ARCHIVE": "oss://bucket", "DATAWORKS_EXT_ARCHIVE_WITHOUT": written}
    problem = ArchiveWriter(extension, OpenApi({}), environment).problem
    assert problem is not None
    assert told in problem


@pytest.mark.parametrize(
    "written", ["operator，sqlText；file_name、ip", "payload.fieldOfTomorrow", "List_Table, options", ""]
)
def test_names_that_something_has_are_no_problem(written: str) -> None:
    extension = Extension("guard", packs=[PolicyPack("tables", asks=["ListTable"])])
    environment = {"DATAWORKS_EXT_ARCHIVE": "oss://bucket", "DATAWORKS_EXT_ARCHIVE_WITHOUT": written}
    assert ArchiveWriter(extension, OpenApi({}), environment).problem is None


def test_what_cannot_be_written_is_lost(
    bucket: Bucket, records: Callable[[], list[Record]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise RecursionError("secret")

    monkeypatch.setattr("dataworks_ext.archive.line.LineWriter._envelope", fails)
    assert bucket.function(guard()).handler(MESSAGE, bucket.context()) == OK
    (record,) = records()
    assert (record["archive"], record["archive_problem"]) == (
        "lost",
        "its line could not be written (RecursionError)",
    )
