"""What there is: services, with their functions, versions and aliases."""

from __future__ import annotations

import base64
import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from .api_error import ApiError
from .code_folder import CodeFolder
from .instances import FunctionResponse
from .resources import Alias, FunctionSettings, ServiceSettings, Version
from .revision import LATEST, InstanceHost, RetiredError, Revision

DEFAULT_SERVICE: Final = "default"
"""The service of functions that were created without one. Function Compute 3.0 has no services."""
LARGEST_EVENT: Final = 32 * 1024 * 1024
"""Bytes of an event, at most, of a synchronous invocation."""
CODE_PATH: Final = "/code/"
"""Where zip files are got."""
_Sent = Mapping[str, object]
"""Fields by the API's names."""


@dataclass
class Service:
    """A service, or what it was when a version of it was published."""

    settings: ServiceSettings
    functions: dict[str, Revision] = field(default_factory=dict)
    versions: dict[str, Service] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    published: int = 0
    """Versions so far, the deleted ones included."""
    published_versions: list[Version] = field(default_factory=list)
    """As the API shows them, in order."""

    def shown(self) -> dict[str, object]:
        """As the API shows it."""
        return self.settings.shown()

    def state(self) -> object:
        """Differs when there is something to publish."""
        return self.settings, {name: (one.settings, one.code) for name, one in self.functions.items()}


class Listing(NamedTuple):
    """What the API shows of several things, or of where one is."""

    fields: dict[str, object]

    def shown(self) -> dict[str, object]:
        """As the API shows it."""
        return self.fields


class Account:
    """Services by name.

    Methods raise `ApiError`: 404 for what does not exist, 409 for what does or is in use, 400 for a wrong argument.
    Whoever changes something holds the lock; `invoke`, `service`, `function` and `alias` do without.

    Args:
        folder: Where code is unpacked.
        host: Where functions run.
    """

    def __init__(self, folder: Path, host: InstanceHost) -> None:
        self.lock = threading.RLock()
        self._folder = folder
        self._host = host
        self._numbers = count(1)
        self._codes: dict[Path, str] = {}
        """Zip files, and the token of each that was asked for."""
        self.endpoint = ""
        """Where the API is; set by whoever serves it."""
        self._revisions: list[Revision] = []
        """All that may have instances."""
        self._retiring: list[threading.Thread] = []
        self._is_closed = False
        self._services = {DEFAULT_SERVICE: Service(ServiceSettings.read({"serviceName": DEFAULT_SERVICE}))}

    def invoke(self, service: str, qualifier: str, name: str, event: bytes, request_id: str) -> FunctionResponse:
        """Invoke a function. Raises `ApiError`: 413 for too large an event, and what `Revision.run` raises."""
        return self.run(lambda: self.function(service, qualifier, name), event, request_id, qualifier)

    def run(self, find: Callable[[], Revision], event: bytes, request_id: str, qualifier: str) -> FunctionResponse:
        """Let a revision serve a request; it is found again if it retires meanwhile. Raises as `invoke` does."""
        if len(event) > LARGEST_EVENT:
            raise ApiError.too_large("event", len(event), LARGEST_EVENT)
        while not self._is_closed:
            with suppress(RetiredError):  # replaced in between
                return find().run(event, request_id, qualifier)
        raise ApiError(503, "ServiceUnavailable", "the local Function Compute is being stopped")

    def create_service(self, sent: _Sent) -> Service:
        """A new service without functions."""
        settings = ServiceSettings.read(sent)
        name = settings.service_name
        if name in self._services:
            raise ApiError.already_exists("Service", name)
        service = self._services[name] = Service(settings)
        return service

    def service(self, name: str, qualifier: str = "") -> Service:
        """The service, or what it was when the version was published that the qualifier (or its alias) names."""
        service = self._services.get(name)
        if service is None:
            raise ApiError.not_found("Service", name)
        if qualifier in ("", LATEST):
            return service
        alias = service.aliases.get(qualifier)
        version = service.versions.get(qualifier if alias is None else alias.chosen())
        if version is None:
            raise ApiError.not_found("Version" if qualifier.isdecimal() else "Alias", qualifier)
        return version

    def update_service(self, name: str, sent: _Sent) -> Service:
        """The service with what was sent."""
        service = self.service(name)
        service.settings = service.settings.changed({**sent, "serviceName": name})
        return service

    def delete_service(self, name: str) -> None:
        """It must have no functions and no versions."""
        service = self.service(name)
        if service.functions or service.versions:
            text = f"service {name!r} has functions or versions; delete those first"
            raise ApiError(409, "ServiceNotEmpty", text)
        del self._services[name]

    def create_function(self, service_name: str, sent: _Sent, source: Path | None = None) -> Revision:
        """A new function, of the code in `code.zipFile`, or of a copy of the source folder."""
        settings = FunctionSettings.read(sent)
        name, service = settings.function_name, self.service(service_name)
        if name in service.functions:
            raise ApiError.already_exists("Function", name)
        code = self._read_code(sent, source)
        if code is None:
            raise ApiError.invalid("code: expected an object with the code as zipFile, a zip file in base 64")
        revision = service.functions[name] = self.revision(settings, service, LATEST, code)
        return revision

    def function(self, service_name: str, qualifier: str, name: str) -> Revision:
        """The function, or what it was when the version was published that the qualifier names."""
        function = self.service(service_name, qualifier).functions.get(name)
        if function is None:
            raise ApiError.not_found("Function", name)
        return function

    def update_function(self, service_name: str, name: str, sent: _Sent, source: Path | None = None) -> Revision:
        """The function with what was sent. Requests that run may end, the next one gets a new instance."""
        old, service = self.function(service_name, LATEST, name), self.service(service_name)
        settings = old.settings.changed({**sent, "functionName": name})
        code = self._read_code(sent, source) or old.code
        revision = service.functions[name] = self.revision(settings, service, LATEST, code)
        self.retire(old)
        return revision

    def delete_function(self, service_name: str, name: str) -> None:
        """Requests that run may end."""
        function = self.function(service_name, LATEST, name)
        del self.service(service_name).functions[name]
        self.retire(function)

    def publish_version(self, service_name: str, sent: _Sent) -> Version:
        """The service as it is now, under the next number. Its functions have instances of their own."""
        service = self.service(service_name)
        last = next(reversed(service.versions.values()), None)
        if last is not None and last.state() == service.state():
            text = f"service {service_name!r} has not changed since its last version; change it first"
            raise ApiError(400, "VersionPublishError", text)
        version = Version.new(service.published + 1, sent)
        service.published += 1
        service.published_versions.append(version)
        published = service.versions[version.version_id] = Service(service.settings)
        for name, function in service.functions.items():
            published.functions[name] = self.revision(function.settings, published, version.version_id, function.code)
        return version

    def list_versions(self, service_name: str) -> Listing:
        """The newest first."""
        return Listing({"versions": [one.shown() for one in reversed(self.service(service_name).published_versions)]})

    def code_address(self, code: CodeFolder) -> dict[str, object]:
        """Where the zip file of some code can be got, without a signature."""
        token = self._codes.setdefault(code.package, secrets.token_urlsafe(24))
        return {"url": f"{self.endpoint}{CODE_PATH}{token}", "checksum": code.checksum}

    def code(self, token: str) -> bytes | None:
        """The zip file of that address; None if there is none."""
        found = [package for package, known in list(self._codes.items()) if known == token]
        try:
            return found[0].read_bytes() if found else None
        except OSError:
            return None

    def function_code(self, service_name: str, qualifier: str, name: str) -> Listing:
        """Where the function's zip file can be got."""
        return Listing(self.code_address(self.function(service_name, qualifier, name).code))

    def delete_version(self, service_name: str, number: str) -> None:
        """No alias may name it."""
        service = self.service(service_name)
        if number not in service.versions:
            raise ApiError.not_found("Version", number)
        if any(number in (alias.version_id, *alias.additional_version_weight) for alias in service.aliases.values()):
            raise ApiError(409, "VersionInUse", f"version {number!r} has an alias; delete or change that first")
        published = service.versions.pop(number)
        service.published_versions = [one for one in service.published_versions if one.version_id != number]
        for function in published.functions.values():
            self.retire(function)

    def create_alias(self, service_name: str, sent: _Sent) -> Alias:
        """A name for a version."""
        alias = Alias.read(sent)
        if alias.alias_name in self.service(service_name).aliases:
            raise ApiError.already_exists("Alias", alias.alias_name)
        return self._put_alias(service_name, alias)

    def alias(self, service_name: str, name: str) -> Alias:
        """The alias."""
        alias = self.service(service_name).aliases.get(name)
        if alias is None:
            raise ApiError.not_found("Alias", name)
        return alias

    def update_alias(self, service_name: str, name: str, sent: _Sent) -> Alias:
        """The alias with what was sent."""
        return self._put_alias(service_name, self.alias(service_name, name).changed({**sent, "aliasName": name}))

    def delete_alias(self, service_name: str, name: str) -> None:
        """The version stays."""
        self.alias(service_name, name)
        del self.service(service_name).aliases[name]

    def close(self) -> None:
        """End all instances. What is created from now on starts none."""
        with self.lock:
            self._is_closed = True
            closers = [threading.Thread(target=revision.close) for revision in self._revisions]
            retiring = list(self._retiring)
        for closer in closers:
            closer.start()
        for thread in (*closers, *retiring):
            thread.join()

    def _put_alias(self, service_name: str, alias: Alias) -> Alias:
        service = self.service(service_name)
        for number in (alias.version_id, *alias.additional_version_weight):
            if number not in service.versions:
                raise ApiError.not_found("Version", number)
        service.aliases[alias.alias_name] = alias
        return alias

    def _read_code(self, sent: _Sent, source: Path | None) -> CodeFolder | None:
        """The code that was sent, if any was."""
        folder = self._folder / str(next(self._numbers))
        if source is not None:
            return CodeFolder(folder, source=source)
        code = sent.get("code")
        if code is None:
            return None
        package = code.get("zipFile") if isinstance(code, Mapping) else None
        if not package or not isinstance(package, str):
            raise ApiError.invalid("code has no zipFile; expected a zip file in base 64: there is no OSS here")
        try:
            return CodeFolder(folder, package=base64.b64decode(package, validate=True))
        except ValueError as error:
            raise ApiError.invalid(f"code.zipFile is no base 64: {error}") from None

    def revision(self, settings: FunctionSettings, service: Service, version: str, code: CodeFolder) -> Revision:
        revision = Revision(settings, service.settings.service_name, version, code, self._host)
        self._revisions.append(revision)
        if self._is_closed:
            revision.close()
        return revision

    def retire(self, revision: Revision) -> None:
        """Let it end in its own time, and remove code that no revision has any more."""

        def retire() -> None:
            revision.retire()
            with self.lock:
                over = [one for one in self._revisions if one.is_over]
                self._revisions = [one for one in self._revisions if one not in over]
                used = {one.code for one in self._revisions}
            for code in {one.code for one in over} - used:
                code.remove()

        with self.lock:
            self._retiring = [thread for thread in self._retiring if thread.is_alive()]
            self._retiring.append(threading.Thread(target=retire, name="local-retire"))
            self._retiring[-1].start()
