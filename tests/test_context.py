"""What a policy knows of its message beside the event: when it happened, whose it is, where it came from."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timezone
from typing import TypeVar

import pytest
from pydantic import BaseModel

from dataworks_ext import Extension, PolicyContext, Request
from dataworks_ext.events import Event
from dataworks_ext.message import Message, read_message
from dataworks_ext.testing import FunctionContext, eventbridge_message, function_compute_message

T = TypeVar("T")
NOW = datetime(2026, 3, 2, 4, 0, tzinfo=timezone.utc)


def seen(look: Callable[[PolicyContext[BaseModel]], T], message: Message, runtime: object = None) -> T:
    """What a policy sees of that message."""
    extension, found = Extension("app"), []

    @extension.policy(message.event_code)
    def rule(_event: Event, context: PolicyContext[BaseModel]) -> None:
        found.append(look(context))

    assert extension.decide(message, Request(now=NOW, runtime=runtime)).allowed
    return found[0]


def bridged(**changes: object) -> Message:
    return read_message(json.dumps({**json.loads(eventbridge_message("commit-file")), **changes}))


def direct(**changes: object) -> Message:
    return read_message(json.dumps({**json.loads(function_compute_message("download-resources")), **changes}))


@pytest.mark.parametrize(
    ("time", "moment"),
    [
        ("2026-03-01T21:04:41+08:00", datetime(2026, 3, 1, 13, 4, 41, tzinfo=timezone.utc)),
        ("2026-03-01T13:04:41Z", datetime(2026, 3, 1, 13, 4, 41, tzinfo=timezone.utc)),
        ("2026-03-01T13:04:41.5+0000", datetime(2026, 3, 1, 13, 4, 41, 500_000, tzinfo=timezone.utc)),
        ("2026-03-01 21:04:41", datetime(2026, 3, 1, 13, 4, 41, tzinfo=timezone.utc)),
        ("yesterday", NOW),
        ("", NOW),
        (None, NOW),
        ([], NOW),
    ],
)
def test_an_event_happened_when_eventbridge_says_so_else_now(time: object, moment: datetime) -> None:
    """EventBridge tries to deliver for a day, and working hours are those of the event."""
    assert seen(lambda context: context.event_time, bridged(time=time)) == moment
    assert seen(lambda context: context.now, bridged(time=time)) == NOW


def test_an_event_that_came_directly_happened_now() -> None:
    assert seen(lambda context: context.event_time, direct()) == NOW


def test_account_and_region_are_those_of_the_envelope_else_those_of_the_function() -> None:
    runtime = FunctionContext(region="cn-shanghai", account_id="42")
    both = lambda context: (context.account_id, context.region)  # noqa: E731 - it is what is looked at
    assert seen(both, bridged(), runtime) == ("1234567890980001", "cn-hangzhou")
    assert seen(both, direct(), runtime) == ("42", "cn-shanghai")
    assert seen(both, direct()) == (None, None)
    assert seen(both, bridged(aliyunaccountid=["x"], aliyunregionid="")) == (None, None)


@pytest.mark.parametrize(("value", "category"), [("resources-download", "resources-download"), (None, None), (5, None)])
def test_the_category_is_that_of_the_direct_envelope(value: object, category: str | None) -> None:
    assert seen(lambda context: context.event_category, direct(eventCategoryType=value)) == category
    assert seen(lambda context: context.event_category, bridged()) is None
