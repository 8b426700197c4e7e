"""What is created: services, and the functions in them."""

from __future__ import annotations

import base64
import binascii
import threading
from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

from .code import Code
from .errors import ApiError, already_exists, invalid, not_found, precondition_failed
from .fields import Fields
from .functions import LATEST, Deployment, Function, FunctionSettings, Service, ServiceSettings, now
from .instances import Instance

DEFAULT_SERVICE = "default"
"""The service of functions that were created without one. Function Compute 3.0 has no services."""


class Account:
    """Services and functions by name. Threads share it.

    Methods raise `ApiError`: 404 for what does not exist, 409 for what does or is in use, 400 for what cannot be, and
    412 where `if_match` is not the current etag.

    Args:
        folder: Where code is unpacked.
        start: Starts an instance.
        instance_limit: Instances of one function that there may be.
    """

    def __init__(self, folder: Path, start: Callable[[Deployment], Instance], instance_limit: int) -> None:
        self.lock = threading.RLock()
        """Held while anything changes."""
        self._folder = folder
        self._start = start
        self._instance_limit = instance_limit
        self._numbers = count(1)
        self._deployments: list[Deployment] = []
        """All that may have instances."""
        self._retiring: list[threading.Thread] = []
        self._closed = False
        self._services: dict[str, Service] = {}
        self.create_service(Fields({"serviceName": DEFAULT_SERVICE}))

    def create_service(self, fields: Fields) -> Service:
        """A new service without functions."""
        name = fields.name("serviceName")
        with self.lock:
            if name in self._services:
                raise already_exists("Service", name)
            moment = now()
            service = self._services[name] = Service(ServiceSettings(name).changed(fields), moment, moment)
            return service

    def service(self, name: str, qualifier: str = LATEST) -> Service:
        """The service, or what it was when the version was published that the qualifier names."""
        with self.lock:
            service = self._services.get(name)
            if service is None:
                raise not_found("Service", name)
            if qualifier == LATEST:
                return service
            return service.versions[self.version_of(service, qualifier)].service

    def services(self) -> dict[str, Service]:
        """All of them, by name."""
        with self.lock:
            return dict(self._services)

    def update_service(self, name: str, fields: Fields, if_match: str = "") -> Service:
        """The service with what was sent. Its functions get new instances."""
        with self.lock:
            service = self.service(name)
            _match(if_match, service.etag)
            service.settings = service.settings.changed(fields)
            service.modified = now()
            for function in list(service.functions.values()):
                deployment = function.deployment
                self._replace(service, function, deployment.settings, deployment.code.hold())
            return service

    def delete_service(self, name: str, if_match: str = "") -> None:
        """It must have no functions and no versions."""
        with self.lock:
            service = self.service(name)
            _match(if_match, service.etag)
            if service.functions or service.versions:
                text = f"service {name!r} has functions or versions; delete those first"
                raise ApiError(409, "ServiceNotEmpty", text)
            del self._services[name]

    def create_function(self, service_name: str, fields: Fields, code: Code | None = None) -> Function:
        """A new function.

        Args:
            service_name: Its service.
            fields: `functionName`, `runtime`, `handler` and others; `code` if it is not given.
            code: Taken over.
        """
        name = fields.name("functionName")
        settings = FunctionSettings(name, fields.text("runtime")).changed(fields)
        with self.lock:
            service = self.service(service_name)
            if name in service.functions:
                raise already_exists("Function", name)
            code = code or self._code_in(fields)
            if code is None:
                raise invalid("code is missing; expected an object with the code as zipFile, a zip file in base 64")
            moment = now()
            function = Function(self._deploy(settings, code, service.settings, LATEST), moment, moment)
            service.functions[name] = function
            return function

    def function(self, service_name: str, name: str, qualifier: str = LATEST) -> Function:
        """The function, or what it was when the version was published that the qualifier names."""
        with self.lock:
            function = self.service(service_name, qualifier).functions.get(name)
        if function is None:
            raise not_found("Function", name)
        return function

    def update_function(
        self, service_name: str, name: str, fields: Fields, if_match: str = "", code: Code | None = None
    ) -> Function:
        """The function with what was sent. The next request gets a new instance."""
        with self.lock:
            function = self.function(service_name, name)
            if if_match:
                _match(if_match, function.etag)
            settings = function.deployment.settings.changed(fields)
            code = code or self._code_in(fields) or function.deployment.code.hold()
            return self._replace(self.service(service_name), function, settings, code)

    def delete_function(self, service_name: str, name: str, if_match: str = "") -> None:
        """Requests that run may end."""
        with self.lock:
            function = self.function(service_name, name)
            if if_match:
                _match(if_match, function.etag)
            del self.service(service_name).functions[name]
        self.retire(function.deployment)

    def new_folder(self) -> Path:
        """One for code, which does not exist yet."""
        return self._folder / str(next(self._numbers))

    def published(self, service: Service, version: str) -> Service:
        """A service that is as this one is now, whose functions have instances of their own."""
        copy = replace(service, functions={}, versions={}, aliases={})
        for name, function in service.functions.items():
            old = function.deployment
            deployment = self._deploy(old.settings, old.code.hold(), service.settings, version)
            copy.functions[name] = replace(function, deployment=deployment)
        return copy

    def version_of(self, service: Service, qualifier: str) -> str:
        """The version that a version's number, or an alias, names."""
        alias = service.aliases.get(qualifier)
        version = qualifier if alias is None else alias.version
        if version not in service.versions:
            raise not_found("Version" if qualifier.isdecimal() else "Alias", qualifier)
        return version

    def retire(self, deployment: Deployment) -> None:
        """Let its instances end, and wait for those that are idle; so do not call it under the lock."""
        deployment.pool.retire()

    def close(self) -> None:
        """End all instances. What is created from now on starts none."""
        with self.lock:
            self._closed = True
            deployments, retiring = list(self._deployments), list(self._retiring)
        closers = [threading.Thread(target=deployment.pool.close) for deployment in deployments]
        for closer in closers:
            closer.start()
        for thread in (*closers, *retiring):
            thread.join()

    def _deploy(self, settings: FunctionSettings, code: Code, service: ServiceSettings, version: str) -> Deployment:
        deployment = Deployment(
            settings, code, service, version, self._start, self._instance_limit, self._deployments.remove
        )
        self._deployments.append(deployment)
        if self._closed:
            deployment.pool.close()
        return deployment

    def _replace(self, service: Service, function: Function, settings: FunctionSettings, code: Code) -> Function:
        deployment = self._deploy(settings, code, service.settings, LATEST)
        changed = service.functions[settings.name] = replace(function, deployment=deployment, modified=now())
        self._retiring = [thread for thread in self._retiring if thread.is_alive()]
        self._retiring.append(threading.Thread(target=self.retire, args=(function.deployment,), name="local-retire"))
        self._retiring[-1].start()
        return changed

    def _code_in(self, fields: Fields) -> Code | None:
        if not fields.has("code"):
            return None
        package = Fields(fields.mapping("code")).text("zipFile")
        if not package:
            raise invalid("code has no zipFile; expected a zip file in base 64: there is no OSS here")
        try:
            return Code.from_package(base64.b64decode(package, validate=True), self.new_folder())
        except binascii.Error as error:
            raise invalid(f"code.zipFile is no base 64: {error}") from None


def _match(if_match: str, etag: str) -> None:
    if if_match and if_match.strip('"') != etag:
        raise precondition_failed(etag)
