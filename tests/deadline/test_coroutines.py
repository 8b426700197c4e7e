"""Coroutines run on one event loop beside all threads, until their moment, and a loop that is blocked is replaced."""

from __future__ import annotations

import asyncio
import gc
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any, NoReturn

import pytest

from dataworks_ext import Extension, Outcome, Verdict, deny
from dataworks_ext.context import Request
from dataworks_ext.deadline import LEFT_BEHIND, NO_LIMIT, DeadlineError, _threads
from dataworks_ext.deadline._coroutines import Running
from dataworks_ext.decision import Decision
from dataworks_ext.errors import PolicyError
from dataworks_ext.events import DownloadResources
from dataworks_ext.message import Message, read_message
from dataworks_ext.testing import function_compute_message

from ..faults import Release, on_a_worker_thread, releasing, spins

# On Python 3.11 a traced interpreter stands still while a thread that blocks has an interruption pending.
pytestmark = pytest.mark.untraced

SHORT = 0.03
LONG = 5.0
PROMPT = 0.3
"""Seconds, on a machine that is busy with other things."""


@pytest.fixture
def release() -> Iterator[Release]:
    with releasing() as release:
        yield release


@pytest.fixture
def extension() -> Extension:
    return Extension("guard")


@pytest.fixture
def message() -> Message:
    return read_message(function_compute_message("download-resources"))


def in_seconds(seconds: float) -> float:
    return time.monotonic() + seconds


def decide(extension: Extension, message: Message) -> Decision:
    extension.configure({})
    return extension.decide(message, Request(deadline=in_seconds(LONG)))


async def the_loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_running_loop()


def test_the_result_passes_through() -> None:
    async def seven() -> int:
        await asyncio.sleep(0)
        return 7

    assert Running(seven, in_seconds(LONG)).result() == 7


def test_the_result_passes_through_without_a_deadline() -> None:
    async def seven() -> int:
        return 7

    assert Running(seven, NO_LIMIT).result() == 7


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_an_exception_passes_through(error: BaseException) -> None:
    async def fail() -> NoReturn:
        raise error

    with pytest.raises(type(error)) as raised:
        Running(fail, in_seconds(LONG)).result()
    assert raised.value is error


def test_a_coroutine_sees_the_context_variables_of_the_one_who_asks() -> None:
    tenant: ContextVar[str] = ContextVar("tenant")

    async def read() -> str:
        return tenant.get()

    def ask() -> str:
        tenant.set("a-tenant")
        return Running(read, in_seconds(LONG)).result()

    assert on_a_worker_thread(ask) == "a-tenant"


def test_a_context_variable_that_a_coroutine_sets_is_not_seen_by_the_next() -> None:
    tenant: ContextVar[str] = ContextVar("tenant", default="nobody")

    async def write() -> None:
        tenant.set("a-tenant")

    async def read() -> str:
        return tenant.get()

    Running(write, in_seconds(LONG)).result()
    assert Running(read, in_seconds(LONG)).result() == "nobody"


def test_the_loop_outlives_a_message() -> None:
    assert Running(the_loop, in_seconds(LONG)).result() is Running(the_loop, in_seconds(LONG)).result()


def test_all_threads_share_the_loop() -> None:
    def ask() -> asyncio.AbstractEventLoop:
        return Running(the_loop, in_seconds(LONG)).result()

    assert ask() is on_a_worker_thread(ask)


def test_a_late_coroutine_is_given_up_at_its_moment() -> None:
    until = in_seconds(SHORT)

    async def wait() -> None:
        await asyncio.sleep(LONG)

    running = Running(wait, until)
    with pytest.raises(DeadlineError):
        running.result()
    assert 0 <= running.finished - until < PROMPT


def test_a_late_coroutine_is_cancelled() -> None:
    cancelled = threading.Event()

    async def wait() -> None:
        try:
            await asyncio.sleep(LONG)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    with pytest.raises(DeadlineError):
        Running(wait, in_seconds(SHORT)).result()
    assert cancelled.wait(LONG)


def test_a_result_that_comes_too_late_does_not_count() -> None:
    done = threading.Event()

    async def come_late() -> str:
        done.set()
        return "late"

    running = Running(come_late, in_seconds(-1))
    assert done.wait(LONG)
    with pytest.raises(DeadlineError):
        running.result()


def test_a_result_that_came_in_time_counts_whenever_it_is_asked_for() -> None:
    async def seven() -> int:
        return 7

    async def wait() -> None:
        await asyncio.sleep(LONG)

    until = in_seconds(PROMPT)
    in_time, late = Running(seven, until), Running(wait, until)
    with pytest.raises(DeadlineError):
        late.result()
    assert in_time.result() == 7


def test_a_loop_that_works_is_not_replaced_for_a_late_coroutine() -> None:
    async def wait() -> None:
        await asyncio.sleep(LONG)

    before = Running(the_loop, in_seconds(LONG)).result()
    with pytest.raises(DeadlineError):
        Running(wait, in_seconds(SHORT)).result()
    assert Running(the_loop, in_seconds(LONG)).result() is before


def block_the_loop(release: Release) -> threading.Thread:
    """The thread of a loop that a coroutine blocked past its moment."""
    before = set(LEFT_BEHIND)

    async def block() -> None:
        release.block()

    with pytest.raises(DeadlineError):
        Running(block, in_seconds(SHORT)).result()
    (thread,) = set(LEFT_BEHIND) - before
    return thread


def test_a_coroutine_that_blocks_is_given_up_at_its_moment(release: Release) -> None:
    until = in_seconds(SHORT)
    block_the_loop(release)
    assert time.monotonic() - until < PROMPT


def test_a_loop_that_is_blocked_is_replaced(release: Release) -> None:
    before = Running(the_loop, in_seconds(LONG)).result()
    block_the_loop(release)
    assert Running(the_loop, in_seconds(LONG)).result() is not before


def test_a_blocked_loop_that_becomes_free_ends_and_is_forgotten(release: Release) -> None:
    thread = block_the_loop(release)
    release.let_go()
    thread.join(LONG)
    assert not thread.is_alive()
    assert thread not in LEFT_BEHIND


def test_a_loop_that_spins_is_interrupted() -> None:
    def spin() -> None:
        end = in_seconds(LONG)
        while time.monotonic() < end:
            pass

    async def spin_in_a_coroutine() -> threading.Thread:
        threads.append(threading.current_thread())
        spin()
        return threads[0]

    threads: list[threading.Thread] = []
    with pytest.raises(DeadlineError):
        Running(spin_in_a_coroutine, in_seconds(SHORT)).result()
    threads[0].join(LONG / 2)
    assert not threads[0].is_alive()


def test_a_loop_that_ends_while_it_is_being_left_behind_is_forgotten(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread's identifier may be another thread's by then, which must not be interrupted in its place."""
    interrupt = _threads.interrupt

    def interrupt_late(thread: _threads.Interruptible) -> None:
        release.let_go()
        thread.join(LONG)
        interrupt(thread)

    async def block() -> None:
        release.block()

    monkeypatch.setattr("dataworks_ext.deadline._coroutines.interrupt", interrupt_late)
    with pytest.raises(DeadlineError):
        Running(block, in_seconds(SHORT)).result()
    assert not LEFT_BEHIND


def lose_a_loop(release: Release, waiting: Callable[[], Any], until: float) -> Running[Any]:
    """A coroutine that was given to a loop while another one blocked it, which cost them the loop."""
    blocked = threading.Event()

    async def block() -> None:
        blocked.set()
        release.block()

    blocking = Running(block, in_seconds(SHORT))
    assert blocked.wait(LONG)
    behind = Running(waiting, until)
    with pytest.raises(DeadlineError):
        blocking.result()
    (thread,) = LEFT_BEHIND
    release.let_go()
    thread.join(LONG)
    return behind


def test_a_coroutine_that_lost_its_loop_is_late(release: Release) -> None:
    async def wait() -> None:
        await asyncio.sleep(LONG)

    behind = lose_a_loop(release, wait, in_seconds(2 * SHORT))
    with pytest.raises(DeadlineError):
        behind.result()


def test_a_coroutine_that_lost_its_loop_goes_without_a_warning(release: Release) -> None:
    async def wait() -> None:
        await asyncio.sleep(LONG)

    gc.collect()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        behind = lose_a_loop(release, wait, in_seconds(2 * SHORT))
        del behind
        gc.collect()
    assert [str(warning.message) for warning in caught] == []


def test_coroutines_of_one_event_run_at_the_same_time(extension: Extension, message: Message) -> None:
    """Each waits for the other."""
    ready = [asyncio.Event(), asyncio.Event()]

    @extension.policy("download-resources")
    async def first(_event: DownloadResources) -> Outcome:
        ready[0].set()
        await ready[1].wait()
        return deny("first")

    @extension.policy("download-resources")
    async def second(_event: DownloadResources) -> Outcome:
        ready[1].set()
        await ready[0].wait()
        return deny("second")

    assert decide(extension, message).message == "first\nsecond"


def test_coroutines_run_beside_plain_policies(extension: Extension, message: Message) -> None:
    """Each waits for the other."""
    ready = threading.Event()
    go_on = asyncio.Event()
    loops: list[asyncio.AbstractEventLoop] = []

    @extension.policy("download-resources")
    def plain(_event: DownloadResources) -> Outcome:
        assert ready.wait(LONG)
        loops[0].call_soon_threadsafe(go_on.set)
        return deny("plain")

    @extension.policy("download-resources")
    async def coroutine(_event: DownloadResources) -> Outcome:
        loops.append(asyncio.get_running_loop())
        ready.set()
        await go_on.wait()
        return deny("coroutine")

    assert decide(extension, message).message == "plain\ncoroutine"


def test_a_policy_that_lost_its_loop_counts_as_late(extension: Extension, message: Message, release: Release) -> None:
    @extension.policy("download-resources", timeout=SHORT)
    async def spinning(_event: DownloadResources) -> None:
        spins(release)

    @extension.policy("download-resources", timeout=PROMPT)
    async def waiting(_event: DownloadResources) -> None:
        await asyncio.sleep(LONG)

    errors = [reason.error for reason in decide(extension, message).reasons]
    assert [type(error) for error in errors] == [PolicyError, PolicyError]


def test_an_extension_decides_inside_a_running_loop(extension: Extension, message: Message) -> None:
    @extension.policy("download-resources")
    def plain(_event: DownloadResources) -> Outcome:
        return deny("plain")

    @extension.policy("download-resources")
    async def coroutine(_event: DownloadResources) -> Outcome:
        await asyncio.sleep(0)
        return deny("coroutine")

    async def ask() -> Decision:
        return decide(extension, message)

    assert asyncio.run(ask()).message == "plain\ncoroutine"


def test_a_deadline_is_kept_inside_a_running_loop(extension: Extension, message: Message, release: Release) -> None:
    @extension.policy("download-resources", timeout=SHORT)
    def blocking(_event: DownloadResources) -> None:
        release.block()

    @extension.policy("download-resources", timeout=SHORT)
    async def waiting(_event: DownloadResources) -> None:
        await asyncio.sleep(LONG)

    async def ask() -> tuple[Decision, int]:
        decision = decide(extension, message)
        await asyncio.sleep(0)
        return decision, 7

    decision, afterwards = asyncio.run(ask())
    assert [reason.verdict for reason in decision.reasons] == [Verdict.FAIL, Verdict.FAIL]
    assert afterwards == 7
