"""The time of an invocation: until when policies may run, and until when a reply has to be delivered."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Final

from .deadline import NO_LIMIT

DEFAULT_TIMEOUT: Final = 3.0
"""Seconds: Function Compute's own default for a function's timeout."""
MARGIN: Final = 0.5
"""Seconds kept for the reply and the record, at most; a fifth of a short timeout."""
REPLY_RESERVE: Final = 3.0
"""Seconds kept for delivering a reply through the OpenAPI, at most; two fifths of a short time."""
LEAST_SHARE: Final = 3.0
"""Seconds that a message of an array may take at least, if its reply goes through the OpenAPI: the time of a call."""
LEAST_TIME: Final = 0.1
"""Seconds below which the next message of an array is not tried."""


def end_of(started: float, context: object) -> float:
    """The moment at which all replies of an invocation are due: the function's timeout less the margin.

    Args:
        started: The moment (`time.monotonic()`) at which the invocation came.
        context: The runtime's, whose `function.timeout` is in seconds, in words in some versions of the runtime.
    """
    timeout = getattr(getattr(context, "function", None), "timeout", None)
    return started + seconds_of(timeout if isinstance(timeout, (int, str)) else DEFAULT_TIMEOUT)


@lru_cache(maxsize=8)
def seconds_of(timeout: float | str) -> float:
    """Seconds of a function's timeout that are left when the margin is kept."""
    try:
        seconds = float(timeout)
    except ValueError:
        seconds = DEFAULT_TIMEOUT
    if not 0 < seconds < NO_LIMIT:
        seconds = DEFAULT_TIMEOUT
    return seconds - min(MARGIN, seconds / 5)


def deadline_before_reply(end: float) -> float:
    """The deadline of policies whose decision is then delivered through the OpenAPI."""
    return end - reply_reserve(end - time.monotonic())


def reply_reserve(seconds: float) -> float:
    """How many of the seconds are kept for delivering a reply through the OpenAPI."""
    return min(REPLY_RESERVE, seconds * 0.4)


def end_of_share(end: float, messages_left: int, least: float = 0.0) -> float:
    """The moment at which the time of the next message of an array ends: an equal share, but at least so many seconds.

    Args:
        end: When the time of all ends.
        messages_left: How many messages share what is left, the next one included.
        least: Seconds, if there are so many left.
    """
    now = time.monotonic()
    return min(end, now + max((end - now) / messages_left, least))
