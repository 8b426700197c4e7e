"""A function in a child process that calls it as the Function Compute runtime does."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any, NamedTuple

from ..deploy.interpreters import loader_variables
from ..testing import FunctionContext
from . import runtime


class InvocationResult(NamedTuple):
    """What came of one request."""

    body: bytes
    """The response; empty for a function error."""
    error: Mapping[str, object] | None
    """`errorMessage`, `errorType` and `stackTrace` of a function error."""
    elapsed_ms: float
    """How long the function took, the cold start included, in milliseconds."""


class ProcessEndedError(RuntimeError):
    """The child process ended instead of answering."""


class Child(NamedTuple):
    """A process that runs `runtime.py`, and the ends of its pipes that are ours."""

    process: subprocess.Popen[bytes]
    requests: IO[bytes]
    """Takes lines of JSON: `id`, `kind` (`initialize` or `invoke`), `context`, and `event` in base 64."""
    answers: IO[bytes]
    """Gives lines of JSON: `id` with `taken` when a request was read, and with `elapsed_ms` when it has ended."""


def start(
    python: str,
    code_directory: Path,
    environment: Mapping[str, str],
    *,
    handler: str,
    initializer: str,
    log: int,
    concurrency: int = 1,
    tagged: bool = False,
    dies_with_parent: bool = False,
) -> Child:
    """Start the runtime in a process group of its own.

    Args:
        python: The interpreter.
        code_directory: Absolute.
        environment: The whole of it, but for what the interpreter needs to start.
        handler: `{module}.{attribute}`.
        initializer: Likewise, or empty.
        log: The file descriptor of its standard output and standard error.
        concurrency: With more than 1, each request has a thread of its own.
        tagged: Whether lines of output name their request, see `runtime.TaggedLog`.
        dies_with_parent: Whether it is killed when the thread that started it ends. Linux only.

    Raises:
        OSError: The process could not be started.
    """
    requests, our_requests = os.pipe()
    our_answers, answers = os.pipe()
    settings = {
        "requests": requests,
        "answers": answers,
        "code_directory": str(code_directory),
        "handler": handler,
        "initializer": initializer,
        "concurrency": concurrency,
        "tagged": tagged,
        "parent": os.getpid() if dies_with_parent else 0,
    }
    try:
        process = subprocess.Popen(
            [python, runtime.__file__, json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log if tagged else None,
            env={**loader_variables(), **environment},
            pass_fds=[requests, answers],
            start_new_session=True,
        )
    except BaseException:
        os.close(our_requests)
        os.close(our_answers)
        raise
    finally:
        os.close(requests)
        os.close(answers)
    return Child(process, open(our_requests, "wb", buffering=0), open(our_answers, "rb"))


class FunctionProcess:
    """One instance of a function: a process that serves requests one at a time. A context manager.

    Args:
        code_directory: What is deployed. The process cannot write it if its modes do not allow writing.
        environment: The function's environment variables; nothing else of the parent's but PATH is passed on.
        handler: `{module}.{attribute}`.
        initializer: Likewise, or empty.
        python: The interpreter.
    """

    def __init__(
        self,
        code_directory: Path,
        environment: Mapping[str, str],
        *,
        handler: str = "index.handler",
        initializer: str = "index.initializer",
        python: str = sys.executable,
    ) -> None:
        self._code_directory = code_directory.resolve()
        self._environment = {"PATH": os.environ.get("PATH", ""), **environment}
        self._names = (handler, initializer)
        self._python = python
        self._initialized = False

    def __enter__(self) -> FunctionProcess:
        self._log: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")
        self._child = start(
            self._python,
            self._code_directory,
            {**self._environment, "FC_FUNC_CODE_PATH": str(self._code_directory)},
            handler=self._names[0],
            initializer=self._names[1],
            log=self._log.fileno(),
        )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        process, requests, answers = self._child
        requests.close()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        answers.close()
        self._log.close()

    def invoke(self, event: bytes, context: FunctionContext) -> InvocationResult:
        """Send a request and wait for its answer.

        Raises:
            ProcessEndedError: The process ended instead of answering.
        """
        cold_start = 0.0
        if not self._initialized:
            initialized = self._exchange("initialize", b"", context)
            if initialized.error is not None:
                return initialized
            self._initialized, cold_start = True, initialized.elapsed_ms
        invocation = self._exchange("invoke", event, context)
        return invocation._replace(elapsed_ms=invocation.elapsed_ms + cold_start)

    def log(self) -> list[str]:
        """The lines that the function has written to standard output."""
        self._log.seek(0)
        return self._log.read().splitlines()

    def _exchange(self, kind: str, event: bytes, context: FunctionContext) -> InvocationResult:
        request = {"id": 0, "kind": kind, "event": base64.b64encode(event).decode(), "context": asdict(context)}
        answer = self._answer_to(json.dumps(request).encode() + b"\n")
        return InvocationResult(base64.b64decode(answer.get("body", "")), answer.get("error"), answer["elapsed_ms"])

    def _answer_to(self, line: bytes) -> dict[str, Any]:
        try:
            while line:
                line = line[self._child.requests.write(line) :]
            for answer in map(json.loads, self._child.answers):
                if "elapsed_ms" in answer:
                    return answer  # type: ignore[no-any-return]  # runtime.py writes objects
        except BrokenPipeError:
            pass
        raise ProcessEndedError(f"the process of the function ended with status {self._child.process.wait()}")
