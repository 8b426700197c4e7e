"""Warm messages: in a tight loop, in turns, on several threads, by payload size, and where the time goes."""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import cycle
from typing import Final

from pydantic_core import from_json, to_json

import bare
import cedar
import ours
import powertools_warm
from dataworks_ext import Extension, PolicyPack
from dataworks_ext.context import utc_now
from dataworks_ext.deadline import guard
from dataworks_ext.events import DownloadResources, read_event
from dataworks_ext.function import Function
from dataworks_ext.lines import Lines
from dataworks_ext.testing import FunctionContext, function_compute_message

Call = Callable[[], object]
MESSAGE: Final = function_compute_message("download-resources")
CONTEXT: Final = FunctionContext()
ROUNDS: Final = 40
BLOCK: Final = 0.015
"""Seconds that one contender runs at a time in the tight loop."""
TURNS: Final = 5_000
WAIT: Final = 0.02
"""Seconds that a policy waits."""
SIZES: Final = (1, 64, 256, 1_024, 2_048, 4_096, 6_144)
"""Kilobytes of SQL text in a payload."""


@contextmanager
def records_discarded() -> Iterator[None]:
    """Records are written and flushed, to nowhere."""
    out = sys.stdout
    with open(os.devnull, "w", encoding="utf-8") as sys.stdout:
        powertools_warm.log_to(sys.stdout)
        try:
            yield
        finally:
            sys.stdout = out


def contenders() -> dict[str, Call]:
    """What answers one message, by name."""
    handlers = {
        "bare": bare.handler,
        "powertools": powertools_warm.handler,
        "cedarpy": cedar.handler,
        **{f"{count} policies": ours.function_with(count).handler for count in (0, 3, 20, 200)},
        "3 policies, 500 on other events": ours.function_with(3, on_other_events=500).handler,
    }
    return {name: _call(handler) for name, handler in handlers.items()}


def _call(handler: Callable[[bytes, FunctionContext], str]) -> Call:
    return lambda: handler(MESSAGE, CONTEXT)


def in_a_loop(calls: Mapping[str, Call]) -> dict[str, list[float]]:
    """Seconds of a message, where each contender answers as many as it can in a while, in turns with the others."""
    repeats = {name: max(1, int(BLOCK / min(_seconds(call, 20) for _ in range(5)))) for name, call in calls.items()}
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name in random.sample(list(calls), len(calls)):
            times[name].append(_seconds(calls[name], repeats[name]))
    return times


def in_turns(calls: Mapping[str, Call]) -> dict[str, list[float]]:
    """Seconds of a message, where each contender answers one after one of another, so that nothing is in the caches."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(TURNS):
        for name in random.sample(list(calls), len(calls)):
            times[name].append(_seconds(calls[name], 1))
    return times


def _seconds(call: Call, repeats: int) -> float:
    """Seconds of the processor for one call; what others run on the machine does not count."""
    begin = time.thread_time()
    for _ in range(repeats):
        call()
    return (time.thread_time() - begin) / repeats


def waiting(rounds: int = 15) -> dict[str, list[float]]:
    """Seconds until that many messages, each on its own thread, are answered, where a policy of each waits 20 ms."""
    pack = PolicyPack("waiting")

    @pack.policy(DownloadResources)
    def wait(event: DownloadResources) -> None:
        time.sleep(WAIT)

    handler = Function(Extension("bench", packs=[pack])).handler
    tasks: dict[str, tuple[int, Call]] = {
        "1 message": (1, lambda: handler(MESSAGE, CONTEXT)),
        "8 messages": (8, lambda: handler(MESSAGE, CONTEXT)),
        "64 messages": (64, lambda: handler(MESSAGE, CONTEXT)),
        "64 threads that only wait": (64, lambda: time.sleep(WAIT)),
    }
    times: dict[str, list[float]] = {name: [] for name in tasks}
    with ThreadPoolExecutor(64) as pool:
        for round_number in range(rounds + 1):
            for name, (count, task) in tasks.items():
                begin = time.perf_counter()
                for done in [pool.submit(task) for _ in range(count)]:
                    done.result()
                if round_number:
                    times[name].append(time.perf_counter() - begin)
    return times


def by_size(rounds: int = 25) -> dict[int, list[float]]:
    """Seconds of a message, by the kilobytes of its SQL text."""
    messages = {size: function_compute_message("download-resources", sql_text="x" * 1024 * size) for size in SIZES}
    times: dict[int, list[float]] = {size: [] for size in SIZES}
    for _ in range(rounds):
        for size in random.sample(SIZES, len(SIZES)):
            message = messages[size]
            times[size].append(_seconds(lambda message=message: ours.handler(message, CONTEXT), 1))  # type: ignore[misc]  # the default is the message
    return times


def slope(times: Mapping[int, Sequence[float]]) -> tuple[float, float]:
    """Seconds of a kilobyte, by the least squares of the medians, and how well a line fits (1 is best)."""
    medians = [statistics.median(times[size]) for size in times]
    return statistics.linear_regression(list(times), medians).slope, statistics.correlation(list(times), medians) ** 2


def parts() -> dict[str, list[float]]:
    """Seconds of what every message needs, by itself: what no framework could leave out."""
    payload = from_json(MESSAGE)["messageBody"]
    lines, written = Lines(), _a_record()
    numbers = cycle(range(1, 1_000))

    def guarded() -> None:
        with guard(time.monotonic() + 10) as one:
            one.run(time.monotonic() + 10, next, numbers)

    return in_a_loop(
        {
            "parse the JSON": lambda: from_json(MESSAGE),
            "the same with `json`": lambda: json.loads(MESSAGE),
            "read the event": lambda: read_event(DownloadResources, payload, event_code="download-resources"),
            "set an alarm, run under it, clear it": guarded,
            "write the record as JSON": lambda: to_json(written),
            "write and flush the line": lambda: lines.write("x" * 900),
        }
    )


def _a_record() -> dict[str, object]:
    reason = {"policy": "downloads.row_limit", "verdict": "OK", "mode": "enforce", "elapsed_ms": 0.002}
    names = ["request_id", "message_id", "channel", "event_code", "operator", "verdict", "delivery", "extension"]
    return {**dict.fromkeys(names, "some-text-of-20-char"), "time": utc_now(), "reasons": [reason] * 3}
