"""The API: which request does what.

Source: Function Compute API 2016-08-15, as far as `aliyun-fc2` uses it for services, functions, versions, aliases and
invocations; and InvokeFunction of Function Compute API 2023-03-30.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple
from urllib.parse import unquote

from . import versions
from .account import DEFAULT_SERVICE, Account
from .errors import ApiError, invalid
from .fields import read_fields
from .functions import LATEST, Function, Service, etag
from .invocation import Outcome
from .invoker import Invoker

_MOST_ITEMS: Final = 100
_V2: Final = "/2016-08-15"
_V3: Final = "/2023-03-30"
_NAME: Final = r"([^/.]+)"
_QUALIFIED: Final = r"([^/.]+)(?:\.([^/]+))?"


class Call(NamedTuple):
    """A request that was found to be signed."""

    method: str
    path: str
    """As it was sent, without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes
    request_id: str

    @property
    def if_match(self) -> str:
        """The etag that must be the current one; empty for any."""
        return self.headers.get("if-match", "")


class Reply(NamedTuple):
    """An answer."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = {}


class Api:
    """Performs requests.

    Args:
        account: What there is.
        invoker: Invokes functions.
        code_url: Makes the address at which code can be had.
    """

    def __init__(self, account: Account, invoker: Invoker, code_url: Callable[[Function, str], str]) -> None:
        self._account = account
        self._invoker = invoker
        self._code_url = code_url

    def perform(self, call: Call) -> Reply:
        """The answer. Raises `ApiError`."""
        path = unquote(call.path)
        methods = []
        for method, pattern, operation in _ROUTES:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            if method == call.method:
                return operation(self, call, *match.groups(default=""))
            methods.append(method)
        if methods:
            text = f"{call.method} {path} is not supported; expected {' or '.join(methods)}"
            raise ApiError(405, "MethodNotAllowed", text)
        raise ApiError(
            404, "PathNotSupported", f"{path} is no path of the local Function Compute; docs/local.md lists them"
        )

    def account_settings(self, call: Call) -> Reply:
        """GetAccountSettings."""
        return _json({"availableAZs": ["local"]})

    def create_service(self, call: Call) -> Reply:
        """CreateService."""
        return _service(self._account.create_service(read_fields(call.body)))

    def list_services(self, call: Call) -> Reply:
        """ListServices."""
        return _page("services", {name: one.shown() for name, one in self._account.services().items()}, call.query)

    def get_service(self, call: Call, name: str, qualifier: str) -> Reply:
        """GetService."""
        return _service(self._account.service(name, qualifier or LATEST))

    def update_service(self, call: Call, name: str) -> Reply:
        """UpdateService."""
        return _service(self._account.update_service(name, read_fields(call.body), call.if_match))

    def delete_service(self, call: Call, name: str) -> Reply:
        """DeleteService."""
        self._account.delete_service(name, call.if_match)
        return Reply(204)

    def create_function(self, call: Call, service: str) -> Reply:
        """CreateFunction."""
        return _function(self._account.create_function(service, read_fields(call.body)))

    def list_functions(self, call: Call, service: str, qualifier: str) -> Reply:
        """ListFunctions."""
        functions = self._account.service(service, qualifier or LATEST).functions
        return _page("functions", {name: one.shown() for name, one in list(functions.items())}, call.query)

    def get_function(self, call: Call, service: str, qualifier: str, name: str) -> Reply:
        """GetFunction."""
        return _function(self._account.function(service, name, qualifier or LATEST))

    def get_function_code(self, call: Call, service: str, qualifier: str, name: str) -> Reply:
        """GetFunctionCode."""
        function = self._account.function(service, name, qualifier or LATEST)
        url = self._code_url(function, f"/{service}/{qualifier or LATEST}/{name}")
        return _json({"url": url, "checksum": function.deployment.code.checksum})

    def update_function(self, call: Call, service: str, name: str) -> Reply:
        """UpdateFunction."""
        return _function(self._account.update_function(service, name, read_fields(call.body), call.if_match))

    def delete_function(self, call: Call, service: str, name: str) -> Reply:
        """DeleteFunction."""
        self._account.delete_function(service, name, call.if_match)
        return Reply(204)

    def publish_version(self, call: Call, service: str) -> Reply:
        """PublishServiceVersion."""
        return _json(versions.publish_version(self._account, service, read_fields(call.body)).shown())

    def list_versions(self, call: Call, service: str) -> Reply:
        """ListServiceVersions: the newest first, unless `direction` is FORWARD."""
        found = list(self._account.service(service).versions.items())
        if call.query.get("direction", "BACKWARD") != "FORWARD":
            found.reverse()
        return _page("versions", {number: one.shown() for number, one in found}, call.query)

    def delete_version(self, call: Call, service: str, number: str) -> Reply:
        """DeleteServiceVersion."""
        versions.delete_version(self._account, service, number)
        return Reply(204)

    def create_alias(self, call: Call, service: str) -> Reply:
        """CreateAlias."""
        return _tagged(versions.create_alias(self._account, service, read_fields(call.body)).shown())

    def list_aliases(self, call: Call, service: str) -> Reply:
        """ListAliases."""
        aliases = self._account.service(service).aliases
        return _page("aliases", {name: one.shown() for name, one in list(aliases.items())}, call.query)

    def get_alias(self, call: Call, service: str, name: str) -> Reply:
        """GetAlias."""
        return _tagged(versions.alias_of(self._account, service, name).shown())

    def update_alias(self, call: Call, service: str, name: str) -> Reply:
        """UpdateAlias."""
        changed = versions.update_alias(self._account, service, name, read_fields(call.body), call.if_match)
        return _tagged(changed.shown())

    def delete_alias(self, call: Call, service: str, name: str) -> Reply:
        """DeleteAlias."""
        versions.delete_alias(self._account, service, name, call.if_match)
        return Reply(204)

    def invoke(self, call: Call, service: str, qualifier: str, name: str) -> Reply:
        """InvokeFunction of 2016-08-15."""
        return self._invoke(call, service, qualifier or LATEST, name)

    def invoke_without_service(self, call: Call, name: str) -> Reply:
        """InvokeFunction of 2023-03-30."""
        return self._invoke(call, DEFAULT_SERVICE, call.query.get("qualifier") or LATEST, name)

    def _invoke(self, call: Call, service: str, qualifier: str, name: str) -> Reply:
        kind = call.headers.get("x-fc-invocation-type", "Sync")
        if kind not in ("Sync", "Async"):
            raise invalid(f"X-Fc-Invocation-Type is {kind!r}; expected Sync or Async")
        log_type = call.headers.get("x-fc-log-type", "None")
        if log_type not in ("None", "Tail"):
            raise invalid(f"X-Fc-Log-Type is {log_type!r}; expected Tail or None")
        if kind == "Async":
            self._invoker.invoke_later(service, name, qualifier, call.body, call.request_id)
            return Reply(202)
        outcome, version = self._invoker.invoke(service, name, qualifier, call.body, call.request_id)
        return _outcome(outcome, version, with_log=log_type == "Tail")


def _outcome(outcome: Outcome, version: str, *, with_log: bool) -> Reply:
    headers = {
        "X-Fc-Instance-Id": outcome.instance_id,
        "X-Fc-Invocation-Duration": f"{outcome.duration_ms:.0f}",
        "X-Fc-Max-Memory-Usage": f"{outcome.memory_mb:.2f}",
        "X-Fc-Invocation-Service-Version": version,
        "Content-Type": "application/octet-stream",
    }
    if with_log:
        headers["X-Fc-Log-Result"] = base64.b64encode(outcome.log).decode()
    if outcome.error is None:
        return Reply(200, outcome.body, headers)
    headers |= {"X-Fc-Error-Type": "UnhandledInvocationError", "Content-Type": "application/json"}
    return Reply(200, json.dumps(outcome.error).encode(), headers)


def _page(kind: str, items: Mapping[str, object], query: Mapping[str, str]) -> Reply:
    """Those items, in their order, that `prefix`, `startKey`, `nextToken` and `limit` name."""
    limit = query.get("limit", str(_MOST_ITEMS))
    if not limit.isdecimal() or not 1 <= int(limit) <= _MOST_ITEMS:
        raise invalid(f"limit is {limit!r}; expected a whole number from 1 to {_MOST_ITEMS}")
    names = list(items) if kind == "versions" else sorted(items)
    names = [name for name in names if name.startswith(query.get("prefix", ""))]
    start = query.get("nextToken") or query.get("startKey")
    if start and kind == "versions":
        names = names[names.index(start) :] if start in names else []
    elif start:
        names = [name for name in names if name >= start]
    shown: dict[str, object] = {kind: [items[name] for name in names[: int(limit)]]}
    if len(names) > int(limit):
        shown["nextToken"] = names[int(limit)]
    return _json(shown)


def _json(value: Mapping[str, object], headers: Mapping[str, str] | None = None) -> Reply:
    return Reply(200, json.dumps(value).encode(), {"Content-Type": "application/json", **(headers or {})})


def _tagged(shown: Mapping[str, object]) -> Reply:
    return _json(shown, {"ETag": etag(shown)})


def _service(service: Service) -> Reply:
    return _tagged(service.shown())


def _function(function: Function) -> Reply:
    return _tagged(function.shown())


_SERVICE: Final = f"{_V2}/services/{_NAME}"
_FUNCTIONS: Final = f"{_V2}/services/{_QUALIFIED}/functions"
_Operation = Callable[..., Reply]
_ROUTES: Final[list[tuple[str, re.Pattern[str], _Operation]]] = [
    (method, re.compile(pattern), operation)
    for method, pattern, operation in (
        ("GET", f"{_V2}/account-settings", Api.account_settings),
        ("POST", f"{_V2}/services", Api.create_service),
        ("GET", f"{_V2}/services", Api.list_services),
        ("GET", f"{_V2}/services/{_QUALIFIED}", Api.get_service),
        ("PUT", _SERVICE, Api.update_service),
        ("DELETE", _SERVICE, Api.delete_service),
        ("POST", f"{_SERVICE}/functions", Api.create_function),
        ("GET", _FUNCTIONS, Api.list_functions),
        ("GET", f"{_FUNCTIONS}/{_NAME}", Api.get_function),
        ("GET", f"{_FUNCTIONS}/{_NAME}/code", Api.get_function_code),
        ("PUT", f"{_SERVICE}/functions/{_NAME}", Api.update_function),
        ("DELETE", f"{_SERVICE}/functions/{_NAME}", Api.delete_function),
        ("POST", f"{_FUNCTIONS}/{_NAME}/invocations", Api.invoke),
        ("POST", f"{_SERVICE}/versions", Api.publish_version),
        ("GET", f"{_SERVICE}/versions", Api.list_versions),
        ("DELETE", f"{_SERVICE}/versions/{_NAME}", Api.delete_version),
        ("POST", f"{_SERVICE}/aliases", Api.create_alias),
        ("GET", f"{_SERVICE}/aliases", Api.list_aliases),
        ("GET", f"{_SERVICE}/aliases/{_NAME}", Api.get_alias),
        ("PUT", f"{_SERVICE}/aliases/{_NAME}", Api.update_alias),
        ("DELETE", f"{_SERVICE}/aliases/{_NAME}", Api.delete_alias),
        ("POST", f"{_V3}/functions/{_NAME}/invocations", Api.invoke_without_service),
    )
]
