"""Functions and the services that they are in."""

from __future__ import annotations

import hashlib
import json
import os
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from typing import Final

from ..deploy.interpreters import NoInterpreterError, interpreter_of
from .code import Code
from .errors import invalid
from .fields import Fields
from .instances import Instance
from .pool import Pool

LATEST: Final = "LATEST"
"""The qualifier of what is not published."""
_SERVICE_OBJECTS: Final = ("logConfig", "role", "internetAccess", "vpcConfig", "nasConfig", "tracingConfig")
_RESERVED: Final = "FC_"


@dataclass(frozen=True)
class FunctionSettings:
    """What a function is set to (Function Compute API 2016-08-15, "CreateFunction")."""

    name: str
    runtime: str
    """`python3.10`."""
    handler: str = "index.handler"
    initializer: str = ""
    """Empty where there is none."""
    timeout: int = 3
    """Seconds for one request."""
    initialization_timeout: int = 3
    """Seconds for importing the module and running the initializer."""
    memory_size: int = 512
    """Megabytes."""
    concurrency: int = 1
    """Requests that an instance takes at once."""
    environment: Mapping[str, str] = field(default_factory=dict)
    description: str = ""

    def changed(self, fields: Fields) -> FunctionSettings:
        """These settings with what was sent. Raises `ApiError` (400 InvalidArgument), which names the field."""
        changed = replace(
            self,
            runtime=fields.text("runtime", self.runtime),
            handler=fields.handler("handler", self.handler),
            initializer=fields.handler("initializer", self.initializer),
            timeout=fields.number("timeout", self.timeout, 1, 86_400),
            initialization_timeout=fields.number("initializationTimeout", self.initialization_timeout, 1, 300),
            memory_size=fields.number("memorySize", self.memory_size, 64, 32_768),
            concurrency=fields.number("instanceConcurrency", self.concurrency, 1, 200),
            environment=fields.texts("environmentVariables", self.environment),
            description=fields.text("description", self.description),
        )
        changed.check()
        return changed

    def check(self) -> None:
        """Raises `ApiError` (400 InvalidArgument) if there is no Python for the runtime, or a variable cannot be."""
        try:
            interpreter_of(self.runtime)
        except NoInterpreterError as error:
            raise invalid(str(error)) from None
        for name, value in self.environment.items():
            if name.startswith(_RESERVED) or not name or "=" in name or "\0" in name + value:
                raise invalid(f"environmentVariables holds {name!r}; expected a name without = that has no {_RESERVED}")

    def shown(self) -> dict[str, object]:
        """As the API shows them."""
        return {
            "functionName": self.name,
            "runtime": self.runtime,
            "handler": self.handler,
            "initializer": self.initializer,
            "timeout": self.timeout,
            "initializationTimeout": self.initialization_timeout,
            "memorySize": self.memory_size,
            "instanceConcurrency": self.concurrency,
            "environmentVariables": dict(self.environment),
            "description": self.description,
        }


class Deployment:
    """What runs: settings, code, and the instances of both. It never changes; another takes its place.

    Args:
        settings: The function's.
        code: Released when the last instance has ended.
        service: The service's as they were.
        version: `LATEST`, or the number of a published version.
        start: Starts an instance of it.
        instance_limit: Instances that there may be.
        retired: Called when it was replaced or deleted, and the last instance has ended.
    """

    def __init__(
        self,
        settings: FunctionSettings,
        code: Code,
        service: ServiceSettings,
        version: str,
        start: Callable[[Deployment], Instance],
        instance_limit: int,
        retired: Callable[[Deployment], None],
    ) -> None:
        self.settings = settings
        self.code = code
        self.service = service
        self.version = version
        self._retired = retired
        self.pool = Pool(lambda: start(self), concurrency=settings.concurrency, limit=instance_limit, retired=self._end)

    def _end(self) -> None:
        self.code.release()
        self._retired(self)


@dataclass(frozen=True)
class Function:
    """A function of a service, or of a published version of it."""

    deployment: Deployment
    created: str
    modified: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def shown(self) -> dict[str, object]:
        """As the API shows it."""
        code = self.deployment.code
        return {
            **self.deployment.settings.shown(),
            "functionId": self.id,
            "codeSize": code.size,
            "codeChecksum": code.checksum,
            "createdTime": self.created,
            "lastModifiedTime": self.modified,
        }

    @property
    def etag(self) -> str:
        """Differs when anything of the function does."""
        return etag(self.shown())


@dataclass(frozen=True)
class ServiceSettings:
    """What a service is set to (Function Compute API 2016-08-15, "CreateService")."""

    name: str
    description: str = ""
    objects: Mapping[str, object] = field(default_factory=dict)
    """`logConfig`, `role` and the like, as they were sent. They have no effect here."""

    def changed(self, fields: Fields) -> ServiceSettings:
        """These settings with what was sent."""
        sent = fields.chosen(_SERVICE_OBJECTS)
        return replace(self, description=fields.text("description", self.description), objects={**self.objects, **sent})

    @property
    def log(self) -> tuple[str, str]:
        """The log service's project and store; empty where none are set."""
        config = self.objects.get("logConfig")
        if not isinstance(config, dict):
            return "", ""
        return str(config.get("project") or ""), str(config.get("logstore") or config.get("logStore") or "")

    def shown(self) -> dict[str, object]:
        """As the API shows them."""
        return {"serviceName": self.name, "description": self.description, **self.objects}


@dataclass
class Version:
    """A service as it was published."""

    id: str
    description: str
    created: str
    service: Service
    """Its settings and functions, which change no more."""

    def shown(self) -> dict[str, object]:
        """As the API shows it."""
        return {
            "versionId": self.id,
            "description": self.description,
            "createdTime": self.created,
            "lastModifiedTime": self.created,
        }


@dataclass(frozen=True)
class Alias:
    """A name for a version."""

    name: str
    version: str
    created: str
    modified: str
    description: str = ""
    weights: Mapping[str, object] = field(default_factory=dict)
    """`additionalVersionWeight`, as it was sent. It has no effect here."""

    def shown(self) -> dict[str, object]:
        """As the API shows it."""
        return {
            "aliasName": self.name,
            "versionId": self.version,
            "description": self.description,
            "additionalVersionWeight": dict(self.weights),
            "createdTime": self.created,
            "lastModifiedTime": self.modified,
        }


@dataclass
class Service:
    """A service with its functions, versions and aliases."""

    settings: ServiceSettings
    created: str
    modified: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    functions: dict[str, Function] = field(default_factory=dict)
    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    published: int = 0
    """Versions so far, the deleted ones included."""

    def shown(self) -> dict[str, object]:
        """As the API shows it."""
        times = {"createdTime": self.created, "lastModifiedTime": self.modified}
        return {**self.settings.shown(), "serviceId": self.id, **times}

    @property
    def etag(self) -> str:
        """Differs when anything of the service does."""
        return etag(self.shown())

    def state(self) -> tuple[object, ...]:
        """Differs when there is something to publish."""
        deployments = [function.deployment for function in self.functions.values()]
        functions = sorted((str(asdict(one.settings)), str(one.code.directory)) for one in deployments)
        return (self.settings, functions)


def etag(shown: Mapping[str, object]) -> str:
    """A digest of what the API shows."""
    return hashlib.sha256(json.dumps(shown, sort_keys=True).encode()).hexdigest()[:32]


def now() -> str:
    """The time as the API shows it: `2026-11-21T22:51:18.000Z`."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def environment_of(deployment: Deployment, instance_id: str, region: str, account_id: str) -> dict[str, str]:
    """The whole environment of an instance: PATH, the function's variables, and the platform's."""
    settings = deployment.settings
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        **settings.environment,
        "FC_FUNC_CODE_PATH": str(deployment.code.directory),
        "FC_FUNCTION_NAME": settings.name,
        "FC_FUNCTION_HANDLER": settings.handler,
        "FC_FUNCTION_MEMORY_SIZE": str(settings.memory_size),
        "FC_SERVICE_NAME": deployment.service.name,
        "FC_VERSION_ID": deployment.version,
        "FC_INSTANCE_ID": instance_id,
        "FC_REGION": region,
        "FC_ACCOUNT_ID": account_id,
    }
