"""The API: which request does what.

Source: Function Compute API 2016-08-15, of services, functions, versions, aliases and invocations; Function Compute API
2023-03-30, of functions, versions, aliases, reserved concurrency and invocations.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, Protocol
from urllib.parse import parse_qs, unquote

from .account import Account
from .api_error import ApiError
from .event_api import EVENTBRIDGE_VERSION, EventApi
from .functions_3 import Functions3
from .instances import FunctionResponse
from .resources import read_object
from .verification import RequestHead

_V2: Final = "/2016-08-15/services"
_V3: Final = "/2023-03-30"
_NAME: Final = r"([^/.]+)"
_SERVICE: Final = f"{_V2}/{_NAME}"
_QUALIFIED: Final = rf"{_V2}/([^/.]+)(?:\.([^/]+))?"
_NAME_3: Final = r"([^/]+)"
_FUNCTION_3: Final = f"{_V3}/functions/{_NAME_3}"
_INVOCATIONS: Final = (
    re.compile(f"{_QUALIFIED}/functions/{_NAME}/invocations"),
    re.compile(f"{_V3}/functions/()(){_NAME_3}/invocations"),
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
        functions: What of it belongs to Function Compute 3.0.
        events: The API of EventBridge, which has the same address here.
    """

    def __init__(self, account: Account, functions: Functions3, events: EventApi) -> None:
        self._account = account
        self._functions = functions
        self._events = events

    def code(self, token: str) -> bytes | None:
        """The zip file of an address that was given out."""
        return self._account.code(token)

    def perform(self, head: RequestHead, body: bytes, request_id: str) -> ApiReply:
        """The answer. Raises `ApiError`."""
        path = unquote(head.path)
        if path == "/" and head.headers.get("x-acs-version") == EVENTBRIDGE_VERSION:
            return ApiReply(200, json.dumps(self._events.perform(head, body, request_id)).encode(), _JSON)
        for pattern in _INVOCATIONS:
            match = pattern.fullmatch(path)
            if match is not None and head.method == "POST":
                return self._invoke(head, body, request_id, *match.groups(default=""))
        for method, pattern, handle in _OPERATIONS_3:
            match = pattern.fullmatch(path)
            if match is not None and method == head.method:
                fields = read_object(body) if method in ("POST", "PUT") else _query(head)
                with self._account.lock:
                    shown = handle(self._functions, *match.groups(), *([fields] if handle not in _BARE else []))
                return ApiReply(204) if shown is None else ApiReply(200, json.dumps(shown).encode(), _JSON)
        for method, pattern, operation in _OPERATIONS:
            match = pattern.fullmatch(path)
            if match is not None and method == head.method:
                sent = [read_object(body)] if method in ("POST", "PUT") else []
                with self._account.lock:
                    result = operation(self._account, *match.groups(default=""), *sent)
                return ApiReply(204) if result is None else ApiReply(200, json.dumps(result.shown()).encode(), _JSON)
        text = f"{head.method} {path} is not in the local Function Compute; docs/en/local.md says what is"
        raise ApiError(404, "PathNotSupported", text)

    def _invoke(
        self, head: RequestHead, event: bytes, request_id: str, service: str, qualifier: str, name: str
    ) -> ApiReply:
        kind = head.headers.get("x-fc-invocation-type", "Sync")
        if kind != "Sync":
            raise ApiError.invalid(f"X-Fc-Invocation-Type is {kind!r}; expected Sync: nothing is invoked later here")
        qualifier = qualifier or _query(head).get("qualifier", "")
        if service:
            result = self._account.invoke(service, qualifier, name, event, request_id)
        else:
            result = self._functions.invoke(name, qualifier, event, request_id)
        return _invoked(head, result)


def _query(head: RequestHead) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(head.query).items()}


def _invoked(head: RequestHead, result: FunctionResponse) -> ApiReply:
    """The answer of a function, or its error, which is HTTP 200 as well."""
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
        ("GET", f"{_SERVICE}/versions", Account.list_versions),
        ("GET", f"{_QUALIFIED}/functions/{_NAME}/code", Account.function_code),
        ("DELETE", f"{_SERVICE}/versions/{_NAME}", Account.delete_version),
        ("POST", f"{_SERVICE}/aliases", Account.create_alias),
        ("GET", f"{_SERVICE}/aliases/{_NAME}", Account.alias),
        ("PUT", f"{_SERVICE}/aliases/{_NAME}", Account.update_alias),
        ("DELETE", f"{_SERVICE}/aliases/{_NAME}", Account.delete_alias),
    )
]
"""Method, path, and what is called with the names in the path and with the object that was sent, if one was."""

_OPERATIONS_3: Final[list[tuple[str, re.Pattern[str], Callable[..., Mapping[str, object] | None]]]] = [
    (method, re.compile(pattern), operation)
    for method, pattern, operation in (
        ("POST", f"{_V3}/functions", Functions3.create),
        ("GET", f"{_V3}/functions", Functions3.list_all),
        ("GET", _FUNCTION_3, Functions3.get),
        ("PUT", _FUNCTION_3, Functions3.update),
        ("DELETE", _FUNCTION_3, Functions3.delete),
        ("GET", f"{_FUNCTION_3}/code", Functions3.code),
        ("POST", f"{_FUNCTION_3}/versions", Functions3.publish),
        ("GET", f"{_FUNCTION_3}/versions", Functions3.list_versions),
        ("DELETE", f"{_FUNCTION_3}/versions/{_NAME_3}", Functions3.delete_version),
        ("POST", f"{_FUNCTION_3}/aliases", Functions3.create_alias),
        ("GET", f"{_FUNCTION_3}/aliases", Functions3.list_aliases),
        ("GET", f"{_FUNCTION_3}/aliases/{_NAME_3}", Functions3.get_alias),
        ("PUT", f"{_FUNCTION_3}/aliases/{_NAME_3}", Functions3.update_alias),
        ("DELETE", f"{_FUNCTION_3}/aliases/{_NAME_3}", Functions3.delete_alias),
        ("PUT", f"{_FUNCTION_3}/concurrency", Functions3.put_concurrency),
        ("GET", f"{_FUNCTION_3}/concurrency", Functions3.get_concurrency),
    )
]
"""The same for 3.0: with the names in the path and with the object, or for GET with the query."""
_BARE: Final = (
    *(Functions3.delete, Functions3.delete_version, Functions3.delete_alias),
    *(Functions3.get_alias, Functions3.get_concurrency),
)
"""What is told by the path alone."""
