"""Mutated messages put to the handler on both channels: `python -m tests.fuzzing COUNT [SEED]`, or `make fuzz`.

Each input is a published message, or an array of them, that was changed in its structure, its bytes or both. Whatever
it is, the handler gives one valid reply and writes one readable record for each message, never allows what it should
deny, and is never late. Replies through the OpenAPI fail at random; some inputs run on several threads at once.
"""

from __future__ import annotations

import copy
import io
import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from typing import Any, Final, NamedTuple

import psutil

from dataworks_ext import Extension, Outcome, deny
from dataworks_ext.delivery import DeliveryError
from dataworks_ext.events import DownloadResources, Event, catalog
from dataworks_ext.function import Function
from dataworks_ext.openapi.api import OpenApi
from dataworks_ext.openapi.client import CallError
from dataworks_ext.openapi.replies import Replies
from dataworks_ext.testing import FunctionContext, eventbridge_message, function_compute_message
from dataworks_ext.testing.contexts import FunctionMeta

TIMEOUT: Final = 10
"""Seconds that the function has; an answer takes a few milliseconds."""
LATE: Final = 8.0
"""Seconds after which an answer is late, with room for a busy machine."""
MAX_ROWS: Final = 100_000
BATCH: Final = 500
"""Inputs between two looks at what was written."""
THREADED: Final = 8
"""Inputs of each batch that run on threads at once, two of them equal."""
_CONTEXT: Final = FunctionContext(function=FunctionMeta(timeout=TIMEOUT))
_SURROGATE: Final = "\ud800"
_ODD: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, 1, -1, 2**53 + 1, 10**30, 1.5, -0.0, "", " ", "0", "true", "False", "null", "１２３"),
    *(
        "dataworks:FileChange:CommitFile",
        "download-resources",
        "Commit-File",
        "x" * 200,
        _SURROGATE,
        "\x00\x1b[31m\u2028",
    ),
    *([], {}, [[]], [None], {"": {}}, ["1", 2], {"a": [{}]}, "2024-07-12T03:08:50Z", 20240712110850, "[1,2", "{}"),
)


class Fault(NamedTuple):
    """What was wrong with an answer."""

    problem: str
    data: bytes


class FailingApi(OpenApi):
    """Takes replies, and fails now and then: before a request left, after it left, and in ways nobody planned."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__({"DATAWORKS_EXT_CODE": "fuzzed", "DATAWORKS_EXT_REGION": "cn-hangzhou"})
        self._chance = chance

    def call(self, operation: str, parameters: Mapping[str, str | int], until: float) -> dict[str, object]:
        """An answer, most of the time."""
        roll = self._chance.random()
        if roll < 0.05:
            raise CallError(f"{operation} failed", action=operation, sent=roll < 0.03)
        if roll < 0.06:
            raise MemoryError
        return {"Success": True}


def guarding() -> Extension:
    """It denies every blocking event but a download, which it denies above a number of rows."""
    extension = Extension("fuzzed")

    @extension.policy("*", when=lambda event: event.event_code != "download-resources")
    def nothing(_event: Event) -> Outcome:
        return deny("No.")

    @extension.policy(DownloadResources)
    def row_limit(event: DownloadResources) -> Outcome | None:
        return deny(f"{event.data_row_size} rows.") if event.data_row_size > MAX_ROWS else None

    @extension.observer("*")
    def watcher(event: Event) -> None:
        assert event.raw is not None

    return extension


class Fuzz:
    """A function under test, and what is known of its answers.

    Args:
        seed: Makes the same inputs again.
    """

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._function = Function(guarding())
        api = FailingApi(random.Random(seed + 1))
        self._function._services = self._function._services._replace(api=api, replies=Replies(api))
        self.inputs = self.messages = self.allowed = self.undelivered = 0

    def run(self, count: int) -> Iterator[Fault]:
        """Put so many inputs to the function, and yield what is wrong with the answers."""
        while count > 0:
            batch = [self._input() for _ in range(min(BATCH, count))]
            count -= len(batch)
            threaded = batch[:THREADED]
            written = io.StringIO()
            with redirect_stdout(written):
                faults = [fault for data in batch[THREADED:] if (fault := self._answer(data))]
                with ThreadPoolExecutor(THREADED) as pool:
                    faults += [fault for fault in pool.map(self._answer, [*threaded, *threaded[:1]]) if fault]
            yield from faults
            yield from self._records(written.getvalue(), batch)

    def _answer(self, data: bytes) -> Fault | None:
        self.inputs += 1
        begun = time.monotonic()
        try:
            reply = self._function.handler(data, _CONTEXT)
        except DeliveryError:
            self.undelivered += 1
            return None
        except BaseException as error:
            return Fault(f"{type(error).__name__} escaped", data)
        if time.monotonic() - begun > LATE:
            return Fault("late", data)
        return self._judge(reply, data)

    def _judge(self, reply: str, data: bytes) -> Fault | None:
        try:
            parsed = json.loads(reply)
        except ValueError:
            return Fault(f"no JSON: {reply[:100]}", data)
        answers = parsed if isinstance(parsed, list) else [parsed]
        self.messages += len(answers)
        envelopes = _parsed(data)
        if isinstance(envelopes, list) and envelopes and len(envelopes) != len(answers):
            return Fault(f"{len(answers)} replies to {len(envelopes)} messages", data)
        elements = envelopes if isinstance(envelopes, list) and envelopes else [envelopes]
        for answer, envelope in zip(answers, elements, strict=True):
            if answer.get("checkResult") not in ("OK", "WARN", "FAIL"):
                return Fault(f"no verdict: {reply[:100]}", data)
            if answer["checkResult"] != "OK":
                if not answer.get("errorMessage"):
                    return Fault("no text", data)
            elif not may_pass(envelope):
                return Fault("a wrong allow", data)
            else:
                self.allowed += 1
        return None

    def _records(self, written: str, batch: list[bytes]) -> Iterator[Fault]:
        for line in written.split("\n")[:-1]:
            try:
                record = json.loads(line)
            except ValueError:
                yield Fault(f"an unreadable record: {line[:200]}", b"")
                continue
            if record.get("kind") != "message" or record.get("verdict") not in ("OK", "WARN", "FAIL"):
                yield Fault(f"an odd record: {line[:200]}", b"")
        expected = sum(_messages(data) for data in [*batch, *batch[:1]])
        found = written.count("\n")
        if found != expected:
            yield Fault(f"{found} records of {expected} messages", b"")

    def _input(self) -> bytes:
        """Some bytes. A few are as published, so that something passes, too."""
        chance = self._chance
        if chance.random() < 0.05:
            parts = [self._envelope() for _ in range(chance.randint(1, 4))]
            return _encoded(chance, parts)
        envelope = self._envelope()
        for _ in range(chance.choice((0, 1, 1, 1, 2, 4))):
            envelope = mutated(envelope, chance)
        data = _encoded(chance, envelope)
        return mutated_bytes(data, chance) if chance.random() < 0.15 else data

    def _envelope(self) -> Any:
        chance = self._chance
        code = "download-resources" if chance.random() < 0.3 else chance.choice(list(catalog))
        make: Callable[..., bytes] = chance.choice((function_compute_message, eventbridge_message))
        envelope = json.loads(make(code, message_id=f"m-{chance.randrange(10**9)}"))
        if chance.random() < 0.3:
            mutated(envelope, chance)
        return envelope


def may_pass(envelope: object) -> bool:
    """Whether an `OK` may be right: by a reading of the message that shares nothing with the framework's."""
    if not isinstance(envelope, dict):
        return False
    direct = "messageBody" in envelope
    payload = envelope.get("messageBody" if direct else "data")
    if not isinstance(payload, dict):
        return False
    flag = (envelope if direct else payload).get("blockBusiness")
    by_type = {entry.type: code for code, entry in catalog.items()}
    named = envelope.get("eventType") if direct else by_type.get(str(envelope.get("type")))
    code = named or payload.get("eventCode") or envelope.get("type")
    if flag is not None:
        waits = str(flag).strip().lower() != "false" if isinstance(flag, (bool, str)) else True
    else:
        entry = catalog.get(code) if isinstance(code, str) else None
        waits = direct if entry is None else entry.extension_point
    if not waits:
        return True
    rows = payload.get("dataRowSize")
    readable = isinstance(rows, (int, str, float)) and not isinstance(rows, bool)
    return (
        code == "download-resources"
        and payload.get("eventCode") in (None, "", 0, False, [], {}, code)
        and readable
        and _number(rows) <= MAX_ROWS
    )


def mutated(part: Any, chance: random.Random) -> Any:
    """JSON with one change somewhere: the part itself where it is an object or array, else another."""
    if isinstance(part, dict) and part:
        key = chance.choice(list(part))
        kind = chance.randrange(7)
        if kind == 0:
            del part[key]
        elif kind == 1:
            part[chance.choice((key.upper(), key + " ", f"_{key}", ""))] = part.pop(key)
        elif kind == 2:
            part[chance.choice(("data", "messageBody", "eventCode", "blockBusiness", "extra"))] = odd(chance)
        elif kind == 3:
            other = chance.choice(list(part))
            part[key], part[other] = part[other], part[key]
        elif kind == 4:
            part[key] = odd(chance)
        else:
            part[key] = mutated(part[key], chance)
        return part
    if isinstance(part, list) and part:
        place = chance.randrange(len(part))
        part[place] = mutated(part[place], chance)
        return part if chance.random() < 0.8 else part * chance.choice((2, 50))
    return odd(chance)


def odd(chance: random.Random) -> Any:
    """A value that a field rarely has."""
    return copy.deepcopy(chance.choice(_ODD))


def mutated_bytes(data: bytes, chance: random.Random) -> bytes:
    """The bytes with a part cut out, doubled, or replaced."""
    start = chance.randrange(len(data) + 1)
    end = min(len(data), start + chance.choice((1, 1, 2, 8, len(data))))
    put = chance.choice((b"", data[start:end] * 2, bytes([chance.randrange(256)]), b"[" * 50, b'"', b"\xed\xa0\x80"))
    return data[:start] + put + data[end:]


def _encoded(chance: random.Random, value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=chance.random() < 0.5)
    encoding = chance.choice(("utf-8",) * 8 + ("utf-16", "utf-8-sig"))
    return text.encode(encoding, "surrogatepass")


def _parsed(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        return None


def _messages(data: bytes) -> int:
    parsed = _parsed(data)
    return len(parsed) if isinstance(parsed, list) and parsed else 1


def _number(value: object) -> float:
    try:
        return float(str(value))
    except ValueError:
        return float("inf")


def main() -> None:
    """Run, with a line of progress every 50,000 inputs, and end with 1 after a fault."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns() % 10**9
    fuzz, process, begun, memory = Fuzz(seed), psutil.Process(), time.monotonic(), 0
    faults = 0
    while fuzz.inputs < count:
        for fault in fuzz.run(min(50_000, count - fuzz.inputs)):
            faults += 1
            print(f"{fault.problem}: {fault.data!r}", flush=True)
        resident = process.memory_info().rss >> 20
        memory = memory or resident
        print(
            f"{fuzz.inputs:,} inputs, {fuzz.messages:,} replies, {fuzz.allowed:,} allowed, {fuzz.undelivered:,} "
            f"undelivered, {faults} faults, {resident} MiB (first {memory}), {time.monotonic() - begun:.0f} s, "
            f"seed {seed}",
            flush=True,
        )
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
