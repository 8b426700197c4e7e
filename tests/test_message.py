"""From bytes to a message: the envelope of Function Compute, and everything that is none."""

from __future__ import annotations

import codecs
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dataworks_ext.message import JsonError, Message, MessageError, parse_json, read_message
from dataworks_ext.testing import function_compute_message, sample_payload

_NO_MESSAGE = "the object has no messageBody, so it is no message of DataWorks"
_NO_EVENT = "the message names no event: neither messageBody.eventCode nor eventType is a word"
_EVENTBRIDGE = (
    "this is an EventBridge message, which this version does not answer; "
    "connect the extension to Function Compute directly"
)


def _envelope(**changes: object) -> dict[str, object]:
    """The published envelope, with changes by wire name."""
    return {
        "blockBusiness": True,
        "eventCategoryType": "resources-download",
        "eventType": "upload-data-to-table",
        "extensionBizId": "job_6603123070",
        "messageBody": {"tenantId": 28378110656, **sample_payload("upload-data-to-table")},
        "messageId": "52d44ee7-b51f-4d4d-afeb-5b1a9c3e0001",
        **changes,
    }


def _bytes(**changes: object) -> bytes:
    return json.dumps(_envelope(**changes)).encode()


def _error(data: bytes | str) -> MessageError:
    with pytest.raises(MessageError) as caught:
        read_message(data)
    return caught.value


# The envelope


def test_the_published_envelope_reads() -> None:
    assert read_message(_bytes()) == Message(
        message_id="52d44ee7-b51f-4d4d-afeb-5b1a9c3e0001",
        event_code="upload-data-to-table",
        payload={"tenantId": 28378110656, **sample_payload("upload-data-to-table")},
        channel="function-compute",
        blocking=True,
        extension_biz_id="job_6603123070",
    )


def test_a_text_reads_as_its_bytes_do() -> None:
    assert read_message(_bytes().decode()) == read_message(_bytes())


def test_what_an_envelope_has_beside_the_known_keys_is_no_matter() -> None:
    assert read_message(_bytes(extensionBizName="orders", tomorrow={})) == read_message(_bytes())


def test_an_envelope_needs_no_more_than_a_body_with_a_code() -> None:
    message = read_message(b'{"messageBody": {"eventCode": "commit-file"}}')
    assert message == Message(None, "commit-file", {"eventCode": "commit-file"})


@pytest.mark.parametrize(
    ("value", "message_id"),
    [("a-1", "a-1"), (9007199254740993, "9007199254740993"), ("", None), (None, None), ([], None), ({"id": 1}, None)],
)
def test_a_message_id_is_a_text(value: object, message_id: str | None) -> None:
    """A number is its digits; what is neither text nor number is no id."""
    assert read_message(_bytes(messageId=value)).message_id == message_id


@pytest.mark.parametrize(("value", "biz_id"), [("job_1", "job_1"), (660, "660"), ("", None), (None, None)])
def test_the_check_id_is_a_text(value: object, biz_id: str | None) -> None:
    assert read_message(_bytes(extensionBizId=value)).extension_biz_id == biz_id


# The event code


def test_the_code_of_the_body_comes_first() -> None:
    message = read_message(_bytes(messageBody={"eventCode": "commit-file"}, eventType="run-file"))
    assert message.event_code == "commit-file"


@pytest.mark.parametrize("body", [{}, {"eventCode": None}, {"eventCode": ""}])
def test_a_body_without_a_code_has_the_envelopes(body: dict[str, object]) -> None:
    assert read_message(_bytes(messageBody=body, eventType="run-file")).event_code == "run-file"


def test_an_unknown_code_reads() -> None:
    """What DataWorks adds tomorrow is a message."""
    assert read_message(_bytes(messageBody={"eventCode": "of-tomorrow"})).event_code == "of-tomorrow"


@pytest.mark.parametrize(
    ("body", "event_type"),
    [({}, None), ({}, ""), ({}, 5), ({}, ["run-file"]), ({"eventCode": None}, None), ({"eventCode": 7}, None)],
)
def test_a_message_without_a_code_is_an_error(body: dict[str, object], event_type: object) -> None:
    assert str(_error(_bytes(messageBody=body, eventType=event_type))) == _NO_EVENT


def test_a_message_without_an_event_type_either_is_an_error() -> None:
    assert str(_error(b'{"messageBody": {"tenantId": 1}}')) == _NO_EVENT


# Does anybody wait?

_POINT, _REGULAR, _UNKNOWN = "commit-file", "freeze-instance", "of-tomorrow"


@pytest.mark.parametrize("code", [_POINT, _REGULAR, _UNKNOWN])
@pytest.mark.parametrize("flag", [True, "true", "True", "TRUE"])
def test_somebody_waits_where_the_envelope_says_so(flag: object, code: str) -> None:
    assert read_message(_bytes(blockBusiness=flag, messageBody={"eventCode": code})).blocking is True


@pytest.mark.parametrize("code", [_POINT, _REGULAR, _UNKNOWN])
@pytest.mark.parametrize("flag", [False, "false", "False", "FALSE"])
def test_nobody_waits_where_the_envelope_says_so(flag: object, code: str) -> None:
    """The code of an extension point can also arrive as a notification, after the operation."""
    assert read_message(_bytes(blockBusiness=flag, messageBody={"eventCode": code})).blocking is False


@pytest.mark.parametrize(("code", "blocking"), [(_POINT, True), (_REGULAR, False), (_UNKNOWN, True)])
@pytest.mark.parametrize("flag", [None, "", "yes", 0, 1, [], {}])
def test_where_the_envelope_says_nothing_the_code_decides(flag: object, code: str, blocking: bool) -> None:
    """An extension point waits, a regular event does not, and an unknown code might."""
    assert read_message(_bytes(blockBusiness=flag, messageBody={"eventCode": code})).blocking is blocking


@pytest.mark.parametrize(("code", "blocking"), [(_POINT, True), (_REGULAR, False), (_UNKNOWN, True)])
def test_where_the_envelope_has_no_flag_the_code_decides(code: str, blocking: bool) -> None:
    assert read_message(json.dumps({"messageBody": {"eventCode": code}})).blocking is blocking


def test_the_flag_of_the_body_is_not_the_envelopes() -> None:
    message = read_message(_bytes(blockBusiness=False, messageBody={"eventCode": _POINT, "blockBusiness": True}))
    assert message.blocking is False


# JSON that is no message


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"[]", "an array"),
        (b'[{"messageBody": {}}]', "an array"),
        (b'"messageBody"', "a string"),
        (b"1", "a number"),
        (b"1.5", "a number"),
        (b"true", "a boolean"),
        (b"null", "null"),
    ],
)
def test_what_is_no_object_is_no_message(data: bytes, kind: str) -> None:
    error = _error(data)
    assert str(error) == f"expected a message (a JSON object), got {kind}"
    assert error.message_id is None


@pytest.mark.parametrize(
    ("envelope", "message_id"),
    [({}, None), ({"eventCode": "commit-file"}, None), ({"messageId": "a-1"}, "a-1"), ({"messageId": []}, None)],
)
def test_an_object_without_a_body_is_no_message(envelope: dict[str, object], message_id: str | None) -> None:
    """The error keeps the message id where there is one."""
    error = _error(json.dumps(envelope))
    assert str(error) == _NO_MESSAGE
    assert error.message_id == message_id


@pytest.mark.parametrize(
    ("body", "kind"),
    [(None, "null"), ([], "an array"), ("{}", "a string"), (1, "a number"), (1.5, "a number"), (True, "a boolean")],
)
def test_a_body_that_is_no_object_is_an_error(body: object, kind: str) -> None:
    error = _error(_bytes(messageBody=body))
    assert str(error) == f"messageBody should be an object, got {kind}"
    assert error.message_id == "52d44ee7-b51f-4d4d-afeb-5b1a9c3e0001"


def test_the_error_about_a_missing_code_keeps_the_message_id() -> None:
    assert _error(_bytes(messageBody={}, eventType=None, messageId=17)).message_id == "17"


def test_a_message_of_eventbridge_is_named() -> None:
    """A message of the other channel is told apart by its keys, and its id is kept."""
    cloud_event = {
        "specversion": "1.0",
        "id": "539fd8f4-4ea1-4625-aa8b-6c9066740001",
        "source": "acs.dataworks",
        "type": "dataworks:FileChange:CommitFile",
        "data": sample_payload("commit-file"),
    }
    error = _error(json.dumps(cloud_event))
    assert str(error) == _EVENTBRIDGE
    assert error.message_id == "539fd8f4-4ea1-4625-aa8b-6c9066740001"


# Bytes that are no JSON


@pytest.mark.parametrize(
    ("data", "text", "line", "column"),
    [
        (b"", "Expecting value", 1, 1),
        (b"   ", "Expecting value", 1, 4),
        (b"hello", "Expecting value", 1, 1),
        (b'{"messageId": }', "Expecting value", 1, 15),
        (b'{"messageId" "a"}', "Expecting ':' delimiter", 1, 14),
        (b'{\n  "projectId": 90004****\n}', "Expecting ',' delimiter", 2, 21),
        (b'{\n  "a": 1, // the code\n  "b": 2}', "Expecting property name enclosed in double quotes", 2, 11),
        (b"{'a': 1}", "Expecting property name enclosed in double quotes", 1, 2),
        (b'{"a": 1} {', "Extra data", 1, 10),
        ('{"name": "中文", "a": b}'.encode(), "Expecting value", 1, 21),
    ],
)
def test_a_slip_is_named_with_its_place(data: bytes, text: str, line: int, column: int) -> None:
    error = _error(data)
    assert isinstance(error, JsonError)
    assert str(error) == f"the message is not JSON: {text} at line {line}, column {column}"
    assert (error.line, error.column) == (line, column)
    assert error.message_id is None


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b'{"a": "', "the message is not JSON: Unterminated string starting at line 1, column 7"),
        (b'{"a": "b\n"}', "the message is not JSON: Invalid control character at line 1, column 9"),
    ],
)
def test_a_slip_in_a_string_is_named_with_its_place(data: bytes, text: str) -> None:
    assert str(_error(data)) == text


def test_the_text_about_a_slip_repeats_nothing_of_the_message() -> None:
    error = _error(b'{"sqlText": "select secret" "x"}')
    assert "secret" not in str(error)
    assert error.__suppress_context__


@pytest.mark.parametrize("data", [b"\xff", b'{"a": "\xff"}', b'{"a": "\xed\xa0\x80 \xff"}'])
def test_bytes_that_are_no_text_are_an_error(data: bytes) -> None:
    assert str(_error(data)) == f"the message is not text: byte {data.index(0xFF)} is not utf-8"


@pytest.mark.parametrize("data", ["[" * 100_000, '{"a":' * 100_000, "[" * 100_000 + "]" * 100_000])
def test_a_message_nested_too_deeply_is_an_error(data: str) -> None:
    error = _error(data.encode())
    assert str(error) == "the message is nested too deeply to be one of DataWorks"
    assert not isinstance(error, JsonError)


@pytest.mark.parametrize("number", ["9" * 5_000, "-" + "9" * 5_000])
def test_a_number_that_is_too_long_is_an_error(number: str) -> None:
    assert str(_error(f'{{"fileSize": {number}}}')) == "the message holds a number that is too long to read"


@pytest.mark.parametrize(
    ("data", "kind"), [(None, "NoneType"), (5, "int"), ({"messageBody": {}}, "dict"), (object(), "object")]
)
def test_what_is_neither_bytes_nor_text_is_an_error(data: object, kind: str) -> None:
    """A handler that is called by hand with an object hears what it should have been."""
    with pytest.raises(MessageError) as caught:
        read_message(data)  # type: ignore[arg-type]
    assert str(caught.value) == f"expected a message as bytes, got {kind}"


# JSON that is written in another way


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_an_encoding_of_json_is_found_out(encoding: str) -> None:
    """Files saved by hand have byte order marks, or two bytes a character."""
    assert read_message(_bytes().decode().encode(encoding)) == read_message(_bytes())


def test_a_text_may_begin_with_a_byte_order_mark() -> None:
    assert read_message("\ufeff" + _bytes().decode()) == read_message(_bytes())


def test_a_slip_after_a_byte_order_mark_has_its_place() -> None:
    """The mark is no column."""
    error = _error(codecs.BOM_UTF8 + b'{"a" 1}')
    assert str(error) == "the message is not JSON: Expecting ':' delimiter at line 1, column 6"


def test_a_lone_surrogate_is_read() -> None:
    """JSON can write what UTF-8 cannot hold."""
    message = read_message(rb'{"messageBody": {"eventCode": "commit-file", "fileName": "\ud800.sql"}}')
    assert message.payload["fileName"] == "\ud800.sql"


@pytest.mark.parametrize("number", [2**53 + 1, 2**64 + 1, 10**100 + 1])
def test_a_long_number_keeps_every_digit(number: int) -> None:
    assert read_message(_bytes(messageBody={"eventCode": "x", "id": number})).payload["id"] == number


def test_a_message_with_a_deep_field_reads() -> None:
    """Nesting that the fast parser refuses is read all the same."""
    deep = "[" * 300 + "]" * 300
    assert parse_json(f'{{"deep": {deep}}}')


# Any bytes at all

_keys = st.sampled_from(["messageBody", "messageId", "eventType", "eventCode", "blockBusiness", "data", "specversion"])
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(["true", "\ud800"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_keys, inner)),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.one_of(st.binary(), st.text(), _json.map(json.dumps), st.dictionaries(_keys, _json).map(json.dumps)))
def test_any_bytes_are_a_message_or_a_message_error(data: bytes | str) -> None:
    with suppress(MessageError):
        message = read_message(data)
        assert message.event_code
        assert isinstance(message.payload, dict)


# The messages of the testing kit


def test_a_made_message_reads() -> None:
    message = read_message(function_compute_message("download-resources", message_id="m-1", dataRowSize=7))
    assert (message.message_id, message.event_code, message.blocking) == ("m-1", "download-resources", True)
    assert message.payload["dataRowSize"] == 7
