"""Signatures: what the real clients send passes, and nothing else does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from email.utils import formatdate
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import fc2  # type: ignore[import-untyped]  # there are no stubs
import pytest
from alibabacloud_tea_openapi.client import Client as SdkClient  # type: ignore[import-untyped]  # there are no stubs
from alibabacloud_tea_openapi.utils_models import (  # type: ignore[import-untyped]  # there are no stubs
    Config,
    OpenApiRequest,
    Params,
)
from darabonba.runtime import RuntimeOptions  # type: ignore[import-untyped]  # there are no stubs

from dataworks_ext.local import LocalFunctionCompute
from dataworks_ext.openapi.signature import Credentials
from dataworks_ext.openapi.signature import sign as sign_v3

from .functions import COVERAGE

V2_PATH = "/2016-08-15/services/default.LATEST/functions/f/invocations"
V3_PATH = "/2023-03-30/functions/f/invocations"
NOW = 1_700_000_000.0


class Answer(NamedTuple):
    status: int
    body: bytes
    headers: Mapping[str, str]


@pytest.fixture(scope="module")
def compute(code: Path) -> Iterator[LocalFunctionCompute]:
    with LocalFunctionCompute() as compute:
        compute.create_function("f", code, environment=COVERAGE)
        yield compute


def post(compute: LocalFunctionCompute, path: str, headers: Mapping[str, str], body: bytes = b"1") -> Answer:
    url = urlsplit(compute.endpoint)
    connection = HTTPConnection(str(url.hostname), url.port, timeout=20)
    try:
        connection.request("POST", path, body, dict(headers))
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(), dict(answer.getheaders()))
    finally:
        connection.close()


def v2_headers(compute: LocalFunctionCompute, **changes: str) -> dict[str, str]:
    """Headers that are signed with those changes."""
    headers = {"date": formatdate(usegmt=True), "content-type": "text/plain", "x-fc-log-type": "None"}
    headers |= {name.replace("_", "-"): value for name, value in changes.items()}
    signer = fc2.auth.Auth(compute.access_key_id, compute.access_key_secret)
    return {**headers, "authorization": signer.sign_request("POST", V2_PATH, headers)}


def v3_headers(
    compute: LocalFunctionCompute, *, secret: str = "", path: str = V3_PATH, age: float = 0
) -> dict[str, str]:
    return sign_v3(
        "POST",
        path,
        {},
        {"host": urlsplit(compute.endpoint).netloc, "x-acs-action": "InvokeFunction", "x-acs-version": "2023-03-30"},
        b"1",
        Credentials(compute.access_key_id, secret or compute.access_key_secret),
        seconds=time.time() - age,
        nonce="n-1",
    )


def code_of(answer: Answer) -> tuple[int, str]:
    error = json.loads(answer.body)
    return answer.status, error.get("ErrorCode") or error["Code"]


def test_a_signed_request_passes(compute: LocalFunctionCompute) -> None:
    assert post(compute, V2_PATH, v2_headers(compute))[:2] == (200, b"1")
    assert post(compute, V3_PATH, v3_headers(compute))[:2] == (200, b"1")


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # the SDK asks so for the time
def test_the_official_sdk_invokes_a_function_without_a_service(compute: LocalFunctionCompute) -> None:
    sdk = SdkClient(
        Config(
            access_key_id=compute.access_key_id,
            access_key_secret=compute.access_key_secret,
            endpoint=urlsplit(compute.endpoint).netloc,
            protocol="HTTP",
        )
    )
    params = Params(
        action="InvokeFunction",
        version="2023-03-30",
        protocol="HTTP",
        pathname=V3_PATH,
        method="POST",
        auth_type="AK",
        style="ROA",
        req_body_type="json",
        body_type="json",
    )
    request = OpenApiRequest(query={"qualifier": "LATEST"}, body={"a": "b c"}, headers={"x-fc-log-type": "Tail"})
    answer = sdk.call_api(params, request, RuntimeOptions())
    assert answer["body"] == {"a": "b c"}
    assert answer["headers"]["x-fc-log-result"]


def test_a_request_without_signature_is_refused(compute: LocalFunctionCompute) -> None:
    for path in (V2_PATH, V3_PATH):
        assert code_of(post(compute, path, {})) == (403, "AccessDenied")


def test_an_unknown_access_key_is_refused(compute: LocalFunctionCompute) -> None:
    headers = v2_headers(compute)
    headers["authorization"] = "FC nobody:" + headers["authorization"].partition(":")[2]
    assert code_of(post(compute, V2_PATH, headers)) == (403, "InvalidAccessKeyID")


@pytest.mark.parametrize("changed", ["date", "content-type", "x-fc-log-type", "path", "signature"])
def test_a_request_that_was_changed_is_refused(compute: LocalFunctionCompute, changed: str) -> None:
    headers, path = v2_headers(compute), V2_PATH
    if changed == "path":
        path = V2_PATH.replace("/f/", "/g/")
    elif changed == "signature":
        headers["authorization"] = headers["authorization"][:-6] + "AAAAA="
    elif changed == "date":
        headers["date"] = formatdate(NOW, usegmt=True)
    else:
        headers[changed] += "x"
    assert code_of(post(compute, path, headers)) == (403, "SignatureNotMatch")


def test_the_real_client_with_a_wrong_secret_is_refused(compute: LocalFunctionCompute) -> None:
    client: Any = fc2.Client(endpoint=compute.endpoint, accessKeyID=compute.access_key_id, accessKeySecret="wrong")
    with pytest.raises(fc2.FcError) as raised:
        client.list_services()
    assert (raised.value.status_code, raised.value.err_code) == (403, "SignatureNotMatch")


def test_an_old_request_is_refused(compute: LocalFunctionCompute) -> None:
    headers = v2_headers(compute, date=formatdate(NOW, usegmt=True))
    assert code_of(post(compute, V2_PATH, headers)) == (403, "AccessDenied")
    assert code_of(post(compute, V3_PATH, v3_headers(compute, age=1000))) == (403, "AccessDenied")


def test_a_date_that_is_none_is_refused(compute: LocalFunctionCompute) -> None:
    assert code_of(post(compute, V2_PATH, v2_headers(compute, date="today"))) == (403, "AccessDenied")


def test_a_content_md5_must_be_that_of_the_body(compute: LocalFunctionCompute) -> None:
    right = v2_headers(compute, content_md5="xMpCOKC5I4INzFCab3WEmw==")
    wrong = v2_headers(compute, content_md5="AAAAAAAAAAAAAAAAAAAAAA==")
    assert post(compute, V2_PATH, right).status == 200
    assert code_of(post(compute, V2_PATH, wrong)) == (403, "SignatureNotMatch")


def test_a_v3_signature_is_of_all_that_counts(compute: LocalFunctionCompute) -> None:
    refused = (403, "SignatureNotMatch")
    assert code_of(post(compute, V3_PATH, v3_headers(compute, secret="wrong"))) == refused
    assert code_of(post(compute, V3_PATH, v3_headers(compute, path="/"))) == refused
    assert code_of(post(compute, V3_PATH, v3_headers(compute), b"2")) == refused
    assert code_of(post(compute, V3_PATH + "?qualifier=1", v3_headers(compute))) == refused
    assert code_of(post(compute, V3_PATH, {**v3_headers(compute), "x-acs-extra": "1"})) == refused


def test_errors_of_2023_03_30_have_its_names(compute: LocalFunctionCompute) -> None:
    path = V3_PATH.replace("/f/", "/nothing/")
    answer = post(compute, path, v3_headers(compute, path=path))
    error = json.loads(answer.body)
    assert (answer.status, error["Code"], error["RequestId"]) == (
        404,
        "FunctionNotFound",
        answer.headers["X-Fc-Request-Id"],
    )


def test_a_body_without_length_is_refused(compute: LocalFunctionCompute) -> None:
    answer = post(compute, V2_PATH, {**v2_headers(compute), "content-length": "many"})
    assert code_of(answer) == (411, "MissingContentLength")
    answer = post(compute, V2_PATH, {**v2_headers(compute), "content-length": str(10**12)}, b"")
    assert code_of(answer) == (413, "PayloadTooLarge")
