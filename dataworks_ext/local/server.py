"""The HTTP server: requests in, answers out, on loopback only."""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import socket
import sys
import threading
import traceback
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from .account import Account
from .api import Api, Call, Reply
from .errors import ApiError
from .functions import Function
from .invocation import new_request_id
from .invoker import Invoker
from .signature import Signed, verify

HOST: Final = "127.0.0.1"
LARGEST_BODY: Final = 160 * 1024 * 1024
"""Bytes of a request, at most: a package of 100 MB in base 64, and more."""
_CODE_PREFIX: Final = "/code"


class Server:
    """Serves the API at `endpoint`.

    Args:
        account: What there is.
        invoker: Invokes functions.
        access_key_id: Who may call.
        access_key_secret: Signs requests.
        port: Where to listen; 0 for any free port.

    Raises:
        OSError: The port is taken.
    """

    def __init__(
        self, account: Account, invoker: Invoker, *, access_key_id: str, access_key_secret: str, port: int
    ) -> None:
        self._account = account
        self._api = Api(account, invoker, self._code_url)
        self._credentials = (access_key_id, access_key_secret)
        self._code_secret = secrets.token_bytes(32)
        self._http = _HttpServer((HOST, port), self)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,), name="local-server")

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

    def answer(self, signed: Signed, request_id: str) -> Reply:
        """The answer to a request, signed or not."""
        try:
            if signed.path.startswith(_CODE_PREFIX + "/"):
                return self._code(signed)
            verify(signed, *self._credentials)
            query = dict(parse_qsl(signed.query, keep_blank_values=True))
            return self._api.perform(Call(signed.method, signed.path, query, signed.headers, signed.body, request_id))
        except ApiError as error:
            return error_reply(error, signed.path, request_id)
        except Exception:
            traceback.print_exc()
            failure = ApiError(500, "InternalServerError", "the local Function Compute failed; its stderr says how")
            return error_reply(failure, signed.path, request_id)

    def _code_url(self, function: Function, path: str) -> str:
        """An address that needs no signature, as that of the platform's object store."""
        return f"{self.endpoint}{_CODE_PREFIX}{quote(path)}?token={self._token(path)}"

    def _code(self, signed: Signed) -> Reply:
        path = unquote(signed.path.removeprefix(_CODE_PREFIX))
        token = dict(parse_qsl(signed.query)).get("token", "")
        if signed.method != "GET" or not hmac.compare_digest(token.encode(), self._token(path).encode()):
            raise ApiError(403, "AccessDenied", "the address of this code is not one that GetFunctionCode gave")
        _, service, qualifier, name = path.split("/")
        package = self._account.function(service, name, qualifier).deployment.code.package
        return Reply(200, package, {"Content-Type": "application/zip"})

    def _token(self, path: str) -> str:
        return hmac.new(self._code_secret, path.encode(), hashlib.sha256).hexdigest()


def error_reply(error: ApiError, path: str, request_id: str) -> Reply:
    """The answer that is this error, with the names of the API's version."""
    body = {"ErrorCode": error.code, "ErrorMessage": error.message}
    if path.startswith("/2023-03-30/"):
        body = {"Code": error.code, "Message": error.message, "RequestId": request_id}
    return Reply(error.status, json.dumps(body).encode(), {"Content-Type": "application/json"})


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

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def do_PUT(self) -> None:
        self._answer()

    def do_DELETE(self) -> None:
        self._answer()

    def _answer(self) -> None:
        request_id = new_request_id()
        try:
            body = self._body()
        except ApiError as error:
            self.close_connection = True  # what it did not read would be read as another request
            self._send(error_reply(error, self.path, request_id), request_id)
            return
        url = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        signed = Signed(self.command, url.path, url.query, headers, body)
        self._send(self.server.owner.answer(signed, request_id), request_id)

    def _body(self) -> bytes:
        length = self.headers.get("content-length", "0")
        if "transfer-encoding" in self.headers or not length.isdecimal():
            raise ApiError(411, "MissingContentLength", "the body has no length; expected the header Content-Length")
        if int(length) > LARGEST_BODY:
            raise ApiError(413, "PayloadTooLarge", f"the body has {length} bytes; expected {LARGEST_BODY} at most")
        return self.rfile.read(int(length))

    def _send(self, reply: Reply, request_id: str) -> None:
        self.send_response(reply.status)
        for name, value in {**reply.headers, "X-Fc-Request-Id": request_id}.items():
            self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)


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
