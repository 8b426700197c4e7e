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
from dataworks_ext.cli._served_function import Output
from dataworks_ext.deploy.build import build
from dataworks_ext.deploy.event_bus import EventBridge
from dataworks_ext.deploy.event_rules import BusOptions, TargetFunction, WantedRule, target_of
from dataworks_ext.deploy.interpreters import RUNNING
from dataworks_ext.deploy.remote_access import Access
from dataworks_ext.events import catalog
from dataworks_ext.local import FailedDelivery
from dataworks_ext.local.event_delivery import FunctionTarget
from tests.cloud import without_proxies
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


_ANSWERING = """
import json
import os
import urllib.request


def handler(event, context):
    told = json.loads(event)
    if told["type"].endswith("DeployFile"):
        raise ValueError("not today")
    address = os.environ["DATAWORKS_EXT_ENDPOINT"]
    reply = f"MessageId={told['id']}&CheckResult=FAIL&CheckResultTip=Not+like+this".encode()
    headers = {"x-acs-action": "UpdateIDEEventResult"}
    return urllib.request.urlopen(urllib.request.Request(address, reply, headers)).read()
"""
_QUEUE = "acs:mns:cn-hangzhou:1:/queues/undelivered"


def test_what_becomes_of_an_event_is_printed(tmp_path: Path, temporary: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reply to it, each attempt to deliver it, and where it went in the end."""
    without_proxies(monkeypatch)
    monkeypatch.chdir(tmp_path)
    s_yaml = {"resources": {"f": {"component": "fc3", "props": {"region": "cn-hangzhou"}}}}
    Path("s.yaml").write_text(json.dumps(s_yaml), encoding="utf-8")
    code = write_code(tmp_path / "code", _ANSWERING)
    with Command(temporary, "--code", str(code), "--name", "f", "--timeout", "20", "--retries", "1") as command:
        started = command.news("started")
        monkeypatch.setenv("EVENTBRIDGE_ENDPOINT", started["endpoint"])
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", started["access_key_id"])
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", started["access_key_secret"])
        buses = EventBridge(Access(started["access_key_id"], started["access_key_secret"], "", "", started["endpoint"]))
        target = target_of(TargetFunction("cn-hangzhou", "1", "f", "", ""), BusOptions(dead_letters=_QUEUE))
        types = tuple(catalog[code].type for code in ("commit-file", "deploy-file"))
        buses.create(WantedRule("default", "rule", types, target))
        command.news("ready")

        published = publish("commit-file")
        reply = command.news("reply")
        assert (reply["message_id"], reply["verdict"], reply["text"]) == (published, "FAIL", "Not like this")

        published = publish("deploy-file")
        first, last = command.news("undelivered"), command.news("undelivered")
        assert (first["event_id"], first["bus"], first["function"]) == (published, "default", "f")
        assert (first["problem"], first["attempt"], first["next_in"]) == ("not today", 1, 1.0)
        assert (last["attempt"], last["next_in"], last["dead_letter_queue"]) == (2, None, _QUEUE)
        command.end(signal.SIGINT)


def publish(code: str) -> str:
    """The id of the message that was published."""
    result = CliRunner().invoke(app, ["invoke", code, "--event-bus", "default", "--json"])
    assert result.exit_code == 0, result.output
    return str(json.loads(result.stdout)["published"])


@pytest.mark.parametrize(
    ("pause", "queue", "fate"),
    [
        (2.0, "", "Attempt 1 of 3; the next is in 2 s."),
        (None, _QUEUE, f"Given up after 3 attempts; it went to the dead-letter queue {_QUEUE}."),
        (None, "", "Given up after 3 attempts; it is lost, since the rule names no dead-letter queue."),
    ],
)
def test_people_are_told_where_an_event_went(
    capsys: pytest.CaptureFixture[str], pause: float | None, queue: str, fate: str
) -> None:
    target = FunctionTarget("", "live", "guard", "BACKOFF_RETRY", queue)
    event = {"id": "e-1", "aliyuneventbusname": "workspaces"}
    Output(as_json=False).undelivered(FailedDelivery(target, event, "not today", 1 if pause else 3, 3, pause))
    said = "Event e-1 of bus workspaces was not delivered to guard (live): not today"
    assert capsys.readouterr().out == f"{said}. {fate}\n"


def test_a_cloud_without_a_function_waits_for_one(temporary: Path) -> None:
    with Command(temporary, "--no-function") as command:
        client = command.client()
        command.news("empty")
        with pytest.raises(fc2.FcError, match="FunctionNotFound"):
            client.get_function("default", "data-guard")
        assert command.end(signal.SIGINT) == 0


def test_people_are_told_how_to_invoke_in_80_columns(code: Path, temporary: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _RUN, "local", "--code", f"../{code.parent.name}/{code.name}"],
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
        (["--watch", "--no-function"], "--watch replaces the function, and --no-function makes none"),
        (["--snapshot", "nowhere"], "the snapshot nowhere cannot be read: No such file or directory"),
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
