"""The context object that the Function Compute runtime hands to handler and initializer.

Source: Function Compute, "Context" of the Python runtimes.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FunctionMeta:
    """`context.function`."""

    name: str = "data-guard"
    handler: str = "index.handler"
    memory: int = 512
    """Megabytes."""
    timeout: int | str = 10
    """Seconds until the platform kills the function; a string in some versions of the runtime."""


@dataclass(frozen=True)
class ContextCredentials:
    """`context.credentials`: temporary, fresh in each request."""

    access_key_id: str = "STS.example"
    access_key_secret: str = field(default="example-secret", repr=False)
    security_token: str = field(default="example-token", repr=False)


@dataclass(frozen=True)
class FunctionContext:
    """The context of one request."""

    request_id: str = "1-6740b2c3-15e9a1b0-9d4f5c2e7a61"
    function: FunctionMeta = FunctionMeta()
    credentials: ContextCredentials = ContextCredentials()
    region: str = "cn-hangzhou"
    account_id: str = "1234567890980001"
