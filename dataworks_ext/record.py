"""The record: one line of JSON for each message, on stdout. `docs/record.md` documents its schema."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Final, Literal, TextIO

import structlog
from pydantic_core import to_json
from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

from .context import MessageScope, in_utc, utc_now
from .decision import TEXT_LIMIT, Decision, Reason, shorten
from .errors import ExtensionError, FieldError
from .events import Event, EventError
from .events.base import to_wire
from .extension import Extension

SCHEMA: Final = 1
"""The version of the schema. It grows when a field changes its meaning or goes; a new field does not count."""
FIELD_LIMIT: Final = 2_000
"""Characters of a payload field that was asked for."""
DEPTH_LIMIT: Final = 16
"""Levels of what is logged, where it has to be made printable."""
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
        clock: Says what time it is, for the lines that are about no message.
    """

    def __init__(
        self, fields: Iterable[str] = (), stream: TextIO | None = None, clock: Callable[[], datetime] = utc_now
    ) -> None:
        self._clock = clock
        wanted = dict.fromkeys(fields)
        self._exceptions = EXCEPTIONS in wanted
        self._fields = tuple(to_wire(field) for field in wanted if field != EXCEPTIONS)
        lines = Lines(stream)
        self._records = RecordLogger(lines, [_render_record], {})
        self.logger: Final[FilteringBoundLogger] = structlog.wrap_logger(
            lines,
            processors=[
                self._stamp,
                structlog.processors.format_exc_info,
                _render_log,
            ],
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
        problem: str | None = None,
    ) -> None:
        """Record a message that was read, with what became of the reply and what is wrong with that."""
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
            "tenant_id": event and _known(event, "tenant_id"),
            "workspace_id": event and _known(event, "workspace_id"),
            "operator": event and _known(event, "operator"),
            "verdict": decision.verdict._value_,
            "reasons": [self._reason(reason, message.payload) for reason in decision.reasons],
            "elapsed_ms": elapsed_ms,
            "delivery": delivery,
            "extension": extension.name,
            "version": extension.version,
        }
        if problem is not None:
            record["problem"] = problem
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
        said = {"verdict": decision.verdict.value, "message": decision.message}
        self.note("message", **known, **said, error=self._explain(error))

    def note(self, kind: Kind, **fields: object) -> None:
        """Record something that is no decision on a message."""
        self._records.line({"schema": SCHEMA, "kind": kind, "time": in_utc(self._clock()), **fields})

    def _stamp(self, logger: object, method: str, line: EventDict) -> EventDict:
        return {**line, "time": in_utc(self._clock())}

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
        values = {str(payload[field]): field for field in PERSONAL if field in payload and field not in self._fields}
        for value in sorted(values, key=len, reverse=True):  # one may be part of another
            if value:
                text = text.replace(value, f"[{values[value]}]")
        return text

    def _explain(self, error: BaseException) -> str:
        """What happened and where. The text of somebody else's exception may hold anything, so it must be asked for."""
        name = type(error).__name__
        if self._exceptions or _is_ours(error):
            name = f"{name}: {_text(error)}"
        where = " > ".join(_frames(error.__traceback__)[-FRAME_LIMIT:])
        return f"{name} at {where}" if where else name


def _is_ours(error: BaseException) -> bool:
    """Whether the framework raised it, so that its text holds no payload: its classes are anybody's to raise."""
    if not isinstance(error, (ExtensionError, EventError)):
        return False
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is None or _is_inside(traceback)


def _is_inside(traceback: TracebackType) -> bool:
    return str(traceback.tb_frame.f_globals.get("__name__", "")).startswith(f"{__package__}.")


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
    ours = {"schema": SCHEMA, "kind": "log", "level": method}
    return to_line({**ours, **event, **ours})  # ours first, and whatever was logged, ours


def to_line(record: Mapping[str, object]) -> str:
    """The record as JSON on one line, whatever its values are."""
    try:
        return to_json(record, fallback=_text, inf_nan_mode="null").decode()
    except (ValueError, RecursionError):  # a lone surrogate, a circle, keys that are no text
        return to_json(_printable(record, DEPTH_LIMIT), inf_nan_mode="null").decode()


def _printable(value: object, depth: int) -> object:
    """The value as JSON can hold it."""
    if isinstance(value, (bool, int, float, datetime)) or value is None:
        return value
    if depth == 0:
        return "…"
    if isinstance(value, Mapping):
        return {_encodable(key): _printable(item, depth - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_printable(item, depth - 1) for item in value]
    return _encodable(value)


def _encodable(value: object) -> str:
    return _text(value).encode("utf-8", "backslashreplace").decode()


def _identity(scope: MessageScope) -> Event | None:
    """The event as somebody has read it already, else as a plain one; None if it is not even that."""
    try:
        return scope.any_event()
    except EventError:
        return None


def _known(event: Event, field: str) -> object:
    """The value of a field; None if it cannot be read."""
    try:
        value: object = getattr(event, field)
    except FieldError:
        return None
    return value


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
        if not _is_inside(traceback):
            frames.append(f"{code.co_filename}:{traceback.tb_lineno} in {code.co_name}")
        traceback = traceback.tb_next
    return frames
