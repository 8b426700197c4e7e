"""Function Compute's entry: the handler, the initializer, and the guard around them."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import lru_cache
from typing import Final, Protocol

from .context import MessageScope, utc_now
from .deadline import LEFT_BEHIND, NO_LIMIT
from .decision import Decision, Reason, Verdict
from .extension import Extension
from .loading import APP_VARIABLE, DEFAULT_APP, load_extension
from .message import Message, MessageError, read_messages
from .openapi import Callback, DeliveryError
from .record import Recorder
from .retirement import Retirement
from .settings import LANGUAGE_VARIABLE
from .texts import TEXTS, with_request

FIELDS_VARIABLE: Final = "DATAWORKS_EXT_RECORD_FIELDS"
DEFAULT_TIMEOUT: Final = 3.0
"""Seconds: Function Compute's own default for a function's timeout."""
MARGIN: Final = 0.5
"""Seconds kept for the reply and the record, at most; a fifth of a short timeout."""
CALLBACK_RESERVE: Final = 3.0
"""Seconds kept for delivering a reply by a call, at most; two fifths of a short time."""
_OK: Final = '{"checkResult": "OK"}'
_NO_ID: Final = "the message has no id, so nobody can be told the answer; DataWorks goes on waiting"


class FunctionMeta(Protocol):
    """`context.function`, as far as it is used."""

    @property
    def timeout(self) -> int | str:
        """Seconds until the platform kills the function."""
        ...


class FunctionContext(Protocol):
    """The runtime's context object, as far as it is used."""

    @property
    def request_id(self) -> str:
        """The id of the request."""
        ...

    @property
    def function(self) -> FunctionMeta:
        """What the platform knows of the function."""
        ...


class Function:
    """An extension as a function of Function Compute, at any instance concurrency.

    Args:
        extension: What decides.
        record_fields: Payload fields to repeat in records, by name; `DATAWORKS_EXT_RECORD_FIELDS` by default.
        clock: Says what time it is, for `context.now` and the records: an aware datetime.
        environment: The variables of the callback, and `DATAWORKS_EXT_RECORD_FIELDS`.
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
            listed = environment.get(FIELDS_VARIABLE, "").split(",")
            record_fields = [field.strip() for field in listed if field.strip()]
        self.extension = extension
        self._callback = Callback(environment)
        self._clock = clock
        self._recorder = Recorder(record_fields, clock=clock)
        self._in_flight: dict[int, float] = {}
        self._retirement = Retirement(self._in_flight, self._recorder)
        self._prepared = False
        self._preparing = threading.Lock()

    def initializer(self, context: FunctionContext) -> None:
        """What the runtime calls once before the first request. Never raises; what is wrong is recorded."""
        try:
            self._callback.attend(context)
            self._prepare()
        except BaseException as error:
            self._give_up(context, error)

    def handler(self, event: bytes, context: FunctionContext) -> str:
        """What the runtime calls for each request.

        Args:
            event: A message of Function Compute or EventBridge, or an array of them, who share the request's time.
            context: The runtime's.

        Returns:
            The reply as JSON: `checkResult` (`OK`, `WARN` or `FAIL`), and `errorMessage` unless it is `OK`; for an
            array, an array with the reply to each element in its place. DataWorks reads it where it called the
            function itself; to a message of EventBridge the reply is delivered by a call.

        Raises:
            DeliveryError: Replies that are due could not be delivered. All other messages were answered.
        """
        started = time.monotonic()
        thread = threading.get_ident()
        self._in_flight[thread] = started
        try:
            self._callback.attend(context)
            if not self._prepared:
                self._prepare()
            messages = read_messages(event)
            end = started + _budget(context)
            if isinstance(messages, list):
                return self._answer_all(messages, context, started, end)
            return self._answer(messages, context, started, end)
        except MessageError as error:
            return self._answer_safely(error, context, started, 0)
        except DeliveryError:
            raise
        except BaseException as error:
            return self._give_up(context, error)
        finally:
            del self._in_flight[thread]
            if LEFT_BEHIND:
                self._retirement.consider()

    def decide(self, scope: MessageScope) -> Decision:
        """The decision on one message."""
        return self.extension.decide(scope)

    def _answer_all(
        self, messages: Sequence[Message | MessageError], context: FunctionContext, started: float, end: float
    ) -> str:
        """The replies to an array. Each message has its share of what is left of the time."""
        replies, undelivered = [], []
        for number, message in enumerate(messages):
            now = time.monotonic()
            try:
                until = now + (end - now) / (len(messages) - number)
                replies.append(self._answer_safely(message, context, started, until))
            except DeliveryError as error:
                undelivered.append(str(error))
        if undelivered:
            raise DeliveryError(f"{len(undelivered)} of {len(messages)} replies: {undelivered[0]}")
        return f"[{', '.join(replies)}]"

    def _answer_safely(
        self, message: Message | MessageError, context: FunctionContext, started: float, end: float
    ) -> str:
        """The reply to one message, or to what is none. Raises nothing but `DeliveryError`."""
        try:
            if isinstance(message, MessageError):
                return self._refuse(message, _request_id(context))
            return self._answer(message, context, started, end)
        except DeliveryError:
            raise
        except BaseException as error:
            return self._give_up(context, error, message.message_id)

    def _answer(self, message: Message, context: FunctionContext, started: float, end: float) -> str:
        if message.channel == "eventbridge":
            return self._answer_by_call(message, context, started, end)
        scope = self._scope(message, context, end)
        decision = self.decide(scope)
        observers = self.extension.notify(scope)
        elapsed_ms = int((time.monotonic() - started) * 1_000_000) / 1_000
        self._recorder.message(scope, decision, observers, elapsed_ms, "returned", self.extension)
        return reply(decision)

    def _scope(self, message: Message, context: FunctionContext, deadline: float) -> MessageScope:
        logger = self._recorder.logger
        return MessageScope(message, _request_id(context), deadline, self._clock(), logger, self._callback)

    def _answer_by_call(self, message: Message, context: FunctionContext, started: float, end: float) -> str:
        now = time.monotonic()
        reserve = min(CALLBACK_RESERVE, (end - now) * 0.4) if message.blocking else 0
        scope = self._scope(message, context, end - reserve)
        remembered = self._callback.remembered(message) if message.blocking else None
        decision = remembered or self._decide_safely(scope)
        delivery, problem = self._deliver(message, decision, end) if message.blocking else ("none", None)
        try:
            observers = self.extension.notify(scope) if remembered is None else ()
            elapsed_ms = int((time.monotonic() - started) * 1_000_000) / 1_000
            self._recorder.message(scope, decision, observers, elapsed_ms, delivery, self.extension, problem)
        finally:
            if delivery == "undelivered":
                raise DeliveryError(f"the reply to message {message.message_id} could not be delivered: {problem}")
        return reply(decision)

    def _decide_safely(self, scope: MessageScope) -> Decision:
        """The decision, closed where the framework itself fails: somebody waits for the call."""
        try:
            return self.decide(scope)
        except BaseException as error:
            text = with_request("en", TEXTS["en"].broken, scope.request_id)
            reason = Reason(self.extension.name, Verdict.FAIL, text, "enforce", 0.0, error)
            return Decision(Verdict.FAIL, text, (reason,))

    def _deliver(self, message: Message, decision: Decision, end: float) -> tuple[str, str | None]:
        """What became of the reply, and what is wrong with that."""
        try:
            delivery = self._callback.deliver(message, decision, end)
        except DeliveryError as error:
            return "undelivered", str(error)
        except BaseException as error:
            return "undelivered", f"the call failed: {type(error).__name__}"
        return delivery, _NO_ID if delivery == "unanswerable" else None

    def _refuse(self, error: MessageError, request_id: str) -> str:
        language = self.extension.configuration.language
        text = f"{TEXTS[language].unreadable} {str(error)[0].upper()}{str(error)[1:]}."
        decision = Decision(Verdict.FAIL, with_request(language, text, request_id))
        self._record_unread(error, decision, request_id, error.message_id)
        return reply(decision)

    def _give_up(self, context: FunctionContext, error: BaseException, message_id: str | None = None) -> str:
        """The answer when the framework itself fails: closed, and with as little code as possible."""
        request_id = _request_id(context)
        decision = Decision(Verdict.FAIL, with_request("en", TEXTS["en"].broken, request_id))
        with suppress(BaseException):  # stdout may be gone: the reply is what is left
            self._record_unread(error, decision, request_id, message_id)
        return reply(decision)

    def _record_unread(self, error: BaseException, decision: Decision, request_id: str, message_id: str | None) -> None:
        self._recorder.unread(
            error=error,
            decision=decision,
            request_id=request_id,
            message_id=message_id,
            extension=self.extension.name,
            version=self.extension.version,
        )

    def _prepare(self) -> None:
        with self._preparing:
            if self._prepared:
                return
            problems = (*self.extension.configuration.problems, *self._callback.problems(self.extension.policies))
            for problem in problems:
                self._recorder.note("configuration", problem=problem, extension=self.extension.name)
            self._prepared = True


class UnloadedFunction(Function):
    """What stands in for an extension that cannot be loaded: it denies every message, and records why."""

    def __init__(self, app: str, error: BaseException) -> None:
        extension = Extension("unloaded")
        extension.configure({LANGUAGE_VARIABLE: os.environ.get(LANGUAGE_VARIABLE, "")})  # the rest is not about it
        super().__init__(extension)
        with suppress(BaseException):  # stdout may be gone, and an exception may not even have a text
            self._recorder.note("loading", app=app, problem=_first_line(error), traceback=_traceback(error))

    def decide(self, scope: MessageScope) -> Decision:
        """A denial."""
        language = self.extension.configuration.language
        return Decision(Verdict.FAIL, with_request(language, TEXTS[language].not_loaded, scope.request_id))


class DeployedFunction:
    """The function of the extension that `DATAWORKS_EXT_APP` names, loaded at the first call."""

    def __init__(self) -> None:
        self._function: Function | None = None
        self._loading = threading.Lock()

    def initializer(self, context: FunctionContext) -> None:
        """What the runtime calls once before the first request. Never raises."""
        (self._function or self._load()).initializer(context)

    def handler(self, event: bytes, context: FunctionContext) -> str:
        """What the runtime calls for each request. Never raises."""
        return (self._function or self._load()).handler(event, context)

    def _load(self) -> Function:
        with self._loading:
            if self._function is None:
                app = os.environ.get(APP_VARIABLE, "") or DEFAULT_APP
                try:
                    self._function = Function(load_extension(app))
                except BaseException as error:
                    self._function = UnloadedFunction(app, error)
            return self._function


def reply(decision: Decision) -> str:
    """The decision as DataWorks reads it from a function's return value."""
    if decision.verdict is Verdict.OK:
        return _OK
    return json.dumps({"checkResult": decision.verdict.value, "errorMessage": decision.message})


def _request_id(context: object) -> str:
    request_id = getattr(context, "request_id", "")
    return request_id if isinstance(request_id, str) else ""


def _budget(context: object) -> float:
    """Seconds that policies have: the function's timeout less the margin."""
    timeout = getattr(getattr(context, "function", None), "timeout", None)
    return _budget_of(timeout if isinstance(timeout, (int, str)) else DEFAULT_TIMEOUT)


@lru_cache(maxsize=8)
def _budget_of(timeout: float | str) -> float:
    try:
        seconds = float(timeout)
    except ValueError:
        seconds = DEFAULT_TIMEOUT
    if not 0 < seconds < NO_LIMIT:
        seconds = DEFAULT_TIMEOUT
    return seconds - min(MARGIN, seconds / 5)


def _first_line(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return type(error).__name__


def _traceback(error: BaseException) -> str:
    from traceback import format_exception  # only a failure needs it

    return "".join(format_exception(type(error), error, error.__traceback__))


_deployed: Final = DeployedFunction()
handler: Final = _deployed.handler
"""The handler of the deployed extension. `index.py`: `from dataworks_ext.function import handler, initializer`."""
initializer: Final = _deployed.initializer
"""The initializer of the deployed extension."""
