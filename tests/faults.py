"""Policies that go wrong, and a function to send them messages."""

from __future__ import annotations

import asyncio
import inspect
import json
import re
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any, Final, NamedTuple, TypeVar

from dataworks_ext import Extension, Outcome, Verdict, deny
from dataworks_ext.deadline import LEFT_BEHIND
from dataworks_ext.decision import Choice
from dataworks_ext.events import DownloadResources
from dataworks_ext.function import Function
from dataworks_ext.testing import FunctionContext, function_compute_message
from dataworks_ext.testing.contexts import FunctionMeta

T = TypeVar("T")

SECRET: Final = "secret-4711"
"""What every exception of a fault says, and no reply may."""
TIMEOUT: Final = 1
"""Seconds that the platform gives a request."""
POLICY_TIMEOUT: Final = 0.1
FAULTY: Final = 1
"""Rows of a message that sets the fault off."""
HARMLESS: Final = 0
_PATIENCE: Final = 5
"""Seconds after which a fault ends by itself, so that a deadline that is not kept fails a test and does not hang it."""
_STEP: Final = 0.003


class Release:
    """What a fault holds on to. Plain flag and socket: a fault is interrupted anywhere, and must not keep a lock."""

    def __init__(self) -> None:
        self.over = False
        self._reader, self._writer = socket.socketpair()

    def block(self) -> bytes:
        """Wait inside a system call until it is over."""
        return self._reader.recv(1)

    def let_go(self) -> None:
        """It is over: whatever holds on to this ends."""
        self.over = True
        self._writer.close()

    def close(self) -> None:
        """Nobody holds on to this any more."""
        self._reader.close()


@contextmanager
def releasing() -> Iterator[Release]:
    """A release that is let go on the way out, when every thread that was left behind has to end, and to be forgotten.

    One that is not is forgotten here, lest it disturb other tests too.
    """
    release = Release()
    patience = threading.Timer(_PATIENCE, release.let_go)
    patience.start()
    try:
        yield release
    finally:
        patience.cancel()
        patience.join()
        release.let_go()
        for thread in list(LEFT_BEHIND):
            thread.join(_PATIENCE)
        release.close()
        remaining = list(LEFT_BEHIND)
        LEFT_BEHIND.clear()
        assert not remaining


Fault = Callable[[Release], Any]


def raises_an_exception(_: Release) -> None:
    raise ValueError(SECRET)


def raises_what_cannot_be_printed(_: Release) -> None:
    class UnprintableError(Exception):
        def __str__(self) -> str:
            raise ValueError(SECRET)

        __repr__ = __str__

    raise UnprintableError


def exits(_: Release) -> None:
    sys.exit(SECRET)


def raises_keyboard_interrupt(_: Release) -> None:
    raise KeyboardInterrupt(SECRET)


def raises_memory_error(_: Release) -> None:
    raise MemoryError(SECRET)


def raises_generator_exit(_: Release) -> None:
    raise GeneratorExit(SECRET)


def raises_cancelled_error(_: Release) -> None:
    raise asyncio.CancelledError(SECRET)


def raises_stop_iteration(_: Release) -> None:
    raise StopIteration(SECRET)


def recurses_without_end(release: Release) -> Any:
    return recurses_without_end(release)


RAISING: Final[list[Fault]] = [
    raises_an_exception,
    raises_what_cannot_be_printed,
    exits,
    raises_keyboard_interrupt,
    raises_memory_error,
    raises_generator_exit,
    raises_cancelled_error,
    raises_stop_iteration,
    recurses_without_end,
]


async def awaits_and_raises(_: Release) -> None:
    await asyncio.sleep(0)
    raise ValueError(SECRET)


async def awaits_and_exits(_: Release) -> None:
    await asyncio.sleep(0)
    sys.exit(SECRET)


async def awaits_and_raises_keyboard_interrupt(_: Release) -> None:
    await asyncio.sleep(0)
    raise KeyboardInterrupt(SECRET)


async def cancels_itself(_: Release) -> None:
    task = asyncio.current_task()
    assert task is not None
    task.cancel(SECRET)
    await asyncio.sleep(0)


async def awaits_itself_without_end(release: Release) -> Any:
    return await awaits_itself_without_end(release)


ASYNC_RAISING: Final[list[Fault]] = [
    awaits_and_raises,
    awaits_and_exits,
    awaits_and_raises_keyboard_interrupt,
    cancels_itself,
    awaits_itself_without_end,
]


def returns_a_string(_: Release) -> object:
    return SECRET


def returns_a_boolean(_: Release) -> object:
    return True


def returns_a_tuple(_: Release) -> object:
    return Verdict.OK, SECRET


def returns_a_verdict(_: Release) -> object:
    return Verdict.OK


def returns_the_function_allow(_: Release) -> object:
    return deny


def returns_an_outcome_of_words(_: Release) -> object:
    return Outcome("OK", SECRET)  # type: ignore[arg-type]


def returns_an_unawaited_coroutine(_: Release) -> object:
    return asyncio.sleep(0)


def returns_a_proxy_of_nothing(_: Release) -> object:
    class Proxy:
        @property  # type: ignore[misc]
        def __class__(self) -> Any:
            raise RuntimeError(SECRET)

    return Proxy()


async def returns_a_string_later(_: Release) -> object:
    return SECRET


async def returns_an_unawaited_coroutine_later(_: Release) -> object:
    return asyncio.sleep(0)


NONSENSE: Final[list[Fault]] = [
    returns_a_string,
    returns_a_boolean,
    returns_a_tuple,
    returns_a_verdict,
    returns_the_function_allow,
    returns_an_outcome_of_words,
    returns_an_unawaited_coroutine,
    returns_a_proxy_of_nothing,
    returns_a_string_later,
    returns_an_unawaited_coroutine_later,
]


def sleeps(_: Release) -> None:
    time.sleep(1.2 * TIMEOUT)


def spins(release: Release) -> None:
    for _ in count():
        if release.over:
            return


def blocks_on_a_socket(release: Release) -> None:
    release.block()


def blocks_on_a_socket_and_swallows(release: Release) -> None:
    while True:
        try:
            if not release.block():
                return
        except BaseException:
            pass


def swallows_in_a_loop(release: Release) -> None:
    while True:
        try:
            time.sleep(_STEP)
            if release.over:
                return
        except BaseException:
            pass


def swallows_and_spins(release: Release) -> None:
    while True:
        try:
            for _ in count():
                if release.over:
                    return
        except BaseException:
            pass


def swallows_in_nested_functions(release: Release) -> None:
    def innermost() -> None:
        with suppress(BaseException):
            time.sleep(_STEP)

    def inner() -> None:
        try:
            innermost()
            innermost()
        except BaseException:
            innermost()

    while True:
        try:
            inner()
            if release.over:
                return
        except BaseException:
            inner()


def swallows_in_each_of_many_frames(release: Release, depth: int = 50) -> None:
    while not release.over:
        try:
            if depth:
                swallows_in_each_of_many_frames(release, depth - 1)
            else:
                time.sleep(_STEP)
        except BaseException:
            pass


def suppresses(release: Release) -> None:
    while True:
        with suppress(BaseException):
            time.sleep(_STEP)
            if release.over:
                return


def continues_in_finally(release: Release) -> None:
    while not release.over:
        try:
            time.sleep(_STEP)
        finally:
            continue  # noqa: B012


def works_on_in_finally(release: Release) -> None:
    try:
        release.block()
    finally:
        while not release.over:
            time.sleep(_STEP)


def swallows_in_a_generator(release: Release) -> None:
    def numbers() -> Iterator[int]:
        for number in count():
            try:
                time.sleep(_STEP)
                yield number
            except GeneratorExit:
                return
            except BaseException:
                pass

    while True:
        try:
            for _ in numbers():
                if release.over:
                    return
        except BaseException:
            pass


def swallows_at_the_bottom_of_the_stack(release: Release) -> None:
    """Most of the time there is no room on the stack for anything, such as a signal's handler."""
    for _ in range(2):
        if release.over:
            return
        with suppress(RecursionError):
            swallows_at_the_bottom_of_the_stack(release)


def waits_for_a_pool(release: Release) -> None:
    with ThreadPoolExecutor(1) as pool:
        pool.submit(release.block).result()


LATE: Final[list[Fault]] = [
    sleeps,
    spins,
    blocks_on_a_socket,
    blocks_on_a_socket_and_swallows,
    swallows_in_a_loop,
    swallows_and_spins,
    swallows_in_nested_functions,
    swallows_in_each_of_many_frames,
    suppresses,
    continues_in_finally,
    works_on_in_finally,
    swallows_in_a_generator,
    swallows_at_the_bottom_of_the_stack,
    waits_for_a_pool,
]


def backtracks(_: Release) -> None:
    """A regular expression keeps the interpreter lock, so that no other thread can do anything about it."""
    re.match(r"(a+)+$", "a" * 30 + "b")


LATE_ON_THE_MAIN_THREAD: Final[list[Fault]] = [backtracks]


async def awaits_for_ever(_: Release) -> None:
    await asyncio.get_running_loop().create_future()


async def sleeps_in_a_coroutine(_: Release) -> None:
    time.sleep(1.2 * TIMEOUT)


async def spins_in_a_coroutine(release: Release) -> None:
    spins(release)


async def blocks_on_a_socket_in_a_coroutine(release: Release) -> None:
    release.block()


async def swallows_its_cancellation(release: Release) -> None:
    while True:
        try:
            await asyncio.sleep(_STEP)
            if release.over:
                return
        except asyncio.CancelledError:
            pass


async def swallows_everything_in_a_coroutine(release: Release) -> None:
    swallows_in_a_loop(release)


async def swallows_in_an_async_generator(release: Release) -> None:
    async def numbers() -> AsyncIterator[int]:
        for number in count():
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(_STEP)
            yield number

    async for _ in numbers():
        if release.over:
            return


async def stops_the_loop(_: Release) -> None:
    asyncio.get_running_loop().stop()
    await asyncio.sleep(TIMEOUT)


async def exits_in_a_task(_: Release) -> None:
    async def task() -> None:
        sys.exit(SECRET)

    await asyncio.create_task(task())


ASYNC_LATE: Final[list[Fault]] = [
    awaits_for_ever,
    sleeps_in_a_coroutine,
    spins_in_a_coroutine,
    blocks_on_a_socket_in_a_coroutine,
    swallows_its_cancellation,
    swallows_everything_in_a_coroutine,
    swallows_in_an_async_generator,
    stops_the_loop,
    exits_in_a_task,
]


def policy_with(fault: Fault, release: Release) -> Callable[[DownloadResources], Any]:
    """A policy that has no objection to a harmless message."""

    def rule(event: DownloadResources) -> Any:
        return fault(release) if event.data_row_size == FAULTY else None

    async def async_rule(event: DownloadResources) -> Any:
        return await fault(release) if event.data_row_size == FAULTY else None

    return async_rule if inspect.iscoroutinefunction(fault) else rule


def function_with(
    fault: Fault, release: Release, *, on_error: Choice = "deny", timeout: float | None = POLICY_TIMEOUT
) -> Function:
    """A function whose only policy, `guard.rule`, has that fault."""
    extension = Extension("guard")
    policy = policy_with(fault, release)
    extension.policy("download-resources", id="rule", on_error=on_error, timeout=timeout)(policy)
    return function_of(extension)


def function_of(extension: Extension) -> Function:
    """The function of that extension, whatever the environment says."""
    extension.configure({})
    return Function(extension, record_fields=())


class Answer(NamedTuple):
    """A reply, read, and how long it took."""

    verdict: str
    text: str
    elapsed: float


def ask(
    function: Function,
    rows: int,
    *,
    request_id: str = "request-1",
    message_id: str = "message-1",
    timeout: float = TIMEOUT,
) -> Answer:
    """Send the function a message about a download of that many rows."""
    message = function_compute_message("download-resources", message_id=message_id, dataRowSize=str(rows))
    context = FunctionContext(request_id=request_id, function=FunctionMeta(timeout=str(timeout)))
    started = time.monotonic()
    reply = json.loads(function.handler(message, context))
    elapsed = time.monotonic() - started
    assert reply.keys() <= {"checkResult", "errorMessage"}
    return Answer(reply["checkResult"], reply.get("errorMessage", ""), elapsed)


def on_the_main_thread(call: Callable[[], T]) -> T:
    """The result of a call where the platform makes it with instance concurrency 1."""
    return call()


def on_a_worker_thread(call: Callable[[], T]) -> T:
    """The result of a call where the platform makes it with a higher instance concurrency."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()
