"""Exiting an instance in which a policy cannot be interrupted."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection
from typing import Final

from .deadline import LEFT_BEHIND, stuck
from .record import Recorder

PLATFORM_VARIABLE: Final = "FC_FUNC_CODE_PATH"
"""Set in every instance of Function Compute, which replaces an instance that exits."""
EXIT_STATUS: Final = 75
_PAUSE: Final = 0.1
"""Seconds between two checks whether the instance is idle."""


class Retirement:
    """Ends the process once threads are stuck and no request is in flight.

    An instance that was frozen between two checks does not exit: a request may be arriving.

    Args:
        in_flight: The requests in flight, kept by the function.
        recorder: Writes the record of the exit.
    """

    def __init__(self, in_flight: Collection[int], recorder: Recorder) -> None:
        self._in_flight = in_flight
        self._recorder = recorder
        self._lock = threading.Lock()
        self._waiting = False

    def consider(self) -> None:
        """Called after a request that left threads behind."""
        with self._lock:
            if self._waiting or PLATFORM_VARIABLE not in os.environ:
                return
            self._waiting = True
        try:
            threading.Thread(target=self._wait, name="dataworks-ext-retirement", daemon=True).start()
        except RuntimeError:  # the limit of threads is reached: the next request tries again
            self._waiting = False

    def _wait(self) -> None:
        while LEFT_BEHIND:
            before = time.monotonic()
            time.sleep(_PAUSE)
            awake = time.monotonic() - before < 2 * _PAUSE
            if awake and not self._in_flight and (threads := stuck()):
                self._recorder.note("retirement", problem=f"{threads} threads could not be interrupted")
                os._exit(EXIT_STATUS)
        self._waiting = False
