"""Whatever DataWorks does, the handler ends in its time, tells what became of the reply, and delivers it later."""

from __future__ import annotations

import json
import time
from typing import Final

import pytest
from pydantic import BaseModel

import dataworks_ext.openapi.pool  # noqa: F401 - a first call loads it, which would take of the time of a test
from dataworks_ext import Extension, Outcome, PolicyContext, deny
from dataworks_ext.delivery import DeliveryError
from dataworks_ext.events import DeleteProject
from dataworks_ext.function import Function
from dataworks_ext.testing import FunctionContext, eventbridge_message, sample
from dataworks_ext.testing.contexts import ContextCredentials, FunctionMeta
from tests.dataworks import ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN, LocalDataWorks
from tests.misbehaviours import MISBEHAVIOURS, Misbehaviour

pytestmark = [
    pytest.mark.untraced,  # an interruption inside the tracer of coverage leaves it locked for good
    # An interruption can hit the line that closes a connection, which then closes as nobody has it any more.
    pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning"),
]

MESSAGE_ID: Final = "539fd8f4-4ea1-4625-aa8b-6c9066740001"
MESSAGE: Final = eventbridge_message("delete-project", message_id=MESSAGE_ID)
TIMEOUT: Final = 0.3
"""Seconds that the platform gives the function: a tenth of its own default."""
TRICKLES: Final = [each for each in MISBEHAVIOURS if each.name.startswith("trickles")]
TOLERANCE: Final = 0.6
"""Seconds by which a busy machine may be late."""


def _context(timeout: float) -> FunctionContext:
    return FunctionContext(
        function=FunctionMeta(timeout=str(timeout)),
        credentials=ContextCredentials(ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN),
    )


def _function(decided: list[DeleteProject], *, asks: bool = False) -> Function:
    """A function that denies, after it asked for the workspace's options if it is to."""
    extension = Extension("guard")

    @extension.policy(DeleteProject)
    def keep(event: DeleteProject, context: PolicyContext[BaseModel]) -> Outcome:
        decided.append(event)
        return deny(f"Not with {dict(context.options)}." if asks else "Not this one.")

    return Function(extension)


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Loads what the first message of a process loads, which would take of the time of a test."""
    _function([]).extension.decide(sample("delete-project"))


def _those(*outcomes: str) -> pytest.MarkDecorator:
    found = [each for each in MISBEHAVIOURS if each.outcome in outcomes]
    return pytest.mark.parametrize("misbehaviour", found, ids=[each.name for each in found])


def _delivery(output: str) -> str:
    record = json.loads(output.splitlines()[-1])
    return f"{record['delivery']}"


@_those("answered", "tried again")
def test_a_reply_gets_through_what_passes(
    dataworks: LocalDataWorks, capsys: pytest.CaptureFixture[str], misbehaviour: Misbehaviour
) -> None:
    dataworks.hold(MESSAGE_ID, "CallbackExtension")
    dataworks.plant(misbehaviour.fault)
    reply = json.loads(_function([]).handler(MESSAGE, _context(10)))
    assert (reply["checkResult"], _delivery(capsys.readouterr().out)) == ("FAIL", "delivered")


@_those("refused", "late")
def test_a_reply_that_was_lost_is_delivered_with_the_next_delivery_of_the_message(
    dataworks: LocalDataWorks, capsys: pytest.CaptureFixture[str], misbehaviour: Misbehaviour
) -> None:
    operation = dataworks.hold(MESSAGE_ID, "CallbackExtension")
    decided: list[DeleteProject] = []
    function = _function(decided)
    dataworks.plant(misbehaviour.fault)
    began = time.monotonic()
    with pytest.raises(DeliveryError):
        function.handler(MESSAGE, _context(TIMEOUT))
    assert time.monotonic() - began < TIMEOUT + TOLERANCE
    assert (_delivery(capsys.readouterr().out), operation.state) == ("undelivered", "Checking")
    function.handler(MESSAGE, _context(10))
    assert (_delivery(capsys.readouterr().out), operation.state, len(decided)) == ("delivered", "Failed", 1)


@pytest.mark.parametrize("misbehaviour", TRICKLES, ids=[each.name for each in TRICKLES])
def test_a_lookup_that_never_ends_leaves_time_for_the_reply(
    dataworks: LocalDataWorks, capsys: pytest.CaptureFixture[str], misbehaviour: Misbehaviour
) -> None:
    operation = dataworks.hold(MESSAGE_ID, "CallbackExtension")
    dataworks.plant(misbehaviour.fault)
    began = time.monotonic()
    _function([], asks=True).handler(MESSAGE, _context(TIMEOUT))
    assert time.monotonic() - began < TIMEOUT + TOLERANCE
    assert (_delivery(capsys.readouterr().out), operation.state) == ("delivered", "Failed")
