"""The exceptions of a deadline, and the threads that were left behind."""

from __future__ import annotations

import threading
from typing import Final

from ..errors import ExtensionError


class DeadlineError(ExtensionError):
    """Code was interrupted or left behind at its deadline."""


class Interrupted(BaseException):
    """Raised inside code at its deadline. Not an `Exception`, so that code does not catch it by accident."""


LEFT_BEHIND: Final[dict[threading.Thread, float]] = {}
"""The threads that run code whose moment has passed, and since when they are interrupted."""
