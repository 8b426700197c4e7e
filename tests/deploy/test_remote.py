"""Creating and updating a function with the client of Function Compute 2.0, against the local one."""

from __future__ import annotations

import json
import logging
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dataworks_ext.cli._app import app
from dataworks_ext.deploy.remote import Change, Remote, RemoteError, wanted_of
from dataworks_ext.deploy.s_yaml import Manifest, read_s_yaml
from dataworks_ext.local import LocalFunctionCompute

_INDEX = """
import json
import os


def initializer(context):
    print("started with", os.environ.get("SECRET_OF_MINE"))


def handler(event, context):
    if os.environ.get("BROKEN"):
        raise ValueError("not today")
    return json.dumps({"checkResult": "VERDICT", "errorMessage": os.environ.get("LIMIT", "")})
"""
_SECRET = "swordfish-4711"


@pytest.fixture
def compute(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalFunctionCompute]:
    """Function Compute, which the environment names with its credentials."""
    with LocalFunctionCompute() as running:
        monkeypatch.setenv("FC_ENDPOINT", running.endpoint)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", running.access_key_id)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", running.access_key_secret)
        monkeypatch.delenv("ALIBABA_CLOUD_SECURITY_TOKEN", raising=False)
        yield running


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A project with s.yaml and a package, as the current folder."""
    monkeypatch.chdir(tmp_path)
    write_s_yaml({"SECRET_OF_MINE": _SECRET})
    write_package("OK")


def write_s_yaml(variables: Mapping[str, str], **props: Any) -> None:
    function = {
        "functionName": "guard",
        "region": "cn-hangzhou",
        "runtime": "python3.11",
        "handler": "index.handler",
        "instanceLifecycleConfig": {"initializer": {"handler": "index.initializer", "timeout": 5}},
        "timeout": 10,
        "role": "acs:ram::1:role/guard",
        "environmentVariables": dict(variables),
        **props,
    }
    Path("s.yaml").write_text(json.dumps({"resources": {"guard": {"component": "fc3", "props": function}}}))


def write_package(verdict: str) -> None:
    Path("dist").mkdir(exist_ok=True)
    with zipfile.ZipFile("dist/function.zip", "w") as package:
        package.writestr("index.py", _INDEX.replace("VERDICT", verdict))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def changes() -> list[str]:
    """What a deployment would change, by name."""
    result = run("deploy", "--dry-run", "--json")
    assert result.exit_code == 0, result.output
    return [change["what"] for change in json.loads(result.stdout)]


def deploy() -> Result:
    result = run("deploy")
    assert result.exit_code == 0, result.output
    return result


def verdict() -> str:
    """What the deployed function says of a download."""
    result = run("invoke", "download-resources", "--remote", "--json")
    return str(json.loads(result.stdout)["replies"][0]["checkResult"])


def test_a_first_deployment_creates_service_and_function(compute: LocalFunctionCompute) -> None:
    shown = deploy().stdout
    assert "service guard" in shown
    assert shown.splitlines()[-1] == "Deployed guard in service guard."
    assert verdict() == "OK"


def test_what_will_change_is_shown_before(compute: LocalFunctionCompute) -> None:
    assert changes() == [
        *("service guard", "service guard: role", "function guard", "function guard: description"),
        *("function guard: runtime", "function guard: handler", "function guard: timeout"),
        *("function guard: memorySize", "function guard: instanceConcurrency", "function guard: initializer"),
        *("function guard: initializationTimeout", "function guard: variable SECRET_OF_MINE", "function guard: code"),
    ]


def test_a_dry_run_changes_nothing(compute: LocalFunctionCompute) -> None:
    run("deploy", "--dry-run")
    assert "function guard" in changes()


def test_a_second_deployment_changes_nothing(compute: LocalFunctionCompute) -> None:
    deploy()
    assert changes() == []
    assert deploy().stdout == "guard is as it should be.\n"


def test_new_code_is_deployed(compute: LocalFunctionCompute) -> None:
    deploy()
    write_package("FAIL")
    assert changes() == ["function guard: code"]
    deploy()
    assert verdict() == "FAIL"
    assert changes() == []


def test_a_changed_variable_is_named_without_its_value(compute: LocalFunctionCompute) -> None:
    deploy()
    write_s_yaml({"SECRET_OF_MINE": "another", "LIMIT": "5"})
    shown = deploy().stdout
    assert "function guard: variable LIMIT" in shown
    assert "another" not in shown
    write_s_yaml({"LIMIT": "5"})
    assert changes() == ["function guard: variable SECRET_OF_MINE"]


def test_a_changed_setting_is_shown_with_both_values(compute: LocalFunctionCompute) -> None:
    deploy()
    write_s_yaml({"SECRET_OF_MINE": _SECRET}, timeout=20)
    result = run("deploy", "--json")
    assert json.loads(result.stdout) == [Change("function guard: timeout", "10", "20")._asdict()]


def test_a_service_may_have_a_name_of_its_own(compute: LocalFunctionCompute) -> None:
    result = run("deploy", "--service", "governance")
    assert result.stdout.splitlines()[-1] == "Deployed guard in service governance."
    assert run("invoke", "download-resources", "--remote", "--service", "governance").exit_code == 0


def test_no_secret_is_printed(
    compute: LocalFunctionCompute, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither by the command nor by the client, which would log the headers of what fails."""
    caplog.set_level(logging.DEBUG)
    first, second = deploy(), run("deploy", "--json")
    failed = run("invoke", "download-resources", "--remote", "--service", "nowhere")
    seen = "".join([first.output, second.output, failed.output, caplog.text, *capfd.readouterr()])
    assert failed.exit_code == 2
    assert not any(secret in seen for secret in (_SECRET, compute.access_key_secret, "authorization"))


def test_logging_is_as_it_was_afterwards(compute: LocalFunctionCompute) -> None:
    deploy()
    assert logging.root.manager.disable == 0


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"}, "SignatureNotMatch: check the access key and its permissions"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}, "ALIBABA_CLOUD_ACCESS_KEY_SECRET are not set"),
        ({"FC_ENDPOINT": ""}, "whose Function Compute? Set FC_ACCOUNT_ID to the account's id, or name an --endpoint"),
    ],
)
def test_a_deployment_that_is_refused_ends_with_2(
    changed: Mapping[str, str], said: str, compute: LocalFunctionCompute, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    result = run("deploy")
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_a_setting_that_cannot_be_is_named(compute: LocalFunctionCompute) -> None:
    write_s_yaml({}, memorySize=1)
    result = run("deploy")
    assert result.exit_code == 2
    assert "HTTP 400 InvalidArgument" in " ".join(result.stderr.split())


def test_without_a_package_nothing_is_deployed(compute: LocalFunctionCompute) -> None:
    Path("dist/function.zip").unlink()
    result = run("deploy")
    assert result.exit_code == 2
    assert "there is no package dist/function.zip; build it: dataworks-ext package" in " ".join(result.stderr.split())


def test_a_function_error_is_shown_with_the_log(compute: LocalFunctionCompute) -> None:
    write_s_yaml({"BROKEN": "yes"})
    deploy()
    result = run("invoke", "download-resources", "--remote")
    assert result.exit_code == 2
    assert "the function gave no answer: not today" in result.stderr
    assert "ValueError: not today" in result.stderr


def test_the_reply_and_the_log_are_shown(compute: LocalFunctionCompute) -> None:
    write_s_yaml({"LIMIT": "Ten rows."})
    write_package("FAIL")
    deploy()
    result = run("invoke", "download-resources", "--remote")
    assert result.exit_code == 1
    first, second, *log = result.stdout.splitlines()
    assert (first.startswith("FAIL in "), second) == (True, "  Ten rows.")
    assert any("FC Invoke End" in line for line in log)


def test_what_is_no_reply_is_said(compute: LocalFunctionCompute) -> None:
    write_package("PERHAPS")
    deploy()
    result = run("invoke", "download-resources", "--remote")
    assert result.exit_code == 2
    assert "the function answered with what is no reply" in " ".join(result.stderr.split())


def test_what_cannot_be_reached_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client would try for half a minute."""
    import fc2.client  # type: ignore[import-untyped]  # it has no types

    monkeypatch.setattr(fc2.client, "retries", 0)
    remote = Remote("http://127.0.0.1:9", "id", "secret")
    deployment = Manifest("guard", read_s_yaml(Path("s.yaml"), {}).props, None)
    with pytest.raises(RemoteError, match=r"^http://127\.0\.0\.1:9 cannot be reached: "):
        remote.changes(wanted_of(deployment, Path("dist/function.zip")))
