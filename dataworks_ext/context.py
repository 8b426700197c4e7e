"""What a policy may look at beside its event."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import Generic, NoReturn, TypeVar

import structlog
from pydantic import BaseModel
from structlog.typing import FilteringBoundLogger

from .deadline import NO_LIMIT
from .events import Event, EventError, catalog, read_event
from .message import Message

S_co = TypeVar("S_co", bound=BaseModel, covariant=True)


class NotAvailableError(Exception):
    """Something that this version of the framework cannot look up yet."""


class MessageScope:
    """What all policies and observers of one message share."""

    __slots__ = ("_events", "_logger", "deadline", "message", "now", "request_id")

    def __init__(
        self,
        message: Message,
        request_id: str = "",
        deadline: float = NO_LIMIT,
        now: datetime | None = None,
        logger: FilteringBoundLogger | None = None,
    ) -> None:
        self.message = message
        self.request_id = request_id
        self.deadline = deadline
        self.now = now or datetime.now(timezone.utc)
        self._logger = logger
        self._events: dict[type[Event], Event | EventError] = {}

    @classmethod
    def of_event(
        cls, event: Event, request_id: str = "", deadline: float = NO_LIMIT, now: datetime | None = None
    ) -> MessageScope:
        """The scope of an event without its message: one that somebody waits for, if its code can be refused."""
        entry = catalog.get(event.event_code)
        blocking = entry is None or entry.extension_point
        scope = cls(Message(None, event.event_code, event.raw, blocking=blocking), request_id, deadline, now)
        scope._events[type(event)] = event
        return scope

    def event(self, event_class: type[Event]) -> Event:
        """The message's event as an instance of that class, read once.

        Raises:
            EventError: The payload does not fit the class.
        """
        event = self._events.get(event_class)
        if event is None:
            event = self._events[event_class] = self._read(event_class)
        if isinstance(event, EventError):
            raise event.with_traceback(None)
        return event

    def any_event(self) -> Event:
        """The event as whatever class it was read into first, else as a plain `Event`. Raises `EventError`."""
        for event in self._events.values():
            if isinstance(event, Event):
                return event
        return self.event(Event)

    def _read(self, event_class: type[Event]) -> Event | EventError:
        message = self.message
        try:
            return read_event(
                event_class, message.payload, event_code=message.event_code, extension_biz_id=message.extension_biz_id
            )
        except EventError as error:
            return error

    def log(self, policy: str) -> FilteringBoundLogger:
        """A logger whose lines carry the ids of the message and of the policy."""
        logger: FilteringBoundLogger = self._logger or structlog.get_logger()
        return logger.bind(
            request_id=self.request_id,
            message_id=self.message.message_id,
            event_code=self.message.event_code,
            policy=policy,
        )


class PolicyContext(Generic[S_co]):
    """What a policy may look at beside its event. One for each call of a policy."""

    __slots__ = ("_policy", "_scope", "_settings", "_until")

    def __init__(self, scope: MessageScope, settings: S_co, policy: str, until: float) -> None:
        self._scope = scope
        self._settings = settings
        self._policy = policy
        self._until = until

    @property
    def settings(self) -> S_co:
        """The settings of the policy's pack."""
        return self._settings

    @property
    def now(self) -> datetime:
        """When the message came, in UTC: the same moment for every policy."""
        return self._scope.now

    @property
    def request_id(self) -> str:
        """Function Compute's id of the request; empty outside it."""
        return self._scope.request_id

    @property
    def message_id(self) -> str | None:
        """DataWorks' id of the message."""
        return self._scope.message.message_id

    @property
    def remaining(self) -> float:
        """Seconds until the policy is interrupted, by its timeout or the deadline; infinite without either."""
        return max(self._until - time.monotonic(), 0.0)

    @property
    def log(self) -> FilteringBoundLogger:
        """A logger whose lines carry the request id, message id, event code and policy."""
        return self._scope.log(self._policy)

    @property
    def snapshot(self) -> NoReturn:
        """The file or table as it was when the event fired. Not available in this version."""
        raise NotAvailableError(_not_yet("snapshot"))

    @property
    def parameters(self) -> NoReturn:
        """The extension's parameters. Not available in this version."""
        raise NotAvailableError(_not_yet("parameters"))

    @property
    def options(self) -> NoReturn:
        """The extension's options in the event's workspace. Not available in this version."""
        raise NotAvailableError(_not_yet("options"))


def _not_yet(name: str) -> str:
    return (
        f"context.{name} needs a call to DataWorks, which this version does not make; decide by the event and settings"
    )
