"""What is left when it ends: nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from dataworks_ext.local import ApiError, FunctionResponse, LocalFunctionCompute

from .functions import COVERAGE, PATIENCE, Background, Lines, await_end

_PARENT = """
import sys
from pathlib import Path
from dataworks_ext.local import LocalFunctionCompute

with LocalFunctionCompute() as compute:
    compute.create_function("f", Path(sys.argv[1]))
    print(int(compute.invoke("f", b"os.getpid()").body), flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def _own_temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_no_process_thread_or_file_is_left(code: Path, tmp_path: Path) -> None:
    before = threading.active_count()
    with LocalFunctionCompute() as compute:
        compute.create_function("f", code, environment=COVERAGE)
        pid = int(compute.invoke("f", b"os.getpid()").body)
        assert list(tmp_path.iterdir())
    assert await_end(pid)
    assert threading.active_count() == before
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("event", [b"[print('in'), block()]", b"[print('in'), ignore()]"])
def test_a_request_that_runs_is_told(code: Path, event: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dataworks_ext.local.instances.GRACE", 0.2)
    lines = Lines()
    with LocalFunctionCompute(log=lines) as compute:
        compute.create_function("f", code, timeout=20, environment=COVERAGE)
        running = Background(lambda: compute.invoke("f", event))
        lines.wait("in")
    answer = running.result()
    assert isinstance(answer, FunctionResponse)
    assert answer.error is not None
    assert "Process exited unexpectedly" in str(answer.error["errorMessage"])


def test_code_that_was_replaced_is_removed(code: Path, tmp_path: Path) -> None:
    with LocalFunctionCompute() as compute:
        compute.create_function("f", code, environment=COVERAGE)
        compute.invoke("f", b"1")
        compute.create_function("f", code)
        for thread in compute._account._retiring:
            thread.join()
        (folder,) = tmp_path.iterdir()
        assert [path.name for path in folder.iterdir()] == ["2"]


def test_processes_die_with_a_parent_that_is_killed(code: Path, tmp_path: Path) -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT, str(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait(PATIENCE)
    assert await_end(pid)


def test_a_port_that_is_taken_leaves_nothing(tmp_path: Path) -> None:
    with LocalFunctionCompute() as first:
        port = int(first.endpoint.rpartition(":")[2])
        with pytest.raises(OSError, match="in use"):
            LocalFunctionCompute(port=port).__enter__()
        assert len(list(tmp_path.iterdir())) == 1


def test_an_interpreter_that_cannot_start_is_told(code: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with LocalFunctionCompute() as compute:
        compute.create_function("f", code)
        monkeypatch.setattr("dataworks_ext.local.revision.interpreter_of", lambda runtime: "/no/such/python")
        with pytest.raises(ApiError, match="no instance could be started: No such file") as raised:
            compute.invoke("f")
        monkeypatch.setattr("dataworks_ext.local.revision.interpreter_of", lambda runtime: "/bin/false")
        with pytest.raises(ApiError, match="instances end before they take the request; look at the log"):
            compute.invoke("f")
    assert raised.value.status == 503
