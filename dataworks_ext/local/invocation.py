"""A request to a function, and what came of it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping
from typing import NamedTuple

from ..testing.contexts import Credentials

RoleCredentials = Callable[[], Credentials]
"""Makes the credentials of one request: what the function's role would get."""


class Request(NamedTuple):
    """What an instance works on."""

    request_id: str
    event: bytes
    context: Mapping[str, object]
    """The fields of the runtime's context object, as JSON has them."""


class Outcome(NamedTuple):
    """What came of a request."""

    body: bytes
    """What the function returned; empty for a function error."""
    error: Mapping[str, object] | None
    """`errorMessage` and, for an exception, `errorType` and `stackTrace`."""
    duration_ms: float
    """How long the function took, the cold start included."""
    memory_mb: float
    """The most memory that the instance has had, in megabytes; 0 where it is not known."""
    instance_id: str
    log: bytes
    """The last 4 KB of the log."""


def new_request_id() -> str:
    """One that no other request has: `1-{seconds in hex}-{random}-{random}`."""
    return f"1-{int(time.time()):08x}-{secrets.token_hex(4)}-{secrets.token_hex(6)}"


def temporary_credentials() -> Credentials:
    """Credentials that no other request has, and that open nothing."""
    return Credentials(f"STS.{secrets.token_hex(12)}", secrets.token_hex(22), secrets.token_urlsafe(48))
