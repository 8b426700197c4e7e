"""What memory processes have, and an eye on it.

A limit of the address space would break threads, whose stacks and arenas are reserved but not used. So what is resident
is looked at again and again, and an instance that has too much is ended. Linux only; elsewhere nothing is limited.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

MEGABYTE: Final = 1024 * 1024
INTERVAL: Final = 0.05
"""Seconds between two looks."""
_LINUX: Final = sys.platform.startswith("linux")


def resident(pid: int) -> int:
    """Bytes of memory that a process has; 0 if it has ended, or where that is not known."""
    if not _LINUX:
        return 0
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ProcessLookupError):
        return 0


def most_resident(pid: int) -> int:
    """The most bytes of memory that a process has had; 0 if it has ended, or where that is not known."""
    if not _LINUX:
        return 0
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), 0)


class MemoryWatch:
    """Looks at processes on one thread, which lives while there are any."""

    def __init__(self) -> None:
        self._watched: dict[int, tuple[int, Callable[[], None]]] = {}
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, pid: int, limit: int, exceeded: Callable[[], None]) -> None:
        """Call back, once, when the process has more than that many bytes."""
        with self._lock:
            self._watched[pid] = (limit, exceeded)
            if self._thread is None and not self._closing.is_set():
                self._thread = threading.Thread(target=self._look, name="local-memory")
                self._thread.start()

    def remove(self, pid: int) -> None:
        """Look at it no more."""
        with self._lock:
            self._watched.pop(pid, None)

    def close(self) -> None:
        """End the thread."""
        self._closing.set()
        with self._lock:
            thread = self._thread
        if thread is not None:
            thread.join()

    def _look(self) -> None:
        while not self._closing.wait(INTERVAL):
            with self._lock:
                if not self._watched:
                    self._thread = None
                    return
                watched = list(self._watched.items())
            for pid, (limit, exceeded) in watched:
                if resident(pid) > limit:
                    self.remove(pid)
                    exceeded()
