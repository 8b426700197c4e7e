"""Over HTTP, every event of DataWorks through EventBridge: what is waited for is answered, as its policies chose."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Final

import pytest

from dataworks_ext import Extension, Outcome, deny, warn
from dataworks_ext.delivery import DeliveryError
from dataworks_ext.events import Event, catalog
from dataworks_ext.function import Function
from dataworks_ext.testing import FunctionContext, eventbridge_message
from dataworks_ext.testing.contexts import ContextCredentials, FunctionMeta
from tests import dataworks as local

MESSAGE_ID: Final = "539fd8f4-4ea1-4625-aa8b-6c9066740001"
POINTS: Final = [code for code, entry in catalog.items() if entry.extension_point]
REGULAR: Final = [code for code, entry in catalog.items() if not entry.extension_point]
CONTEXT: Final = FunctionContext(
    credentials=ContextCredentials(local.ACCESS_KEY_ID, local.ACCESS_KEY_SECRET, local.SECURITY_TOKEN)
)
OUTCOMES: Final = {"OK": None, "WARN": warn("Think again."), "FAIL": deny("Not like this.")}


def function_that_says(outcome: Outcome | None, code: str) -> tuple[Function, list[Event]]:
    """A function with one policy and one observer on the event, and what the policy saw."""
    extension = Extension("guard")
    seen: list[Event] = []

    def rule(event: Event) -> Outcome | None:
        seen.append(event)
        return outcome

    if catalog[code].extension_point:
        extension.policy(code)(rule)
    extension.observer(code, id="watch")(seen.append)
    return Function(extension), seen


def replied(reply: str) -> str:
    """The verdict of a reply."""
    verdict: str = json.loads(reply)["checkResult"]
    return verdict


def test_there_are_33_of_them() -> None:
    assert len(POINTS) == 33


@pytest.mark.parametrize("verdict", OUTCOMES)
@pytest.mark.parametrize("code", POINTS)
def test_an_extension_point_ends_as_its_policy_chose(code: str, verdict: str, dataworks: local.LocalDataWorks) -> None:
    """The state of the operation in DataWorks, and the text that the person sees."""
    operation = dataworks.hold(MESSAGE_ID, catalog[code].operation or "")
    function, seen = function_that_says(OUTCOMES[verdict], code)
    reply = function.handler(eventbridge_message(code, message_id=MESSAGE_ID), CONTEXT)
    assert replied(reply) == verdict
    assert [type(event).__name__ for event in seen] == [type(seen[0]).__name__] * 2  # the policy's, the observer's
    assert operation.state == ("Failed" if verdict == "FAIL" else "Passed")
    assert operation.text == {"OK": "OK", "WARN": "Think again.", "FAIL": "Not like this."}[verdict]


@pytest.mark.parametrize("code", POINTS)
def test_operation_center_takes_a_warning_as_ok_and_the_others_as_a_warning(
    code: str, dataworks: local.LocalDataWorks
) -> None:
    operation = dataworks.hold(MESSAGE_ID, catalog[code].operation or "")
    function, _ = function_that_says(warn("Think again."), code)
    function.handler(eventbridge_message(code, message_id=MESSAGE_ID), CONTEXT)
    assert operation.result == ("OK" if catalog[code].module == "Operation Center" else "WARN")


@pytest.mark.parametrize("code", REGULAR)
def test_a_regular_event_stays_unanswered(code: str, dataworks: local.LocalDataWorks) -> None:
    """Its observers are told."""
    function, seen = function_that_says(None, code)
    function.handler(eventbridge_message(code, message_id=MESSAGE_ID), CONTEXT)
    assert len(seen) == 1
    assert dataworks.requests == []


@pytest.mark.parametrize("code", POINTS)
def test_an_extension_point_that_nobody_waits_for_stays_unanswered(code: str, dataworks: local.LocalDataWorks) -> None:
    """It came after the operation, as a notification."""
    function, seen = function_that_says(deny("Too late."), code)
    function.handler(eventbridge_message(code, message_id=MESSAGE_ID, blockBusiness=False), CONTEXT)
    assert len(seen) == 1
    assert dataworks.requests == []


def test_an_unknown_code_is_answered_where_the_message_says_that_it_blocks(dataworks: local.LocalDataWorks) -> None:
    """It gets the extension's default."""
    operation = dataworks.hold(MESSAGE_ID, "CallbackExtension")
    message = json.dumps(
        {"id": MESSAGE_ID, "source": "acs.dataworks", "type": "dataworks:Moon:Landing", "data": {"blockBusiness": True}}
    )
    Function(Extension("guard", default="deny")).handler(message.encode(), CONTEXT)
    assert operation.state == "Failed"


def test_an_unknown_code_without_a_flag_is_not_answered(dataworks: local.LocalDataWorks) -> None:
    """It may be a notification, such as review-file once was; an answer to one is refused, and redelivered for ever."""
    data = {"eventCode": "review-file", "tenantId": 1}
    message = {"id": MESSAGE_ID, "source": "acs.dataworks", "type": "dataworks:FileChange:ReviewFile", "data": data}
    Function(Extension("guard", default="deny")).handler(json.dumps(message).encode(), CONTEXT)
    assert dataworks.requests == []


def test_data_that_contradict_the_type_are_denied_by_the_operation_of_the_type(
    dataworks: local.LocalDataWorks, capsys: pytest.CaptureFixture[str]
) -> None:
    operation = dataworks.hold(MESSAGE_ID, "UpdateIDEEventResult")
    function, seen = function_that_says(None, "commit-file")
    function.handler(eventbridge_message("commit-file", message_id=MESSAGE_ID, eventCode="freeze-node"), CONTEXT)
    assert operation.state == "Failed"
    assert seen == []
    assert "data.eventCode is" in json.loads(capsys.readouterr().out)["problem"]


def test_a_message_of_somebody_else_is_refused_and_unanswered(dataworks: local.LocalDataWorks) -> None:
    message = json.dumps({"id": MESSAGE_ID, "source": "acs.oss", "type": "oss:ObjectCreated:PutObject", "data": {}})
    assert replied(Function(Extension("guard")).handler(message.encode(), CONTEXT)) == "FAIL"
    assert dataworks.requests == []


def test_an_array_is_answered_one_by_one(dataworks: local.LocalDataWorks) -> None:
    """What is no message costs no other its answer."""
    codes = ["commit-file", "freeze-node", "delete-project", "project-deleted"]
    held = {code: dataworks.hold(f"m-{code}", catalog[code].operation or "") for code in codes[:3]}
    extension = Extension("guard")
    extension.policy("*", id="no_projects")(
        lambda event: deny("Not this one.") if event.event_code == "delete-project" else None
    )
    messages = [json.loads(eventbridge_message(code, message_id=f"m-{code}")) for code in codes]
    replies = Function(extension).handler(json.dumps([5, *messages]).encode(), CONTEXT)
    assert [reply["checkResult"] for reply in json.loads(replies)] == ["FAIL", "OK", "OK", "FAIL", "OK"]
    assert [operation.state for operation in held.values()] == ["Passed", "Passed", "Failed"]


def test_a_message_without_an_id_is_recorded_loudly_and_not_redelivered(
    dataworks: local.LocalDataWorks, capsys: pytest.CaptureFixture[str]
) -> None:
    message = json.loads(eventbridge_message("commit-file"))
    del message["id"]
    function, _ = function_that_says(None, "commit-file")
    assert replied(function.handler(json.dumps(message).encode(), CONTEXT)) == "OK"
    record = json.loads(capsys.readouterr().out)
    assert record["delivery"] == "unanswerable"
    assert record["problem"] == "the message has no id, so there is no way to reply; DataWorks goes on waiting"
    assert dataworks.requests == []


def test_an_answer_that_dataworks_refuses_ends_the_invocation_with_an_error(
    dataworks: local.LocalDataWorks, capsys: pytest.CaptureFixture[str]
) -> None:
    """So the trigger delivers the message again."""
    function, _ = function_that_says(None, "commit-file")
    dataworks.plant(local.status(403, "Forbidden.Access"))
    with pytest.raises(DeliveryError, match=f"the reply to message {MESSAGE_ID} could not be delivered: .*Enterprise"):
        function.handler(eventbridge_message("commit-file", message_id=MESSAGE_ID), CONTEXT)
    record = json.loads(capsys.readouterr().out)
    assert record["delivery"] == "undelivered"
    assert "Enterprise" in record["problem"]
    assert local.ACCESS_KEY_SECRET not in str(record)


def test_the_others_of_an_array_are_answered_before_the_error(dataworks: local.LocalDataWorks) -> None:
    operation = dataworks.hold("m-2", "UpdateIDEEventResult")
    function, _ = function_that_says(deny("Not like this."), "commit-file")
    dataworks.plant(local.status(400, "InvalidParameter"))
    messages = [json.loads(eventbridge_message("commit-file", message_id=f"m-{number}")) for number in (1, 2)]
    with pytest.raises(DeliveryError, match="1 of 2 replies: the reply to message m-1 "):
        function.handler(json.dumps(messages).encode(), CONTEXT)
    assert operation.state == "Failed"


def test_a_message_that_comes_again_gets_the_decision_it_got(dataworks: local.LocalDataWorks) -> None:
    """Its policies are not asked again, nor its observers told, and the reply is delivered now."""
    operation = dataworks.hold(MESSAGE_ID, "UpdateIDEEventResult")
    function, seen = function_that_says(deny("Not like this."), "commit-file")
    message = eventbridge_message("commit-file", message_id=MESSAGE_ID)
    dataworks.plant(local.status(400, "InvalidParameter"))
    with pytest.raises(DeliveryError):
        function.handler(message, CONTEXT)
    assert replied(function.handler(message, CONTEXT)) == "FAIL"
    assert operation.state == "Failed"
    assert len(seen) == 2


def test_what_was_delivered_is_not_sent_again(
    dataworks: local.LocalDataWorks, capsys: pytest.CaptureFixture[str]
) -> None:
    dataworks.hold(MESSAGE_ID, "UpdateIDEEventResult")
    function, _ = function_that_says(None, "commit-file")
    message = eventbridge_message("commit-file", message_id=MESSAGE_ID)
    assert function.handler(message, CONTEXT) == function.handler(message, CONTEXT)
    assert len(dataworks.requests) == 1
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [record["delivery"] for record in records] == ["delivered", "repeated"]


def test_a_failure_is_not_remembered(dataworks: local.LocalDataWorks) -> None:
    """The policy may do better when the message comes again."""
    dataworks.hold(MESSAGE_ID, "UpdateIDEEventResult")
    extension, attempts = Extension("guard"), iter([1, 0])
    extension.policy("commit-file", id="flaky")(lambda _event: deny("No.") if 1 / next(attempts) else None)
    function = Function(extension)
    first = function.handler(eventbridge_message("commit-file", message_id=MESSAGE_ID), CONTEXT)
    assert json.loads(first)["errorMessage"] == "No."
    other = eventbridge_message("commit-file", message_id="m-2")
    dataworks.hold("m-2", "UpdateIDEEventResult")
    assert "could not be checked" in json.loads(function.handler(other, CONTEXT))["errorMessage"]
    with pytest.raises(StopIteration):
        next(attempts)
    assert "could not be checked" in json.loads(function.handler(other, CONTEXT))["errorMessage"]


def test_a_framework_that_fails_denies_by_a_call(
    dataworks: local.LocalDataWorks, monkeypatch: pytest.MonkeyPatch
) -> None:
    operation = dataworks.hold(MESSAGE_ID, "UpdateIDEEventResult")
    function, _ = function_that_says(None, "commit-file")
    monkeypatch.setattr(function.extension, "decide", None)
    reply = function.handler(eventbridge_message("commit-file", message_id=MESSAGE_ID), CONTEXT)
    assert replied(reply) == "FAIL"
    assert operation.state == "Failed"


@pytest.mark.untraced  # an interruption inside the tracer of coverage leaves it locked for good
def test_policies_leave_time_for_the_call(dataworks: local.LocalDataWorks) -> None:
    """A policy that would take all the time is interrupted, and the answer is delivered."""
    operation = dataworks.hold(MESSAGE_ID, "UpdateIDEEventResult")
    extension = Extension("guard")

    @extension.policy("commit-file")
    def endless(_event: Event) -> None:
        while True:
            pass

    context = replace(CONTEXT, function=FunctionMeta(timeout=1))
    reply = Function(extension).handler(eventbridge_message("commit-file", message_id=MESSAGE_ID), context)
    assert "could not be checked" in json.loads(reply)["errorMessage"]
    assert operation.state == "Failed"
