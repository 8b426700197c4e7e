"""The guard of every other thread: code runs on a helper thread, which is left behind when the moment comes.

A helper that is left behind is interrupted again and again until it ends. One that does not end (it blocks where Python
cannot reach, or swallows every interruption) counts as stuck.
"""

from __future__ import annotations

import ctypes
import threading
import time
from collections.abc import Callable
from contextvars import copy_context
from functools import partial
from queue import SimpleQueue
from typing import Any, Final, Generic, TypeVar

from ._interruption import LEFT_BEHIND, DeadlineError, Interrupted

T = TypeVar("T")

_PAUSE: Final = 0.02
"""Seconds between interruptions of a helper that was left behind."""
_GRACE: Final = 1.0
"""Seconds of interruptions after which a helper counts as stuck."""


class Helpers:
    """Runs functions on helper threads, which are kept for the next time."""

    def __enter__(self) -> Helpers:
        return self

    def __exit__(self, *raised: object) -> None: ...

    def run(self, until: float, function: Callable[..., T], *arguments: object) -> T:
        """What the function returns or raises, or `DeadlineError` when the moment comes first."""
        job = Job(partial(copy_context().run, function, *arguments))
        try:
            helper = _idle.pop()
        except IndexError:
            helper = Helper()
            helper.start()
        helper.jobs.put(job)
        if not job.wait(until) and job.claim():
            interrupt(helper)
            raise DeadlineError
        return job.result()


class Job(Generic[T]):
    """A function to run, and what came of it. Whoever claims it first decides: done, or left behind."""

    __slots__ = ("_claim", "_done", "_error", "_function", "_value")

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._error: BaseException | None = None
        self._claim = threading.Lock()
        self._done = threading.Lock()
        self._done.acquire()

    def claim(self) -> bool:
        """Whether the caller is the first to say what became of the job."""
        return self._claim.acquire(blocking=False)

    def run(self) -> None:
        """Run the function; nothing escapes."""
        try:
            self._value = self._function()
        except BaseException as error:
            self._error = error

    def finish(self) -> None:
        """Tell the one who waits."""
        self._done.release()

    def wait(self, until: float) -> bool:
        """Whether the job was finished by then."""
        timeout = min(max(until - time.monotonic(), 0), threading.TIMEOUT_MAX)
        return self._done.acquire(timeout=timeout)

    def result(self) -> T:
        """What the function returned; raises what it raised."""
        if self._error is not None:
            raise self._error
        return self._value


class Interruptible(threading.Thread):
    """A thread that says when it ends, so that no other thread is interrupted in its place."""

    has_ended = False


class Helper(Interruptible):
    """Runs jobs until one is left behind."""

    def __init__(self) -> None:
        super().__init__(name="dataworks-ext-helper", daemon=True)
        self.jobs: SimpleQueue[Job[Any]] = SimpleQueue()

    def run(self) -> None:
        try:
            while True:
                job = self.jobs.get()
                job.run()
                if not job.claim():
                    return
                _idle.append(self)
                job.finish()
                del job
        except Interrupted:
            pass
        finally:
            let_go(self)


_idle: list[Helper] = []
_interrupter_lock: Final = threading.Lock()
_interrupter: threading.Thread | None = None


def interrupt(thread: Interruptible) -> None:
    """Interrupt a thread again and again, until it ends."""
    global _interrupter
    with _interrupter_lock:
        if thread.has_ended:
            return
        LEFT_BEHIND[thread] = time.monotonic()
        if _interrupter is None:
            _interrupter = threading.Thread(target=_keep_interrupting, name="dataworks-ext-interrupter", daemon=True)
            _interrupter.start()


def let_go(thread: Interruptible) -> None:
    """Called by a thread that ends: it is interrupted no more once this returns."""
    while True:
        try:
            with _interrupter_lock:
                thread.has_ended = True
                LEFT_BEHIND.pop(thread, None)
            return
        except Interrupted:
            continue


def stuck() -> int:
    """How many of the threads that were left behind withstood interruption for the grace time."""
    now = time.monotonic()
    with _interrupter_lock:
        return sum(now - since > _GRACE for since in LEFT_BEHIND.values())


def _keep_interrupting() -> None:
    global _interrupter
    while True:
        with _interrupter_lock:
            if not LEFT_BEHIND:
                _interrupter = None
                return
            for thread in LEFT_BEHIND:
                _raise_in(thread)
        time.sleep(_PAUSE)


def _raise_in(thread: threading.Thread) -> None:
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Interrupted))
