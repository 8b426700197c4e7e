"""A gateway before the local cloud: it notes each call, and lets some of them fail, before or after they are done."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Final, NamedTuple
from urllib.parse import parse_qs, urlsplit

_READS: Final = ("Get", "List", "Check")


class Call(NamedTuple):
    """A call, as the cloud saw it."""

    action: str
    """`UpdateFunction`: the operation of 3.0 or of EventBridge, for the like call of 2.0 as well."""
    number: int
    """How many calls of this action there were, with this one."""
    name: str
    """The rule or the bus that it is about, for EventBridge."""
    earlier: frozenset[str]
    """The actions of the calls before it."""

    @property
    def changes(self) -> bool:
        """Whether it may change something."""
        return not self.action.startswith(_READS)


class Fault(NamedTuple):
    """What happens to a call instead."""

    status: int = 0
    """Of the answer; 0 for none: the connection is closed."""
    body: Mapping[str, object] = {}
    done: bool = False
    """Whether it is done before."""
    meanwhile: Callable[[], object] | None = None
    """What happens before it is done as it should be; then there is no fault."""


_PATHS_OF_2: Final = {
    "services": "Service",
    "functions": "Function",
    "code": "FunctionCode",
    "versions": "FunctionVersion",
    "aliases": "Alias",
}
"""What a path of 2.0 is about, by its last word that is no name."""
_METHODS: Final = {"GET": "Get", "POST": "Create", "PUT": "Update", "DELETE": "Delete"}


def _operation(method: str, path: str) -> str:
    """The operation of 3.0 that is like a call of 2.0."""
    words = path.removeprefix("/2016-08-15/").split("/")
    if words[-1] == "invocations":
        return "InvokeFunction"
    thing = _PATHS_OF_2[next(word for word in reversed(words) if word in _PATHS_OF_2)]
    named = {"CreateFunctionVersion": "PublishFunctionVersion", "GetFunctionVersion": "ListFunctionVersions"}
    action = f"{_METHODS[method]}{thing}"
    return named.get(action, action)


Plan = Callable[[Call], Fault | None]


def refusal(status: int, code: str, message: str = "no") -> Fault:
    """The answer that Function Compute refuses with, by the names of both its APIs."""
    names = {"Code": code, "Message": message, "RequestId": "r"}
    return Fault(status, {**names, "ErrorCode": code, "ErrorMessage": message})


class Gateway:
    """A context manager. Calls reach the local cloud at `behind` as they were signed."""

    def __init__(self, behind: str) -> None:
        self.calls: list[Call] = []
        self.plan: Plan = lambda call: None
        self._behind = urlsplit(behind).netloc
        self._lock = threading.Lock()
        gateway = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                fault = gateway._noted(self)
                if fault is not None and fault.meanwhile is not None:
                    fault.meanwhile()
                    fault = None
                answer = None if fault is not None and not fault.done else gateway._forward(self, body)
                if fault is None and answer is not None:
                    status, headers, content = answer
                elif fault is not None and fault.status:
                    status, headers, content = fault.status, {}, json.dumps(fault.body).encode()
                else:
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815  # what the base class calls

            def log_message(self, format: str, *arguments: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def changing(self) -> list[str]:
        """The actions that may have changed something, in order."""
        return [call.action for call in self.calls if call.changes]

    def __enter__(self) -> Gateway:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _noted(self, request: BaseHTTPRequestHandler) -> Fault | None:
        path, _, query = request.path.partition("?")
        action = request.headers.get("x-acs-action") or _operation(request.command, path)
        named = parse_qs(query)
        name = "".join(named.get("RuleName", named.get("EventBusName", [""])))
        with self._lock:
            earlier = [one.action for one in self.calls]
            call = Call(action, earlier.count(action) + 1, name, frozenset(earlier))
            self.calls.append(call)
        return self.plan(call)

    def _forward(self, request: BaseHTTPRequestHandler, body: bytes) -> tuple[int, dict[str, str], bytes]:
        connection = HTTPConnection(self._behind, timeout=60)
        try:
            connection.request(request.command, request.path, body, dict(request.headers.items()))
            answer = connection.getresponse()
            headers = {
                name: value
                for name, value in answer.getheaders()
                if name.lower() not in ("content-length", "connection", "server", "date")
            }
            return answer.status, headers, answer.read()
        finally:
            connection.close()
