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
import psutil
import pytest
from typer.testing import CliRunner

from dataworks_ext.cli._app import app
from dataworks_ext.deploy.build import build
from dataworks_ext.deploy.interpreters import RUNNING
from tests.deploy.wheelhouse import Wheelhouse, only_index

from .functions import COVERAGE, PATIENCE, await_end, write_code

_RUN = "from dataworks_ext.cli import main; main()"


class Command:
    """The command with `--json`, whose news can be waited for."""

    def __init__(self, folder: Path, *arguments: str, patience: float = PATIENCE) -> None:
        self.folder = folder
        self.patience = patience
        variables = [part for name in COVERAGE for part in ("--env", name)]
        self.process = subprocess.Popen(
            [sys.executable, "-c", _RUN, "local", "--json", "--initializer", "", *variables, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "TMPDIR": str(folder)},
        )

    def __enter__(self) -> Command:
        self.watchdog = threading.Timer(self.patience, self.process.kill)  # the news may never come
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


def test_a_signal_leaves_nothing(code: Path, temporary: Path) -> None:
    """SIGTERM here; Ctrl-C is SIGINT, which ends the other tests."""
    with Command(temporary, "--code", str(code), "--name", "f", "--timeout", "20") as command:
        client = command.client()
        assert command.news("created")["function"] == "f"
        pid = int(client.invoke_function("default", "f", payload=b"os.getpid()").data)
        assert list(temporary.iterdir())
        assert command.end(signal.SIGTERM) == 0
    assert await_end(pid)


@pytest.fixture(scope="module")
def served(code: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Command, Any]]:
    """The command with a function whose variables come from everywhere, and a client."""
    folder = tmp_path_factory.mktemp("served")
    file = folder / "variables"
    file.write_text("# of mine\n\nexport FIRST=1\nSECOND = 'a = b'\nTHIRD=3\n")
    arguments = ("--env", "TOKEN", "--env-file", str(file), "--env", "THIRD=three")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TOKEN", "swordfish")
        command = Command(folder, "--code", str(code), "--name", "f", *arguments, patience=10 * PATIENCE)
    with command:
        client = command.client()
        command.news("ready")
        yield command, client
        assert command.end(signal.SIGINT) == 0


def test_lines_of_the_function_are_printed_as_they_come(served: tuple[Command, Any]) -> None:
    command, client = served
    answer = client.invoke_function("default", "f", payload=b"print('hello')")
    news = command.news("log")
    while news["text"] != "hello":
        news = command.news("log")
    assert news["request_id"] == answer.headers["X-Fc-Request-Id"]


def test_variables_come_from_the_environment_and_from_a_file(served: tuple[Command, Any]) -> None:
    """What is named on the command line overrides the file."""
    _, client = served
    event = b"[os.environ[name] for name in ('TOKEN', 'FIRST', 'SECOND', 'THIRD')]"
    values = json.loads(client.invoke_function("default", "f", payload=event).data)
    assert values == ["swordfish", "1", "a = b", "three"]


def test_no_secret_is_in_the_list_of_processes(served: tuple[Command, Any]) -> None:
    command, _ = served
    assert "swordfish" not in " ".join(psutil.Process(command.process.pid).cmdline())


_HANDLER = "def handler(event, context):\n    return {!r}\n"


def test_with_watch_a_change_of_code_replaces_the_function(tmp_path: Path, temporary: Path) -> None:
    code = write_code(tmp_path / "code", _HANDLER.format("first"))
    with Command(temporary, "--code", str(code), "--name", "f", "--watch") as command:
        client = command.client()
        command.news("watching")
        assert client.invoke_function("default", "f").data == b"first"
        write_code(code, _HANDLER.format("the second"))
        command.news("replaced")
        assert client.invoke_function("default", "f").data == b"the second"
        assert command.end(signal.SIGINT) == 0


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a package of policies, whose handler answers `first`."""
    (tmp_path / "wheels").mkdir()
    wheelhouse = Wheelhouse(tmp_path / "wheels")
    wheelhouse.add("pydantic", "2.12.0")
    wheelhouse.add("structlog", "25.1.0")
    only_index(monkeypatch, tmp_path / "wheels")
    project = tmp_path / "project"
    (project / "policies").mkdir(parents=True)
    (project / "policies" / "__init__.py").write_text(_HANDLER.format("first"))
    monkeypatch.chdir(project)
    build([Path("policies")], RUNNING.removeprefix("python"), Path("dist"))
    return project


_PACKAGED = ("--handler", "policies.handler", "--runtime", RUNNING, "--name", "f")


def test_a_package_that_is_older_than_its_sources_is_rebuilt(project: Path, temporary: Path) -> None:
    (project / "policies" / "__init__.py").write_text(_HANDLER.format("second"))
    with Command(temporary, *_PACKAGED) as command:
        assert command.news("rebuilding")["changed"] == ["policies/__init__.py"]
        client = command.client()
        command.news("ready")
        assert client.invoke_function("default", "f").data == b"second"
        command.end(signal.SIGINT)


def test_with_watch_a_change_of_sources_rebuilds_the_package(project: Path, temporary: Path) -> None:
    """What cannot be built is told, and the function stays as it was."""
    source = project / "policies" / "__init__.py"
    with Command(temporary, *_PACKAGED, "--watch") as command:
        client = command.client()
        assert command.news("watching")["folders"] == ["policies"]
        assert client.invoke_function("default", "f").data == b"first"
        source.write_text("def handler(")
        assert "policies/__init__.py" in command.news("failed")["problem"]
        assert client.invoke_function("default", "f").data == b"first"
        source.write_text(_HANDLER.format("second"))
        command.news("replaced")
        assert client.invoke_function("default", "f").data == b"second"
        assert command.end(signal.SIGINT) == 0


def test_without_a_package_nothing_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["local", "--watch"])
    assert result.exit_code == 2
    assert "there is no folder dist/function to watch; build it: dataworks-ext package" in result.stderr


def test_people_are_told_how_to_invoke_in_80_columns(code: Path, temporary: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _RUN, "local", "--code", code.name],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
        cwd=code.parent,
    ) as process:
        assert process.stdout is not None
        watchdog = threading.Timer(PATIENCE, process.kill)
        watchdog.start()
        told = ""
        for line in process.stdout:
            told += line
            if line.startswith("Ctrl-C"):
                process.send_signal(signal.SIGINT)
        watchdog.cancel()
        watchdog.join()
    assert "  access key secret  " in told
    assert "  client.invoke_function('default', 'data-guard', payload=message).data\n" in told
    assert told.endswith("Stopping.\n")
    assert [line for line in told.splitlines() if len(line) > 80] == []


def test_its_help_has_80_columns() -> None:
    lines = CliRunner().invoke(app, ["local", "--help"]).stdout.splitlines()
    assert [line for line in lines if len(line) > 80] == []


def test_a_reader_that_goes_away_ends_no_instance(code: Path, temporary: Path) -> None:
    """The lines that a function writes are dropped."""
    with Command(temporary, "--code", str(code), "--name", "f") as command:
        client = command.client()
        command.news("ready")
        assert command.process.stdout is not None
        command.process.stdout.close()
        for _ in range(2):
            assert client.invoke_function("default", "f", payload=b"print('unheard') or 'answer'").data == b"answer"
        command.process.send_signal(signal.SIGINT)
        command.process.wait(PATIENCE)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("A=1\nswordfish\n", "variables, line 2: expected NAME=VALUE"),
        ("=swordfish\n", "variables, line 1: expected NAME=VALUE"),
        ("sword fish=1\n", "variables, line 1: expected NAME=VALUE"),
    ],
)
def test_a_line_that_is_no_variable_is_named_and_not_shown(code: Path, tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "variables"
    file.write_text(text)
    result = CliRunner().invoke(app, ["local", "--code", str(code), "--env-file", str(file)])
    assert (result.exit_code, told in " ".join(result.stderr.split())) == (2, True)
    assert "fish" not in result.stderr


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["--env", "NOTHING"],
            "--env NOTHING: there is no such environment variable; set it, or write --env NOTHING=VALUE",
        ),
        (["--env", "=swordfish"], "--env has a value without a name; expected NAME=VALUE, or NAME"),
        (["--env-file", "nowhere"], "--env-file nowhere cannot be read: No such file or directory"),
        (["--env", "FC_REGION=mine"], "environmentVariables: 'FC_REGION' cannot be a variable"),
        (["--runtime", "python2.7"], "runtime 'python2.7' cannot be run here"),
        (["--name", "no name"], "functionName is 'no name'"),
        (["--handler", "index"], "handler is 'index': expected module.attribute"),
    ],
)
def test_what_cannot_be_is_told(code: Path, arguments: list[str], text: str) -> None:
    result = CliRunner().invoke(app, ["local", "--code", str(code), *arguments])
    assert (result.exit_code, text in " ".join(result.output.split())) == (2, True)
