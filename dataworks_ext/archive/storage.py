"""Putting an object into a bucket before a deadline."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

from ..openapi.connection import Connection, Disconnected, Left
from ..openapi.endpoint import EndpointError, proxy_of_environment
from ..openapi.pool import Pool
from ..openapi.signature import Credentials
from .options import Address, ArchiveError
from .signature_v4 import sign_s3

_CODE: Final = re.compile(rb"<Code>([\w.]{1,60})</Code>")


class PutError(Exception):
    """An object that was not stored, as far as is known. The text holds no secret."""

    def __init__(self, text: str, *, retryable: bool) -> None:
        super().__init__(text)
        self.retryable = retryable
        """Whether the same request may succeed at once."""


class Storage:
    """A bucket. Threads share it.

    Args:
        address: Where it is.
        credentials: Asked once for each object.

    Raises:
        ArchiveError: The environment names a proxy that is none.
    """

    def __init__(self, address: Address, credentials: Callable[[], Credentials]) -> None:
        self._address = address
        self._credentials = credentials
        try:
            self._pool = Pool(address.endpoint, proxy_of_environment(address.endpoint), time.monotonic)
        except EndpointError as error:
            raise ArchiveError(str(error)) from None

    def prepare(self) -> None:
        """Load what TLS needs, before anybody waits for it."""
        self._pool.prepare()

    def put(self, key: str, body: bytes, until: float) -> None:
        """Store an object by that moment of `time.monotonic()`. Raises `PutError`."""

        def left() -> float:
            seconds = until - time.monotonic()
            if seconds <= 0:
                raise TimeoutError("there was no answer in time")
            return seconds

        credentials = self._credentials()
        if not all(value and value.isascii() and value.isprintable() for value in credentials[:2]):
            raise PutError("the function has no credentials; give it a role", retryable=False)
        path = self._address.root + key.replace("=", "%3D")  # other characters that need it are in no key
        try:
            status, answer = self._exchange(path, body, credentials, left)
        except OSError as error:
            self._pool.close()  # what killed this connection has probably killed the idle ones
            raise PutError(_text(error), retryable=True) from None
        if not 200 <= status < 300:
            code = _CODE.search(answer[:4096])
            text = f"HTTP {status} {code[1].decode() if code else ''}".rstrip()
            raise PutError(f"{text}{_advice(status)}", retryable=status >= 500)

    def _exchange(self, path: str, body: bytes, credentials: Credentials, left: Left) -> tuple[int, bytes]:
        connection = self._pool.kept()
        if connection is not None:
            try:
                return self._exchange_over(connection, path, body, credentials, left)
            except Disconnected:  # the server had closed it while the instance was frozen
                self._pool.close()
        return self._exchange_over(self._pool.connect(left), path, body, credentials, left)

    def _exchange_over(
        self, connection: Connection, path: str, body: bytes, credentials: Credentials, left: Left
    ) -> tuple[int, bytes]:
        headers = {"host": self._address.endpoint.authority, "content-type": "application/gzip"}
        signed = sign_s3("PUT", path, headers, body, credentials, region=self._address.region, seconds=time.time())
        answer = connection.exchange(path, signed, body, left, method="PUT")
        self._pool.keep(connection)
        return answer


def _text(error: OSError) -> str:
    """What the system says, without the number that it has there."""
    text = error.strerror or str(error)
    return re.sub(r"^\[Errno -?[0-9]+\] ", "", text) or type(error).__name__


def _advice(status: int) -> str:
    advice = {
        403: "; give the function's role oss:PutObject on the prefix, and check the clock",
        404: "; make the bucket, or name another in DATAWORKS_EXT_ARCHIVE",
    }
    return advice.get(status, "")
