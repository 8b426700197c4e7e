"""An instance that cannot be freed of a policy ends, once it is idle, and only on the platform."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NamedTuple, NoReturn

import pytest

from dataworks_ext import retirement
from dataworks_ext.record import Recorder
from dataworks_ext.retirement import EXIT_STATUS, PLATFORM_VARIABLE, Retirement

from .faults import (
    FAULTY,
    HARMLESS,
    TIMEOUT,
    Release,
    ask,
    blocks_on_a_socket,
    blocks_on_a_socket_and_swallows,
    function_with,
    on_a_worker_thread,
    releasing,
    spins,
    swallows_everything_in_a_coroutine,
)

# On Python 3.11 a traced interpreter stands still while a thread that blocks has an interruption pending.
pytestmark = pytest.mark.untraced

IDLE_INSTANCE = """
import sys, threading
from tests import faults

function = faults.function_with(getattr(faults, sys.argv[1]), faults.Release())
faults.ask(function, faults.HARMLESS)  # loads what the first message needs, which takes of the policy's time
answer = faults.on_a_worker_thread(lambda: faults.ask(function, faults.FAULTY))
print(f'{{"kind": "answer", "verdict": "{answer.verdict}", "seconds": {answer.elapsed}}}', flush=True)
threading.Event().wait(10)
"""
"""What the runtime does: it calls the handler, and waits for the next request."""


class Ended(NamedTuple):
    """How a process ended, and what it wrote."""

    status: int
    lines: list[dict[str, Any]]


def run_idle_instance(fault: str) -> Ended:
    """A process of the platform that answers one request, and is idle then."""
    ended = subprocess.run(
        [sys.executable, "-c", IDLE_INSTANCE, fault],
        env={**os.environ, PLATFORM_VARIABLE: "/code", "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    return Ended(ended.returncode, [json.loads(line) for line in ended.stdout.splitlines()])


@pytest.fixture
def release() -> Iterator[Release]:
    with releasing() as release:
        yield release


@pytest.fixture(scope="module", params=[blocks_on_a_socket_and_swallows, swallows_everything_in_a_coroutine])
def idle_instance(request: pytest.FixtureRequest) -> Ended:
    return run_idle_instance(request.param.__name__)


def test_the_request_is_answered_in_time(idle_instance: Ended) -> None:
    (answer,) = [line for line in idle_instance.lines if line["kind"] == "answer"]
    assert answer["verdict"] == "FAIL"
    assert answer["seconds"] < TIMEOUT


def test_the_idle_instance_ends_with_a_status_of_its_own(idle_instance: Ended) -> None:
    assert idle_instance.status == EXIT_STATUS


def test_the_last_record_says_why_the_instance_ended(idle_instance: Ended) -> None:
    last = idle_instance.lines[-1]
    assert last["kind"] == "retirement"
    assert "could not be interrupted" in last["problem"]


class Instance:
    """A retirement, with everything that it looks at in the hands of a test.

    Its thread runs where it is started, and each of its sleeps is a step of the test: what happens meanwhile, and how
    many seconds go by. After the last step nothing is left behind, so that the retirement is over in any case.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.in_flight: dict[int, float] = {}
        self.stuck = 1
        self.statuses: list[int] = []
        self.looks = 0
        self.threads = 0
        self._left_behind: dict[threading.Thread, float] = {}
        self._now = 0.0
        self._steps: list[Callable[[], float | None]] = []
        self._stream = io.StringIO()
        self._retirement = Retirement(self.in_flight, Recorder(stream=self._stream))
        patch.setenv(PLATFORM_VARIABLE, "/code")
        patch.setattr(retirement, "time", SimpleNamespace(monotonic=lambda: self._now, sleep=self._sleep))
        patch.setattr(retirement, "threading", SimpleNamespace(Lock=threading.Lock, Thread=self._thread))
        patch.setattr(retirement, "LEFT_BEHIND", self._left_behind)
        patch.setattr(retirement, "stuck", lambda: self.stuck)
        patch.setattr(os, "_exit", self._exit)

    @property
    def lines(self) -> list[dict[str, object]]:
        """What was recorded."""
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]

    def consider(self, *steps: Callable[[], float | None]) -> None:
        """Leave a thread behind, and consider retirement for that many looks."""
        self._left_behind[threading.Thread()] = 0.0
        self._steps.extend(steps)
        self._retirement.consider()

    def pass_by(self) -> None:
        """A step in which nothing happens."""

    def _sleep(self, seconds: float) -> None:
        self.looks += 1
        if not self._steps:
            self._left_behind.clear()
            return
        took = self._steps.pop(0)()
        self._now += seconds if took is None else took

    def _thread(self, *, target: Callable[[], None], name: str, daemon: bool) -> SimpleNamespace:
        self.threads += 1
        return SimpleNamespace(start=target)

    def _exit(self, status: int) -> None:
        self.statuses.append(status)
        self._steps.clear()
        self._left_behind.clear()


@pytest.fixture
def instance(monkeypatch: pytest.MonkeyPatch) -> Instance:
    return Instance(monkeypatch)


def test_an_idle_instance_with_a_stuck_thread_ends(instance: Instance) -> None:
    instance.consider(instance.pass_by)
    assert instance.statuses == [EXIT_STATUS]


def test_the_end_is_recorded_before_it_comes(instance: Instance) -> None:
    instance.consider(instance.pass_by)
    assert [line["kind"] for line in instance.lines] == ["retirement"]


def test_outside_the_platform_nothing_ends(instance: Instance, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PLATFORM_VARIABLE)
    instance.consider(instance.pass_by)
    assert (instance.threads, instance.looks, instance.statuses) == (0, 0, [])


def test_an_instance_with_a_request_in_flight_ends_only_after_it(instance: Instance) -> None:
    instance.in_flight[1] = 0.0
    instance.consider(instance.pass_by, instance.pass_by, instance.in_flight.clear)
    assert (instance.looks, instance.statuses) == (3, [EXIT_STATUS])


def test_an_instance_whose_threads_may_yet_become_free_goes_on(instance: Instance) -> None:
    instance.stuck = 0
    instance.consider(instance.pass_by, instance.pass_by)
    assert (instance.looks, instance.statuses) == (3, [])


def test_an_instance_whose_threads_became_free_goes_on_unwatched(instance: Instance) -> None:
    instance.in_flight[1] = 0.0
    instance.consider()
    assert (instance.looks, instance.statuses) == (1, [])


def test_an_instance_that_was_frozen_between_two_looks_does_not_end_at_the_second(instance: Instance) -> None:
    """A request may have thawed it."""
    instance.consider(lambda: 60.0, instance.pass_by)
    assert (instance.looks, instance.statuses) == (2, [EXIT_STATUS])


def test_an_instance_is_watched_by_one_thread(instance: Instance) -> None:
    instance.stuck = 0
    instance.consider(instance.consider, instance.consider)
    assert instance.threads == 1


def test_an_instance_is_watched_again_when_threads_are_left_behind_again(instance: Instance) -> None:
    instance.stuck = 0
    instance.consider()
    instance.consider()
    assert instance.threads == 2


def test_a_request_that_leaves_nothing_behind_is_no_reason_to_retire(instance: Instance, release: Release) -> None:
    function = function_with(spins, release)
    ask(function, HARMLESS)
    assert instance.threads == 0


def test_a_request_that_leaves_a_thread_behind_is_a_reason_to_retire(instance: Instance, release: Release) -> None:
    instance.stuck = 0
    function = function_with(blocks_on_a_socket, release)
    on_a_worker_thread(lambda: ask(function, FAULTY))
    assert instance.threads == 1


def test_a_watch_that_cannot_be_started_does_not_cost_the_answer(
    instance: Instance, release: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An instance that left many threads behind may be at the limit of threads."""

    def fail(**_arguments: object) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(retirement, "threading", SimpleNamespace(Lock=threading.Lock, Thread=fail))
    function = function_with(blocks_on_a_socket, release)
    assert on_a_worker_thread(lambda: ask(function, FAULTY)).verdict == "FAIL"
