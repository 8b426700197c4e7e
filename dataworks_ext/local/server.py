"""The HTTP server: requests in, answers out, on loopback only."""

from __future__ import annotations

import secrets
import socket
import sys
import threading
import time
import traceback
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from .account import CODE_PATH
from .api_error import ApiError
from .function_api import ApiReply, FunctionApi, error_reply
from .verification import RequestHead, verify_body, verify_head

HOST: Final = "127.0.0.1"
LARGEST_BODY: Final = 160 * 1024 * 1024
"""Bytes of a request, at most: a package of 100 MB in base 64, and more."""
_LOOK: Final = 0.01
"""Seconds between two looks at whether it is to stop."""
_LINGER: Final = 2.0
"""Seconds that the rest of a refused request is read, and dropped, so that its client gets to see the answer."""


class Server:
    """Serves the API at `endpoint`, to requests that are signed with the credentials.

    Args:
        api: Performs requests.
        access_key_id: Who may call.
        access_key_secret: Signs requests.
        port: Where to listen; 0 for any free port.

    Raises:
        OSError: The port is taken.
    """

    def __init__(self, api: FunctionApi, *, access_key_id: str, access_key_secret: str, port: int) -> None:
        self.api = api
        self.credentials = (access_key_id, access_key_secret)
        self._http = _HttpServer((HOST, port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(_LOOK,), name="local-server")

    @property
    def endpoint(self) -> str:
        """`http://127.0.0.1:{port}`."""
        return f"http://{HOST}:{self._http.server_address[1]}"

    def start(self) -> None:
        """Answer requests, on threads."""
        self._thread.start()

    def stop(self) -> None:
        """Accept no more connections."""
        self._http.shutdown()
        self._thread.join()

    def close(self) -> None:
        """Close all connections, and wait for the requests that run."""
        self._http.close_connections()
        self._http.server_close()


def new_request_id() -> str:
    """One that no other request has: `1-{seconds in hex}-{random}-{random}`."""
    return f"1-{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(6)}"


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "dataworks-ext"
    sys_version = ""
    timeout = 60  # seconds that a client may be silent, or not read
    disable_nagle_algorithm = True  # or each answer would wait for the client's delayed acknowledgement
    server: _HttpServer

    def log_message(self, format: str, *arguments: object) -> None:
        """What matters is in the answer."""

    def handle_one_request(self) -> None:
        with suppress(ConnectionError):  # the client went away
            super().handle_one_request()
            return
        self.close_connection = True

    def do_POST(self) -> None:
        request_id = new_request_id()
        path, _, query = self.path.partition("?")
        if self.command == "GET" and path.startswith(CODE_PATH) and self._send_code(path, request_id):
            return
        head = RequestHead(self.command, path, query, {name.lower(): value for name, value in self.headers.items()})
        try:
            verify_head(head, *self.server.owner.credentials)
            body = self._body()
        except ApiError as error:
            self.close_connection = True  # what was not read would be read as another request
            self._send(error_reply(error, path, request_id), request_id)
            self._drop_the_rest()
            return
        try:
            verify_body(head, body)
            reply = self.server.owner.api.perform(head, body, request_id)
        except ApiError as error:
            reply = error_reply(error, path, request_id)
        except Exception:
            traceback.print_exc()
            failure = ApiError(500, "InternalServerError", "the local Function Compute failed; its stderr says how")
            reply = error_reply(failure, path, request_id)
        self._send(reply, request_id)

    do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815  # what the base class calls

    def _send_code(self, path: str, request_id: str) -> bool:
        """Send the zip file at an address that was given out; whether there is one."""
        code = self.server.owner.api.code(path.removeprefix(CODE_PATH))
        if code is not None:
            self._send(ApiReply(200, code, {"Content-Type": "application/zip"}), request_id)
        return code is not None

    def _body(self) -> bytes:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not (length.isascii() and length.isdecimal()):
            raise ApiError(411, "MissingContentLength", "the body has no length; expected the header Content-Length")
        if len(length) > len(str(LARGEST_BODY)) or int(length) > LARGEST_BODY:
            raise ApiError.too_large("body", length[:20], LARGEST_BODY)
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            text = f"the body ended after {len(body)} bytes; expected the {length} of Content-Length"
            raise ApiError.invalid(text)
        return body

    def _send(self, reply: ApiReply, request_id: str) -> None:
        self.send_response(reply.status)
        for name, value in {**reply.headers, "X-Fc-Request-Id": request_id}.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    def _drop_the_rest(self) -> None:
        until = time.monotonic() + _LINGER
        self.connection.settimeout(_LINGER)
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while time.monotonic() < until and self.connection.recv(1 << 16):
                pass


class _HttpServer(ThreadingHTTPServer):
    daemon_threads = False  # so that closing the server waits for them
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], owner: Server) -> None:
        super().__init__(address, _Handler)
        self.owner = owner
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        with self._lock:
            self._open.add(connection)
        return connection, address

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no news; anything else is."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def close_connections(self) -> None:
        """Let those that wait for a request end; answers that are being sent go out."""
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RD)
