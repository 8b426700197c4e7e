"""What the policies of an archived message share: they see what they saw, and a look at what is missing is noted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from types import SimpleNamespace
from typing import Final, cast

import structlog
from structlog.typing import FilteringBoundLogger

from ..archive.consulted import name_of
from ..archive.options import SNAPSHOT_CONTENT
from ..context import MessageScope, Request
from ..deadline import Guard
from ..errors import ExtensionError
from ..events import Event, event_class
from ..lookup import Answer, LookupFailedError, MessageLookups
from ..message import Message
from ..snapshots import Snapshot
from .watched import Watched, WatchedPayload, missing_fields

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_NOTHING: Final[frozenset[str]] = frozenset()
_NOWHERE: Final[Mapping[str, list[str]]] = {}
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
        if isinstance(found, dict):
            if isinstance(answer := found.get("answer"), dict):
                return answer
            if "failed" in found:
                raise LookupFailedError(str(found["failed"]))
        self.was_missed = True
        raise NotArchivedError(name)


class ArchivedScope(MessageScope):
    """The scope of an archived message of which nothing was left out.

    Args:
        message: The message.
        request: Its circumstances then.
        micros: When it came: microseconds since 1970.
        guarded: The guard that its policies run under; None for one of its own.
    """

    __slots__ = ("guarded", "micros")

    def __init__(self, message: Message, request: Request, micros: int, guarded: Guard | None) -> None:
        self.message = message
        self.request = request
        self.deadline = request.deadline
        self.language = "en"
        self.asks = None
        self.micros = micros
        self.guarded = guarded
        self._events = {}
        self._lookups = None
        self._sql = None

    @property
    def looked(self) -> Mapping[str, list[str]]:
        """By policy: the names of what it looked at and the archive does not hold."""
        return _NOWHERE

    @property
    def left_out(self) -> frozenset[str]:
        """What was left out, by wire name."""
        return _NOTHING

    @property
    def now(self) -> datetime:  # type: ignore[override]  # it is made when somebody looks at it, which few do
        """When the message came."""
        return _EPOCH + timedelta(microseconds=self.micros)

    def operator(self) -> str | None:
        """The UID of the acting user, if the archive holds it."""
        try:
            return self.event(Event).operator
        except ExtensionError:
            return None

    def lookups_for(self, policy: str) -> MessageLookups:
        """The answers of then."""
        return self._lookups or self.lookups

    @property
    def lookups(self) -> MessageLookups:
        """The answers of then, for all policies."""
        if self._lookups is None:
            self._lookups = MessageLookups(self.request.lookups, self.message.message_id, self._workspace_id())
        return self._lookups

    def _workspace_id(self) -> int | None:
        try:
            for event_class, event in self._events.items():
                if _has_usual_workspace(event_class):
                    return event.workspace_id
            return MessageScope.event(self, Event).workspace_id
        except ExtensionError:
            return None


class NotingScope(ArchivedScope):
    """The scope of an archived message that notes which policy looks at what the archive does not hold.

    It takes time, and is of use only where something was left out, or somebody asks for what is missing, see
    `ArchivedAnswers.was_missed`.

    Args: as for `ArchivedScope`, and
        left_out: What was left out, by wire name.
    """

    __slots__ = ("_left_out", "_looked", "_noting")

    asks_each = True

    def __init__(
        self, message: Message, request: Request, micros: int, guarded: Guard | None, left_out: frozenset[str]
    ) -> None:
        super().__init__(message, request, micros, guarded)
        self._left_out = left_out
        self._looked: dict[str, list[str]] = {}
        self._noting: dict[str, _NotingLookups] = {}

    @property
    def looked(self) -> Mapping[str, list[str]]:
        """By policy: the names of what it looked at and the archive does not hold."""
        return self._looked

    @property
    def left_out(self) -> frozenset[str]:
        """What was left out, by wire name."""
        return self._left_out

    def event(self, event_class: type[Event], policy: str = "") -> Event:
        """The event, as the policy may see it. Raises `EventError`."""
        event = super().event(event_class)
        return self._watched(event, event_class, policy) if self._left_out and policy else event

    def operator(self) -> str | None:
        """The UID of the acting user, if the archive holds it."""
        missing = missing_fields(Event, self.message.payload, self._left_out)
        return None if "operator" in missing else super().operator()

    def is_missing(self, name: str) -> bool:
        """Whether a field of the event, by its name in Python, was left out."""
        own = event_class(self.message.event_code)
        return name in missing_fields(own, self.message.payload, self._left_out)

    def lookups_for(self, policy: str) -> MessageLookups:
        """The answers of then, for one policy, whose looks at what is missing are noted."""
        noting = self._noting.get(policy)
        if noting is None:
            noting = self._noting[policy] = _NotingLookups(self, policy, self.lookups)
        return noting

    def note(self, policy: str, what: str) -> None:
        """A policy looked at what the archive does not hold."""
        looked = self._looked.setdefault(policy, [])
        if what not in looked:
            looked.append(what)

    def _watched(self, event: Event, event_class: type[Event], policy: str) -> Event:
        if "forms" in event_class.__dict__:
            payload = WatchedPayload(self.message.payload, self._left_out)
            event_class.form_of(payload)
            if payload.was_asked:
                self.note(policy, "the form of the event")
        missing = missing_fields(type(event), self.message.payload, self._left_out)
        named = missing or {"": RAW}  # no field of the class, but `raw` would have it
        return cast("Event", Watched(event, named, lambda what: self.note(policy, what)))


@lru_cache(maxsize=256)
def _has_usual_workspace(event_class: type[Event]) -> bool:
    """Whether its workspace is where a plain `Event` has it, so that none need be read."""
    usual, own = Event.model_fields["workspace_id"], event_class.model_fields["workspace_id"]
    return (own.validation_alias, own.annotation) == (usual.validation_alias, usual.annotation)


class _NotingLookups(MessageLookups):
    """The answers that all policies share, for one of them."""

    __slots__ = ("_policy", "_scope")

    def __init__(self, scope: NotingScope, policy: str, shared: MessageLookups) -> None:
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
