"""A function of Function Compute 3.0, through its official client.

Source: Function Compute API 2023-03-30.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Final

from alibabacloud_fc20230330 import models
from alibabacloud_fc20230330.client import Client

from .function_store import SETTINGS, FoundAlias, FoundFunction, FoundVersion, Invoked, WantedFunction, found_alias
from .official_client import Caller
from .remote_access import Access, download
from .remote_error import NotThereError

_PAGE: Final = 50


class FunctionCompute3:
    """See `FunctionStore`."""

    api = "3.0"
    service = ""

    def __init__(self, name: str, access: Access) -> None:
        self.name = name
        self._caller = Caller(access, Client)

    def get(self, qualifier: str = "") -> FoundFunction | None:
        request = models.GetFunctionRequest(qualifier=qualifier or None)
        try:
            body = self._call("look up", lambda c, r: c.get_function_with_options(self.name, request, {}, r))
        except NotThereError:
            return None
        return _found(body.to_map())

    def create(self, wanted: WantedFunction) -> None:
        code = {"zipFile": base64.b64encode(wanted.package.read_bytes()).decode()}
        fields = {"functionName": self.name, **wanted.settings, "environmentVariables": dict(wanted.environment)}
        body = models.CreateFunctionInput().from_map({**fields, "code": code})
        request = models.CreateFunctionRequest(body=body)
        self._call("create", lambda c, r: c.create_function_with_options(request, {}, r))

    def update(self, settings: Mapping[str, object], environment: Mapping[str, str], code: bytes | None) -> None:
        fields: dict[str, object] = {**settings, "environmentVariables": dict(environment)}
        if code is not None:
            fields["code"] = {"zipFile": base64.b64encode(code).decode()}
        request = models.UpdateFunctionRequest(body=models.UpdateFunctionInput().from_map(fields))
        self._call("update", lambda c, r: c.update_function_with_options(self.name, request, {}, r))

    def reserve(self, concurrency: int) -> None:
        request = models.PutConcurrencyConfigRequest(body=models.PutConcurrencyInput(reserved_concurrency=concurrency))
        self._call(
            "reserve concurrency of", lambda c, r: c.put_concurrency_config_with_options(self.name, request, {}, r)
        )

    def reserved(self) -> int | None:
        try:
            body = self._call(
                "look up the concurrency of", lambda c, r: c.get_concurrency_config_with_options(self.name, {}, r)
            )
        except NotThereError:
            return None
        return body.reserved_concurrency if isinstance(body.reserved_concurrency, int) else None

    def publish(self, description: str) -> str:
        request = models.PublishFunctionVersionRequest(body=models.PublishVersionInput(description=description))
        body = self._call(
            "publish a version of", lambda c, r: c.publish_function_version_with_options(self.name, request, {}, r)
        )
        return str(body.version_id)

    def versions(self) -> list[FoundVersion]:
        try:
            return sorted(self._versions(), key=lambda one: int(one.number), reverse=True)
        except NotThereError:
            return []

    def _versions(self) -> Iterator[FoundVersion]:
        token: str | None = None
        while True:
            request = models.ListFunctionVersionsRequest(limit=_PAGE, next_token=token)
            body = self._call("list the versions of", self._lister(request))
            for one in body.versions or ():
                yield FoundVersion(str(one.version_id), one.description or "", one.created_time or "")
            token = body.next_token
            if not token:
                return

    def _lister(self, request: models.ListFunctionVersionsRequest) -> Any:
        return lambda c, r: c.list_function_versions_with_options(self.name, request, {}, r)

    def alias(self, name: str) -> FoundAlias | None:
        try:
            body = self._call(f"look up alias {name} of", lambda c, r: c.get_alias_with_options(self.name, name, {}, r))
        except NotThereError:
            return None
        return found_alias(body.version_id, body.additional_version_weight)

    def put_alias(self, name: str, alias: FoundAlias, *, exists: bool) -> None:
        fields = {"version_id": alias.version, "additional_version_weight": dict(alias.weights)}
        if exists:
            changed = models.UpdateAliasRequest(body=models.UpdateAliasInput(**fields))
            self._call(
                f"move alias {name} of", lambda c, r: c.update_alias_with_options(self.name, name, changed, {}, r)
            )
        else:
            created = models.CreateAliasRequest(body=models.CreateAliasInput(alias_name=name, **fields))
            self._call(f"create alias {name} of", lambda c, r: c.create_alias_with_options(self.name, created, {}, r))

    def code(self, qualifier: str) -> bytes:
        request = models.GetFunctionCodeRequest(qualifier=qualifier or None)
        body = self._call("get the code of", lambda c, r: c.get_function_code_with_options(self.name, request, {}, r))
        return download(str(body.url))

    def invoke(self, message: bytes, qualifier: str = "") -> Invoked:
        headers = models.InvokeFunctionHeaders(x_fc_invocation_type="Sync", x_fc_log_type="Tail")
        request = models.InvokeFunctionRequest(qualifier=qualifier or None, body=message)
        client, runtime = self._caller.client, self._caller.runtime
        response = self._caller.call(
            f"invoke function {self.name}",
            lambda: client.invoke_function_with_options(self.name, request, headers, runtime),
        )
        found = {str(name).lower(): str(value) for name, value in (response.headers or {}).items()}
        log = base64.b64decode(found.get("x-fc-log-result", "")).decode("utf-8", "replace")
        body = response.body.read() if response.body is not None else b""
        return Invoked(body, found.get("x-fc-error-type") or None, log, found.get("x-fc-request-id", ""))

    def _call(self, what: str, call: Any) -> Any:
        """The body of an answer."""
        caller = self._caller
        return caller.call(f"{what} function {self.name}", lambda: call(caller.client, caller.runtime)).body


def _found(shown: Mapping[str, Any]) -> FoundFunction:
    status = str(shown.get("lastUpdateStatus") or "")
    if shown.get("state") in ("Pending", "Failed"):
        status = "InProgress" if shown["state"] == "Pending" else "Failed"
    reason = shown.get("lastUpdateStatusReason") or shown.get("stateReason") or ""
    return FoundFunction(
        {name: shown[name] for name in SETTINGS if shown.get(name) is not None},
        {str(name): str(value) for name, value in (shown.get("environmentVariables") or {}).items()},
        str(shown.get("codeChecksum") or ""),
        int(shown.get("codeSize") or 0),
        str(shown.get("functionArn") or ""),
        status,
        str(reason),
    )
