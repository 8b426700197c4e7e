"""Creating and updating a function with the client of Function Compute 2.0, against the local one."""

from __future__ import annotations

import http.server
import json
import logging
import sys
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from dataworks_ext.cli._app import app
from dataworks_ext.deploy import remote
from dataworks_ext.deploy.layout import lay_out
from dataworks_ext.deploy.remote import Change, Remote, RemoteError, wanted_of
from dataworks_ext.deploy.s_yaml import Manifest, read_s_yaml
from dataworks_ext.deploy.zipping import write_zip
from dataworks_ext.local import LocalFunctionCompute, runtimes_at_hand

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
    result = run("deploy", "--force", "--dry-run", "--json")
    assert result.exit_code == 0, result.output
    return [change["what"] for change in json.loads(result.stdout)]


def deploy() -> Result:
    result = run("deploy", "--force")
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
    run("deploy", "--force", "--dry-run")
    assert "function guard" in changes()


def test_a_second_deployment_changes_nothing(compute: LocalFunctionCompute) -> None:
    deploy()
    assert changes() == []
    assert deploy().stdout == "guard is up to date.\n"


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
    result = run("deploy", "--force", "--json")
    assert json.loads(result.stdout) == [Change("function guard: timeout", "10", "20")._asdict()]


def test_a_service_may_have_a_name_of_its_own(compute: LocalFunctionCompute) -> None:
    result = run("deploy", "--force", "--service", "governance")
    assert result.stdout.splitlines()[-1] == "Deployed guard in service governance."
    assert run("invoke", "download-resources", "--remote", "--service", "governance").exit_code == 0


def test_no_secret_is_printed(
    compute: LocalFunctionCompute, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """Neither by the command nor by the client, which would log the headers of what fails."""
    caplog.set_level(logging.DEBUG)
    first, second = deploy(), run("deploy", "--force", "--json")
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
    result = run("deploy", "--force")
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_a_setting_that_cannot_be_is_named(compute: LocalFunctionCompute) -> None:
    write_s_yaml({}, memorySize=1)
    result = run("deploy", "--force")
    assert result.exit_code == 2
    assert "HTTP 400 InvalidArgument" in " ".join(result.stderr.split())


def test_without_a_package_nothing_is_deployed(compute: LocalFunctionCompute) -> None:
    Path("dist/function.zip").unlink()
    result = run("deploy", "--force")
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
    monkeypatch.setattr(remote, "RETRIES", 0)
    with pytest.raises(RemoteError, match=r"^http://127\.0\.0\.1:9 cannot be reached: "):
        changes_at("http://127.0.0.1:9")


def changes_at(endpoint: str) -> list[Change]:
    """What a deployment to an endpoint would change."""
    manifest = Manifest("guard", read_s_yaml(Path("s.yaml"), {}).props, None)
    return Remote(endpoint, "id", "secret", "token").changes(wanted_of(manifest, Path("dist/function.zip")))


# Where it goes


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    """It would take token, variables and code to another host."""
    seen: list[str] = []
    with answering(200, "", seen) as elsewhere, answering(status, f"{elsewhere}/stolen", []) as endpoint:
        with pytest.raises(RemoteError, match=rf"^{endpoint} leads elsewhere \(HTTP {status}\), which is not followed"):
            changes_at(endpoint)
    assert seen == []


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("http://1.cn-hangzhou.fc.aliyuncs.com", "the endpoint http://1.cn-hangzhou.fc.aliyuncs.com is not encrypted"),
        ("http://10.0.0.1:8080", "the endpoint http://10.0.0.1 is not encrypted; use https, or an address of this"),
        ("http://127.0.0.1@example.com", "the endpoint is no address; expected https://"),
        ("ftp://127.0.0.1", "the endpoint is no address; expected https://"),
        ("1.cn-hangzhou.fc.aliyuncs.com", "the endpoint is no address; expected https://"),
        ("http://[::1", "the endpoint is no address; expected https://"),
    ],
)
def test_nothing_goes_out_unencrypted(endpoint: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
    result = run("deploy", "--force", "--endpoint", endpoint)
    assert (result.exit_code, said in " ".join(result.stderr.split())) == (2, True)


@pytest.mark.parametrize(
    "endpoint", ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:80", "https://x.example"]
)
def test_this_machine_and_https_are_taken(endpoint: str) -> None:
    Remote(endpoint, "id", "secret")


@contextmanager
def answering(status: int, location: str, seen: list[str]) -> Iterator[str]:
    """The address of a server that answers everything with a status and a place to go to."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_response(status)
            self.send_header("Location", location)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *details: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


# What is wrong stops it


_POLICIES = """
from dataworks_ext import Extension

extension = Extension("guard")


@extension.policy("download-resources")
def rows(event):
    return None
"""


@pytest.fixture
def healthy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of which the doctor finds nothing wrong; the folder of its policies."""
    if "python3.10" not in runtimes_at_hand():
        pytest.skip("there is no python3.10")
    folder = Path("watching")
    folder.mkdir()
    (folder / "__init__.py").write_text(_POLICIES, encoding="utf-8")
    lay_out(Path("dist/function"), [folder])
    Path("dist/function.zip").unlink()
    write_zip(Path("dist/function.zip"), Path("dist/function"))
    write_s_yaml({"DATAWORKS_EXT_APP": "watching:extension"}, runtime="python3.10", code="./dist/function")
    monkeypatch.syspath_prepend(Path.cwd())
    yield folder
    sys.modules.pop("watching", None)


def test_a_project_without_a_problem_is_deployed(compute: LocalFunctionCompute, healthy: Path) -> None:
    """The extension is the one that s.yaml names."""
    result = run("deploy")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "Deployed guard in service guard.")


def test_what_the_doctor_calls_a_problem_stops_it(compute: LocalFunctionCompute, healthy: Path) -> None:
    variables = {"DATAWORKS_EXT_APP": "watching:extension", "DATAWORKS_EXT_MODES": "nobody=off"}
    write_s_yaml(variables, runtime="python3.10", code="./dist/function")
    result = run("deploy")
    assert result.exit_code == 1
    assert "no policy is called nobody" in " ".join(result.stderr.split())
    assert "deploy in spite of them with --force" in " ".join(result.stderr.split())
    assert "service guard" in changes()
    assert run("deploy", "--force").exit_code == 0


@pytest.mark.parametrize("name", ["__init__.py", "limits.json"])
def test_a_package_that_is_out_of_date_stops_it(compute: LocalFunctionCompute, healthy: Path, name: str) -> None:
    (healthy / name).write_text(_POLICIES + "\n", encoding="utf-8")
    result = run("deploy", "--json")
    assert result.exit_code == 1
    [problem] = json.loads(result.stdout)["problems"]
    said = f"dist/function.zip is out of date: watching/{name} changed; build it again: dataworks-ext package"
    assert (problem["check"], problem["text"]) == ("package", said)


def test_a_dry_run_tells_problems_and_goes_on(compute: LocalFunctionCompute, healthy: Path) -> None:
    (healthy / "more.py").touch()
    result = run("deploy", "--dry-run")
    assert result.exit_code == 0
    assert "out of date: watching/more.py changed" in " ".join(result.stderr.split())
    assert "service guard" in result.stdout
