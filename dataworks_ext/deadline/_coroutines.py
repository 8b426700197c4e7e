"""Coroutines until a moment: one event loop on a thread of its own, shared by all threads of the process.

The loop outlives a message, so that clients which a policy keeps at module level go on working. A coroutine that blocks
the loop costs it its place: the loop is left behind and the next coroutine gets a new one.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from contextvars import copy_context
from typing import Any, Final, Generic, TypeVar

from ._interruption import DeadlineError
from ._threads import Interruptible, interrupt, let_go

T = TypeVar("T")

_ANSWER: Final = 0.05
"""Seconds in which a loop that works takes notice of a cancellation."""
_LAST_ROUNDS: Final = 3
"""Turns of a loop that was left behind, for its tasks to end."""


class Running(Generic[T]):
    """A coroutine on the loop, and what came of it."""

    def __init__(self, function: Callable[[], Coroutine[Any, Any, T]], until: float) -> None:
        self.finished = until
        """When it ended, or was stopped."""
        self._function = function
        self._until = until
        self._context = copy_context()
        self._done = threading.Event()
        self._error: BaseException | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread = _loop_thread()
        self._thread.loop.call_soon_threadsafe(self._start)

    def result(self) -> T:
        """What the coroutine returned or raised, or `DeadlineError` when the moment came first."""
        timeout = None if self._until == float("inf") else max(self._until - time.monotonic(), 0)
        if not self._done.wait(timeout):
            self.finished = time.monotonic()
            self._cancel()
            raise DeadlineError
        if self.finished > self._until:
            raise DeadlineError
        if isinstance(self._error, asyncio.CancelledError) and self._thread.is_left_behind:
            raise DeadlineError
        if self._error is not None:
            raise self._error
        return self._value

    def _start(self) -> None:
        self._task = self._context.run(self._thread.loop.create_task, self._run())

    async def _run(self) -> None:
        try:
            self._value = await self._function()
        except BaseException as error:
            self._error = error
        self.finished = time.monotonic()
        self._done.set()

    def _cancel(self) -> None:
        noticed = threading.Event()

        def cancel() -> None:
            noticed.set()
            if self._task is not None:
                self._task.cancel()

        with suppress(RuntimeError):  # the loop is closed: it was left behind, and this coroutine with it
            self._thread.loop.call_soon_threadsafe(cancel)
            if not noticed.wait(_ANSWER):
                self._thread.leave_behind()


class LoopThread(Interruptible):
    """An event loop on a thread of its own."""

    def __init__(self) -> None:
        super().__init__(name="dataworks-ext-loop", daemon=True)
        self.loop = asyncio.new_event_loop()
        self.is_left_behind = False

    def run(self) -> None:
        while not self.is_left_behind:
            with suppress(BaseException):  # asyncio lets a task's SystemExit through; the other tasks go on
                self.loop.run_forever()
        let_go(self)
        self._drop_tasks()
        self.loop.close()

    def _drop_tasks(self) -> None:
        """Give each task that is lost with the loop a chance to end; say nothing of those that do not take it."""
        self.loop.set_exception_handler(lambda _loop, _problem: None)
        for _ in range(_LAST_ROUNDS):  # a coroutine that was handed over last becomes a task in the first round only
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.call_soon(self.loop.stop)
            with suppress(BaseException):
                self.loop.run_forever()

    def leave_behind(self) -> None:
        """Give the loop up: nothing new runs on it, and its thread ends once it can be interrupted."""
        global _current
        with _lock:
            if self.is_left_behind:
                return
            self.is_left_behind = True
            if _current is self:
                _current = None
        with suppress(RuntimeError):  # it has ended in the meantime
            self.loop.call_soon_threadsafe(self.loop.stop)
        interrupt(self)


_lock: Final = threading.Lock()
_current: LoopThread | None = None


def _loop_thread() -> LoopThread:
    global _current
    with _lock:
        if _current is None or not _current.is_alive():
            _current = LoopThread()
            _current.start()
        return _current
