"""The record: one line of JSON for each message, on stdout. `docs/record.md` documents its schema."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Literal, TextIO

import structlog
from pydantic_core import to_json
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from .context import MessageScope
from .decision import TEXT_LIMIT, Decision, Reason, shorten
from .errors import ExtensionError
from .events import Event, EventError
from .events.base import to_wire
from .extension import Extension

SCHEMA: Final = 1
"""The version of the schema. It grows when a field changes its meaning or goes; a new field does not count."""
FIELD_LIMIT: Final = 2_000
"""Characters of a payload field that was asked for."""
FRAME_LIMIT: Final = 8
"""Frames of a failed policy."""
PERSONAL: Final = ("sqlText", "ip", "fileName")
"""Payload fields whose values a record repeats only if they were asked for, whoever put them into a text."""
EXCEPTIONS: Final = "exceptions"
"""What to ask for, beside payload fields, to have the texts of policies' exceptions in the record."""

Kind = Literal["message", "log", "configuration", "loading", "retirement"]


class Recorder:
    """Writes records, and makes the loggers of policies.

    Args:
        fields: Payload fields to repeat in each record, by Python or wire name; `exceptions` for their texts.
        stream: Where the lines go; whatever `sys.stdout` is at the time by default.
    """

    def __init__(self, fields: Iterable[str] = (), stream: TextIO | None = None) -> None:
        wanted = dict.fromkeys(fields)
        self._exceptions = EXCEPTIONS in wanted
        self._fields = tuple(to_wire(field) for field in wanted if field != EXCEPTIONS)
        lines = Lines(stream)
        self._records = RecordLogger(lines, [_render_record], {})
        self.logger: Final[FilteringBoundLogger] = structlog.wrap_logger(
            lines,
            processors=[structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"), _render_log],
            wrapper_class=structlog.make_filtering_bound_logger(0),
            context_class=dict,
        ).bind()
        """For the lines of policies, each of which is `log` by kind."""

    def message(
        self,
        scope: MessageScope,
        decision: Decision,
        observers: Sequence[Reason],
        elapsed_ms: float,
        delivery: str,
        extension: Extension,
    ) -> None:
        """Record a message that was read."""
        message = scope.message
        event = _identity(scope)
        record: EventDict = {
            "schema": SCHEMA,
            "kind": "message",
            "time": scope.now,
            "request_id": scope.request_id,
            "message_id": message.message_id,
            "channel": message.channel,
            "blocking": message.blocking,
            "event_code": message.event_code,
            "tenant_id": event and event.tenant_id,
            "workspace_id": event and event.workspace_id,
            "operator": event and event.operator,
            "verdict": decision.verdict._value_,
            "reasons": [self._reason(reason, message.payload) for reason in decision.reasons],
            "elapsed_ms": elapsed_ms,
            "delivery": delivery,
            "extension": extension.name,
            "version": extension.version,
        }
        if decision.message and not decision.reasons:
            record["message"] = decision.message
        if observers:
            record["observers"] = [self._reason(reason, message.payload) for reason in observers]
        if self._fields:
            payload = message.payload
            record["fields"] = {field: _shortened(payload[field]) for field in self._fields if field in payload}
        self._records.line(record)

    def unread(self, *, error: BaseException, decision: Decision, **known: object) -> None:
        """Record a message that could not be read, with what is known of it."""
        record = {
            "verdict": decision.verdict._value_,
            "message": decision.message,
            "error": self._explain(error),
            **known,
        }
        self._records.line({"schema": SCHEMA, "kind": "message", **record})

    def note(self, kind: Kind, **fields: object) -> None:
        """Record something about the instance rather than a message."""
        self._records.line({"schema": SCHEMA, "kind": kind, **fields})

    def _reason(self, reason: Reason, payload: Mapping[str, object]) -> dict[str, object]:
        policy, verdict, message, mode, elapsed_ms, error = reason
        fields: dict[str, object] = {
            "policy": policy,
            "verdict": verdict._value_,
            "mode": mode,
            "elapsed_ms": elapsed_ms,
        }
        if message:
            fields["message"] = shorten(self._redact(message, payload), TEXT_LIMIT)
        if error is not None:
            fields["error"] = self._explain(error)
        return fields

    def _redact(self, text: str, payload: Mapping[str, object]) -> str:
        """The text with `[sqlText]` where it repeats the SQL, unless the record may hold that."""
        for field in PERSONAL:
            value = payload.get(field)
            if isinstance(value, str) and value and field not in self._fields:
                text = text.replace(value, f"[{field}]")
        return text

    def _explain(self, error: BaseException) -> str:
        """What happened and where. The text of somebody else's exception may hold anything, so it must be asked for."""
        name = type(error).__name__
        if isinstance(error, (ExtensionError, EventError)) or self._exceptions:
            name = f"{name}: {_text(error)}"
        where = " > ".join(_frames(error.__traceback__)[-FRAME_LIMIT:])
        return f"{name} at {where}" if where else name


class Lines:
    """Writes whole lines, one at a time."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def line(self, line: str) -> None:
        """Write a line and send it off."""
        stream = self._stream or sys.stdout
        with self._lock:
            stream.write(line + "\n")
            stream.flush()

    debug = info = warning = warn = error = critical = exception = line


class RecordLogger(structlog.BoundLoggerBase):
    """structlog's logger of records, out of reach of the application's configuration of structlog.

    The record is the event dictionary: there is nothing to bind, so nothing is copied.
    """

    def line(self, record: EventDict) -> None:
        """Write the record."""
        event: Any = record
        for process in self._processors:
            event = process(self._logger, "line", event)
        self._logger.line(event)


def _render_record(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return to_line(event)


def _render_log(_logger: WrappedLogger, method: str, event: EventDict) -> str:
    return to_line({"schema": SCHEMA, "kind": "log", "level": method, **event})


def to_line(record: Mapping[str, object]) -> str:
    """The record as JSON on one line, whatever its values are."""
    try:
        return to_json(record, fallback=_text, inf_nan_mode="null").decode()
    except ValueError:  # a lone surrogate, which UTF-8 cannot hold and an escape can
        return json.dumps(record, default=_text)


def _identity(scope: MessageScope) -> Event | None:
    """The event as somebody has read it already, else as a plain one; None if it is not even that."""
    try:
        return scope.any_event()
    except EventError:
        return None


def _shortened(value: object) -> object:
    text = value if isinstance(value, str) else to_line({"": value})[4:-1]
    if len(text) <= FIELD_LIMIT:
        return value
    return text[: FIELD_LIMIT - 1] + "…"


def _text(value: object) -> str:
    try:
        return str(value)
    except Exception:
        return f"a {type(value).__name__} that cannot be printed"


def _frames(traceback: TracebackType | None) -> list[str]:
    """The frames outside this package: `policies/downloads.py:31 in row_limit`."""
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not str(traceback.tb_frame.f_globals.get("__name__", "")).startswith(__package__ + "."):
            frames.append(f"{code.co_filename}:{traceback.tb_lineno} in {code.co_name}")
        traceback = traceback.tb_next
    return frames
