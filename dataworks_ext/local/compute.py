"""Function Compute on this machine."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final

from ..deploy.interpreters import RUNNING
from .account import DEFAULT_SERVICE, Account
from .api_error import ApiError
from .code_folder import remove
from .event_api import EventApi
from .event_bridge import EventBuses
from .event_delivery import RETRY_PAUSES, Deliveries, FailedDelivery, FunctionTarget
from .function_api import FunctionApi
from .functions_3 import Functions3
from .instances import FunctionResponse
from .logs import LogLine, LogSink
from .revision import ACCOUNT_ID, LATEST, InstanceHost
from .server import Server, new_request_id

INSTANCE_LIMIT: Final = 10
"""Instances of one function that there may be."""


class LocalFunctionCompute:
    """Function Compute on loopback: an API at `endpoint`, and functions in child processes. A context manager.

    When it ends there is no process, no thread and no file of it left. Its functions can be called with the API, by
    `fc2.Client` for one, or with `invoke`.

    Args:
        port: Where to listen; 0 for any free port.
        instance_limit: Instances of one function that there may be.
        log: Takes the lines that functions write, on any thread. It must not raise.
        retry_pauses: Seconds before each new attempt to deliver an event, by the strategy of the target.
        undelivered: Told of each failed attempt to deliver an event, on any thread. It must not raise.
        variables: What every function has, unless it has its own.

    Raises:
        OSError: The port is taken.
    """

    def __init__(
        self,
        *,
        port: int = 0,
        instance_limit: int = INSTANCE_LIMIT,
        log: LogSink | None = None,
        retry_pauses: Mapping[str, Sequence[float]] = RETRY_PAUSES,
        undelivered: Callable[[FailedDelivery], None] | None = None,
        variables: Mapping[str, str] | None = None,
    ) -> None:
        self.access_key_id = f"LTAI5t{secrets.token_hex(9)}"
        self.access_key_secret = secrets.token_hex(15)
        self.account_id = ACCOUNT_ID
        self._instance_limit = instance_limit
        self._sink = log or _ignore
        self._port = port
        self._pauses = retry_pauses
        self._undelivered = undelivered or _ignore
        self._variables = dict(variables or {})

    def __enter__(self) -> LocalFunctionCompute:
        with ExitStack() as stack:
            folder = Path(tempfile.mkdtemp(prefix="dataworks-ext-local-"))
            stack.callback(remove, folder)
            starter = stack.enter_context(ThreadPoolExecutor(1, "local-starter"))
            self._account = Account(folder, InstanceHost(starter, self._sink, self._instance_limit, self._variables))
            functions = Functions3(self._account)
            self._deliveries = Deliveries(partial(_deliver, self._account, functions), self._pauses, self._undelivered)
            self._events = EventBuses(self._deliveries)
            stack.callback(self._deliveries.close)
            self._server = Server(
                FunctionApi(self._account, functions, EventApi(self._events)),
                access_key_id=self.access_key_id,
                access_key_secret=self.access_key_secret,
                port=self._port,
            )
            self._account.endpoint = self._server.endpoint
            self._server.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        with self._stack:
            self._server.stop()
            self._deliveries.stop()
            self._account.close()
            self._server.close()

    @property
    def endpoint(self) -> str:
        """`http://127.0.0.1:{port}`."""
        return self._server.endpoint

    def create_function(
        self,
        name: str,
        code_directory: Path,
        *,
        runtime: str = RUNNING,
        handler: str = "index.handler",
        initializer: str = "",
        timeout: int = 3,
        initialization_timeout: int = 10,
        memory_size: int = 512,
        concurrency: int = 1,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Create a function of the service `default` from a copy of a folder, or replace the one of this name.

        Requests that run end as they would have.

        Args:
            name: Of the function.
            code_directory: What is deployed.
            runtime: `python3.10`; the Python that runs this by default.
            handler: `{module}.{attribute}`.
            initializer: Likewise, or empty.
            timeout: Seconds for one request.
            initialization_timeout: Seconds for importing the module and running the initializer.
            memory_size: Megabytes that an instance may have.
            concurrency: Requests that an instance takes at once.
            environment: The function's variables; nothing else of the caller's but PATH is passed on.

        Raises:
            ApiError: An argument is wrong, or there is no Python for the runtime.
            OSError: The folder cannot be read.
        """
        sent = {
            "functionName": name,
            "runtime": runtime,
            "handler": handler,
            "initializer": initializer,
            "timeout": timeout,
            "initializationTimeout": initialization_timeout,
            "memorySize": memory_size,
            "instanceConcurrency": concurrency,
            "environmentVariables": dict(environment or {}),
        }
        with self._account.lock:
            if name in self._account.service(DEFAULT_SERVICE).functions:
                self._account.update_function(DEFAULT_SERVICE, name, sent, source=code_directory)
            else:
                self._account.create_function(DEFAULT_SERVICE, sent, source=code_directory)

    @property
    def events(self) -> EventBuses:
        """EventBridge: its buses, and what it could not deliver."""
        return self._events

    def invoke(self, name: str, event: bytes = b"") -> FunctionResponse:
        """Invoke a function of the service `default`, and wait for the result.

        Raises:
            ApiError: 404 for a function that does not exist, 429 when all instances are busy, 503 when none can start.
        """
        return self._account.invoke(DEFAULT_SERVICE, LATEST, name, event, new_request_id())


def _deliver(account: Account, functions: Functions3, target: FunctionTarget, event: bytes) -> str:
    """Give an event to a function, as EventBridge does; what went wrong, or an empty text."""
    try:
        if target.service:
            response = account.invoke(target.service, target.qualifier, target.function, event, new_request_id())
        else:
            response = functions.invoke(target.function, target.qualifier, event, new_request_id())
    except ApiError as error:
        return f"{error.code}: {error.message}"
    return "" if response.error is None else str(response.error.get("errorMessage"))


def _ignore(news: LogLine | FailedDelivery) -> None:
    """Nobody wants to know."""
