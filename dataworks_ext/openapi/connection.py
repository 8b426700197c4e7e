"""One connection to DataWorks, whose every step ends with a deadline. Only a call loads this module.

`http.client` reads answers, but sets one time limit for each wait: a server that sends a byte now and then is never
late. So what it reads comes from a stream that looks at the deadline before each wait, and counts what came.
"""

from __future__ import annotations

import io
import socket
import ssl
from collections.abc import Callable, Mapping
from http.client import HTTPException, HTTPResponse
from typing import Final, cast

ANSWER_LIMIT: Final = 4 * 1024 * 1024
"""Bytes of the largest answer that is read: twice the longest SQL statement that MaxCompute takes."""
HEAD_LIMIT: Final = 64 * 1024
"""Bytes up to an answer's body."""

_CHUNK: Final = 64 * 1024
_INTERIM: Final = (102, 103)
"""Statuses that precede the answer, as 100 does, which `http.client` knows."""

Left = Callable[[], float]
"""How many seconds are left; raises `TimeoutError` when there are none."""


class Disconnected(ConnectionError):
    """The server closed a connection before it sent anything of an answer."""


class GarbledAnswer(OSError):
    """An answer that is no HTTP."""


class Connection:
    """A connection to a server. It serves one exchange at a time, and is closed by one that fails.

    An interruption can hit the very line that closes it. The socket then ends with the connection, at once: nothing
    here refers back to what refers to it.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._stream = _Stream(connected)
        self._reader = _Reader(self._stream)
        self.idle_since = 0.0
        self.is_open = True
        """Whether it can serve another exchange, as far as the server has said."""

    def is_unused(self) -> bool:
        """Whether the server has left it as it was: neither closed it nor sent what nobody asked for."""
        self._stream.left, self._stream.room = _nothing, _CHUNK
        try:
            return not self._reader.peek(1) and not self._stream.has_ended
        except OSError:
            return False

    def exchange(
        self, target: str, headers: Mapping[str, str], body: bytes, left: Left, *, method: str = "POST"
    ) -> tuple[int, bytes]:
        """The status and the body of the answer to a request.

        Args:
            target: Path and query, percent-encoded.
            headers: All of them but those of the body's length and encoding.
            body: Bytes to send.
            left: How many seconds are left.
            method: In capitals.

        Raises:
            OSError: There is no whole answer: `Disconnected`, `GarbledAnswer`, `TimeoutError` and others.
        """
        sent = {**headers, "accept-encoding": "identity", "content-length": str(len(body))}
        try:
            response = self._ask(_head(f"{method} {target}", sent) + body, method, left)
            self._stream.room = ANSWER_LIMIT
            answer = self._read(response)
        except BaseException:  # whatever it is: the rest of the answer is still to come
            self.close()
            raise
        finally:
            self._stream.left = _nothing  # or an idle connection would keep its client alive
        self.is_open = not response.will_close
        return response.status, answer

    def tunnel(self, authority: str, headers: Mapping[str, str], left: Left) -> None:
        """Lets a proxy connect it to another server, given as `host:port`. Raises `OSError` if it does not."""
        response = self._ask(_head(f"CONNECT {authority}", {"host": authority, **headers}), "CONNECT", left)
        if not 200 <= response.status < 300:
            raise OSError(f"Tunnel connection failed: {response.status} {response.reason}")
        if not self.is_unused():
            raise GarbledAnswer("the proxy spoke before the server was asked")

    def secured(self, context: ssl.SSLContext, host: str, left: Left) -> Connection:
        """The connection with TLS, which takes its place."""
        connected = context.wrap_socket(self._socket, server_hostname=host, do_handshake_on_connect=False)
        try:
            connected.settimeout(left())
            connected.do_handshake()  # its limit is for all of the handshake
        except BaseException:
            connected.close()
            raise
        return Connection(connected)

    def close(self) -> None:
        self.is_open = False
        self._socket.close()

    def _ask(self, request: bytes, method: str, left: Left) -> HTTPResponse:
        """The head of the answer; its body is still to come."""
        stream = self._stream
        stream.left, stream.room = left, HEAD_LIMIT
        try:
            stream.send(request)
            if not self._reader.peek(1):
                raise ConnectionResetError("the connection was closed without an answer")
        except (ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError) as error:
            raise Disconnected(f"{error}") from None
        while True:
            response = HTTPResponse(cast("socket.socket", self._reader), method=method)  # it wants `makefile`
            try:
                response.begin()
            except HTTPException as error:
                raise _garbled(error) from None
            if stream.has_ended:
                raise ConnectionResetError("the answer ended in its headers")
            if response.status not in _INTERIM:
                return response

    def _read(self, response: HTTPResponse) -> bytes:
        ends_with_connection = response.length is None and not response.chunked
        chunks = []
        try:
            while chunk := response.read(_CHUNK):
                chunks.append(chunk)
        except HTTPException as error:
            raise _garbled(error) from None
        if response.length:
            raise ConnectionResetError(f"the answer ended {response.length} bytes early")
        answer = b"".join(chunks)
        if ends_with_connection and response.status < 300 and answer[:1] in (b"", b"{") and not answer.endswith(b"}"):
            raise ConnectionResetError("the answer ended early")
        return answer


class _Stream(io.RawIOBase):
    """A socket's bytes. Each wait ends when no time is left, and a read fails when there is no room for more."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self.left: Left = _nothing
        self.room = 0
        """How many bytes may still come."""
        self.has_ended = False

    def send(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            self._socket.settimeout(self.left())
            rest = rest[self._socket.send(rest) :]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int | None:  # type: ignore[override]  # the reader gives no other buffer
        self._socket.settimeout(self.left())
        try:
            size = self._socket.recv_into(buffer)
        except (BlockingIOError, ssl.SSLWantReadError):
            return None
        self.has_ended = size == 0
        self.room -= size
        if self.room < 0:
            from .failures import TooLarge

            raise TooLarge("the answer is too large")
        return size


class _Reader(io.BufferedReader):
    """The bytes that came and were not read yet; what came after an answer stays here for the next."""

    def makefile(self, mode: str) -> _Reader:
        """What `HTTPResponse` reads, and closes after an answer."""
        return self

    def close(self) -> None:
        """Nothing: the connection outlives an answer."""


def _nothing() -> float:
    """No time to wait: a read takes what is there."""
    return 0.0


def _garbled(error: HTTPException) -> GarbledAnswer:
    return GarbledAnswer(f"{error}" or type(error).__name__)


def _head(line: str, headers: Mapping[str, str]) -> bytes:
    lines = (f"{line} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", "")
    return "\r\n".join(lines).encode("ascii")
