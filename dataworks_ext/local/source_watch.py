"""Folders whose changes are noticed, on the machine of a developer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from watchfiles import watch

_PAUSE: Final = 200
"""Milliseconds after which the thread looks whether it is to end."""


class SourceWatch:
    """Calls back when files in folders have changed, on a thread of its own. A context manager.

    Caches, hidden folders and the temporary files of editors do not count. Changes count from `__enter__` on.

    Args:
        folders: They exist.
        changed: Called on the thread, once for changes that come together.
    """

    def __init__(self, folders: Sequence[Path], changed: Callable[[], None]) -> None:
        self._folders = folders
        self._changed = changed
        self._is_watching = threading.Event()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="local-watch")

    def __enter__(self) -> SourceWatch:
        self._thread.start()
        self._is_watching.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        try:
            changes = watch(*self._folders, rust_timeout=_PAUSE, yield_on_timeout=True, stop_event=self._stop)
            for changed in changes:
                self._is_watching.set()
                if changed:
                    self._changed()
        finally:
            self._is_watching.set()
