"""The replies to blocking messages of EventBridge: each message gets one verdict, however often it comes.

This holds within one process. Another instance remembers nothing of this one, and decides a message anew.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final, NamedTuple

from ..decision import Decision, Verdict
from ..delivery import Delivery
from ..events.catalog import reply_operation
from ..message import Message
from .api import OpenApi, SetupError

_MOST_REMEMBERED: Final = 1_000
_NO_ID: Final = Delivery(
    "unanswerable", "the message has no id, so there is no way to reply; DataWorks goes on waiting"
)
_REPEATED: Final = Delivery("repeated")


class Answer(NamedTuple):
    """A message's decision, and what became of the reply."""

    decision: Decision | None
    """None where another delivery of the message is in flight, and its decision is not known yet."""
    delivery: Delivery
    is_first: bool
    """Whether the decision was made for this delivery of the message."""


class _Entry:
    """What this process knows of a message."""

    __slots__ = ("decision", "is_delivered", "lock")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.decision: Decision | None = None
        """The decision that left in a call, whatever became of the call: DataWorks may have got it."""
        self.is_delivered = False


class Replies:
    """Delivers decisions. Threads share it.

    Args:
        api: Takes the replies.
    """

    def __init__(self, api: OpenApi) -> None:
        self._api = api
        self._entries: OrderedDict[tuple[str, str], _Entry] = OrderedDict()
        self._lock = threading.Lock()

    def answer(self, message: Message, decide: Callable[[], Decision], until: float) -> Answer:
        """Deliver the decision on a blocking message.

        A message that comes while it is in flight waits for the first, and is undelivered if the first was. One that
        was delivered is not decided again, nor is one whose decision has left in a call.

        Args:
            message: A blocking one.
            decide: Decides it.
            until: The moment of `time.monotonic()` at which the last attempt ends.
        """
        if message.message_id is None:
            return Answer(decide(), _NO_ID, True)
        entry = self._entry(message.message_id, message.event_code)
        if not entry.lock.acquire(blocking=False):
            return _wait_for(entry, until)
        try:
            if entry.is_delivered:
                return Answer(entry.decision, _REPEATED, False)
            is_first = entry.decision is None
            decision = entry.decision or decide()
            return Answer(decision, self._deliver(message, message.message_id, decision, entry, until), is_first)
        finally:
            entry.lock.release()

    def _deliver(self, message: Message, message_id: str, decision: Decision, entry: _Entry, until: float) -> Delivery:
        from .client import CallError  # not needed where messages are not answered through the OpenAPI

        try:
            operation, parameters = reply_to(message, message_id, decision, self._api.extension_code)
            self._api.call(operation, parameters, until)
        except SetupError as error:
            return Delivery("undelivered", str(error))
        except CallError as error:
            if error.sent:
                entry.decision = decision
            return Delivery("undelivered", str(error))
        except BaseException as error:
            entry.decision = decision
            return Delivery("undelivered", f"the call failed: {type(error).__name__}")
        entry.decision, entry.is_delivered = decision, True
        return Delivery("delivered")

    def _entry(self, message_id: str, event_code: str) -> _Entry:
        key = message_id, event_code
        with self._lock:
            entry = self._entries.get(key)
            if entry is None:
                entry = self._entries[key] = _Entry()
            self._entries.move_to_end(key)
            oldest = next(iter(self._entries))
            if len(self._entries) > _MOST_REMEMBERED and not self._entries[oldest].lock.locked():
                del self._entries[oldest]
            return entry


def reply_to(message: Message, message_id: str, decision: Decision, code: str) -> tuple[str, dict[str, str]]:
    """The operation that takes the reply to a message, and its parameters.

    Operation Center knows no warning: a warning is `OK` there, with its text.
    """
    operation = reply_operation(message.event_code)
    verdict = decision.verdict
    if operation == "UpdateWorkbenchEventResult" and verdict is Verdict.WARN:
        verdict = Verdict.OK
    text = decision.message or verdict.value  # two of the operations insist on a text
    return operation, {
        "MessageId": message_id,
        "ExtensionCode": code,
        "CheckResult": verdict.value,
        "CheckMessage" if operation == "CallbackExtension" else "CheckResultTip": text,
    }


def _wait_for(entry: _Entry, until: float) -> Answer:
    """What the delivery that is in flight comes to."""
    if not entry.lock.acquire(timeout=max(until - time.monotonic(), 0)):
        return Answer(entry.decision, Delivery("undelivered", "another delivery of the message is in flight"), False)
    try:
        if entry.is_delivered:
            return Answer(entry.decision, _REPEATED, False)
        problem = "another delivery of the message was in flight, and its reply was not delivered"
        return Answer(entry.decision, Delivery("undelivered", problem), False)
    finally:
        entry.lock.release()
