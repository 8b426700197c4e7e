"""Room for nested SQL: the parser takes about twenty calls of Python for each level, and Python allows a thousand."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

MOST_CALLS: Final = 4_000
"""Of which each takes half a kilobyte of the stack at most, and a thread has megabytes."""


class _RaisedLimit:
    """How many threads have raised the limit, and what it was before."""

    count = 0
    before = 0


_LOCK: Final = threading.Lock()


@contextmanager
def deeper() -> Iterator[None]:
    """Allow more nested calls until the end of the block. The limit is the process's, so the last one restores it."""
    with _LOCK:
        if not _RaisedLimit.count:
            _RaisedLimit.before = sys.getrecursionlimit()
            sys.setrecursionlimit(max(_RaisedLimit.before, MOST_CALLS))
        _RaisedLimit.count += 1
    try:
        yield
    finally:
        with _LOCK:
            _RaisedLimit.count -= 1
            if not _RaisedLimit.count:
                sys.setrecursionlimit(_RaisedLimit.before)
