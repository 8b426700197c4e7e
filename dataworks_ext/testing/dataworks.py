"""A stand-in for DataWorks in tests: it sends messages to a function, receives replies, and answers lookups."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from datetime import datetime
from itertools import count
from typing import Final, TypeVar

from ..context import in_utc
from ..decision import Decision, Verdict
from ..evaluation import is_of_the_runner
from ..events import Event
from ..extension import Extension, listen
from ..function import Function
from ..lookup import LookupFailedError
from ..message import Channel, Message, MessageError, read_message
from ..settings import Configuration
from ..snapshots import Snapshot
from .contexts import FunctionContext
from .deciding import NOON
from .mistakes import is_of_the_test
from .samples import message
from .sent import Sent, State
from .stub import DataWorksStub

__tracebackhide__ = is_of_the_test

S = TypeVar("S")


class DataWorks:
    """A context in which an extension is a running function, and DataWorks calls it.

    Messages go through the function's handler. Replies, and questions about snapshots, parameters and options, go over
    HTTP, on loopback, by the client that runs in production.

    Args:
        extension: What decides. `configure` configures it.
    """

    def __init__(self, extension: Extension) -> None:
        self.snapshot: Snapshot | Exception | None = None
        """What DataWorks keeps of the file or table. An exception stands for what it does not say, here and below."""
        self.parameters: Mapping[str, str] | Exception = {}
        """The extension's parameters."""
        self.options: Mapping[str, object] | Exception = {}
        """What every workspace chose of the extension's options."""
        self._extension = extension
        self._environment: Mapping[str, str] = {}
        self._function: Function | None = None
        self._now = NOON
        self._numbers = count(1)
        self._running = ExitStack()
        self._stub: DataWorksStub | None = None

    def __enter__(self) -> DataWorks:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._running.close()

    def configure(self, environment: Mapping[str, str]) -> Configuration:
        """Give the function these environment variables, in place of those that it had: `DOWNLOADS_MAX_ROWS="10"`.

        Returns:
            What they mean, with the problems that the function would record.
        """
        self._environment = dict(environment)
        self._function = None
        return self._extension.configure(self._environment)

    def send(
        self,
        code: str | type[Event],
        /,
        channel: Channel | None = None,
        *,
        now: datetime | None = None,
        message_id: str | None = None,
        **changes: object,
    ) -> Sent:
        """Send the message of an event, and take the reply.

        Args:
            code: An event code, or the class of an event.
            channel: `function-compute` or `eventbridge`; by default the one on which DataWorks sends the event.
            now: What time it is for the function; `NOON`, a Monday, by default.
            message_id: Its id; one of its own by default. A duplicate has the id of the first message.
            changes: Of the event, as for `sample`: `data_row_size=250_000`.

        Raises:
            NoSampleError: There is no such event.
            ChangeError: An unknown field, with the nearest known one, or an invalid value.
            DeliveryError: The reply could not be delivered.
        """
        number = f"message-{next(self._numbers)}" if message_id is None else message_id
        return self.send_raw(message(code, channel, message_id=number, **changes), now=now)

    def send_raw(self, message: bytes, *, now: datetime | None = None) -> Sent:
        """Send one message as it is, or what is none.

        Args:
            message: The bytes that the function gets.
            now: As for `send`.

        Raises:
            KeyboardInterrupt: Somebody interrupted a policy; likewise what `pytest.fail` or `pytest.skip` raise there.
            ValueError: It is an array of several messages, or `now` has no time zone.
            DeliveryError: The reply could not be delivered.
        """
        self._now = in_utc(NOON if now is None else now)
        function, stub = self._deployed()
        decisions: list[Decision] = []
        stop_listening = listen(lambda _message, decision: decisions.append(decision))
        try:
            reply = json.loads(function.handler(message, FunctionContext()))
        finally:
            stop_listening()
        _raise_what_is_of_the_runner(decisions)
        if isinstance(reply, list) and len(reply) != 1:
            raise ValueError(f"expected one message, got an array of {len(reply)}; send each by itself")
        answer = reply[0] if isinstance(reply, list) else reply
        verdict, text = Verdict(answer["checkResult"]), str(answer.get("errorMessage", ""))
        received = _read(message)
        if received is None:
            return Sent("", None, "function-compute", verdict, text, "Failed", None)
        state: State | None = _state(verdict) if received.blocking else None
        if state is not None and received.channel == "eventbridge":
            verdict, text, state = _arrived(stub, received.message_id) or (verdict, text, "Checking")
        decision = decisions[-1] if decisions else None
        return Sent(received.event_code, received.message_id, received.channel, verdict, text, state, decision)

    def _deployed(self) -> tuple[Function, DataWorksStub]:
        """The function, and the DataWorks that it calls, which both start with the first message."""
        if self._stub is None:
            self._stub = self._running.enter_context(DataWorksStub())
        stub, parameters, options = self._stub, _copied(self.parameters), _copied(self.options)
        if (stub.parameters, stub.options) != (parameters, options):
            self._function = None  # it keeps what it was told for a minute
        stub.snapshot = self.snapshot or LookupFailedError(_NO_SNAPSHOT)
        stub.parameters, stub.options = parameters, options
        if self._function is None:
            environment = {**self._environment, **stub.environment}
            self._function = Function(self._extension, clock=lambda: self._now, environment=environment)
        return self._function, stub


_REPLY_TEXTS: Final = ("CheckResultTip", "CheckMessage")
_NO_SNAPSHOT: Final = "the test gives no snapshot; set dataworks.snapshot = committed_file(content=…)"


def _read(data: bytes) -> Message | None:
    try:
        return read_message(data)
    except MessageError:
        return None


def _raise_what_is_of_the_runner(decisions: Iterable[Decision]) -> None:
    """Such as `pytest.fail` in a policy: the function takes it for the policy's failure."""
    for reason in (reason for decision in decisions for reason in decision.reasons):
        if reason.error is not None and is_of_the_runner(reason.error):
            raise reason.error


def _state(verdict: Verdict) -> State:
    return "Failed" if verdict is Verdict.FAIL else "Passed"


def _arrived(stub: DataWorksStub, message_id: str | None) -> tuple[Verdict, str, State] | None:
    """The first answer for that message: DataWorks takes no second one."""
    for reply in stub.replies:
        if reply["MessageId"] == message_id:
            verdict = Verdict(reply["CheckResult"])
            text = next((reply[name] for name in _REPLY_TEXTS if name in reply), "")
            return verdict, "" if text == verdict.value else text, _state(verdict)
    return None


def _copied(given: Mapping[str, S] | Exception) -> Mapping[str, S] | Exception:
    """So that a change of the test's own mapping is noticed."""
    return given if isinstance(given, Exception) else dict(given)
