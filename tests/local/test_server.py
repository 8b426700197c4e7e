"""Odd requests: each is answered, and none leaves a traceback."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import unquote, urlsplit

import fc2  # type: ignore[import-untyped]  # there are no stubs
import pytest

from dataworks_ext.deploy.interpreters import RUNNING
from dataworks_ext.local import LocalFunctionCompute

from .functions import PATIENCE

SERVICES = "/2016-08-15/services"
FUNCTIONS = f"{SERVICES}/default/functions"


@pytest.fixture(scope="module")
def compute() -> Iterator[LocalFunctionCompute]:
    with LocalFunctionCompute() as compute:
        yield compute


@pytest.fixture(autouse=True)
def _no_traceback(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    yield
    assert capfd.readouterr().err == ""


def signed(compute: LocalFunctionCompute, method: str, path: str) -> dict[str, str]:
    headers = {"date": formatdate(usegmt=True), "content-type": "application/json"}
    signer = fc2.auth.Auth(compute.access_key_id, compute.access_key_secret)
    return {**headers, "authorization": signer.sign_request(method, unquote(path.partition("?")[0]), headers)}


def send(
    compute: LocalFunctionCompute, method: str, path: str, headers: Mapping[str, str], body: bytes = b""
) -> tuple[int, str]:
    """The status of the answer, and its error code, to a request that is sent as it is, with nothing after it."""
    head = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{name}: {value}" for name, value in headers.items())]
    address = urlsplit(compute.endpoint)
    with socket.create_connection((address.hostname, int(address.port or 0)), timeout=PATIENCE) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode("latin-1") + body)
        connection.shutdown(socket.SHUT_WR)
        response = HTTPResponse(connection, method=method)
        response.begin()
        content = response.read()
    is_json = response.headers.get_content_type() == "application/json"
    return response.status, json.loads(content).get("ErrorCode", "") if is_json else ""


@pytest.mark.parametrize(
    ("length", "expected"),
    [
        ("-1", (411, "MissingContentLength")),
        ("+1", (411, "MissingContentLength")),
        ("1e3", (411, "MissingContentLength")),
        ("\xb2", (411, "MissingContentLength")),
        ("", (411, "MissingContentLength")),
        ("9" * 5_000, (413, "PayloadTooLarge")),
        (str(160 * 1024 * 1024 + 1), (413, "PayloadTooLarge")),
        ("10", (400, "InvalidArgument")),
    ],
)
def test_an_odd_length_is_refused(compute: LocalFunctionCompute, length: str, expected: tuple[int, str]) -> None:
    """The last one is more than what comes."""
    headers = {**signed(compute, "POST", SERVICES), "Content-Length": length}
    assert send(compute, "POST", SERVICES, headers, b"{}") == expected


@pytest.mark.parametrize(
    "path",
    [
        "//[",
        "http://[",
        "http://[::1",
        "/",
        "*",
        "/2016-08-15/services/%ff%00/functions",
        "/2016-08-15/services/a.b.c.d",
        "/2016-08-15/services/\xe9",
        "/2023-03-30/functions//invocations",
        "/code/a",
        f"{SERVICES}/%2e%2e?%%%&=&;",
    ],
)
def test_an_odd_address_is_not_found(compute: LocalFunctionCompute, path: str) -> None:
    status, _ = send(compute, "GET", path, signed(compute, "GET", path))
    assert status in (403, 404)  # what is signed is the path as a client reads it


@pytest.mark.parametrize(
    ("method", "expected"), [("PATCH", 501), ("HEAD", 501), ("BREW", 501), ("PUT", 404), ("DELETE", 404)]
)
def test_a_method_that_is_not_there_is_refused(compute: LocalFunctionCompute, method: str, expected: int) -> None:
    assert send(compute, method, SERVICES, signed(compute, method, SERVICES))[0] == expected


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"serviceName": "\\ud800"}',
        b'{"serviceName": ' + b"[" * 100_000,
        b'{"serviceName": 1e400}',
        b'{"serviceName": ""}',
        b'{"serviceName": "../up"}',
        b'{"serviceName": "' + b"a" * 129 + b'"}',
        b'{"serviceName": {"a": 1}}',
        b"{}",
    ],
)
def test_an_odd_service_is_refused(compute: LocalFunctionCompute, body: bytes) -> None:
    headers = {**signed(compute, "POST", SERVICES), "Content-Length": str(len(body))}
    assert send(compute, "POST", SERVICES, headers, body) == (400, "InvalidArgument")


@pytest.mark.parametrize(
    "changes",
    [
        {"functionName": "a/b"},
        {"functionName": None},
        {"runtime": "python3." + "1" * 5_000},
        {"runtime": "python3.\u0661\u0662"},
        {"runtime": ["python3.12"]},
        {"handler": "index.\0"},
        {"handler": "../index.handler"},
        {"timeout": 10**400},
        {"timeout": True},
        {"memorySize": "512"},
        {"environmentVariables": {"A": "\0"}},
        {"environmentVariables": {"A=B": "c"}},
        {"environmentVariables": ["A"]},
        {"code": "zip"},
        {"code": {"zipFile": "\u00e9"}},
        {"code": {"zipFile": "AAA"}},
        {"code": {"zipFile": ["AAAA"]}},
        {"code": {"ossBucketName": "bucket"}},
    ],
)
def test_an_odd_function_is_refused(compute: LocalFunctionCompute, changes: dict[str, object]) -> None:
    fields = {"functionName": "f", "runtime": RUNNING, "code": {"zipFile": "AAAA"}, **changes}
    body = json.dumps(fields).encode()
    headers = {**signed(compute, "POST", FUNCTIONS), "Content-Length": str(len(body))}
    assert send(compute, "POST", FUNCTIONS, headers, body) == (400, "InvalidArgument")


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "FC",
        "FC nobody:AAAA",
        "FC \xe9:AAAA",
        "ACS3-HMAC-SHA256 Credential=a, SignedHeaders=b, Signature=" + "0" * 64,
    ],
)
def test_an_unsigned_body_is_not_read(compute: LocalFunctionCompute, authorization: str) -> None:
    """The answer comes before a byte of the body does."""
    headers = {"Authorization": authorization, "Content-Length": str(160 * 1024 * 1024)}
    assert send(compute, "POST", SERVICES, headers)[0] == 403


@pytest.mark.parametrize("date", ["today", "1 Jan 99999 00:00:00 GMT", "1 Jan 2026 00:00:00 +99999999999999999999"])
def test_an_odd_date_is_refused(compute: LocalFunctionCompute, date: str) -> None:
    headers = {"date": date, "content-type": "application/json"}
    signer = fc2.auth.Auth(compute.access_key_id, compute.access_key_secret)
    headers["authorization"] = signer.sign_request("POST", SERVICES, headers)
    assert send(compute, "POST", SERVICES, headers) == (403, "AccessDenied")


def test_a_client_that_sends_it_all_sees_that_it_is_refused(compute: LocalFunctionCompute) -> None:
    address = urlsplit(compute.endpoint)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE)
    try:
        connection.request("POST", SERVICES, b" " * 5_000_000)
        assert connection.getresponse().status == 403
    finally:
        connection.close()


def test_environment_values_are_not_repeated(compute: LocalFunctionCompute, tmp_path: Path) -> None:
    """They may be secrets."""
    body = json.dumps({"functionName": "f", "runtime": RUNNING, "environmentVariables": {"TOKEN": ["swordfish"]}})
    address = urlsplit(compute.endpoint)
    connection = HTTPConnection(str(address.hostname), address.port, timeout=PATIENCE)
    try:
        connection.request("POST", FUNCTIONS, body, signed(compute, "POST", FUNCTIONS))
        message = json.loads(connection.getresponse().read())["ErrorMessage"]
    finally:
        connection.close()
    assert message.startswith("environmentVariables.TOKEN: ")
    assert "swordfish" not in message
