"""The guard of worker threads: code runs on helper threads, which are kept, or left behind and interrupted."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, NoReturn

import pytest

from dataworks_ext import deadline
from dataworks_ext.deadline import LEFT_BEHIND, DeadlineError, _threads, guard, stuck

from ..faults import Release, on_a_worker_thread, releasing, spins, swallows_in_a_loop

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


def run(function: Callable[..., Any], *arguments: object, seconds: float = LONG) -> Any:
    """What comes of a function that a worker thread runs under a guard."""

    def guarded_run() -> Any:
        until = time.monotonic() + seconds
        with guard(until) as guarded:
            return guarded.run(until, function, *arguments)

    return on_a_worker_thread(guarded_run)


def leave_behind(function: Callable[..., Any], *arguments: object) -> threading.Thread:
    """The thread of a function that did not end in time."""
    before = set(LEFT_BEHIND)
    with pytest.raises(DeadlineError):
        run(function, *arguments, seconds=SHORT)
    (thread,) = set(LEFT_BEHIND) - before
    return thread


def test_the_result_passes_through() -> None:
    assert run(divmod, 7, 2) == (3, 1)


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_an_exception_passes_through(error: BaseException) -> None:
    def fail() -> NoReturn:
        raise error

    with pytest.raises(type(error)) as raised:
        run(fail)
    assert raised.value is error


def test_a_function_runs_beside_the_thread_that_asks() -> None:
    def both() -> tuple[threading.Thread, threading.Thread]:
        until = time.monotonic() + LONG
        with guard(until) as guarded:
            return threading.current_thread(), guarded.run(until, threading.current_thread)

    asking, running = on_a_worker_thread(both)
    assert asking is not running


def test_a_function_sees_the_context_variables_of_the_one_who_asks() -> None:
    tenant: ContextVar[str] = ContextVar("tenant")

    def ask() -> str:
        tenant.set("a-tenant")
        until = time.monotonic() + LONG
        with guard(until) as guarded:
            return guarded.run(until, tenant.get)

    assert on_a_worker_thread(ask) == "a-tenant"


def test_a_context_variable_that_a_function_sets_is_not_seen_by_the_next() -> None:
    tenant: ContextVar[str] = ContextVar("tenant", default="nobody")
    run(tenant.set, "a-tenant")
    assert run(tenant.get) == "nobody"


def test_a_helper_is_used_again() -> None:
    assert run(threading.current_thread) is run(threading.current_thread)


def test_a_helper_whose_function_raised_is_used_again() -> None:
    def fail() -> NoReturn:
        raise ValueError(threading.current_thread())

    with pytest.raises(ValueError) as raised:  # noqa: PT011 - the text is a thread
        run(fail)
    assert run(threading.current_thread) is raised.value.args[0]


def test_two_functions_at_a_time_have_two_helpers() -> None:
    together = threading.Barrier(2, timeout=LONG)
    helpers: list[threading.Thread] = []

    def meet() -> None:
        together.wait()
        helpers.append(threading.current_thread())

    askers = [threading.Thread(target=run, args=(meet,)) for _ in range(2)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert len(set(helpers)) == 2


def test_a_late_function_is_left_behind_at_the_deadline(release: Release) -> None:
    started = time.monotonic()
    leave_behind(release.block)
    assert SHORT <= time.monotonic() - started < SHORT + PROMPT


def test_a_helper_that_was_left_behind_is_not_used_again(release: Release) -> None:
    thread = leave_behind(release.block)
    assert run(threading.current_thread) is not thread


def test_a_function_that_was_left_behind_is_interrupted(release: Release) -> None:
    threads: list[threading.Thread] = []

    def spin() -> None:
        threads.append(threading.current_thread())
        spins(release)

    with pytest.raises(DeadlineError):
        run(spin, seconds=SHORT)
    threads[0].join(LONG / 2)
    assert not threads[0].is_alive()


@pytest.mark.parametrize("fault", [Release.block, swallows_in_a_loop], ids=["blocking", "swallowing"])
def test_a_helper_that_becomes_free_ends_and_is_forgotten(fault: Callable[[Release], object], release: Release) -> None:
    thread = leave_behind(fault, release)
    release.let_go()
    thread.join(LONG)
    assert not thread.is_alive()
    assert thread not in LEFT_BEHIND


def test_a_helper_that_ends_while_it_is_being_left_behind_is_forgotten(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its identifier may be another thread's by then, which must not be interrupted in its place."""
    interrupt = _threads.interrupt

    def interrupt_late(thread: _threads.Interruptible) -> None:
        release.let_go()
        thread.join(LONG)
        interrupt(thread)

    monkeypatch.setattr(_threads, "interrupt", interrupt_late)
    with pytest.raises(DeadlineError):
        run(release.block, seconds=SHORT)
    assert not LEFT_BEHIND


def test_a_function_that_ends_just_then_is_either_done_or_late(release: Release) -> None:
    """However close it is, its thread is not interrupted after it ended, and no later thread in its place."""

    def end_at(moment: float) -> None:
        while time.monotonic() < moment:
            pass

    def ask_often() -> int:
        answers = 0
        for _ in range(50):
            until = time.monotonic() + 0.002
            with suppress(DeadlineError):
                with guard(until) as guarded:
                    guarded.run(until, end_at, until)
            answers += 1
        return answers

    totals: list[int] = []
    askers = [threading.Thread(target=lambda: totals.append(ask_often()), daemon=True) for _ in range(8)]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join(LONG)
    assert sum(totals) == 8 * 50


def test_an_outer_deadline_holds_whatever_an_inner_guard_says(release: Release) -> None:
    def nested() -> None:
        later = time.monotonic() + LONG
        with guard(later) as inner:
            inner.run(later, release.block)

    started = time.monotonic()
    with pytest.raises(DeadlineError):
        run(nested, seconds=SHORT)
    assert time.monotonic() - started < SHORT + PROMPT
    release.let_go()


def test_a_thread_is_not_stuck_at_first(release: Release) -> None:
    leave_behind(release.block)
    assert stuck() == 0


def test_a_thread_that_withstood_the_grace_time_is_stuck(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_behind(release.block)
    monkeypatch.setattr(_threads, "_GRACE", -1.0)
    assert stuck() == 1


def test_a_thread_that_became_free_is_not_stuck(release: Release, monkeypatch: pytest.MonkeyPatch) -> None:
    thread = leave_behind(release.block)
    release.let_go()
    thread.join(LONG)
    monkeypatch.setattr(_threads, "_GRACE", -1.0)
    assert stuck() == 0


def test_the_main_thread_has_helpers_where_there_are_no_alarms(
    release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deadline, "_HAS_ALARMS", False)
    until = time.monotonic() + SHORT
    with guard(until) as guarded:
        with pytest.raises(DeadlineError):
            guarded.run(until, release.block)
    assert time.monotonic() - until < PROMPT
