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


class LogTail:
    """The last bytes of a request's log."""

    def __init__(self) -> None:
        self._bytes = bytearray()

    def add(self, line: str) -> None:
        """A line without its break."""
        self._bytes += line.encode("utf-8", "replace") + b"\n"
        del self._bytes[:-TAIL]

    def __str__(self) -> str:
        return self._bytes.decode("utf-8", "ignore")  # the first character may be cut


def split_tag(line: bytes) -> tuple[str, str]:
    """The request id, or an empty one, and the text of a line as `runtime.TaggedLog` or a child process writes it."""
    request_id, text = b"", line
    if line.startswith(b"\x1e"):
        tag, separator, rest = line[1:].partition(b"\x1f")
        if separator and len(tag) <= TAIL:
            request_id, text = tag, rest
    return request_id.decode("utf-8", "replace"), text[:LONGEST_LINE].decode("utf-8", "replace")
