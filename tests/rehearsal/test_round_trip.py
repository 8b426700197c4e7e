"""From the handler through object storage into a rehearsal: all codes, both channels, with lookups."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest

from dataworks_ext import Extension, Outcome, PolicyContext, PolicyPack, deny, warn
from dataworks_ext.events import CommitFile, DeployFile, Event, FreezeNode, UndeployNode, catalog
from dataworks_ext.message import read_message
from dataworks_ext.testing import eventbridge_message, function_compute_message
from dataworks_ext.testing.contexts import ContextCredentials, FunctionMeta
from dataworks_ext.testing.samples import channel_of
from tests import dataworks as local
from tests.archive.s3 import Bucket, s3_server

from .archives import policy_of, rehearsed

MESSAGES = int(os.environ.get("ROUND_TRIP_MESSAGES", "2000"))
"""Of every code twenty, with and without a snapshot."""
ARRAY = 20
"""Messages of an invocation, and so of an object."""
CREDENTIALS = ContextCredentials(local.ACCESS_KEY_ID, local.ACCESS_KEY_SECRET, local.SECURITY_TOKEN)


def number_of(event: Event, context: PolicyContext[Any]) -> int:
    """The same for the same message, in any process."""
    return crc32(f"{context.message_id} {event.event_code}".encode())


def guard() -> Extension:
    """Policies that look at everything that a policy can look at."""
    pack = PolicyPack("guard", asks=["GetMetaTableBasicInfo"])

    @pack.policy("*")
    def by_number(event: Event, context: PolicyContext[Any]) -> Outcome | None:
        number = number_of(event, context)
        return deny("a seventh") if number % 7 == 0 else warn("a fifth") if number % 5 == 0 else None

    @pack.policy("*", on_error="warn")
    def by_circumstances(event: Event, context: PolicyContext[Any]) -> Outcome | None:
        seen = (context.now, context.event_time, context.account_id, context.region, context.event_category, event.raw)
        return deny("a third") if crc32(repr(seen).encode()) % 3 == 0 else None

    @pack.policy(CommitFile, DeployFile)
    def no_drop(_event: Event, context: PolicyContext[Any]) -> Outcome | None:
        return deny("no drop") if "drop" in (getattr(context.snapshot, "content", "") or "") else None

    @pack.policy(FreezeNode)
    def by_option(_event: Event, context: PolicyContext[Any]) -> Outcome | None:
        return deny("frozen") if context.options.get("frozen") and context.parameters.get("mode") == "strict" else None

    @pack.policy(UndeployNode, on_error="allow")
    def by_question(_event: Event, context: PolicyContext[Any]) -> Outcome | None:
        return deny("it is used") if context.ask("GetMetaTableBasicInfo", TableGuid="odps.a.b") else None

    return Extension("round-trip", packs=[pack])


def message_of(number: int) -> bytes:
    code = sorted(catalog)[number % len(catalog)]
    if channel_of(code) == "function-compute":
        return function_compute_message(code, message_id=f"m-{number}")
    return eventbridge_message(code, message_id=f"m-{number}")


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    """What a function of its own has archived of all messages."""
    with s3_server() as url, local.holding_everything() as dataworks:
        made = Bucket(url)
        for number in range(0, MESSAGES, 2):  # of the others there is none
            content = "drop table a" if number // len(catalog) % 3 == 0 else "select 1"
            dataworks.snapshots[f"m-{number}"] = {"CommittedFile": {"FileId": 1, "Content": content}}
        dataworks.parameter_setting = "mode=strict"
        dataworks.options.update({workspace: {"frozen": True} for workspace in range(100_000)})
        named = {"DATAWORKS_EXT_ENDPOINT": dataworks.endpoint, "DATAWORKS_EXT_CODE": local.EXTENSION_CODE}
        function = made.function(guard(), DATAWORKS_EXT_ARCHIVE_EVENTS="all", **named)
        with redirect_stdout(io.StringIO()) as records:
            for first in range(0, MESSAGES, ARRAY):
                array = b"[" + b", ".join(map(message_of, range(first, min(first + ARRAY, MESSAGES)))) + b"]"
                meta = FunctionMeta(timeout=60)
                function.handler(array, made.context(credentials=CREDENTIALS, function=meta, request_id=f"1-{first}"))
        objects = [json.loads(line) for line in records.getvalue().splitlines() if '"kind":"archive"' in line]
        stored = sum(record["messages"] for record in objects if record["archive"] == "stored")
        # A busy machine may lose one, since half a second is all, or have one stored whose answer came too late.
        assert 0.9 * MESSAGES < stored <= len(made.lines()) <= MESSAGES
        yield made


@pytest.fixture
def rehearse(bucket: Bucket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    for name, value in {**bucket.environment(), "ALIBABA_CLOUD_ACCESS_KEY_ID": "owner"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "owner")
    return lambda extension: rehearsed(bucket.environment()["DATAWORKS_EXT_ARCHIVE"], extension, tmp_path / "cache")


def test_the_same_extension_decides_as_the_function_did(rehearse: Any, bucket: Bucket) -> None:
    report = rehearse(guard())
    assert (report["messages"], report["unread"], report["unknown"]) == (len(bucket.lines()), 0, 0)
    assert (report["newly_denied"], report["newly_allowed"], report["not_compared"]) == (0, 0, 0)
    assert report["denied"] == report["baseline_denied"] > MESSAGES / 10
    counted = {
        name: {kind: policy_of(report, f"guard.{name}")[kind] for kind in ("allows", "denies", "fails")}
        for name in ("no_drop", "by_option", "by_question")
    }
    assert all(counted["no_drop"].values())
    assert counted["by_option"]["denies"] > 0
    assert counted["by_question"]["fails"] > 0


def test_a_stricter_extension_newly_denies_what_an_independent_count_says(rehearse: Any, bucket: Bucket) -> None:
    stricter = Extension("round-trip", packs=[*guard().packs])

    @stricter.policy(FreezeNode)
    def no_freezing(_event: Event) -> Outcome:
        return deny("nobody freezes a node")

    messages = map(message_of, range(MESSAGES))
    asked = {message.message_id for message in map(read_message, messages) if message.event_code == "freeze-node"}
    frozen = [line for line in bucket.lines() if line["message"].get("id") in asked]
    allowed = [line for line in frozen if line["decision"]["verdict"] != "FAIL"]
    report = rehearse(stricter)
    assert policy_of(report, "round-trip.no_freezing")["denies"] == len(frozen) > 0
    assert report["newly_denied"] == len(allowed)
