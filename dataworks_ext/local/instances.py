"""Instances of functions: child processes that serve requests until they end."""

from __future__ import annotations

import base64
import json
import os
import secrets
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Final, NamedTuple

import psutil

from .logs import LogLine, LogSink, LogTail, split_tag
from .pipes import InstancePipes
from .process import Child
from .resources import FunctionSettings

GRACE: Final = 1.0
"""Seconds between SIGTERM and SIGKILL."""
_LOOK: Final = 0.05
"""Seconds between two looks at the memory, and at the process."""
_MEGABYTE: Final = 1024 * 1024


class NotTakenError(Exception):
    """The instance ended before it had read the request: another one may serve it."""


class FunctionRequest(NamedTuple):
    """What an instance works on."""

    request_id: str
    event: bytes
    context: Mapping[str, object]
    """The fields of the runtime's context object, as JSON has them."""


class FunctionResponse(NamedTuple):
    """What came of a request."""

    body: bytes
    """What the function returned; empty for a function error."""
    error: Mapping[str, object] | None
    """`errorMessage` of a function error, and for an exception `errorType` and `stackTrace`."""
    request_id: str
    instance_id: str
    duration_ms: float
    memory_mb: float
    """The most resident memory that the instance was seen with, in megabytes."""
    log: str
    """The last 4 KB of the log."""


class _Pending:
    """A request that an instance has been sent."""

    def __init__(self) -> None:
        self.done = threading.Event()
        """Set when there is an answer, or will never be one."""
        self.taken = False
        self.answer: dict[str, object] | None = None
        self.tail = LogTail()


class FunctionInstance:
    """One process, and the thread that reads what it says.

    Args:
        settings: The function's.
        start: Starts the process of that id, whose output goes to that file descriptor, on a thread that outlives the
            instance.
        sink: Takes the lines that the process writes.

    Raises:
        OSError: The process could not be started.
    """

    def __init__(self, settings: FunctionSettings, start: Callable[[str, int], Child], sink: LogSink) -> None:
        self.id = f"c-{int(time.time()):08x}-{secrets.token_hex(6)}"
        self.taken = 0
        """Requests that it has been given; counted by its revision."""
        self._settings = settings
        self._sink = sink
        self._initializing = threading.Lock()
        self._initialized: FunctionResponse | None = None
        self._pending: dict[str, _Pending] = {}
        self._lock = threading.Lock()
        self._ending = threading.Event()
        self._ended = threading.Event()
        self._reason = ""
        """Why it was ended, for those who wait for an answer."""
        self._most_memory = 0
        log, writing = os.pipe()
        try:
            child = start(self.id, writing)
        except BaseException:
            os.close(log)
            raise
        finally:
            os.close(writing)
        self._child = child.process
        self._pipes = InstancePipes(child, log)
        self._process = psutil.Process(self._child.pid)
        self._reader = threading.Thread(target=self._read, name=f"reader of {self.id}")
        self._reader.start()

    @property
    def is_open(self) -> bool:
        """Whether it takes requests, as far as is known."""
        return not self._ending.is_set()

    @property
    def has_ended(self) -> bool:
        """Whether the process is gone, with its process group."""
        return self._ended.is_set()

    def invoke(self, request: FunctionRequest) -> FunctionResponse:
        """Call the handler; before the first request, import its module and call the initializer.

        Raises:
            NotTakenError: The instance ended before that.
        """
        with self._initializing:
            if self._initialized is None:
                limit = self._settings.initialization_timeout
                late = f"Function initialization timed out after {limit} seconds"
                self._initialized = self._perform("initialize", request, limit, late)
        if self._initialized.error:
            self._ending.set()
            return self._initialized._replace(request_id=request.request_id)
        limit = self._settings.timeout
        return self._perform("invoke", request, limit, f"Function timed out after {limit} seconds")

    def stop(self) -> None:
        """End it, if need be by force, and wait for the end."""
        self._ending.set()
        with self._lock:
            is_idle = not self._pending
        self._reason = self._reason or "it was stopped"
        if is_idle:  # it ends by itself when there can be no more requests
            self._pipes.close_requests()
            self._ended.wait(GRACE)
        self._end()
        self._reader.join()

    def _perform(self, kind: str, request: FunctionRequest, limit: int, late: str) -> FunctionResponse:
        pending, title = _Pending(), kind.capitalize()
        with self._lock:
            if not self.is_open:
                raise NotTakenError
            self._pending[request.request_id] = pending
        self._put(pending, request.request_id, f"FC {title} Start RequestId: {request.request_id}")
        started = time.monotonic()
        is_late = not (self._send(kind, request, started + limit) and self._await_answer(pending, started + limit))
        duration_ms = (time.monotonic() - started) * 1000
        if is_late and not self._ended.is_set():
            self._reason = self._reason or late
            self._end()
        with self._lock:
            del self._pending[request.request_id]
        if pending.answer is None and not pending.taken and not self._reason:
            raise NotTakenError
        return self._result(title, request.request_id, pending, late if is_late else "", duration_ms)

    def _await_answer(self, pending: _Pending, until: float) -> bool:
        """Whether there is one, or will never be one, by then. Meanwhile, an instance with too much memory ends."""
        while not pending.done.wait(min(_LOOK, max(until - time.monotonic(), 0))):
            self._look_at_memory()
            if time.monotonic() >= until:
                return False
        self._look_at_memory()
        return True

    def _look_at_memory(self) -> None:
        with suppress(psutil.Error):  # it has ended
            resident = self._process.memory_info().rss
            self._most_memory = max(self._most_memory, resident)
            if resident > self._settings.memory_size * _MEGABYTE and not self._ended.is_set():
                limit = self._settings.memory_size
                self._reason = self._reason or f"it used more than its memory of {limit} MB; raise memorySize"
                self._ending.set()
                self._kill()

    def _result(
        self, title: str, request_id: str, pending: _Pending, late: str, duration_ms: float
    ) -> FunctionResponse:
        memory_mb = self._most_memory / _MEGABYTE
        answer = pending.answer
        if late or answer is None:
            error = {"errorMessage": late or self._exit_message(duration_ms, memory_mb)}
        else:
            error = answer.get("error")  # type: ignore[assignment]  # runtime.py writes objects
        end = f"FC {title} End RequestId: {request_id}"
        self._put(pending, request_id, f"{end}, Error: {error['errorMessage']}" if error else end)
        if title == "Invoke":
            used = f"Memory Size: {self._settings.memory_size} MB, Max Memory Used: {memory_mb:.2f} MB"
            self._put(pending, request_id, f"Duration: {duration_ms:.2f} ms, {used}")
        body = b"" if error or answer is None else base64.b64decode(str(answer.get("body", "")))
        return FunctionResponse(body, error, request_id, self.id, duration_ms, memory_mb, str(pending.tail))

    def _exit_message(self, duration_ms: float, memory_mb: float) -> str:
        """The platform's text, and the reason, which is known here."""
        status = self._child.returncode
        ended = f"signal {signal.Signals(-status).name}" if status and status < 0 else f"status {status}"
        text = f"duration: {duration_ms:.0f}ms, maxMemoryUsage: {memory_mb:.2f}MB"
        reason = self._reason or f"the process ended with {ended}"
        return f"Process exited unexpectedly before completing request ({text}): {reason}"

    def _send(self, kind: str, request: FunctionRequest, until: float) -> bool:
        event = base64.b64encode(request.event).decode()
        line = json.dumps({"id": request.request_id, "kind": kind, "context": request.context, "event": event})
        return self._pipes.send(line.encode() + b"\n", until, self._ending)

    def _end(self) -> None:
        self._ending.set()
        self._child.send_signal(signal.SIGTERM)
        if not self._ended.wait(GRACE):
            self._kill()
        self._ended.wait()

    def _kill(self) -> None:
        """End the whole process group. What has made a session of its own is not in it."""
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._child.pid, signal.SIGKILL)

    def _read(self) -> None:
        try:
            while self._is_running():
                pass
        finally:
            self._finish()

    def _is_running(self) -> bool:
        """Take what comes. A pipe does not end while a process of another session holds it: look at ours as well."""
        self._pipes.wait(_LOOK)
        has_ended = self._child.poll() is not None  # before the reading, which then gets the last words
        return self._take() and not has_ended

    def _finish(self) -> None:
        """Wait for the process, kill what it has left in its group, and tell those who wait for an answer."""
        self._ending.set()
        try:
            self._child.wait(GRACE)
        except subprocess.TimeoutExpired:  # it has closed the pipe of its answers, and runs
            self._kill()
            self._child.wait()
        self._kill()
        self._take()
        for line in self._pipes.close():
            self._take_line(line)
        self._ended.set()
        with self._lock:
            for pending in self._pending.values():
                pending.done.set()

    def _take(self) -> bool:
        """Take what there is to read, the log before the answers; false if there will be no more answers."""
        lines, answers, has_more = self._pipes.read()
        for line in lines:
            self._take_line(line)
        for answer in answers:
            with suppress(ValueError):  # the process died in the middle of a line
                self._take_answer(json.loads(answer))
        return has_more

    def _take_answer(self, answer: dict[str, object]) -> None:
        with self._lock:
            pending = self._pending.get(str(answer["id"]))
        if pending is None:
            return
        pending.taken = True
        if "elapsed_ms" in answer and not self._reason:  # what a process answers to its end is no answer
            pending.answer = answer
            pending.done.set()

    def _take_line(self, line: bytes) -> None:
        request_id, text = split_tag(line)
        with self._lock:
            if not request_id and len(self._pending) == 1:
                request_id = next(iter(self._pending))
            pending = self._pending.get(request_id)
        self._put(pending, request_id, text)

    def _put(self, pending: _Pending | None, request_id: str, text: str) -> None:
        if pending is not None:
            pending.tail.add(text)
        self._sink(LogLine(self._settings.function_name, self.id, request_id, text))
