"""Bytes to messages: the envelopes that events travel in.

Source: the DataWorks event reference, "Function Compute message envelope" and "EventBridge message envelope".
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

from pydantic_core import from_json

from .errors import ExtensionError
from .events.catalog import catalog

Channel = Literal["function-compute", "eventbridge"]
ENVELOPE_KEYS: Final = frozenset({"messageBody", "data", "specversion"})
"""Keys that only envelopes have: the first Function Compute's, the others EventBridge's (CloudEvents 1.0)."""
SOURCE: Final = "acs.dataworks"
"""The `source` of DataWorks' events in EventBridge."""
MOST_MESSAGES: Final = 10_000
"""Messages that one array may hold."""
LONGEST_ID: Final = 256
"""Characters of a message id, at most."""
LONGEST_CODE: Final = 128
"""Characters of an event code, at most."""
PROBE: Final = "probe-"
"""What the ids of messages begin with that `dataworks-ext deploy` sends to see whether the function answers."""
_CODES: Final = {entry.type: entry.code for entry in catalog.values()}


class Message(NamedTuple):
    """An envelope, read."""

    message_id: str | None
    """`messageId`, or `id` of a CloudEvent; None where the envelope has none."""
    event_code: str
    """`eventCode` of the payload, else `eventType` of the envelope, or the code of a CloudEvent's `type`."""
    payload: Mapping[str, object]
    """The event as it came: `messageBody`, or `data` of a CloudEvent."""
    channel: Channel = "function-compute"
    """How the message arrived, and how its reply is sent."""
    blocking: bool = True
    """Whether DataWorks waits for an answer."""
    extension_biz_id: str | None = None
    """The id of the check that DataWorks runs for this operation."""
    envelope: Mapping[str, object] = MappingProxyType({})
    """The whole message as it came; empty for a payload without one."""
    contradiction: str | None = None
    """How the envelope and the payload contradict each other; such a message is denied. None if they do not."""


def is_probe(message: Message) -> bool:
    """Whether nobody at DataWorks asked: a probe is recorded as such, and neither observed, archived nor counted."""
    return message.channel == "function-compute" and (message.message_id or "").startswith(PROBE)


class MessageError(ExtensionError, ValueError):
    """Bytes that hold no message. The text says what was expected."""

    def __init__(self, text: str, message_id: str | None = None) -> None:
        super().__init__(text)
        self.message_id = message_id
        """The message's id, where at least that could be read."""


class JsonError(MessageError):
    """Bytes that are not JSON, with the place of the error."""

    def __init__(self, text: str, line: int, column: int) -> None:
        super().__init__(f"the message is not JSON: {text.removesuffix(' at')} at line {line}, column {column}")
        self.line = line
        """Counted from 1."""
        self.column = column
        """Counted from 1."""


def read_message(data: bytes | str) -> Message:
    """The one message in the bytes that Function Compute hands over, by itself or alone in an array.

    Raises:
        MessageError: There is none, or there are several; `JsonError` if it is not JSON.
    """
    messages = read_messages(data)
    if isinstance(messages, Message):
        return messages
    if len(messages) > 1:
        raise MessageError(f"expected one message, got an array of {len(messages)}; use read_messages to read them all")
    if isinstance(messages[0], MessageError):
        raise messages[0]
    return messages[0]


def read_envelope(envelope: object) -> Message:
    """The message in a parsed envelope. Its keys tell the channel.

    Raises:
        MessageError: It is no envelope, or it holds no event.
    """
    if not isinstance(envelope, dict):
        raise MessageError(f"expected a message (a JSON object), got {_json_type(envelope)}")
    if "messageBody" in envelope:
        return _from_function_compute(envelope)
    if "data" in envelope or "specversion" in envelope:
        return _from_eventbridge(envelope)
    if "eventCode" in envelope:
        raise MessageError(
            "this is a payload without its envelope; pass on the whole message, "
            "with the payload as messageBody (Function Compute) or data (EventBridge)"
        )
    raise MessageError(
        "the object has neither messageBody (Function Compute) nor data (EventBridge), "
        "so it is no message of DataWorks",
        _id(envelope.get("messageId")),
    )


def read_messages(
    data: bytes | str, read: Callable[[object], Message] = read_envelope
) -> Message | list[Message | MessageError]:
    """The message in the bytes, or the elements of an array in order.

    An element that is not a message becomes its error; the other elements are still read.

    Args:
        data: JSON, an envelope or an array of envelopes; an EventBridge target that batches sends an array.
        read: Reads one element, parsed already.

    Raises:
        MessageError: There is neither a message nor a non-empty array; `JsonError` if it is not JSON.
    """
    parsed = parse_json(data)
    if not isinstance(parsed, list):
        return read(parsed)
    if not parsed:
        raise MessageError("an empty array holds no message")
    if len(parsed) > MOST_MESSAGES:
        raise MessageError(f"an array holds at most {MOST_MESSAGES:,} messages; this one has {len(parsed):,} elements")
    return [_read_element(element, read) for element in parsed]


def _read_element(element: object, read: Callable[[object], Message]) -> Message | MessageError:
    try:
        return read(element)
    except MessageError as error:
        return error


def parse_json(data: bytes | str) -> object:
    """JSON as Python objects. Numbers keep every digit; a byte order mark, UTF-16 and lone surrogates are read too.

    Raises:
        JsonError: It is not JSON.
        MessageError: It is JSON beyond the parser's limits: nested too deeply, or with too long a number.
    """
    try:
        parsed: object = from_json(data)
        return parsed
    except (ValueError, TypeError):
        return _parse_patiently(data)


def _parse_patiently(data: bytes | str) -> object:
    """Parse what the fast parser rejects: JSON that is valid after all, or an error worth explaining."""
    if isinstance(data, str):
        data = data.removeprefix("\ufeff")
    try:
        return json.loads(data)
    except json.JSONDecodeError as error:
        raise JsonError(error.msg, error.lineno, error.colno) from None
    except UnicodeDecodeError as error:
        raise MessageError(f"the message is not text: byte {error.start} is not {error.encoding}") from None
    except RecursionError:
        raise MessageError("the message is nested too deeply to be one of DataWorks") from None
    except ValueError:
        raise MessageError("the message holds a number that is too long to read") from None
    except TypeError:
        raise MessageError(f"expected a message as bytes, got {type(data).__name__}") from None


def _from_function_compute(envelope: Mapping[str, object]) -> Message:
    message_id = envelope.get("messageId")
    if message_id.__class__ is not str or not 0 < len(message_id) <= LONGEST_ID:
        message_id = _id(message_id)
    payload = envelope["messageBody"]
    if not isinstance(payload, dict):
        raise MessageError(f"messageBody should be an object, got {_json_type(payload)}", message_id)
    named, code = envelope.get("eventType"), payload.get("eventCode")
    code = code or named
    if code.__class__ is not str or not code:
        raise MessageError(
            "the message names no event: neither messageBody.eventCode nor eventType is a word", message_id
        )
    contradiction = None
    if named != code and named:
        contradiction = f"eventType is {_quoted(named)}, but messageBody.eventCode is {_quoted(code)}"
        code = named if isinstance(named, str) else code
    if len(code) > LONGEST_CODE:
        raise _too_long(code, message_id)
    blocking = envelope.get("blockBusiness")
    if blocking is not True:
        blocking = is_blocking(blocking, code, "function-compute") or (contradiction is not None and blocking is None)
    biz_id = _text(envelope.get("extensionBizId"))
    # a third of the time of calling Message
    return tuple.__new__(
        Message, (message_id, code, payload, "function-compute", blocking, biz_id, envelope, contradiction)
    )


def _from_eventbridge(envelope: Mapping[str, object]) -> Message:
    message_id = envelope.get("id")
    if message_id.__class__ is not str or not 0 < len(message_id) <= LONGEST_ID:
        message_id = _id(message_id)
    if envelope.get("source", SOURCE) != SOURCE:
        raise MessageError(
            f"source should be {SOURCE}; let the event pattern pass on events of DataWorks only", message_id
        )
    payload = envelope.get("data")
    if not isinstance(payload, dict):
        got = _json_type(payload) if "data" in envelope else "nothing"
        raise MessageError(
            f"data should be an object, got {got}; let the EventBridge target pass on the whole event", message_id
        )
    event_type = envelope.get("type")
    named, code = _code_of(event_type), payload.get("eventCode")
    code = code or named or event_type
    if code.__class__ is not str or not code:
        raise MessageError("the message names no event: neither data.eventCode nor type is a word", message_id)
    contradiction = None
    if named is not None and named != code:
        contradiction = f"type is {event_type}, the event {named}, but data.eventCode is {_quoted(code)}"
        code = named
    if len(code) > LONGEST_CODE:
        raise _too_long(code, message_id)
    blocking = is_blocking(payload.get("blockBusiness"), code, "eventbridge")
    biz_id = _text(payload.get("extensionBizId"))
    return tuple.__new__(Message, (message_id, code, payload, "eventbridge", blocking, biz_id, envelope, contradiction))


def _code_of(event_type: object) -> str | None:
    """The code that a CloudEvent's type stands for; None for a type that the catalog does not know."""
    return _CODES.get(event_type) if isinstance(event_type, str) else None


def is_blocking(flag: object, code: str, channel: Channel) -> bool:
    """Whether DataWorks waits for an answer.

    A flag that cannot be read blocks. Without a flag, extension points block and regular events do not; a code that the
    catalog does not know blocks where DataWorks calls the function itself, since it always waits there.

    Args:
        flag: `blockBusiness`: a boolean or its word; None where there is none.
        code: The event code.
        channel: The way the message came.
    """
    if flag is None:
        entry = catalog.get(code)
        return channel == "function-compute" if entry is None else entry.extension_point
    if isinstance(flag, str):
        return flag.strip().lower() != "false"
    return flag is not False


def _too_long(code: str, message_id: str | None) -> MessageError:
    return MessageError(f"the event code has {len(code):,} characters; expected at most {LONGEST_CODE}", message_id)


def _id(value: object) -> str | None:
    """A message's id. Raises `MessageError` for one that is too long to be recorded."""
    text = _text(value)
    if text is not None and len(text) > LONGEST_ID:
        raise MessageError(f"the message's id has {len(text):,} characters; expected at most {LONGEST_ID}")
    return text


def _quoted(value: object) -> str:
    """What stands where a word should, short enough for a person."""
    return f'"{value[:LONGEST_CODE]}"' if isinstance(value, str) else _json_type(value)


def _text(value: object) -> str | None:
    if value.__class__ is str:
        return value or None
    return str(value) if isinstance(value, int) else None


def _json_type(value: object) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", int: "a number", float: "a number"}
    return "null" if value is None else names.get(type(value), "an object")
