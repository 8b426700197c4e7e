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
from collections.abc import Callable
from types import FrameType
from typing import Final, TypeVar

from ._interruption import DeadlineExceeded, Interrupted

T = TypeVar("T")

_FIRST_PAUSE: Final = 0.005
"""Seconds that interrupted code has to clean up."""
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

    __slots__ = ("_deadline", "_displaced", "_interruptions", "_outer", "_outer_alarm", "_started", "_trace")

    def __init__(self, deadline: float) -> None:
        self._deadline = deadline
        self._interruptions = 0

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
        self._outer_alarm = _setitimer(_REAL, max(_SOON, remaining))
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
        """What the function returns or raises, or `DeadlineExceeded` when the moment comes first."""
        if until < self._deadline:
            with Alarm(until) as sooner:
                return sooner.run(until, function, *arguments)
        try:
            result = function(*arguments)
        except Interrupted:
            raise DeadlineExceeded from None
        finally:
            if self._interruptions:
                self._stand_down()
        if time.monotonic() > self._deadline:
            raise DeadlineExceeded
        return result

    def interrupt(self, frames: list[FrameType]) -> None:
        """Raise in the innermost frame, harder each time."""
        self._interruptions += 1
        if self._interruptions == 1:
            _setitimer(_REAL, _FIRST_PAUSE)
            raise Interrupted
        if self._interruptions == 2:
            self._trace = sys.gettrace()
        for frame in frames:
            frame.f_trace = _raise_at_every_line
        sys.settrace(_raise_at_every_line)
        _setitimer(_REAL, _NEXT_PAUSE)
        raise Interrupted

    def _stand_down(self) -> None:
        if self._interruptions > 1:
            sys.settrace(self._trace)
        self._interruptions = 0


_current: Alarm | None = None
_GATE: Final = Alarm.run.__code__
"""The frame of this code divides the guard (outside) from the code that it runs (inside)."""


def _on_alarm(_number: int, frame: FrameType | None) -> None:
    alarm = _current
    if alarm is None or frame is None:
        return
    frames: list[FrameType] = []
    inside = frame.f_globals is not _OURS
    while inside and frame is not None and frame.f_code is not _GATE:
        frames.append(frame)
        frame = frame.f_back
    if inside and frame is not None:
        alarm.interrupt(frames)
    else:  # between two runs, or on the way out: look again soon
        _setitimer(_REAL, _FIRST_PAUSE)


def _raise_at_every_line(frame: FrameType, _event: str, _argument: object) -> None:
    if frame.f_globals is not _OURS:
        raise Interrupted


_OURS: Final = globals()
