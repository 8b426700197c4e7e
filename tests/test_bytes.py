"""Whatever bytes arrive, the handler answers with a reply that DataWorks understands and records it on one line."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import redirect_stdout
from typing import Any, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from dataworks_ext import Extension, Outcome, PolicyContext, allow, deny, warn
from dataworks_ext.events import DownloadResources, Event, catalog
from dataworks_ext.function import Function
from dataworks_ext.testing import FunctionContext, eventbridge_message, function_compute_message, sample_payload
from dataworks_ext.testing.contexts import ContextCredentials
from tests import dataworks as local

CODE = "download-resources"
REAL = function_compute_message(CODE)
ENVELOPE: dict[str, Any] = json.loads(REAL)
BRIDGED = eventbridge_message(CODE)
CLOUD_EVENT: dict[str, Any] = json.loads(BRIDGED)
MEBIBYTE = 1 << 20
CONTEXT = FunctionContext(
    credentials=ContextCredentials(local.ACCESS_KEY_ID, local.ACCESS_KEY_SECRET, local.SECURITY_TOKEN)
)


@pytest.fixture(autouse=True, scope="module")
def _dataworks() -> Iterator[None]:
    """A DataWorks that waits for the answer to any message."""
    with local.holding_everything():
        yield


def _strict() -> Function:
    """Policies that look at the event in many ways and repeat what they see in texts and in the log."""
    extension = Extension("strict", default="deny")

    @extension.policy(DownloadResources)
    def rows(event: DownloadResources) -> Outcome | None:
        return deny(f"{event.data_row_size} rows of {event.sql_text}") if event.data_row_size > 1_000 else None

    @extension.policy("*", on_error="warn")
    def everything(event: Event, context: PolicyContext[BaseModel]) -> Outcome | None:
        context_line = f"{event.operator} {event.workspace_id} {event.tenant_id} {event.extension_biz_id} {event.raw}"
        return warn(context_line) if context.message_id else allow(context_line)

    @extension.policy(DownloadResources, workspaces=[90004], mode="shadow")
    def elsewhere(event: DownloadResources) -> Outcome | None:
        return deny(event.file_name)

    @extension.observer("*")
    def watch(event: Event) -> None:
        if event.raw:
            raise ValueError(str(event.raw))

    return Function(extension, record_fields=["exceptions", "data_row_size", "sql_text", "file_name", "event_code"])


def _empty(default: Any) -> Function:
    return Function(Extension("empty", default=default))


FUNCTIONS = {"policies": _strict(), "default deny": _empty("deny"), "default allow": _empty("allow")}


def refuse(constant: str) -> NoReturn:
    raise AssertionError(f"{constant} is no JSON")


def check(data: Any) -> list[str]:
    """What holds for every reply and record of any function. Returns the verdicts, of an array all in one string."""
    return [_check(function, data) for function in FUNCTIONS.values()]


def _check(function: Function, data: Any) -> str:
    with redirect_stdout(io.StringIO()) as printed:
        reply = function.handler(data, CONTEXT)
    assert type(reply) is str
    reply.encode()
    answer = json.loads(reply, parse_constant=refuse)
    *lines, nothing = printed.getvalue().split("\n")
    assert nothing == ""
    answers = answer if isinstance(answer, list) else [answer]
    return " ".join(_verdict(*one) for one in zip(answers, lines, strict=True))


def _verdict(answer: dict[str, str], line: str) -> str:
    """What holds for every reply and its record."""
    verdict = answer["checkResult"]
    assert verdict in ("OK", "WARN", "FAIL")
    assert set(answer) == {"checkResult"} | ({"errorMessage"} if verdict != "OK" else set())
    if verdict != "OK":
        assert isinstance(answer["errorMessage"], str)
        assert answer["errorMessage"].strip()
    line.encode()
    record = json.loads(line, parse_constant=refuse)
    assert (record["kind"], record["verdict"]) == ("message", verdict)
    return verdict


def message(**changes: object) -> str:
    """The real message with other values in the envelope, as JSON; surrogates are escaped."""
    return json.dumps({**ENVELOPE, **changes})


def message_with(**changes: object) -> str:
    """The real message with other values in the payload."""
    return message(messageBody={**ENVELOPE["messageBody"], **changes})


# What anybody could send

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**53, max_value=10**400)
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["", "true", "FALSE", "90004", "*", CODE, "brand-new-event", "\ud800", "a\nb\x00\u2028"]),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(st.characters()), values, max_size=3),
    max_leaves=8,
)


@given(st.binary())
def test_arbitrary_bytes_are_answered(data: bytes) -> None:
    check(data)


@given(st.integers(0, len(REAL)))
def test_a_message_that_breaks_off_is_answered(length: int) -> None:
    assert set(check(REAL[:length])) == {"FAIL"} or length == len(REAL)


@given(st.integers(0, len(REAL) - 1), st.binary(max_size=4))
def test_a_message_with_a_few_bytes_changed_is_answered(place: int, insertion: bytes) -> None:
    check(REAL[:place] + insertion + REAL[place + len(insertion) :])


@given(JSON_VALUES)
def test_arbitrary_json_is_answered(value: object) -> None:
    check(json.dumps(value))


@given(st.sampled_from(sorted(ENVELOPE)), JSON_VALUES)
def test_any_value_of_any_key_of_the_envelope_is_answered(key: str, value: object) -> None:
    check(message(**{key: value}))


@given(
    st.sampled_from(sorted({*ENVELOPE["messageBody"], "operator", "owner", "process", "projectId", "appId"})),
    JSON_VALUES,
)
def test_any_value_of_any_field_of_the_payload_is_answered(field: str, value: object) -> None:
    check(message_with(**{field: value}))


@given(st.sampled_from(sorted(ENVELOPE)))
def test_an_envelope_without_a_key_is_answered(key: str) -> None:
    check(json.dumps({name: value for name, value in ENVELOPE.items() if name != key}))


@given(st.dictionaries(st.text(st.characters()), JSON_VALUES, max_size=4))
def test_any_payload_of_an_unknown_event_is_answered(payload: dict[str, object]) -> None:
    check(message(messageBody=payload, eventType="brand-new-event"))


@given(st.sampled_from(sorted(CLOUD_EVENT)), JSON_VALUES)
def test_any_value_of_any_key_of_a_cloud_event_is_answered(key: str, value: object) -> None:
    check(json.dumps({**CLOUD_EVENT, key: value}))


@given(st.sampled_from(sorted({*CLOUD_EVENT["data"], "eventCode", "blockBusiness", "extensionBizId"})), JSON_VALUES)
def test_any_value_of_any_field_of_the_data_is_answered(field: str, value: object) -> None:
    check(json.dumps({**CLOUD_EVENT, "data": {**CLOUD_EVENT["data"], field: value}}))


ELEMENTS = st.one_of(
    JSON_VALUES,
    st.sampled_from([ENVELOPE, CLOUD_EVENT, ENVELOPE["messageBody"]]),
    st.sampled_from(sorted(catalog)).map(lambda code: json.loads(eventbridge_message(code))),
    st.builds(lambda key, value: {**ENVELOPE, key: value}, st.sampled_from(sorted(ENVELOPE)), JSON_VALUES),
    st.builds(lambda key, value: {**CLOUD_EVENT, key: value}, st.sampled_from(sorted(CLOUD_EVENT)), JSON_VALUES),
)


@given(st.lists(ELEMENTS, min_size=1, max_size=4))
def test_each_element_of_any_array_is_answered_as_it_would_be_alone(elements: list[object]) -> None:
    """Each has a reply in its place and a record; what stands beside it does not matter."""
    alone = [check(json.dumps([element])) for element in elements]
    assert check(json.dumps(elements)) == [" ".join(verdicts) for verdicts in zip(*alone, strict=True)]


@given(st.lists(ELEMENTS, min_size=1, max_size=4))
def test_the_replies_to_any_array_are_an_array_of_its_length(elements: list[object]) -> None:
    for function in FUNCTIONS.values():
        with redirect_stdout(io.StringIO()):
            replies = json.loads(function.handler(json.dumps(elements).encode(), CONTEXT))
        assert (type(replies), len(replies)) == (list, len(elements))


@given(st.integers(1, len(BRIDGED)))
def test_an_array_that_breaks_off_is_answered_as_one(length: int) -> None:
    assert set(check(b"[" + BRIDGED[:length])) == {"FAIL"}


# What somebody could think of


def nested(opening: str, closing: str, depth: int, inside: str = "") -> str:
    return opening * depth + inside + closing * depth


ODDITIES: dict[str, Any] = {
    "nothing": b"",
    "None": None,
    "a number": 5,
    "a dictionary": ENVELOPE,
    "a bytearray": bytearray(REAL),
    "a view": memoryview(REAL),
    "null": b"null",
    "an array": b"[]",
    "an array of messages": b"[" + REAL + b"]",
    "an array of both channels": b"[" + REAL + b"," + BRIDGED + b"]",
    "an array of an array": b"[[" + REAL + b"]]",
    "an array of a thousand": b"[" + b",".join([b"null"] * 500 + [BRIDGED] * 500) + b"]",
    "arrays 100,000 deep": nested("[", "]", 100_000),
    "arrays that are never closed": "[" * 100_000,
    "objects 100,000 deep": nested('{"a":', "}", 100_000, "1"),
    "a field 100,000 deep": message().replace('"90004"', nested("[", "]", 100_000)),
    "a field 300 deep": message_with(newField="HERE").replace('"HERE"', nested("[", "]", 300)),
    "a field 900 deep": message_with(newField="HERE").replace('"HERE"', nested('{"a":', "}", 900, "1")),
    "6 MiB of spaces": b" " * (6 * MEBIBYTE),
    "6 MiB of zeros": b"0" * (6 * MEBIBYTE),
    "6 MiB of null bytes": b"\0" * (6 * MEBIBYTE),
    "6 MiB of one string": b'"' + b"x" * (6 * MEBIBYTE - 2) + b'"',
    "6 MiB of an open string": b'"' + b"x" * (6 * MEBIBYTE),
    "6 MiB of SQL": message_with(sqlText="select 1; " * (6 * MEBIBYTE // 10)),
    "an event code of 1 MiB": message_with(eventCode="x" * MEBIBYTE),
    "a message id of 1 MiB": message(messageId="x" * MEBIBYTE),
    "numbers as strings": message_with(dataRowSize="1001", fileSize=" 5 ", tenantId="28378110656"),
    "ids above 2**53": message_with(tenantId=2**53 + 1, queryDwProjectId=2**63 + 1, operatorUid=2**64 + 1),
    "an id of 4,000 digits": message_with(queryDwProjectId=10**4_000),
    "a lone surrogate in every field": message(
        messageId="\ud800",
        extensionBizId="\udfff",
        messageBody=dict.fromkeys(ENVELOPE["messageBody"], "\ud800"),
    ),
    "a lone surrogate as event code": message_with(eventCode="\ud800"),
    "a lone surrogate as bytes": REAL.replace(b"entity", b"\xed\xa0\x80"),
    "a lone surrogate in a str": message().replace(CODE, "\ud800"),
    "a byte order mark": b"\xef\xbb\xbf" + REAL,
    "a byte order mark in a str": "\ufeff" + message(),
    "UTF-16": message().encode("utf-16"),
    "UTF-16 without a mark": message().encode("utf-16-le"),
    "half of UTF-16": message().encode("utf-16")[:-1],
    "UTF-32": message().encode("utf-32"),
    "Latin-1": message_with(sqlText="ä").replace("\\u00e4", "ä").encode("latin-1"),
    "GBK": message_with(sqlText="HERE").replace("HERE", "下载受限").encode("gbk"),
    "NaN": message_with(dataRowSize=float("nan")),
    "Infinity": message_with(dataRowSize=float("inf")),
    "NaN beside a lone surrogate": message_with(dataRowSize=float("nan"), newField="\ud800", fileName="\ud800"),
    "NaN as a whole": b"NaN",
    "1e400": message_with(dataRowSize="HERE").replace('"HERE"', "1e400"),
    "a number of 5,000 digits": "1" * 5_000,
    "a field of 5,000 digits": message_with(dataRowSize="HERE").replace('"HERE"', "1" * 5_000),
    "a message id of 5,000 digits": message(messageId="HERE").replace('"HERE"', "1" * 5_000),
    "a message id of 5,000 digits in words": message(messageId="1" * 5_000),
    "the same key twice": message()[:-1] + ', "messageBody": 5}',
    "a str": message(),
    "control characters": message_with(sqlText="a\x00b\nc\x1b[31m\u2028\u202e"),
    "an event code of spaces": message_with(eventCode=" "),
    "the word for every event": message_with(eventCode="*"),
    "an EventBridge message": BRIDGED,
    "an EventBridge message without data": json.dumps({"specversion": "1.0", "id": "5"}),
    "an EventBridge message in a str": BRIDGED.decode(),
    "a lone surrogate as type": json.dumps({**CLOUD_EVENT, "type": "\ud800", "data": {}}),
    "a type of 1 MiB": json.dumps({**CLOUD_EVENT, "type": "x" * MEBIBYTE, "data": {}}),
    "both envelopes at once": json.dumps({**CLOUD_EVENT, **ENVELOPE}),
    "a payload without its envelope": json.dumps(sample_payload(CODE)),
    "an empty payload": message(messageBody={}),
}


@pytest.mark.parametrize("data", ODDITIES.values(), ids=ODDITIES)
def test_oddities_are_answered(data: Any) -> None:
    check(data)


# Where the answer is known


@pytest.mark.parametrize(
    "name",
    [
        *("nothing", "None", "null", "an array", "an array of an array", "6 MiB of spaces", "6 MiB of zeros"),
        *("arrays 100,000 deep", "objects 100,000 deep", "a number of 5,000 digits", "NaN as a whole", "Latin-1"),
        *("an EventBridge message without data", "a payload without its envelope", "half of UTF-16", "a dictionary"),
    ],
)
def test_what_holds_no_message_is_refused_by_every_extension(name: str) -> None:
    assert check(ODDITIES[name]) == ["FAIL", "FAIL", "FAIL"]


@pytest.mark.parametrize(
    "name",
    [
        *("a byte order mark", "UTF-16", "UTF-16 without a mark", "UTF-32", "a str"),
        *("an EventBridge message", "an EventBridge message in a str", "a lone surrogate as type"),
    ],
)
def test_an_unusual_encoding_is_read_all_the_same(name: str) -> None:
    assert check(ODDITIES[name])[-1] == "OK"


def test_numbers_in_strings_are_numbers() -> None:
    assert check(message_with(dataRowSize="1001"))[0] == "FAIL"
    assert check(message_with(dataRowSize="1000"))[0] == "WARN"


def test_every_published_event_is_answered() -> None:
    for code in ("commit-file", "delete-project", "upload-data-to-table", "project-deleted"):
        check(message(messageBody=sample_payload(code), eventType=code))


def test_every_event_over_eventbridge_is_answered() -> None:
    assert [code for code in catalog if "FAIL" in check(eventbridge_message(code))[-1]] == []
