"""From bytes to messages: the envelopes of Function Compute and EventBridge, and everything that is none."""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataworks_ext.events import catalog
from dataworks_ext.message import JsonError, Message, MessageError, parse_json, read_message, read_messages
from dataworks_ext.testing import eventbridge_message, function_compute_message, sample_payload

_NO_MESSAGE = (
    "the object has neither messageBody (Function Compute) nor data (EventBridge), so it is no message of DataWorks"
)
_NO_ENVELOPE = (
    "this is a payload without its envelope; pass on the whole message, "
    "with the payload as messageBody (Function Compute) or data (EventBridge)"
)
_NO_EVENT = "the message names no event: neither messageBody.eventCode nor eventType is a word"
_NO_EVENT_OF_EVENTBRIDGE = "the message names no event: neither data.eventCode nor type is a word"
_EMPTY = "an empty array holds no message"


def _envelope(**changes: object) -> dict[str, object]:
    """The published envelope, with changes by wire name. Its event type is the body's code."""
    body = changes.get("messageBody")
    code = body.get("eventCode") if isinstance(body, dict) else None
    return {
        "blockBusiness": True,
        "eventCategoryType": "resources-download",
        "eventType": code or "upload-data-to-table",
        "extensionBizId": "job_6603123070",
        "messageBody": {"tenantId": 28378110656, **sample_payload("upload-data-to-table")},
        "messageId": "52d44ee7-b51f-4d4d-afeb-5b1a9c3e0001",
        **changes,
    }


def _bytes(**changes: object) -> bytes:
    return json.dumps(_envelope(**changes)).encode()


def _cloud_event(**changes: object) -> dict[str, object]:
    """The published envelope of EventBridge, with changes by wire name. Its type is that of the data's code."""
    data = changes.get("data")
    code = str(data.get("eventCode") or "") if isinstance(data, dict) else ""
    event_type = catalog[code].type if code in catalog else "dataworks:Of:Tomorrow"
    return {
        "datacontenttype": "application/json;charset=utf-8",
        "data": sample_payload("commit-file"),
        "id": "539fd8f4-4ea1-4625-aa8b-6c9066740001",
        "source": "acs.dataworks",
        "specversion": "1.0",
        "subject": "",
        "time": "2020-11-19T21:04:41+08:00",
        "type": event_type if code else "dataworks:FileChange:CommitFile",
        "aliyunaccountid": "1234567890980001",
        **changes,
    }


def _cloud_bytes(**changes: object) -> bytes:
    return json.dumps(_cloud_event(**changes)).encode()


def _array(*elements: object) -> bytes:
    return json.dumps(elements).encode()


def _elements(data: bytes | str) -> list[Message | MessageError]:
    messages = read_messages(data)
    assert isinstance(messages, list)
    return messages


def _told(elements: list[Message | MessageError]) -> list[str]:
    """The code of each message, the text of each error."""
    return [element.event_code if isinstance(element, Message) else str(element) for element in elements]


def _error(data: bytes | str) -> MessageError:
    with pytest.raises(MessageError) as caught:
        read_message(data)
    return caught.value


# The envelope


def test_the_published_envelope_reads() -> None:
    assert read_message(_bytes()) == Message(
        envelope=_envelope(),
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
    message = read_message(_bytes(extensionBizName="orders", tomorrow={}))
    assert message._replace(envelope=_envelope()) == read_message(_bytes())


def test_an_envelope_needs_no_more_than_a_body_with_a_code() -> None:
    message = read_message(b'{"messageBody": {"eventCode": "commit-file"}}')
    envelope = {"messageBody": {"eventCode": "commit-file"}}
    assert message == Message(None, "commit-file", {"eventCode": "commit-file"}, envelope=envelope)


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


@pytest.mark.parametrize(
    "code", ["project-deleted", "Download-Resources", "download-resources ", "of-tomorrow", "文件"]
)
def test_a_body_that_contradicts_the_envelope_is_told(code: str) -> None:
    """The event is the envelope's."""
    message = read_message(_bytes(messageBody={"eventCode": code}, eventType="download-resources"))
    assert (message.event_code, message.blocking) == ("download-resources", True)
    assert message.contradiction == f'eventType is "download-resources", but messageBody.eventCode is "{code}"'


@pytest.mark.parametrize("event_type", [5, ["run-file"], {}, True])
def test_an_event_type_that_is_no_word_contradicts_the_body(event_type: object) -> None:
    message = read_message(_bytes(messageBody={"eventCode": "run-file"}, eventType=event_type))
    assert (message.event_code, message.contradiction is None) == ("run-file", not event_type)


def test_a_contradiction_without_a_flag_blocks() -> None:
    message = read_message(
        _bytes(messageBody={"eventCode": "run-file"}, eventType="project-deleted", blockBusiness=None)
    )
    assert message.blocking


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
def test_where_the_envelope_says_nothing_the_code_decides(code: str, blocking: bool) -> None:
    """An extension point waits, a regular event does not; of an unknown code DataWorks waits for the return value."""
    assert read_message(_bytes(blockBusiness=None, messageBody={"eventCode": code})).blocking is blocking


@pytest.mark.parametrize("code", [_POINT, _REGULAR, _UNKNOWN])
@pytest.mark.parametrize("flag", ["", "yes", "flase", 0, 1, 0.0, [], {}, [False]])
def test_a_flag_that_cannot_be_read_blocks(flag: object, code: str) -> None:
    assert read_message(_bytes(blockBusiness=flag, messageBody={"eventCode": code})).blocking is True
    assert read_message(_cloud_bytes(data={"eventCode": code, "blockBusiness": flag})).blocking is True


@pytest.mark.parametrize(("code", "blocking"), [(_POINT, True), (_REGULAR, False), (_UNKNOWN, True)])
def test_where_the_envelope_has_no_flag_the_code_decides(code: str, blocking: bool) -> None:
    assert read_message(json.dumps({"messageBody": {"eventCode": code}})).blocking is blocking


def test_the_flag_of_the_body_is_not_the_envelopes() -> None:
    message = read_message(_bytes(blockBusiness=False, messageBody={"eventCode": _POINT, "blockBusiness": True}))
    assert message.blocking is False


# The envelope of EventBridge


def test_the_published_cloud_event_reads() -> None:
    assert read_message(_cloud_bytes()) == Message(
        envelope=_cloud_event(),
        message_id="539fd8f4-4ea1-4625-aa8b-6c9066740001",
        event_code="commit-file",
        payload=sample_payload("commit-file"),
        channel="eventbridge",
        blocking=True,
        extension_biz_id="eb0c2f9a3d1b9ce",
    )


def test_a_cloud_event_needs_no_more_than_data_with_a_code() -> None:
    """Its `specversion` may be missing."""
    message = read_message(b'{"data": {"eventCode": "commit-file"}}')
    envelope = {"data": {"eventCode": "commit-file"}}
    assert message == Message(None, "commit-file", {"eventCode": "commit-file"}, "eventbridge", envelope=envelope)


def test_a_message_body_makes_it_function_computes() -> None:
    """Whatever else the envelope has."""
    message = read_message(_bytes(data={"eventCode": "run-file"}, specversion="1.0"))
    assert message._replace(envelope=_envelope()) == read_message(_bytes())


@pytest.mark.parametrize(
    ("value", "message_id"), [("a-1", "a-1"), (9007199254740993, "9007199254740993"), ("", None), (None, None)]
)
def test_the_id_of_a_cloud_event_is_the_message_id(value: object, message_id: str | None) -> None:
    assert read_message(_cloud_bytes(id=value)).message_id == message_id


@pytest.mark.parametrize(("value", "biz_id"), [("job_1", "job_1"), (660, "660"), ("", None), (None, None)])
def test_the_check_id_of_a_cloud_event_is_in_its_data(value: object, biz_id: str | None) -> None:
    data = {"eventCode": "commit-file", "extensionBizId": value}
    assert read_message(_cloud_bytes(data=data, extensionBizId="elsewhere")).extension_biz_id == biz_id


def test_an_event_is_the_same_in_either_envelope() -> None:
    for code in catalog:
        direct, bridged = read_message(function_compute_message(code)), read_message(eventbridge_message(code))
        assert (direct.event_code, direct.payload, direct.blocking) == (code, bridged.payload, bridged.blocking)
        assert (bridged.event_code, bridged.channel) == (code, "eventbridge")


@pytest.mark.parametrize("data", [{}, {"eventCode": None}, {"eventCode": ""}])
def test_an_older_cloud_event_has_its_code_by_its_type(data: dict[str, object]) -> None:
    """The payload of old has no event code."""
    for code, entry in catalog.items():
        message = read_message(_cloud_bytes(type=entry.type, data={"tenantId": 1, **data}))
        assert (message.event_code, message.payload) == (code, {"tenantId": 1, **data})
        assert message.blocking is entry.extension_point


@pytest.mark.parametrize("code", ["run-file", "Commit-File", "commit-file ", "of-tomorrow"])
def test_data_that_contradict_the_type_are_told(code: str) -> None:
    """The event is that of the type, whose operation answers."""
    message = read_message(_cloud_bytes(data={"eventCode": code}, type="dataworks:FileChange:CommitFile"))
    assert (message.event_code, message.blocking) == ("commit-file", True)
    assert message.contradiction is not None
    assert message.contradiction.endswith(f'but data.eventCode is "{code}"')


@pytest.mark.parametrize("event_type", ["dataworks:Moon:Landing", "", None, 5, []])
def test_an_unknown_type_contradicts_nothing(event_type: object) -> None:
    message = read_message(_cloud_bytes(data={"eventCode": "run-file"}, type=event_type))
    assert (message.event_code, message.contradiction) == ("run-file", None)


@pytest.mark.parametrize(
    "event_type",
    [
        "dataworks:FileChange:Tomorrow",
        "dataworks:filechange:commitfile",
        " dataworks:FileChange:CommitFile",
        "dataworks:NodeChange:UnfreezeNode",
        "commit-file",
    ],
)
def test_a_type_that_is_not_in_the_catalog_is_the_code(event_type: str) -> None:
    """Types are matched to the letter, and what DataWorks adds tomorrow is a message."""
    assert read_message(_cloud_bytes(data={}, type=event_type)).event_code == event_type


@pytest.mark.parametrize(
    ("data", "event_type"),
    [({}, None), ({}, ""), ({}, 5), ({}, ["run-file"]), ({}, {}), ({"eventCode": None}, None), ({"eventCode": 7}, "x")],
)
def test_a_cloud_event_without_a_code_is_an_error(data: dict[str, object], event_type: object) -> None:
    error = _error(_cloud_bytes(data=data, type=event_type, id="a-1"))
    assert (str(error), error.message_id) == (_NO_EVENT_OF_EVENTBRIDGE, "a-1")


@pytest.mark.parametrize("code", [_POINT, _REGULAR, _UNKNOWN])
@pytest.mark.parametrize(("flag", "blocking"), [(True, True), ("TRUE", True), (False, False), ("false", False)])
def test_the_data_of_a_cloud_event_says_whether_somebody_waits(flag: object, blocking: bool, code: str) -> None:
    assert read_message(_cloud_bytes(data={"eventCode": code, "blockBusiness": flag})).blocking is blocking


@pytest.mark.parametrize(("code", "blocking"), [(_POINT, True), (_REGULAR, False), (_UNKNOWN, False)])
def test_where_the_data_says_nothing_the_code_decides(code: str, blocking: bool) -> None:
    """Nobody reads a return value here, so an unknown code waits only where the message says so."""
    assert read_message(_cloud_bytes(data={"eventCode": code, "blockBusiness": None})).blocking is blocking


@pytest.mark.parametrize(("code", "blocking"), [(_POINT, True), (_REGULAR, False), (_UNKNOWN, False)])
def test_the_flag_of_a_cloud_event_is_in_its_data_only(code: str, blocking: bool) -> None:
    assert read_message(_cloud_bytes(data={"eventCode": code}, blockBusiness=not blocking)).blocking is blocking


@pytest.mark.parametrize(
    ("data", "kind"),
    [(None, "null"), ([], "an array"), ("{}", "a string"), (1, "a number"), (1.5, "a number"), (True, "a boolean")],
)
def test_data_that_is_no_object_is_an_error(data: object, kind: str) -> None:
    error = _error(_cloud_bytes(data=data, id="a-1"))
    assert str(error) == f"data should be an object, got {kind}; let the EventBridge target pass on the whole event"
    assert error.message_id == "a-1"


def test_a_cloud_event_without_data_is_an_error() -> None:
    error = _error(b'{"specversion": "1.0", "id": "a-1", "type": "dataworks:FileChange:CommitFile"}')
    assert str(error) == "data should be an object, got nothing; let the EventBridge target pass on the whole event"
    assert error.message_id == "a-1"


# Arrays


@pytest.mark.parametrize("data", [_bytes(), _cloud_bytes()], ids=["Function Compute", "EventBridge"])
def test_a_message_by_itself_is_no_array(data: bytes) -> None:
    assert read_messages(data) == read_message(data)


def test_an_array_has_its_messages_in_order() -> None:
    """Of either envelope."""
    codes = ["run-file", "commit-file", "freeze-instance", "commit-file"]
    data = _array(
        *(json.loads(eventbridge_message(code)) for code in codes), json.loads(function_compute_message("deploy-file"))
    )
    messages = _elements(data)
    assert _told(messages) == [*codes, "deploy-file"]
    channels = [message.channel for message in messages if isinstance(message, Message)]
    assert channels == ["eventbridge"] * 4 + ["function-compute"]


def test_a_bad_element_costs_no_other_its_reading() -> None:
    data = _array(
        5,
        _cloud_event(),
        {},
        [_cloud_event()],
        sample_payload("commit-file"),
        _cloud_event(data=None),
        _envelope(messageBody={}, eventType=None),
        _envelope(),
        None,
        _cloud_event(data={}, type=None),
    )
    assert _told(_elements(data)) == [
        "expected a message (a JSON object), got a number",
        "commit-file",
        _NO_MESSAGE,
        "expected a message (a JSON object), got an array",
        _NO_ENVELOPE,
        "data should be an object, got null; let the EventBridge target pass on the whole event",
        _NO_EVENT,
        "upload-data-to-table",
        "expected a message (a JSON object), got null",
        _NO_EVENT_OF_EVENTBRIDGE,
    ]


def test_an_element_that_is_no_message_keeps_its_id() -> None:
    elements = _elements(_array(_cloud_event(data=[], id="a-1"), _envelope(messageBody=[], messageId="a-2"), {}))
    assert [element.message_id for element in elements] == ["a-1", "a-2", None]


@pytest.mark.parametrize("data", [b"[]", b" [ ] ", b"\xef\xbb\xbf[]"])
def test_an_empty_array_is_an_error(data: bytes) -> None:
    with pytest.raises(MessageError, match=f"^{_EMPTY}$"):
        read_messages(data)
    assert str(_error(data)) == _EMPTY


def test_an_array_that_is_not_json_is_one_error() -> None:
    with pytest.raises(JsonError, match=r"at line 1, column 3$"):
        read_messages(b"[{]")


@pytest.mark.parametrize("data", [_bytes(), _cloud_bytes()], ids=["Function Compute", "EventBridge"])
def test_an_array_of_one_message_reads_as_that_one(data: bytes) -> None:
    assert read_message(b"[" + data + b"]") == read_message(data)
    assert _elements(b"[" + data + b"]") == [read_message(data)]


def test_an_array_of_one_that_is_no_message_is_its_error() -> None:
    error = _error(_array(_cloud_event(data=[], id="a-1")))
    assert (str(error)[:24], error.message_id) == ("data should be an object", "a-1")


@pytest.mark.parametrize("elements", [[_cloud_event()] * 2, [_cloud_event(), {}, 5]])
def test_an_array_of_several_is_too_much_for_one_message(elements: list[object]) -> None:
    expected = f"expected one message, got an array of {len(elements)}; use read_messages to read them all"
    assert str(_error(_array(*elements))) == expected


# JSON that is no message


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"[[]]", "an array"),
        (b'[[{"messageBody": {}}]]', "an array"),
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
    [({}, None), ({"type": "commit-file"}, None), ({"messageId": "a-1"}, "a-1"), ({"messageId": []}, None)],
)
def test_an_object_without_a_payload_is_no_message(envelope: dict[str, object], message_id: str | None) -> None:
    """The error keeps the message id where there is one."""
    error = _error(json.dumps(envelope))
    assert str(error) == _NO_MESSAGE
    assert error.message_id == message_id


@pytest.mark.parametrize("payload", [{"eventCode": "commit-file"}, sample_payload("start-diJob"), {"eventCode": None}])
def test_a_payload_without_its_envelope_is_named(payload: dict[str, object]) -> None:
    """An EventBridge target may pass on a part of the event."""
    assert str(_error(json.dumps(payload))) == _NO_ENVELOPE


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

_keys = st.sampled_from(
    ["messageBody", "messageId", "eventType", "eventCode", "blockBusiness", "data", "specversion", "id", "type"]
)
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.sampled_from(["true", "\ud800"])),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_keys, inner)),
    max_leaves=8,
)


@given(st.one_of(st.binary(), st.text(), _json.map(json.dumps), st.dictionaries(_keys, _json).map(json.dumps)))
def test_any_bytes_are_a_message_or_a_message_error(data: bytes | str) -> None:
    with suppress(MessageError):
        message = read_message(data)
        assert message.event_code
        assert isinstance(message.payload, dict)


@given(st.lists(st.one_of(_json, st.dictionaries(_keys, _json)), min_size=1, max_size=5))
def test_any_array_reads_as_its_elements_do(elements: list[object]) -> None:
    def read_alone(element: object) -> Message | str:
        try:
            return read_message(_array(element))
        except MessageError as error:
            return str(error)

    together = [one if isinstance(one, Message) else str(one) for one in _elements(_array(*elements))]
    assert repr(together) == repr([read_alone(element) for element in elements])  # NaN is not itself


# The messages of the testing kit


def test_a_made_message_reads() -> None:
    message = read_message(function_compute_message("download-resources", message_id="m-1", dataRowSize=7))
    assert (message.message_id, message.event_code, message.blocking) == ("m-1", "download-resources", True)
    assert message.payload["dataRowSize"] == 7


# Bounds


def test_an_array_holds_at_most_ten_thousand_messages() -> None:
    assert len(_elements(b"[" + b"{}," * 9_999 + b"{}]")) == 10_000
    assert str(_error(b"[" + b"{}," * 10_000 + b"{}]")) == (
        "an array holds at most 10,000 messages; this one has 10,001 elements"
    )


@pytest.mark.parametrize("make", [lambda text: _envelope(messageId=text), lambda text: _cloud_event(id=text)])
def test_an_id_that_is_too_long_costs_its_message_alone(make: Callable[[str], object]) -> None:
    too_long, fits = _elements(_array(make("i" * 257), make("i" * 256)))
    assert str(too_long) == "the message's id has 257 characters; expected at most 256"
    assert isinstance(fits, Message)


def test_an_event_code_that_is_too_long_is_an_error() -> None:
    text = "the event code has 129 characters; expected at most 128"
    assert str(_error(_bytes(messageBody={"eventCode": "c" * 129}, messageId="a-1"))) == text
    assert str(_error(_cloud_bytes(data={"eventCode": "c" * 129}))) == text
    assert read_message(_bytes(messageBody={"eventCode": "c" * 128})).event_code == "c" * 128
