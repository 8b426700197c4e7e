"""Calls of DataWorks' OpenAPI (product dataworks-public, version 2020-05-18, RPC style).

It is written with the standard library because a function pays for imports at every cold start: the official client
costs a quarter of a second and tens of megabytes. Nothing of HTTP and TLS is imported before the first call, nor
`failures` before one fails.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from .endpoint import EndpointError as EndpointError
from .endpoint import proxy_of_environment, read_endpoint
from .signature import Credentials, canonical_query, sign

if TYPE_CHECKING:
    from .connection import Connection, Left
    from .failures import Failure
    from .pool import Pool

VERSION: Final = "2020-05-18"
"""The version of DataWorks' OpenAPI that is called."""
ATTEMPT_LIMIT: Final = 5.0
"""Seconds that one attempt may take."""

_IN_QUERY: Final = frozenset({"GetExtension", "UpdateWorkbenchEventResult"})
"""Operations whose parameters the official SDK (10.1.1) sends in the query. Those of the others are a form."""
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
_LEAST_ATTEMPT: Final = 0.05
"""Seconds below which another attempt is not worth its request."""


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
        sent: bool = False,
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
        self.sent = sent
        """Whether a request left, so that DataWorks may have done what was asked, whatever it answered."""


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
        self._pool: Pool | None = None
        self._making = threading.Lock()

    def call(self, action: str, parameters: Mapping[str, str | int], *, deadline: float) -> dict[str, object]:
        """The answer to one operation, as the JSON object that came.

        Throttling (HTTP 429, or a code that begins with `Throttling`), HTTP 5xx, and a network that fails are tried
        again as long as the deadline leaves time. Pauses have a random length, at first up to 0.1 seconds, each time
        up to twice as much, and never more than 2 seconds. An operation may reach DataWorks more than once. Redirects
        are not followed.

        Args:
            action: The operation's name: `GetExtension`.
            parameters: Sent as a form, or in the query where the official SDK does so.
            deadline: The moment (`time.monotonic()`) at which the last attempt ends, whatever it waits for.

        Raises:
            CallError: DataWorks refused, or no useful answer came in time.
        """
        if not (action.isascii() and action.isalnum()):
            raise CallError(f"{action!r} was not called: no operation has such a name", action=action)
        if deadline <= self._clock():
            raise CallError(f"{action} was not called: its deadline had passed", action=action, retryable=True)
        call = _Call(action, parameters, self._usable_credentials(action))
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
        if self._pool is not None:
            self._pool.close()

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
        until = min(deadline, self._clock() + ATTEMPT_LIMIT)

        def left() -> float:
            seconds = until - self._clock()
            if seconds <= 0:
                raise TimeoutError("it timed out")
            return seconds

        from .response import read_answer

        pool = self._made_pool()
        try:
            status, body = self._exchange(call, pool, left)
            return read_answer(call.action, status, body, left())
        except OSError as error:
            pool.close()  # what killed this connection has probably killed the idle ones
            from .failures import failure_of_network

            return failure_of_network(error)

    def _exchange(self, call: _Call, pool: Pool, left: Left) -> tuple[int, bytes]:
        """The status and the body of an answer, over a kept connection if there is one that lives."""
        from .connection import Disconnected

        connection = pool.kept()
        if connection is None:
            return self._exchange_over(pool.connect(left), call, pool, left)
        try:
            return self._exchange_over(connection, call, pool, left)
        except Disconnected:
            pool.close()
        return self._exchange_over(pool.connect(left), call, pool, left)

    def _exchange_over(self, connection: Connection, call: _Call, pool: Pool, left: Left) -> tuple[int, bytes]:
        headers = {
            "host": self._endpoint.authority,
            "accept": "application/json",
            "user-agent": "dataworks-ext",
            "x-acs-action": call.action,
            "x-acs-version": VERSION,
        }
        if call.body:
            headers["content-type"] = "application/x-www-form-urlencoded"
        moment, nonce = self._now(), os.urandom(16).hex()
        signed = sign("POST", "/", call.query, headers, call.body, call.credentials, seconds=moment, nonce=nonce)
        call.sent = True
        answer = connection.exchange(call.target, signed, call.body, left)
        pool.keep(connection)
        return answer

    def _made_pool(self) -> Pool:
        if self._pool is None:
            with self._making:
                if self._pool is None:
                    from .pool import Pool

                    self._pool = Pool(self._endpoint, self._proxy, self._clock)
        return self._pool

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
            sent=call.sent,
        )


class _Call:  # a plain class: a NamedTuple costs a quarter of a millisecond at import
    def __init__(self, action: str, parameters: Mapping[str, str | int], credentials: Credentials) -> None:
        from urllib.parse import urlencode

        texts = {name: str(value).encode(errors="replace").decode() for name, value in parameters.items()}
        in_query = action in _IN_QUERY
        encoded = canonical_query(texts) if in_query else urlencode(texts)
        self.action = action
        self.credentials = credentials
        self.query = texts if in_query else {}
        self.target = f"/?{encoded}" if in_query else "/"
        self.body = b"" if in_query else encoded.encode()
        self.secrets: Iterable[str] = (*filter(None, credentials), encoded)
        """What no text may repeat."""
        self.sent = False
