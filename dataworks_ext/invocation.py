"""One invocation of the function: each message of it is decided, answered and recorded."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from .budget import LEAST_SHARE, LEAST_TIME, deadline_before_reply, end_of_share
from .context import MessageScope, Request
from .deadline import milliseconds
from .decision import Decision, Reason, Verdict
from .delivery import NONE, RETURNED, Delivery
from .extension import Extension
from .message import Message, MessageError, is_probe
from .openapi.api import OpenApi
from .openapi.replies import Answer, Replies
from .record import Archived, Recorder
from .texts import TEXTS, Language, with_request

if TYPE_CHECKING:
    from .archive.writer import ArchiveWriter

_NOT_TRIED: Final = Delivery("undelivered", "the time was over before this message of the array was tried")


class Handled(NamedTuple):
    """What became of one message."""

    decision: Decision
    delivery: Delivery = RETURNED
    message_id: str | None = None


class Services(NamedTuple):
    """What all invocations of a function share."""

    extension: Extension
    api: OpenApi
    replies: Replies
    recorder: Recorder
    clock: Callable[[], datetime]
    archive: ArchiveWriter | None = None


class Invocation:
    """Answers the messages of one request. None of its methods raises.

    Args:
        services: The function's.
        context: The runtime's.
        started: The moment (`time.monotonic()`) at which it came.
        end: The moment at which all replies are due.
    """

    __slots__ = ("_batch", "_context", "_end", "_request_id", "_services", "_started")

    def __init__(self, services: Services, context: object, started: float, end: float) -> None:
        self._services = services
        self._context = context
        request_id = getattr(context, "request_id", "")
        self._request_id = request_id if isinstance(request_id, str) else ""
        self._started = started
        self._end = end
        self._batch: list[bytes] | None = None
        """The archived lines of an array, which become one object; None for a single message."""

    def answer_all(self, messages: Sequence[Message | MessageError]) -> list[Handled]:
        """Answer the messages of an array, in order.

        A message of EventBridge that there is no time for is not tried: the array is delivered again, and then the
        messages that were answered take next to no time.
        """
        handled = []
        self._batch = []
        for number, message in enumerate(messages):
            through_openapi = isinstance(message, Message) and message.channel == "eventbridge"
            if isinstance(message, MessageError):
                handled.append(self.refuse(message))
            elif through_openapi and self._end - time.monotonic() < LEAST_TIME:
                handled.append(self._leave(message))
            else:
                least = LEAST_SHARE if through_openapi else 0.0
                handled.append(self.answer(message, end_of_share(self._end, len(messages) - number, least)))
        self._archive_batch(self._batch)
        return handled

    def answer(self, message: Message, end: float | None = None) -> Handled:
        """Answer a message by the given moment, by the end of the invocation if there is none."""
        end = self._end if end is None else end
        try:
            if message.channel == "eventbridge":
                return self._answer_through_openapi(message, end)
            scope = self._scope(message, end)
            decision = self._services.extension.decide(scope)
            if is_probe(message):
                self._notify_and_record(scope, decision, RETURNED, told=True)
                return Handled(decision)
            archived = self._archive(scope, decision, end) if self._services.archive is not None else None
            self._notify_and_record(scope, decision, RETURNED, archived)
            return Handled(decision)
        except BaseException as error:
            return self.give_up(error, message.message_id)

    def refuse(self, error: MessageError) -> Handled:
        """Answer what is no message."""
        try:
            language = self._services.extension.configuration.language
            text = TEXTS[language].unreadable
            if language == "en":  # the error is; the record has it whatever the language
                text = f"{text} {str(error)[0].upper()}{str(error)[1:]}."
            decision = Decision(Verdict.FAIL, with_request(language, text, self._request_id))
            self._services.recorder.unread(error, decision, self._request_id, error.message_id)
            return Handled(decision)
        except BaseException as failure:
            return self.give_up(failure, error.message_id)

    def give_up(self, error: BaseException, message_id: str | None = None, delivery: Delivery = RETURNED) -> Handled:
        """Answer where the framework itself fails: closed, and with as little code as possible."""
        decision = self._closed()
        with suppress(BaseException):  # stdout may be gone: the reply is what is left
            self._services.recorder.unread(error, decision, self._request_id, message_id)
        return Handled(decision, delivery, message_id)

    def _answer_through_openapi(self, message: Message, end: float) -> Handled:
        if message.blocking:
            scope = self._scope(message, deadline_before_reply(end))
            answer = self._services.replies.answer(message, lambda: self._decide(scope), end)
        else:
            scope = self._scope(message, end)
            answer = Answer(self._decide(scope), NONE, is_first=True)
        decision = answer.decision or self._closed()
        archived = None
        if self._services.archive is not None:
            archived = self._archive(scope, decision, end, is_first=answer.is_first)
        try:
            self._notify_and_record(scope, decision, answer.delivery, archived, told=not answer.is_first)
        except BaseException as error:
            return self.give_up(error, message.message_id, answer.delivery)
        return Handled(decision, answer.delivery, message.message_id)

    def _decide(self, scope: MessageScope) -> Decision:
        """The decision, closed where the framework itself fails: DataWorks waits for the reply."""
        try:
            return self._services.extension.decide(scope)
        except BaseException as error:
            decision = self._closed()
            reason = Reason(self._services.extension.name, Verdict.FAIL, decision.message, "enforce", 0.0, error)
            return decision._replace(reasons=(reason,))

    def _closed(self) -> Decision:
        """The denial of a message that no policy decided."""
        language: Language = "en"
        with suppress(BaseException):  # whatever is broken, there is an answer
            language = self._services.extension.configuration.language
        return Decision(Verdict.FAIL, with_request(language, TEXTS[language].broken, self._request_id))

    def _leave(self, message: Message) -> Handled:
        """Record a message that there was no time for."""
        decision = self._closed()
        try:
            self._notify_and_record(self._scope(message, self._end), decision, _NOT_TRIED, told=True)
        except BaseException as error:
            return self.give_up(error, message.message_id, _NOT_TRIED)
        return Handled(decision, _NOT_TRIED, message.message_id)

    def _archive(
        self, scope: MessageScope, decision: Decision, end: float, *, is_first: bool = True
    ) -> Archived | None:
        """Archive a message; those of an array are archived together, and then there is nothing to say of one."""
        archive = self._services.archive
        assert archive is not None
        line = archive.line(scope, decision, is_first=is_first)
        if isinstance(line, Archived):
            return line
        if self._batch is not None:
            self._batch.append(line)
            return None
        attempts = 2 if scope.message.channel == "eventbridge" else 1
        return archive.store([line], self._request_id, scope.now, end, attempts)

    def _archive_batch(self, lines: Sequence[bytes]) -> None:
        archive = self._services.archive
        if archive is None or not lines:
            return
        with suppress(BaseException):  # the replies are what is left
            archived = archive.store(lines, self._request_id, self._services.clock(), self._end, 1)
            self._services.recorder.archived(archived, self._request_id, len(lines))

    def _scope(self, message: Message, deadline: float) -> MessageScope:
        _, api, _, recorder, clock, archive = self._services
        lookups = api if archive is None else archive.noting(api)
        request = Request(
            self._request_id, deadline, clock(), lookups, recorder.get_logger, self._context, deployed=True
        )
        return MessageScope(message, request)

    def _notify_and_record(
        self,
        scope: MessageScope,
        decision: Decision,
        delivery: Delivery,
        archived: Archived | None = None,
        *,
        told: bool = False,
    ) -> None:
        """Tell the observers, unless they were told before or nobody asked, and write the record."""
        observers = () if told else self._services.extension.notify(scope)
        elapsed_ms = milliseconds(time.monotonic() - self._started)
        self._services.recorder.message(
            scope, decision, delivery, elapsed_ms=elapsed_ms, observers=observers, archived=archived
        )
