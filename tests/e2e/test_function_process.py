"""The deployed function, in a process that calls it as the Function Compute runtime does."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataworks_ext.deploy.layout import lay_out, protect, unprotect
from dataworks_ext.local.process import FunctionProcess, InvocationResult, ProcessEndedError
from dataworks_ext.testing import FunctionContext, eventbridge_message, function_compute_message
from dataworks_ext.testing.contexts import ContextCredentials
from tests import dataworks as local

ROOT = Path(__file__).parent.parent.parent
MESSAGE_ID = "539fd8f4-4ea1-4625-aa8b-6c9066740001"
CONTEXT = FunctionContext(
    credentials=ContextCredentials(local.ACCESS_KEY_ID, local.ACCESS_KEY_SECRET, local.SECURITY_TOKEN)
)
COVERAGE = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
PROBES = """
import os
import sys

started = []


def initializer(context):
    started.append(context.request_id)


def handler(event, context):
    return eval(event)


def broken_initializer(context):
    raise OSError("not today")
"""


@pytest.fixture
def code(tmp_path: Path) -> Iterator[Path]:
    """The example extension as it is deployed, write-protected."""
    directory = tmp_path / "code"
    lay_out(directory, [ROOT / "policies"])
    (directory / "probes.py").write_text(PROBES)
    protect(directory)
    yield directory
    unprotect(directory)


def environment_of(dataworks: local.LocalDataWorks) -> dict[str, str]:
    """What a function needs to call it, and a small limit of rows."""
    return {
        **COVERAGE,
        "DATAWORKS_EXT_CODE": local.EXTENSION_CODE,
        "DATAWORKS_EXT_ENDPOINT": dataworks.endpoint,
        "DOWNLOADS_MAX_ROWS": "10",
    }


def probe(code: Path, event: str, initializer: str = "probes.initializer") -> InvocationResult:
    """What comes of an expression that is evaluated as the handler."""
    with FunctionProcess(code, COVERAGE, handler="probes.handler", initializer=initializer) as function:
        return function.invoke(event.encode(), CONTEXT)


@pytest.mark.parametrize("event", ["download-resources", "download-resources-execute", "upload-data-to-table"])
def test_the_published_messages_are_allowed(code: Path, event: str) -> None:
    with FunctionProcess(code, COVERAGE) as function:
        assert json.loads(function.invoke(function_compute_message(event), CONTEXT).body) == {"checkResult": "OK"}


def test_a_refused_message_leaves_its_record(code: Path) -> None:
    with FunctionProcess(code, {**COVERAGE, "DOWNLOADS_MAX_ROWS": "10"}) as function:
        reply = json.loads(function.invoke(function_compute_message("download-resources"), CONTEXT).body)
        record = json.loads(function.log()[-1])
    assert reply["checkResult"] == record["verdict"] == "FAIL"
    assert reply["errorMessage"] == record["reasons"][0]["message"]
    assert record["request_id"] == CONTEXT.request_id


def test_an_array_of_eventbridge_is_answered_and_recorded_by_element(code: Path) -> None:
    elements = [
        eventbridge_message("download-resources", message_id=MESSAGE_ID),
        eventbridge_message("freeze-instance"),
        b"5",
        function_compute_message("download-resources"),
    ]
    with local.LocalDataWorks() as dataworks, FunctionProcess(code, environment_of(dataworks)) as function:
        operation = dataworks.hold(MESSAGE_ID, "CallbackExtension")
        replies = json.loads(function.invoke(b"[" + b",".join(elements) + b"]", CONTEXT).body)
        records = [json.loads(line) for line in function.log()[-4:]]
    assert operation.state == "Failed"
    assert [reply["checkResult"] for reply in replies] == ["FAIL", "OK", "FAIL", "FAIL"]
    assert [record["verdict"] for record in records] == ["FAIL", "OK", "FAIL", "FAIL"]
    assert [record.get("delivery") for record in records] == ["delivered", "none", None, "returned"]


def test_a_reply_that_cannot_be_delivered_becomes_a_function_error(code: Path) -> None:
    """So EventBridge delivers the message again, and the answer is delivered then."""
    message = eventbridge_message("download-resources", message_id=MESSAGE_ID)
    with local.LocalDataWorks() as dataworks, FunctionProcess(code, environment_of(dataworks)) as function:
        operation = dataworks.hold(MESSAGE_ID, "CallbackExtension")
        dataworks.plant(local.status(403, "Forbidden.Access"))
        error = function.invoke(message, CONTEXT).error
        again = json.loads(function.invoke(message, CONTEXT).body)
    assert error is not None
    assert error["errorType"] == "DeliveryError"
    assert (operation.state, again["checkResult"]) == ("Failed", "FAIL")


def test_only_what_a_function_needs_is_laid_out(code: Path) -> None:
    names = {path.name for path in code.iterdir() if not path.name.endswith(".dist-info")}
    assert names == {"index.py", "policies", "dataworks_ext", "probes.py"}
    assert not {"cli", "deploy", "local", "testing"} & {path.name for path in (code / "dataworks_ext").iterdir()}


def test_the_code_directory_cannot_be_written(code: Path) -> None:
    invocation = probe(code, "open('new.py', 'w')")
    assert invocation.error is not None
    assert invocation.error["errorType"] == "PermissionError"


def test_the_initializer_runs_once_before_the_first_request(code: Path) -> None:
    with FunctionProcess(code, COVERAGE, handler="probes.handler", initializer="probes.initializer") as function:
        first = function.invoke(b"len(started)", CONTEXT)
        second = function.invoke(b"len(started)", CONTEXT)
    assert (first.body, second.body) == (b"1", b"1")


@pytest.mark.parametrize(
    ("returned", "body"),
    [("'text'", b"text"), ("b'bytes'", b"bytes"), ("{'a': [1]}", b'{"a": [1]}'), ("None", b"null")],
)
def test_what_is_returned_becomes_the_body(code: Path, returned: str, body: bytes) -> None:
    assert probe(code, returned).body == body


def test_an_exception_becomes_a_function_error(code: Path) -> None:
    error = probe(code, "1 / 0").error
    assert error is not None
    assert (error["errorType"], error["errorMessage"]) == ("ZeroDivisionError", "division by zero")


def test_a_failing_initializer_becomes_a_function_error(code: Path) -> None:
    error = probe(code, "1", initializer="probes.broken_initializer").error
    assert error is not None
    assert error["errorMessage"] == "not today"


def test_a_process_that_ends_is_told(code: Path) -> None:
    with pytest.raises(ProcessEndedError, match="ended with status 3"):
        probe(code, "os._exit(3)")


def test_a_function_sees_only_its_own_environment(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOMEBODY_ELSES", "secret")
    assert probe(code, "'SOMEBODY_ELSES' in os.environ").body == b"false"


def test_an_extension_that_cannot_be_imported_denies(code: Path) -> None:
    with FunctionProcess(code, {**COVERAGE, "DATAWORKS_EXT_APP": "nowhere:extension"}) as function:
        reply = json.loads(function.invoke(function_compute_message("download-resources"), CONTEXT).body)
    assert reply["checkResult"] == "FAIL"
