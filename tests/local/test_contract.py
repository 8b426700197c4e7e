"""What a function can rely on: on this Python, and the essentials on every other from 3.10 on that is here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dataworks_ext.deploy.interpreters import RUNNING
from dataworks_ext.local import FunctionResponse, LocalFunctionCompute, runtimes_at_hand

from .functions import Lines, await_end, coverage_of, write_code

RUNTIMES = runtimes_at_hand()


class Functions:
    """Variants of one function, made on demand."""

    def __init__(self, compute: LocalFunctionCompute, code: Path, lines: Lines) -> None:
        self.compute = compute
        self.code = code
        self.lines = lines
        self.count = 0

    def variant(self, runtime: str = RUNNING, **settings: object) -> str:
        """The name of a function of its own."""
        self.count += 1
        name = f"variant-{self.count}"
        arguments: dict[str, object] = {
            "initializer": "index.initializer",
            "environment": {**coverage_of(runtime), "OWN": "mine"},
            "runtime": runtime,
            "timeout": 20,
            **settings,
        }
        directory = arguments.pop("code", self.code)
        self.compute.create_function(name, directory, **arguments)  # type: ignore[arg-type]  # settings vary
        return name


@pytest.fixture(scope="module")
def functions(code: Path) -> Iterator[Functions]:
    lines = Lines()
    with LocalFunctionCompute(log=lines) as compute:
        yield Functions(compute, code, lines)


@pytest.fixture(scope="module")
def shared(functions: Functions) -> str:
    """The name of a function whose instance lives as long as all the tests."""
    return functions.variant()


def error_of(invocation: FunctionResponse) -> Mapping[str, object]:
    assert invocation.error is not None
    return invocation.error


def test_this_python_is_among_those_that_are_tested() -> None:
    assert RUNNING in RUNTIMES


@pytest.mark.parametrize(
    ("event", "body"),
    [
        ("'text'", b"text"),
        ('\'{"checkResult": "OK"}\'', b'{"checkResult": "OK"}'),
        ("b'\\xff\\x00'", b"\xff\x00"),
        ("{'a': [1]}", b'{"a": [1]}'),
        ("None", b"null"),
        ("type(event).__name__", b"bytes"),
        ("os.environ['OWN']", b"mine"),
        ("'HOME' in os.environ", b"false"),
        ("os.environ['FC_FUNCTION_HANDLER']", b"index.handler"),
        ("os.environ['FC_FUNC_CODE_PATH'] == os.getcwd() == sys.path[0]", b"true"),
        ("len(sys.argv)", b"1"),
        ("threading.current_thread() is threading.main_thread()", b"true"),
        ("len(contexts)", b"1"),
        ('value(\'open("new.py", "w")\')', b"PermissionError"),
        ('value(\'open("index.py", "a")\')', b"PermissionError"),
        ("value('os.remove(\"index.py\")')", b"PermissionError"),
        ("os.path.exists('__pycache__')", b"false"),
        ("in_threads(20)", b"20"),
        ("type(ssl.create_default_context()).__name__", b"SSLContext"),
        ("sys.stdin.read()", b""),
        ("context.function.name.startswith('variant-')", b"true"),
        ("context.function.handler", b"index.handler"),
        ("[context.function.memory, context.function.timeout]", b"[512, 20]"),
        ("[context.service.name, context.service.qualifier, context.service.version_id]", b'["default", "LATEST", ""]'),
        ("[context.service.log_project, context.service.log_store]", b'["", ""]'),
        ("[context.region, context.account_id, context.retry_count]", b'["cn-hangzhou", "1234567890980001", 0]'),
        ("context.tracing.span_baggages", b"{}"),
        ("context.logger is logging.getLogger()", b"true"),
    ],
)
def test_what_a_function_sees_and_returns(functions: Functions, shared: str, event: str, body: bytes) -> None:
    answer = functions.compute.invoke(shared, event.encode())
    assert (answer.body, answer.error) == (body, None)


@pytest.mark.parametrize("runtime", RUNTIMES)
def test_a_function_runs_on_every_python(functions: Functions, runtime: str) -> None:
    """Started, called, logged, failed, ended by SIGTERM, and started again."""
    name = functions.variant(runtime, timeout=1)
    first = functions.compute.invoke(name, b"[print('hello'), 'python%d.%d' % sys.version_info[:2]]")
    assert json.loads(first.body) == [None, runtime]
    assert "hello" in first.log.splitlines()
    error = error_of(functions.compute.invoke(name, b"1 / 0"))
    assert (error["errorType"], error["errorMessage"]) == ("ZeroDivisionError", "division by zero")
    assert functions.compute.invoke(name, b'value(\'open("index.py", "a")\')').body == b"PermissionError"
    ended = error_of(functions.compute.invoke(name, b"os.kill(os.getpid(), signal.SIGTERM) or block()"))
    assert (ended["errorType"], ended["errorMessage"]) == ("SystemExit", "143")
    assert functions.compute.invoke(name, b"'again'").body == b"again"


def test_an_instance_is_kept_for_the_next_request(functions: Functions, shared: str) -> None:
    first, second = (functions.compute.invoke(shared, b"os.getpid()") for _ in range(2))
    assert (first.body, first.instance_id) == (second.body, second.instance_id)


def test_credentials_are_fresh_in_each_request(functions: Functions, shared: str) -> None:
    event = b"vars(context.credentials)"
    first, second = (json.loads(functions.compute.invoke(shared, event).body) for _ in range(2))
    assert set(first) == set(second) == {"access_key_id", "access_key_secret", "security_token"}
    assert not set(first.values()) & set(second.values())


def test_each_request_has_its_own_id(functions: Functions, shared: str) -> None:
    answer = functions.compute.invoke(shared, b"context.request_id")
    assert answer.body.decode() == answer.request_id


@pytest.mark.parametrize(
    ("event", "kind", "message"),
    [
        ("1 / 0", "ZeroDivisionError", "division by zero"),
        ("{'a': object()}", "TypeError", "Object of type object is not JSON serializable"),
        ("sys.exit(4)", "SystemExit", "4"),
        (r"(_ for _ in ()).throw(ValueError('\ud800'))", "ValueError", "\ud800"),
        (
            r"'\ud800'",
            "UnicodeEncodeError",
            "'utf-8' codec can't encode character '\\ud800' in position 0: surrogates not allowed",
        ),
        ("(_ for _ in ()).throw(KeyboardInterrupt())", "KeyboardInterrupt", ""),
    ],
)
def test_an_exception_is_a_function_error(
    functions: Functions, shared: str, event: str, kind: str, message: str
) -> None:
    answer = functions.compute.invoke(shared, event.encode())
    error = error_of(answer)
    assert (error["errorType"], error["errorMessage"]) == (kind, message)
    assert "Traceback (most recent call last):" in answer.log


def test_a_stack_trace_is_a_list_of_frames(functions: Functions, shared: str) -> None:
    trace = error_of(functions.compute.invoke(shared, b"1 / 0"))["stackTrace"]
    assert isinstance(trace, list)
    assert [len(frame) for frame in trace] == [4, 4]
    assert trace[0][2] == "in handler"


def test_a_module_that_cannot_be_imported_is_a_function_error(functions: Functions, tmp_path: Path) -> None:
    code = write_code(tmp_path / "code", "import no_such_module\n")
    name = functions.variant(code=code, initializer="")
    answer = functions.compute.invoke(name)
    assert error_of(answer)["errorMessage"] == "No module named 'no_such_module'"
    assert 'index.py", line 1' in answer.log


def test_a_handler_that_is_missing_is_a_function_error(functions: Functions) -> None:
    error = error_of(functions.compute.invoke(functions.variant(handler="index.nothing")))
    assert error["errorType"] == "AttributeError"


def test_a_failing_initializer_is_tried_again(functions: Functions) -> None:
    name = functions.variant(initializer="index.failing_initializer")
    first, second = (error_of(functions.compute.invoke(name)) for _ in range(2))
    assert first["errorMessage"] == second["errorMessage"] == "not today"


def test_past_the_timeout_the_process_is_ended(functions: Functions) -> None:
    """By a SystemExit on the main thread; and the next request has another one."""
    name = functions.variant(timeout=1)
    pid = int(functions.compute.invoke(name, b"os.getpid()").body)
    answer = functions.compute.invoke(name, b"block()")
    assert error_of(answer) == {"errorMessage": "Function timed out after 1 seconds"}
    assert "ended by SystemExit(143) True" in answer.log
    assert await_end(pid)
    assert int(functions.compute.invoke(name, b"os.getpid()").body) != pid


def test_a_function_that_swallows_its_end_is_ended(functions: Functions) -> None:
    name = functions.variant(timeout=1)
    pid = int(functions.compute.invoke(name, b"os.getpid()").body)
    assert (
        error_of(functions.compute.invoke(name, b"swallow()"))["errorMessage"] == "Function timed out after 1 seconds"
    )
    assert await_end(pid)


def test_an_initializer_has_its_own_timeout(functions: Functions) -> None:
    name = functions.variant(initializer="index.blocking_initializer", initialization_timeout=1)
    message = error_of(functions.compute.invoke(name))["errorMessage"]
    assert message == "Function initialization timed out after 1 seconds"


@pytest.mark.parametrize(
    ("event", "reason"),
    [("os._exit(3)", "status 3"), ("os.kill(os.getpid(), signal.SIGKILL)", "signal SIGKILL")],
)
def test_a_crash_is_a_function_error_and_the_next_request_has_a_new_instance(
    functions: Functions, shared: str, event: str, reason: str
) -> None:
    before = functions.compute.invoke(shared, b"os.getpid()")
    message = str(error_of(functions.compute.invoke(shared, event.encode()))["errorMessage"])
    assert message.startswith("Process exited unexpectedly before completing request (duration: ")
    assert message.endswith(f"the process ended with {reason}")
    after = functions.compute.invoke(shared, b"os.getpid()")
    assert before.body != after.body
    assert before.instance_id != after.instance_id


def test_an_instance_that_retires_while_idle_is_no_error(functions: Functions) -> None:
    name = functions.variant()
    pid = int(functions.compute.invoke(name, b"retire()").body)
    assert await_end(pid)
    assert int(functions.compute.invoke(name, b"os.getpid()").body) != pid


def test_a_function_that_takes_too_much_memory_is_ended(functions: Functions) -> None:
    name = functions.variant(memory_size=128)
    message = str(error_of(functions.compute.invoke(name, b"[b'x' * (300 << 20), block()]"))["errorMessage"])
    assert "Process exited unexpectedly" in message
    assert message.endswith("it used more than its memory of 128 MB; raise memorySize")


def test_what_a_function_prints_and_logs_is_in_the_tail(functions: Functions, shared: str) -> None:
    event = b"[print('printed'), print('to stderr', file=sys.stderr), logging.info('logged'), print('last', end='')]"
    answer = functions.compute.invoke(shared, event)
    lines = answer.log.splitlines()
    assert lines[0] == f"FC Invoke Start RequestId: {answer.request_id}"
    assert lines[1:3] == ["printed", "to stderr"]
    assert lines[3].endswith(f"Z {answer.request_id} [INFO] logged")
    assert lines[4:6] == ["last", f"FC Invoke End RequestId: {answer.request_id}"]
    assert lines[6].startswith("Duration: ")


def test_what_a_child_process_prints_is_in_the_tail(functions: Functions, shared: str) -> None:
    answer = functions.compute.invoke(shared, b"subprocess.call(['echo', 'from below'])")
    assert "from below" in answer.log.splitlines()


def test_the_tail_has_the_last_4_kilobytes(functions: Functions, shared: str) -> None:
    answer = functions.compute.invoke(shared, b"print('x' * 5_000 + 'y')")
    assert len(answer.log) == 4 * 1024
    assert answer.log.startswith("xxx")
    assert "y\nFC Invoke End" in answer.log


def test_a_line_over_128_kilobytes_is_cut(functions: Functions, shared: str) -> None:
    answer = functions.compute.invoke(shared, b"print('z' * 200_000)")
    line = next(line for line in functions.lines.lines if "zzz" in line.text)
    assert (line.request_id, len(line.text)) == (answer.request_id, 128 * 1024)


def test_a_large_event_arrives(functions: Functions, shared: str) -> None:
    event = b"len('" + b"x" * 5_000_000 + b"')"
    assert functions.compute.invoke(shared, event).body == b"5000000"
