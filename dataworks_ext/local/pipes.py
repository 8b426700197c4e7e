"""The pipes between an instance's process and this one: requests go, answers and log lines come."""

from __future__ import annotations

import os
import select
import threading
import time
from contextlib import suppress
from typing import Final

from .logs import LONGEST_LINE, TAIL
from .process import Child

_READ: Final = 128 * 1024
"""Bytes of one read: more than a pipe holds, so that one read empties it."""


class LineBuffer:
    """Whole lines from pieces of bytes.

    Args:
        longest: Bytes of a line that are kept; the rest of the line is dropped. None keeps everything.
    """

    def __init__(self, longest: int | None = None) -> None:
        self._longest = longest
        self._partial = bytearray()

    def add(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, without their breaks."""
        *complete, rest = data.split(b"\n")
        lines = []
        for piece in complete:
            self._extend(piece)
            lines.append(bytes(self._partial))
            self._partial.clear()
        self._extend(rest)
        return lines

    def end(self) -> list[bytes]:
        """The last line, if it had no break."""
        return [bytes(self._partial)] if self._partial else []

    def _extend(self, piece: bytes) -> None:
        self._partial += piece if self._longest is None else piece[: max(self._longest - len(self._partial), 0)]


class InstancePipes:
    """The ends of an instance's pipes that are ours. One thread reads, any thread writes; none blocks for long.

    Args:
        child: The process, with the pipes of requests and answers.
        log: The file descriptor of what it writes.
    """

    def __init__(self, child: Child, log: int) -> None:
        self._requests = child.requests
        self._answers = child.answers
        self._log: int | None = log
        self._answer_lines, self._log_lines = LineBuffer(), LineBuffer(LONGEST_LINE + TAIL)
        self._sending = threading.Lock()
        self._poll = select.poll()
        for pipe in (self._requests.fileno(), self._answers.fileno(), log):
            os.set_blocking(pipe, False)
        self._poll.register(self._answers, select.POLLIN)
        self._poll.register(log, select.POLLIN)

    def send(self, line: bytes, until: float, is_over: threading.Event) -> bool:
        """Whether the line could be written by then. A process that has ended, or is to end, takes everything."""
        left = memoryview(line)
        with self._sending, suppress(OSError, ValueError):  # the pipe is closed
            pipe = select.poll()
            pipe.register(self._requests, select.POLLOUT)
            while left and not is_over.is_set():
                if pipe.poll(50):
                    left = left[self._requests.write(left) or 0 :]
                elif time.monotonic() >= until:
                    return False
        return True

    def wait(self, seconds: float) -> None:
        """Until there is something to read, or the time is over."""
        self._poll.poll(seconds * 1000)

    def read(self) -> tuple[list[bytes], list[bytes], bool]:
        """The log's lines and the answers that have come, and whether there may be more answers.

        The answers are read first: the log that is read after them holds all that was written before them.
        """
        answers = _read_available(self._answers.fileno())
        log = None if self._log is None else _read_available(self._log)
        if log == b"" and self._log is not None:  # or its end would be told again and again
            self._poll.unregister(self._log)
            os.close(self._log)
            self._log = None
        return self._log_lines.add(log or b""), self._answer_lines.add(answers or b""), answers != b""

    def close_requests(self) -> None:
        """There are no more requests. The process ends by itself."""
        with self._sending, suppress(OSError):
            self._requests.close()

    def close(self) -> list[bytes]:
        """Close them all, though another process may hold them, and return what is left of the log."""
        self.close_requests()
        self._answers.close()
        if self._log is not None:
            os.close(self._log)
        return self._log_lines.end()


def _read_available(pipe: int) -> bytes | None:
    """What is in the pipe now; empty at its end, None if there is nothing yet."""
    try:
        return os.read(pipe, _READ)
    except BlockingIOError:
        return None
