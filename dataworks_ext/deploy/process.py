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
from typing import IO, NamedTuple

from ..testing import FunctionContext
from . import runtime


class Invocation(NamedTuple):
    """What came of one request."""

    body: bytes
    """The response; empty for a function error."""
    error: Mapping[str, object] | None
    """`errorMessage`, `errorType` and `stackTrace` of a function error."""
    elapsed_ms: float
    """How long the function took, the cold start included, in milliseconds."""


class ProcessEndedError(RuntimeError):
    """The child process ended instead of answering."""


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

    def __enter__(self) -> FunctionProcess:
        reading, writing = os.pipe()
        self._log: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")
        self._process = subprocess.Popen(
            [self._python, runtime.__file__, str(writing), str(self._code_directory), *self._names],
            stdin=subprocess.PIPE,
            stdout=self._log,
            env={**self._environment, "FC_FUNC_CODE_PATH": str(self._code_directory)},
            pass_fds=[writing],
            text=True,
        )
        os.close(writing)
        self._answers = os.fdopen(reading, encoding="utf-8")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._answers.close()
        self._log.close()

    def invoke(self, event: bytes, context: FunctionContext) -> Invocation:
        """Send a request and wait for its answer.

        Raises:
            ProcessEndedError: The process ended instead of answering.
        """
        request = {"event": base64.b64encode(event).decode(), "context": asdict(context)}
        if self._process.stdin is None:
            raise ProcessEndedError("the process has no standard input")
        try:
            self._process.stdin.write(json.dumps(request) + "\n")
            self._process.stdin.flush()
            line = self._answers.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise ProcessEndedError(f"the process of the function ended with status {self._process.wait()}")
        answer = json.loads(line)
        return Invocation(base64.b64decode(answer.get("body", "")), answer.get("error"), answer["elapsed_ms"])

    def log(self) -> list[str]:
        """The lines that the function has written to standard output."""
        self._log.seek(0)
        return self._log.read().splitlines()
