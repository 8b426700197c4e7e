"""A local DataWorks: a server on loopback that checks calls as strictly as the real one, or more so.

The signature is verified from the scheme's description, without a line of the code that is tested.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import socket
import struct
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from ssl import SSLContext
from types import TracebackType
from typing import Final, Literal, NamedTuple
from urllib.parse import parse_qs, parse_qsl, quote, urlsplit

import pytest

ACCESS_KEY_ID: Final = "LTAI5tLocalDataWorks"
ACCESS_KEY_SECRET: Final = "secret+of/local=dataworks"
SECURITY_TOKEN: Final = "CAIS+token/of=local+dataworks"
EXTENSION_CODE: Final = "extension-4711"

State = Literal["Checking", "Passed", "Failed"]
_CALLBACKS: Final[dict[str, tuple[frozenset[str], str]]] = {
    "UpdateIDEEventResult": (frozenset({"OK", "WARN", "FAIL"}), "CheckResultTip"),
    "UpdateWorkbenchEventResult": (frozenset({"OK", "FAIL"}), "CheckResultTip"),
    "CallbackExtension": (frozenset({"OK", "WARN", "FAIL"}), "CheckMessage"),
}
"""The results that an operation takes, and the parameter that has the text."""
_REQUIRED: Final[dict[str, frozenset[str]]] = {
    "UpdateIDEEventResult": frozenset({"MessageId", "ExtensionCode", "CheckResult", "CheckResultTip"}),
    "UpdateWorkbenchEventResult": frozenset({"MessageId", "ExtensionCode", "CheckResult", "CheckResultTip"}),
    "CallbackExtension": frozenset({"MessageId", "ExtensionCode", "CheckResult"}),
    "GetIDEEventDetail": frozenset({"MessageId", "ProjectId"}),
    "GetExtension": frozenset({"ExtensionCode"}),
    "GetOptionValueForProject": frozenset({"ExtensionCode", "ProjectId"}),
}
_OPTIONAL: Final[dict[str, frozenset[str]]] = {"CallbackExtension": frozenset({"CheckMessage"})}
_IN_QUERY: Final = frozenset({"GetExtension", "UpdateWorkbenchEventResult"})
"""Operations whose parameters are expected in the query, as the official SDK sends them; those of others in a form."""
_TAKEN: Final[dict[str, dict[str, object]]] = {
    "UpdateIDEEventResult": {},
    "UpdateWorkbenchEventResult": {"Success": True},
    "CallbackExtension": {"Success": "true"},
}
"""What an operation answers beside the request's id when it takes a result, as its page or the official SDK has it."""
_FRESH: Final = timedelta(minutes=15)
_PATIENCE: Final = 10
"""Seconds after which a silent answer ends by itself, so that a client without a timeout fails a test, not hangs it."""


class Received(NamedTuple):
    """A request that came, whether it was good or not."""

    action: str
    parameters: dict[str, str]
    connection: int
    """Counts connections from 0: two requests of one number came over the same connection."""
    headers: dict[str, str]
    """By lower-case name, without `authorization`."""


class Operation:
    """An operation that waits for the extension's answer."""

    def __init__(self, callback: str) -> None:
        self.callback = callback
        """The only operation of the OpenAPI that answers for it."""
        self.state: State = "Checking"
        self.result = ""
        """OK, WARN or FAIL, as it came."""
        self.text = ""


class Refusal(Exception):
    """An answer with an error."""

    def __init__(self, status: int, code: str, message: str = "") -> None:
        super().__init__(code)
        self.status, self.code, self.message = status, code, message


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # or each answer would wait for the client's delayed acknowledgement
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.number = next(self.server.numbers)

    def log_message(self, format: str, *arguments: object) -> None:
        """Tests have no use for a log on stderr."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        dataworks = self.server.dataworks
        shown = {name: value for name, value in headers.items() if name != "authorization"}
        action, query = headers.get("x-acs-action", ""), urlsplit(self.path).query
        given = _single_values(query if action in _IN_QUERY else body.decode())
        received = Received(action, given, self.number, shown)
        dataworks.requests.append(received)
        dataworks.arrived.release()
        fault = dataworks.next_fault()
        if fault is not None:
            fault(self)
        else:
            self.answer(*dataworks.respond(self.path, headers, body, received))

    def do_GET(self) -> None:
        self.answer(405, {"Code": "UnsupportedHTTPMethod", "Message": "POST only", "RequestId": "r-0"})

    def answer(self, status: int, answer: Mapping[str, object]) -> None:
        self.send(status, json.dumps(answer).encode())

    def send(self, status: int, body: bytes, **headers: str) -> None:
        """Headers are by name, with `_` for `-`."""
        self.send_response(status)
        for name, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


Fault = Callable[[_Handler], None]
"""Answers a request in place of DataWorks."""


def status(number: int, code: str, message: str = "planted") -> Fault:
    """An error as DataWorks gives it."""
    return lambda handler: handler.answer(number, {"Code": code, "Message": message, "RequestId": "r-planted"})


def body(content: bytes, number: int = 200, **headers: str) -> Fault:
    """An answer that can be anything. Headers are by name, with `_` for `-`."""
    return lambda handler: handler.send(number, content, **headers)


def no_json(handler: _Handler) -> None:
    """A page, as a gateway shows one."""
    handler.send(200, b"<html>Welcome</html>")


def reset(handler: _Handler) -> None:
    """A connection that is reset before an answer."""
    reset_on_close(handler.connection)
    handler.close_connection = True


def hang_up(handler: _Handler) -> None:
    """A connection that is closed, in all politeness, before an answer."""
    handler.close_connection = True


def half(handler: _Handler) -> None:
    """An answer that breaks off."""
    handler.send(200, b'{"Requ', Content_Length="100")
    handler.close_connection = True


def silence(handler: _Handler) -> None:
    """No answer, until the test ends or allows it."""
    handler.server.dataworks.allow_answers.wait(_PATIENCE)
    handler.close_connection = True


def stall(handler: _Handler) -> None:
    """An answer that stops in the middle, until the test ends or allows it to break off."""
    handler.send(200, b'{"Requ', Content_Length="100")
    silence(handler)


def reset_on_close(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


class _Server(ThreadingHTTPServer):
    daemon_threads = False  # so that closing the server waits for them
    request_queue_size = 64

    def __init__(self, dataworks: LocalDataWorks, tls: SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.dataworks = dataworks
        self.numbers = count()
        self.open: dict[object, threading.Event] = {}
        """Connections, each with the event of its closing."""
        if tls is not None:
            self.socket = tls.wrap_socket(self.socket, server_side=True)

    def get_request(self) -> tuple[socket.socket, object]:
        connection, address = super().get_request()
        self.open[connection] = threading.Event()
        return connection, address

    def shutdown_request(self, request: socket.socket | tuple[bytes, socket.socket]) -> None:
        """Closes without the usual goodbye, which would come before a reset."""
        self.close_request(request)
        self.open.pop(request).set()

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""


class LocalDataWorks:
    """A context in which DataWorks answers at `endpoint`.

    Fill `snapshots`, `options` and `parameter_setting`; `hold` operations; `plant` faults; look at `requests`.
    """

    def __init__(self, tls: SSLContext | None = None) -> None:
        """
        Args:
            tls: Makes an HTTPS endpoint of it; its certificate should be one for `localhost`.
        """
        self.requests: list[Received] = []
        self.repeated: list[Received] = []
        """Callbacks for operations that had their answer."""
        self.operations: dict[str, Operation] = {}
        """By message id."""
        self.holds_everything = False
        """Whether every operation waits for an answer, as often as one comes."""
        self.snapshots: dict[str, Mapping[str, object]] = {}
        """`EventDetail` by message id."""
        self.options: dict[int, Mapping[str, object]] = {}
        """The extension's options by the workspace's id."""
        self.parameter_setting = ""
        """One `key=value` a line."""
        self.option_setting = ""
        self.bind_events: list[Mapping[str, object]] = []
        self.extension_status = 1
        self.arrived = threading.Semaphore(0)
        """Released by every request that comes."""
        self.allow_answers = threading.Event()
        """Set, it ends what `silence` holds."""
        self._faults: deque[Fault] = deque()
        self._nonces: set[str] = set()
        self._lock = threading.Lock()
        self._server = _Server(self, tls)
        self._origin = "http://127.0.0.1" if tls is None else "https://localhost"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)

    def __enter__(self) -> LocalDataWorks:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.allow_answers.set()
        self._server.shutdown()
        self._thread.join()
        self.close_connections()
        self._server.server_close()

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def endpoint(self) -> str:
        return f"{self._origin}:{self.port}"

    def hold(self, message_id: str, operation: str) -> Operation:
        """Puts an operation in the state Checking until that operation of the OpenAPI answers for it."""
        held = self.operations[message_id] = Operation(operation)
        return held

    def plant(self, fault: Fault, times: int = 1) -> None:
        """Lets that many of the next requests meet the fault, after those that are planted already."""
        self._faults.extend([fault] * times)

    def next_fault(self) -> Fault | None:
        with self._lock:
            return self._faults.popleft() if self._faults else None

    def has_no_connections(self) -> bool:
        """Whether the clients close all connections that they keep open; waits for it."""
        return all(closed.wait(_PATIENCE) for closed in list(self._server.open.values()))

    def close_connections(self, *, with_reset: bool = False) -> None:
        """Closes what clients keep open, and returns when it is closed."""
        for connection, closed in list(self._server.open.items()):
            assert isinstance(connection, socket.socket)
            with suppress(OSError):  # the client has gone already
                if with_reset:
                    reset_on_close(connection)
                connection.shutdown(socket.SHUT_RD)
            closed.wait(_PATIENCE)

    def say(self, content: bytes) -> None:
        """Sends what nobody asked for over all connections that clients keep open."""
        for connection in list(self._server.open):
            assert isinstance(connection, socket.socket)
            connection.sendall(content)

    def respond(
        self, path: str, headers: Mapping[str, str], body: bytes, received: Received
    ) -> tuple[int, dict[str, object]]:
        """The status and the answer to a request."""
        try:
            with self._lock:
                self._verify(path, headers, body)
                _check(received)
                if body if received.action in _IN_QUERY else urlsplit(path).query:
                    raise Refusal(400, "InvalidParameter", "There are parameters in the wrong place.")
                return 200, {"RequestId": "r-1", **self._perform(received)}
        except Refusal as refusal:
            return refusal.status, {"Code": refusal.code, "Message": refusal.message, "RequestId": "r-1"}

    def _verify(self, path: str, headers: Mapping[str, str], body: bytes) -> None:
        verify_signature("POST", path, headers, body)
        sent = datetime.strptime(headers["x-acs-date"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        if abs(datetime.now(timezone.utc) - sent) > _FRESH:
            raise Refusal(400, "InvalidTimeStamp.Expired", "Specified time stamp or date value is expired.")
        nonce = headers["x-acs-signature-nonce"]
        if not nonce or nonce in self._nonces:
            raise Refusal(400, "SignatureNonceUsed", "Specified signature nonce was used already.")
        self._nonces.add(nonce)

    def _perform(self, received: Received) -> dict[str, object]:
        action, parameters = received.action, received.parameters
        if parameters.get("ExtensionCode", EXTENSION_CODE) != EXTENSION_CODE:
            raise Refusal(400, "InvalidParameter", "The extension does not exist.")
        if action in _CALLBACKS:
            return self._settle(received)
        if action == "GetIDEEventDetail":
            if parameters["MessageId"] not in self.snapshots:
                raise Refusal(400, "InvalidParameter", "The message id does not exist.")
            return {"EventDetail": self.snapshots[parameters["MessageId"]]}
        if action == "GetOptionValueForProject":
            return {"OptionValue": json.dumps(self.options.get(int(parameters["ProjectId"]), {}))}
        return {
            "Extension": {
                "ParameterSetting": self.parameter_setting,
                "OptionSetting": self.option_setting,
                "BindEventList": self.bind_events,
                "Status": self.extension_status,
            }
        }

    def _settle(self, received: Received) -> dict[str, object]:
        action, parameters = received.action, received.parameters
        if self.holds_everything:
            self.hold(parameters["MessageId"], action)
        operation = self.operations.get(parameters["MessageId"])
        if operation is None:
            raise Refusal(400, "InvalidParameter", "The message id does not exist.")
        if operation.callback != action:
            raise Refusal(400, "InvalidParameter", f"The event of this message is answered with {operation.callback}.")
        if operation.state != "Checking":
            self.repeated.append(received)
            return _TAKEN[action]
        operation.result = parameters["CheckResult"]
        operation.state = "Failed" if operation.result == "FAIL" else "Passed"
        operation.text = parameters.get(_CALLBACKS[action][1], "")
        return _TAKEN[action]


def _single_values(encoded: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(encoded, keep_blank_values=True).items()}


def _check(received: Received) -> None:
    """Refuses what no operation takes. As for the real one, an empty value is a missing one."""
    action, parameters = received.action, received.parameters
    if received.headers.get("x-acs-version") != "2020-05-18" or action not in _REQUIRED:
        raise Refusal(404, "InvalidAction.NotFound", "Specified api is not found.")
    required = _REQUIRED[action]
    if parameters.get("CheckResult") == "FAIL":
        required |= {_CALLBACKS[action][1]} if action in _CALLBACKS else set()
    for name in sorted(required):
        if not parameters.get(name):
            raise Refusal(400, "MissingParameter", f"{name} is mandatory for this action.")
    if unknown := parameters.keys() - required - _OPTIONAL.get(action, frozenset()):
        raise Refusal(400, "InvalidParameter", f"{min(unknown)} is no parameter of this action.")
    if action in _CALLBACKS and parameters["CheckResult"] not in _CALLBACKS[action][0]:
        raise Refusal(400, "InvalidParameter", "The value of CheckResult is not valid.")
    if not parameters.get("ProjectId", "1").isdecimal():
        raise Refusal(400, "InvalidParameter", "ProjectId is not valid.")


def verify_signature(method: str, path: str, headers: Mapping[str, str], body: bytes) -> None:
    """Refuses a request that is not signed with this module's credentials.

    Args:
        method: In capitals.
        path: As it was sent, with its query.
        headers: By lower-case name.
        body: As it was sent.
    """
    match = re.fullmatch(
        r"ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})",
        headers.get("authorization", ""),
    )
    if match is None:
        raise Refusal(400, "IncompleteSignature", "The request signature does not conform to Aliyun standards.")
    key_id, names, signature = match.groups()
    if key_id != ACCESS_KEY_ID:
        raise Refusal(404, "InvalidAccessKeyId.NotFound", "Specified access key is not found.")
    if headers.get("x-acs-security-token", SECURITY_TOKEN) != SECURITY_TOKEN:
        raise Refusal(400, "InvalidSecurityToken.Malformed", "The specified parameter SecurityToken is malformed.")
    needed = {name for name in headers if name.startswith("x-acs-")} | {
        "host",
        *({"content-type"} if body else ()),
        "x-acs-content-sha256",
        "x-acs-date",
        "x-acs-signature-nonce",
    }
    if not needed <= set(names.split(";")) <= set(headers):
        raise Refusal(400, "IncompleteSignature", "Headers are missing, or not signed.")
    content_hash = hashlib.sha256(body).hexdigest()
    query = parse_qsl(urlsplit(path).query, keep_blank_values=True)
    pairs = (f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in sorted(query))
    lines = [method, urlsplit(path).path, "&".join(pairs)]
    lines += [f"{name}:{headers[name].strip()}" for name in names.split(";")]
    lines += ["", names, headers["x-acs-content-sha256"]]
    canonical = hashlib.sha256("\n".join(lines).encode("latin-1")).hexdigest()
    expected = hmac.digest(ACCESS_KEY_SECRET.encode(), b"ACS3-HMAC-SHA256\n" + canonical.encode(), "sha256").hex()
    if signature != expected or content_hash != headers["x-acs-content-sha256"]:
        text = f"Specified signature does not match our calculation. server string to sign is:{canonical}"
        raise Refusal(400, "SignatureDoesNotMatch", text)


@contextmanager
def holding_everything() -> Iterator[LocalDataWorks]:
    """A DataWorks that waits for the answer to any message, and that the environment names."""
    with LocalDataWorks() as dataworks, pytest.MonkeyPatch.context() as environment:
        dataworks.holds_everything = True
        environment.setenv("DATAWORKS_EXT_CODE", EXTENSION_CODE)
        environment.setenv("DATAWORKS_EXT_ENDPOINT", dataworks.endpoint)
        yield dataworks
