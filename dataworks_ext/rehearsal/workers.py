"""Work for all cores: processes that each load the extension once."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from typing import Final, TypeVar

from ..errors import ExtensionError
from .task import Candidate, Identity, Manner, Work, begin, identify

T = TypeVar("T")

_AHEAD: Final = 2
"""Pieces of work for each worker that wait: what is done must not wait for somebody to collect it."""


class WorkerError(ExtensionError):
    """A worker process that ended, or an extension that it cannot load. The text says what to do."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def identify_in_process(candidate: Candidate) -> Identity:
    """What an extension is, loaded in a process of its own. Raises `WorkerError`."""
    try:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            found = pool.submit(identify, candidate).result()
    except BrokenProcessPool:
        raise WorkerError(f"the process that loaded {candidate.app} ended; try to import it yourself") from None
    if isinstance(found, str):
        raise WorkerError(found)
    return found


def pool_of(candidate: Candidate, manner: Manner, jobs: int) -> ProcessPoolExecutor:
    """Processes that decide by one version of an extension."""
    context = multiprocessing.get_context("spawn")  # a fork would copy threads' locks
    return ProcessPoolExecutor(jobs, context, begin, (candidate, manner))


def in_workers(
    candidate: Candidate,
    manner: Manner,
    function: Callable[[Work], T],
    works: Sequence[Work],
    *,
    jobs: int,
) -> Iterator[tuple[int, T]]:
    """The result of each piece of work with its number, as soon as it is there.

    Raises:
        WorkerError: A worker ended.
    """
    pool = pool_of(candidate, manner, min(jobs, max(len(works), 1)))
    waiting = iter(enumerate(works))
    running: dict[Future[T], int] = {}
    try:
        for number, work in waiting:
            running[pool.submit(function, work)] = number
            if len(running) >= _AHEAD * jobs:
                yield from _finished(running)
        while running:
            yield from _finished(running)
    except BrokenProcessPool:
        raise WorkerError(
            "a worker process ended: it was killed, had too little memory, or could not import the extension. "
            "Run it again, with --jobs 1 if memory is short"
        ) from None
    finally:
        for process in list((pool._processes or {}).values()) if running else ():
            process.terminate()  # nobody wants the result
        pool.shutdown(wait=not running, cancel_futures=True)


def in_order(results: Iterable[tuple[int, T]]) -> Iterator[T]:
    """Results in the order of their numbers, so that what depends on an order is the same every time."""
    early: dict[int, T] = {}
    due = 0
    for number, result in results:
        early[number] = result
        while due in early:
            yield early.pop(due)
            due += 1


def _finished(running: dict[Future[T], int]) -> Iterator[tuple[int, T]]:
    done, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in done:
        result = future.result()
        yield running.pop(future), result
