"""What `archive` and `rehearse` share: libraries that may be missing, places, and how far long work is."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..errors import ExtensionError
from ._output import fail

if TYPE_CHECKING:
    from ..rehearsal.places import Place

_LIBRARIES = {
    **dict.fromkeys(("jinja2", "obstore", "pyarrow"), "rehearsal"),
    **dict.fromkeys(("packaging", "py4j", "pyspark"), "spark"),
}
"""The libraries of extras."""


@contextmanager
def explained() -> Iterator[None]:
    """Ends the command with a sentence where an archive or an extension cannot be used."""
    try:
        yield
    except ModuleNotFoundError as error:
        extra = _LIBRARIES.get((error.name or "").partition(".")[0])
        if extra is None:
            raise
        fail(f"this needs {error.name}; install it with: pip install 'dataworks-ext[{extra}]'")
    except ExtensionError as error:
        fail(str(error))


def places(sources: list[str]) -> list[Place]:
    """The places that sources name; ends the command if one cannot be used."""
    with explained():
        from ..rehearsal.places import place_of

        return [place_of(source) for source in sources]


class ProgressLine:
    """One line on a terminal's standard error, rewritten as work goes on."""

    def __init__(self) -> None:
        self._is_shown = sys.stderr.isatty()
        self._next = 0.0
        self._width = 0

    def __call__(self, what: str, done: int, total: int) -> None:
        """Show that so much of all is done."""
        if not self._is_shown or (time.monotonic() < self._next and done < total):
            return
        self._next = time.monotonic() + 0.1
        percent = f" ({100 * done // total} %)" if total else ""
        self._write(f"{what}: {done:,} of {total:,}{percent}")

    def end(self) -> None:
        """Leave nothing of the line."""
        if self._width:
            self._write("")
            sys.stderr.write("\r")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text.ljust(self._width)}")
        sys.stderr.flush()
        self._width = len(text)
