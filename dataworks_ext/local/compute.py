"""Function Compute on this machine."""

from __future__ import annotations

import base64
import json
import secrets
import sys
import tempfile
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from email.utils import formatdate
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Final, NamedTuple
from urllib.parse import quote, urlsplit

from ..deploy.interpreters import RUNNING, interpreter_of
from ..deploy.process import Child, start
from .account import DEFAULT_SERVICE, Account
from .code import Code, remove
from .errors import ApiError
from .fields import Fields
from .functions import LATEST, Deployment, environment_of
from .instances import Instance, InstanceSettings
from .invocation import RoleCredentials, temporary_credentials
from .invoker import Invoker
from .logs import LogLine, LogSink
from .memory import MemoryWatch
from .server import Server
from .signature import sign

ACCOUNT_ID: Final = "1234567890980001"
REGION: Final = "cn-hangzhou"
INSTANCE_LIMIT: Final = 10
"""Instances of one function that there may be."""
_PATIENCE: Final = 900
"""Seconds that an answer to `invoke` may take."""


class Invocation(NamedTuple):
    """The answer to one invocation."""

    body: bytes
    """What the function returned; empty for a function error, and for an asynchronous invocation."""
    error: Mapping[str, object] | None
    """`errorMessage` of a function error, and for an exception `errorType` and `stackTrace`."""
    request_id: str
    instance_id: str
    """Empty for an asynchronous invocation."""
    log: str
    """The last 4 KB of the log; empty for an asynchronous invocation."""


class LocalFunctionCompute:
    """Function Compute on loopback: an API at `endpoint`, and functions in child processes. A context manager.

    When it ends there is no process, no thread and no file of it left. Its functions can be called with the API, by
    `fc2.Client` for one, or with `invoke`.

    Args:
        port: Where to listen; 0 for any free port.
        access_key_id: Who may call; made up by default.
        access_key_secret: Signs requests; made up by default.
        account_id: `context.account_id`.
        region: `context.region`.
        instance_limit: Instances of one function that there may be.
        credentials: Makes `context.credentials`, once for each request; by default they open nothing.
        log: Takes the lines that functions write, on any thread.

    Raises:
        OSError: The port is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        access_key_id: str | None = None,
        access_key_secret: str | None = None,
        account_id: str = ACCOUNT_ID,
        region: str = REGION,
        instance_limit: int = INSTANCE_LIMIT,
        credentials: RoleCredentials = temporary_credentials,
        log: LogSink | None = None,
    ) -> None:
        self.access_key_id = access_key_id or f"LTAI5t{secrets.token_hex(9)}"
        self.access_key_secret = access_key_secret or secrets.token_hex(15)
        self.account_id = account_id
        self.region = region
        self._instance_limit = instance_limit
        self._credentials = credentials
        self._sink = log or _nobody
        self._port = port

    def __enter__(self) -> LocalFunctionCompute:
        self._folder = Path(tempfile.mkdtemp(prefix="dataworks-ext-local-"))
        self._memory = MemoryWatch()
        self._account = Account(self._folder, self._start_instance, self._instance_limit)
        self._invoker = Invoker(
            self._account,
            region=self.region,
            account_id=self.account_id,
            credentials=self._credentials,
            sink=self._sink,
        )
        try:
            self._server = Server(
                self._account,
                self._invoker,
                access_key_id=self.access_key_id,
                access_key_secret=self.access_key_secret,
                port=self._port,
            )
        except BaseException:
            remove(self._folder)
            raise
        # A process dies with the thread that started it, so that is one that lives as long as this does.
        self._starter = ThreadPoolExecutor(1, "local-starter")
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._invoker.stop()
        self._server.stop()
        self._account.close()
        self._invoker.join()
        self._server.close()
        self._memory.close()
        self._starter.shutdown()
        remove(self._folder)

    @property
    def endpoint(self) -> str:
        """`http://127.0.0.1:{port}`."""
        return self._server.endpoint

    def create_function(
        self,
        name: str,
        code_directory: Path,
        *,
        service: str = DEFAULT_SERVICE,
        runtime: str = RUNNING,
        handler: str = "index.handler",
        initializer: str = "",
        timeout: int = 3,
        initialization_timeout: int = 10,
        memory_size: int = 512,
        concurrency: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Create a function from a copy of a folder, or replace the one of this name.

        Args:
            name: Of the function.
            code_directory: What is deployed.
            service: Created if it does not exist. Without one, the function is of both versions of the API.
            runtime: `python3.10`; the Python that runs this by default.
            handler: `{module}.{attribute}`.
            initializer: Likewise, or empty.
            timeout: Seconds for one request.
            initialization_timeout: Seconds for importing the module and running the initializer.
            memory_size: Megabytes that an instance may have; Linux only.
            concurrency: Requests that an instance takes at once.
            environment: The function's variables; nothing else of the caller's but PATH is passed on.

        Raises:
            ApiError: There is no Python for the runtime, or another argument cannot be.
            OSError: The folder cannot be read.
        """
        fields = Fields(
            {
                "functionName": name,
                "runtime": runtime,
                "handler": handler,
                "initializer": initializer,
                "timeout": timeout,
                "initializationTimeout": initialization_timeout,
                "memorySize": memory_size,
                "instanceConcurrency": concurrency,
                "environmentVariables": environment or {},
            }
        )
        if service not in self._account.services():
            self._account.create_service(Fields({"serviceName": service}))
        exists = name in self._account.service(service).functions
        code = Code.from_directory(code_directory, self._account.new_folder())
        try:
            if exists:
                self._account.update_function(service, name, fields, code=code)
            else:
                self._account.create_function(service, fields, code)
        except BaseException:
            code.release()
            raise

    def update_code(self, name: str, code_directory: Path, *, service: str = DEFAULT_SERVICE) -> None:
        """Replace the code of a function by a copy of a folder. Requests that run end with the old code.

        Raises:
            ApiError: There is no such function.
            OSError: The folder cannot be read.
        """
        self._account.function(service, name)
        code = Code.from_directory(code_directory, self._account.new_folder())
        self._account.update_function(service, name, Fields({}), code=code)

    def invoke(
        self,
        name: str,
        event: bytes = b"",
        *,
        service: str = DEFAULT_SERVICE,
        qualifier: str = LATEST,
        asynchronous: bool = False,
    ) -> Invocation:
        """Invoke a function over HTTP, with a signature.

        Raises:
            ApiError: The request was refused: 404 for a function that does not exist, 429 when all instances are busy.
        """
        path = f"/2016-08-15/services/{service}.{qualifier}/functions/{name}/invocations"
        headers = {
            "content-type": "application/octet-stream",
            "date": formatdate(usegmt=True),
            "x-fc-invocation-type": "Async" if asynchronous else "Sync",
            "x-fc-log-type": "Tail",
        }
        headers["authorization"] = sign("POST", path, headers, self.access_key_id, self.access_key_secret)
        url = urlsplit(self.endpoint)
        connection = HTTPConnection(url.hostname or "", url.port, timeout=_PATIENCE)
        try:
            connection.request("POST", quote(path), event, headers)
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        if answer.status >= 400:
            error = json.loads(body)
            raise ApiError(answer.status, error["ErrorCode"], error["ErrorMessage"])
        is_error = bool(answer.headers["x-fc-error-type"])
        return Invocation(
            b"" if is_error else body,
            json.loads(body) if is_error else None,
            answer.headers["x-fc-request-id"] or "",
            answer.headers["x-fc-instance-id"] or "",
            base64.b64decode(answer.headers["x-fc-log-result"] or "").decode("utf-8", "replace"),
        )

    def _start_instance(self, deployment: Deployment) -> Instance:
        settings = deployment.settings

        def start_child(instance_id: str, log: int) -> Child:
            return start(
                interpreter_of(settings.runtime),
                deployment.code.directory,
                environment_of(deployment, instance_id, self.region, self.account_id),
                handler=settings.handler,
                initializer=settings.initializer,
                log=log,
                concurrency=settings.concurrency,
                tagged=True,
                dies_with_parent=sys.platform.startswith("linux"),
            )

        return Instance(
            InstanceSettings(settings.name, settings.memory_size, settings.initialization_timeout, settings.timeout),
            lambda instance_id, log: self._starter.submit(start_child, instance_id, log).result(),
            self._sink,
            self._memory,
        )


def _nobody(line: LogLine) -> None:
    """Takes a line, and does nothing with it."""
