"""What became of a reply."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from .errors import ExtensionError

DeliveryStatus = Literal["returned", "none", "delivered", "repeated", "unanswerable", "undelivered"]


class DeliveryError(ExtensionError):
    """Replies could not be delivered. The trigger delivers the messages again."""


class Delivery(NamedTuple):
    """What became of the reply to one message."""

    status: DeliveryStatus
    """What became of it.

    `returned`: it is the function's return value. `delivered`: DataWorks took it, through the OpenAPI. `repeated`: it
    was delivered before. `none`: the message is not blocking, so there is no reply. `unanswerable`: the message has no
    id, so there is no way to reply. `undelivered`: DataWorks did not take it, or it was not tried.
    """
    problem: str | None = None
    """Why there was no delivery; None where nothing is wrong."""


RETURNED: Final = Delivery("returned")
NONE: Final = Delivery("none")
