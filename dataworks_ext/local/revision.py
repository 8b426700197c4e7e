"""What runs for a function: its settings, its code, and the instances of both."""

from __future__ import annotations

import os
import secrets
import sys
import threading
from collections.abc import Mapping
from concurrent.futures import Executor
from typing import Final, NamedTuple

from ..deploy.interpreters import interpreter_of
from .api_error import ApiError
from .code_folder import CodeFolder
from .instances import FunctionInstance, FunctionRequest, FunctionResponse, NotTakenError
from .logs import LogSink
from .process import Child, start
from .resources import FunctionSettings

ACCOUNT_ID: Final = "1234567890980001"
REGION: Final = "cn-hangzhou"
LATEST: Final = "LATEST"
"""The version, and the qualifier, of what is not published."""
_ATTEMPTS: Final = 5
"""Instances that may end under a request before it is given up."""


class RetiredError(Exception):
    """The revision takes no more requests: the function has been replaced or deleted."""


class InstanceHost(NamedTuple):
    """Where instances run."""

    starter: Executor
    """Starts processes. A process dies with the thread that started it: that must live as long as all instances."""
    sink: LogSink
    """Takes the lines that functions write."""
    limit: int
    """Instances of one function that there may be."""
    variables: Mapping[str, str] = {}
    """What every function has, unless it has its own."""


class Revision:
    """One state of a function. It never changes; another one replaces it. Threads share it.

    It starts instances as requests need them, and keeps those that are idle.

    Args:
        settings: The function's.
        service: The name of its service.
        version: `LATEST`, or the number of a published version.
        code: What is imported.
        host: Where it runs.
    """

    def __init__(
        self, settings: FunctionSettings, service: str, version: str, code: CodeFolder, host: InstanceHost
    ) -> None:
        self.settings = settings
        self.code = code
        self._service = service
        self._version = version
        self._host = host
        self._instances: list[FunctionInstance] = []
        self._lock = threading.Lock()
        self._is_retired = False

    @property
    def is_over(self) -> bool:
        """Whether it has retired, and its last instance has ended."""
        with self._lock:
            return self._is_retired and not self._instances

    def shown(self) -> dict[str, object]:
        """As the API shows the function."""
        return {**self.settings.shown(), "codeSize": self.code.size, "codeChecksum": self.code.checksum}

    def run(self, event: bytes, request_id: str, qualifier: str) -> FunctionResponse:
        """Let an instance serve a request.

        Raises:
            ApiError: 429 ResourceExhausted, all instances are busy and there are as many as there may be; 503
                ServiceUnavailable, no instance could be started.
            RetiredError: The revision has retired.
        """
        request = FunctionRequest(request_id, event, self._context(request_id, qualifier))
        for _ in range(_ATTEMPTS):
            instance = self._take()
            try:
                return instance.invoke(request)
            except NotTakenError:
                continue
            finally:
                self._leave(instance)
        raise ApiError(503, "ServiceUnavailable", "instances end before they take the request; look at the log")

    def retire(self) -> None:
        """Take no more requests. Idle instances end now, the others when their requests have. Waits for the idle."""
        with self._lock:
            self._is_retired = True
            idle = [instance for instance in self._instances if not instance.taken]
        for instance in idle:
            self._remove(instance)

    def close(self) -> None:
        """Take no more requests, and end all instances; requests that run end with a function error."""
        with self._lock:
            self._is_retired = True
            instances = list(self._instances)
        for instance in instances:
            self._remove(instance)

    def _take(self) -> FunctionInstance:
        concurrency = self.settings.instance_concurrency
        with self._lock:
            if self._is_retired:
                raise RetiredError
            self._instances = [one for one in self._instances if one.taken or not one.has_ended]
            for instance in self._instances:
                if instance.is_open and instance.taken < concurrency:
                    instance.taken += 1
                    return instance
            if sum(one.is_open or one.taken > 0 for one in self._instances) >= self._host.limit:
                text = f"all {self._host.limit} instances are busy with {concurrency} requests each; try again later"
                raise ApiError(429, "ResourceExhausted", text)
            try:
                instance = FunctionInstance(self.settings, self._start, self._host.sink)
            except OSError as error:
                text = f"no instance could be started: {error.strerror or error}; end other processes, or try again"
                raise ApiError(503, "ServiceUnavailable", text) from None
            instance.taken = 1
            self._instances.append(instance)
            return instance

    def _leave(self, instance: FunctionInstance) -> None:
        with self._lock:
            instance.taken -= 1
            is_over = not instance.taken and (self._is_retired or not instance.is_open)
        if is_over:
            self._remove(instance)

    def _remove(self, instance: FunctionInstance) -> None:
        instance.stop()
        with self._lock:
            if instance in self._instances:
                self._instances.remove(instance)

    def _start(self, instance_id: str, log: int) -> Child:
        def start_child() -> Child:
            return start(
                interpreter_of(self.settings.runtime),
                self.code.directory,
                self._environment(instance_id),
                handler=self.settings.handler,
                initializer=self.settings.initializer,
                log=log,
                concurrency=self.settings.instance_concurrency,
                tagged=True,
                dies_with_parent=sys.platform.startswith("linux"),
            )

        return self._host.starter.submit(start_child).result()

    def _environment(self, instance_id: str) -> dict[str, str]:
        """The whole environment of an instance: PATH, the function's variables, and the platform's."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            **self._host.variables,
            **self.settings.environment_variables,
            "FC_FUNC_CODE_PATH": str(self.code.directory),
            "FC_FUNCTION_NAME": self.settings.function_name,
            "FC_FUNCTION_HANDLER": self.settings.handler,
            "FC_FUNCTION_MEMORY_SIZE": str(self.settings.memory_size),
            "FC_SERVICE_NAME": self._service,
            "FC_VERSION_ID": self._version,
            "FC_INSTANCE_ID": instance_id,
            "FC_REGION": REGION,
            "FC_ACCOUNT_ID": ACCOUNT_ID,
        }

    def _context(self, request_id: str, qualifier: str) -> dict[str, object]:
        """The fields of the runtime's context object. No other request has these credentials; they open nothing."""
        settings = self.settings
        return {
            "request_id": request_id,
            "credentials": {
                "access_key_id": f"STS.{secrets.token_hex(12)}",
                "access_key_secret": secrets.token_hex(22),
                "security_token": secrets.token_urlsafe(48),
            },
            "function": {
                "name": settings.function_name,
                "handler": settings.handler,
                "memory": settings.memory_size,
                "timeout": settings.timeout,
            },
            "service": {
                "name": self._service,
                "log_project": "",
                "log_store": "",
                "qualifier": qualifier or LATEST,
                "version_id": "" if self._version == LATEST else self._version,
            },
            "region": REGION,
            "account_id": ACCOUNT_ID,
            "retry_count": 0,
            "tracing": {"span_context": "", "jaeger_endpoint": "", "span_baggages": {}},
        }
