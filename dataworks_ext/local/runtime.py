"""The child process of a function's instance: it calls a function as the Function Compute Python runtime does.

It is run by its path and imports nothing but the standard library, so that what the function imports is what the code
directory and the interpreter give it. Requests come as lines of JSON by one file descriptor, answers go as lines of
JSON by another; standard output and standard error belong to the function.

Source: Function Compute, "Python runtimes": the handler gets bytes and a context object, the initializer runs before
the first request, a returned `str` or `bytes` is the response as it is, anything else is passed to `json.dumps`, and an
exception becomes a function error with `errorMessage`, `errorType` and `stackTrace`.
"""

from __future__ import annotations

import base64
import ctypes
import importlib
import io
import json
import logging
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

_CAPABILITIES_VERSION_3 = 0x20080522
_OVERRIDES = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
_SET_PARENT_DEATH_SIGNAL = 1
_LINUX = sys.platform.startswith("linux")
_TERMINATED = 143
_LINE_FORMAT = "%(asctime)s.%(msecs)03dZ %(request_id)s [%(levelname)s] %(message)s"


class _Current(threading.local):
    """The request that a thread works on."""

    request_id = ""


_current = _Current()


def main() -> None:
    """Serve requests until there are no more. The argument is JSON, as `dataworks_ext.local.process` writes it."""
    settings = json.loads(sys.argv[1])
    del sys.argv[1:]
    die_with(settings["parent"])
    give_up_override()
    for descriptor in (settings["requests"], settings["answers"]):
        os.set_inheritable(descriptor, False)
    sys.path[0] = settings["code_directory"]
    os.chdir(settings["code_directory"])
    log = TaggedLog(os.dup(1)) if settings["tagged"] else None
    if log is not None:
        sys.stdout, sys.stderr = log.stream(), log.stream()
    set_up_logging()
    with open(settings["requests"], "rb") as requests, open(settings["answers"], "wb") as answers:
        instance = RequestServer(settings["handler"], settings["initializer"], settings["concurrency"], answers, log)
        signal.signal(signal.SIGTERM, instance.terminate)
        instance.serve(requests)


class RequestServer:
    """Serves requests: one after the other on the main thread, or each on a thread of its own.

    Args:
        handler: `{module}.{attribute}`.
        initializer: Likewise, or empty.
        concurrency: How many requests come at once, at most.
        answers: Where answers go.
        log: Told when a request has ended, if lines are tagged.
    """

    def __init__(self, handler: str, initializer: str, concurrency: int, answers: Any, log: TaggedLog | None) -> None:
        self._names = (handler, initializer)
        self._concurrency = concurrency
        self._answers = answers
        self._log = log
        self._sending = threading.Lock()
        self._handler: Any = None
        self._terminated = False

    def serve(self, requests: Any) -> None:
        """Until the requests end, or SIGTERM comes."""
        for line in requests:
            request = json.loads(line)
            self._send({"id": request["id"], "taken": True})
            if self._concurrency == 1 or request["kind"] == "initialize":
                self._perform(request)
            else:
                threading.Thread(target=self._perform, args=(request,), daemon=True).start()
            if self._terminated:  # the function caught the SystemExit
                sys.exit(_TERMINATED)

    def terminate(self, number: int, frame: object) -> None:
        """The handler of SIGTERM, on the main thread."""
        self._terminated = True
        raise SystemExit(_TERMINATED)

    def _perform(self, request: dict[str, Any]) -> None:
        _current.request_id = request["context"]["request_id"]
        started = time.perf_counter()
        answer: dict[str, Any]
        try:
            answer = self._initialize(request) if request["kind"] == "initialize" else self._invoke(request)
        except BaseException as error:
            answer = {"error": function_error(error)}
            if self._log is not None:
                trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
                self._log.write(trace.encode("utf-8", "backslashreplace"))  # a text may hold lone surrogates
        answer["elapsed_ms"] = (time.perf_counter() - started) * 1000
        if self._log is not None:
            self._log.end()
        self._send({"id": request["id"], **answer})
        _current.request_id = ""

    def _initialize(self, request: dict[str, Any]) -> dict[str, Any]:
        handler, initializer = self._names
        found = attribute(handler)
        if initializer:
            attribute(initializer)(context_of(request["context"]))
        self._handler = found
        return {}

    def _invoke(self, request: dict[str, Any]) -> dict[str, Any]:
        event = base64.b64decode(request["event"])
        return {"body": body_of(self._handler(event, context_of(request["context"])))}

    def _send(self, answer: dict[str, Any]) -> None:
        with self._sending, suppress(BrokenPipeError):  # nobody waits any more
            self._answers.write(json.dumps(answer).encode() + b"\n")
            self._answers.flush()


class TaggedLog:
    r"""Lines of output, each with the request whose thread wrote it: `\x1e{request id}\x1f{line}`.

    Lines of threads without a request have no tag, as those of child processes.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._writing = threading.Lock()
        self._partial: dict[int, bytes] = {}
        """By thread: what was written after its last line break."""

    def stream(self) -> io.TextIOWrapper:
        """What stands in for `sys.stdout` or `sys.stderr`."""
        return io.TextIOWrapper(_Output(self), encoding="utf-8", errors="backslashreplace", write_through=True)

    def write(self, data: bytes) -> None:
        """Pass on the lines that are whole."""
        thread = threading.get_ident()
        lines = (self._partial.pop(thread, b"") + data).split(b"\n")
        if lines[-1]:
            self._partial[thread] = lines[-1]
        self._put(b"".join(_tag() + line + b"\n" for line in lines[:-1]))

    def end(self) -> None:
        """Pass on what is left of this thread's last line."""
        rest = self._partial.pop(threading.get_ident(), b"")
        if rest:
            self._put(_tag() + rest + b"\n")

    def _put(self, data: bytes) -> None:
        with self._writing, suppress(OSError):  # nobody reads any more
            while data:
                data = data[os.write(self._descriptor, data) :]


class _Output(io.RawIOBase):
    name = "<output>"

    def __init__(self, log: TaggedLog) -> None:
        self._log = log

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return 1

    def write(self, data: Any) -> int:
        self._log.write(bytes(data))
        return len(data)


def _tag() -> bytes:
    request_id = _current.request_id
    return b"\x1e" + request_id.encode() + b"\x1f" if request_id else b""


def set_up_logging() -> None:
    """Give the root logger a handler that writes the platform's lines to standard output."""
    formatter = logging.Formatter(_LINE_FORMAT, "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler = _StandardOutput()
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)


class _StandardOutput(logging.Handler):
    """Writes to whatever `sys.stdout` is at the time."""

    def emit(self, record: logging.LogRecord) -> None:
        record.request_id = _current.request_id
        try:
            sys.stdout.write(self.format(record) + "\n")
            sys.stdout.flush()
        except Exception:
            self.handleError(record)


def die_with(parent: int) -> None:
    """Let the kernel kill this process when its parent ends. Linux only; 0 is nobody."""
    if not parent or not _LINUX:
        return
    if ctypes.CDLL(None, use_errno=True).prctl(_SET_PARENT_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # it ended before the call
        os._exit(1)


def give_up_override() -> None:
    """Give up the privilege by which root writes where it may not. Linux only; elsewhere file modes must do."""
    if not _LINUX or os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable: for capabilities 0-31, then for the others
    if libc.capget(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    for capability in _OVERRIDES:
        for index in range(3):
            sets[index] &= ~(1 << capability) & 0xFFFFFFFF
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def attribute(name: str) -> Any:
    """What `index.handler` names. Raises what the import raises, and `ValueError` for a name without a module."""
    module, _, attribute_name = name.rpartition(".")
    if not module:
        raise ValueError(f"{name!r} names no function; expected module.attribute, such as index.handler")
    return getattr(importlib.import_module(module), attribute_name)


def context_of(fields: dict[str, Any]) -> SimpleNamespace:
    """The context object of a request, with the root logger as `logger`."""
    context = namespace(fields)
    context.logger = logging.getLogger()
    return context


def namespace(fields: dict[str, Any]) -> SimpleNamespace:
    """Objects within objects; an empty one stays a dictionary."""
    return SimpleNamespace(
        **{key: namespace(value) if isinstance(value, dict) and value else value for key, value in fields.items()}
    )


def body_of(returned: Any) -> str:
    """The response body, in base 64."""
    if isinstance(returned, str):
        returned = returned.encode()
    if not isinstance(returned, bytes):
        returned = json.dumps(returned).encode()
    return base64.b64encode(returned).decode()


def function_error(error: BaseException) -> dict[str, Any]:
    """What the caller of the function gets for an exception: its frames are lists of four texts."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "errorMessage": _text(error),
        "errorType": type(error).__name__,
        "stackTrace": [
            [f'File "{frame.filename}"', f"line {frame.lineno}", f"in {frame.name}", frame.line or ""]
            for frame in frames
            if frame.filename != __file__ and not frame.filename.startswith("<frozen importlib")
        ],
    }


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return type(error).__name__


if __name__ == "__main__":
    main()
