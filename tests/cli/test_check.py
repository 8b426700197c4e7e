"""`dataworks-ext check`: saved messages and payloads, put to the policies."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

import policies
from dataworks_ext import Extension, PolicyPack
from dataworks_ext.cli._app import app
from dataworks_ext.cli.check import stub
from dataworks_ext.events import catalog, event_class, read_event
from dataworks_ext.message import read_message
from dataworks_ext.testing import eventbridge_message, function_compute_message, sample_payload

_APP = """
import signal

from dataworks_ext import Extension, allow, deny, warn

extension = Extension("house")


@extension.policy("download-resources")
def rows(event):
    if event.data_row_size > 1_000:
        return deny("Too many rows [of 1,000].")
    if event.data_row_size > 100:
        return warn("Many rows.")
    return allow("Few rows.")


@extension.policy("deploy-file")
def code(event, context):
    return deny("No " + context.snapshot.content) if not context.options else None


@extension.policy("download-resources-execute")
def fails(event):
    limits = {}
    return limits["salaries"]


@extension.policy("upload-data-to-table")
def logs(event, context):
    context.log.info("looked")


@extension.policy("delete-project")
def is_interrupted(event):
    signal.raise_signal(signal.SIGINT)
"""
_NAME = "house_rules"


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The extension of these tests, in a folder of its own; nothing else is set, and no line is folded."""
    for variable in list(os.environ):
        if variable.startswith(("DATAWORKS_EXT_", "DOWNLOADS_", "UPLOADS_")):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("DATAWORKS_EXT_APP", f"{_NAME}:extension")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path(f"{_NAME}.py").write_text(_APP)
    yield
    sys.modules.pop(_NAME, None)


def _save(name: str, content: bytes | str | dict[str, object]) -> str:
    if isinstance(content, dict):
        content = json.dumps(content)
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return name


def _download(rows: int, name: str = "download.json") -> str:
    return _save(name, function_compute_message("download-resources", message_id="m-1", dataRowSize=rows))


def _check(*arguments: str, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, ["check", *arguments], input=stdin)


def _json(*arguments: str) -> Any:
    return json.loads(_check(*arguments, "--json").stdout)


def _cells(text: str) -> list[list[str]]:
    """The cells of each line."""
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if line.strip()]


# Verdicts


def test_an_allowed_message_ends_with_0() -> None:
    result = _check(_download(7))
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout.splitlines()[0] == "download.json: download-resources OK"


def test_a_denied_message_ends_with_1() -> None:
    """The text is what the person in DataWorks sees."""
    result = _check(_download(5_000))
    assert (result.exit_code, result.stderr) == (1, "")
    assert result.stdout.splitlines()[:2] == [
        "download.json: download-resources FAIL",
        "  Too many rows [of 1,000].",
    ]


def test_an_interruption_ends_the_command() -> None:
    """It is no verdict, though a failing policy denies."""
    result = _check(_save("project.json", eventbridge_message("delete-project")), _download(7))
    assert (result.exit_code, result.stdout) == (130, "")


def test_a_message_with_a_warning_ends_with_0() -> None:
    """DataWorks lets a warning pass."""
    result = _check(_download(500))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:2] == ["download.json: download-resources WARN", "  Many rows."]


@pytest.mark.parametrize(
    ("rows", "verdict", "text"),
    [(7, "OK", "Few rows."), (500, "WARN", "Many rows."), (5_000, "FAIL", "Too many rows [of 1,000].")],
)
def test_every_reason_has_its_line(rows: int, verdict: str, text: str) -> None:
    cells = _cells(_check(_download(rows)).stdout)
    assert ["Policy", "Says", "Mode", "Time", "Text"] in cells
    [reason] = [row for row in cells if row[0] == "house.rows"]
    assert [*reason[1:3], reason[4]] == [verdict, "enforce", text]
    assert re.fullmatch(r"\d+\.\d ms", reason[3])


def test_a_mode_of_the_environment_is_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    """A new mode can be tried before it is deployed."""
    monkeypatch.setenv("DATAWORKS_EXT_MODES", "house.rows=shadow")
    result = _check(_download(5_000))
    assert result.exit_code == 0
    [reason] = [row for row in _cells(result.stdout) if row[0] == "house.rows"]
    assert reason[1:3] == ["FAIL", "shadow"]


def test_the_example_is_checked_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATAWORKS_EXT_APP")
    policies.extension.configure(os.environ)
    result = _check(_download(2_000_000))
    assert result.exit_code == 1
    assert "Downloads are limited to 1,000,000 rows; this one has 2,000,000." in result.stdout


# What is checked


def test_a_bare_payload_is_checked() -> None:
    payload = _save("payload.json", sample_payload("download-resources", dataRowSize=5_000))
    result = _check(payload)
    assert result.exit_code == 1
    assert result.stdout.startswith("payload.json: download-resources FAIL\n")


def test_what_events_prints_can_be_checked() -> None:
    sample = CliRunner().invoke(app, ["events", "download-resources", "--sample"]).stdout
    assert _check(_save("sample.json", sample)).stdout.startswith("sample.json: download-resources FAIL\n")


def test_several_files_are_checked_in_their_order() -> None:
    files = [_download(7, "a.json"), _download(5_000, "b.json"), _download(500, "c.json")]
    result = _check(*files)
    assert result.exit_code == 1
    heads = [line for line in result.stdout.splitlines() if ".json: " in line]
    assert heads == [
        "a.json: download-resources OK",
        "b.json: download-resources FAIL",
        "c.json: download-resources WARN",
    ]


def test_a_dash_is_standard_input() -> None:
    result = _check("-", stdin=function_compute_message("download-resources", dataRowSize=5_000))
    assert result.exit_code == 1
    assert result.stdout.startswith("-: download-resources FAIL\n")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_may_have_another_encoding(encoding: str) -> None:
    """Editors save byte order marks."""
    text = function_compute_message("download-resources", dataRowSize=7).decode()
    assert _check(_save("saved.json", text.encode(encoding))).exit_code == 0


# What cannot be read


def test_what_cannot_be_read_comes_before_a_denial() -> None:
    """The exit code is 2, and the other files are checked all the same."""
    result = _check(_download(5_000, "a.json"), _save("b.json", "[]"))
    assert result.exit_code == 2
    assert result.stdout.startswith("a.json: download-resources FAIL\n")
    assert result.stderr == "b.json: an empty array holds no message\n"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("[]", "an empty array holds no message"),
        ("5", "expected a message (a JSON object), got a number"),
        ('{"messageBody": []}', "messageBody should be an object, got an array"),
        ("{}", "neither a message (it has no messageBody or data) nor a payload (it has no eventCode)"),
        ('{"eventCode": 5}', "neither a message (it has no messageBody or data) nor a payload (it has no eventCode)"),
        (
            '{"specversion": "1.0", "id": "1", "data": {}}',
            "the message names no event: neither data.eventCode nor type is a word",
        ),
        (
            '{"specversion": "1.0", "eventCode": "commit-file"}',
            "data should be an object, got nothing; let the EventBridge target pass on the whole event",
        ),
        (b"\xff", "the message is not text: byte 0 is not utf-8"),
    ],
)
def test_what_is_neither_message_nor_payload_ends_with_2(content: str | bytes, problem: str) -> None:
    result = _check(_save("odd.json", content))
    assert (result.exit_code, result.stdout, result.stderr) == (2, "", f"odd.json: {problem}\n")


def test_a_missing_file_ends_with_2() -> None:
    result = _check("nowhere.json")
    assert (result.exit_code, result.stderr) == (2, "nowhere.json: cannot be read: No such file or directory\n")


def test_a_folder_ends_with_2() -> None:
    result = _check(".")
    assert (result.exit_code, result.stderr) == (2, ".: cannot be read: Is a directory\n")


def test_without_a_file_the_usage_is_shown() -> None:
    result = _check()
    assert result.exit_code == 2
    assert "Missing argument 'FILE'" in result.stderr


def test_an_extension_that_cannot_be_loaded_ends_with_2() -> None:
    result = _check(_download(7), "--app", "no_such_rules:extension")
    assert result.exit_code == 2
    assert "there is no module no_such_rules" in result.stderr


# EventBridge and arrays


@pytest.mark.parametrize(("rows", "code", "verdict"), [(7, 0, "OK"), (500, 0, "WARN"), (5_000, 1, "FAIL")])
def test_a_message_of_eventbridge_is_checked(rows: int, code: int, verdict: str) -> None:
    result = _check(_save("bridged.json", eventbridge_message("download-resources", dataRowSize=rows)))
    assert (result.exit_code, result.stderr) == (code, "")
    assert result.stdout.splitlines()[0] == f"bridged.json: download-resources {verdict}"


def test_a_message_of_eventbridge_that_nobody_waits_for_says_so() -> None:
    result = _check(_save("freeze.json", eventbridge_message("freeze-instance")))
    assert result.exit_code == 0
    assert "This message is not blocking" in result.stdout


def _batch(*elements: bytes) -> str:
    return _save("batch.json", b"[" + b", ".join(elements) + b"]")


def _rows(rows: int) -> bytes:
    return eventbridge_message("download-resources", message_id=f"m-{rows}", dataRowSize=rows)


def test_each_message_of_an_array_is_checked() -> None:
    """Of either envelope, or a bare payload; each is named by its place."""
    payload = json.dumps(sample_payload("download-resources", dataRowSize=500)).encode()
    direct = function_compute_message("download-resources", dataRowSize=5_000)
    result = _check(_batch(_rows(7), direct, payload))
    assert (result.exit_code, result.stderr) == (1, "")
    assert [line for line in result.stdout.splitlines() if line.startswith("batch.json")] == [
        "batch.json[0]: download-resources OK",
        "batch.json[1]: download-resources FAIL",
        "batch.json[2]: download-resources WARN",
    ]


def test_an_element_that_cannot_be_read_does_not_keep_the_others_from_being_checked() -> None:
    result = _check(_batch(_rows(7), b"5", _rows(5_000)))
    assert result.exit_code == 2
    assert result.stderr == "batch.json[1]: expected a message (a JSON object), got a number\n"
    assert "batch.json[0]: download-resources OK\n" in result.stdout
    assert "batch.json[2]: download-resources FAIL\n" in result.stdout


@pytest.mark.parametrize(
    ("elements", "code"),
    [
        ([_rows(7)], 0),
        ([_rows(7), _rows(500)], 0),
        ([_rows(5_000), _rows(7)], 1),
        ([_rows(5_000), b"{}"], 2),
        ([b"{}", _rows(7)], 2),
    ],
)
@pytest.mark.parametrize("option", [[], ["--json"]])
def test_the_exit_code_of_an_array_is_the_worst(elements: list[bytes], code: int, option: list[str]) -> None:
    assert _check(_batch(*elements), *option).exit_code == code


def test_each_message_of_an_array_is_in_the_json_with_its_place() -> None:
    shown = _json(_download(7), _batch(_rows(7), b"5", _rows(5_000)))
    assert [(one["file"], one.get("index"), one.get("message_id"), one.get("verdict")) for one in shown] == [
        ("download.json", None, "m-1", "OK"),
        ("batch.json", 0, "m-7", "OK"),
        ("batch.json", 1, None, None),
        ("batch.json", 2, "m-5000", "FAIL"),
    ]
    assert shown[2] == {
        "file": "batch.json",
        "index": 1,
        "problem": "expected a message (a JSON object), got a number",
    }


def test_an_array_of_one_message_has_its_place_too() -> None:
    assert _check(_batch(_rows(7))).stdout.startswith("batch.json[0]: download-resources OK\n")


# Slips in pasted samples

_COMMENT = "Hint: JSON has no // comments; delete the comment"
_MASKED = "Hint: masked digits (****) are no number; write digits in their place"
_TRAILING = "Hint: the last item of an object or array has no comma after it"


def _excerpt(shown: str) -> tuple[str, int]:
    """The line above the mark, and the column of the mark."""
    lines = shown.splitlines()
    number = next(number for number, line in enumerate(lines) if line.strip() == "^")
    return lines[number - 1], lines[number].index("^")


def _marked(shown: str) -> str:
    """What is shown from the mark on."""
    line, column = _excerpt(shown)
    return line[column:]


@pytest.mark.parametrize(
    ("content", "place", "after", "hint"),
    [
        (
            '{\n  "eventCode": "commit-file", // the code\n  "a": 1\n}',
            "line 2, column 31",
            "// the code",
            _COMMENT,
        ),
        ('{\n  "a": 1 // one\n}', "line 2, column 10", "// one", _COMMENT),
        ('// a sample\n{"a": 1}', "line 1, column 1", "// a sample", _COMMENT),
        ('{\n  "projectId": 90004****\n}', "line 2, column 21", "****", _MASKED),
        ('{\n  "ids": [1, 2**, 3]\n}', "line 2, column 15", "**, 3]", _MASKED),
    ],
)
def test_a_slip_has_its_place_its_mark_and_a_hint(content: str, place: str, after: str, hint: str) -> None:
    """Published samples have comments and masked digits."""
    result = _check(_save("pasted.json", content))
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.splitlines()
    assert lines[0].startswith("pasted.json: the message is not JSON: ")
    assert lines[0].endswith(f" at {place}")
    assert _marked(result.stderr) == after
    assert lines[3:] == [hint]


@pytest.mark.parametrize("content", ['{\n  "a": 1,\n}', '{\n  "a": [1, 2, ],\n  "b": 1\n}', '{"a": {"b": 1,}}'])
def test_a_trailing_comma_has_a_hint(content: str) -> None:
    """Where it is found differs between versions of Python: at the comma, or after it."""
    result = _check(_save("pasted.json", content))
    assert result.exit_code == 2
    assert _marked(result.stderr)[0] in ",}]"
    assert result.stderr.splitlines()[-1] == _TRAILING


@pytest.mark.parametrize(
    ("content", "after"),
    [("", ""), ("hello", "hello"), ("{'a': 1}", "'a': 1}"), ('{"a": "https://example.org" "b": 1}', '"b": 1}')],
)
def test_another_slip_has_no_hint(content: str, after: str) -> None:
    """An address is no comment."""
    result = _check(_save("pasted.json", content))
    assert result.exit_code == 2
    assert _marked(result.stderr) == after
    assert "Hint" not in result.stderr


def test_the_excerpt_of_a_long_line_is_cut() -> None:
    """A message in one line is not repeated whole."""
    content = f'{{"sqlText": "{"x" * 1_000}", "projectId": 90004****, "fileName": "{"y" * 1_000}"}}'
    result = _check(_save("pasted.json", content))
    assert _marked(result.stderr).startswith('****, "fileName": ')
    assert len(result.stderr) < 400


@pytest.mark.parametrize(
    "content",
    [
        f'{{"sqlText": "{"x" * 100}", "projectId": 90004****, "fileName": "{"y" * 100}"}}',
        '{\n\t"a": 1,\n\t"projectId": 90004****\n}',
        '{"fileName": "订单.csv", "projectId": 90004****}',
    ],
    ids=["long line", "tabs", "wide characters"],
)
def test_the_mark_is_under_the_slip_on_a_narrow_terminal(content: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    line, column = _excerpt(_check(_save("pasted.json", content)).stderr)
    assert cell_len(line.partition("****")[0]) == column


def test_the_problem_of_a_file_is_printed_as_it_is() -> None:
    """What looks like a style to the library that prints is plain text."""
    result = _check(_save("pasted.json", "{[red]}"))
    assert "{[red]}" in result.stderr


# Events without a policy


def _pasted(text: str) -> PolicyPack[Any]:
    """The pack that the code makes."""
    namespace: dict[str, Any] = {}
    exec(text, namespace)
    pack = namespace["pack"]
    assert isinstance(pack, PolicyPack)
    return pack


def test_an_event_without_a_policy_is_allowed_and_shows_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is printed can be pasted: it runs, and registers a policy for the event."""
    monkeypatch.setenv("COLUMNS", "80")
    result = _check(_save("commit.json", sample_payload("commit-file")))
    assert result.exit_code == 0
    assert "  No policy looks at commit-file. One to begin with:\n" in result.stdout
    [policy] = _pasted(result.stdout.partition("One to begin with:\n")[2]).policies
    assert (policy.id, policy.events) == ("my_rules.my_rule", ("commit-file",))
    assert policy.description == "Say here what nobody may do."


@pytest.mark.parametrize("code", [entry.code for entry in catalog.values() if entry.extension_point])
def test_every_event_that_can_be_refused_has_a_policy_to_begin_with(code: str) -> None:
    """It registers for the event, and looks at a published payload without failing."""
    pack = _pasted(stub(code))
    assert [policy.events for policy in pack.policies] == [(code,)]
    decision = Extension("house", packs=[pack]).decide(
        read_event(event_class(code), sample_payload(code), event_code=code)
    )
    assert [reason.error for reason in decision.reasons] == [None]


def test_an_event_with_a_class_is_annotated_with_it() -> None:
    assert "def my_rule(event: UploadDataToTable) -> Outcome | None:" in stub("upload-data-to-table")


def test_an_unknown_event_has_a_policy_to_begin_with_too() -> None:
    result = _check(_save("new.json", {"eventCode": "of-tomorrow"}))
    pack = _pasted(result.stdout.partition("One to begin with:\n")[2])
    message = read_message(json.dumps({"messageBody": {"eventCode": "of-tomorrow"}}))
    assert len(Extension("house", packs=[pack]).decide(message).reasons) == 1


# Policies that fail


def test_a_policy_that_fails_shows_its_exception() -> None:
    """Its author is who sees it: the text and the traceback are here, not in the answer."""
    result = _check(_save("execute.json", sample_payload("download-resources-execute")))
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == [
        "execute.json: download-resources-execute FAIL",
        "  The rule house.fails could not be checked.",
    ]
    shown = result.stdout.partition("house.fails failed:\n")[2]
    assert shown.startswith("Traceback (most recent call last):\n")
    assert 'return limits["salaries"]' in shown
    assert shown.splitlines()[-1] == "KeyError: 'salaries'"


def test_a_field_that_cannot_be_read_is_named() -> None:
    result = _check(_save("many.json", sample_payload("download-resources", dataRowSize="many")))
    assert result.exit_code == 1
    expected = (
        "FieldError: the field dataRowSize cannot be read: "
        "Input should be a valid integer, unable to parse string as an integer"
    )
    assert expected in result.stdout


# Messages that nobody waits for


def test_a_message_that_nobody_waits_for_says_so() -> None:
    result = _check(_save("freeze.json", sample_payload("freeze-instance")))
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "freeze.json: freeze-instance OK",
        "  This message is not blocking: it goes to observers only.",
    ]


def test_a_notification_of_an_extension_point_says_so() -> None:
    """Its policies are not asked."""
    message = {"blockBusiness": False, "messageBody": sample_payload("download-resources", dataRowSize=5_000)}
    result = _check(_save("after.json", message))
    assert result.exit_code == 0
    assert "This message is not blocking" in result.stdout


def test_a_payload_that_nobody_waits_for_says_so() -> None:
    """A bare payload has the flag within it."""
    payload = sample_payload("download-resources", dataRowSize=5_000, blockBusiness=False)
    result = _check(_save("after.json", payload))
    assert result.exit_code == 0
    assert "This message is not blocking" in result.stdout


# JSON


def test_an_exemption_holds_as_in_the_function(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until its end, by `--now`; the table says who granted it."""
    today = datetime.now(timezone(timedelta(hours=8))).date()
    entry = {"policy": "house.rows", "until": str(today), "owner": "Li Wei", "reason": "Closing"}
    monkeypatch.setenv("DATAWORKS_EXT_EXEMPTIONS", json.dumps([entry]))
    file = _download(5_000)
    result = _check(file, "--now", str(today))
    assert result.exit_code == 0
    assert f"exempted until {today} by Li Wei: Closing" in result.stdout
    assert _json(file, "--now", str(today))[0]["reasons"][0]["exempted_by"] == entry
    assert _check(file, "--now", str(today + timedelta(days=1))).exit_code == 1


def _three() -> list[str]:
    """A message that is denied, an array of one with a warning and one that is allowed, and a file that is no JSON."""
    many = [function_compute_message("download-resources", dataRowSize=rows).decode() for rows in (500, 7)]
    return [_download(5_000), _save("many.json", f"[{', '.join(many)}]"), _save("odd.json", "{")]


def test_junit_has_a_case_for_each_message() -> None:
    result = _check(*_three(), "--format", "junit")
    assert result.exit_code == 2
    [suite] = fromstring(result.stdout)
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "1", "1")
    found = [(case.get("classname"), case.get("name"), [part.tag for part in case]) for case in suite]
    assert found == [
        ("download.json", "download-resources", ["failure", "system-out"]),
        ("many.json", "download-resources [0]", ["system-out"]),
        ("many.json", "download-resources [1]", ["system-out"]),
        ("odd.json", "odd.json", ["error"]),
    ]
    assert suite[0][0].get("message") == "Too many rows [of 1,000]."


def test_sarif_has_a_result_for_each_objection() -> None:
    found = json.loads(_check(*_three(), "--format", "sarif").stdout)["runs"][0]["results"]
    place = found[0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "download.json", "uriBaseId": "%SRCROOT%"}
    assert [(one["ruleId"], one["level"]) for one in found] == [
        *(("house.rows", "error"), ("house.rows", "warning"), ("unreadable", "error")),
    ]


@pytest.mark.parametrize(("mode", "level"), [("shadow", "note"), ("warn", "warning")])
def test_sarif_is_as_grave_as_the_mode_lets_it_be(monkeypatch: pytest.MonkeyPatch, mode: str, level: str) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_MODES", f"house.rows={mode}")
    found = json.loads(_check(_download(5_000), "--format", "sarif").stdout)["runs"][0]["results"]
    assert [(one["ruleId"], one["level"]) for one in found] == [("house.rows", level)]


def test_markdown_has_a_row_for_each_message() -> None:
    lines = _check(*_three(), "--format", "markdown").stdout.splitlines()
    assert lines[0] == "## 4 checked: 1 FAIL, 1 WARN, 1 OK, 1 unreadable"
    assert lines[4] == r"| download.json | download-resources | FAIL | `house.rows` | Too many rows \[of 1,000\]. |"
    assert len(lines) == 8


@pytest.mark.parametrize("form", ["table", "json", "markdown", "junit", "sarif"])
def test_each_form_goes_to_a_file_as_to_the_screen(form: str) -> None:
    message = _save("other.json", eventbridge_message("freeze-node"))
    written = _check(message, "--format", form, "--output", "made/of.txt")
    assert (written.exit_code, written.stdout, written.stderr) == (0, "", "made/of.txt is written.\n")
    assert Path("made/of.txt").read_text(encoding="utf-8") == _check(message, "--format", form).stdout


def test_a_file_that_cannot_be_written_is_named() -> None:
    result = _check(_download(7), "--output", "download.json/results")
    assert result.exit_code == 2
    assert "download.json/results cannot be written: " in result.stderr


def test_a_denied_message_as_json() -> None:
    [shown] = _json(_download(5_000))
    elapsed = shown["reasons"][0].pop("elapsed_ms")
    assert elapsed == round(elapsed, 3)
    assert isinstance(elapsed, float)
    assert shown == {
        "file": "download.json",
        "event_code": "download-resources",
        "message_id": "m-1",
        "blocking": True,
        "verdict": "FAIL",
        "message": "Too many rows [of 1,000].",
        "reasons": [
            {
                "policy": "house.rows",
                "verdict": "FAIL",
                "message": "Too many rows [of 1,000].",
                "mode": "enforce",
                "error": None,
                "exempted_by": None,
            }
        ],
    }


def test_every_file_is_in_the_json_in_its_order() -> None:
    shown = _json(_download(7, "a.json"), _save("b.json", "[]"), _download(500, "c.json"))
    assert [one["file"] for one in shown] == ["a.json", "b.json", "c.json"]
    assert shown[1] == {"file": "b.json", "problem": "an empty array holds no message"}


@pytest.mark.parametrize(("content", "code"), [("[]", 2), (b"", 2)])
def test_the_exit_code_with_json_is_the_same(content: str | bytes, code: int) -> None:
    assert _check(_save("odd.json", content), "--json").exit_code == code
    assert _check(_download(5_000), "--json").exit_code == 1
    assert _check(_download(7), "--json").exit_code == 0


def test_the_error_of_a_policy_is_in_the_json() -> None:
    [shown] = _json(_save("execute.json", sample_payload("download-resources-execute")))
    assert shown["reasons"][0]["error"] == "KeyError: 'salaries'"


def test_what_a_policy_logs_does_not_spoil_the_json() -> None:
    [shown] = _json(_save("upload.json", sample_payload("upload-data-to-table")))
    assert shown["verdict"] == "OK"


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_lone_surrogate_is_printed_somehow(option: list[str]) -> None:
    """JSON can write what a terminal cannot."""
    result = _check(_save("odd.json", '{"eventCode": "\\ud800"}'), *option)
    assert (result.exit_code, result.exception) == (0, None)


# What DataWorks would be asked


@pytest.mark.parametrize(
    "content",
    [
        "select 1",
        '{"CommittedFile": {"Content": "select 1"}}',
        '{"EventDetail": {"CommittedFile": {"Content": "select 1"}}}',
    ],
)
def test_a_snapshot_is_code_or_an_answer_of_dataworks(content: str) -> None:
    """No option is chosen."""
    message = _save("commit.json", sample_payload("deploy-file"))
    result = _check(message, "--snapshot", _save("code.sql", content))
    assert result.stdout.splitlines()[1] == "  No select 1"


def test_without_a_snapshot_a_policy_that_asks_fails() -> None:
    result = _check(_save("commit.json", sample_payload("deploy-file")))
    assert result.exit_code == 1
    assert "check does not ask DataWorks for a snapshot; give it one: --snapshot code.sql" in result.stdout
    assert "Traceback" not in result.stdout


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff", "the snapshot code.sql is not UTF-8; save it as UTF-8"),
        ('{"EventDetail": {}}', "DataWorks has no snapshot of this event"),
        ('{"CommittedFile": {"FileId": "x"}}', "does not read: CommittedFile.FileId; expected the answer of"),
    ],
)
def test_a_snapshot_that_cannot_be_read_ends_with_2(content: str | bytes, problem: str) -> None:
    result = _check(_download(7), "--snapshot", _save("code.sql", content))
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())


def test_a_missing_snapshot_ends_with_2() -> None:
    result = _check(_download(7), "--snapshot", "nowhere.sql")
    assert (result.exit_code, "nowhere.sql cannot be read: No such file" in result.stderr) == (2, True)


# Time and settings

_TIMED = """
from datetime import time

from dataworks_ext import Extension, PolicyPack, deny
from pydantic import BaseModel, PositiveInt


class Settings(BaseModel):
    max_rows: PositiveInt = 1_000
    closes: time = time(18)


rows = PolicyPack("rows", settings=Settings)
extension = Extension("house", packs=[rows])


@rows.policy("download-resources")
def row_limit(event, context):
    return deny("Too many rows.") if event.data_row_size > context.settings.max_rows else None


@rows.policy("download-resources")
def hours(event, context):
    return deny(f"It is {context.now:%Y-%m-%d %H:%M %z}.") if context.now.time() >= context.settings.closes else None
"""


@pytest.fixture
def timed() -> str:
    """An extension with settings, and the name of a saved message of 500 rows."""
    Path(f"{_NAME}.py").write_text(_TIMED)
    return _download(500)


@pytest.mark.parametrize(
    ("now", "message"),
    [
        ("2026-11-11 19:30", "It is 2026-11-11 11:30 +0000."),
        ("2026-11-11T18:30+01:00", "It is 2026-11-11 17:30 +0000."),
        ("2026-11-11 8:59:59", ""),
        ("2026-11-11", "It is 2026-11-10 16:00 +0000."),
    ],
)
def test_now_says_what_time_it_is(timed: str, now: str, message: str) -> None:
    """In Asia/Shanghai, unless it has a zone; a day is its midnight. Policies get it in UTC."""
    [checked] = _json(timed, "--now", now, "--set", "rows.closes=01:00")
    assert checked["message"] == message


@pytest.mark.parametrize("now", ["soon", "2026-13-01", "11-11", "19:30", ""])
def test_a_time_that_is_none_ends_with_2(timed: str, now: str) -> None:
    result = _check(timed, "--now", now)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "--now: expected a day or a moment, such as 2026-11-11 or 2026-11-11 10:00" in " ".join(
        result.stderr.split()
    )


def test_a_setting_stands_above_the_environment(timed: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROWS_MAX_ROWS", "10")
    arguments = (timed, "--now", "2026-11-11")
    assert _check(*arguments).exit_code == 1
    assert _check(*arguments, "--set", "rows.max_rows=500").exit_code == 0
    assert _check(*arguments, "--set", "rows.max_rows=500", "--set", "rows.closes=00:00").exit_code == 1


@pytest.mark.parametrize(
    ("setting", "problem"),
    [
        (
            "rows.max_rows",
            "--set takes a setting and its value, such as --set downloads.max_rows=1000; got rows.max_rows",
        ),
        ("rows.max_row=1", 'did you mean "rows.max_rows"'),
        ("row.max_rows=1", 'did you mean "rows.max_rows"'),
        ("rows.max_rows=many", "--set rows.max_rows=many: "),
        ("rows.max_rows=-1", "--set rows.max_rows=-1: "),
        ("rows.max_rows=x://u:hunter2@y", "--set rows.max_rows=x://**********@y: "),
    ],
)
def test_a_setting_that_cannot_be_ends_with_2(timed: str, setting: str, problem: str) -> None:
    result = _check(timed, "--set", setting)
    assert (result.exit_code, result.stdout) == (2, "")
    assert problem in " ".join(result.stderr.split())
