"""Where credentials, variables and code go, and what stops a deployment before anything is sent."""

from __future__ import annotations

import http.server
import json
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from dataworks_ext.deploy import function_compute_2
from dataworks_ext.deploy.layout import lay_out
from dataworks_ext.deploy.remote_access import checked_endpoint
from dataworks_ext.deploy.zipping import write_zip
from dataworks_ext.local import runtimes_at_hand
from tests.cloud import without_proxies

from .conftest import Project, run, said
from .gateway import Gateway

_APIS = ("3.0", "2.0")


@pytest.fixture
def credentials(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    without_proxies(monkeypatch)
    monkeypatch.setattr(function_compute_2, "RETRIES", 0)
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "secret")
    for name in ("FC_ENDPOINT", "FC_ACCOUNT_ID", "EVENTBRIDGE_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("api", _APIS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int, api: str) -> None:
    """It would take token, variables and code to another host."""
    seen: list[str] = []
    with answering(200, "", seen) as elsewhere, answering(status, f"{elsewhere}/stolen", []) as endpoint:
        result = run("deploy", "--force", "--no-rules", "--api", api, "--endpoint", endpoint)
    assert result.exit_code == 2
    assert "leads elsewhere" in said(result)
    assert seen == []


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("api", _APIS)
@pytest.mark.parametrize(
    ("endpoint", "expected"),
    [
        ("http://1.cn-hangzhou.fc.aliyuncs.com", "the endpoint http://1.cn-hangzhou.fc.aliyuncs.com is not encrypted"),
        ("http://10.0.0.1:8080", "the endpoint http://10.0.0.1 is not encrypted; use https, or an address of this"),
        ("http://127.0.0.1@example.com", "the endpoint is no address; expected https://"),
        ("ftp://127.0.0.1", "the endpoint is no address; expected https://"),
        ("1.cn-hangzhou.fc.aliyuncs.com", "the endpoint is no address; expected https://"),
        ("http://[::1", "the endpoint is no address; expected https://"),
    ],
)
def test_nothing_goes_out_unencrypted(endpoint: str, expected: str, api: str) -> None:
    result = run("deploy", "--force", "--no-rules", "--api", api, "--endpoint", endpoint)
    assert (result.exit_code, expected in said(result)) == (2, True)


@pytest.mark.parametrize(
    "endpoint", ["http://localhost:8080", "http://127.0.0.1", "http://[::1]:80", "https://x.example"]
)
def test_this_machine_and_https_are_taken(endpoint: str) -> None:
    checked_endpoint(endpoint, "https://example.com")


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize("api", _APIS)
def test_what_cannot_be_reached_is_said(api: str) -> None:
    result = run("deploy", "--force", "--no-rules", "--api", api, "--endpoint", "http://127.0.0.1:9")
    assert result.exit_code == 2
    assert "127.0.0.1:9 cannot be reached (" in said(result)
    assert "; check the region of s.yaml" in said(result)


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--s-yaml", "elsewhere/s.yaml"], "there is no elsewhere/s.yaml; run this in the folder of the project"),
        (["--event-bus", "data works"], "the event bus is 'data works'; expected letters, digits and -"),
        (["--alias", "7"], "--alias is '7'; expected a letter or _, then letters, digits, - and _"),
    ],
)
def test_a_name_that_cannot_be_is_refused_before_anything(arguments: list[str], expected: str) -> None:
    result = run("deploy", "--force", "--yes", *arguments)
    assert (result.exit_code, expected in said(result)) == (2, True), result.stderr


@pytest.mark.parametrize("api", _APIS)
@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"}, "SignatureNotMatch: check the secret of the access key"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_ID": "nobody"}, "InvalidAccessKeyID: check the id of the access key"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""}, "not set: ALIBABA_CLOUD_ACCESS_KEY_SECRET. Whoever deploys needs"),
    ],
)
def test_credentials_that_are_refused_are_named(
    project: Project,
    gateway: Gateway,
    changed: Mapping[str, str],
    expected: str,
    api: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    result = run("deploy", "--force", "--api", api)
    assert (result.exit_code, expected in said(result)) == (2, True)


@pytest.mark.usefixtures("credentials")
def test_the_endpoint_of_2_0_needs_an_account() -> None:
    result = run("deploy", "--force", "--no-rules", "--api", "2.0")
    assert "whose Function Compute? Set FC_ACCOUNT_ID to the account's id, or name an --endpoint" in said(result)


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


# What the deployed function says


@pytest.mark.parametrize("api", _APIS)
def test_a_function_error_is_shown_with_the_log(project: Project, gateway: Gateway, api: str) -> None:
    project.write_s_yaml({"BROKEN": "yes"})
    run("deploy", "--force", "--yes", "--api", api)
    result = run("invoke", "download-resources", "--remote", "--api", api)
    assert result.exit_code == 2
    assert "the function gave no answer: not today" in result.stderr
    assert "ValueError: not today" in result.stderr


@pytest.mark.parametrize("api", _APIS)
def test_the_reply_and_the_log_are_shown(project: Project, gateway: Gateway, api: str) -> None:
    project.write_s_yaml({"LIMIT": "Ten rows."})
    project.write_package("FAIL")
    run("deploy", "--force", "--yes", "--api", api)
    result = run("invoke", "download-resources", "--remote", "--api", api)
    assert result.exit_code == 1
    first, second, *log = result.stdout.splitlines()
    assert (first.startswith("FAIL in "), second) == (True, "  Ten rows.")
    assert any("FC Invoke End" in line for line in log)


def test_what_is_no_reply_is_said(project: Project, gateway: Gateway) -> None:
    project.write_package("PERHAPS")
    deployed = run("deploy", "--force", "--yes")
    assert "the new code does not answer: it answered with what is no reply" in said(deployed)
    result = run("invoke", "download-resources", "--remote")
    assert result.exit_code == 2
    assert "the function answered with what is no reply" in said(result)


# What is wrong stops it


_POLICIES = """
from dataworks_ext import Extension

extension = Extension("guard")


@extension.policy("download-resources")
def rows(event):
    return None
"""


@pytest.fixture
def healthy(project: Project, gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of which the doctor finds nothing wrong; the folder of its policies."""
    if "python3.10" not in runtimes_at_hand():
        pytest.skip("there is no python3.10")
    folder = Path("watching")
    folder.mkdir()
    (folder / "__init__.py").write_text(_POLICIES, encoding="utf-8")
    lay_out(Path("dist/function"), [folder])
    Path("dist/function.zip").unlink()
    write_zip(Path("dist/function.zip"), Path("dist/function"))
    write_healthy(project)
    yield folder
    sys.modules.pop("watching", None)


def write_healthy(project: Project, **variables: str) -> None:
    project.write_s_yaml(
        {"DATAWORKS_EXT_APP": "watching:extension", **variables}, runtime="python3.10", code="./dist/function"
    )


def test_what_the_doctor_calls_a_problem_stops_it(project: Project, gateway: Gateway, healthy: Path) -> None:
    """Unless it is forced. The extension is the one that s.yaml names."""
    write_healthy(project, DATAWORKS_EXT_MODES="nobody=off")
    result = run("deploy", "--yes")
    assert (result.exit_code, gateway.changing) == (1, [])
    assert "no policy is called nobody" in said(result)
    assert "deploy in spite of them with --force" in said(result)


@pytest.mark.parametrize("name", ["__init__.py", "limits.json"])
def test_a_package_that_is_out_of_date_stops_it(gateway: Gateway, healthy: Path, name: str) -> None:
    (healthy / name).write_text(_POLICIES + "\n", encoding="utf-8")
    result = run("deploy", "--yes", "--json")
    assert (result.exit_code, gateway.changing) == (1, [])
    [problem] = json.loads(result.stdout)["problems"]
    said = f"dist/function.zip is out of date: watching/{name} changed; build it again: dataworks-ext package"
    assert (problem["check"], problem["text"]) == ("package", said)


def test_a_dry_run_tells_problems_and_goes_on(gateway: Gateway, healthy: Path) -> None:
    (healthy / "more.py").touch()
    result = run("deploy", "--dry-run")
    assert result.exit_code == 0
    assert "out of date: watching/more.py changed" in said(result)
    assert "function guard" in result.stdout
