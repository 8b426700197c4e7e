"""The exceptions of a deadline, and the threads that it has cost."""

from __future__ import annotations

import threading
from typing import Final

from ..errors import ExtensionError


class DeadlineError(ExtensionError):
    """Code ran until its moment and was stopped, or left behind."""


class Interrupted(BaseException):
    """What is raised inside code whose moment has come. Not an `Exception`: code should let it pass."""


LEFT_BEHIND: Final[dict[threading.Thread, float]] = {}
"""The threads that run code whose moment has passed, and since when they are interrupted."""
