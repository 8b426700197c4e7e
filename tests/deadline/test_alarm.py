"""The main thread's guard: an alarm that interrupts Python code, and leaves no trace."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from queue import SimpleQueue
from types import FrameType
from typing import NoReturn

import pytest

from dataworks_ext.deadline import NO_LIMIT, DeadlineError, guard

pytestmark = [
    pytest.mark.timed,
    pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this platform has no alarms"),
]

SHORT = 0.03
LONG = 5.0
PROMPT = 0.3
"""Seconds, on a machine that is busy with other things."""


def sleep() -> None:
    time.sleep(LONG)


def swallow() -> None:
    end = time.monotonic() + LONG
    while True:
        try:
            time.sleep(0.001)
            if time.monotonic() > end:
                return
        except BaseException:
            pass


def exceed(deadline: float, function: Callable[[], object]) -> float:
    """Seconds past the deadline when a guard gave the function up."""
    raised: type[BaseException] | None = None  # its traceback may be of hundreds of frames that were cut off anywhere
    with guard(deadline) as guarded:
        try:
            guarded.run(deadline, function)
        except BaseException as error:
            raised = type(error)
    late = time.monotonic() - deadline
    assert raised is DeadlineError
    return late


@pytest.fixture
def rings() -> Iterator[SimpleQueue[int]]:
    """What somebody else's handler of the alarm signal was called with. A handler can put into this queue any time."""
    rings: SimpleQueue[int] = SimpleQueue()
    displaced = signal.signal(signal.SIGALRM, lambda number, _frame: rings.put(number))
    yield rings
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, displaced)


def test_the_result_passes_through() -> None:
    deadline = time.monotonic() + LONG
    with guard(deadline) as guarded:
        assert guarded.run(deadline, divmod, 7, 2) == (3, 1)


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(3), KeyboardInterrupt()], ids=repr)
def test_an_exception_passes_through(error: BaseException) -> None:
    def fail() -> NoReturn:
        raise error

    deadline = time.monotonic() + LONG
    with guard(deadline) as guarded:
        with pytest.raises(type(error)) as raised:
            guarded.run(deadline, fail)
    assert raised.value is error


def test_a_sleeping_function_is_stopped_at_the_deadline() -> None:
    assert 0 <= exceed(time.monotonic() + SHORT, sleep) < PROMPT


def test_a_spinning_function_is_stopped_at_the_deadline() -> None:
    def spin() -> None:
        end = time.monotonic() + LONG
        while time.monotonic() < end:
            pass

    assert 0 <= exceed(time.monotonic() + SHORT, spin) < PROMPT


def test_a_function_written_in_c_is_stopped_at_the_deadline() -> None:
    deadline = time.monotonic() + SHORT
    with guard(deadline) as guarded:
        with pytest.raises(DeadlineError):
            guarded.run(deadline, time.sleep, 2 * PROMPT)
    assert time.monotonic() - deadline < PROMPT


@pytest.mark.parametrize("attempt", range(5))
def test_a_function_that_swallows_every_interruption_is_stopped_promptly(attempt: int) -> None:
    assert exceed(time.monotonic() + SHORT, swallow) < PROMPT


@pytest.mark.parametrize("depth", [2, 4, 16])
def test_functions_that_swallow_on_every_level_are_stopped_promptly(depth: int) -> None:
    def nested(levels: int) -> None:
        while time.monotonic() < end:
            try:  # noqa: SIM105 - suppress() would be a level of its own
                nested(levels - 1) if levels else time.sleep(0.001)
            except BaseException:
                pass

    end = time.monotonic() + 1
    assert exceed(time.monotonic() + SHORT, lambda: nested(depth)) < PROMPT


def test_a_function_at_the_end_of_the_stack_is_stopped_promptly() -> None:
    """Its alarms find no room for their handler, so one of them is not enough."""

    def recurse() -> None:
        for _ in range(2):
            if time.monotonic() > end:
                return
            with suppress(RecursionError):
                recurse()

    end = time.monotonic() + 1
    assert exceed(time.monotonic() + SHORT, recurse) < PROMPT


@pytest.mark.parametrize("attempt", range(10))
def test_nothing_of_interrupted_code_stays_behind(attempt: int) -> None:
    """Python may forget to end the `except` clause that an interruption hits. Later errors would have it as context."""

    def recurse() -> None:
        for _ in range(2):
            with suppress(RecursionError):
                recurse()

    exceed(time.monotonic() + SHORT, recurse)
    exceed(time.monotonic() + SHORT, swallow)
    assert sys.exc_info() == (None, None, None)


def test_an_exception_that_generators_cannot_raise_is_passed_on() -> None:
    """Code runs in a generator, but nobody can tell."""
    stop = StopIteration("enough")

    def raising() -> None:
        raise stop

    deadline = time.monotonic() + 10
    with guard(deadline) as guarded, pytest.raises(StopIteration) as raised:
        guarded.run(deadline, raising)
    assert raised.value is stop


def test_interrupted_code_can_clean_up() -> None:
    cleaned = []

    def careful() -> None:
        try:
            sleep()
        finally:
            cleaned.append("up")

    exceed(time.monotonic() + SHORT, careful)
    assert cleaned == ["up"]


def test_code_that_catches_exceptions_does_not_see_the_interruption() -> None:
    caught = []

    def catching() -> None:
        try:
            sleep()
        except Exception as error:
            caught.append(error)

    exceed(time.monotonic() + SHORT, catching)
    assert caught == []


def test_a_result_that_comes_too_late_does_not_count() -> None:
    def late() -> str:
        try:
            sleep()
        except BaseException:
            return "late"
        return "never"

    exceed(time.monotonic() + SHORT, late)


def test_an_exception_that_comes_too_late_does_not_count() -> None:
    def late() -> None:
        try:
            sleep()
        except BaseException as error:
            raise ValueError("late") from error

    exceed(time.monotonic() + SHORT, late)


def test_nothing_counts_after_the_deadline() -> None:
    exceed(time.monotonic() - 1, int)


def test_a_function_that_starts_after_the_deadline_is_stopped_promptly() -> None:
    """Its alarm rang when there was nothing to interrupt."""
    started = time.monotonic()
    exceed(started - 1, sleep)
    assert time.monotonic() - started < PROMPT


def test_code_outside_a_run_is_not_interrupted() -> None:
    deadline = time.monotonic() - 1
    with guard(deadline):
        reached = sum(1 for _ in range(100_000))
    assert reached == 100_000


def test_a_run_may_have_less_time_than_its_guard() -> None:
    with guard(time.monotonic() + LONG) as guarded:
        until = time.monotonic() + SHORT
        with pytest.raises(DeadlineError):
            guarded.run(until, sleep)
        assert time.monotonic() - until < PROMPT


def test_a_run_that_was_stopped_does_not_hurt_the_next_one() -> None:
    deadline = time.monotonic() + LONG
    with guard(deadline) as guarded:
        with pytest.raises(DeadlineError):
            guarded.run(time.monotonic() + SHORT, swallow)
        assert guarded.run(deadline, divmod, 7, 2) == (3, 1)


def test_without_a_deadline_a_run_keeps_its_own() -> None:
    with guard(NO_LIMIT) as guarded:
        until = time.monotonic() + SHORT
        with pytest.raises(DeadlineError):
            guarded.run(until, sleep)
        assert time.monotonic() - until < PROMPT


def test_without_any_deadline_nothing_is_touched(rings: SimpleQueue[int]) -> None:
    handler = signal.getsignal(signal.SIGALRM)
    with guard(NO_LIMIT) as guarded:
        assert guarded.run(NO_LIMIT, signal.getsignal, signal.SIGALRM) is handler


def test_the_outer_deadline_holds_inside_an_inner_guard() -> None:
    def nested() -> None:
        later = time.monotonic() + LONG
        with guard(later) as inner:
            inner.run(later, sleep)

    assert exceed(time.monotonic() + SHORT, nested) < PROMPT


def test_the_outer_deadline_holds_after_an_inner_guard() -> None:
    def nested() -> None:
        later = time.monotonic() + LONG
        with guard(later) as inner:
            inner.run(later, int)
        sleep()

    assert exceed(time.monotonic() + SHORT, nested) < PROMPT


def test_the_outer_deadline_holds_against_an_inner_guard_that_is_swallowed() -> None:
    def nested() -> None:
        sooner = time.monotonic() + SHORT / 2
        with guard(sooner) as inner:
            with pytest.raises(DeadlineError):
                inner.run(sooner, swallow)
        swallow()

    assert exceed(time.monotonic() + SHORT, nested) < PROMPT


def test_an_inner_guard_may_have_less_time() -> None:
    def nested() -> str:
        exceed(time.monotonic() + SHORT, sleep)
        return "done"

    deadline = time.monotonic() + LONG
    with guard(deadline) as guarded:
        assert guarded.run(deadline, nested) == "done"


@pytest.mark.parametrize("function", [int, sleep, swallow], ids=["in time", "late", "swallowing"])
def test_no_alarm_is_left(function: Callable[[], object]) -> None:
    deadline = time.monotonic() + SHORT
    with guard(deadline) as guarded:
        with suppress(DeadlineError):
            guarded.run(deadline, function)
    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)


@pytest.mark.parametrize("function", [sleep, swallow], ids=["late", "swallowing"])
def test_a_displaced_handler_is_back_afterwards(rings: SimpleQueue[int], function: Callable[[], object]) -> None:
    handler = signal.getsignal(signal.SIGALRM)
    exceed(time.monotonic() + SHORT, function)
    assert signal.getsignal(signal.SIGALRM) is handler


def test_a_displaced_handler_is_not_called_for_the_guard(rings: SimpleQueue[int]) -> None:
    exceed(time.monotonic() + SHORT, swallow)
    assert rings.empty()


def test_a_pending_alarm_of_somebody_else_is_back_with_what_is_left_of_it(rings: SimpleQueue[int]) -> None:
    signal.setitimer(signal.ITIMER_REAL, 60, 30)
    exceed(time.monotonic() + SHORT, sleep)
    delay, interval = signal.getitimer(signal.ITIMER_REAL)
    assert 60 - LONG < delay <= 60 - SHORT / 2
    assert interval == 30


def test_an_alarm_of_somebody_else_that_came_due_in_a_guard_rings_after_it(rings: SimpleQueue[int]) -> None:
    signal.setitimer(signal.ITIMER_REAL, SHORT / 3)
    exceed(time.monotonic() + SHORT, sleep)
    assert rings.get(timeout=LONG) == signal.SIGALRM


@pytest.mark.parametrize("function", [sleep, swallow], ids=["late", "swallowing"])
def test_a_trace_function_is_back_afterwards(function: Callable[[], object]) -> None:
    def trace(_frame: FrameType, _event: str, _argument: object) -> None: ...

    displaced = sys.gettrace()
    sys.settrace(trace)
    try:
        exceed(time.monotonic() + SHORT, function)
        remaining = sys.gettrace()
    finally:
        sys.settrace(displaced)
    assert remaining is trace
