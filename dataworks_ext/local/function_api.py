"""The API: which request does what.

Source: Function Compute API 2016-08-15, of services, functions, versions, aliases and invocations; and InvokeFunction
of Function Compute API 2023-03-30.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol
from urllib.parse import parse_qs, unquote

from .account import DEFAULT_SERVICE, Account
from .api_error import ApiError
from .resources import read_object
from .verification import RequestHead

_V2: Final = "/2016-08-15/services"
_V3: Final = "/2023-03-30"
_NAME: Final = r"([^/.]+)"
_SERVICE: Final = f"{_V2}/{_NAME}"
_QUALIFIED: Final = rf"{_V2}/([^/.]+)(?:\.([^/]+))?"
_INVOCATIONS: Final = (
    re.compile(f"{_QUALIFIED}/functions/{_NAME}/invocations"),
    re.compile(f"{_V3}/functions/()(){_NAME}/invocations"),
)
_JSON: Final = {"Content-Type": "application/json"}


class ApiReply(NamedTuple):
    """An answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class _Shown(Protocol):
    def shown(self) -> Mapping[str, object]: ...


def error_reply(error: ApiError, path: str, request_id: str) -> ApiReply:
    """The answer that is this error, with the names of the API's version."""
    body = {"ErrorCode": error.code, "ErrorMessage": error.message}
    if path.startswith(f"{_V3}/"):
        body = {"Code": error.code, "Message": error.message, "RequestId": request_id}
    return ApiReply(error.status, json.dumps(body).encode(), _JSON)


class FunctionApi:
    """Performs requests that are signed.

    Args:
        account: What there is.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    def perform(self, head: RequestHead, body: bytes, request_id: str) -> ApiReply:
        """The answer. Raises `ApiError`."""
        path = unquote(head.path)
        for pattern in _INVOCATIONS:
            match = pattern.fullmatch(path)
            if match is not None and head.method == "POST":
                return self._invoke(head, body, request_id, *match.groups(default=""))
        for method, pattern, operation in _OPERATIONS:
            match = pattern.fullmatch(path)
            if match is not None and method == head.method:
                sent = [read_object(body)] if method in ("POST", "PUT") else []
                with self._account.lock:
                    result = operation(self._account, *match.groups(default=""), *sent)
                return ApiReply(204) if result is None else ApiReply(200, json.dumps(result.shown()).encode(), _JSON)
        text = f"{head.method} {path} is not in the local Function Compute; docs/local.md says what is"
        raise ApiError(404, "PathNotSupported", text)

    def _invoke(
        self, head: RequestHead, event: bytes, request_id: str, service: str, qualifier: str, name: str
    ) -> ApiReply:
        kind = head.headers.get("x-fc-invocation-type", "Sync")
        if kind != "Sync":
            raise ApiError.invalid(f"X-Fc-Invocation-Type is {kind!r}; expected Sync: nothing is invoked later here")
        qualifier = qualifier or parse_qs(head.query).get("qualifier", [""])[-1]
        result = self._account.invoke(service or DEFAULT_SERVICE, qualifier, name, event, request_id)
        headers = {
            "X-Fc-Instance-Id": result.instance_id,
            "X-Fc-Invocation-Duration": f"{result.duration_ms:.0f}",
            "X-Fc-Max-Memory-Usage": f"{result.memory_mb:.2f}",
        }
        if head.headers.get("x-fc-log-type") == "Tail":
            headers["X-Fc-Log-Result"] = base64.b64encode(result.log.encode()).decode()
        if result.error is None:
            return ApiReply(200, result.body, {**headers, "Content-Type": "application/octet-stream"})
        headers["X-Fc-Error-Type"] = "UnhandledInvocationError"
        return ApiReply(200, json.dumps(result.error).encode(), {**headers, **_JSON})


_OPERATIONS: Final[list[tuple[str, re.Pattern[str], Callable[..., _Shown | None]]]] = [
    (method, re.compile(pattern), operation)
    for method, pattern, operation in (
        ("POST", _V2, Account.create_service),
        ("GET", _QUALIFIED, Account.service),
        ("PUT", _SERVICE, Account.update_service),
        ("DELETE", _SERVICE, Account.delete_service),
        ("POST", f"{_SERVICE}/functions", Account.create_function),
        ("GET", f"{_QUALIFIED}/functions/{_NAME}", Account.function),
        ("PUT", f"{_SERVICE}/functions/{_NAME}", Account.update_function),
        ("DELETE", f"{_SERVICE}/functions/{_NAME}", Account.delete_function),
        ("POST", f"{_SERVICE}/versions", Account.publish_version),
        ("DELETE", f"{_SERVICE}/versions/{_NAME}", Account.delete_version),
        ("POST", f"{_SERVICE}/aliases", Account.create_alias),
        ("GET", f"{_SERVICE}/aliases/{_NAME}", Account.alias),
        ("PUT", f"{_SERVICE}/aliases/{_NAME}", Account.update_alias),
        ("DELETE", f"{_SERVICE}/aliases/{_NAME}", Account.delete_alias),
    )
]
"""Method, path, and what is called with the names in the path and with the object that was sent, if one was."""
