"""One verdict for a message, however often and on however many threads it comes."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import pytest

from dataworks_ext import Extension, Outcome, deny
from dataworks_ext.decision import Decision, Verdict
from dataworks_ext.delivery import DeliveryError
from dataworks_ext.events import Event
from dataworks_ext.function import Function
from dataworks_ext.message import Message
from dataworks_ext.openapi.api import OpenApi
from dataworks_ext.openapi.replies import Answer, Replies
from dataworks_ext.testing import FunctionContext, eventbridge_message
from dataworks_ext.testing.contexts import ContextCredentials, FunctionMeta
from tests import dataworks as local

ID: Final = "539fd8f4-4ea1-4625-aa8b-6c9066740001"
MESSAGE: Final = Message(ID, "commit-file", {}, "eventbridge")
DENIED: Final = Decision(Verdict.FAIL, "No.")
ALLOWED: Final = Decision(Verdict.OK, "")
CONTEXT: Final = FunctionContext(
    function=FunctionMeta(timeout=3),
    credentials=ContextCredentials(local.ACCESS_KEY_ID, local.ACCESS_KEY_SECRET, local.SECURITY_TOKEN),
)
SOON: Final = 30.0


@pytest.fixture
def replies(dataworks: local.LocalDataWorks) -> Replies:
    api = OpenApi({"DATAWORKS_EXT_CODE": local.EXTENSION_CODE, "DATAWORKS_EXT_ENDPOINT": dataworks.endpoint})
    api.attend(CONTEXT)
    return Replies(api)


def answer(
    replies: Replies, decide: Callable[[], Decision], message: Message = MESSAGE, within: float = SOON
) -> Answer:
    return replies.answer(message, decide, time.monotonic() + within)


def undecided() -> Decision:
    raise AssertionError("decided again")


def at_once(replies: Replies, second_within: float = SOON) -> tuple[Answer, Answer]:
    """The answers to two deliveries of a message, of which the second comes while the first is being decided."""
    deciding, second_came = threading.Event(), threading.Event()

    def decide() -> Decision:
        deciding.set()
        assert second_came.wait(SOON)
        return DENIED

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(answer, replies, decide)
        assert deciding.wait(SOON)
        if second_within == SOON:
            second = pool.submit(answer, replies, undecided)
            second_came.set()
        else:
            second = pool.submit(answer, replies, undecided, MESSAGE, second_within)
            second.result()
            second_came.set()
        return first.result(), second.result()


def test_a_duplicate_in_flight_waits_for_the_first_and_gets_its_decision(
    replies: Replies, dataworks: local.LocalDataWorks
) -> None:
    dataworks.hold(ID, "UpdateIDEEventResult")
    first, second = at_once(replies)
    assert (first.decision, first.delivery.status, first.is_first) == (DENIED, "delivered", True)
    assert (second.decision, second.delivery.status, second.is_first) == (DENIED, "repeated", False)
    assert len(dataworks.requests) == 1


def test_a_duplicate_fails_if_the_first_was_not_delivered(replies: Replies, dataworks: local.LocalDataWorks) -> None:
    dataworks.hold(ID, "UpdateIDEEventResult")
    dataworks.plant(local.status(400, "InvalidParameter"))
    first, second = at_once(replies)
    assert (first.delivery.status, second.delivery.status) == ("undelivered", "undelivered")
    assert len(dataworks.requests) == 1


def test_a_duplicate_waits_no_longer_than_its_own_time(replies: Replies, dataworks: local.LocalDataWorks) -> None:
    dataworks.hold(ID, "UpdateIDEEventResult")
    _, second = at_once(replies, second_within=0.01)
    assert (second.decision, second.delivery.status) == (None, "undelivered")


def test_a_verdict_that_left_in_a_call_stays(replies: Replies, dataworks: local.LocalDataWorks) -> None:
    """DataWorks may have got it, although no answer came back."""
    dataworks.hold(ID, "UpdateIDEEventResult")
    dataworks.plant(local.status(400, "InvalidParameter"))
    assert answer(replies, lambda: DENIED).delivery.status == "undelivered"
    second = answer(replies, lambda: ALLOWED)
    assert (second.decision, second.delivery.status, second.is_first) == (DENIED, "delivered", False)


def test_a_verdict_that_did_not_leave_is_decided_anew(dataworks: local.LocalDataWorks) -> None:
    environment = {"DATAWORKS_EXT_ENDPOINT": dataworks.endpoint}
    api = OpenApi(environment)
    api.attend(CONTEXT)
    replies = Replies(api)
    dataworks.hold(ID, "UpdateIDEEventResult")
    assert answer(replies, lambda: DENIED).delivery.problem is not None
    environment["DATAWORKS_EXT_CODE"] = local.EXTENSION_CODE
    assert answer(replies, lambda: ALLOWED).decision == ALLOWED


def test_an_id_that_another_event_has_is_answered_as_well(replies: Replies, dataworks: local.LocalDataWorks) -> None:
    dataworks.hold(ID, "UpdateIDEEventResult")
    answer(replies, lambda: DENIED)
    other = answer(replies, lambda: ALLOWED, MESSAGE._replace(event_code="freeze-node"))
    assert (other.decision, other.is_first) == (ALLOWED, True)
    assert [received.action for received in dataworks.requests] == [
        "UpdateIDEEventResult",
        "UpdateWorkbenchEventResult",
    ]


def test_a_policy_that_failed_is_not_asked_again_once_its_denial_left(dataworks: local.LocalDataWorks) -> None:
    """Two answers to one message could contradict each other."""
    operation = dataworks.hold(ID, "UpdateIDEEventResult")
    extension, attempts = Extension("guard"), iter([0, 1])

    @extension.policy("commit-file")
    def flaky(_event: Event) -> Outcome | None:
        return deny("No.") if 1 / next(attempts) else None

    function = Function(extension)
    replied = [json.loads(function.handler(eventbridge_message("commit-file", message_id=ID), CONTEXT)) for _ in "12"]
    assert replied[0] == replied[1]
    assert "could not be checked" in replied[0]["errorMessage"]
    assert operation.state == "Failed"


# Arrays


def committed(*ids: str) -> bytes:
    return json.dumps([json.loads(eventbridge_message("commit-file", message_id=one)) for one in ids]).encode()


def test_every_round_of_an_array_gets_further(
    dataworks: local.LocalDataWorks, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Calls that take more than an equal share of the time deliver what they can, in order; the rest is not tried."""
    ids = [f"m-{number}" for number in range(5)]
    for one in ids:
        dataworks.hold(one, "UpdateIDEEventResult")
    now = 1_000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    called: list[str] = []

    def call(_api: OpenApi, _operation: str, parameters: dict[str, str], until: float) -> dict[str, object]:
        nonlocal now
        now = min(now + 1.1, until)
        called.append(parameters["MessageId"])
        return {}

    monkeypatch.setattr(OpenApi, "call", call)
    function = Function(Extension("guard"))
    with pytest.raises(DeliveryError, match=r"2 of 5 replies: the reply to message m-3 .* the time was over before"):
        function.handler(committed(*ids), CONTEXT)
    assert deliveries(capsys) == ["delivered"] * 3 + ["undelivered"] * 2
    function.handler(committed(*ids), CONTEXT)
    assert deliveries(capsys) == ["repeated"] * 3 + ["delivered"] * 2
    assert called == ids


def deliveries(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return [json.loads(line)["delivery"] for line in capsys.readouterr().out.splitlines()]
