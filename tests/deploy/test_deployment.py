"""Deployments against the local cloud by the official clients: what they change, and what they leave alone."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from dataworks_ext.deploy.interpreters import RUNNING
from dataworks_ext.local import LocalFunctionCompute

from .conftest import EVENTS, INDEX, SECRET, Project, run, said
from .gateway import Fault, Gateway

pytestmark = pytest.mark.usefixtures("gateway")


def deploy(api: str, *options: str) -> dict[str, Any]:
    """What a deployment says it changed and did."""
    result = run("deploy", "--force", "--yes", "--json", "--api", api, *options)
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def changes(api: str, *options: str) -> list[str]:
    """What a deployment would change, by name."""
    return [change["what"] for change in deploy(api, "--dry-run", *options)["changes"]]


def verdict(api: str, *options: str) -> str:
    """What the deployed function says of a download."""
    result = run("invoke", "download-resources", "--remote", "--json", "--api", api, *options)
    return str(json.loads(result.stdout)["replies"][0]["checkResult"])


def versions(api: str) -> dict[str, str]:
    """Which versions answer what: `90%`, and `direct` behind it."""
    listed = json.loads(run("versions", "--json", "--api", api).stdout)
    return {one["version"]: f"{one['share']:.0%}{' direct' if one['direct'] else ''}" for one in listed}


def test_a_first_deployment_makes_everything_in_this_order(project: Project, api: str) -> None:
    assert deploy(api)["done"] == [
        "created function guard",
        "waited for the update",
        "probed it: it answers",
        "published a version",
        "moved alias live",
        "created bus workspaces",
        "put rule dataworks-ext-guard-1 of bus workspaces",
        "put rule dataworks-ext-guard-2 of bus workspaces",
    ]
    assert verdict(api) == "OK"
    assert verdict(api, "--qualifier", "live") == "OK"


def test_what_will_change_is_shown_before(project: Project) -> None:
    assert changes("3.0") == [
        *("function guard", "function guard: timeout", "function guard: memorySize"),
        *("function guard: instanceConcurrency", "function guard: runtime", "function guard: handler"),
        *("function guard: cpu", "function guard: instanceLifecycleConfig", "function guard: role"),
        *("function guard: variable SECRET_OF_MINE", "function guard: code", "version", "alias live"),
        *("bus workspaces", "rule dataworks-ext-guard-1 of bus workspaces"),
        "rule dataworks-ext-guard-2 of bus workspaces",
    ]


def test_the_plan_is_a_line_for_each_change(project: Project) -> None:
    """Those of one thing below it, values as s.yaml has them, events by their codes."""
    project.write_s_yaml({"LIMIT": "5"}, internetAccess=True)
    project.write_extension("commit-file")
    size = Path("dist/function.zip").stat().st_size
    shown = run("deploy", "--force", "--dry-run").stdout.splitlines()
    assert shown[0] == "function guard: created in Function Compute 3.0"
    assert {"  internetAccess: true", "  variable LIMIT: set", f"  code: {size} bytes of dist/function.zip"} < {*shown}
    assert "  instanceLifecycleConfig: initializer handler index.initializer, timeout 5" in shown
    assert shown[shown.index("alias live: the new version") :][:3] == [
        "alias live: the new version",
        "bus workspaces: created",
        "rule dataworks-ext-guard-1 of bus workspaces: created for commit-file",
    ]
    run("deploy", "--force", "--yes")
    project.write_s_yaml({}, timeout=20)
    assert run("deploy", "--force", "--dry-run").stdout.splitlines()[:3] == [
        "function guard",
        "  timeout: 10 → 20",
        "  variable LIMIT: set → removed",
    ]


def test_a_function_without_a_log_is_noted_before(project: Project) -> None:
    """`auto` is what Serverless Devs makes a project of, and not a log configuration."""
    project.write_s_yaml({}, logConfig="auto")
    shown = " ".join(run("deploy", "--force", "--yes", "--no-rules").stdout.split())
    assert "Note: the function has no log, so that no record is kept: deploy makes no log project" in shown
    assert shown.index("Note:") < shown.index("Done:")
    project.write_s_yaml({}, logConfig={"project": "p", "logstore": "l"})
    assert deploy("3.0", "--no-rules")["notes"] == []
    project.write_s_yaml({}, logConfig="auto")
    assert deploy("3.0", "--no-rules")["notes"] == []


def test_a_dry_run_touches_nothing(project: Project, gateway: Gateway, api: str) -> None:
    """By the calls that the cloud saw, before and after there is something."""
    changes(api)
    assert gateway.changing == []
    deploy(api)
    before = len(gateway.changing)
    project.write_package("FAIL")
    project.write_s_yaml({"LIMIT": "5"}, timeout=20)
    changes(api)
    assert len(gateway.changing) == before


def test_a_second_deployment_changes_nothing(project: Project, gateway: Gateway, api: str) -> None:
    deploy(api)
    before = len(gateway.changing)
    assert deploy(api)["changes"] == []
    assert len(gateway.changing) == before


def test_nothing_is_changed_that_nobody_confirmed(project: Project, gateway: Gateway) -> None:
    result = run("deploy", "--force")
    assert (result.exit_code, gateway.changing) == (2, [])
    assert "add --yes" in said(result)


def test_new_code_is_a_new_version(project: Project, api: str) -> None:
    deploy(api)
    project.write_package("FAIL")
    assert changes(api) == ["function guard: code", "version", "alias live"]
    deploy(api)
    assert (verdict(api), verdict(api, "--qualifier", "live")) == ("FAIL", "FAIL")
    assert versions(api) == {"2": "100% direct", "1": "0%"}


def test_a_changed_setting_is_shown_with_both_values(project: Project, api: str) -> None:
    deploy(api)
    project.write_s_yaml({"SECRET_OF_MINE": SECRET}, timeout=20)
    [changed, *_] = deploy(api)["changes"]
    assert changed == {"what": "function guard: timeout", "before": "10", "after": "20"}
    assert changes(api) == []


def test_a_changed_variable_is_named_without_its_value(project: Project, api: str) -> None:
    deploy(api)
    project.write_s_yaml({"SECRET_OF_MINE": "another-secret", "LIMIT": "5"})
    result = run("deploy", "--force", "--yes", "--api", api)
    assert "  variable LIMIT: set\n" in result.stdout
    assert "another-secret" not in result.output
    project.write_s_yaml({"LIMIT": "5"})
    assert changes(api)[0] == "function guard: variable SECRET_OF_MINE"


def test_no_secret_is_printed(
    project: Project,
    compute: LocalFunctionCompute,
    gateway: Gateway,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    api: str,
) -> None:
    """Neither by the command nor by the client, and not even where the cloud repeats what was sent."""
    caplog.set_level(logging.DEBUG)
    first, second = run("deploy", "--force", "--yes", "--api", api), run("deploy", "--force", "--json", "--api", api)
    project.write_s_yaml({"SECRET_OF_MINE": SECRET}, memorySize=1, description=SECRET)
    failed = run("deploy", "--force", "--yes", "--api", api)
    seen = "".join([first.output, second.output, failed.stderr, caplog.text, *capfd.readouterr()])
    assert (first.exit_code, second.exit_code, failed.exit_code) == (0, 0, 2)
    assert not any(secret in seen for secret in (SECRET, compute.access_key_secret, "authorization"))
    assert logging.root.manager.disable == 0


def test_a_version_says_its_code_and_commit(project: Project, api: str) -> None:
    deploy(api)
    [version] = json.loads(run("versions", "--json", "--api", api).stdout)
    assert len(version["digest"]) == 64
    assert (version["commit"], version["share"], version["direct"]) == ("", 1.0, True)
    assert version["published"].startswith("20")


def test_versions_are_a_table(project: Project) -> None:
    deploy("3.0")
    shown = run("versions").stdout
    assert "events 100%, direct" in shown
    assert max(map(len, shown.splitlines())) <= 80


def test_code_that_does_not_answer_is_taken_back(project: Project, api: str) -> None:
    """For direct invocations, which the new code would answer otherwise; nothing is published of it."""
    deploy(api)
    project.write_package("BROKEN")
    result = run("deploy", "--force", "--yes", "--api", api)
    assert result.exit_code == 2
    assert "the new code does not answer: not today. Version 1 was restored" in said(result)
    assert (verdict(api), versions(api)) == ("OK", {"1": "100% direct"})
    assert changes(api) == ["function guard: code", "version", "alias live"]


def test_a_function_that_was_there_before_is_kept_as_a_version(project: Project, compute: LocalFunctionCompute) -> None:
    """So that there is something to go back to."""
    run("deploy", "--force", "--yes", "--no-rules", "--alias", "other")
    project.write_package("FAIL")
    done = deploy("3.0", "--no-rules")["done"]
    assert done[0] == "published what was there before as a version"
    run("rollback", "1")
    assert verdict("3.0") == "OK"


def test_going_back_takes_settings_away_that_the_version_has_not(
    project: Project, compute: LocalFunctionCompute, api: str
) -> None:
    project.write_s_yaml({}, role=None, instanceLifecycleConfig=None)
    deploy(api)
    project.write_s_yaml({}, vpcConfig={"vpcId": "v", "vSwitchIds": ["s"], "securityGroupId": "g"})
    deploy(api)
    result = run("rollback", "--api", api)
    assert result.exit_code == 0, result.stderr
    assert versions(api) == {"2": "0%", "1": "100% direct"}


def test_a_function_that_was_made_from_a_folder_is_kept_as_well(
    project: Project, compute: LocalFunctionCompute, tmp_path: Path
) -> None:
    """As `dataworks-ext local` makes one."""
    folder = tmp_path / "code"
    folder.mkdir()
    folder.joinpath("index.py").write_text(INDEX.replace("VERDICT", "WARN"), encoding="utf-8")
    compute.create_function("guard", folder, timeout=5)
    project.write_extension("download-resources")
    deploy("3.0")
    assert verdict("3.0") == "OK"
    result = run("rollback")
    assert (result.exit_code, verdict("3.0")) == (0, "WARN"), result.stderr


def test_going_back_begins_when_the_code_is_here(project: Project, gateway: Gateway) -> None:
    deploy("3.0")
    project.write_package("FAIL")
    deploy("3.0")
    before = len(gateway.changing)
    gateway.plan = lambda call: Fault() if call.action == "GetFunctionCode" else None
    result = run("rollback")
    assert (result.exit_code, len(gateway.changing)) == (2, before)
    assert "get the code of function guard: there was no answer" in said(result)


def test_a_canary_answers_beside_the_old_version_until_it_is_promoted(project: Project, api: str) -> None:
    deploy(api)
    project.write_package("FAIL")
    done = deploy(api, "--canary", "50")
    assert done["changes"][-1]["after"] == "version 1, and the new version for 50%"
    assert versions(api) == {"2": "50% direct", "1": "50%"}
    assert changes(api, "--canary", "50") == []
    answers: set[str] = set()
    for _ in range(40):  # the same forty times is no chance
        answers.add(verdict(api, "--qualifier", "live"))
        if len(answers) == 2:
            break
    assert answers == {"OK", "FAIL"}
    assert run("promote", "--api", api).exit_code == 0
    assert versions(api) == {"2": "100% direct", "1": "0%"}


def test_a_canary_needs_something_beside_which_it_runs(project: Project) -> None:
    result = run("deploy", "--force", "--yes", "--canary", "10")
    assert (result.exit_code, "deploy without --canary first" in said(result)) == (2, True)
    deploy("3.0")
    result = run("promote")
    assert (result.exit_code, "has no canary" in said(result)) == (2, True)


def test_going_back_ends_a_canary(project: Project, api: str) -> None:
    deploy(api)
    project.write_package("FAIL")
    deploy(api, "--canary", "50")
    assert run("rollback", "--api", api).exit_code == 0
    assert versions(api) == {"2": "0%", "1": "100% direct"}
    assert verdict(api) == "OK"


def test_going_back_restores_code_settings_and_variables(project: Project, api: str) -> None:
    """For direct invocations as well, which call what is not published."""
    deploy(api)
    project.write_package("FAIL")
    project.write_s_yaml({"LIMIT": "5"}, timeout=20)
    deploy(api)
    result = run("rollback", "--api", api)
    assert result.stdout.splitlines()[-1] == "Version 1 answers."
    assert versions(api) == {"2": "0%", "1": "100% direct"}
    project.write_package("OK")
    project.write_s_yaml({"SECRET_OF_MINE": SECRET})
    assert changes(api) == []
    assert run("rollback", "2", "--api", api).exit_code == 0
    assert verdict(api) == "FAIL"


def test_what_was_rolled_back_can_be_deployed_again(project: Project, api: str) -> None:
    """Its version is there already."""
    deploy(api)
    project.write_package("FAIL")
    deploy(api)
    run("rollback", "--api", api)
    deploy(api)
    assert versions(api) == {"2": "100% direct", "1": "0%"}


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["9"], "there is no version 9"),
        ([], "there is no version before 1"),
        (["LATEST"], "there is no version LATEST"),
    ],
)
def test_a_version_that_is_not_there_is_said(project: Project, arguments: list[str], expected: str) -> None:
    deploy("3.0")
    result = run("rollback", *arguments)
    assert (result.exit_code, expected in said(result)) == (2, True)


# Rules


def rules(compute: LocalFunctionCompute, bus: str) -> dict[str, Any]:
    return {name: rule.pattern["type"] for name, rule in compute.events.rules(bus).items()}


def test_events_of_a_workspace_come_by_the_custom_bus(project: Project, compute: LocalFunctionCompute) -> None:
    """A rule has five types at most. What belongs to the tenant comes by the default bus as well."""
    project.write_extension("commit-file", *EVENTS, "download-resources")
    deploy("3.0")
    types = rules(compute, "workspaces")
    assert [len(types[f"dataworks-ext-guard-{number}"]) for number in (1, 2)] == [5, 3]
    assert rules(compute, "default") == {"dataworks-ext-guard-1": ["dataworks:ResourcesDownload:DownloadResources"]}


def test_without_a_custom_bus_everything_is_on_the_default_one(
    project: Project, compute: LocalFunctionCompute, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATAWORKS_EXT_EVENT_BUS")
    monkeypatch.setenv("DATAWORKS_EXT_TYPES_PER_RULE", "100")
    deploy("3.0")
    assert [len(types) for types in rules(compute, "default").values()] == [7]


@pytest.mark.parametrize(
    ("api", "endpoint"),
    [
        ("3.0", "acs:fc:cn-hangzhou:1234567890980001:functions/guard"),
        ("2.0", "acs:fc:cn-hangzhou:4711:services/guard.live/functions/guard"),
    ],
)
def test_the_target_is_the_alias_for_a_day(
    project: Project, compute: LocalFunctionCompute, monkeypatch: pytest.MonkeyPatch, api: str, endpoint: str
) -> None:
    if api == "2.0":
        monkeypatch.setenv("FC_ACCOUNT_ID", "4711")
    deploy(api, "--dead-letter-queue", "acs:mns:cn-hangzhou:1:/queues/undelivered")
    [(target, read)] = compute.events.rule("workspaces", "dataworks-ext-guard-1").targets.values()
    assert target["Endpoint"] == endpoint
    assert (read.qualifier, read.strategy) == ("live", "EXPONENTIAL_DECAY_RETRY")
    assert read.dead_letters == "acs:mns:cn-hangzhou:1:/queues/undelivered"


def test_the_endpoint_of_the_target_can_be_another(
    project: Project, compute: LocalFunctionCompute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The form without a service is a guess."""
    monkeypatch.setenv(
        "DATAWORKS_EXT_TARGET_ENDPOINT", "acs:fc:{region}:{account}:services/x.{alias}/functions/{function}"
    )
    monkeypatch.setenv("DATAWORKS_EXT_TARGET_SERVICE", "x")
    deploy("3.0")
    [(target, _)] = compute.events.rule("workspaces", "dataworks-ext-guard-1").targets.values()
    assert target["Endpoint"] == "acs:fc:cn-hangzhou:1234567890980001:services/x.live/functions/guard"
    parameters = target["ParamList"]
    assert isinstance(parameters, list)
    assert parameters[0]["Value"] == "x"
    assert changes("3.0") == []


def test_rules_follow_what_is_registered(project: Project, compute: LocalFunctionCompute) -> None:
    """What nobody handles any more is deleted."""
    deploy("3.0")
    project.write_extension("commit-file")
    assert changes("3.0") == [
        "rule dataworks-ext-guard-1 of bus workspaces",
        "rule dataworks-ext-guard-2 of bus workspaces",
    ]
    deploy("3.0")
    assert rules(compute, "workspaces") == {"dataworks-ext-guard-1": ["dataworks:FileChange:CommitFile"]}


def test_a_rule_that_somebody_changed_is_mended(project: Project, compute: LocalFunctionCompute) -> None:
    deploy("3.0")
    rule = compute.events.rule("workspaces", "dataworks-ext-guard-2")
    rule.enabled = False
    rule.targets.clear()
    assert changes("3.0") == ["rule dataworks-ext-guard-2 of bus workspaces"]
    deploy("3.0")
    assert (rule.enabled, len(rule.targets)) == (True, 1)


def test_an_extension_of_direct_events_needs_no_rules(project: Project, gateway: Gateway) -> None:
    project.write_extension("download-resources")
    deploy("3.0")
    assert not any("Rule" in action or "Bus" in action for action in gateway.changing)


# What the doctor finds


def test_a_problem_stops_the_deployment(project: Project, gateway: Gateway) -> None:
    project.write_s_yaml({"DATAWORKS_EXT_CODE": "c"}, role="", memorySize=1)
    result = run("deploy", "--yes")
    assert (result.exit_code, gateway.changing) == (1, [])
    assert "memorySize should be from 128 to 32768 MB" in said(result)
    assert "not deployed; solve the problems" in said(result)
    assert run("deploy", "--dry-run").exit_code == 0


def test_the_first_deployment_needs_no_extension_code(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """An extension has no code before it is registered; but one that the function has is not lost by oversight."""
    monkeypatch.setattr("dataworks_ext.deploy.checkup.RUNTIMES", (RUNNING,))
    monkeypatch.setenv("CODE", "")
    project.write_s_yaml({"DATAWORKS_EXT_CODE": "${env('CODE', '')}"}, code="./dist")
    result = run("deploy", "--yes")
    assert result.exit_code == 0, result.output
    assert "DATAWORKS_EXT_CODE is not set, so no reply is sent: register the extension" in said(result)
    monkeypatch.setenv("CODE", "c-1")
    assert run("deploy", "--yes").exit_code == 0
    monkeypatch.setenv("CODE", "")
    result = run("deploy", "--yes")
    assert (result.exit_code, "is not set, and the deployed function has it" in said(result)) == (1, True)


# What is said at the end


def test_the_values_for_the_console_are_printed(project: Project) -> None:
    project.write_extension("commit-file")
    shown = run("deploy", "--force", "--yes").stdout
    assert shown.splitlines()[-6:-1] == [
        "For the console of DataWorks (docs/en/production.md):",
        "  Region: cn-hangzhou",
        "  Event bus of the OpenEvent channel: workspaces",
        "  Events of the extension: commit-file",
        "  Extension code (DATAWORKS_EXT_CODE): not set; DataWorks shows it when the",
    ]


def test_the_output_fits_80_columns(project: Project) -> None:
    shown = run("deploy", "--force", "--yes").stdout
    assert max(map(len, shown.splitlines())) <= 80


def test_without_a_package_nothing_is_deployed(project: Project) -> None:
    Path("dist/function.zip").unlink()
    result = run("deploy", "--force", "--yes")
    assert (result.exit_code, "there is no package dist/function.zip" in said(result)) == (2, True)
