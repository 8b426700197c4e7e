"""What a policy can see besides its event."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timezone
from functools import partial
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from pydantic import BaseModel

from .deadline import NO_LIMIT
from .errors import PolicyError
from .events import Event, catalog, read_event
from .lookup import READS, Lookups, MessageLookups
from .message import Message
from .texts import Language

if TYPE_CHECKING:
    from structlog.typing import FilteringBoundLogger

    from .deadline import Guard
    from .snapshots import Snapshot
    from .sql import Script

S_co = TypeVar("S_co", bound=BaseModel, covariant=True)


def utc_now() -> datetime:
    """The present, in UTC."""
    return datetime.now(timezone.utc)


def in_utc(moment: datetime) -> datetime:
    """The same moment, in UTC. Raises ValueError for one without a time zone."""
    if moment.tzinfo is timezone.utc:
        return moment
    if moment.tzinfo is None:
        raise ValueError(f"now={moment.isoformat()} has no time zone; give it one: tzinfo=timezone.utc")
    return moment.astimezone(timezone.utc)


class Request(NamedTuple):
    """The circumstances in which a message is decided."""

    id: str = ""
    """Function Compute's id of the request, repeated in the text about a policy that failed; empty outside it."""
    deadline: float = NO_LIMIT
    """A moment of `time.monotonic()`; a policy that is not done by then counts as failed."""
    now: datetime | None = None
    """When the message came, an aware datetime; None for the present."""
    lookups: Lookups | None = None
    """Answers what policies look up in DataWorks; None where that cannot be reached."""
    logger: Callable[[], FilteringBoundLogger] | None = None
    """Makes the logger behind `context.log`; structlog's own by default."""
    runtime: object = None
    """The context object of Function Compute's runtime, for account and region; None outside it."""
    as_of: datetime | None = None
    """When exemptions are judged, an aware datetime; None for when the message came. A rehearsal says today."""
    deployed: bool = False
    """Whether all that a policy raises is its failure, as in production. Elsewhere Ctrl-C and the outcomes of a test
    runner, which are no `Exception`, go through to whoever runs the policies."""


class MessageScope:
    """What all policies and observers of one message share."""

    __slots__ = ("_events", "_lookups", "_sql", "asks", "deadline", "language", "message", "now", "request")

    guarded: Guard | None = None
    """The guard that policies run under already, as those of a rehearsal do; None for one of the message's own."""
    asks_each: bool = False
    """Whether each policy finds out for itself whether it acts, since a rehearsal notes who looks at what."""

    def __init__(self, message: Message, request: Request = Request()) -> None:  # noqa: B008 - it is immutable
        self.message = message
        self.request = request
        self.deadline = request.deadline
        self.now = utc_now() if request.now is None else in_utc(request.now)
        self.language: Language = "en"  # until an extension decides, in its own
        self.asks: Mapping[str, Collection[str]] | None = None
        """By pack: what its policies may ask. None until an extension decides."""
        self._events: dict[type[Event], Event] = {}
        self._lookups: MessageLookups | None = None
        self._sql: tuple[Script | None] | None = None

    @classmethod
    def of(cls, subject: Message | Event, request: Request) -> MessageScope:
        """The scope of a message, or of an event without one, which is blocking if its code can be refused."""
        if isinstance(subject, Message):
            return cls(subject, request)
        entry = catalog.get(subject.event_code)
        blocking = entry is None or entry.extension_point
        scope = cls(Message(None, subject.event_code, subject.raw, blocking=blocking), request)
        scope._events[type(subject)] = subject
        return scope

    def event(self, event_class: type[Event], policy: str = "") -> Event:
        """The message's event as an instance of that class, read once.

        Args:
            event_class: The class.
            policy: Who looks at it. A rehearsal notes who looked at what its archive does not hold.

        Raises:
            EventError: There is no payload.
        """
        event = self._events.get(event_class)
        if event is None:
            message = self.message
            event = self._events[event_class] = read_event(
                event_class, message.payload, event_code=message.event_code, extension_biz_id=message.extension_biz_id
            )
        return event

    def any_event(self) -> Event:
        """The event as whatever class it was read into first, else as a plain `Event`. Raises `EventError`."""
        for event in self._events.values():
            return event
        return self.event(Event)

    @property
    def lookups(self) -> MessageLookups:
        """The answers of DataWorks for this message."""
        lookups = self._lookups
        if lookups is None:
            with _CREATING:  # policies of one message may run on several threads
                lookups = self._lookups = self._lookups or MessageLookups(
                    self.request.lookups, self.message.message_id, self.event(Event).workspace_id
                )
        return lookups

    def lookups_for(self, policy: str) -> MessageLookups:
        """The same answers for every policy; a rehearsal notes who asked for what is missing."""
        return self.lookups

    def sql(self, policy: str, until: float) -> Script | None:
        """The SQL of the event, read once for all policies. Raises as `PolicyContext.sql` says."""
        if self._sql is None:
            from .code import script_of  # most messages have no SQL

            snapshot = partial(self.lookups_for(policy).snapshot, until)
            self._sql = (script_of(self.message.event_code, partial(self.event, policy=policy), snapshot),)
        return self._sql[0]

    @property
    def event_time(self) -> datetime:
        """When the event happened, in UTC: `time` of a CloudEvent, else when the message came."""
        from .events.values import read_moment

        try:
            return in_utc(read_moment(self.message.envelope["time"]))
        except (KeyError, ValueError):
            return self.now

    def named(self, attribute: str, name: str) -> str | None:
        """What the envelope says under a name, else an attribute of the runtime's context."""
        value = self.message.envelope.get(attribute) or getattr(self.request.runtime, name, None)
        return str(value) if isinstance(value, (str, int)) and value else None

    def log(self, policy: str) -> FilteringBoundLogger:
        """A logger whose lines carry the ids of the message and of the policy."""
        logger = _default_logger() if self.request.logger is None else self.request.logger()
        return logger.bind(
            request_id=self.request.id,
            message_id=self.message.message_id,
            event_code=self.message.event_code,
            policy=policy,
        )


class PolicyContext(Generic[S_co]):
    """What a policy can see besides its event. Each call of a policy gets its own."""

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
        """When the message was received, in UTC: the same moment for every policy."""
        return self._scope.now

    @property
    def event_time(self) -> datetime:
        """When the event happened, in UTC: EventBridge's `time`, else `now`. EventBridge may deliver a day later."""
        return self._scope.event_time

    @property
    def account_id(self) -> str | None:
        """The Alibaba Cloud account that the event is of: EventBridge's, else the function's."""
        return self._scope.named("aliyunaccountid", "account_id")

    @property
    def region(self) -> str | None:
        """The region that the event is of, such as `cn-hangzhou`: EventBridge's, else the function's."""
        return self._scope.named("aliyunregionid", "region")

    @property
    def event_category(self) -> str | None:
        """`eventCategoryType` of a message that came directly, such as `resources-download`; None if it has none."""
        value = self._scope.message.envelope.get("eventCategoryType")
        return value if isinstance(value, str) else None

    @property
    def request_id(self) -> str:
        """Function Compute's id of the request; empty outside it."""
        return self._scope.request.id

    @property
    def message_id(self) -> str | None:
        """DataWorks' id of the message."""
        return self._scope.message.message_id

    @property
    def language(self) -> Language:
        """The language of the person's text: `en` or `zh`."""
        return self._scope.language

    @property
    def remaining(self) -> float:
        """Seconds until the policy is interrupted, by its timeout or the deadline; infinite without either."""
        return max(self._until - time.monotonic(), 0.0)

    @property
    def log(self) -> FilteringBoundLogger:
        """A logger whose lines carry the request id, message id, event code and policy."""
        return self._scope.log(self._policy)

    @property
    def snapshot(self) -> Snapshot:
        """The file or table as it was when the event fired: a `CommittedFile`, `DeletedFile`, `FileExecution` or
        `TableModel`, by the event. Fetched from DataWorks at first use, once for all policies of a message.

        Raises:
            LookupFailedError: The lookup failed.
        """
        return self._scope.lookups_for(self._policy).snapshot(self._until)

    @property
    def sql(self) -> Script | None:
        """What the SQL of the event does: of a download its query, of a file its code. None if it has none. Read at
        first use, once for all policies of a message; needs the extra `sql`.

        What its dialect does not understand is in its `unread`.

        Raises:
            LookupFailedError: The snapshot could not be had.
            PolicyError: The event should have SQL, and has none.
            SqlTooLongError: It has more than 1,048,576 characters or 10,000 statements.
        """
        return self._scope.sql(self._policy, self._until)

    @property
    def parameters(self) -> Mapping[str, str]:
        """The extension's parameters, by key, as its owner set them in DataWorks. Cached for a minute.

        Raises:
            LookupFailedError: The lookup failed.
        """
        return self._scope.lookups_for(self._policy).parameters(self._until)

    @property
    def options(self) -> Mapping[str, object]:
        """The options that the event's workspace chose, a JSON object. Cached for a minute.

        Raises:
            LookupFailedError: The lookup failed.
        """
        return self._scope.lookups_for(self._policy).options(self._until)

    def ask(self, operation: str, *, keep: float = 0.0, **parameters: str | int) -> Mapping[str, object]:
        """DataWorks' answer to an operation of its OpenAPI that reads, as the JSON object that came.

        Equal questions of one message are asked once. The pack names the operation in its `asks`, so that the role of
        the function may call it.

        Args:
            operation: `GetMetaTableBasicInfo`; its name begins with Get, List, Search or Query.
            keep: Seconds for which the answer to another message will do.
            parameters: Of the operation, by its names: `TableGuid="odps.ods.orders"`.

        Raises:
            LookupFailedError: There is no answer.
            PolicyError: The pack does not name the operation in its `asks`.
            ValueError: The operation is none that reads.
        """
        pack = self._policy.partition(".")[0]
        asks = self._scope.asks
        if asks is not None and READS.match(operation) and operation not in asks.get(pack, ()):
            raise PolicyError(
                f"pack {pack} does not name {operation} in its asks, from which the function's role gets its "
                f'permissions; write asks=["{operation}"]'
            )
        return self._scope.lookups_for(self._policy).ask(operation, parameters, self._until, keep)


class OverridingContext(PolicyContext[S_co]):
    """The context in a pack whose settings the options of a workspace override."""

    __slots__ = ()

    @property
    def settings(self) -> S_co:
        """The settings of the policy's pack, overridden by the options of the event's workspace.

        Raises:
            LookupFailedError: The lookup of the options failed.
            SettingsError: An option is invalid for its setting.
        """
        pack = self._policy.partition(".")[0]
        return self._scope.lookups_for(self._policy).settings(pack, self._settings, self._until)


def _default_logger() -> FilteringBoundLogger:
    from structlog import get_logger  # it weighs a sixth of a cold start, and most policies log nothing

    logger: FilteringBoundLogger = get_logger()
    return logger


_CREATING: Final = threading.Lock()
