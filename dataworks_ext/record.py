"""The record: one line of JSON for each message, on stdout. `docs/en/record.md` documents its schema."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TextIO

from .context import MessageScope, in_utc, utc_now
from .decision import TEXT_LIMIT, Decision, Reason, Verdict, shorten
from .delivery import Delivery
from .errors import ExtensionError, FieldError
from .events import Event, EventError
from .events.base import to_wire
from .lines import VALUE_LIMIT, Lines, text_of, to_line
from .message import is_probe
from .policy import Registration

if TYPE_CHECKING:
    from structlog.typing import EventDict, FilteringBoundLogger, WrappedLogger

SCHEMA: Final = 1
"""The version of the schema. It increases when a field is removed or changes its meaning, not when one is added."""
FRAME_LIMIT: Final = 8
"""Frames of a failed policy."""
PERSONAL: Final = ("sqlText", "ip", "fileName")
"""Payload fields whose values are recorded only if `DATAWORKS_EXT_RECORD_FIELDS` names them, in texts as well."""
_OK: Final = Verdict.OK  # an attribute of an enumeration takes longer to look up
EXCEPTIONS: Final = "exceptions"
"""The word in `DATAWORKS_EXT_RECORD_FIELDS` that includes the texts of policies' exceptions."""

Kind = Literal["message", "log", "configuration", "loading", "retirement", "archive"]


class Archived(NamedTuple):
    """What became of the archived line of a message."""

    status: Literal["stored", "skipped", "lost"]
    """`skipped`: it was not to be archived. `lost`: it was, and is not, as far as is known."""
    problem: str | None = None
    """Why it is not stored."""


class Recorder:
    """Writes records, and makes the logger of policies.

    Args:
        fields: Payload fields to repeat in each record, by Python or wire name; `exceptions` for their texts.
        stream: Where the lines go; whatever `sys.stdout` is at the time by default.
        clock: Says what time it is, for the lines that are about no message.
        extension: Name and version of the extension, for the records of messages.
        policies: Those whose owner and severity are in the records of what they object to.
    """

    def __init__(
        self,
        fields: Iterable[str] = (),
        stream: TextIO | None = None,
        clock: Callable[[], datetime] = utc_now,
        *,
        extension: tuple[str, str] = ("", ""),
        policies: Iterable[Registration] = (),
    ) -> None:
        self._clock = clock
        self._extension, self._version = extension
        self._answerable = {policy.id: found for policy in policies if (found := _answerable(policy))}
        wanted = dict.fromkeys(fields)
        self._exceptions = EXCEPTIONS in wanted
        self._fields = tuple(to_wire(field) for field in wanted if field != EXCEPTIONS)
        self._lines = Lines(stream)
        self._logger: FilteringBoundLogger | None = None
        self._making_logger = threading.Lock()

    def message(
        self,
        scope: MessageScope,
        decision: Decision,
        delivery: Delivery,
        *,
        elapsed_ms: float,
        observers: Sequence[Reason] = (),
        archived: Archived | None = None,
    ) -> None:
        """Record a message that was read, and what became of the reply.

        Args:
            scope: The message, and what its policies shared.
            decision: What was decided.
            delivery: What became of the reply.
            elapsed_ms: Milliseconds from the message's arrival to now.
            observers: A reason for each observer that failed.
            archived: What became of the archived line; None where no archive is configured, or it is not known yet.
        """
        message = scope.message
        payload = message.payload
        event = _event(scope)
        tenant_id, workspace_id, operator = _identity(event)
        record: dict[str, object] = {
            "schema": SCHEMA,
            "kind": "message",
            "time": scope.now,
            "request_id": scope.request.id,
            "message_id": message.message_id,
            "channel": message.channel,
            "blocking": message.blocking,
            "event_code": message.event_code,
            "tenant_id": tenant_id,
            "workspace_id": workspace_id,
            "operator": operator,
            "verdict": decision.verdict._value_,
            "reasons": [self._reason(reason, payload) for reason in decision.reasons],
            "elapsed_ms": elapsed_ms,
            "delivery": delivery.status,
            "extension": self._extension,
            "version": self._version,
        }
        if is_probe(message):
            record["probe"] = True
        if archived is not None:
            record["archive"] = archived.status
            if archived.problem is not None:
                record["archive_problem"] = archived.problem
        if (problem := delivery.problem or message.contradiction) is not None:
            record["problem"] = problem
        if decision.message and not decision.reasons:
            record["message"] = decision.message
        if observers:
            record["observers"] = [self._reason(reason, payload) for reason in observers]
        if event is not None and (unread := event.unread_fields):
            record["unread_fields"] = unread
        if self._fields:
            record["fields"] = {field: _shortened(payload[field]) for field in self._fields if field in payload}
        self._lines.write(to_line(record))

    def unread(self, error: BaseException, decision: Decision, request_id: str, message_id: str | None) -> None:
        """Record a message that could not be read, or on which the framework itself failed."""
        self.note(
            "message",
            request_id=request_id,
            message_id=message_id,
            extension=self._extension,
            version=self._version,
            verdict=decision.verdict.value,
            message=decision.message,
            error=self._explain(error),
        )

    def note(self, kind: Kind, **fields: object) -> None:
        """Record something other than a decision on a message."""
        self._lines.write(to_line({"schema": SCHEMA, "kind": kind, "time": in_utc(self._clock()), **fields}))

    def archived(self, archived: Archived, request_id: str, messages: int) -> None:
        """Record what became of the archived lines of an array of messages."""
        fields: dict[str, object] = {"request_id": request_id, "messages": messages, "archive": archived.status}
        if archived.problem is not None:
            fields["archive_problem"] = archived.problem
        self.note("archive", extension=self._extension, version=self._version, **fields)

    def not_loaded(self, app: str, error: BaseException) -> None:
        """Record why an extension could not be loaded. Never raises: stdout may be gone."""
        from traceback import format_exception  # only a failure needs it

        with suppress(BaseException):
            traceback = "".join(format_exception(type(error), error, error.__traceback__))
            self.note("loading", app=app, problem=text_of(error), traceback=traceback)

    def get_logger(self) -> FilteringBoundLogger:
        """For the lines of policies, each of which is `log` by kind. Made at first use, as structlog is heavy."""
        logger = self._logger
        if logger is None:
            with self._making_logger:
                logger = self._logger = self._logger or self._make_logger()
        return logger

    def _make_logger(self) -> FilteringBoundLogger:
        """A logger that the application's configuration of structlog does not change."""
        import structlog

        logger: FilteringBoundLogger = structlog.wrap_logger(
            self._lines,
            processors=[self._stamp, structlog.processors.format_exc_info, _render_log],
            wrapper_class=structlog.make_filtering_bound_logger(0),
            context_class=dict,
        ).bind()
        return logger

    def _stamp(self, logger: object, method: str, line: EventDict) -> EventDict:
        return {**line, "time": in_utc(self._clock())}

    def _reason(self, reason: Reason, payload: Mapping[str, object]) -> dict[str, object]:
        policy, verdict, message, mode, elapsed_ms, error, exempted_by = reason
        fields: dict[str, object] = {
            "policy": policy,
            "verdict": verdict._value_,
            "mode": mode,
            "elapsed_ms": elapsed_ms,
        }
        if not message and error is None:
            return fields
        if message:
            fields["message"] = shorten(self._redact(message, payload), TEXT_LIMIT)
        if error is not None:
            fields["error"] = self._explain(error)
        if exempted_by is not None:
            fields["exempted_by"] = exempted_by.as_json()
        if (verdict is not _OK or error is not None) and policy in self._answerable:
            fields.update(self._answerable[policy])
        return fields

    def _redact(self, text: str, payload: Mapping[str, object]) -> str:
        """The text with `[sqlText]` in place of the SQL, unless the record may contain it."""
        values = {str(payload[field]): field for field in PERSONAL if field in payload and field not in self._fields}
        for value in sorted(values, key=len, reverse=True):  # one may be part of another
            if value:
                text = text.replace(value, f"[{values[value]}]")
        return text

    def _explain(self, error: BaseException) -> str:
        """What happened and where. Other exceptions' texts may contain anything: they are recorded on request only."""
        name = type(error).__name__
        if self._exceptions or _is_ours(error):
            name = f"{name}: {text_of(error)}"
        where = " > ".join(_frames(error.__traceback__)[-FRAME_LIMIT:])
        return f"{name} at {where}" if where else name


def _render_log(_logger: WrappedLogger, method: str, event: EventDict) -> str:
    ours = {"schema": SCHEMA, "kind": "log", "level": method}
    return to_line({**ours, **event, **ours})  # ours first, and whatever was logged, ours


def _answerable(policy: Registration) -> dict[str, object]:
    """Who answers for a policy, as far as it says."""
    found = {"severity": policy.severity, "owner": policy.owner, "url": policy.url}
    return {name: value for name, value in found.items() if value is not None}


def _is_ours(error: BaseException) -> bool:
    """Whether the framework raised it, so that its text contains no payload. Policies may raise the same classes."""
    if not isinstance(error, ExtensionError):
        return False
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is None or _is_inside(traceback)


def _is_inside(traceback: TracebackType) -> bool:
    return str(traceback.tb_frame.f_globals.get("__name__", "")).startswith(f"{__package__}.")


def _event(scope: MessageScope) -> Event | None:
    """The event if it was read already, else as a plain `Event`; None if that fails."""
    try:
        return scope.any_event()
    except EventError:
        return None


def _identity(event: Event | None) -> tuple[object, object, object]:
    """Tenant, workspace and operator; None where a field cannot be read."""
    if event is None:
        return None, None, None
    try:
        return event.tenant_id, event.workspace_id, event.operator
    except FieldError:
        return _known(event, "tenant_id"), _known(event, "workspace_id"), _known(event, "operator")


def _known(event: Event, field: str) -> object:
    try:
        value: object = getattr(event, field)
    except FieldError:
        return None
    return value


def _shortened(value: object) -> object:
    text = value if isinstance(value, str) else to_line({"": value})[4:-1]
    return value if len(text) <= VALUE_LIMIT else text[: VALUE_LIMIT - 1] + "…"


def _frames(traceback: TracebackType | None) -> list[str]:
    """The frames outside this package: `policies/downloads.py:31 in row_limit`."""
    frames = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not _is_inside(traceback):
            frames.append(f"{code.co_filename}:{traceback.tb_lineno} in {code.co_name}")
        traceback = traceback.tb_next
    return frames
