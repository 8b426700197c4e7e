"""What instances write: lines, each with its request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, NamedTuple

TAIL: Final = 4 * 1024
"""Bytes of a request's log that its caller can get (`X-Fc-Log-Result`)."""
LONGEST_LINE: Final = 128 * 1024
"""Bytes after which a line is cut."""


class LogLine(NamedTuple):
    """One line of output."""

    function: str
    instance_id: str
    request_id: str
    """Empty where no one request wrote it."""
    text: str


LogSink = Callable[[LogLine], None]
"""Takes lines as they come, on any thread."""


class Tail:
    """The last bytes of a request's log."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, line: str) -> None:
        """A line without its break."""
        self._bytes += line.encode("utf-8", "replace") + b"\n"
        del self._bytes[:-TAIL]

    def __bytes__(self) -> bytes:
        return bytes(self._bytes)


class Piece(NamedTuple):
    """What one line of an instance's output is."""

    request_id: str
    text: str
    ends: bool
    """Whether it is no line but the mark that the request has written its last one."""


def read_line(line: bytes) -> Piece:
    """A line, without its break, as `dataworks_ext.deploy.runtime.TaggedLog` writes it, or as anybody else does."""
    if line.startswith(b"\x1e"):
        for separator, ends in ((b"\x1f", False), (b"\x04", True)):
            tag, found, text = line[1:].partition(separator)
            if found and b"\x1e" not in tag and len(tag) <= TAIL and (not ends or not text):
                return Piece(tag.decode("utf-8", "replace"), _cut(text), ends)
    return Piece("", _cut(line), False)


def _cut(text: bytes) -> str:
    return text[:LONGEST_LINE].decode("utf-8", "replace")
