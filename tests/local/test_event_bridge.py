"""EventBridge, called by the official client: what is published reaches the functions that rules name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alibabacloud_eventbridge20200401 import models
from alibabacloud_tea_openapi.exceptions import ClientException  # type: ignore[import-untyped]  # there are no stubs

from dataworks_ext.local import LocalFunctionCompute
from tests.cloud import event_client, without_proxies

from .functions import COVERAGE, PATIENCE, Lines, write_code

pytestmark = pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # the SDK asks so

_SOURCE = """
import json

attempts = []


def handler(event, context):
    told = json.loads(event)
    attempts.append(told["id"])
    print("got", told["id"], attempts.count(told["id"]), context.service.qualifier, told["aliyuneventbusname"])
    if told["data"].get("fails", 0) >= attempts.count(told["id"]):
        raise ValueError("not yet")
"""
_COMMITS = {"source": ["acs.dataworks"], "type": ["dataworks:FileChange:CommitFile"]}
_QUEUE = "acs:mns:cn-hangzhou:1:/queues/undelivered"


@pytest.fixture(autouse=True)
def _loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    without_proxies(monkeypatch)


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def compute(lines: Lines, tmp_path: Path) -> Iterator[LocalFunctionCompute]:
    pauses = {"BACKOFF_RETRY": (0.0,) * 3, "EXPONENTIAL_DECAY_RETRY": (0.0,) * 9}
    with LocalFunctionCompute(log=lines, retry_pauses=pauses) as compute:
        compute.create_function("f", write_code(tmp_path / "code", _SOURCE), environment=COVERAGE, timeout=20)
        yield compute


@pytest.fixture
def client(compute: LocalFunctionCompute) -> Any:
    client = event_client(compute)
    client.create_event_bus(models.CreateEventBusRequest(event_bus_name="workspaces"))
    return client


def target(**changes: object) -> dict[str, object]:
    return {
        "Id": "function",
        "Type": "acs.fc.function",
        "Endpoint": "acs:fc:cn-hangzhou:1:functions/f",
        "ParamList": [{"ResourceKey": "Body", "Form": "ORIGINAL"}],
        "PushRetryStrategy": "EXPONENTIAL_DECAY_RETRY",
        **changes,
    }


def create_rule(client: Any, *, pattern: object = _COMMITS, **changes: object) -> Any:
    request = models.CreateRuleRequest(
        event_bus_name="workspaces",
        rule_name="commits",
        filter_pattern=json.dumps(pattern),
        event_targets=[models.CreateRuleRequestEventTargets().from_map(target(**changes))],
    )
    return client.create_rule(request).body


def put_event(client: Any, bus: str = "workspaces", **data: object) -> None:
    event = models.PutEventsRequestEventList(
        id="e-1",
        source="acs.dataworks",
        type="dataworks:FileChange:CommitFile",
        spec_version="1.0",
        data=json.dumps(data),
    )
    answer = client.put_events(models.PutEventsRequest(event_bus_name=bus, event_list=[event])).body
    assert (answer.code, answer.data.failed_entry_count) == ("Success", 0)


def test_an_event_reaches_the_function_of_a_rule(client: Any, lines: Lines) -> None:
    assert create_rule(client).code == "Success"
    put_event(client)
    assert lines.wait("got e-1").text == "got e-1 1 LATEST workspaces"


def test_a_qualifier_of_the_target_is_invoked(client: Any, compute: LocalFunctionCompute) -> None:
    """There is no such alias, which is told."""
    parameters = [{"ResourceKey": "Qualifier", "Form": "CONSTANT", "Value": "live"}]
    create_rule(client, ParamList=parameters, DeadLetterQueue={"Arn": _QUEUE})
    put_event(client)
    assert compute.events.wait_until_idle(PATIENCE)
    [letter] = compute.events.dead_letters
    assert letter.problem.startswith("AliasNotFound")


@pytest.mark.parametrize(
    ("pattern", "reached"),
    [
        ({"source": ["acs.dataworks"]}, True),
        ({"type": [{"prefix": "dataworks:FileChange:"}]}, True),
        ({"type": [{"suffix": "DeployFile"}, "dataworks:FileChange:CommitFile"]}, True),
        ({"data": {"workspace": [1]}}, True),
        ({"data": {"workspace": [{"anything-but": [1]}]}}, False),
        ({"data": {"nothing": [{"exists": True}]}}, False),
        ({"source": ["acs.oss"]}, False),
        ({"type": ["dataworks:FileChange:DeployFile"]}, False),
        ({"type": ["dataworks:FileChange:CommitFile"], "source": ["acs.oss"]}, False),
    ],
)
def test_a_pattern_says_which_events_pass(
    client: Any, compute: LocalFunctionCompute, lines: Lines, pattern: object, reached: bool
) -> None:
    create_rule(client, pattern=pattern)
    put_event(client, workspace=1)
    assert compute.events.wait_until_idle(PATIENCE)
    assert any(line.text.startswith("got") for line in lines.lines) is reached


def test_rules_are_of_one_bus_only(client: Any, compute: LocalFunctionCompute, lines: Lines) -> None:
    create_rule(client)
    put_event(client, "default")
    assert compute.events.wait_until_idle(PATIENCE)
    assert not any(line.text.startswith("got") for line in lines.lines)


def test_what_fails_is_delivered_again(client: Any, lines: Lines) -> None:
    create_rule(client)
    put_event(client, fails=2)
    assert lines.wait("got e-1 3")


@pytest.mark.parametrize(("strategy", "attempts"), [("BACKOFF_RETRY", 4), ("EXPONENTIAL_DECAY_RETRY", 10)])
def test_what_never_succeeds_becomes_a_dead_letter(
    client: Any, compute: LocalFunctionCompute, lines: Lines, strategy: str, attempts: int
) -> None:
    create_rule(client, PushRetryStrategy=strategy, DeadLetterQueue={"Arn": _QUEUE})
    put_event(client, fails=100)
    assert compute.events.wait_until_idle(PATIENCE)
    [letter] = compute.events.dead_letters
    assert (letter.queue, letter.event["id"], letter.problem) == (_QUEUE, "e-1", "not yet")
    assert sum(line.text.startswith("got") for line in lines.lines) == attempts


def test_a_rule_is_shown_with_its_targets(client: Any) -> None:
    """With a parameter that EventBridge adds; a list of targets leaves out retries and dead letters."""
    create_rule(client, DeadLetterQueue={"Arn": _QUEUE})
    shown = client.get_rule(models.GetRuleRequest(event_bus_name="workspaces", rule_name="commits")).body.data
    [one] = shown.targets
    assert (one.push_retry_strategy, one.dead_letter_queue.arn) == ("EXPONENTIAL_DECAY_RETRY", _QUEUE)
    assert [parameter.resource_key for parameter in one.param_list] == ["Body", "IsBase64Encode"]
    request = models.ListTargetsRequest(event_bus_name="workspaces", rule_name="commits")
    assert "DeadLetterQueue" not in client.list_targets(request).body.data.targets[0].to_map()


def test_the_life_of_a_rule(client: Any, compute: LocalFunctionCompute, lines: Lines) -> None:
    create_rule(client)
    named = {"event_bus_name": "workspaces", "rule_name": "commits"}
    client.disable_rule(models.DisableRuleRequest(**named))
    put_event(client)
    assert compute.events.wait_until_idle(PATIENCE)
    pattern = json.dumps({"source": ["acs.dataworks"]})
    client.update_rule(models.UpdateRuleRequest(filter_pattern=pattern, **named))
    client.enable_rule(models.EnableRuleRequest(**named))
    listed = client.list_rules(models.ListRulesRequest(event_bus_name="workspaces", rule_name_prefix="com")).body
    assert [(rule.rule_name, rule.status, rule.filter_pattern) for rule in listed.data.rules] == [
        ("commits", "ENABLE", pattern)
    ]
    client.delete_targets(models.DeleteTargetsRequest(target_ids=["function"], **named))
    client.delete_rule(models.DeleteRuleRequest(**named))
    assert client.get_rule(models.GetRuleRequest(**named)).body.code == "EventRuleNotExisted"
    assert not any(line.text.startswith("got") for line in lines.lines)


def test_a_failure_does_not_raise(client: Any) -> None:
    """HTTP 200 with `Success: false`; of targets, entries."""
    create_rule(client)
    assert create_rule(client).code == "EventRuleExisted"
    wrong = models.PutTargetsRequestTargets().from_map(target(Endpoint="acs:mns:1"))
    request = models.PutTargetsRequest(event_bus_name="workspaces", rule_name="commits", targets=[wrong])
    answer = client.put_targets(request).body
    assert (answer.success, answer.data.error_entries_count) == (True, 1)
    assert client.get_event_bus(models.GetEventBusRequest(event_bus_name="nowhere")).body.code == "EventBusNotExist"


def test_a_wrong_secret_is_refused(compute: LocalFunctionCompute) -> None:
    with pytest.raises(ClientException) as raised:
        event_client(compute, "wrong").get_event_bus(models.GetEventBusRequest(event_bus_name="default"))
    assert raised.value.status_code == 403
