"""Instances of functions: child processes that serve requests until they end."""

from __future__ import annotations

import base64
import json
import os
import secrets
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

from ..deploy.process import Child
from .invocation import Outcome, Request
from .logs import LogLine, LogSink, Piece, Tail, read_line
from .memory import MEGABYTE, MemoryWatch, most_resident

GRACE: Final = 1.0
"""Seconds between SIGTERM and SIGKILL."""
_LOG_PATIENCE: Final = 1.0
"""Seconds that the last line of a request's log may come after its answer."""


class NotTakenError(Exception):
    """The instance ended before it had read the request: another one may serve it."""


class InstanceSettings(NamedTuple):
    """What is the same for all instances of a function."""

    function: str
    memory_mb: int
    """Megabytes that an instance may have."""
    initialization_timeout: int
    """Seconds for importing the handler's module and running the initializer."""
    timeout: int
    """Seconds for one request."""


class _Pending:
    """A request that an instance has been sent."""

    def __init__(self) -> None:
        self.done = threading.Event()
        """Set when there is an answer, or will never be one."""
        self.logged = threading.Event()
        """Set when the last line of its log has come."""
        self.taken = False
        self.answer: dict[str, object] | None = None
        self.tail = Tail()


class Instance:
    """One process, with threads that read what it says.

    Args:
        settings: The function's.
        start: Starts the process of that id, whose output goes to that file descriptor, on a thread that outlives the
            instance.
        sink: Takes the lines that the process writes.
        watch: Has an eye on its memory.
    """

    def __init__(
        self, settings: InstanceSettings, start: Callable[[str, int], Child], sink: LogSink, watch: MemoryWatch
    ) -> None:
        self.id = f"c-{int(time.time()):08x}-{secrets.token_hex(6)}"
        self._settings = settings
        self._sink = sink
        self._watch = watch
        self._pending: dict[str, _Pending] = {}
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._ending = threading.Event()
        self._ended = threading.Event()
        self._reaped = False
        self._verdict = ""
        """Why it was ended, for those who wait for an answer."""
        self._most_memory = 0
        reading, writing = os.pipe()
        try:
            self._child = start(self.id, writing)
        except BaseException:
            os.close(reading)
            raise
        finally:
            os.close(writing)
        self._log = open(reading, "rb")  # noqa: SIM115  # closed by the thread that reads it
        os.set_blocking(self._child.requests.fileno(), False)
        watch.add(self.pid, settings.memory_mb * MEGABYTE, self._exceed_memory)
        readers = [
            threading.Thread(target=self._read_answers, name=f"answers of {self.id}"),
            threading.Thread(target=self._read_log, name=f"log of {self.id}"),
        ]
        for reader in readers:
            reader.start()
        self._waiter = threading.Thread(target=self._wait, args=(readers,), name=f"end of {self.id}")
        self._waiter.start()

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._child.process.pid

    @property
    def is_open(self) -> bool:
        """Whether it takes requests, as far as is known."""
        return not self._ending.is_set() and not self._ended.is_set()

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone, with all that it had started."""
        return self._ended.is_set()

    def initialize(self, request: Request) -> Outcome:
        """Import the handler's module and call the initializer, once."""
        limit = self._settings.initialization_timeout
        return self._perform("initialize", request, limit, f"Function initialization timed out after {limit} seconds")

    def invoke(self, request: Request) -> Outcome:
        """Call the handler.

        Raises:
            NotTakenError: The instance ended before that.
        """
        limit = self._settings.timeout
        return self._perform("invoke", request, limit, f"Function timed out after {limit} seconds")

    def stop(self) -> None:
        """End it, if need be by force, and wait for the end."""
        self._ending.set()
        with self._lock:
            is_idle = not self._pending
        self._verdict = self._verdict or "it was stopped"
        if is_idle:  # it ends by itself when there can be no more requests
            self._close_requests()
            self._ended.wait(GRACE)
        self._end()
        self._waiter.join()

    def _perform(self, kind: str, request: Request, limit: int, verdict: str) -> Outcome:
        pending = _Pending()
        with self._lock:
            if not self.is_open:
                raise NotTakenError
            self._pending[request.request_id] = pending
        title = kind.capitalize()
        self._put(pending, request.request_id, f"FC {title} Start RequestId: {request.request_id}")
        started = time.monotonic()
        sent = self._send(kind, request, started + limit)
        timed_out = not sent or not pending.done.wait(max(started + limit - time.monotonic(), 0))
        duration_ms = (time.monotonic() - started) * 1000
        if timed_out and not self._ended.is_set():
            self._verdict = self._verdict or verdict
            self._end()
        pending.logged.wait(_LOG_PATIENCE)
        with self._lock:
            self._pending.pop(request.request_id, None)
        if pending.answer is None and not pending.taken and not self._verdict:
            raise NotTakenError
        return self._outcome(title, request.request_id, pending, verdict if timed_out else "", duration_ms)

    def _outcome(self, title: str, request_id: str, pending: _Pending, timed_out: str, duration_ms: float) -> Outcome:
        self._note_memory()
        memory_mb = self._most_memory / MEGABYTE
        answer = pending.answer
        if timed_out or answer is None:
            error = {"errorMessage": timed_out or self._exit_message(duration_ms, memory_mb)}
        else:
            error = answer.get("error")  # type: ignore[assignment]  # runtime.py writes objects
        end = f"FC {title} End RequestId: {request_id}"
        self._put(pending, request_id, f"{end}, Error: {error['errorMessage']}" if error else end)
        body = b"" if error or answer is None else base64.b64decode(str(answer.get("body", "")))
        if title == "Invoke":
            self._put(pending, request_id, self._summary(duration_ms, memory_mb))
        return Outcome(body, error, duration_ms, memory_mb, self.id, bytes(pending.tail))

    def _summary(self, duration_ms: float, memory_mb: float) -> str:
        used = f", Max Memory Used: {memory_mb:.2f} MB" if memory_mb else ""
        return f"Duration: {duration_ms:.2f} ms, Memory Size: {self._settings.memory_mb} MB{used}"

    def _exit_message(self, duration_ms: float, memory_mb: float) -> str:
        """The platform's text, and the reason, which is known here."""
        memory = f", maxMemoryUsage: {memory_mb:.2f}MB" if memory_mb else ""  # of a process that is gone, nobody knows
        text = f"duration: {duration_ms:.0f}ms{memory}"
        reason = self._verdict or f"the process ended with {_status_text(self._child.process.returncode)}"
        return f"Process exited unexpectedly before completing request ({text}): {reason}"

    def _send(self, kind: str, request: Request, until: float) -> bool:
        """Whether the request could be written by then. An instance that has ended takes everything."""
        line = json.dumps(
            {
                "id": request.request_id,
                "kind": kind,
                "context": request.context,
                "event": base64.b64encode(request.event).decode(),
            }
        ).encode()
        left = memoryview(line + b"\n")
        with self._sending:
            try:
                pipe = select.poll()
                pipe.register(self._child.requests, select.POLLOUT)
                while left:
                    if not pipe.poll(max(until - time.monotonic(), 0) * 1000):
                        return False
                    left = left[self._child.requests.write(left) or 0 :]
            except (OSError, ValueError):  # the pipe is closed: the process has ended, or is about to
                pass
        return True

    def _close_requests(self) -> None:
        with self._sending, suppress(OSError):
            self._child.requests.close()

    def _end(self) -> None:
        self._note_memory()
        self._ending.set()
        self._signal(signal.SIGTERM)
        if not self._ended.wait(GRACE):
            self._signal(signal.SIGKILL)
        self._ended.wait()

    def _note_memory(self) -> None:
        with self._lock:
            if not self._reaped:
                self._most_memory = max(self._most_memory, most_resident(self.pid))

    def _exceed_memory(self) -> None:
        self._note_memory()
        self._verdict = f"it used more than its memory of {self._settings.memory_mb} MB; raise memorySize"
        self._ending.set()
        self._signal(signal.SIGKILL)

    def _signal(self, number: signal.Signals) -> None:
        with self._lock:
            if not self._reaped:
                with suppress(ProcessLookupError):
                    os.kill(self.pid, number)

    def _read_answers(self) -> None:
        with self._child.answers as answers:
            for line in answers:
                with suppress(ValueError):  # the process died in the middle of a line
                    self._take(json.loads(line))

    def _take(self, answer: dict[str, object]) -> None:
        with self._lock:
            pending = self._pending.get(str(answer["id"]))
        if pending is None:
            return
        pending.taken = True
        if "elapsed_ms" in answer and not self._verdict:  # what a process answers to its end is no answer
            pending.answer = answer
            pending.done.set()

    def _read_log(self) -> None:
        with self._log as log:
            for line in log:
                self._log_piece(read_line(line.rstrip(b"\n")))

    def _log_piece(self, piece: Piece) -> None:
        with self._lock:
            request_id = piece.request_id
            if not request_id and len(self._pending) == 1:
                request_id = next(iter(self._pending))
            pending = self._pending.get(request_id)
        if not piece.ends:
            self._put(pending, request_id, piece.text)
        elif pending is not None:
            pending.logged.set()

    def _put(self, pending: _Pending | None, request_id: str, text: str) -> None:
        if pending is not None:
            pending.tail.add(text)
        self._sink(LogLine(self._settings.function, self.id, request_id, text))

    def _wait(self, readers: list[threading.Thread]) -> None:
        """Wait for the process, end what it has left behind, and tell those who wait for an answer."""
        if sys.platform.startswith("linux"):
            os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        else:
            self._child.process.wait()
        self._ending.set()
        self._watch.remove(self.pid)
        with self._lock:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)  # it is unreaped, so nobody else has its id
            self._child.process.wait()
            self._reaped = True
        for reader in readers:
            reader.join()
        self._close_requests()
        self._ended.set()
        with self._lock:
            waiting = list(self._pending.values())
        for pending in waiting:
            pending.logged.set()
            pending.done.set()


def _status_text(status: int | None) -> str:
    if status is not None and status < 0:
        return f"signal {signal.Signals(-status).name}"
    return f"status {status}"
