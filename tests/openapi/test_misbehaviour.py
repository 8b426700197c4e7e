"""Whatever DataWorks does, and whatever is between: a call ends with its deadline, and the next one is itself again."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

import pytest

import dataworks_ext.openapi.pool  # noqa: F401 - a first call loads it, which would take of the time of a test
from dataworks_ext.deadline import LEFT_BEHIND
from dataworks_ext.openapi.client import CallError, Client
from dataworks_ext.openapi.signature import Credentials
from tests.dataworks import (
    ACCESS_KEY_ID,
    ACCESS_KEY_SECRET,
    EXTENSION_CODE,
    SECURITY_TOKEN,
    LocalDataWorks,
    body,
    status,
)
from tests.misbehaviours import MISBEHAVIOURS, SUCCESS, Misbehaviour, raw

CREDENTIALS: Final = Credentials(ACCESS_KEY_ID, ACCESS_KEY_SECRET, SECURITY_TOKEN)
_REPLY: Final = {
    "MessageId": "m-1",
    "ExtensionCode": EXTENSION_CODE,
    "CheckResult": "OK",
    "CheckMessage": "fine",
}
SHORT: Final = 0.15
"""Seconds that a call has which will not be answered."""
LONG: Final = 5.0
TOLERANCE: Final = 0.6
"""Seconds by which a busy machine may be late."""
_PATIENCE: Final = 10


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("https_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@contextmanager
def _client_of(endpoint: str) -> Iterator[Client]:
    client = Client(endpoint, credentials=lambda: CREDENTIALS, random=lambda: 0.0)
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def dataworks() -> Iterator[LocalDataWorks]:
    with LocalDataWorks() as local:
        local.hold("m-1", "CallbackExtension")
        yield local


@pytest.fixture
def client(dataworks: LocalDataWorks) -> Iterator[Client]:
    with _client_of(dataworks.endpoint) as client:
        yield client


def _reply(client: Client, seconds: float = LONG) -> dict[str, object]:
    return client.call("CallbackExtension", _REPLY, deadline=time.monotonic() + seconds)


def _late(client: Client, seconds: float = SHORT, **changes: str) -> CallError:
    """The error of a call that has so much time, and uses no more of it."""
    began = time.monotonic()
    with pytest.raises(CallError) as caught:
        client.call("CallbackExtension", {**_REPLY, **changes}, deadline=began + seconds)
    assert time.monotonic() - began < seconds + TOLERANCE
    return caught.value


def _is_itself_again(dataworks: LocalDataWorks, client: Client) -> bool:
    """Whether another call has its own answer."""
    dataworks.options = {9: {"max": 5}}
    parameters: dict[str, str | int] = {"ExtensionCode": EXTENSION_CODE, "ProjectId": 9}
    answer = client.call("GetOptionValueForProject", parameters, deadline=time.monotonic() + LONG)
    return answer["OptionValue"] == '{"max": 5}'


# Answers


def _those(outcome: str) -> pytest.MarkDecorator:
    found = [each for each in MISBEHAVIOURS if each.outcome == outcome]
    return pytest.mark.parametrize("misbehaviour", found, ids=[each.name for each in found])


@_those("late")
def test_an_answer_that_has_no_end_is_left_at_the_deadline(
    dataworks: LocalDataWorks, client: Client, misbehaviour: Misbehaviour
) -> None:
    dataworks.plant(misbehaviour.fault)
    error = _late(client)
    assert (error.retryable, error.sent, error.status) == (True, True, None)
    assert "timed out" in str(error)
    assert _is_itself_again(dataworks, client)


@_those("tried again")
def test_an_answer_that_broke_is_asked_for_again(
    dataworks: LocalDataWorks, client: Client, misbehaviour: Misbehaviour
) -> None:
    dataworks.plant(misbehaviour.fault)
    assert _reply(client)["Success"] == "true"
    assert len(dataworks.requests) == 2
    assert _is_itself_again(dataworks, client)


@_those("refused")
def test_an_answer_of_no_use_is_refused_at_once(
    dataworks: LocalDataWorks, client: Client, misbehaviour: Misbehaviour
) -> None:
    dataworks.plant(misbehaviour.fault)
    error = _late(client, LONG)
    assert (error.retryable, error.sent, len(dataworks.requests)) == (False, True, 1)
    assert _is_itself_again(dataworks, client)


@_those("answered")
def test_an_answer_that_is_odd_is_taken(dataworks: LocalDataWorks, client: Client, misbehaviour: Misbehaviour) -> None:
    dataworks.plant(misbehaviour.fault)
    assert _reply(client)["RequestId"] == "r-1"
    assert len(dataworks.requests) == 1
    assert _is_itself_again(dataworks, client)


# What comes between two calls


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\r\n", id="an empty line"),
        pytest.param(b"x", id="a byte"),
        pytest.param(b'HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{"RequestId": "r-97"}', id="an answer"),
        pytest.param(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n", id="an error"),
    ],
)
@pytest.mark.parametrize("is_at_once", [True, False], ids=["with the answer", "later"])
def test_what_nobody_asked_for_reaches_no_call(
    dataworks: LocalDataWorks, client: Client, content: bytes, is_at_once: bool
) -> None:
    if is_at_once:
        dataworks.plant(raw(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s%s" % (len(SUCCESS), SUCCESS, content)))
    _reply(client)
    if not is_at_once:
        dataworks.say(content)
    assert _is_itself_again(dataworks, client)
    assert [request.connection for request in dataworks.requests] == [0, 1]


# Connections


Behaviour = Callable[[socket.socket, threading.Event], None]
"""What a server does with a connection, until it is told that the test is over."""


def _says_nothing(connection: socket.socket, over: threading.Event) -> None:
    over.wait(_PATIENCE)


def _closes(connection: socket.socket, over: threading.Event) -> None:
    """Nothing, and a goodbye."""


def _speaks_plain_http(connection: socket.socket, over: threading.Event) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.recv(4096)


def _trickles(start: bytes, piece: bytes) -> Behaviour:
    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(4096)
        connection.sendall(start)
        until = time.monotonic() + 10
        while time.monotonic() < until and not over.wait(0.02):
            connection.sendall(piece)

    return behave


def _answers(content: bytes) -> Behaviour:
    def behave(connection: socket.socket, over: threading.Event) -> None:
        connection.recv(4096)
        connection.sendall(content)
        over.wait(_PATIENCE)

    return behave


@contextmanager
def _server(behave: Behaviour) -> Iterator[int]:
    """A server that treats each of its connections so; its port."""
    over = threading.Event()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            behave(connection, over)

    def accept() -> None:
        with suppress(OSError):
            while True:
                threads.append(threading.Thread(target=serve, args=(server.accept()[0],)))
                threads[-1].start()

    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that a client soon waits to be read
        acceptor = threading.Thread(target=accept)
        acceptor.start()
        try:
            yield server.getsockname()[1]
        finally:
            over.set()
            server.shutdown(socket.SHUT_RDWR)
            for thread in (acceptor, *threads):
                thread.join()


_HANDSHAKE: Final = b"\x16\x03\x03\x40\x00\x02\x00\x3f\xfc\x03\x03"
"""The beginning of a server's greeting of 16 kB."""


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(_says_nothing, id="says nothing"),
        pytest.param(_trickles(b"", b""), id="reads and says nothing"),
        pytest.param(_trickles(_HANDSHAKE, b"x"), id="trickles its greeting"),
        pytest.param(_closes, id="closes"),
        pytest.param(_speaks_plain_http, id="speaks plain HTTP"),
        pytest.param(_answers(b"\x15\x03\x03\x00\x02\x02\x28"), id="sends an alert"),
        pytest.param(_answers(b"\x00\xff" * 1_000), id="sends rubbish"),
    ],
)
def test_a_server_that_does_not_greet_is_left_at_the_deadline(behave: Behaviour) -> None:
    with _server(behave) as port, _client_of(f"https://localhost:{port}") as client:
        error = _late(client)
    assert (error.retryable, error.sent) == (True, False)


def test_a_server_that_does_not_read_is_left_at_the_deadline() -> None:
    with _server(_says_nothing) as port, _client_of(f"http://127.0.0.1:{port}") as client:
        assert _late(client, CheckMessage="x" * 6_000_000).retryable


@pytest.mark.parametrize(
    "behave",
    [
        pytest.param(_says_nothing, id="says nothing"),
        pytest.param(_closes, id="closes"),
        pytest.param(_trickles(b"HTTP/1.1 200 ", b"O"), id="trickles its status"),
        pytest.param(_trickles(b"HTTP/1.1 200 OK\r\n", b"X-Slow: x\r\n"), id="trickles headers"),
        pytest.param(_trickles(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), id="trickles 100 Continue"),
        pytest.param(_answers(b"HTTP/1.1 200 OK\r\n\r\n"), id="connects to silence"),
        pytest.param(_answers(b"HTTP/1.1 200 OK\r\n\r\n" + _HANDSHAKE), id="speaks before it is asked"),
        pytest.param(_answers(b"HTTP/1.1 502 Bad Gateway\r\n\r\n"), id="refuses"),
        pytest.param(_answers(b"HTTP/1.1 302 Found\r\nLocation: https://localhost/\r\n\r\n"), id="redirects"),
        pytest.param(_answers(b"SSH-2.0-OpenSSH_9.6\r\n"), id="speaks another protocol"),
    ],
)
def test_a_proxy_that_does_not_connect_is_left_at_the_deadline(
    behave: Behaviour, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _server(behave) as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        with _client_of("https://dataworks.example.com") as client:
            error = _late(client)
    assert (error.retryable, error.sent) == (True, False)


# Names and addresses


class Names:
    """Stands for the resolver: looks names up as the test says."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._resolve = socket.getaddrinfo
        self.addresses: dict[str, list[tuple[str, int]]] = {}
        self.asked: list[str] = []
        self.allowed = threading.Event()
        self.allowed.set()
        monkeypatch.setattr(socket, "getaddrinfo", self.look_up)

    def look_up(self, host: str, port: int, *, type: int = 0, flags: int = 0) -> object:
        if flags or host not in self.addresses:
            return self._resolve(host, port, type=type, flags=flags)
        self.asked.append(host)
        self.allowed.wait(_PATIENCE)
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", address) for address in self.addresses[host]]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    names = Names(monkeypatch)
    yield names
    names.allowed.set()


def test_a_look_up_that_takes_long_is_left_behind(dataworks: LocalDataWorks, names: Names) -> None:
    """Nothing ends it, so it is no reason for an instance to retire; the next call waits for the same one."""
    names.addresses["localhost"] = [("127.0.0.1", dataworks.port)]
    names.allowed.clear()
    with _client_of(f"http://localhost:{dataworks.port}") as client:
        errors = [_late(client), _late(client)]
        assert all(error.retryable and not error.sent for error in errors)
        assert "the lookup of localhost timed out" in str(errors[0])
        assert (names.asked, LEFT_BEHIND) == (["localhost"], {})
        names.allowed.set()
        assert _reply(client)


def test_a_proxys_name_is_looked_up_in_time_too(names: Names, monkeypatch: pytest.MonkeyPatch) -> None:
    names.addresses["proxy.example.com"] = [("127.0.0.1", 1)]
    names.allowed.clear()
    monkeypatch.setenv("https_proxy", "http://proxy.example.com:3128")
    with _client_of("https://dataworks.example.com") as client:
        assert "the lookup of proxy.example.com timed out" in str(_late(client))


def test_a_name_without_an_address_is_an_error_of_the_network(names: Names) -> None:
    names.addresses["localhost"] = []
    with _client_of("http://localhost:80") as client:
        assert "localhost has no address" in str(_late(client))


@pytest.fixture
def silent_address() -> Iterator[tuple[str, int]]:
    """Where connections are neither accepted nor refused: its queue is full."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server:
        address = server.getsockname()
        waiting = [socket.socket() for _ in range(8)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(address)
        yield address
        for each in waiting:
            each.close()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse a connection when the queue is full")
class TestSilentAddresses:
    """Addresses share the time of a call."""

    def test_many_are_left_at_the_deadline(self, names: Names, silent_address: tuple[str, int]) -> None:
        names.addresses["localhost"] = [silent_address] * 8
        with _client_of("http://localhost:80") as client:
            assert _late(client).retryable

    def test_one_after_them_is_reached(
        self, dataworks: LocalDataWorks, names: Names, silent_address: tuple[str, int]
    ) -> None:
        names.addresses["localhost"] = [silent_address, silent_address, ("127.0.0.1", dataworks.port)]
        with _client_of(f"http://localhost:{dataworks.port}") as client:
            assert _reply(client, 0.6)


# What is large


def test_an_answer_that_cannot_be_read_in_time_is_not_read(dataworks: LocalDataWorks, client: Client) -> None:
    content = b'{"RequestId": "r-1", "Success": true, "More": [%s0]}' % (b"0.5," * 1_000_000)
    dataworks.plant(body(content))
    assert "the answer is too large, or came too late, to be read in time" in str(_late(client, 0.4))


def test_a_text_of_the_server_that_is_too_long_is_not_looked_through(dataworks: LocalDataWorks, client: Client) -> None:
    dataworks.plant(status(409, "Conflict", "x" * 3_000_000))
    error = _late(client, LONG)
    assert "HTTP 409 Conflict (request id r-planted); check" in str(error)
