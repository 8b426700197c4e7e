"""A function of Function Compute 2.0, through `aliyun-fc2`.

Source: Function Compute API 2016-08-15: services hold functions; versions, aliases, a role, a log configuration and the
network belong to the service.
"""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import fc2  # type: ignore[import-untyped]  # it has no types
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from .function_store import SETTINGS, FoundAlias, FoundFunction, FoundVersion, Invoked, WantedFunction, found_alias
from .remote_access import Access, checked_endpoint, download
from .remote_error import NotThereError, RemoteError, refused, unanswered

RETRIES = 5
"""How often a request is repeated that found no server, or one that failed or asked for a pause."""
_TRIED_AGAIN: Final = (429, 500, 502, 503, 504)
_OF_SERVICE: Final = ("role", "internetAccess", "logConfig", "vpcConfig")
_ONLY_3: Final = ("cpu", "diskSize")
_PAGE: Final = 50


class FunctionCompute2:
    """See `FunctionStore`. The function has a service of its own.

    Args:
        name: The function's.
        service: The service's.
        access: Whose Function Compute, with its endpoint.
    """

    api = "2.0"

    def __init__(self, name: str, service: str, access: Access) -> None:
        checked_endpoint(access.endpoint, "https://{account id}.{region}.fc.aliyuncs.com")
        self.name = name
        self.service = service
        self._secrets = access.secrets
        self._endpoint = access.endpoint
        self._client = _Client(
            endpoint=access.endpoint,
            accessKeyID=access.access_key_id,
            accessKeySecret=access.access_key_secret,
            securityToken=access.security_token,
        )

    def get(self, qualifier: str = "") -> FoundFunction | None:
        try:
            service = self._call("look up", lambda c: c.get_service(self.service, qualifier=qualifier or None))
            found = self._call(
                "look up", lambda c: c.get_function(self.service, self.name, qualifier=qualifier or None)
            )
        except NotThereError:
            return None
        return _found(service, found)

    def create(self, wanted: WantedFunction) -> None:
        self._put_service(wanted.settings, is_new=True)
        fields = _flat(wanted.settings, dict(wanted.environment), wanted.package.read_bytes())
        fields["functionName"] = self.name
        self._call("create", lambda c: c.send("POST", f"services/{self.service}/functions", fields))

    def update(self, settings: Mapping[str, object], environment: Mapping[str, str], code: bytes | None) -> None:
        self._put_service(settings)
        fields = _flat(settings, dict(environment), code)
        self._call("update", lambda c: c.send("PUT", f"services/{self.service}/functions/{self.name}", fields))

    def reserve(self, concurrency: int) -> None:
        raise RemoteError("concurrency is reserved in Function Compute 3.0 only; remove concurrencyConfig from s.yaml")

    def reserved(self) -> int | None:
        return None

    def publish(self, description: str) -> str:
        published = self._call("publish a version of", lambda c: c.publish_version(self.service, description))
        return str(published["versionId"])

    def versions(self) -> list[FoundVersion]:
        try:
            return sorted(self._versions(), key=lambda one: int(one.number), reverse=True)
        except NotThereError:
            return []

    def _versions(self) -> Iterator[FoundVersion]:
        token: str | None = None
        while True:
            page = self._call("list the versions of", self._lister(token))
            for one in page.get("versions") or ():
                created = str(one.get("createdTime") or "")
                yield FoundVersion(str(one["versionId"]), str(one.get("description") or ""), created)
            token = page.get("nextToken")
            if not token:
                return

    def _lister(self, token: str | None) -> Callable[[Any], Any]:
        return lambda c: c.list_versions(self.service, limit=_PAGE, nextToken=token)

    def alias(self, name: str) -> FoundAlias | None:
        try:
            found = self._call(f"look up alias {name} of", lambda c: c.get_alias(self.service, name))
        except NotThereError:
            return None
        return found_alias(found["versionId"], found.get("additionalVersionWeight"))

    def put_alias(self, name: str, alias: FoundAlias, *, exists: bool) -> None:
        weights = dict(alias.weights)
        if exists:
            change: Callable[[Any], Any] = lambda c: c.update_alias(  # noqa: E731  # two clients' methods, one call
                self.service, name, alias.version, additionalVersionWeight=weights
            )
        else:
            change = lambda c: c.create_alias(  # noqa: E731
                self.service, name, alias.version, additionalVersionWeight=weights
            )
        self._call(f"{'move' if exists else 'create'} alias {name} of", change)

    def code(self, qualifier: str) -> bytes:
        found = self._call(
            "get the code of", lambda c: c.get_function_code(self.service, self.name, qualifier=qualifier or None)
        )
        return download(str(found["url"]))

    def invoke(self, message: bytes, qualifier: str = "") -> Invoked:
        headers = {"x-fc-invocation-type": "Sync", "x-fc-log-type": "Tail"}
        service = f"{self.service}.{qualifier}" if qualifier else self.service
        path = f"/{self._client.api_version}/services/{service}/functions/{self.name}/invocations"

        def invoke(client: Any) -> Any:  # invoke_function loses the log of an invocation that failed
            signed = client._build_common_headers("POST", path, headers)
            return _Answer(client._do_request("POST", path, signed, body=message))

        response = self._call("invoke", invoke)
        log = base64.b64decode(response.headers.get("X-Fc-Log-Result", "")).decode("utf-8", "replace")
        error_type = response.headers.get("X-Fc-Error-Type") or None
        return Invoked(response.content, error_type, log, response.headers.get("X-Fc-Request-Id", ""))

    def _put_service(self, settings: Mapping[str, object], *, is_new: bool = False) -> None:
        """Create the service, or give it what belongs to it; what has not changed is left alone.

        A new function changes no service: it may have functions of others.
        """
        wanted = {name: settings[name] for name in _OF_SERVICE if name in settings}
        try:
            found = self._call("look up", lambda c: c.get_service(self.service))
        except NotThereError:
            self._call("create the service of", lambda c: c.create_service(self.service, **wanted))
            return
        differences = [name for name, value in wanted.items() if found.get(name) != value]
        if differences and is_new:
            raise RemoteError(
                f"there is a service {self.service} with another {' and another '.join(differences)}, which may be for "
                f"other functions; name another one with --service"
            )
        if differences:
            self._call("update the service of", lambda c: c.send("PUT", f"services/{self.service}", wanted))

    def _call(self, what: str, call: Callable[[Any], Any]) -> Any:
        """The data of an answer."""
        with _discreet():
            try:
                return call(self._client).data
            except Exception as error:
                raise self._explained(f"{what} function {self.name}", error) from None

    def _explained(self, what: str, error: Exception) -> RemoteError:
        status, code = getattr(error, "status_code", None), str(getattr(error, "err_code", ""))
        if status is None:
            return unanswered(what, self._endpoint, error)
        return refused(what, int(status), code, str(getattr(error, "message", "")), self._secrets)


class _Answer:
    """An answer as it came, where others have data."""

    def __init__(self, data: object) -> None:
        self.data = data


class _RefusedError(Exception):
    """An answer that is an error."""

    def __init__(self, response: requests.Response) -> None:
        super().__init__(response.status_code)
        self.status_code = response.status_code
        try:
            body = response.json()
        except ValueError:
            body = None
        body = body if isinstance(body, dict) else {}
        self.err_code, self.message = str(body.get("ErrorCode", "")), str(body.get("ErrorMessage", ""))


class _Client(fc2.Client):  # type: ignore[misc]  # it has no types
    """The vendor's client, which would follow a redirect to any host, with the credentials, variables and code."""

    def send(self, method: str, path: str, fields: Mapping[str, object]) -> _Answer:
        """Create or change something.

        The client's own methods leave out what is empty, and so cannot take it away; and they leave the package open.
        """
        whole = f"/{self.api_version}/{path}"
        headers = self._build_common_headers(method, whole)
        return _Answer(self._do_request(method, whole, headers, body=json.dumps(fields).encode()).json())

    def _do_request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
    ) -> requests.Response:
        with requests.Session() as session:
            retries = Retry(
                total=RETRIES,
                backoff_factor=1,
                status_forcelist=_TRIED_AGAIN,
                allowed_methods=None if path.endswith("/invocations") else frozenset({"GET", "PUT", "POST"}),
                raise_on_status=False,
            )
            for scheme in ("http://", "https://"):
                session.mount(scheme, HTTPAdapter(max_retries=retries))
            response = session.request(
                method,
                f"{self.endpoint}{path}",
                headers=headers,
                params=params,
                data=body,
                timeout=self.timeout,
                allow_redirects=False,
            )
        if response.status_code >= 300:
            raise _RefusedError(response)
        return response


@contextmanager
def _discreet() -> Iterator[None]:
    """The client logs headers, credentials among them."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)


def _flat(settings: Mapping[str, object], environment: dict[str, str], code: bytes | None) -> dict[str, Any]:
    """The settings of the function by the names of 2.0, which has the initializer's beside the others."""
    left_out = (*_OF_SERVICE, *_ONLY_3, "instanceLifecycleConfig")
    fields: dict[str, Any] = {name: value for name, value in settings.items() if name not in left_out}
    hooks = settings.get("instanceLifecycleConfig")
    initializer = hooks.get("initializer") if isinstance(hooks, Mapping) else None
    if isinstance(initializer, Mapping):
        fields["initializer"] = initializer.get("handler") or ""
        fields["initializationTimeout"] = initializer.get("timeout") or 3
    package = {} if code is None else {"code": {"zipFile": base64.b64encode(code).decode()}}
    return {**fields, **package, "environmentVariables": environment}


def _found(service: Mapping[str, Any], shown: Mapping[str, Any]) -> FoundFunction:
    both = {**shown, **{name: service.get(name) for name in _OF_SERVICE}}
    if shown.get("initializer"):
        hook = {"handler": shown["initializer"], "timeout": shown.get("initializationTimeout")}
        both["instanceLifecycleConfig"] = {"initializer": hook}
    return FoundFunction(
        {name: both[name] for name in SETTINGS if both.get(name) is not None},
        {str(name): str(value) for name, value in (shown.get("environmentVariables") or {}).items()},
        str(shown.get("codeChecksum") or ""),
        int(shown.get("codeSize") or 0),
    )


def settings_of_2(settings: Mapping[str, object]) -> dict[str, object]:
    """The settings without those that 2.0 does not have."""
    return {name: value for name, value in settings.items() if name not in _ONLY_3}
