"""Where a deployment stops: what is said, what is left, and what the next run does. Nothing is left that answers wrong.

Before each fault, version 1 of code that says OK is deployed; the code that says FAIL is to follow it.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import NamedTuple

import pytest
from typer.testing import Result

from dataworks_ext.deploy import function_compute_2, official_client
from dataworks_ext.local import LocalFunctionCompute

from .conftest import Project, run, said
from .gateway import Fault, Gateway, Plan, refusal

pytestmark = pytest.mark.usefixtures("gateway")
LOST_BEFORE, LOST_AFTER = Fault(), Fault(done=True)


Command = Callable[..., Result]


@pytest.fixture
def command(api: str) -> Command:
    """A subcommand with arguments, for one of the APIs."""
    return lambda *arguments: run(*arguments, "--api", api)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls that were throttled are made again at once."""
    monkeypatch.setattr(official_client, "PAUSES", (0.0, 0.0))
    monkeypatch.setattr(function_compute_2, "RETRIES", 0)


def failing(action: str, fault: Fault, numbers: range = range(1, 100)) -> Plan:
    """The fault for some calls of an action, counted from 1."""
    return lambda call: fault if call.action.startswith(action) and call.number in numbers else None


def after(earlier: str, action: str, fault: Fault) -> Plan:
    """The fault for all calls of an action that come after another one."""
    return lambda call: fault if call.action == action and earlier in call.earlier else None


def verdicts(command: Command) -> tuple[str, str]:
    """What direct invocations and the alias say."""
    found = []
    for qualifier in ("", "live"):
        result = command("invoke", "download-resources", "--remote", "--json", "--qualifier", qualifier)
        found.append(json.loads(result.stdout)["replies"][0]["checkResult"] if result.exit_code < 2 else "")
    return found[0], found[1]


def deploy_new(command: Command, project: Project) -> None:
    """Deploy version 1 and prepare what follows: other code, and another event."""
    result = command("deploy", "--force", "--yes")
    assert result.exit_code == 0, result.output
    project.write_package("FAIL")
    project.write_extension("commit-file")


class Case(NamedTuple):
    """A fault."""

    plan: Plan
    said: str
    left: tuple[str, str]
    """What direct invocations and the alias say afterwards."""
    not_done: str
    """The first step that was not done."""


UPDATED = ("FAIL", "OK")
"""Direct invocations have the new code, which was probed; the alias still names version 1."""
REFUSALS = {
    (403, "AccessDenied", "no"): "update function guard: AccessDenied: not permitted; see docs/en/permissions.md",
    (413, "PayloadTooLarge", "no"): "PayloadTooLarge: the package is too large",
    (400, "InvalidArgument", "role acs:ram::1:role/guard does not exist"): (
        "InvalidArgument: role acs:ram::1:role/guard does not exist"
    ),
    (429, "ResourceExhausted", "no"): "the service asks for a pause, also after several attempts",
    (409, "ConcurrentUpdateError", "no"): "another deployment changes it at the same time",
}
"""What is said of an update that is refused."""
CASES = {
    "lost before the update": Case(
        failing("UpdateFunction", LOST_BEFORE),
        *("update function guard: there was no answer", ("OK", "OK"), "updated function guard"),
    ),
    "lost after the update": Case(
        failing("UpdateFunction", LOST_AFTER),
        *("update function guard: there was no answer", UPDATED, "updated function guard"),
    ),
    "lost while waiting": Case(
        after("UpdateFunction", "GetFunction", LOST_BEFORE),
        *("look up function guard: there was no answer", UPDATED, "waited for the update"),
    ),
    "lost before the version": Case(
        failing("PublishFunctionVersion", LOST_BEFORE),
        *("publish a version of function guard: there was no answer", UPDATED, "published a version"),
    ),
    "no permission for the alias": Case(
        failing("UpdateAlias", refusal(403, "AccessDenied")),
        *("move alias live of function guard: AccessDenied", UPDATED, "moved alias live"),
    ),
    "lost after the alias": Case(
        failing("UpdateAlias", LOST_AFTER),
        *("move alias live of function guard: there was no answer", ("FAIL", "FAIL"), "moved alias live"),
    ),
}
RULES = {
    "rules refused with status 200": Case(
        failing("UpdateRule", Fault(200, {"Code": "EventRuleQuotaExceed", "Message": "too many", "Success": False})),
        *("update rule dataworks-ext-guard-1: HTTP 200 EventRuleQuotaExceed: too many", ("FAIL", "FAIL")),
        "put rule dataworks-ext-guard-1 of bus workspaces",
    ),
    "lost between function and rules": Case(
        failing("UpdateRule", LOST_BEFORE),
        *("update rule dataworks-ext-guard-1: there was no answer", ("FAIL", "FAIL")),
        "put rule dataworks-ext-guard-1 of bus workspaces",
    ),
    "lost between rules": Case(
        failing("DeleteRule", LOST_AFTER),
        *("delete rule dataworks-ext-guard-2: there was no answer", ("FAIL", "FAIL")),
        "deleted rule dataworks-ext-guard-2 of bus workspaces",
    ),
}
"""Faults of EventBridge, whose rules are put by the same calls for both APIs."""


def test_updates_that_are_refused_change_nothing(command: Command, project: Project, gateway: Gateway) -> None:
    deploy_new(command, project)
    found = {}
    for refused, expected in REFUSALS.items():
        gateway.plan = failing("UpdateFunction", refusal(*refused))
        failed = command("deploy", "--force", "--yes")
        assert (failed.exit_code, "Not done: updated function guard" in said(failed)) == (2, True), failed.stderr
        found[refused] = expected in said(failed) or failed.stderr
    assert found == dict.fromkeys(REFUSALS, True)
    gateway.plan = lambda call: None
    assert verdicts(command) == ("OK", "OK")
    deploy_the_rest(command)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_fault_is_said_and_the_next_run_does_what_is_left(
    command: Command, project: Project, gateway: Gateway, case: Case
) -> None:
    check(command, project, gateway, case)


@pytest.mark.parametrize("case", RULES.values(), ids=RULES.keys())
def test_a_fault_of_rules_is_said_and_the_next_run_puts_them(project: Project, gateway: Gateway, case: Case) -> None:
    check(run, project, gateway, case)


def check(command: Command, project: Project, gateway: Gateway, case: Case) -> None:
    deploy_new(command, project)
    gateway.calls.clear()
    gateway.plan = case.plan
    failed = command("deploy", "--force", "--yes")
    assert (failed.exit_code, case.said in said(failed)) == (2, True), failed.stderr
    assert f"Not done: {case.not_done}" in said(failed)
    gateway.plan = lambda call: None
    assert verdicts(command) == case.left
    deploy_the_rest(command)


def deploy_the_rest(command: Command) -> None:
    again = command("deploy", "--force", "--yes")
    assert (again.exit_code, verdicts(command)) == (0, ("FAIL", "FAIL")), again.output
    assert "guard is as it should be" in command("deploy", "--force", "--yes").stdout


def test_what_was_done_and_what_was_not_is_json_as_well(command: Command, project: Project, gateway: Gateway) -> None:
    gateway.plan = failing("CreateAlias", LOST_BEFORE)
    shown = json.loads(command("deploy", "--force", "--yes", "--json").stdout)
    assert shown["done"] == [
        "created function guard",
        "waited for the update",
        "probed it: it answers",
        "published a version",
    ]
    assert shown["not_done"][:2] == ["moved alias live", "created bus workspaces"]


def test_throttling_that_ends_is_waited_for(
    command: Command, project: Project, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(function_compute_2, "RETRIES", 1)
    gateway.plan = failing("CreateFunction", refusal(503, "ResourceThrottled"), range(1, 2))
    assert command("deploy", "--force", "--yes").exit_code == 0
    assert gateway.changing.count("CreateFunction") == 2


def test_a_version_that_was_published_without_an_answer_is_not_published_twice(
    command: Command, project: Project, gateway: Gateway, compute: LocalFunctionCompute
) -> None:
    gateway.plan = failing("PublishFunctionVersion", LOST_AFTER)
    assert command("deploy", "--force", "--yes").exit_code == 0
    assert [one["version"] for one in json.loads(command("versions", "--json").stdout)] == ["1"]


def test_a_failed_update_is_said_with_its_reason(project: Project, gateway: Gateway) -> None:
    """2.0 has no such status: there an update is over when it is answered."""
    deploy_new(run, project)
    status = {"functionName": "guard", "lastUpdateStatus": "Failed", "lastUpdateStatusReason": "no such layer"}
    gateway.plan = after("UpdateFunction", "GetFunction", Fault(200, status))
    assert "the update of function guard failed: no such layer" in said(run("deploy", "--force", "--yes"))


@pytest.mark.parametrize("meanwhile", ["before the version", "before the alias"])
def test_two_deployments_at_once(command: Command, project: Project, gateway: Gateway, meanwhile: str) -> None:
    """One that finds other code in its version stops before the alias names it; the alias never names a mixture."""
    deploy_new(command, project)

    def other() -> None:
        gateway.plan = lambda call: None
        project.write_package("WARN")
        assert command("deploy", "--force", "--yes", "--no-rules").exit_code == 0
        project.write_package("FAIL")

    action = "PublishFunctionVersion" if meanwhile == "before the version" else "UpdateAlias"
    gateway.plan = failing(action, Fault(meanwhile=other))
    gateway.calls.clear()
    first = command("deploy", "--force", "--yes")
    if meanwhile == "before the version":
        assert first.exit_code == 2
        assert verdicts(command) == ("WARN", "WARN")
    else:
        assert first.exit_code == 0
        assert verdicts(command) == ("WARN", "FAIL")
        assert "direct" in command("versions").stdout
    assert command("deploy", "--force", "--yes").exit_code == 0
    assert verdicts(command) == ("FAIL", "FAIL")


# A name that something else has


def test_a_function_of_another_kind_is_not_overwritten(command: Command, project: Project, gateway: Gateway) -> None:
    assert command("deploy", "--force", "--yes", "--no-rules").exit_code == 0
    project.write_package("FAIL")
    project.write_s_yaml({}, handler="other.handler")
    before = len(gateway.changing)
    result = command("deploy", "--force", "--yes", "--no-rules")
    assert result.exit_code == 2
    assert "there is a function guard with the handler index.handler, which is something else" in said(result)
    assert len(gateway.changing) == before
    project.write_s_yaml({}, handler="index.initializer", instanceLifecycleConfig={})
    assert "updated function guard" in command("deploy", "--force", "--yes", "--take-over").stdout


def test_a_service_of_other_functions_is_not_changed(project: Project, gateway: Gateway) -> None:
    """Those of 2.0 share a role and a network."""
    first = run("deploy", "--force", "--yes", "--no-rules", "--api", "2.0", "--service", "shared")
    assert first.exit_code == 0
    project.write_s_yaml({}, functionName="other", role="acs:ram::1:role/other")
    result = run("deploy", "--force", "--yes", "--no-rules", "--api", "2.0", "--service", "shared")
    assert (result.exit_code, "UpdateService" in gateway.changing) == (2, False)
    assert "there is a service shared with another role, which may be for other functions" in said(result)


def test_a_function_whose_service_was_made_is_made_by_the_next_run(project: Project, gateway: Gateway) -> None:
    """The connection is lost between the service of 2.0 and its function."""
    gateway.plan = failing("CreateFunction", LOST_BEFORE)
    failed = run("deploy", "--force", "--yes", "--api", "2.0")
    assert "create function guard: there was no answer" in said(failed)
    gateway.plan = lambda call: None
    assert run("deploy", "--force", "--yes", "--api", "2.0").exit_code == 0
    assert gateway.changing.count("CreateService") == 1


def test_a_rule_of_another_target_is_not_overwritten(
    command: Command, project: Project, gateway: Gateway, compute: LocalFunctionCompute
) -> None:
    assert command("deploy", "--force", "--yes").exit_code == 0
    rule = compute.events.rule("workspaces", "dataworks-ext-guard-1")
    target, read = rule.targets["function"]
    rule.targets["function"] = ({**target, "Endpoint": "acs:fc:cn-hangzhou:1:functions/other"}, read)
    before = len(gateway.changing)
    result = command("deploy", "--force", "--yes")
    assert (result.exit_code, len(gateway.changing)) == (2, before)
    assert "the rule dataworks-ext-guard-1 of bus workspaces has another target" in said(result)
    assert command("deploy", "--force", "--yes", "--take-over").exit_code == 0


def test_a_package_that_is_too_large_is_refused_before_anything(
    command: Command, project: Project, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataworks_ext.deploy.deployment.LARGEST_PACKAGE", 10)
    assert "has more than 10 bytes" in said(command("deploy", "--force", "--yes"))
    assert gateway.changing == []


def test_code_whose_update_got_no_answer_is_probed_by_the_next_run(
    command: Command, project: Project, gateway: Gateway
) -> None:
    deploy_new(command, project)
    project.write_package("BROKEN")
    gateway.plan = failing("UpdateFunction", LOST_AFTER)
    command("deploy", "--force", "--yes")
    gateway.plan = lambda call: None
    assert "Version 1 was restored" in said(command("deploy", "--force", "--yes"))
    assert verdicts(command) == ("OK", "OK")


def test_a_restoration_that_fails_says_how_to_go_back(command: Command, project: Project, gateway: Gateway) -> None:
    """The new code does not answer, and the old one cannot be restored: what is left is said."""
    deploy_new(command, project)
    project.write_package("BROKEN")
    gateway.calls.clear()
    gateway.plan = failing("UpdateFunction", LOST_BEFORE, range(2, 100))
    failed = command("deploy", "--force", "--yes")
    assert "Run: dataworks-ext rollback 1" in said(failed)
    gateway.plan = lambda call: None
    assert command("rollback", "1").exit_code == 0
    assert verdicts(command) == ("OK", "OK")


@pytest.mark.parametrize("clears", [True, False])
def test_weights_that_the_service_keeps_are_noticed(
    command: Command, project: Project, gateway: Gateway, clears: bool
) -> None:
    """Whether an update without weights clears them is a guess: it is looked at, and tried in another way."""
    deploy_new(command, project)
    assert command("deploy", "--force", "--yes", "--canary", "50").exit_code == 0
    kept = {"aliasName": "live", "versionId": "2", "additionalVersionWeight": {"1": 0.5}}
    last = 2 if clears else 100
    gateway.calls.clear()
    gateway.plan = failing("GetAlias", Fault(200, kept), range(3, last + 2))
    result = command("promote")
    assert result.exit_code == (0 if clears else 2)
    assert clears or "alias live should name version 2, and names version 2, and version 1 for 50%" in said(result)
