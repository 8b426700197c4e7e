"""Calls of DataWorks: what is sent, kept, tried again, refused and told."""

from __future__ import annotations

import gc
import hashlib
import json
import signal
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from ipaddress import ip_address
from pathlib import Path
from types import FrameType
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import pytest
from alibabacloud_tea_openapi.client import Client as SdkClient  # type: ignore[import-untyped]  # there are no stubs
from alibabacloud_tea_openapi.exceptions import (  # type: ignore[import-untyped]  # there are no stubs
    AlibabaCloudException,
)
from alibabacloud_tea_openapi.utils_models import (  # type: ignore[import-untyped]  # there are no stubs
    Config,
    OpenApiRequest,
    Params,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from darabonba.core import DaraCore  # type: ignore[import-untyped]  # there are no stubs
from darabonba.runtime import RuntimeOptions  # type: ignore[import-untyped]  # there are no stubs
from hypothesis import given
from hypothesis import strategies as st

from dataworks_ext.openapi import client as client_module
from dataworks_ext.openapi.client import CallError, Client, EndpointError
from dataworks_ext.openapi.signature import Credentials, sign
from tests.dataworks import (
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    EXTENSION_CODE,
    SECURITY_TOKEN,
    Fault,
    LocalDataWorks,
    body,
    half,
    hang_up,
    no_json,
    reset,
    silence,
    stall,
    status,
)
from tests.examples import SLOW

CREDENTIALS: Final = Credentials(ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN)
EXTENSION: Final = {"ExtensionCode": EXTENSION_CODE}
_CALLBACK: Final = {**EXTENSION, "MessageId": "m-1", "CheckResult": "OK", "CheckResultTip": "fine"}
AN_HOUR: Final = 3600.0
NEVER: Final = 1e9
"""As a random number: pauses that fit before no deadline."""
ANSWER: Final = b'{"RequestId": "r-1"}'
_WAIT: Final = 10
MakeClient = Callable[..., Client]


class Time:
    """A clock that moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.moment = 0.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.moment += seconds


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "all_proxy", "ssl_cert_file", "ssl_cert_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def dataworks() -> Iterator[LocalDataWorks]:
    with LocalDataWorks() as local:
        yield local


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def make_client(dataworks: LocalDataWorks, time: Time) -> Iterator[MakeClient]:
    """Makes clients of the local DataWorks whose pauses have their full length, and closes them."""
    made = []

    def make(endpoint: str = dataworks.endpoint, credentials: Credentials = CREDENTIALS, **changes: Any) -> Client:
        arguments = {"sleep": time.sleep, "random": lambda: 1.0, "clock": time.clock, **changes}
        made.append(Client(endpoint, credentials=lambda: credentials, **arguments))
        return made[-1]

    yield make
    for client in made:
        client.close()


@pytest.fixture
def client(make_client: MakeClient) -> Client:
    return make_client()


@pytest.fixture
def single(make_client: MakeClient) -> Client:
    """A client that tries once, since its pauses would outlast any deadline."""
    return make_client(random=lambda: NEVER)


def _get_extension(client: Client, deadline: float = AN_HOUR) -> dict[str, object]:
    return client.call("GetExtension", EXTENSION, deadline=deadline)


def _error(client: Client, deadline: float = AN_HOUR, action: str = "GetExtension") -> CallError:
    with pytest.raises(CallError) as caught:
        client.call(action, EXTENSION, deadline=deadline)
    return caught.value


def _connections(dataworks: LocalDataWorks) -> list[int]:
    return [request.connection for request in dataworks.requests]


# A call


def test_a_call_returns_the_answer(dataworks: LocalDataWorks, client: Client) -> None:
    dataworks.parameter_setting = "max.rows=1000"
    extension = _get_extension(client)["Extension"]
    assert isinstance(extension, dict)
    assert extension["ParameterSetting"] == "max.rows=1000"


def test_a_callback_settles_an_operation(dataworks: LocalDataWorks, client: Client) -> None:
    held = dataworks.hold("m-1", "CallbackExtension")
    client.call(
        "CallbackExtension",
        {**EXTENSION, "MessageId": "m-1", "CheckResult": "FAIL", "CheckMessage": "行数太多: 100 % & more"},
        deadline=AN_HOUR,
    )
    assert (held.state, held.text) == ("Failed", "行数太多: 100 % & more")


@SLOW
@given(text=st.text(min_size=1))
def test_any_text_arrives_but_for_what_no_encoding_has(text: str) -> None:
    with LocalDataWorks() as dataworks:
        held = dataworks.hold("m-1", "UpdateIDEEventResult")
        _our_call(dataworks, "UpdateIDEEventResult", {**_CALLBACK, "CheckResultTip": text + "\udc00"}, CREDENTIALS)
    assert held.text == text + "?"


def test_a_number_is_sent_as_its_digits(dataworks: LocalDataWorks, client: Client) -> None:
    dataworks.options = {2**60: {"max": 5}}
    answer = client.call("GetOptionValueForProject", {**EXTENSION, "ProjectId": 2**60}, deadline=AN_HOUR)
    assert answer["OptionValue"] == '{"max": 5}'


def test_permanent_credentials_will_do(make_client: MakeClient) -> None:
    assert _get_extension(make_client(credentials=CREDENTIALS._replace(security_token=None)))


def test_credentials_are_asked_for_in_each_call(dataworks: LocalDataWorks) -> None:
    fresh = [CREDENTIALS, CREDENTIALS._replace(security_token=None)]
    client = Client(dataworks.endpoint, credentials=lambda: fresh.pop(0), clock=lambda: 0.0)
    _get_extension(client)
    _get_extension(client)
    client.close()
    assert ["x-acs-security-token" in request.headers for request in dataworks.requests] == [True, False]


# Connections


def test_a_connection_is_used_again(dataworks: LocalDataWorks, client: Client) -> None:
    _get_extension(client)
    _get_extension(client)
    assert _connections(dataworks) == [0, 0]


def test_a_connection_is_used_again_on_another_thread(dataworks: LocalDataWorks, client: Client) -> None:
    for _ in range(2):
        with ThreadPoolExecutor(1) as threads:
            threads.submit(_get_extension, client).result(_WAIT)
    assert _connections(dataworks) == [0, 0]


def test_a_connection_is_used_again_after_an_error_of_dataworks(dataworks: LocalDataWorks, client: Client) -> None:
    dataworks.plant(status(400, "InvalidParameter"))
    _error(client)
    _get_extension(client)
    assert _connections(dataworks) == [0, 0]


def test_sixteen_threads_each_get_their_own_answer(dataworks: LocalDataWorks, client: Client) -> None:
    dataworks.options = {project: {"project": project} for project in range(16)}
    together = threading.Barrier(16)

    def call(project: int) -> list[object]:
        together.wait(_WAIT)
        parameters: dict[str, str | int] = {**EXTENSION, "ProjectId": project}
        return [client.call("GetOptionValueForProject", parameters, deadline=AN_HOUR)["OptionValue"] for _ in range(5)]

    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(call, range(16)))
    assert answers == [[json.dumps({"project": project})] * 5 for project in range(16)]
    assert len(set(_connections(dataworks))) <= 16


def test_calls_at_the_same_time_have_connections_of_their_own(dataworks: LocalDataWorks, client: Client) -> None:
    _get_extension(client)
    dataworks.plant(silence)
    with ThreadPoolExecutor(1) as threads:
        dataworks.arrived.acquire()
        held = threads.submit(_get_extension, client)
        assert dataworks.arrived.acquire(timeout=_WAIT)
        _get_extension(client)
        dataworks.allow_answers.set()
        held.result(_WAIT)
    assert _connections(dataworks)[:3] == [0, 0, 1]


@pytest.mark.parametrize("with_reset", [False, True])
def test_a_kept_connection_that_died_is_replaced_at_once(
    dataworks: LocalDataWorks, client: Client, time: Time, with_reset: bool
) -> None:
    """The instance was frozen, and the other side gave up."""
    _get_extension(client)
    dataworks.close_connections(with_reset=with_reset)
    _get_extension(client)
    assert (_connections(dataworks), time.pauses) == ([0, 1], [])


@pytest.mark.parametrize("fault", [reset, hang_up])
def test_a_kept_connection_that_dies_of_the_request_is_replaced_at_once(
    dataworks: LocalDataWorks, client: Client, time: Time, fault: Fault
) -> None:
    _get_extension(client)
    dataworks.plant(fault)
    _get_extension(client)
    assert (_connections(dataworks), time.pauses) == ([0, 0, 1], [])


def test_a_kept_connection_that_breaks_off_its_answer_costs_an_attempt(
    dataworks: LocalDataWorks, client: Client, time: Time
) -> None:
    _get_extension(client)
    dataworks.plant(half)
    _get_extension(client)
    assert (_connections(dataworks), time.pauses) == ([0, 0, 1], [0.1])


def test_a_connection_that_was_idle_for_long_is_not_trusted(
    dataworks: LocalDataWorks, client: Client, time: Time
) -> None:
    _get_extension(client)
    time.moment += 31
    _get_extension(client)
    assert _connections(dataworks) == [0, 1]


def test_a_connection_that_the_server_wants_to_close_is_not_kept(dataworks: LocalDataWorks, client: Client) -> None:
    dataworks.plant(body(ANSWER, Connection="close"))
    _get_extension(client)
    _get_extension(client)
    assert _connections(dataworks) == [0, 1]


def test_a_closed_client_connects_anew(dataworks: LocalDataWorks, client: Client) -> None:
    _get_extension(client)
    client.close()
    _get_extension(client)
    assert _connections(dataworks) == [0, 1]


def test_a_client_that_nobody_has_closes_its_connections(dataworks: LocalDataWorks) -> None:
    client = Client(dataworks.endpoint, credentials=lambda: CREDENTIALS, clock=lambda: 0.0)
    _get_extension(client)
    del client
    gc.collect()
    assert dataworks.has_no_connections()


class _Interruption(BaseException):
    pass


@contextmanager
def _interrupting(after: threading.Semaphore) -> Iterator[None]:
    """Raises `_Interruption` on the main thread, wherever it is, once the semaphore is released."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise _Interruption

    def wait() -> None:
        if after.acquire(timeout=_WAIT):
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)

    displaced = signal.signal(signal.SIGUSR1, interrupt)
    thread = threading.Thread(target=wait)
    thread.start()
    try:
        yield
    finally:
        thread.join()
        signal.signal(signal.SIGUSR1, displaced)


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="Windows has no signals between threads")
@pytest.mark.parametrize("fault", [silence, stall])
def test_an_interrupted_call_leaves_the_client_usable(dataworks: LocalDataWorks, client: Client, fault: Fault) -> None:
    """Its connection, on which an answer may still come, is not used again."""
    _get_extension(client)
    dataworks.arrived.acquire()
    dataworks.plant(fault)
    with pytest.raises(_Interruption), _interrupting(dataworks.arrived):
        _get_extension(client)
    dataworks.allow_answers.set()
    _get_extension(client)
    assert _connections(dataworks) == [0, 0, 1]


# Trying again


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(status(429, "Throttling.Api"), id="throttled"),
        pytest.param(body(b"slow down", 429), id="throttled by a gateway"),
        pytest.param(status(400, "Throttling.User"), id="throttled by the code"),
        pytest.param(body(b'{"Success": false, "ErrorCode": "Throttling"}'), id="throttled in a success"),
        pytest.param(status(500, "InternalError.System"), id="500"),
        pytest.param(status(503, "ServiceUnavailable"), id="503"),
        pytest.param(body(b"<html>Bad gateway</html>", 502), id="502 of a gateway"),
        pytest.param(reset, id="a reset"),
        pytest.param(hang_up, id="no answer"),
        pytest.param(half, id="half an answer"),
        pytest.param(body(b"zz\r\n", 200, Content_Length="-", Transfer_Encoding="chunked"), id="broken chunks"),
    ],
)
def test_what_may_pass_is_tried_again(dataworks: LocalDataWorks, client: Client, time: Time, fault: Fault) -> None:
    dataworks.plant(fault, times=2)
    assert _get_extension(client)
    assert (len(dataworks.requests), time.pauses) == (3, [0.1, 0.2])


@pytest.mark.parametrize("fault", [silence, stall])
def test_what_takes_too_long_is_tried_again(
    dataworks: LocalDataWorks, client: Client, time: Time, monkeypatch: pytest.MonkeyPatch, fault: Fault
) -> None:
    monkeypatch.setattr(client_module, "ATTEMPT_LIMIT", 0.3)
    dataworks.plant(fault)
    assert _get_extension(client)
    assert (len(dataworks.requests), time.pauses) == (2, [0.1])


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(status(400, "InternalError.UserId.Missing"), id="400"),
        pytest.param(status(401, "Unauthorized"), id="401"),
        pytest.param(status(403, "Forbidden.Access"), id="403"),
        pytest.param(status(404, "InvalidAction.NotFound"), id="404"),
        pytest.param(body(b"{}", 302, Location="/elsewhere"), id="a redirect"),
        pytest.param(no_json, id="no JSON"),
        pytest.param(body(b"[]"), id="an array"),
        pytest.param(body(b""), id="nothing"),
        pytest.param(body(b"\xff{}"), id="no text"),
        pytest.param(body(b"[" * 100_000), id="deep JSON"),
        pytest.param(body(b'{"Success": false}'), id="no success"),
        pytest.param(body(b"{}"), id="an empty object"),
        pytest.param(body(b"null"), id="null"),
        pytest.param(body(b'{"Code": "InternalError"}'), id="a code alone"),
        pytest.param(body(b'{"RequestId": "r-1", "Code": "InternalError"}'), id="a code beside the id"),
        pytest.param(body(b'{"RequestId": "r-1", "Success": "false"}'), id="the text false"),
        pytest.param(body(b" " * (4 * 1024 * 1024 + 1)), id="a huge answer"),
    ],
)
def test_what_will_not_pass_is_not_tried_again(
    dataworks: LocalDataWorks, client: Client, time: Time, fault: Fault
) -> None:
    dataworks.plant(fault)
    error = _error(client)
    assert (len(dataworks.requests), time.pauses, error.retryable) == (1, [], False)


def test_an_answer_may_be_large(dataworks: LocalDataWorks, client: Client) -> None:
    dataworks.plant(body(ANSWER + b" " * (4 * 1024 * 1024 - 10_000)))
    assert _get_extension(client) == {"RequestId": "r-1"}


def test_each_attempt_is_a_request_of_its_own(dataworks: LocalDataWorks, client: Client) -> None:
    """DataWorks refuses a nonce that it has seen."""
    dataworks.plant(reset, times=3)
    _get_extension(client)
    assert len({request.headers["x-acs-signature-nonce"] for request in dataworks.requests}) == 4


def test_pauses_double_to_two_seconds_and_end_with_the_deadline(
    dataworks: LocalDataWorks, client: Client, time: Time
) -> None:
    dataworks.plant(status(500, "InternalError.System"), times=100)
    _error(client, deadline=10.0)
    assert time.pauses == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0, 2.0]


@SLOW
@given(numbers=st.lists(st.floats(0, 1, exclude_max=True), min_size=5, max_size=5))
def test_pauses_have_a_random_part_of_their_length(numbers: list[float]) -> None:
    time, left = Time(), list(numbers)
    with LocalDataWorks() as dataworks:
        dataworks.plant(status(503, "ServiceUnavailable"), times=5)
        client = Client(
            dataworks.endpoint,
            credentials=lambda: CREDENTIALS,
            sleep=time.sleep,
            random=lambda: left.pop(0),
            clock=time.clock,
        )
        _get_extension(client)
        client.close()
    assert time.pauses == [number * longest for number, longest in zip(numbers, (0.1, 0.2, 0.4, 0.8, 1.6), strict=True)]


def test_there_is_no_attempt_without_time_for_it(dataworks: LocalDataWorks, client: Client, time: Time) -> None:
    def fail_late(handler: Any) -> None:
        time.moment = 9.9
        handler.answer(500, {})

    dataworks.plant(fail_late)
    assert _error(client, deadline=10.0).retryable
    assert (len(dataworks.requests), time.pauses) == (1, [])


def test_a_deadline_that_has_passed_sends_nothing(dataworks: LocalDataWorks, client: Client) -> None:
    error = _error(client, deadline=0.0)
    assert str(error) == "GetExtension was not called: its deadline had passed"
    assert error.retryable
    assert dataworks.requests == []


def test_an_attempt_ends_with_the_deadline(dataworks: LocalDataWorks, client: Client) -> None:
    dataworks.plant(silence)
    error = _error(client, deadline=0.1)
    assert error.retryable
    assert "timed out" in str(error)


def test_an_attempt_ends_after_five_seconds_even_while_its_answer_comes(
    dataworks: LocalDataWorks, client: Client, time: Time
) -> None:
    def late(handler: Any) -> None:
        time.moment += 5
        handler.answer(200, {"RequestId": "r-1"})

    dataworks.plant(late)
    _get_extension(client)
    assert (len(dataworks.requests), time.pauses) == (2, [0.1])


def test_a_port_where_nobody_listens_is_tried_until_the_deadline(make_client: MakeClient, time: Time) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    error = _error(make_client(f"http://127.0.0.1:{port}"), deadline=1.0)
    assert (error.status, error.retryable, time.pauses) == (None, True, [0.1, 0.2, 0.4])
    assert f"after 4 attempts: no useful answer from 127.0.0.1:{port}" in str(error)


# What an error says


@pytest.mark.parametrize(
    ("number", "code", "advice"),
    [
        (403, "Forbidden.Access", "extensions need DataWorks Enterprise Edition"),
        (403, "NoPermission", "give the function's role the permission dataworks:GetExtension"),
        (400, "InvalidParameter", "check DATAWORKS_EXT_CODE (the extension's code) and the message id"),
        (404, "InvalidAction.NotFound", "is it https://dataworks.{region}.aliyuncs.com?"),
        (400, "SignatureDoesNotMatch", "check the credentials (the function's role) and the clock"),
        (400, "InvalidTimeStamp.Expired", "check the credentials (the function's role) and the clock"),
        (404, "InvalidAccessKeyId.NotFound", "check the credentials (the function's role) and the clock"),
        (403, "InvalidSecurityToken.Expired", "check the credentials (the function's role) and the clock"),
        (429, "Throttling.User", "try again later, or ask Alibaba Cloud for a higher quota"),
        (500, "InternalError.System", "give Alibaba Cloud the request id if it stays so"),
        (307, "Moved", "a redirect is not followed: check the endpoint"),
        (409, "Conflict", "check the parameters of GetExtension"),
    ],
)
def test_an_error_names_the_action_what_came_and_what_to_do(
    dataworks: LocalDataWorks, single: Client, number: int, code: str, advice: str
) -> None:
    dataworks.plant(status(number, code))
    error = _error(single)
    assert str(error).startswith(f"GetExtension failed: HTTP {number} {code} (request id r-planted): planted; ")
    assert advice in str(error)
    assert (error.action, error.status, error.code) == ("GetExtension", number, code)
    assert (error.request_id, error.throttled) == ("r-planted", number == 429)


def test_an_error_without_success_has_its_own_fields(dataworks: LocalDataWorks, client: Client) -> None:
    answer = {"Success": False, "ErrorCode": "9990030002", "ErrorMessage": "no such extension", "RequestId": "r-9"}
    dataworks.plant(body(json.dumps(answer).encode()))
    error = _error(client)
    assert str(error).startswith(
        "GetExtension failed: HTTP 200 9990030002 and Success is false (request id r-9): no such extension; check"
    )
    assert (error.status, error.code, error.request_id) == (200, "9990030002", "r-9")


def test_an_error_of_the_network_names_the_host(dataworks: LocalDataWorks, single: Client) -> None:
    dataworks.plant(reset)
    error = _error(single)
    host = f"127.0.0.1:{dataworks.port}"
    assert str(error).startswith(f"GetExtension failed: no useful answer from {host}: ")
    assert str(error).endswith(f"; check that the function's network (VPC, security group, https_proxy) reaches {host}")


def test_a_page_in_place_of_an_answer_points_to_the_endpoint(dataworks: LocalDataWorks, client: Client) -> None:
    dataworks.plant(no_json)
    host = f"127.0.0.1:{dataworks.port}"
    assert str(_error(client)).startswith(
        f"GetExtension failed: HTTP 200 and no JSON object; check that {host} is DataWorks' endpoint"
    )


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("one line", "one line"),
        ("first\nsecond", "first"),
        ("a\x1b[31mb\x00c\ud800", "a[31mbc"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 199 + "…"),
    ],
)
def test_of_the_servers_text_an_error_has_the_first_line(
    dataworks: LocalDataWorks, client: Client, message: str, told: str
) -> None:
    dataworks.plant(status(409, "Conflict", message))
    assert f": {told}; check" in str(_error(client))


@pytest.mark.parametrize("value", [None, 5, ["x"], {}, "", "two words", "x" * 101, "line\nline"])
def test_what_can_be_no_code_is_none(dataworks: LocalDataWorks, client: Client, value: object) -> None:
    answer = {"Code": value, "Message": value, "RequestId": value}
    dataworks.plant(body(json.dumps(answer).encode(), 409))
    error = _error(client)
    assert (error.code, error.request_id) in [(None, None), ("line", "line")]


_SECRETS = [*CREDENTIALS, "secret%2Bof%2Flocal%3Ddataworks", "ExtensionCode=extension-4711", "f0" * 32]


@SLOW
@given(
    pieces=st.lists(st.sampled_from(_SECRETS) | st.text(max_size=60), min_size=1, max_size=12),
    number=st.sampled_from([200, 400, 403, 429, 500]),
    field=st.sampled_from(["Message", "Code", "RequestId", "ErrorMessage", "ErrorCode"]),
)
def test_no_error_repeats_a_secret_that_the_server_echoes(pieces: list[str], number: int, field: str) -> None:
    answer = {"Success": False, field: "".join(pieces)}
    with LocalDataWorks() as dataworks:
        dataworks.plant(body(json.dumps(answer).encode(), number))
        client = Client(dataworks.endpoint, credentials=lambda: CREDENTIALS, random=lambda: NEVER, clock=lambda: 0.0)
        error = _error(client)
        client.close()
    told = f"{error} {error!r} {error.code} {error.request_id} {error.__cause__} {error.__context__}"
    assert not [secret for secret in _SECRETS if secret and secret in told]


def test_no_error_repeats_a_signature_that_the_server_echoes(dataworks: LocalDataWorks, client: Client) -> None:
    signatures = []

    def echo(handler: Any) -> None:
        authorization = handler.headers["authorization"]
        signatures.append(authorization.rpartition("=")[2])
        handler.answer(400, {"Code": "SignatureDoesNotMatch", "Message": authorization.partition("Signature=")[2]})

    dataworks.plant(echo)
    error = _error(client)
    assert len(signatures[0]) == 64
    assert signatures[0] not in str(error)
    assert ": ***; check the credentials" in str(error)


@pytest.mark.parametrize(
    "credentials",
    [
        CREDENTIALS._replace(access_key_id=""),
        CREDENTIALS._replace(access_key_secret=""),
        CREDENTIALS._replace(access_key_secret="secret-4711\n"),
        CREDENTIALS._replace(security_token="token-4711\r\nHost: elsewhere"),
        CREDENTIALS._replace(access_key_id="密钥-4711"),
    ],
)
def test_credentials_that_cannot_be_are_not_sent(
    dataworks: LocalDataWorks, make_client: MakeClient, credentials: Credentials
) -> None:
    error = _error(make_client(credentials=credentials))
    assert str(error) == (
        "GetExtension was not called: the credentials are empty or hold characters that no key has; "
        "give the function a role with the permission dataworks:GetExtension"
    )
    assert dataworks.requests == []


@pytest.mark.parametrize("action", ["", "Get Extension", "GetExtension\r\nx-acs-version: 1", "取"])
def test_an_operation_that_cannot_be_is_not_called(dataworks: LocalDataWorks, client: Client, action: str) -> None:
    error = _error(client, action=action)
    assert str(error) == f"{action!r} was not called: no operation has such a name"
    assert (error.sent, dataworks.requests) == (False, [])


# The endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://dataworks.cn-shanghai.aliyuncs.com",
        "HTTPS://Dataworks.cn-shanghai.aliyuncs.com:8443",
        "https://[2001:db8::1]:8443",
        "http://localhost:8080",
        "http://127.8.7.6",
        "http://[::1]:80",
    ],
)
def test_an_endpoint_is_a_url_of_a_host(endpoint: str) -> None:
    Client(endpoint, credentials=lambda: CREDENTIALS)


@pytest.mark.parametrize(
    ("endpoint", "why"),
    [
        ("http://dataworks.cn-shanghai.aliyuncs.com", "http:// is for loopback only"),
        ("http://127.0.0.1.example.com", "http:// is for loopback only"),
        ("http://localhost.example.com", "http:// is for loopback only"),
        ("https://key:secret-4711@example.com", "without user info"),
        ("https://example.com/", "without a path"),
        ("https://example.com/v1", "without a path"),
        ("https://example.com?a=1", "without a path, a query"),
        ("https://example.com#a", "or anything else"),
        ("https://example.com:0", "a port from 1 to 65535"),
        ("https://example.com:65536", "a port from 1 to 65535"),
        ("https://example.com:https", "should be https://host"),
        ("https://", "should be https://host"),
        ("https://dataworks..aliyuncs.com", "should be https://host"),
        (f"https://{'x' * 64}.com", "should be https://host"),
        ("https://exa mple.com", "should be https://host"),
        ("https://example.com\n", "should be https://host"),
        ("ftp://example.com", "should be https://host"),
        ("dataworks.cn-shanghai.aliyuncs.com", "should be https://host"),
        ("", "should be https://host"),
    ],
)
def test_anything_else_is_no_endpoint(endpoint: str, why: str) -> None:
    with pytest.raises(EndpointError) as caught:
        Client(endpoint, credentials=lambda: CREDENTIALS)
    assert why in str(caught.value)
    assert "secret-4711" not in str(caught.value)


# TLS


class Certificate(NamedTuple):
    path: Path
    server_context: ssl.SSLContext


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """One that nobody knows, for this machine and for one host of the internet."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "local DataWorks")])
    hosts = [x509.DNSName("localhost"), x509.DNSName("dataworks.example.com"), x509.IPAddress(ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(timezone.utc) - timedelta(days=1))
        .not_valid_after(datetime.now(timezone.utc) + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(hosts), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "certificate.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    return Certificate(folder / "certificate.pem", context)


@pytest.fixture
def secure_dataworks(certificate: Certificate) -> Iterator[LocalDataWorks]:
    with LocalDataWorks(certificate.server_context) as local:
        yield local


def test_a_certificate_that_nobody_knows_is_refused(secure_dataworks: LocalDataWorks, make_client: MakeClient) -> None:
    """And no second time: it will not be another one."""
    error = _error(make_client(secure_dataworks.endpoint))
    assert "certificate verify failed" in str(error)
    assert "SSL_CERT_FILE names the authority's" in str(error)
    assert (error.retryable, secure_dataworks.requests) == (False, [])


def test_a_certificate_that_the_environment_names_is_accepted(
    secure_dataworks: LocalDataWorks,
    make_client: MakeClient,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    client = make_client(secure_dataworks.endpoint)
    assert _get_extension(client)
    assert _get_extension(client)
    assert _connections(secure_dataworks) == [0, 0]


@pytest.mark.parametrize("authorities", [49, 50])
def test_the_one_authority_that_is_needed_is_read_from_a_folder_of_many(
    secure_dataworks: LocalDataWorks,
    make_client: MakeClient,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    authorities: int,
) -> None:
    """All of them are read where the folder has few."""
    name = x509.load_pem_x509_certificate(certificate.path.read_bytes()).subject.public_bytes()
    canonical = name[2:].replace(b"local DataWorks", b"local dataworks")  # as OpenSSL hashes it, without its own head
    hashed = int.from_bytes(hashlib.sha1(canonical).digest()[:4], "little")
    (tmp_path / f"{hashed:08x}.0").write_bytes(certificate.path.read_bytes())
    for number in range(authorities - 1):
        (tmp_path / f"{number:08x}.0").write_text("read by nobody")
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    loaded: list[object] = []
    monkeypatch.setattr(ssl.SSLContext, "load_default_certs", lambda *_: loaded.append(_))
    client = make_client(secure_dataworks.endpoint)
    if authorities == 50:
        assert _get_extension(client)
    else:
        assert "certificate verify failed" in str(_error(client))
    assert len(loaded) == (authorities < 50)


@pytest.mark.parametrize("with_reset", [False, True])
def test_a_kept_tls_connection_that_died_is_replaced_at_once(
    secure_dataworks: LocalDataWorks,
    make_client: MakeClient,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
    time: Time,
    with_reset: bool,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    client = make_client(secure_dataworks.endpoint)
    _get_extension(client)
    secure_dataworks.close_connections(with_reset=with_reset)
    _get_extension(client)
    assert (_connections(secure_dataworks), time.pauses) == ([0, 1], [])


# Proxies


class _ProxyHandler(BaseHTTPRequestHandler):
    server: Proxy

    def do_CONNECT(self) -> None:
        self.server.asked.append((self.path, self.headers["Proxy-Authorization"]))
        if self.server.refusal:
            self.send_error(407, self.server.refusal)
            return
        with socket.create_connection(("127.0.0.1", self.server.target), _WAIT) as target:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=_copy, args=(target, self.connection))
            back.start()
            _copy(self.connection, target)
            back.join()

    def log_message(self, format: str, *arguments: object) -> None:
        """Tests have no use for a log on stderr."""


def _copy(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):  # one of the two has gone
        while content := source.recv(65536):
            sink.sendall(content)
        sink.shutdown(socket.SHUT_WR)


class Proxy(socketserver.ThreadingTCPServer):
    """Connects whoever asks to the same port of this machine."""

    def __init__(self, target: int) -> None:
        super().__init__(("127.0.0.1", 0), _ProxyHandler)
        self.target = target
        self.asked: list[tuple[str, str | None]] = []
        """What to connect to, and the authorisation."""
        self.refusal = ""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def proxy(secure_dataworks: LocalDataWorks) -> Iterator[Proxy]:
    with Proxy(secure_dataworks.port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def call_example(
    secure_dataworks: LocalDataWorks,
    make_client: MakeClient,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], dict[str, object]]:
    """Calls `dataworks.example.com`, whose address is this machine's for those who ask."""
    addresses = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", secure_dataworks.port))]
    resolve = socket.getaddrinfo

    def resolve_example(host: str, *arguments: Any, **named: Any) -> object:
        return addresses if host == "dataworks.example.com" else resolve(host, *arguments, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve_example)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))

    def call() -> dict[str, object]:
        client = make_client("https://dataworks.example.com", random=lambda: NEVER)
        return _get_extension(client)

    return call


@pytest.mark.parametrize("variable", ["https_proxy", "HTTPS_PROXY"])
@pytest.mark.parametrize("form", ["http://{}", "http://{}/", "{}"])
def test_a_proxy_of_the_environment_is_used(
    proxy: Proxy,
    call_example: Callable[[], dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    form: str,
) -> None:
    monkeypatch.setenv(variable, form.format(proxy.address))
    assert call_example()
    assert proxy.asked == [("dataworks.example.com:443", None)]


def test_a_proxy_gets_its_authorisation(
    proxy: Proxy, call_example: Callable[[], dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", f"http://user:p%40ss@{proxy.address}")
    assert call_example()
    assert proxy.asked == [("dataworks.example.com:443", "Basic dXNlcjpwQHNz")]


@pytest.mark.parametrize("variable", ["no_proxy", "NO_PROXY"])
@pytest.mark.parametrize(
    "hosts", ["*", "dataworks.example.com", "other.com, .Example.com", "example.com", "dataworks.example.com:443"]
)
def test_a_host_without_a_proxy_is_called_directly(
    proxy: Proxy,
    call_example: Callable[[], dict[str, object]],
    monkeypatch: pytest.MonkeyPatch,
    variable: str,
    hosts: str,
) -> None:
    monkeypatch.setenv("https_proxy", f"http://{proxy.address}")
    monkeypatch.setenv(variable, hosts)
    assert call_example()
    assert proxy.asked == []


@pytest.mark.parametrize("hosts", ["", "other.com", "ample.com", "dataworks.example.com:8443", ","])
def test_other_hosts_have_their_proxy(
    proxy: Proxy, call_example: Callable[[], dict[str, object]], monkeypatch: pytest.MonkeyPatch, hosts: str
) -> None:
    monkeypatch.setenv("https_proxy", f"http://{proxy.address}")
    monkeypatch.setenv("no_proxy", hosts)
    assert call_example()
    assert len(proxy.asked) == 1


def test_an_empty_variable_in_lower_case_switches_the_proxy_off(
    proxy: Proxy, call_example: Callable[[], dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", f"http://{proxy.address}")
    monkeypatch.setenv("https_proxy", "")
    assert call_example()
    assert proxy.asked == []


def test_this_machine_has_no_proxy(
    proxy: Proxy,
    secure_dataworks: LocalDataWorks,
    make_client: MakeClient,
    certificate: Certificate,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.path))
    monkeypatch.setenv("https_proxy", f"http://{proxy.address}")
    assert _get_extension(make_client(secure_dataworks.endpoint))
    assert proxy.asked == []


def test_a_proxy_that_refuses_is_named_without_its_password(
    proxy: Proxy, call_example: Callable[[], dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy.refusal = "pass-4711 is wrong in dXNlcjpwYXNzLTQ3MTE="
    monkeypatch.setenv("https_proxy", f"http://user:pass-4711@{proxy.address}")
    with pytest.raises(CallError) as caught:
        call_example()
    assert str(caught.value).startswith(
        "GetExtension failed: no useful answer from dataworks.example.com through the proxy 127.0.0.1: "
        "Tunnel connection failed: 407 *** is wrong in ***; "
    )


@pytest.mark.parametrize("url", ["socks5://proxy:1080", "https://proxy:443", "http://u:secret-4711@", "http://a/b"])
def test_a_proxy_of_another_kind_is_told_at_once(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("https_proxy", url)
    with pytest.raises(EndpointError) as caught:
        Client("https://dataworks.example.com", credentials=lambda: CREDENTIALS)
    assert str(caught.value) == ("https_proxy should be http://host:port or http://user:password@host:port")


# The official client, and the local DataWorks


def _sdk_call(
    dataworks: LocalDataWorks, action: str, parameters: Mapping[str, str], credentials: Credentials
) -> dict[str, object]:
    sdk = SdkClient(
        Config(
            access_key_id=credentials.access_key_id,
            access_key_secret=credentials.access_key_secret,
            security_token=credentials.security_token,
            protocol="http",
            endpoint=f"127.0.0.1:{dataworks.port}",
        )
    )
    in_query = action in ("GetExtension", "UpdateWorkbenchEventResult")  # as its generated client for DataWorks has it
    request = OpenApiRequest(query=dict(parameters)) if in_query else OpenApiRequest(body=dict(parameters))
    params = Params(
        action=action,
        version="2020-05-18",
        protocol="HTTP",
        pathname="/",
        method="POST",
        auth_type="AK",
        style="RPC",
        req_body_type="formData",
        body_type="json",
    )
    try:
        answer = sdk.do_request(params, request, RuntimeOptions())
    finally:
        for session in DaraCore._sessions.values():  # which it keeps for ever
            session.close()
        DaraCore._sessions.clear()
    return dict(answer["body"])


def _our_call(
    dataworks: LocalDataWorks, action: str, parameters: Mapping[str, str], credentials: Credentials
) -> dict[str, object]:
    client = Client(dataworks.endpoint, credentials=lambda: credentials, clock=lambda: 0.0)
    try:
        return client.call(action, parameters, deadline=AN_HOUR)
    finally:
        client.close()


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # the SDK asks so for the time
@pytest.mark.parametrize("call", [_sdk_call, _our_call])
class TestBothClients:
    """What the official client and ours have in common with the local DataWorks."""

    @pytest.mark.parametrize(
        ("action", "text_name", "result", "state"),
        [
            ("UpdateIDEEventResult", "CheckResultTip", "OK", "Passed"),
            ("UpdateIDEEventResult", "CheckResultTip", "WARN", "Passed"),
            ("UpdateIDEEventResult", "CheckResultTip", "FAIL", "Failed"),
            ("UpdateWorkbenchEventResult", "CheckResultTip", "OK", "Passed"),
            ("UpdateWorkbenchEventResult", "CheckResultTip", "FAIL", "Failed"),
            ("CallbackExtension", "CheckMessage", "OK", "Passed"),
            ("CallbackExtension", "CheckMessage", "WARN", "Passed"),
            ("CallbackExtension", "CheckMessage", "FAIL", "Failed"),
        ],
    )
    def test_a_callback_is_taken(
        self, dataworks: LocalDataWorks, call: Any, action: str, text_name: str, result: str, state: str
    ) -> None:
        held = dataworks.hold("m-1", action)
        parameters = {**EXTENSION, "MessageId": "m-1", "CheckResult": result, text_name: "太多 ~*+/ rows"}
        call(dataworks, action, parameters, CREDENTIALS)
        assert (held.state, held.result, held.text) == (state, result, "太多 ~*+/ rows")

    def test_a_snapshot_is_found(self, dataworks: LocalDataWorks, call: Any) -> None:
        dataworks.snapshots["m-1"] = {"CommittedFile": {"Content": "select 1"}}
        answer = call(dataworks, "GetIDEEventDetail", {"MessageId": "m-1", "ProjectId": "9"}, CREDENTIALS)
        assert answer["EventDetail"] == {"CommittedFile": {"Content": "select 1"}}

    def test_a_wrong_secret_is_refused(self, dataworks: LocalDataWorks, call: Any) -> None:
        with pytest.raises((CallError, AlibabaCloudException)) as caught:
            call(dataworks, "GetExtension", EXTENSION, CREDENTIALS._replace(access_key_secret="another"))
        assert caught.value.code == "SignatureDoesNotMatch"

    @pytest.mark.parametrize(
        ("changes", "code"),
        [
            ({"access_key_id": "LTAI-another"}, "InvalidAccessKeyId.NotFound"),
            ({"security_token": "another"}, "InvalidSecurityToken.Malformed"),
        ],
    )
    def test_somebody_else_is_refused(
        self, dataworks: LocalDataWorks, call: Any, changes: dict[str, str], code: str
    ) -> None:
        with pytest.raises((CallError, AlibabaCloudException)) as caught:
            call(dataworks, "GetExtension", EXTENSION, CREDENTIALS._replace(**changes))
        assert caught.value.code == code


@pytest.mark.parametrize(
    ("action", "parameters", "code"),
    [
        ("GetNothing", {}, "InvalidAction.NotFound"),
        ("GetExtension", {}, "MissingParameter"),
        ("GetExtension", {"ExtensionCode": ""}, "MissingParameter"),
        ("GetExtension", {"ExtensionCode": "another"}, "InvalidParameter"),
        ("GetExtension", {**EXTENSION, "Typo": "x"}, "InvalidParameter"),
        ("GetOptionValueForProject", {**EXTENSION, "ProjectId": "nine"}, "InvalidParameter"),
        ("GetIDEEventDetail", {"MessageId": "unknown", "ProjectId": 9}, "InvalidParameter"),
        ("UpdateIDEEventResult", {**_CALLBACK, "MessageId": "unknown"}, "InvalidParameter"),
        ("UpdateIDEEventResult", {**_CALLBACK, "CheckResult": "DENY"}, "InvalidParameter"),
        ("UpdateIDEEventResult", {**_CALLBACK, "CheckResultTip": ""}, "MissingParameter"),
        ("UpdateWorkbenchEventResult", {**_CALLBACK, "CheckResult": "WARN"}, "InvalidParameter"),
        ("UpdateWorkbenchEventResult", _CALLBACK, "InvalidParameter"),
        ("CallbackExtension", {**EXTENSION, "MessageId": "m-1", "CheckResult": "FAIL"}, "MissingParameter"),
    ],
)
def test_the_local_dataworks_refuses(
    dataworks: LocalDataWorks, client: Client, action: str, parameters: Mapping[str, str | int], code: str
) -> None:
    held = dataworks.hold("m-1", "UpdateIDEEventResult")
    with pytest.raises(CallError) as caught:
        client.call(action, parameters, deadline=AN_HOUR)
    assert (caught.value.code, held.state) == (code, "Checking")


def test_the_local_dataworks_records_a_repeated_callback(dataworks: LocalDataWorks, client: Client) -> None:
    held = dataworks.hold("m-1", "UpdateIDEEventResult")
    for result in ("OK", "FAIL"):
        client.call("UpdateIDEEventResult", {**_CALLBACK, "CheckResult": result}, deadline=AN_HOUR)
    assert held.state == "Passed"
    assert [request.parameters["CheckResult"] for request in dataworks.repeated] == ["FAIL"]


@pytest.mark.parametrize("minutes", [-16, 16])
def test_the_local_dataworks_refuses_a_wrong_clock(make_client: MakeClient, minutes: int) -> None:
    moment = datetime.now(timezone.utc).timestamp() + minutes * 60
    assert _error(make_client(now=lambda: moment)).code == "InvalidTimeStamp.Expired"


def _post(
    dataworks: LocalDataWorks, action: str, query: Mapping[str, str], form: Mapping[str, str], nonce: str = "n-1"
) -> str:
    """The code of the answer to a request that is signed and otherwise as it is given; empty for success."""
    headers = {
        "host": f"127.0.0.1:{dataworks.port}",
        "content-type": "application/x-www-form-urlencoded",
        "x-acs-action": action,
        "x-acs-version": "2020-05-18",
    }
    content, moment = urlencode(form).encode(), datetime.now(timezone.utc).timestamp()
    signed = sign("POST", "/", query, headers, content, CREDENTIALS, seconds=moment, nonce=nonce)
    connection = HTTPConnection("127.0.0.1", dataworks.port, timeout=_WAIT)
    connection.request("POST", f"/?{urlencode(query)}" if query else "/", content, signed)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return str(answer.get("Code", ""))


@pytest.mark.filterwarnings("ignore:datetime.datetime.utcnow:DeprecationWarning")  # the SDK asks so for the time
@pytest.mark.parametrize(
    ("action", "parameters"),
    [("GetExtension", EXTENSION), ("GetOptionValueForProject", {**EXTENSION, "ProjectId": "9"})],
)
def test_the_content_type_is_sent_where_the_official_client_sends_it(
    dataworks: LocalDataWorks, action: str, parameters: Mapping[str, str]
) -> None:
    """With a form, and not with a query alone."""
    for call in (_sdk_call, _our_call):
        call(dataworks, action, parameters, CREDENTIALS)
    official, ours = dataworks.requests
    assert (ours.parameters, ours.headers.get("content-type")) == (
        official.parameters,
        official.headers.get("content-type"),
    )


def test_the_local_dataworks_refuses_a_request_that_is_sent_twice(dataworks: LocalDataWorks) -> None:
    codes = [_post(dataworks, "GetExtension", EXTENSION, {}, nonce="n-1") for _ in range(2)]
    assert codes == ["", "SignatureNonceUsed"]


@pytest.mark.parametrize(
    ("action", "query", "form", "code"),
    [
        ("GetExtension", EXTENSION, {}, ""),
        ("GetExtension", {}, EXTENSION, "MissingParameter"),
        ("GetExtension", EXTENSION, EXTENSION, "InvalidParameter"),
        ("UpdateWorkbenchEventResult", _CALLBACK, {}, ""),
        ("UpdateWorkbenchEventResult", {}, _CALLBACK, "MissingParameter"),
        ("GetOptionValueForProject", {}, {**EXTENSION, "ProjectId": "9"}, ""),
        ("GetOptionValueForProject", {**EXTENSION, "ProjectId": "9"}, {}, "MissingParameter"),
        ("GetOptionValueForProject", {"ProjectId": "9"}, {**EXTENSION, "ProjectId": "9"}, "InvalidParameter"),
    ],
)
def test_the_local_dataworks_takes_parameters_where_the_official_client_has_them(
    dataworks: LocalDataWorks, action: str, query: Mapping[str, str], form: Mapping[str, str], code: str
) -> None:
    dataworks.hold("m-1", "UpdateWorkbenchEventResult")
    assert _post(dataworks, action, query, form) == code


# The cost


def test_nothing_that_the_function_does_not_load_anyway_is_imported_before_the_first_call() -> None:
    """Above all neither `http.client` nor `urllib.parse`."""
    code = (
        "import sys, dataworks_ext.function; before = set(sys.modules)\n"
        "from dataworks_ext.openapi.client import Client\n"
        "Client('https://dataworks.cn-shanghai.aliyuncs.com', credentials=list)\n"
        "print(*sorted(set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    light = {"atexit"}  # built in
    assert {name for name in run.stdout.split() if not name.startswith("dataworks_ext.openapi")} <= light
