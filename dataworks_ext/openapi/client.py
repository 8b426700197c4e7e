"""Calls of DataWorks' OpenAPI (product dataworks-public, version 2020-05-18, RPC style).

It is written with the standard library because a function pays for imports at every cold start: the official client
costs a quarter of a second and tens of megabytes. Neither `http.client` nor `urllib.parse` is imported before the
first call, nor `failures` before one fails.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from .endpoint import EndpointError as EndpointError
from .endpoint import proxy_of_environment, read_endpoint
from .signature import Credentials, sign

if TYPE_CHECKING:
    from http.client import HTTPConnection, HTTPResponse
    from ssl import SSLContext

    from .failures import Failure

VERSION: Final = "2020-05-18"
"""The version of DataWorks' OpenAPI that is called."""
ATTEMPT_LIMIT: Final = 5.0
"""Seconds that one attempt may take."""
ANSWER_LIMIT: Final = 16 * 1024 * 1024
"""Bytes of the largest answer that is read."""

_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
_LEAST_ATTEMPT: Final = 0.05
"""Seconds below which another attempt is not worth its request."""
_LONGEST_IDLE: Final = 30.0
"""Seconds after which an idle connection is presumed dead: a frozen instance does not see it closed."""
_MOST_IDLE: Final = 16
_CHUNK: Final = 64 * 1024


class CallError(Exception):
    """A call without a useful answer. The text names the action, what came, and what to do; it holds no secret."""

    def __init__(
        self,
        text: str,
        *,
        action: str,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retryable: bool = False,
        throttled: bool = False,
    ) -> None:
        super().__init__(text)
        self.action = action
        """The operation that was called: `GetExtension`."""
        self.status = status
        """The answer's HTTP status; None where no whole answer came."""
        self.code = code
        """`Code` of the answer, or its `ErrorCode`: `Throttling.User`."""
        self.request_id = request_id
        """`RequestId` of the answer: what Alibaba Cloud's support asks for."""
        self.retryable = retryable
        """Whether the same call may succeed later. The time for trying was over, if so."""
        self.throttled = throttled
        """Whether DataWorks had too many calls."""


class Client:
    """Calls one endpoint. Threads may share a client, and should: it keeps connections between calls.

    The connections are closed with `close`, or when nobody has the client any more.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        credentials: Callable[[], Credentials],
        sleep: Callable[[float], None] = time.sleep,
        random: Callable[[], float] = random.random,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], float] = time.time,
    ) -> None:
        """
        Args:
            endpoint: `https://dataworks.{region}.aliyuncs.com`, with a port if it is not 443. Loopback may be `http://`.
                A proxy that the environment names (https_proxy, no_proxy, or in capitals) is used for other hosts.
            credentials: Asked once in each call.
            sleep: Waits for that many seconds.
            random: A number from 0 to 1, for the pauses.
            clock: Moments in seconds, those of the deadlines.
            now: Seconds since 1970, for the date of a request.

        Raises:
            EndpointError: The endpoint is no such URL, or the environment names a proxy that is none.
        """
        self._endpoint = read_endpoint(endpoint)
        self._proxy = proxy_of_environment(self._endpoint)
        self._credentials = credentials
        self._sleep, self._random, self._clock, self._now = sleep, random, clock, now
        self._idle: deque[_Connection] = deque()
        weakref.finalize(self, _close_all, self._idle)
        self._context: SSLContext | None = None
        self._context_lock = threading.Lock()

    def call(self, action: str, parameters: Mapping[str, str | int], *, deadline: float) -> dict[str, object]:
        """The answer to one operation, as the JSON object that came.

        Throttling (HTTP 429, or a code that begins with `Throttling`), HTTP 5xx, and a network that fails are tried
        again as long as the deadline leaves time. Pauses have a random length, at first up to 0.1 seconds, each time
        up to twice as much, and never more than 2 seconds. An operation may reach DataWorks more than once.

        Args:
            action: The operation's name: `GetExtension`.
            parameters: Sent as a form.
            deadline: The moment (`time.monotonic()`) at which the last attempt ends.

        Raises:
            CallError: DataWorks refused, or no useful answer came in time.
        """
        from urllib.parse import urlencode

        if deadline <= self._clock():
            raise CallError(f"{action} was not called: its deadline had passed", action=action, retryable=True)
        call = _Call(action, urlencode(parameters, errors="replace").encode(), self._usable_credentials(action))
        longest_pause, attempts = _FIRST_PAUSE, 0
        while True:
            attempts += 1
            answer = self._attempt(call, deadline)
            if isinstance(answer, dict):
                return answer
            pause = self._random() * longest_pause
            if not answer.retryable or self._clock() + pause + _LEAST_ATTEMPT > deadline:
                raise self._error(call, answer, attempts)
            self._sleep(pause)
            longest_pause = min(_LONGEST_PAUSE, longest_pause * 2)

    def close(self) -> None:
        """Closes the idle connections. The client can still be used."""
        _close_all(self._idle)

    def _usable_credentials(self, action: str) -> Credentials:
        credentials = self._credentials()
        values = (credentials.access_key_id, credentials.access_key_secret, credentials.security_token or "-")
        if all(value and value.isascii() and value.isprintable() for value in values):
            return credentials
        raise CallError(
            f"{action} was not called: the credentials are empty or hold characters that no key has; "
            f"give the function a role with the permission dataworks:{action}",
            action=action,
        )

    def _attempt(self, call: _Call, deadline: float) -> dict[str, object] | Failure:
        from http.client import HTTPException

        until = min(deadline, self._clock() + ATTEMPT_LIMIT)
        try:
            return _judge(*self._exchange(call, until))
        except (OSError, HTTPException) as error:
            self.close()  # what killed this connection has probably killed the idle ones
            from .failures import failure_of_network

            return failure_of_network(error)

    def _exchange(self, call: _Call, until: float) -> tuple[int, bytes]:
        """The status and the body of an answer, over a kept connection if there is one that lives."""
        connection = self._kept()
        if connection is None:
            return self._exchange_over(self._connect(until), call, until)
        try:
            return self._exchange_over(connection, call, until)
        except OSError as error:
            if connection.answered or not _is_disconnection(error):
                raise
        self.close()
        return self._exchange_over(self._connect(until), call, until)

    def _exchange_over(self, connection: _Connection, call: _Call, until: float) -> tuple[int, bytes]:
        headers = sign(
            "POST",
            "/",
            {},
            {
                "host": self._endpoint.authority,
                "accept": "application/json",
                "content-type": "application/x-www-form-urlencoded",
                "user-agent": "dataworks-ext",
                "x-acs-action": call.action,
                "x-acs-version": VERSION,
            },
            call.body,
            call.credentials,
            seconds=self._now(),
            nonce=os.urandom(16).hex(),
        )
        answer = connection.exchange(call.body, headers, lambda: self._left(until))
        self._keep(connection)
        return answer

    def _left(self, until: float) -> float:
        """Seconds, for a socket's timeout."""
        left = until - self._clock()
        if left <= 0:
            raise TimeoutError("no time is left")
        return left

    def _kept(self) -> _Connection | None:
        """The connection that was used last, which no other call has from now on."""
        while (connection := _pop(self._idle)) is not None:
            if self._clock() - connection.idle_since <= _LONGEST_IDLE:
                return connection
            connection.close()
        return None

    def _keep(self, connection: _Connection) -> None:
        connection.idle_since = self._clock()
        if connection.is_open and len(self._idle) < _MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def _connect(self, until: float) -> _Connection:
        from http.client import HTTPConnection, HTTPSConnection

        endpoint, proxy, timeout = self._endpoint, self._proxy, self._left(until)
        host = endpoint.host.strip("[]")
        if not endpoint.is_secure:
            return _Connection(HTTPConnection(host, endpoint.port, timeout=timeout))
        if proxy is None:
            return _Connection(HTTPSConnection(host, endpoint.port, timeout=timeout, context=self._ssl_context()))
        through = HTTPSConnection(proxy.host, proxy.port, timeout=timeout, context=self._ssl_context())
        through.set_tunnel(host, endpoint.port, proxy.headers)
        return _Connection(through)

    def _ssl_context(self) -> SSLContext:
        with self._context_lock:
            if self._context is None:
                from ssl import create_default_context

                self._context = create_default_context()
            return self._context

    def _error(self, call: _Call, failure: Failure, attempts: int) -> CallError:
        from .failures import text_of, word

        secrets = [*call.secrets, *(self._proxy.secrets if self._proxy else ())]
        return CallError(
            text_of(failure, call.action, attempts, self._endpoint, self._proxy, secrets),
            action=call.action,
            status=failure.status,
            code=word(failure.code, secrets),
            request_id=word(failure.request_id, secrets),
            retryable=failure.retryable,
            throttled=failure.throttled,
        )


class _Call:  # a plain class, as those below: a NamedTuple costs a quarter of a millisecond at import
    def __init__(self, action: str, body: bytes, credentials: Credentials) -> None:
        self.action = action
        self.body = body
        self.credentials = credentials

    @property
    def secrets(self) -> Iterable[str]:
        """What no text may repeat."""
        return *filter(None, self.credentials), self.body.decode()


class _Connection:
    """A connection to DataWorks. It serves one exchange at a time, and is closed by one that fails."""

    def __init__(self, connection: HTTPConnection) -> None:
        self._connection = connection
        self.idle_since = 0.0
        self.answered = False
        """Whether the exchange that ran last has come to an answer."""

    @property
    def is_open(self) -> bool:
        """Whether the server keeps it open too, as far as it has said."""
        return self._connection.sock is not None

    def exchange(self, body: bytes, headers: dict[str, str], left: Callable[[], float]) -> tuple[int, bytes]:
        """The status and the body of the answer.

        Args:
            body: Bytes to post.
            headers: All of them but the body's length.
            left: How many seconds are left; raises `TimeoutError` when there are none.
        """
        self.answered = False
        try:
            with self._ask(body, headers, left) as response:
                return response.status, self._read(response, left)
        except BaseException:  # whatever it is: the rest of the answer is still to come
            self.close()
            raise

    def close(self) -> None:
        self._connection.close()

    def _ask(self, body: bytes, headers: dict[str, str], left: Callable[[], float]) -> HTTPResponse:
        if not self.is_open:
            self._connection.connect()
        self._socket = self._connection.sock
        self._socket.settimeout(left())
        self._connection.request("POST", "/", body, headers)
        response = self._connection.getresponse()
        self.answered = True
        return response

    def _read(self, response: HTTPResponse, left: Callable[[], float]) -> bytes:
        chunks, size = [], 0
        while not response.isclosed():
            self._socket.settimeout(left())
            chunk = response.read(_CHUNK)
            chunks.append(chunk)
            size += len(chunk)
            if size > ANSWER_LIMIT:
                from .failures import TooLarge

                raise TooLarge(f"the answer has more than {ANSWER_LIMIT >> 20} MB")
        if response.length:
            raise ConnectionResetError(f"the answer ended {response.length} bytes early")
        return b"".join(chunks)


def _pop(connections: deque[_Connection]) -> _Connection | None:
    try:
        return connections.pop()
    except IndexError:
        return None


def _close_all(connections: deque[_Connection]) -> None:
    while (connection := _pop(connections)) is not None:
        connection.close()


def _judge(status: int, body: bytes) -> dict[str, object] | Failure:
    answer = _json_object(body)
    if answer is not None and 200 <= status < 300 and answer.get("Success") is not False:
        return answer
    from .failures import failure_of_answer

    return failure_of_answer(status, answer)


def _json_object(body: bytes) -> dict[str, object] | None:
    try:
        answer: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None


def _is_disconnection(error: OSError) -> bool:
    """Whether the other side had closed the connection."""
    from ssl import SSLEOFError, SSLZeroReturnError

    return isinstance(error, (ConnectionError, SSLEOFError, SSLZeroReturnError))
