"""Invocations of functions, now or later."""

from __future__ import annotations

import threading
from dataclasses import asdict
from typing import Final

from .account import Account
from .errors import ApiError
from .functions import LATEST, Deployment
from .invocation import Outcome, Request, RoleCredentials
from .logs import LogLine, LogSink
from .pool import RetiredError

LARGEST_EVENT: Final = 32 * 1024 * 1024
"""Bytes of an event, at most, of a synchronous invocation."""
LARGEST_LATER_EVENT: Final = 128 * 1024
"""Bytes of an event, at most, of an asynchronous invocation."""


class Invoker:
    """Finds the deployment of a function, and lets it serve requests.

    Args:
        account: What there is.
        region: `context.region`.
        account_id: `context.account_id`.
        credentials: Makes `context.credentials`, once for each request.
        sink: Told what became of an asynchronous invocation.
    """

    def __init__(
        self, account: Account, *, region: str, account_id: str, credentials: RoleCredentials, sink: LogSink
    ) -> None:
        self._account = account
        self._region = region
        self._account_id = account_id
        self._credentials = credentials
        self._sink = sink
        self._later: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._closed = False

    def invoke(self, service: str, name: str, qualifier: str, event: bytes, request_id: str) -> tuple[Outcome, str]:
        """What came of it, and the version that served it: `LATEST`, or a number.

        Raises:
            ApiError: 404 for what does not exist, 413 for too large an event, 429 when all instances are busy, 503 when
                none could be started.
        """
        _check_size(event, LARGEST_EVENT)
        while True:
            deployment = self._account.function(service, name, qualifier).deployment
            context = self._context(deployment, qualifier, request_id)
            try:
                return deployment.pool.run(Request(request_id, event, context)), deployment.version
            except RetiredError:  # replaced in between
                if self._closed:
                    raise ApiError(503, "ServiceUnavailable", "the local Function Compute is being stopped") from None

    def invoke_later(self, service: str, name: str, qualifier: str, event: bytes, request_id: str) -> None:
        """Start an invocation whose outcome nobody gets. Raises `ApiError` (404 or 413)."""
        _check_size(event, LARGEST_LATER_EVENT)
        self._account.function(service, name, qualifier)
        arguments = (service, name, qualifier, event, request_id)
        thread = threading.Thread(target=self._invoke_unheard, args=arguments, name=f"later {request_id}")
        with self._lock:
            self._later.add(thread)
        thread.start()

    def stop(self) -> None:
        """Take no more invocations."""
        self._closed = True

    def join(self) -> None:
        """Wait for asynchronous invocations that run."""
        with self._lock:
            later = list(self._later)
        for thread in later:
            thread.join()

    def _invoke_unheard(self, service: str, name: str, qualifier: str, event: bytes, request_id: str) -> None:
        try:
            self.invoke(service, name, qualifier, event, request_id)
        except ApiError as error:
            text = f"asynchronous invocation refused: {error.code}: {error.message}"
            self._sink(LogLine(name, "", request_id, text))
        finally:
            with self._lock:
                self._later.discard(threading.current_thread())

    def _context(self, deployment: Deployment, qualifier: str, request_id: str) -> dict[str, object]:
        settings, (project, store) = deployment.settings, deployment.service.log
        return {
            "request_id": request_id,
            "credentials": asdict(self._credentials()),
            "function": {
                "name": settings.name,
                "handler": settings.handler,
                "memory": settings.memory_size,
                "timeout": settings.timeout,
            },
            "service": {
                "name": deployment.service.name,
                "log_project": project,
                "log_store": store,
                "qualifier": qualifier,
                "version_id": "" if deployment.version == LATEST else deployment.version,
            },
            "region": self._region,
            "account_id": self._account_id,
            "retry_count": 0,
            "tracing": {"span_context": "", "jaeger_endpoint": "", "span_baggages": {}},
        }


def _check_size(event: bytes, largest: int) -> None:
    if len(event) > largest:
        raise ApiError(413, "PayloadTooLarge", f"the event has {len(event)} bytes; expected {largest} at most")
