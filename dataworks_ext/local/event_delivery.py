"""Delivery of events to functions: at once, again after a failure, and to a dead-letter queue in the end."""

from __future__ import annotations

import heapq
import json
import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Final, NamedTuple

from .api_error import ApiError

RETRY_PAUSES: Final[Mapping[str, Sequence[float]]] = {
    "BACKOFF_RETRY": (10.0, 15.0, 20.0),
    "EXPONENTIAL_DECAY_RETRY": tuple(float(2 ** min(number, 9)) for number in range(176)),
}
"""Seconds before each new attempt, by strategy (EventBridge, "Retries and dead-letter queues")."""
TARGET_TYPE: Final = "acs.fc.function"
_ENDPOINT: Final = re.compile(r"acs:fc:[^:]*:[^:]*:(?:services/([^./]+)(?:\.([^/]+))?/)?functions/([^/]+)")
_ATTEMPTS_AT_ONCE: Final = 8


class FunctionTarget(NamedTuple):
    """A target of a rule, read."""

    service: str
    """Empty for a function of 3.0."""
    qualifier: str
    function: str
    strategy: str
    dead_letters: str
    """The name of the queue; empty without one."""


class DeadLetter(NamedTuple):
    """An event that was given up."""

    queue: str
    event: Mapping[str, object]
    problem: str


class FailedDelivery(NamedTuple):
    """An attempt that failed."""

    target: FunctionTarget
    event: Mapping[str, object]
    problem: str
    attempt: int
    """Its number, from 1."""
    attempts: int
    """How many there are at most."""
    pause: float | None
    """Seconds until the next one; None if the event is given up."""


class _Delivery(NamedTuple):
    due: float
    number: int
    attempt: int
    target: FunctionTarget
    event: Mapping[str, object]


Deliver = Callable[[FunctionTarget, bytes], str]
"""Gives an event to a function. What went wrong, or an empty text."""


class Deliveries:
    """Delivers events on threads of its own, which begin with the first event.

    Args:
        deliver: One attempt.
        pauses: Seconds before each new attempt, by strategy.
        undelivered: Told of each attempt that failed. It must not raise.
    """

    def __init__(
        self,
        deliver: Deliver,
        pauses: Mapping[str, Sequence[float]],
        undelivered: Callable[[FailedDelivery], None],
    ) -> None:
        self.dead_letters: list[DeadLetter] = []
        """Events that were given up and whose target names a queue, in order."""
        self._deliver = deliver
        self._pauses = pauses
        self._undelivered = undelivered
        self._numbers = count()
        self._waiting: list[_Delivery] = []
        self._running = 0
        self._changed = threading.Condition()
        self._is_closed = False
        self._pool = ThreadPoolExecutor(_ATTEMPTS_AT_ONCE, "local-delivery")
        self._thread = threading.Thread(target=self._run, name="local-deliveries")

    def add(self, target: FunctionTarget, event: Mapping[str, object]) -> None:
        """Deliver an event to a target, soon."""
        with self._changed:
            if self._is_closed:
                return
            if self._thread.ident is None:
                self._thread.start()
            self._put(_Delivery(time.monotonic(), next(self._numbers), 0, target, event))

    def wait_until_idle(self, seconds: float) -> bool:
        """Whether everything is delivered or given up by then; waits for it."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting and not self._running, seconds)

    def stop(self) -> None:
        """Begin no attempt any more."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            self._changed.notify_all()

    def close(self) -> None:
        """Wait for the attempts that run."""
        self.stop()
        if self._thread.ident is not None:
            self._thread.join()
        self._pool.shutdown()

    def _put(self, delivery: _Delivery) -> None:
        heapq.heappush(self._waiting, delivery)
        self._changed.notify_all()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._is_closed and not self._is_due():
                    until = self._waiting[0].due - time.monotonic() if self._waiting else None
                    self._changed.wait(until)
                if self._is_closed:
                    return
                delivery = heapq.heappop(self._waiting)
                self._running += 1
            self._pool.submit(self._attempt, delivery)

    def _is_due(self) -> bool:
        return bool(self._waiting) and self._waiting[0].due <= time.monotonic()

    def _attempt(self, delivery: _Delivery) -> None:
        problem = "the attempt failed"
        try:
            problem = self._deliver(delivery.target, json.dumps(delivery.event).encode())
        finally:
            if problem and not self._is_closed:
                self._undelivered(self._failed(delivery, problem))
            with self._changed:
                self._running -= 1
                if problem and not self._is_closed:
                    self._try_again(delivery, problem)
                self._changed.notify_all()

    def _failed(self, delivery: _Delivery, problem: str) -> FailedDelivery:
        pauses, number = self._pauses[delivery.target.strategy], delivery.attempt
        pause = pauses[number] if number < len(pauses) else None
        return FailedDelivery(delivery.target, delivery.event, problem, number + 1, len(pauses) + 1, pause)

    def _try_again(self, delivery: _Delivery, problem: str) -> None:
        pause, target = self._failed(delivery, problem).pause, delivery.target
        if pause is not None:
            due = time.monotonic() + pause
            self._put(delivery._replace(due=due, number=next(self._numbers), attempt=delivery.attempt + 1))
        elif target.dead_letters:
            self.dead_letters.append(DeadLetter(target.dead_letters, delivery.event, problem))


def read_target(target: Mapping[str, object]) -> FunctionTarget:
    """A target as the API has it. Raises `ApiError` for what is wrong, and for what is not played here."""
    if target.get("Type") != TARGET_TYPE:
        raise _invalid(f"Type of the target is {target.get('Type')!r}; expected {TARGET_TYPE}: others are not here")
    place = _ENDPOINT.fullmatch(str(target.get("Endpoint")))
    if place is None:
        raise _invalid("Endpoint of the target names no function; expected acs:fc:…:functions/{function}")
    parameters = _parameters(target.get("ParamList"))
    if parameters.get("Body", ("ORIGINAL", ""))[0] != "ORIGINAL":
        raise _invalid("Body of the target should have the form ORIGINAL; others are not here")
    strategy = str(target.get("PushRetryStrategy") or "BACKOFF_RETRY")
    if strategy not in RETRY_PAUSES:
        raise _invalid(f"PushRetryStrategy is {strategy!r}; expected {' or '.join(RETRY_PAUSES)}")
    queue = target.get("DeadLetterQueue")
    arn = queue.get("Arn") if isinstance(queue, Mapping) else None
    qualifier = place[2] or parameters.get("Qualifier", ("", ""))[1]
    return FunctionTarget(place[1] or "", qualifier, place[3], strategy, str(arn or ""))


def _parameters(listed: object) -> dict[str, tuple[str, str]]:
    """The form and the value of each, by `ResourceKey`."""
    entries = [one for one in listed if isinstance(one, Mapping)] if isinstance(listed, list) else []
    return {str(one.get("ResourceKey")): (str(one.get("Form")), str(one.get("Value") or "")) for one in entries}


def _invalid(text: str) -> ApiError:
    return ApiError(400, "InvalidArgument", text)
