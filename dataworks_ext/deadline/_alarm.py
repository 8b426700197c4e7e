"""The main thread's guard: an alarm signal that interrupts Python code, and insists.

The handler runs on top of the code that is late and raises `Interrupted` there. Code that swallows it meets it again
5 ms later, and from then on at every line and every few bytecodes, so that it gets no further than its next
`except` clause. The guard's own frames are never interrupted: the handler looks where it landed.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # there are no stubs for it
import signal
import sys
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Final, TypeVar

from ._interruption import DeadlineError, Interrupted

if TYPE_CHECKING:
    from _typeshed import TraceFunction

T = TypeVar("T")

_FIRST_PAUSE: Final = 0.005
"""Seconds that interrupted code has to clean up, and until an alarm that found no room on the stack is repeated."""
_NEXT_PAUSE: Final = 20e-6
"""Seconds between interruptions of code that goes on nevertheless. They are counted from the end of one to the next,
so that a slow machine still gets to the code between them."""
_SOON: Final = 1e-6

_SIGALRM: Final = int(signal.SIGALRM)
_REAL: Final = int(signal.ITIMER_REAL)
_setitimer: Final = signal.setitimer
_getsignal: Final[Callable[[int], object]] = _signal.getsignal  # signal.getsignal takes 100 times as long


class Alarm:
    """Keeps a deadline on the main thread. Guards nest: the outer one's deadline holds inside the inner one."""

    __slots__ = (
        "_deadline",
        "_displaced",
        "_interruptions",
        "_outer",
        "_outer_alarm",
        "_profile",
        "_started",
        "_trace",
    )

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._interruptions = 0
        self._trace, self._profile = sys.gettrace(), sys.getprofile()

    def __enter__(self) -> Alarm:
        global _current
        self._displaced = displaced = _getsignal(_SIGALRM)
        if displaced is not _on_alarm:
            signal.signal(_SIGALRM, _on_alarm)
        self._outer = outer = _current
        if outer is not None and outer._deadline < self._deadline:
            self._deadline = outer._deadline
        _current = self
        self._started = started = time.monotonic()
        remaining = self._deadline - started
        self._outer_alarm = _setitimer(_REAL, max(_SOON, remaining), _FIRST_PAUSE)
        return self

    def __exit__(self, *raised: object) -> None:
        global _current
        _current = self._outer
        _setitimer(_REAL, 0)
        if self._displaced is not _on_alarm and callable(self._displaced):
            signal.signal(_SIGALRM, self._displaced)
        delay, interval = self._outer_alarm
        if delay:
            passed = time.monotonic() - self._started
            _setitimer(_REAL, max(delay - passed, _SOON), interval)

    def run(self, until: float, function: Callable[..., T], *arguments: object) -> T:
        """What the function returns or raises, or `DeadlineError` when the moment comes first."""
        if until < self._deadline:
            with Alarm(until) as sooner:
                return sooner.run(until, function, *arguments)
        results: list[T] = []
        try:
            next(_pass_through(function, arguments, results), None)
        except BaseException as error:
            if isinstance(error, Interrupted) or time.monotonic() > self._deadline:
                raise DeadlineError from None
            stop = _take_stop(error)
            if stop is not None:
                raise stop from None
            raise
        finally:
            if self._interruptions:
                self._stand_down()
        if time.monotonic() > self._deadline:
            raise DeadlineError
        return results[0]

    def _stand_down(self) -> None:
        if self._interruptions > 1:
            sys.setprofile(self._profile)
            sys.settrace(self._trace)
        self._interruptions = 0


def _pass_through(function: Callable[..., T], arguments: tuple[object, ...], results: list[T]) -> Iterator[None]:
    """A generator that yields nothing. What is being handled in it ends with it.

    An interruption can hit an `except` clause where Python then forgets that the clause is over. Outside of a generator
    its exception would stay: every later one on this thread would have it as context, with all of its frames.
    """
    results.append(function(*arguments))
    return
    yield


def _take_stop(error: BaseException) -> StopIteration | None:
    """What the function raised, if it is a StopIteration: a generator lets none out, and raises another error of it."""
    stop = error.__cause__
    if not isinstance(stop, StopIteration) or str(error) != "generator raised StopIteration":
        return None
    error.__cause__ = error.__context__ = None  # or the two would hold each other
    return stop


_current: Alarm | None = None
_GATE: Final = _pass_through.__code__
"""The frame of this code divides the guard (outside) from the code that it runs (inside)."""


def _on_alarm(_number: int, frame: FrameType | None) -> None:
    """Interrupt what runs inside the gate, harder each time. Anywhere else nothing happens: the alarm repeats itself.

    It is one function that calls none of Python: at the end of the stack there may be room for no more.
    """
    alarm = _current
    if alarm is None or frame is None or (frame.f_globals is _OURS and frame.f_code is not _GATE):
        return
    frames: list[FrameType] = []
    while frame is not None and frame.f_code is not _GATE:
        frames.append(frame)
        frame = frame.f_back
    if frame is None:
        return
    alarm._interruptions += 1
    if alarm._interruptions == 1:
        _setitimer(_REAL, _FIRST_PAUSE, _FIRST_PAUSE)
        raise Interrupted
    for late in frames:
        late.f_trace = _raise_at_every_line
    sys.settrace(_raise_at_every_line)
    sys.setprofile(_trace_again)
    _setitimer(_REAL, _NEXT_PAUSE, _FIRST_PAUSE)
    raise Interrupted


def _trace_again(_frame: FrameType, _event: str, _argument: object) -> None:
    """A profile function. Python stops tracing when a trace function raises, but goes on profiling."""
    sys.settrace(_raise_at_every_line)


def _raise_at_every_line(frame: FrameType, event: str, _argument: object) -> TraceFunction | None:
    """A trace function. It must not raise where an exception is on its way already, as that would be swallowed."""
    if frame.f_globals is _OURS:
        return None
    if event in ("call", "line"):
        raise Interrupted
    return _raise_at_every_line


_OURS: Final = globals()
