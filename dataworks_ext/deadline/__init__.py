"""Running code until a deadline.

On the main thread an alarm signal interrupts whatever Python does. On any other thread the code runs beside it, on a
helper thread that is left behind at the deadline. Coroutines run on one event loop, on a thread of its own.
Moments are seconds of `time.monotonic()`.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Final, Protocol, TypeVar

from ._interruption import LEFT_BEHIND as LEFT_BEHIND
from ._interruption import DeadlineError as DeadlineError

_HAS_ALARMS: Final = hasattr(signal, "setitimer")  # Windows has none
if _HAS_ALARMS:
    from ._alarm import Alarm

T = TypeVar("T")
NO_LIMIT: Final = float("inf")
"""The deadline of code without a time limit."""


def milliseconds(seconds: float) -> float:
    """A time that something took, in milliseconds with three decimals."""
    return int(seconds * 1_000_000) / 1_000


class Guard(Protocol):
    """A context in which functions run until a moment."""

    def __enter__(self) -> Guard: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...

    def run(self, until: float, function: Callable[..., T], *arguments: object) -> T:
        """What the function returns or raises, or `DeadlineError` when the moment comes first."""
        ...


class Guarded:
    """A context for code that has a guard around it already: of its own it keeps sooner moments only.

    Args:
        deadline: The outer guard's; by default there is none, and functions' own limits are all that hold.
    """

    __slots__ = ("_deadline",)

    def __init__(self, deadline: float = NO_LIMIT) -> None:
        self._deadline = deadline

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, *raised: object) -> None: ...

    def run(self, until: float, function: Callable[..., T], *arguments: object) -> T:
        """What the function returns or raises, or `DeadlineError` when a sooner moment comes first."""
        if until >= self._deadline:
            return function(*arguments)
        with guard(until) as limited:
            return limited.run(until, function, *arguments)


def guard(deadline: float) -> Guard:
    """The context that keeps that deadline on the thread that asks."""
    if deadline == NO_LIMIT:
        return Guarded()
    if _HAS_ALARMS and threading.get_ident() == threading.main_thread().ident:
        return Alarm(deadline)
    from ._threads import Helpers

    return Helpers()


def stuck() -> int:
    """How many threads were left behind and withstood interruption for a second."""
    if not LEFT_BEHIND:
        return 0
    from ._threads import stuck

    return stuck()
