"""Questions of policies to DataWorks, which `context.ask` asks."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dataworks_ext import Extension, Outcome, PolicyContext, PolicyPack, Verdict, deny
from dataworks_ext.deploy.ram import ram_policy
from dataworks_ext.errors import RegistrationError
from dataworks_ext.events import Event
from dataworks_ext.openapi.api import OpenApi
from dataworks_ext.openapi.client import Client
from dataworks_ext.pack import NoSettings
from dataworks_ext.testing import decide, sample

BASIC_INFO = "GetMetaTableBasicInfo"
ANSWER = {"Data": {"IsPartitionTable": True}}

pack = PolicyPack("pack", asks=[BASIC_INFO])


@pack.policy("freeze-node")
def asks(_event: Event, context: PolicyContext[NoSettings]) -> Outcome:
    """Says what DataWorks answers."""
    return deny(str(context.ask(BASIC_INFO, TableGuid="odps.a.b")["Data"]))


@pack.policy("freeze-node")
def writes(_event: Event, context: PolicyContext[NoSettings]) -> None:
    """Asks what is no question."""
    context.ask("DeleteTable", TableName="a")


def test_a_policy_gets_the_answer() -> None:
    decision = decide(asks, sample("freeze-node"), answers={BASIC_INFO: ANSWER})
    assert decision.reasons[0].message == "{'IsPartitionTable': True}"


def test_of_several_answers_the_one_for_the_parameters_counts() -> None:
    others = [
        {"parameters": {"TableGuid": "odps.x.y"}, "answer": {"Data": "another"}},
        {"parameters": {"TableGuid": "odps.a.b"}, "answer": {"Data": "this"}},
    ]
    decision = decide(asks, sample("freeze-node"), answers={BASIC_INFO: others})
    assert decision.reasons[0].message == "this"


@pytest.mark.parametrize("answers", [{}, {BASIC_INFO: TimeoutError("no answer")}])
def test_a_question_without_an_answer_fails_the_policy(answers: Mapping[str, Exception]) -> None:
    decision = decide(asks, sample("freeze-node"), answers=answers)
    assert (decision.verdict, type(decision.reasons[0].error).__name__) == (Verdict.FAIL, "LookupFailedError")


def test_only_operations_that_read_can_be_asked() -> None:
    decision = decide(writes, sample("freeze-node"), answers={"DeleteTable": {}})
    assert "since they read" in str(decision.reasons[0].error)
    with pytest.raises(RegistrationError, match="'DeleteTable' cannot be asked"):
        PolicyPack("pack", asks=["DeleteTable"])


@pytest.mark.parametrize("owner", [PolicyPack("quiet"), Extension("quiet"), PolicyPack("quiet", asks=["GetTable"])])
def test_what_a_pack_does_not_name_its_policies_cannot_ask(owner: PolicyPack[NoSettings]) -> None:
    """Here as in production, where the function's role has the permissions that the packs name."""
    owner.policy("freeze-node")(asks)
    extension = owner if isinstance(owner, Extension) else Extension("rules", packs=[owner])
    (reason,) = decide(extension, sample("freeze-node"), answers={BASIC_INFO: ANSWER}).reasons
    assert (reason.verdict, type(reason.error).__name__) == (Verdict.FAIL, "PolicyError")
    assert str(reason.error) == (
        "pack quiet does not name GetMetaTableBasicInfo in its asks, from which the function's role gets its "
        'permissions; write asks=["GetMetaTableBasicInfo"]'
    )


def test_an_extension_of_one_file_names_what_it_asks() -> None:
    extension = Extension("rules", asks=[BASIC_INFO])
    extension.policy("freeze-node")(asks)
    assert decide(extension, sample("freeze-node"), answers={BASIC_INFO: ANSWER}).reasons[0].error is None
    assert "dataworks:GetMetaTableBasicInfo" in str(ram_policy(extension))


class CountingClient(Client):
    """Answers at once, and counts."""

    def __init__(self) -> None:
        self.calls = 0

    def call(self, action: str, parameters: Mapping[str, str | int], *, deadline: float) -> dict[str, object]:
        """The number of the call."""
        self.calls += 1
        return {"Data": self.calls}


def _asked_twice(keep: float, seconds: float) -> int:
    """How often DataWorks is called for two messages that ask the same, so many seconds apart."""
    client, now = CountingClient(), [100.0]
    api = OpenApi({"DATAWORKS_EXT_REGION": "cn-hangzhou"}, client=lambda _endpoint: client, clock=lambda: now[0])
    api.ask(BASIC_INFO, {"TableGuid": "odps.a.b"}, 1000.0, keep)
    now[0] += seconds
    api.ask(BASIC_INFO, {"TableGuid": "odps.a.b"}, 1000.0, keep)
    return client.calls


@pytest.mark.parametrize(("keep", "seconds", "calls"), [(0.0, 1.0, 2), (300.0, 299.0, 1), (300.0, 300.0, 2)])
def test_an_answer_is_kept_for_other_messages_as_long_as_the_policy_says(
    keep: float, seconds: float, calls: int
) -> None:
    assert _asked_twice(keep, seconds) == calls


def test_equal_questions_of_one_message_are_asked_once() -> None:
    twice = PolicyPack("twice", asks=[BASIC_INFO])
    answers: list[object] = []

    @twice.policy("freeze-node")
    @twice.policy("freeze-node", id="again")
    def ask(_event: Event, context: PolicyContext[NoSettings]) -> None:
        answers.append(context.ask(BASIC_INFO, TableGuid="odps.a.b"))

    decide(twice, sample("freeze-node"), answers={BASIC_INFO: ANSWER})
    assert len(answers) == 2
    assert answers[0] is answers[1]


def test_the_ram_policy_has_what_the_extension_needs_and_no_more() -> None:
    other = PolicyPack("other")
    other.policy("commit-file", "download-resources")(asks)
    assert ram_policy(Extension("x", packs=[pack, other])) == {
        "Version": "1",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "dataworks:GetIDEEventDetail",
                    "dataworks:GetMetaTableBasicInfo",
                    "dataworks:UpdateIDEEventResult",
                    "dataworks:UpdateWorkbenchEventResult",
                ],
                "Resource": "*",
            }
        ],
    }
