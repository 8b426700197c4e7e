"""What the tests of the local Function Compute share: a function that does what an event says, and ways to wait."""

from __future__ import annotations

import os
import select
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

from dataworks_ext.local import LogLine, interpreter_of

PATIENCE: Final = 20
"""Seconds after which something that never comes fails a test."""
COVERAGE: Final = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE")}
_SOURCE: Final = '''
import json
import logging
import os
import signal
import ssl
import subprocess
import sys
import threading
import time

contexts = []
barrier = threading.Barrier(10)


def initializer(context):
    contexts.append(context)


def blocking_initializer(context):
    threading.Event().wait()


def gated_initializer(context):
    print("initializing")
    open(os.environ["GATE"]).close()


def failing_initializer(context):
    raise OSError("not today")


def handler(event, context):
    """The value of an expression, which is the event."""
    return eval(event, {**globals(), "context": context, "event": event})


def block():
    try:
        threading.Event().wait()
    except SystemExit as error:
        print("ended by", repr(error), threading.current_thread() is threading.main_thread())
        raise


def swallow():
    try:
        threading.Event().wait()
    except SystemExit:
        return "swallowed"


def ignore():
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    threading.Event().wait()


def retire():
    """Ends the instance when it is idle, as `dataworks_ext.retirement` does."""
    threading.Timer(0.05, os._exit, [75]).start()
    return os.getpid()


def leave_child():
    """A child in a session of its own, which holds the log; its id."""
    return subprocess.Popen(["sleep", "1000"], start_new_session=True).pid


def leave_copy():
    """A copy of the process in a session of its own, which holds all pipes; its id."""
    pid = os.fork()
    if not pid:
        os.setsid()
        time.sleep(1000)
    return pid


def in_threads(number):
    begun = threading.Barrier(number)
    threads = [threading.Thread(target=begun.wait, args=(10,)) for _ in range(number)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    return len(threads)


def value(expression, *instead):
    try:
        return eval(expression)
    except OSError as error:
        return type(error).__name__
'''


def write_code(directory: Path, source: str = _SOURCE) -> Path:
    """A folder with the code, as `index.py`."""
    directory.mkdir(exist_ok=True)
    (directory / "index.py").write_text(source)
    return directory


def coverage_of(runtime: str) -> dict[str, str]:
    """The variables with which this interpreter measures coverage; other ones do not have it."""
    return COVERAGE if interpreter_of(runtime) == sys.executable else {}


def await_end(pid: int) -> bool:
    """Whether a process, of anybody's, ends; waits for it."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([descriptor], [], [], PATIENCE)[0])
    finally:
        os.close(descriptor)


class Lines:
    """A log that can be waited for."""

    def __init__(self) -> None:
        self.lines: list[LogLine] = []
        self._changed = threading.Condition()

    def __call__(self, line: LogLine) -> None:
        with self._changed:
            self.lines.append(line)
            self._changed.notify_all()

    def wait(self, text: str) -> LogLine:
        """The first line that holds the text."""

        def found() -> LogLine | None:
            return next((line for line in self.lines if text in line.text), None)

        with self._changed:
            line = self._changed.wait_for(found, PATIENCE)
        assert line is not None, f"no line with {text!r} in {self.lines}"
        return line


class Background:
    """A call on a thread of its own, whose result can be waited for."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self._result: object = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._result = self._call()
        except Exception as error:
            self._result = error

    def result(self) -> object:
        """What it returned, or raised."""
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        return self._result
