"""Answering DataWorks by calls, and asking it: what a function does where its return value reaches nobody.

This module is all that a function loads before it has something to say. HTTP and TLS come with the first call.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final

from ..decision import Decision
from ..errors import ExtensionError
from ..events import catalog
from ..message import Message
from ..policy import EVERY_EVENT, Policy

if TYPE_CHECKING:
    from ..snapshots import Snapshot
    from .dataworks import DataWorks
    from .delivery import Delivery

_DIRECT: Final = "Upload and Download"
"""The DataWorks module whose events come directly, and are answered by the return value."""


class DeliveryError(ExtensionError):
    """A reply that could not be delivered, and why. The trigger delivers the message again."""


class Callback:
    """The function's way to DataWorks. Threads share it.

    Args:
        environment: Where `DATAWORKS_EXT_CODE`, `DATAWORKS_EXT_ENDPOINT`, `DATAWORKS_EXT_REGION` and, outside Function
            Compute, credentials are.
    """

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._context: object = None
        self._delivery: Delivery | None = None
        self._making = threading.Lock()

    def attend(self, context: object) -> None:
        """Take region and credentials from the runtime's context of this request: credentials are fresh in each."""
        self._context = context

    def problems(self, policies: Iterable[Policy]) -> tuple[str, ...]:
        """What is missing in the environment for the replies of these policies, a sentence each."""
        return self._dataworks.problems() if any(map(_needs_callback, policies)) else ()

    def remembered(self, message: Message) -> Decision | None:
        """The decision that a message which comes once more got before. Failures are not remembered."""
        return None if self._delivery is None else self._delivery.remembered(message)

    def deliver(self, message: Message, decision: Decision, deadline: float) -> str:
        """Answer a message that somebody waits for, unless it has been.

        Returns:
            `delivered`, `repeated` (it was delivered before) or `unanswerable` (the message has no id).

        Raises:
            DeliveryError: It could not be delivered by then, a moment of `time.monotonic()`.
        """
        return self._made().deliver(message, decision, deadline)

    def snapshot(self, message: Message, workspace_id: int | None, until: float) -> Snapshot:
        """The file or table as it was when the event fired. Raises `LookupFailed`."""
        return self._dataworks.snapshot(message, workspace_id, until)

    def parameters(self, until: float) -> Mapping[str, str]:
        """The extension's parameters. Raises `LookupFailed`."""
        return self._dataworks.parameters(until)

    def options(self, workspace_id: int | None, until: float) -> Mapping[str, object]:
        """The extension's options in a workspace. Raises `LookupFailed`."""
        return self._dataworks.options(workspace_id, until)

    @property
    def _dataworks(self) -> DataWorks:
        return self._made().dataworks

    def _made(self) -> Delivery:
        if self._delivery is None:
            with self._making:
                if self._delivery is None:
                    from .dataworks import DataWorks
                    from .delivery import Delivery

                    self._delivery = Delivery(DataWorks(self._environment, lambda: self._context))
        return self._delivery


def _needs_callback(policy: Policy) -> bool:
    """Whether a policy looks at events whose reply is a call."""
    return any(code == EVERY_EVENT or catalog[code].module != _DIRECT for code in policy.events)
