"""Function Compute's entry: the handler and the initializer, of any extension and of the deployed one."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol

from .budget import end_of
from .context import utc_now
from .deadline import LEFT_BEHIND
from .decision import Decision, Verdict
from .delivery import DeliveryError
from .extension import Extension
from .invocation import Handled, Invocation, Services
from .loading import APP_VARIABLE, DEFAULT_APP, UnloadedExtension, load_extension
from .message import Message, MessageError, read_messages
from .modes import items_in
from .openapi.api import OpenApi, replies_through_openapi
from .openapi.replies import Replies
from .record import Recorder
from .retirement import Retirement

if TYPE_CHECKING:
    from .archive.writer import ArchiveWriter

ARCHIVE_VARIABLE: Final = "DATAWORKS_EXT_ARCHIVE"
FIELDS_VARIABLE: Final = "DATAWORKS_EXT_RECORD_FIELDS"
FIRST_PAUSE: Final = 5.0
"""Seconds until an extension that could not be loaded is loaded again; twice as long after each failure."""
LONGEST_PAUSE: Final = 300.0
NEVER: Final = float("inf")
_OK: Final = '{"checkResult": "OK"}'


class RuntimeFunction(Protocol):
    """`context.function` of the runtime, as far as it is used."""

    @property
    def timeout(self) -> int | str:
        """Seconds until the platform kills the function."""
        ...


class RuntimeContext(Protocol):
    """The runtime's context object, as far as it is used."""

    @property
    def request_id(self) -> str:
        """The id of the request."""
        ...

    @property
    def function(self) -> RuntimeFunction:
        """What the platform knows of the function."""
        ...


class Function:
    """An extension as a function of Function Compute, at any instance concurrency.

    Args:
        extension: What decides.
        record_fields: Payload fields to repeat in records, by name; `DATAWORKS_EXT_RECORD_FIELDS` by default.
        clock: Says what time it is, for `context.now` and the records: an aware datetime.
        environment: The variables of the OpenAPI, and `DATAWORKS_EXT_RECORD_FIELDS`.
    """

    def __init__(
        self,
        extension: Extension,
        *,
        record_fields: Iterable[str] | None = None,
        clock: Callable[[], datetime] = utc_now,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        if record_fields is None:
            record_fields = items_in(environment.get(FIELDS_VARIABLE, ""))
        self.extension = extension
        named = (extension.name, extension.version)
        recorder = Recorder(record_fields, clock=clock, extension=named, policies=extension.policies)
        api = OpenApi(environment)
        archive = archive_of(extension, api, environment) if environment.get(ARCHIVE_VARIABLE) else None
        self._services = Services(extension, api, Replies(api), recorder, clock, archive)
        self._in_flight: dict[int, float] = {}
        self._retirement = Retirement(self._in_flight, recorder)
        self._prepared = False
        self._preparing = threading.Lock()

    def initializer(self, context: RuntimeContext) -> None:
        """What the runtime calls once before the first request. Never raises; problems are recorded."""
        try:
            self._prepare(context)
        except BaseException as error:
            Invocation(self._services, context, 0.0, 0.0).give_up(error)

    def handler(self, event: bytes, context: RuntimeContext) -> str:
        """What the runtime calls for each request.

        Args:
            event: A message of Function Compute or EventBridge, or an array of them, who share the request's time.
            context: The runtime's.

        Returns:
            The reply as JSON, with `checkResult` (`OK`, `WARN` or `FAIL`), and `errorMessage` unless it is `OK`; for an
            array, an array with the reply to each element in its place. DataWorks reads it where it called the
            function itself; the reply to a message of EventBridge is delivered through the OpenAPI.

        Raises:
            DeliveryError: Replies could not be delivered. All other messages were answered.
        """
        started = time.monotonic()
        thread = threading.get_ident()
        self._in_flight[thread] = started
        try:
            handled = self._handle(event, context, started)
        finally:
            del self._in_flight[thread]
            if LEFT_BEHIND:
                self._retirement.consider()
        if isinstance(handled, Handled):
            if handled.delivery.status == "undelivered":
                raise DeliveryError(_undelivered(handled))
            return reply(handled.decision)
        lost = [one for one in handled if one.delivery.status == "undelivered"]
        if lost:
            raise DeliveryError(f"{len(lost)} of {len(handled)} replies: {_undelivered(lost[0])}")
        return f"[{', '.join(reply(one.decision) for one in handled)}]"

    def _handle(self, event: bytes, context: RuntimeContext, started: float) -> Handled | list[Handled]:
        """What became of the message, or of each message of an array. Never raises."""
        invocation = Invocation(self._services, context, started, end_of(started, context))
        try:
            self._prepare(context)
            messages = read_messages(event)
        except MessageError as error:
            return invocation.refuse(error)
        except BaseException as error:
            return invocation.give_up(error)
        return invocation.answer(messages) if isinstance(messages, Message) else invocation.answer_all(messages)

    def _prepare(self, context: RuntimeContext) -> None:
        """Take what each request brings, and record once what is wrong with the environment."""
        extension, api, _, recorder, _, archive = self._services
        api.attend(context)
        if self._prepared:
            return
        with self._preparing:
            if self._prepared:
                return
            problems = extension.configuration.problems
            if replies_through_openapi(extension.policies):
                problems = (*problems, *api.problems())
            if archive is not None:
                archive.prepare()
                problems = (*problems, *filter(None, (archive.problem,)))
            for problem in problems:
                recorder.note("configuration", problem=problem, extension=extension.name)
            self._prepared = True


class DeployedFunction:
    """The function of the extension that `DATAWORKS_EXT_APP` names, loaded at the first call.

    An extension that cannot be loaded denies every message. It is loaded again after a pause, since an import may fail
    for a reason that passes.
    """

    def __init__(self) -> None:
        self._function: Function | None = None
        self._retry_at = NEVER
        self._pause = FIRST_PAUSE
        self._loading = threading.Lock()

    def initializer(self, context: RuntimeContext) -> None:
        """What the runtime calls once before the first request. Never raises."""
        self._loaded().initializer(context)

    def handler(self, event: bytes, context: RuntimeContext) -> str:
        """What the runtime calls for each request. Raises `DeliveryError` only."""
        return self._loaded().handler(event, context)

    def _loaded(self) -> Function:
        function = self._function
        if function is not None and time.monotonic() < self._retry_at:
            return function
        with self._loading:
            if self._function is None or time.monotonic() >= self._retry_at:
                self._function = self._load()
            return self._function

    def _load(self) -> Function:
        app = os.environ.get(APP_VARIABLE, "") or DEFAULT_APP
        try:
            function = Function(load_extension(app))
        except BaseException as error:
            self._retry_at, self._pause = time.monotonic() + self._pause, min(2 * self._pause, LONGEST_PAUSE)
            extension = UnloadedExtension(os.environ)
            Recorder(extension=(extension.name, "")).not_loaded(app, error)
            return Function(extension)
        self._retry_at = NEVER
        return function


def archive_of(extension: Extension, api: OpenApi, environment: Mapping[str, str]) -> ArchiveWriter:
    """What archives the messages. Only a function that archives loads it."""
    from .archive.writer import ArchiveWriter

    return ArchiveWriter(extension, api, environment)


def reply(decision: Decision) -> str:
    """The decision as DataWorks reads it from a function's return value."""
    if decision.verdict is Verdict.OK:
        return _OK
    return json.dumps({"checkResult": decision.verdict.value, "errorMessage": decision.message})


def _undelivered(handled: Handled) -> str:
    return f"the reply to message {handled.message_id} could not be delivered: {handled.delivery.problem}"


_deployed: Final = DeployedFunction()
handler: Final = _deployed.handler
"""The handler of the deployed extension. `index.py`: `from dataworks_ext.function import handler, initializer`."""
initializer: Final = _deployed.initializer
"""The initializer of the deployed extension."""
