"""What functions start, and what they leave behind."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from dataworks_ext.local import LocalFunctionCompute

from .functions import COVERAGE, Lines, await_end


class Children:
    """Ids of processes that functions print, and that are ended with the test."""

    def __init__(self, lines: Lines) -> None:
        self._lines = lines
        self._pids: list[int] = []

    def told(self) -> int:
        """The id in the line `child {id}`."""
        self._pids.append(int(self._lines.wait("child ").text.split()[1]))
        return self._pids[-1]

    def end(self) -> None:
        for pid in self._pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


@pytest.fixture
def lines() -> Lines:
    return Lines()


@pytest.fixture
def children(lines: Lines) -> Iterator[Children]:
    children = Children(lines)
    yield children
    children.end()


@pytest.mark.parametrize("ending", ["os._exit(1)", "ignore()"])
def test_a_process_group_ends_with_its_instance(
    code: Path, lines: Lines, children: Children, ending: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where it takes SIGKILL."""
    monkeypatch.setattr("dataworks_ext.local.instances.GRACE", 0.2)
    with LocalFunctionCompute(log=lines) as compute:
        compute.create_function("f", code, timeout=1, environment=COVERAGE)
        event = f"[print('child', subprocess.Popen(['sleep', '1000']).pid), {ending}]"
        pid = int(compute.invoke("f", b"os.getpid()").body)
        assert compute.invoke("f", event.encode()).error is not None
        assert await_end(pid)
        assert await_end(children.told())


@pytest.mark.parametrize(
    ("leave", "ending"), [("leave_copy()", "os._exit(1)"), ("leave_copy()", "block()"), ("leave_child()", "block()")]
)
def test_a_child_in_a_session_of_its_own_delays_no_answer(
    code: Path, lines: Lines, children: Children, leave: str, ending: str
) -> None:
    """Though it holds the pipes; and they are closed."""
    descriptors = psutil.Process().num_fds()
    with LocalFunctionCompute(log=lines) as compute:
        compute.create_function("f", code, timeout=1, environment=COVERAGE)
        started = time.monotonic()
        assert compute.invoke("f", f"[print('child', {leave}), {ending}]".encode()).error is not None
        assert time.monotonic() - started < 10  # the children live for longer
        assert psutil.pid_exists(children.told())
        assert compute.invoke("f", b"'next'").body == b"next"
    assert psutil.Process().num_fds() <= descriptors


def test_a_function_that_closes_its_output_goes_on(code: Path) -> None:
    with LocalFunctionCompute() as compute:
        compute.create_function("f", code, environment=COVERAGE)
        assert compute.invoke("f", b"[os.close(1), os.close(2), 'quiet'][2]").body == b"quiet"
        assert compute.invoke("f", b"'next'").body == b"next"
