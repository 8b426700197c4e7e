"""A folder whose changes are noticed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

INTERVAL: Final = 0.5
"""Seconds between two looks."""
_State = dict[str, tuple[int, int]]


class FolderWatch:
    """Looks at a folder again and again on a thread of its own, and calls back when it has changed and has settled.

    It has settled when two looks in a row see the same times and sizes, and it holds a file. A context manager.

    Args:
        folder: It need not exist.
        changed: Called on the thread.
        interval: Seconds between two looks.
    """

    def __init__(self, folder: Path, changed: Callable[[], None], *, interval: float = INTERVAL) -> None:
        self._folder = folder
        self._changed = changed
        self._interval = interval
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look, name="local-watch")
        self._told = state_of(folder)

    def __enter__(self) -> FolderWatch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        before = self._told
        while not self._stop.wait(self._interval):
            state = state_of(self._folder)
            if state == before and state and state != self._told:
                self._told = state
                self._changed()
            before = state


def state_of(folder: Path) -> _State:
    """Time (in nanoseconds) and size (in bytes) of each file, `__pycache__` left out. Empty if there is no folder."""
    state: _State = {}
    for directory, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name != "__pycache__"]
        for name in files:
            path = os.path.join(directory, name)
            try:
                found = os.lstat(path)
            except FileNotFoundError:  # it went while we looked
                continue
            state[path] = (found.st_mtime_ns, found.st_size)
    return state
