"""Whatever becomes of an object, the reply is what it would have been, and in time."""

from __future__ import annotations

import itertools
import json
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dataworks_ext import Extension, Outcome, deny
from dataworks_ext.archive.options import Location
from dataworks_ext.archive.writer import FAILURES, FIRST_PAUSE, LONGEST_PAUSE, ArchiveWriter
from dataworks_ext.context import utc_now
from dataworks_ext.events import DownloadResources, FreezeNode
from dataworks_ext.function import Function
from dataworks_ext.openapi.api import OpenApi
from dataworks_ext.openapi.pool import Host
from dataworks_ext.testing import FunctionContext, eventbridge_message, function_compute_message
from dataworks_ext.testing.contexts import ContextCredentials, FunctionMeta
from tests import dataworks as local

from .faults_of_storage import CONVERSATIONS, says_nothing, server_that

pytestmark = pytest.mark.timed

TIMEOUT: Final = 5
"""Seconds that the platform gives a request: half of what the servers hold out, and enough for a busy machine."""
MESSAGES: Final = int(os.environ.get("ARCHIVE_FAULT_MESSAGES", "24"))
"""Messages to each function of the table. With 500, the table has 11,000."""
CONTEXT: Final = FunctionContext(
    credentials=ContextCredentials(local.ACCESS_KEY_ID, local.ACCESS_KEY_SECRET, local.SECURITY_TOKEN),
    function=FunctionMeta(timeout=TIMEOUT),
)


class Answers(NamedTuple):
    """What a function said to messages of which each third is denied."""

    replies: list[str]
    slowest: float
    records: list[dict[str, Any]]


def guard() -> Extension:
    extension = Extension("guard")

    @extension.policy(DownloadResources)
    def row_limit(event: DownloadResources) -> Outcome | None:
        return deny("too many") if event.data_row_size > 10 else None

    @extension.policy(FreezeNode)
    def never(event: FreezeNode) -> Outcome | None:
        return deny("never") if event.raw["nodeId"] == 3 else None

    return extension


def messages_on(channel: str) -> list[bytes]:
    numbers = range(MESSAGES)
    if channel == "function-compute":
        return [function_compute_message("download-resources", dataRowSize=n % 3 * 10) for n in numbers]
    return [eventbridge_message("freeze-node", message_id=os.urandom(8).hex(), nodeId=n % 3 + 1) for n in numbers]


def expected_on(channel: str) -> list[str]:
    text = "too many" if channel == "function-compute" else "never"
    denied = json.dumps({"checkResult": "FAIL", "errorMessage": text})
    return [denied if n % 3 == 2 else '{"checkResult": "OK"}' for n in range(MESSAGES)]


@pytest.fixture(scope="module", autouse=True)
def dataworks() -> Iterator[local.LocalDataWorks]:
    with local.holding_everything() as running:
        yield running


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy of the machine would look names up, and refuse them, in the function's place."""
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def ask(
    dataworks: local.LocalDataWorks, capsys: pytest.CaptureFixture[str]
) -> Callable[[str, Sequence[bytes]], Answers]:
    def ask_function(endpoint: str, messages: Sequence[bytes]) -> Answers:
        environment = {
            "DATAWORKS_EXT_ARCHIVE": "oss://bucket/guard",
            "DATAWORKS_EXT_ARCHIVE_ENDPOINT": endpoint,
            "DATAWORKS_EXT_ENDPOINT": dataworks.endpoint,
            "DATAWORKS_EXT_CODE": local.EXTENSION_CODE,
        }
        function = Function(guard(), environment=environment)
        function.initializer(CONTEXT)
        capsys.readouterr()
        replies, slowest = [], 0.0
        for message in messages:
            started = time.monotonic()
            replies.append(function.handler(message, CONTEXT))
            slowest = max(slowest, time.monotonic() - started)
        return Answers(replies, slowest, [json.loads(line) for line in capsys.readouterr().out.splitlines()])

    return ask_function


@contextmanager
def a_name_that_is_looked_up_for_ever() -> Iterator[tuple[str, list[int]]]:
    """Its address never comes; a thread that waits for it ends with the test."""
    real, over = socket.getaddrinfo, threading.Event()

    def hang(host: str, *args: Any, **options: Any) -> Any:
        if not str(host).endswith("hanging.example.com") or options.get("flags"):
            return real(host, *args, **options)
        over.wait(30)
        raise socket.gaierror("over")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket, "getaddrinfo", hang)
        try:
            yield "https://hanging.example.com", []
        finally:
            over.set()


@contextmanager
def a_port_that_nobody_listens_on() -> Iterator[tuple[str, list[int]]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    yield f"http://127.0.0.1:{port}", []


@contextmanager
def a_certificate_of_another_host(folder: Path) -> Iterator[tuple[str, list[int]]]:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(*_certificate(folder, "elsewhere.example.com"))
    with server_that(says_nothing, tls) as served, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "certificate.pem"))
        yield served


OTHERS: Final = {
    "DNS that hangs": "the lookup of bucket.hanging.example.com timed out",
    "connection refused": "Connection refused",
    "a certificate of another host": "[SSL: CERTIFICATE_VERIFY_FAILED]",
}


def fault(name: str, folder: Path) -> Any:
    if name in CONVERSATIONS:
        return server_that(CONVERSATIONS[name][0])
    if name == "DNS that hangs":
        return a_name_that_is_looked_up_for_ever()
    return a_port_that_nobody_listens_on() if name == "connection refused" else a_certificate_of_another_host(folder)


CAUSES: Final = {**{name: cause for name, (_, cause) in CONVERSATIONS.items()}, **OTHERS}


@pytest.mark.parametrize("channel", ["function-compute", "eventbridge"])
@pytest.mark.parametrize("name", CAUSES)
def test_no_fault_changes_a_reply(
    name: str, channel: str, ask: Callable[[str, Sequence[bytes]], Answers], tmp_path: Path
) -> None:
    with fault(name, tmp_path) as (endpoint, seen):
        answers = ask(endpoint, messages_on(channel))
    assert answers.replies == expected_on(channel)
    assert answers.slowest < TIMEOUT
    assert {record["archive"] for record in answers.records} == {"lost"}
    causes = [record["archive_problem"] for record in answers.records]
    assert [cause.startswith(CAUSES[name]) for cause in causes[:FAILURES]] == [True] * FAILURES, causes[0]
    assert set(causes[FAILURES:]) == {f"the instance pauses after {FAILURES} failures"}
    is_tried_again = channel == "eventbridge" and name not in ("403", "an expired token")
    if name in CONVERSATIONS:
        assert len(seen) == FAILURES * (2 if is_tried_again else 1)


def test_no_time_is_taken_from_a_reply(ask: Callable[[str, Sequence[bytes]], Answers]) -> None:
    """Storing has half a second where more is left, and on EventBridge it comes after the delivery."""
    with server_that(says_nothing) as (endpoint, _):
        answers = ask(endpoint, messages_on("function-compute")[:1])
    assert 0.5 <= answers.slowest < 1.2


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_pauses_double_up_to_five_minutes_and_end_with_a_success(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    environment = {"DATAWORKS_EXT_ARCHIVE": "oss://bucket", "DATAWORKS_EXT_ARCHIVE_ENDPOINT": "http://127.0.0.1:9"}
    writer = ArchiveWriter(guard(), OpenApi({}), environment, clock=clock)
    tried: list[float] = []
    is_down = True

    def put(*_: object) -> None:
        tried.append(clock.now)
        if is_down:
            raise OSError

    monkeypatch.setattr("dataworks_ext.archive.storage.Storage.put", put)

    def pass_time(until: float) -> None:
        while clock.now < until:
            writer.store([b"{}\n"], "1-abc", utc_now(), clock.now + 1, 1)
            clock.now += 1

    pass_time(2_000)
    pauses = [later - earlier for earlier, later in itertools.pairwise(tried)]
    assert pauses[:6] == [1, FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, 8 * FIRST_PAUSE, LONGEST_PAUSE]
    is_down = False
    pass_time(2_400)
    assert writer.store([b"{}\n"], "1-abc", utc_now(), clock.now + 1, 1).status == "stored"


def test_nothing_is_tried_without_time() -> None:
    environment = {"DATAWORKS_EXT_ARCHIVE": "oss://bucket", "DATAWORKS_EXT_ARCHIVE_ENDPOINT": "http://127.0.0.1:9"}
    writer = ArchiveWriter(guard(), OpenApi({}), environment)
    assert writer.store([b"{}\n"], "1-abc", utc_now(), time.monotonic(), 1) == ("lost", "no time was left")


def test_a_lookup_that_its_threads_start_left_no_time_for_is_named() -> None:
    """A busy machine may need all of the time for that."""

    def left() -> float:
        raise TimeoutError("there was no answer in time")

    with a_name_that_is_looked_up_for_ever(), pytest.raises(TimeoutError, match="the lookup of hanging"):
        Host("hanging.example.com", 443).connect(left)


def test_a_location_has_a_prefix_or_none() -> None:
    assert Location("bucket", "").key("raw") == "raw"
    assert Location("bucket", "a/b").key("raw") == "a/b/raw"


def _certificate(folder: Path, host: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    now = utc_now()
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now.replace(year=now.year - 1))
        .not_valid_after(now.replace(year=now.year + 1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host), x509.IPAddress(ip_address("10.0.0.1"))]), False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "certificate.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
