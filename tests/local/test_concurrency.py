"""Many requests at once."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dataworks_ext.local import ApiError, FunctionResponse, LocalFunctionCompute

from .functions import COVERAGE, Background, Lines


def test_twenty_requests_share_two_instances_of_ten(code: Path) -> None:
    """The barrier lets nobody pass before there are ten in one process."""
    event = b"[barrier.wait(10), print(context.request_id), os.getpid(), threading.current_thread().daemon]"
    with LocalFunctionCompute() as compute, ThreadPoolExecutor(20) as clients:
        compute.create_function("f", code, concurrency=10, timeout=20, environment=COVERAGE)
        answers = list(clients.map(lambda _: compute.invoke("f", event), range(20)))
    replies = [json.loads(answer.body) for answer in answers]
    assert sorted(reply[0] for reply in replies) == sorted([*range(10), *range(10)])
    assert len({answer.instance_id for answer in answers}) == len({reply[2] for reply in replies}) == 2
    for answer in answers:
        printed = [line for line in answer.log.splitlines() if not line.startswith(("FC ", "Duration"))]
        assert printed == [answer.request_id]


def test_more_requests_than_instances_may_take_are_refused(code: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    lines = Lines()
    with LocalFunctionCompute(instance_limit=1, log=lines) as compute:
        compute.create_function("f", code, timeout=20, environment=COVERAGE)
        first = Background(lambda: compute.invoke("f", f"[print('in'), open({str(gate)!r}).read()]".encode()))
        lines.wait("in")
        with pytest.raises(ApiError, match="all 1 instances are busy") as raised:
            compute.invoke("f", b"1")
        gate.write_text("open")
        answer = first.result()
        again = compute.invoke("f", b"'again'")
    assert (raised.value.status, raised.value.code) == (429, "ResourceExhausted")
    assert isinstance(answer, FunctionResponse)
    assert answer.body == b'[null, "open"]'
    assert (again.body, again.instance_id) == (b"again", answer.instance_id)


def test_a_crash_is_told_to_all_requests_that_were_running(code: Path) -> None:
    lines = Lines()
    with LocalFunctionCompute(log=lines) as compute:
        compute.create_function("f", code, concurrency=2, timeout=20, environment=COVERAGE)
        first = Background(lambda: compute.invoke("f", b"[print('in'), block()]"))
        lines.wait("in")
        second = compute.invoke("f", b"os._exit(75)")
        answers = [first.result(), second]
        after = compute.invoke("f", b"'after'")
    for answer in answers:
        assert isinstance(answer, FunctionResponse)
        assert answer.error is not None
        assert str(answer.error["errorMessage"]).endswith("the process ended with status 75")
    assert after.body == b"after"


def test_past_the_timeout_a_thread_does_not_keep_the_process(code: Path) -> None:
    with LocalFunctionCompute() as compute:
        compute.create_function("f", code, concurrency=2, timeout=1, environment=COVERAGE)
        answer = compute.invoke("f", b"block()")
        after = compute.invoke("f", b"'after'")
    assert answer.error == {"errorMessage": "Function timed out after 1 seconds"}
    assert after.body == b"after"


def test_what_changes_does_not_disturb_requests_that_run(code: Path, tmp_path: Path) -> None:
    """They end on the instance where they began, and its code is removed after that."""
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    lines = Lines()
    with LocalFunctionCompute(log=lines) as compute:
        compute.create_function("f", code, timeout=20, environment=COVERAGE)
        event = f"[print('in'), open({str(gate)!r}).read(), os.path.exists('index.py'), os.getcwd()]"
        first = Background(lambda: compute.invoke("f", event.encode()))
        lines.wait("in")
        compute.create_function("f", code)
        compute.create_function("f", code)
        second = compute.invoke("f", b"os.getcwd()")
        gate.write_text("open")
        answer = first.result()
    assert isinstance(answer, FunctionResponse)
    _, read, existed, directory = json.loads(answer.body)
    assert (read, existed) == ("open", True)
    assert directory != second.body.decode()


def test_a_request_that_waits_for_the_start_is_served_though_the_code_is_replaced(code: Path, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    os.mkfifo(gate)
    environment = {**COVERAGE, "GATE": str(gate)}
    lines = Lines()
    with LocalFunctionCompute(log=lines) as compute:
        compute.create_function("f", code, initializer="index.gated_initializer", timeout=20, environment=environment)
        first = Background(lambda: compute.invoke("f", b"'served'"))
        lines.wait("initializing")
        compute.create_function("f", code, environment=COVERAGE)
        assert compute.invoke("f", b"'of the new code'").body == b"of the new code"
        gate.open("w").close()  # its reader reads nothing, and may be gone before there is something
        answer = first.result()
    assert isinstance(answer, FunctionResponse)
    assert answer.body == b"served"


def test_no_request_fails_while_code_is_replaced(code: Path) -> None:
    with LocalFunctionCompute() as compute, ThreadPoolExecutor(4) as clients:
        compute.create_function("f", code, timeout=20, environment=COVERAGE)
        answers = [clients.submit(compute.invoke, "f", b"'here'") for _ in range(200)]
        for _ in range(5):
            compute.create_function("f", code, timeout=20, environment=COVERAGE)
        assert {answer.result().body for answer in answers} == {b"here"}
