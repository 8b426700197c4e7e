"""One archived line, read: what came, what was decided and what was looked up."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from hashlib import blake2b
from typing import Final, NamedTuple

from pydantic_core import from_json, to_json

from ..archive.line import LINE_SCHEMA
from ..errors import ExtensionError
from ..events.catalog import catalog
from ..message import Message, MessageError, parse_json, read_envelope


class UnreadLineError(ExtensionError):
    """A line that is none of the archive. The text says why, without a value of it."""


class ArchivedLine(NamedTuple):
    """A line, with JSON texts in the place of what only some rehearsals read."""

    key: int
    """What tells its message from others, wherever and however often it came: 64 bits, signed."""
    micros: int | None
    """When it came: microseconds since 1970; None for a message that was saved by hand."""
    request_id: str
    account_id: str | None
    region: str | None
    message_id: str | None
    event_code: str | None
    """None for a message that contradicts itself, or that cannot be read."""
    message: str
    """The envelope."""
    decision: str | None
    consulted: str | None
    """None where nothing was looked up; of a message that was saved by hand, nobody knows what would have been."""
    left_out: str | None
    """The fields that are left out; None if none is."""
    code: str | None
    """The digest of the code that decided."""
    settings: str | None
    """The digests of the settings, by pack."""


def read_line(line: bytes) -> ArchivedLine:
    """A line of an archive. Raises `UnreadLineError`."""
    try:
        found = _parsed(line)
    except MessageError:
        raise UnreadLineError("a line that is no JSON") from None
    if not isinstance(found, dict):
        raise UnreadLineError("a line that is no object")
    schema = found.get("schema")
    if not isinstance(schema, int) or "message" not in found or "decision" not in found:
        raise UnreadLineError("an object that is no archived line")
    if schema > LINE_SCHEMA:
        raise UnreadLineError("a line of a schema that this version does not know")
    envelope = found["message"]
    message = _message(envelope)
    left_out = found.get("left_out") or None
    consulted = found.get("consulted") or None
    return ArchivedLine(
        key_of(message, envelope),
        _micros(found.get("time")),
        str(found.get("request_id") or ""),
        _text(found.get("account_id")),
        _text(found.get("region")),
        message.message_id if message else None,
        message.event_code if message and message.contradiction is None else None,
        encoded(envelope),
        encoded(found["decision"]),
        None if consulted is None else encoded(consulted),
        None if left_out is None else encoded(left_out),
        _text(found.get("code")),
        None if found.get("settings") is None else encoded(found["settings"]),
    )


def saved_line(message: Message, moment: datetime | None) -> ArchivedLine:
    """A message that was saved by hand: nobody knows what was decided, nor what was looked up."""
    envelope = dict(message.envelope) or {
        "messageBody": dict(message.payload),
        "eventType": message.event_code,
        "blockBusiness": message.blocking,
    }
    return ArchivedLine(
        key_of(message, envelope),
        None if moment is None else micros_of(moment),
        *("", None, None, message.message_id),
        message.event_code if message.contradiction is None else None,
        encoded(envelope),
        *(None, None, None, None, None),
    )


def key_of(message: Message | None, envelope: object) -> int:
    """64 bits of a digest of the message's id and code; of the whole message if it has no id."""
    if message is not None and message.message_id is not None:
        named = f"{message.event_code}\n{message.message_id}".encode(errors="backslashreplace")
    else:
        named = encoded(envelope).encode()
    return int.from_bytes(blake2b(named, digest_size=8).digest(), "big", signed=True)


def micros_of(moment: datetime) -> int:
    """Microseconds since 1970."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def is_known(code: str) -> bool:
    """Whether the catalog has the event code."""
    return code in catalog


def encoded(value: object) -> str:
    """JSON that reads as it came."""
    try:
        return to_json(value, inf_nan_mode="constants").decode()
    except ValueError:  # a lone surrogate
        return json.dumps(value)


def _message(envelope: object) -> Message | None:
    try:
        return read_envelope(envelope)
    except MessageError:
        raise UnreadLineError("a line whose message cannot be read") from None


def _micros(written: object) -> int:
    try:
        moment = datetime.fromisoformat(str(written).replace("Z", "+00:00"))
    except ValueError:
        raise UnreadLineError("a line whose time cannot be read") from None
    if moment.tzinfo is None:
        raise UnreadLineError("a line whose time has no zone")
    return micros_of(moment)


def _parsed(line: bytes) -> object:
    try:
        return from_json(line)
    except ValueError:
        return parse_json(line)


def _text(value: object) -> str | None:
    return str(value) if isinstance(value, (str, int)) and value != "" else None


_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
