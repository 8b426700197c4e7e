"""What the policies of an archived message share: they see what they saw, and a look at what is missing is noted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Final, cast

import structlog
from structlog.typing import FilteringBoundLogger

from ..archive.consulted import name_of
from ..archive.options import SNAPSHOT_CONTENT
from ..context import MessageScope, Request
from ..errors import ExtensionError
from ..events import Event, event_class
from ..lookup import Answer, LookupFailedError, MessageLookups
from ..message import Message
from ..snapshots import Snapshot
from .watched import Watched, WatchedPayload, missing_fields

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
RAW: Final = "raw"
"""What a note calls a look at a payload of which something was left out."""


class NotArchivedError(LookupFailedError):
    """The archive does not hold what was looked up."""


class ArchivedAnswers:
    """Answers as they were archived, and nothing else.

    Args:
        consulted: `consulted` of a line.
    """

    def __init__(self, consulted: Mapping[str, object]) -> None:
        self._consulted = consulted
        self.was_missed = False
        """Whether somebody asked for what is not there."""

    def ask(
        self, operation: str, parameters: Mapping[str, str | int], until: float, keep: float = 0.0
    ) -> Mapping[str, object]:
        """The answer that came then. Raises `LookupFailedError` as then, and `NotArchivedError`."""
        name = name_of(operation, parameters)
        found = self._consulted.get(name)
        if isinstance(found, Mapping):
            if isinstance(answer := found.get("answer"), Mapping):
                return answer
            if "failed" in found:
                raise LookupFailedError(str(found["failed"]))
        self.was_missed = True
        raise NotArchivedError(name)


class ArchivedScope(MessageScope):
    """The scope of an archived message.

    Args:
        message: The message, without what was left out of it.
        request: Its circumstances then.
        micros: When it came: microseconds since 1970.
        left_out: What was left out, by wire name.
        noting: Whether it is noted who asks for what. It takes time, and is of use only where somebody asks for what
            is missing, see `ArchivedAnswers.was_missed`.
    """

    __slots__ = ("_left_out", "_noting", "looked", "micros")

    def __init__(
        self, message: Message, request: Request, micros: int, left_out: frozenset[str], *, noting: bool
    ) -> None:
        self.message = message
        self.request = request
        self.deadline = request.deadline
        self.language = "en"
        self.asks = None
        self.micros = micros
        self.looked: dict[str, list[str]] = {}
        """By policy: the names of what it looked at and the archive does not hold."""
        self._left_out = left_out
        self._events = {}
        self._lookups = None
        self._sql = None
        self._noting: dict[str, _NotingLookups] | None = {} if noting or left_out else None

    @property
    def now(self) -> datetime:  # type: ignore[override]  # it is made when somebody looks at it, which few do
        """When the message came."""
        return _EPOCH + timedelta(microseconds=self.micros)

    def event(self, event_class: type[Event], policy: str = "") -> Event:
        """The event, as the policy may see it. Raises `EventError`."""
        event = self._events.get(event_class) or super().event(event_class)
        if not self._left_out or not policy:
            return event
        return self._watched(event, event_class, policy)

    def operator(self) -> str | None:
        """The UID of the acting user, if the archive holds it."""
        try:
            event = super().event(Event)
            missing = missing_fields(Event, self.message.payload, self._left_out) if self._left_out else ()
            return None if "operator" in missing else event.operator
        except ExtensionError:
            return None

    def is_missing(self, name: str) -> bool:
        """Whether a field of the event, by its name in Python, was left out."""
        own = event_class(self.message.event_code)
        return name in missing_fields(own, self.message.payload, self._left_out)

    def lookups_for(self, policy: str) -> MessageLookups:
        """The answers of then, for one policy, whose looks at what is missing are noted."""
        if self._noting is None:
            return self.lookups
        noting = self._noting.get(policy)
        if noting is None:
            noting = self._noting[policy] = _NotingLookups(self, policy, self.lookups)
        return noting

    @property
    def lookups(self) -> MessageLookups:
        """The answers of then, for all policies."""
        if self._lookups is None:
            self._lookups = MessageLookups(self.request.lookups, self.message.message_id, self._workspace_id())
        return self._lookups

    @property
    def left_out(self) -> frozenset[str]:
        """What was left out, by wire name."""
        return self._left_out

    def note(self, policy: str, what: str) -> None:
        """A policy looked at what the archive does not hold."""
        looked = self.looked.setdefault(policy, [])
        if what not in looked:
            looked.append(what)

    def _workspace_id(self) -> int | None:
        try:
            return super().event(Event).workspace_id
        except ExtensionError:
            return None

    def _watched(self, event: Event, event_class: type[Event], policy: str) -> Event:
        if "forms" in event_class.__dict__:
            payload = WatchedPayload(self.message.payload, self._left_out)
            event_class.form_of(payload)
            if payload.was_asked:
                self.note(policy, "the form of the event")
        missing = missing_fields(type(event), self.message.payload, self._left_out)
        named = missing or {"": RAW}  # no field of the class, but `raw` would have it
        return cast("Event", Watched(event, named, lambda what: self.note(policy, what)))


class _NotingLookups(MessageLookups):
    """The answers that all policies share, for one of them."""

    __slots__ = ("_policy", "_scope")

    def __init__(self, scope: ArchivedScope, policy: str, shared: MessageLookups) -> None:
        for name in MessageLookups.__slots__:
            setattr(self, name, getattr(shared, name))
        self._scope = scope
        self._policy = policy

    def snapshot(self, until: float) -> Snapshot:
        """The snapshot, without its code if that was left out."""
        try:
            found = super().snapshot(until)
        except NotArchivedError:
            self._scope.note(self._policy, "snapshot")
            raise
        if SNAPSHOT_CONTENT not in self._scope.left_out or not hasattr(found, "content"):
            return found
        watched = Watched(found, {"content": SNAPSHOT_CONTENT}, lambda what: self._scope.note(self._policy, what))
        return cast("Snapshot", watched)

    def parameters(self, until: float) -> Mapping[str, str]:
        """The parameters of then."""
        try:
            return super().parameters(until)
        except NotArchivedError:
            self._scope.note(self._policy, "parameters")
            raise

    def options(self, until: float) -> Mapping[str, object]:
        """The options of then."""
        try:
            return super().options(until)
        except NotArchivedError:
            self._scope.note(self._policy, "options")
            raise

    def ask(self, operation: str, parameters: Mapping[str, str | int], until: float, keep: float) -> Answer:
        """The answer of then."""
        try:
            return super().ask(operation, parameters, until, keep)
        except NotArchivedError:
            self._scope.note(self._policy, name_of(operation, parameters))
            raise


def archived_runtime(account_id: str | None, region: str | None) -> object:
    """The runtime's context of then, as far as a policy sees it."""
    return SimpleNamespace(account_id=account_id, region=region)


def no_logger() -> FilteringBoundLogger:
    """A logger that writes nothing: what a policy logs belongs to the message of then."""
    return _SILENT


_SILENT: Final[FilteringBoundLogger] = structlog.wrap_logger(
    structlog.ReturnLogger(), processors=[], wrapper_class=structlog.make_filtering_bound_logger(50)
).bind()
