"""`dataworks-ext local`, as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fc2  # type: ignore[import-untyped]  # there are no stubs
import pytest
from typer.testing import CliRunner

from dataworks_ext.cli._app import app

from .functions import COVERAGE, PATIENCE, await_end, write_code

_RUN = "from dataworks_ext.cli import main; main()"


class Command:
    """The command with `--json`, whose news can be waited for."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.folder = folder
        variables = [part for name, value in COVERAGE.items() for part in ("--env", f"{name}={value}")]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _RUN, "local", "--json", "--initializer", "", *variables, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(folder)},
        )

    def __enter__(self) -> Command:
        self.watchdog = threading.Timer(PATIENCE, self.process.kill)  # or a test would wait for news that never come
        self.watchdog.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.watchdog.cancel()
        self.watchdog.join()
        self.process.kill()
        self.process.communicate(timeout=PATIENCE)

    def news(self, kind: str) -> dict[str, Any]:
        """The next news of that kind."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            news = json.loads(line)
            if news["kind"] == kind:
                return dict(news)
        raise AssertionError(f"no {kind}: {self.process.communicate(timeout=PATIENCE)[1]}")

    def client(self) -> Any:
        started = self.news("started")
        keys = {"accessKeyID": started["access_key_id"], "accessKeySecret": started["access_key_secret"]}
        return fc2.Client(endpoint=started["endpoint"], **keys)

    def end(self, number: int) -> int:
        """Its exit status after a signal."""
        self.process.send_signal(number)
        self.process.communicate(timeout=PATIENCE)
        return self.process.returncode


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """The temporary folder of the command, in which nothing may be left."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    yield folder
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_nothing(code: Path, temporary: Path, number: int) -> None:
    with Command(temporary, "--code", str(code), "--name", "f", "--env", "OWN=mine", "--timeout", "20") as command:
        client = command.client()
        assert command.news("created")["function"] == "f"
        pid = int(client.invoke_function("default", "f", payload=b"os.getpid()").data)
        assert client.invoke_function("default", "f", payload=b"os.environ['OWN']").data == b"mine"
        assert list(temporary.iterdir())
        assert command.end(number) == 0
    assert await_end(pid)


def test_lines_of_the_function_are_printed_as_they_come(code: Path, temporary: Path) -> None:
    with Command(temporary, "--code", str(code), "--name", "f") as command:
        client = command.client()
        command.news("created")
        answer = client.invoke_function("default", "f", payload=b"print('hello')")
        news = command.news("log")
        while news["text"] != "hello":
            news = command.news("log")
        assert news["request_id"] == answer.headers["X-Fc-Request-Id"]
        command.end(signal.SIGINT)


def test_with_watch_a_change_replaces_the_code(tmp_path: Path, temporary: Path) -> None:
    source = "def handler(event, context):\n    return {!r}\n"
    code = write_code(tmp_path / "code", source.format("first"))
    with Command(temporary, "--code", str(code), "--name", "f", "--watch") as command:
        client = command.client()
        command.news("watching")
        assert client.invoke_function("default", "f").data == b"first"
        write_code(code, source.format("the second"))
        command.news("replaced")
        assert client.invoke_function("default", "f").data == b"the second"
        command.end(signal.SIGINT)


def test_people_are_told_how_to_invoke(code: Path, temporary: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _RUN, "local", "--code", str(code)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    ) as process:
        assert process.stdout is not None
        told = ""
        for line in process.stdout:
            told += line
            if line.startswith("Ctrl-C"):
                process.send_signal(signal.SIGINT)
    assert "access key secret  " in told
    assert "client.invoke_function('default', 'data-guard'" in told
    assert told.endswith("Stopping.\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--env", "NOTHING"], "--env 'NOTHING' is no variable; expected KEY=VALUE"),
        (["--runtime", "python2.7"], "runtime 'python2.7' cannot be run here"),
        (["--name", "no name"], "functionName is 'no name'"),
        (["--handler", "index"], "handler is 'index': expected module.attribute"),
    ],
)
def test_what_cannot_be_is_told(code: Path, arguments: list[str], text: str) -> None:
    result = CliRunner().invoke(app, ["local", "--code", str(code), *arguments])
    assert (result.exit_code, text in " ".join(result.output.split())) == (2, True)
