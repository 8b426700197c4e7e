"""`dataworks-ext invoke`: one message to a packaged function on this machine."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from dataworks_ext.cli._app import app
from dataworks_ext.deploy import layout
from dataworks_ext.testing import function_compute_message
from tests.deploy.wheelhouse import Wheelhouse, only_index

PYTHON = ".".join(map(str, sys.version_info[:2]))
_INDEX = """
import json
import os
import urllib.request

SAYS = "OK"


def initializer(context):
    pass


def handler(event, context):
    message = json.loads(event)
    print("got", message.get("type") or message["messageBody"]["eventCode"])
    if "data" in message:
        request = urllib.request.Request(
            os.environ["DATAWORKS_EXT_ENDPOINT"], b"MessageId=1", {"x-acs-action": "GetIDEEventDetail"}
        )
        detail = json.load(urllib.request.urlopen(request))["EventDetail"]
        return json.dumps({"checkResult": "WARN", "errorMessage": str(detail)})
    limit = os.environ.get("LIMIT")
    return json.dumps({"checkResult": "FAIL", "errorMessage": "Limit " + limit} if limit else {"checkResult": SAYS})
"""


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder with a package, as the current one."""
    monkeypatch.chdir(tmp_path)
    Path("dist/function").mkdir(parents=True)
    Path("dist/function/index.py").write_text(_INDEX, encoding="utf-8")


def invoke(*arguments: str, stdin: bytes = b"") -> Result:
    return CliRunner().invoke(app, ["invoke", *arguments], input=stdin)


def test_the_verdict_and_the_log_are_shown() -> None:
    result = invoke("download-resources")
    assert result.exit_code == 0
    first, *log = result.stdout.splitlines()
    assert first.startswith("OK in ")
    assert any(line.endswith("got download-resources") for line in log)


def test_what_the_function_wrote_at_its_start_is_shown_before_the_log() -> None:
    """It says why an extension cannot be loaded, or which variable is wrong."""
    index = _INDEX.replace("    pass\n", "    print('LIMIT is wrong')\n")
    Path("dist/function/index.py").write_text(index, encoding="utf-8")
    log = json.loads(invoke("download-resources", "--json").stdout)["log"]
    assert log[0] == "LIMIT is wrong"
    assert log[1].startswith("FC Invoke Start ")


def test_a_denial_ends_with_1_and_shows_its_text() -> None:
    """The function has the variables of s.yaml."""
    Path("s.yaml").write_text(
        "resources: {f: {component: fc3, props: {environmentVariables: {LIMIT: \"${env('ROWS', '5')}\"}}}}"
    )
    result = invoke("download-resources")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[1] == "  Limit 5"


def test_an_event_of_eventbridge_is_sent_as_such() -> None:
    """With a stub of DataWorks, which has the snapshot."""
    Path("code.sql").write_text("select 1")
    result = invoke("commit-file", "--snapshot", "code.sql", "--json")
    shown = json.loads(result.stdout)
    assert shown["replies"] == [{"checkResult": "WARN", "errorMessage": "{'CommittedFile': {'Content': 'select 1'}}"}]
    assert any(line.endswith("got dataworks:FileChange:CommitFile") for line in shown["log"])


def test_the_channel_of_a_sample_may_be_chosen() -> None:
    assert "got dataworks:ResourcesDownload:" in invoke("download-resources", "--channel", "eventbridge").stdout
    assert "got commit-file" in invoke("commit-file", "--channel", "function-compute").stdout


def test_a_saved_message_is_sent() -> None:
    Path("message.json").write_bytes(function_compute_message("upload-data-to-table"))
    assert "got upload-data-to-table" in invoke("message.json").stdout
    assert "got upload-data-to-table" in invoke("-", stdin=Path("message.json").read_bytes()).stdout


def test_a_line_of_the_log_ends_at_a_line_feed_alone() -> None:
    """What else separates lines may be part of a record, and reaches no terminal as it is."""
    Path("message.json").write_text('{"messageBody": {"eventCode": "a\\u2028b\\u0085c\\u001b[31md"}}')
    assert any(
        line.endswith("got a\u2028b\x85c\x1b[31md")
        for line in json.loads(invoke("message.json", "--json").stdout)["log"]
    )
    assert "got a\\u2028b\\x85c\\x1b[31md\n" in invoke("message.json").stdout


def test_a_package_whose_sources_changed_is_built_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer comes from an old one."""
    (tmp_path / "wheels").mkdir()
    only_index(monkeypatch, tmp_path / "wheels")
    for name in ("pydantic", "structlog"):
        Wheelhouse(tmp_path / "wheels").add(name, {"pydantic": "2.12.0", "structlog": "25.1.0"}[name])
    Path("rules").mkdir()
    Path("rules/__init__.py").write_text("SAYS = 'OK'\n")
    shutil.rmtree("dist")
    monkeypatch.setattr(layout, "INDEX", _INDEX.replace('SAYS = "OK"', "from rules import SAYS"))
    assert CliRunner().invoke(app, ["package", "rules", "--python", PYTHON]).exit_code == 0
    assert "out of date" not in invoke("download-resources").stderr
    Path("rules/__init__.py").write_text("SAYS = 'WARN'\n")
    result = invoke("download-resources")
    assert "dist/function is out of date: rules/__init__.py changed. Building it again." in result.stderr
    assert result.stdout.startswith("WARN in ")


def test_a_package_that_nobody_can_build_again_is_told_to_be_out_of_date() -> None:
    for folder in (Path("rules"), Path("dist/function/rules")):
        folder.mkdir()
        (folder / "__init__.py").touch()
    assert "out of date" not in invoke("download-resources").stderr
    Path("rules/__init__.py").write_text("x = 1\n")
    said = "Warning: dist/function is out of date: rules/__init__.py changed; build it again: dataworks-ext package"
    assert said in " ".join(invoke("download-resources").stderr.split())


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nonsense.json"], "nonsense.json is no event code, and cannot be read as a file: No such file"),
        (["commit-fil"], 'commit-fil is no event code; did you mean "commit-file"?'),
        (["download-resources", "--code", "build"], "build holds no package; build it: dataworks-ext package"),
        (["commit-file", "--snapshot", "nowhere.sql"], "the snapshot nowhere.sql cannot be read: No such file"),
        (["commit-file", "--snapshot", "latin.sql"], "the snapshot latin.sql is not text in UTF-8"),
    ],
)
def test_what_is_not_there_ends_with_2(arguments: list[str], problem: str) -> None:
    Path("latin.sql").write_bytes(b"\xff")
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())


def test_a_function_error_ends_with_2_and_shows_the_log() -> None:
    result = invoke("-", stdin=b"no json")
    assert result.exit_code == 2
    assert "the function gave no answer" in result.stderr
    assert "JSONDecodeError" in result.stderr


def test_what_is_no_reply_ends_with_2() -> None:
    Path("dist/function/index.py").write_text(_INDEX.replace('SAYS = "OK"', 'SAYS = "PERHAPS"'))
    result = invoke("download-resources")
    assert result.exit_code == 2
    assert "the function answered with what is no reply" in " ".join(result.stderr.split())
