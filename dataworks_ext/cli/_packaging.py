"""Building a package from a subcommand: with its progress, and only where it is out of date."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from rich.status import Status

from ..deploy.build import Package, build
from ..deploy.freshness import differences, out_of_date, sources_of
from ..deploy.layout import PackagingError
from ._output import console, fail, plain

_PATIENCE = 1.0
"""Seconds after which people want to know what takes so long."""


class Progress:
    """Shows on standard error what is being done, once it has taken a second. A context manager."""

    def __init__(self) -> None:
        self._out = console(error=True)
        self._status = Status("", console=self._out)
        self._step = ""
        self._lock = threading.Lock()
        self._is_shown = False
        self._timer = threading.Timer(_PATIENCE, self._show)
        self._timer.daemon = True

    def __enter__(self) -> Progress:
        self._timer.start()
        return self

    def __exit__(self, *details: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._is_shown = False
            self._status.stop()

    def __call__(self, step: str) -> None:
        """Another step begins."""
        with self._lock:
            self._step = step
            if self._is_shown:
                self._print()

    def _show(self) -> None:
        with self._lock:
            self._is_shown = True
            if self._out.is_terminal:
                self._status.start()
            self._print()

    def _print(self) -> None:
        if self._out.is_terminal:
            self._status.update(f"{self._step}…")
        else:
            self._out.print(*plain(f"{self._step}…"))


def build_package(packages: Sequence[Path], python: str, output: Path, *, update_lock: bool = False) -> Package:
    """Build the package; ends the command if it cannot be."""
    try:
        with Progress() as progress:
            return build(packages, python, output, update_lock=update_lock, progress=progress)
    except PackagingError as error:
        fail(str(error))
    except OSError as error:
        fail(f"{error.filename or output} cannot be used: {error.strerror or error}")


def refresh(code: Path) -> None:
    """Build a package again if its sources have changed, or say that they have; ends the command if it cannot be.

    Args:
        code: The folder of the package.
    """
    try:
        stale = differences(code)
    except (PackagingError, OSError) as error:
        fail(f"{code} cannot be compared with its sources: {error}")
    if not stale:
        return
    out, sources = console(error=True), sources_of(code)
    if sources is None or code.name != "function":
        warning = f"Warning: {code} is {out_of_date(stale)}; build it again: dataworks-ext package"
        out.print(*plain(warning), style="yellow")
        return
    out.print(*plain(f"{code} is {out_of_date(stale)}. Building it again."))
    sys.stderr.flush()
    build_package(sources.packages, sources.python, code.parent)
