"""A function of Function Compute 2.0, created and updated through its client.

Source: Function Compute API 2016-08-15: services hold functions; a role and a log configuration belong to the service.
"""

from __future__ import annotations

import base64
import logging
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Final, NamedTuple, Protocol
from urllib.parse import urlsplit

import fc2  # type: ignore[import-untyped]  # it has no types
import requests
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from .checksum import crc64
from .s_yaml import Manifest

RETRIES = 5
"""How often a request is repeated that found no server, or one that failed."""
_TRIED_AGAIN: Final = (500, 502, 504)


class RemoteError(Exception):
    """Function Compute refused, or could not be reached. The text says what to do and holds no secret."""


class Wanted(NamedTuple):
    """What is to be deployed."""

    service: str
    function: str
    service_settings: Mapping[str, object]
    """By the API's names: `role`, `internetAccess`, `vpcConfig`."""
    settings: Mapping[str, object]
    """By the API's names: `runtime`, `handler`, `timeout` and so on."""
    environment: Mapping[str, str]
    """The function's environment variables."""
    package: Path
    """The zip."""


class Change(NamedTuple):
    """One thing that is, or will be, other than it was."""

    what: str
    """`service data-guard`, `function data-guard`: a setting, a variable or the code."""
    before: str
    after: str


class Invoked(NamedTuple):
    """What came of an invocation."""

    body: bytes
    error: str | None
    """The type of the function error; None if the function answered."""
    log: str
    """The end of what it logged."""
    request_id: str


def wanted_of(manifest: Manifest, package: Path, service: str | None = None) -> Wanted:
    """What `s.yaml` says, in terms of Function Compute 2.0. The service has the function's name by default."""
    props = manifest.props
    function = str(props.get("functionName") or manifest.resource)
    hooks = props.get("instanceLifecycleConfig")
    initializer = hooks.get("initializer") if isinstance(hooks, Mapping) else None
    settings: dict[str, object] = {
        "description": props.get("description", ""),
        "runtime": props.get("runtime"),
        "handler": props.get("handler"),
        "timeout": props.get("timeout", 3),
        "memorySize": props.get("memorySize", 512),
        "instanceConcurrency": props.get("instanceConcurrency", 1),
    }
    if isinstance(initializer, Mapping) and initializer.get("handler"):
        settings["initializer"] = initializer["handler"]
        settings["initializationTimeout"] = initializer.get("timeout", 3)
    service_settings = {name: props[name] for name in ("role", "internetAccess", "vpcConfig") if props.get(name)}
    return Wanted(service or function, function, service_settings, settings, manifest.environment, package)


class Remote:
    """Function Compute 2.0 at one endpoint.

    Args:
        endpoint: `https://{account id}.{region}.fc.aliyuncs.com`.
        access_key_id: Of an account that may change functions.
        access_key_secret: Its secret.
        security_token: With temporary credentials.
    """

    def __init__(self, endpoint: str, access_key_id: str, access_key_secret: str, security_token: str = "") -> None:
        _check_endpoint(endpoint)
        self._client = _Client(
            endpoint=endpoint,
            accessKeyID=access_key_id,
            accessKeySecret=access_key_secret,
            securityToken=security_token,
        )
        self._endpoint = endpoint

    def changes(self, wanted: Wanted) -> list[Change]:
        """What `apply` would change, in order; nothing if all is as it is wanted.

        Raises:
            RemoteError: Function Compute refused, or could not be reached.
        """
        service = self._found(lambda: self._client.get_service(wanted.service))
        function = service and self._found(lambda: self._client.get_function(wanted.service, wanted.function))
        of_service = _compared(f"service {wanted.service}", service, wanted.service_settings)
        return [*of_service, *_function_changes(wanted, function)]

    def apply(self, wanted: Wanted) -> None:
        """Create the service and the function, or update them where they are. Raises `RemoteError`."""
        service = self._found(lambda: self._client.get_service(wanted.service))
        change_service = self._client.create_service if service is None else self._client.update_service
        self._call(lambda: change_service(wanted.service, **wanted.service_settings))
        function = self._found(lambda: self._client.get_function(wanted.service, wanted.function))
        code = {} if function and _checksum(function) == _checksum_of(wanted.package) else _code_of(wanted)
        change_function = self._client.create_function if function is None else self._client.update_function
        settings = {**wanted.settings, "environmentVariables": dict(wanted.environment)}
        self._call(lambda: change_function(wanted.service, wanted.function, **settings, **code))

    def invoke(self, service: str, function: str, message: bytes) -> Invoked:
        """Send a message to the function and wait for its answer. Raises `RemoteError` if it was never called."""
        headers = {"x-fc-invocation-type": "Sync", "x-fc-log-type": "Tail"}
        path = f"/{self._client.api_version}/services/{service}/functions/{function}/invocations"
        with _discreet():
            try:
                response = self._client._do_request(  # invoke_function loses the log of an invocation that failed
                    "POST", path, self._client._build_common_headers("POST", path, headers), body=message
                )
            except Exception as error:
                raise self._explained(error) from None
        log = base64.b64decode(response.headers.get("X-Fc-Log-Result", "")).decode("utf-8", "replace")
        error_type = response.headers.get("X-Fc-Error-Type") or None
        return Invoked(response.content, error_type, log, response.headers.get("X-Fc-Request-Id", ""))

    def _found(self, get: Callable[[], _Response]) -> Mapping[str, object] | None:
        """What `get` gets; None if it is not there."""
        try:
            data = self._call(get)
        except _NotThere:
            return None
        return data if isinstance(data, Mapping) else {}

    def _call(self, call: Callable[[], _Response]) -> object:
        with _discreet():
            try:
                return call().data
            except Exception as error:
                problem = self._explained(error)
        raise problem  # out here the client's frames are gone, and the file that it left open with them

    def _explained(self, error: Exception) -> RemoteError:
        status, code = getattr(error, "status_code", None), getattr(error, "err_code", "")
        if status == 404:
            return _NotThere(f"{code}: not there")
        if status is not None and 300 <= status < 400:
            text = f"{self._endpoint} leads elsewhere (HTTP {status}), which is not followed; name the right --endpoint"
        elif status in (401, 403):
            text = f"{code or 'Forbidden'}: check the access key and its permissions (docs/permissions.md)"
        elif status is not None:
            text = f"HTTP {status} {code}: {_message_of(error)}"
        else:
            text = f"{self._endpoint} cannot be reached: {type(error).__name__}"
        return RemoteError(text)


def _check_endpoint(endpoint: str) -> None:
    """Credentials, variables and code go there. Raises `RemoteError` if somebody could read them on their way."""
    try:
        address = urlsplit(endpoint)
        host = address.hostname or ""
    except ValueError:
        host = ""
    if not host or address.scheme not in ("http", "https") or "@" in address.netloc:
        raise RemoteError("the endpoint is no address; expected https://{account id}.{region}.fc.aliyuncs.com")
    if address.scheme == "http" and not _is_loopback(host):
        raise RemoteError(f"the endpoint http://{host} is not encrypted; use https, or an address of this machine")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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

    def _do_request(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        body: bytes | str | None = None,
    ) -> requests.Response:
        with requests.Session() as session:
            retries = Retry(total=RETRIES, backoff_factor=1, status_forcelist=_TRIED_AGAIN, raise_on_status=False)
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


class _Response(Protocol):
    """What the client returns."""

    @property
    def data(self) -> object: ...


class _NotThere(RemoteError):
    """Something that is not there."""


@contextmanager
def _discreet() -> Iterator[None]:
    """The client logs headers, credentials among them, and leaves files to the garbage collector."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            yield
    finally:
        logging.disable(before)


def _message_of(error: Exception) -> str:
    message = str(getattr(error, "message", ""))
    return " ".join(message.split())[:300]


def _function_changes(wanted: Wanted, function: Mapping[str, object] | None) -> Iterator[Change]:
    name = f"function {wanted.function}"
    yield from _compared(name, function, wanted.settings)
    variables = function.get("environmentVariables") if function else None
    yield from _variable_changes(name, variables if isinstance(variables, Mapping) else {}, wanted.environment)
    if function is None or _checksum(function) != _checksum_of(wanted.package):
        size = wanted.package.stat().st_size
        before = "" if function is None else f"{function.get('codeSize')} bytes"
        yield Change(f"{name}: code", before, f"{size} bytes of {wanted.package}")


def _compared(what: str, found: Mapping[str, object] | None, wanted: Mapping[str, object]) -> Iterator[Change]:
    if found is None:
        yield Change(what, "", "created")
    for name, value in wanted.items():
        before = None if found is None else found.get(name)
        if before != value:
            yield Change(f"{what}: {name}", "" if before is None else str(before), str(value))


def _variable_changes(what: str, before: Mapping[str, object], after: Mapping[str, str]) -> Iterator[Change]:
    """By name only: a value may be a secret."""
    for name in sorted({*before, *after}):
        if before.get(name) != after.get(name):
            said = "set" if name not in before else "changed" if name in after else "removed"
            yield Change(f"{what}: variable {name}", "set" if name in before else "", said)


def _checksum(function: Mapping[str, object]) -> str:
    return str(function.get("codeChecksum"))


def _checksum_of(package: Path) -> str:
    return str(crc64(package.read_bytes()))


def _code_of(wanted: Wanted) -> dict[str, str]:
    return {"codeZipFile": str(wanted.package)}
