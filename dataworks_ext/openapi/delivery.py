"""Delivering replies: each once, and the same to a message that comes again."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Final, NamedTuple

from ..decision import Decision
from ..message import Message
from . import DeliveryError
from .client import CallError
from .dataworks import DataWorks, NotSetUp

_MOST_REMEMBERED: Final = 1_000


class _Memory(NamedTuple):
    """What an instance knows of a message that it has seen."""

    decision: Decision | None
    """None where a policy failed: it may do better the next time."""
    delivered: bool


class Delivery:
    """Delivers decisions and remembers them. Threads share it."""

    def __init__(self, dataworks: DataWorks) -> None:
        self.dataworks: Final = dataworks
        self._seen: OrderedDict[str, _Memory] = OrderedDict()
        self._lock = threading.Lock()

    def remembered(self, message: Message) -> Decision | None:
        """The decision that the message got when it came before."""
        memory = self._memory(message.message_id)
        return memory and memory.decision

    def deliver(self, message: Message, decision: Decision, deadline: float) -> str:
        """What became of the reply: `delivered`, `repeated` or `unanswerable`. Raises `DeliveryError`."""
        message_id = message.message_id
        if message_id is None:
            return "unanswerable"
        memory = self._memory(message_id)
        if memory is not None and memory.delivered:
            return "repeated"
        try:
            self.dataworks.reply(message, message_id, decision, deadline)
        except (CallError, NotSetUp) as error:
            self._remember(message_id, decision, delivered=False)
            raise DeliveryError(str(error)) from None
        self._remember(message_id, decision, delivered=True)
        return "delivered"

    def _memory(self, message_id: str | None) -> _Memory | None:
        if message_id is None:
            return None
        with self._lock:
            return self._seen.get(message_id)

    def _remember(self, message_id: str, decision: Decision, *, delivered: bool) -> None:
        failed = any(reason.error is not None for reason in decision.reasons)
        with self._lock:
            self._seen[message_id] = _Memory(None if failed else decision, delivered)
            self._seen.move_to_end(message_id)
            while len(self._seen) > _MOST_REMEMBERED:
                self._seen.popitem(last=False)
