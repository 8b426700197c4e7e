"""Many threads may call one function at a time: every reply and every record is of its own request."""

from __future__ import annotations

import asyncio
import io
import json
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest

from dataworks_ext import Extension, Outcome, PolicyContext, allow, deny, warn
from dataworks_ext.events import DownloadResources
from dataworks_ext.pack import NoSettings

from .faults import Answer, ask, function_of

# On Python 3.11 a traced interpreter stands still while a thread that blocks has an interruption pending.
pytestmark = pytest.mark.untraced

THREADS = 64
TURN = 1e-5
"""Seconds until another thread has its turn: hundreds of times as often as in production."""
MESSAGES = 100
PATIENCE = 60
"""Seconds that a message may take: there are more threads than processors."""


class Traffic(NamedTuple):
    """What came of messages about downloads of 0, 1, 2… rows."""

    answers: dict[int, Answer]
    records: list[dict[str, Any]]
    """Of messages."""
    logged: list[dict[str, Any]]
    """By policies."""


@contextmanager
def taking_turns() -> Iterator[None]:
    """Let threads interrupt each other as often as they can."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def send(extension: Extension, messages: int) -> Traffic:
    """Send that many messages from each thread, all threads at a time."""
    function = function_of(extension)
    answers: dict[int, Answer] = {}
    together = threading.Barrier(THREADS, timeout=PATIENCE)

    def send_mine(first: int) -> None:
        together.wait()
        for rows in range(first, first + messages):
            answers[rows] = ask(
                function, rows, request_id=f"request-{rows}", message_id=f"message-{rows}", timeout=PATIENCE
            )

    senders = [threading.Thread(target=send_mine, args=(number * messages,)) for number in range(THREADS)]
    with pytest.MonkeyPatch.context() as patch:
        stream = io.StringIO()
        patch.setattr(sys, "stdout", stream)
        with taking_turns():
            for sender in senders:
                sender.start()
            for sender in senders:
                sender.join()
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    kinds = {kind: [line for line in lines if line["kind"] == kind] for kind in ("message", "log")}
    assert len(lines) == sum(map(len, kinds.values()))
    return Traffic(answers, kinds["message"], kinds["log"])


def verdict_on(rows: int) -> str:
    return {0: "FAIL", 1: "WARN"}.get(rows % 3, "OK")


def text_about(rows: int) -> str:
    return "" if rows % 3 == 2 else f"{rows} rows"


def outcome_on(rows: int) -> Outcome:
    return {0: deny, 1: warn}.get(rows % 3, allow)(f"{rows} rows")


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    extension = Extension("guard")

    @extension.policy("download-resources")
    def plain(event: DownloadResources, context: PolicyContext[NoSettings]) -> Outcome:
        if event.data_row_size % 100 == 0:
            context.log.info("hundreds", rows=event.data_row_size)
        return outcome_on(event.data_row_size)

    return send(extension, MESSAGES)


@pytest.fixture(scope="module")
def traffic_of_coroutines() -> Traffic:
    extension = Extension("guard")

    @extension.policy("download-resources")
    async def coroutine(event: DownloadResources, context: PolicyContext[NoSettings]) -> Outcome:
        await asyncio.sleep(0)
        context.log.info("asked", rows=event.data_row_size)
        return outcome_on(event.data_row_size)

    return send(extension, 20)


@pytest.fixture(params=["traffic", "traffic_of_coroutines"])
def either(request: pytest.FixtureRequest) -> Traffic:
    traffic: Traffic = request.getfixturevalue(request.param)
    return traffic


def test_every_message_is_answered(traffic: Traffic) -> None:
    assert traffic.answers.keys() == set(range(THREADS * MESSAGES))


def test_every_message_is_answered_by_coroutines(traffic_of_coroutines: Traffic) -> None:
    assert traffic_of_coroutines.answers.keys() == set(range(THREADS * 20))


def test_every_reply_is_of_its_own_request(either: Traffic) -> None:
    expected = {rows: (verdict_on(rows), text_about(rows)) for rows in either.answers}
    assert {rows: (answer.verdict, answer.text) for rows, answer in either.answers.items()} == expected


def test_every_request_has_one_record(either: Traffic) -> None:
    assert Counter(record["request_id"] for record in either.records) == {
        f"request-{rows}": 1 for rows in either.answers
    }


def test_every_record_is_of_its_own_request(either: Traffic) -> None:
    found = {
        (record["request_id"], record["message_id"], record["verdict"], record["reasons"][0]["message"])
        for record in either.records
    }
    assert found == {
        (f"request-{rows}", f"message-{rows}", verdict_on(rows), f"{rows} rows") for rows in either.answers
    }


def test_every_line_that_a_policy_logs_is_of_its_own_request(either: Traffic) -> None:
    assert either.logged
    for line in either.logged:
        assert (line["request_id"], line["message_id"]) == (f"request-{line['rows']}", f"message-{line['rows']}")
