"""`dataworks-ext events`: the catalog, and one event."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from typer.testing import CliRunner

from dataworks_ext.cli._app import app
from dataworks_ext.cli._event_fields import classes_within, fields_of
from dataworks_ext.events import catalog, event_class
from dataworks_ext.testing import sample_payload


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """So wide that no cell is folded."""
    monkeypatch.setenv("COLUMNS", "200")


def _run(*arguments: str, code: int = 0) -> str:
    """What is written to stdout; to stderr, where the command ends with an error."""
    result = CliRunner().invoke(app, ["events", *arguments])
    assert result.exit_code == code, result.output
    assert result.stderr or not code
    return result.stderr if code else result.stdout


@cache
def _shown(code: str) -> str:
    """What is shown of an event; the tests of every event ask for it again."""
    return _run(code)


@cache
def _schema(code: str) -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(_run(code, "--schema"))
    return schema


def _rows(text: str) -> list[list[str]]:
    """The cells of each line of the tables in it."""
    return [re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if line.strip()]


def _words(text: str) -> str:
    return " ".join(text.split())


# The catalog


def test_every_code_has_its_line() -> None:
    """The table lists the 51 codes in the order of the catalog, with what can be refused."""
    listed = [row for row in _rows(_run()) if row[0] in catalog]
    assert listed == [
        [entry.code, *(["yes"] if entry.extension_point else []), entry.module, entry.title]
        for entry in catalog.values()
    ]


def test_the_catalog_is_counted() -> None:
    assert _run().splitlines()[-1] == "51 events. DataWorks waits for an answer to the 33 blocking ones."


def test_a_code_is_whole_where_nobody_watches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Piped into another program, the table is wide enough for every code."""
    monkeypatch.delenv("COLUMNS")
    words = set(_run().split())
    assert set(catalog) <= words


def test_the_catalog_as_json() -> None:
    listed = json.loads(_run("--json"))
    assert listed == [entry._asdict() for entry in catalog.values()]


# One event


def test_an_extension_point_says_how_it_is_answered() -> None:
    shown = _run("commit-file").splitlines()
    assert shown[:3] == [
        "commit-file: A file is about to be committed",
        "Module: DataStudio (workspace level). EventBridge type: dataworks:FileChange:CommitFile",
        "Blocking: DataWorks waits for an answer (UpdateIDEEventResult).",
    ]


def test_a_regular_event_says_that_nobody_waits() -> None:
    assert "A notification: not blocking." in _run("freeze-instance").splitlines()


def test_an_event_with_a_class_says_how_to_import_it() -> None:
    """The line can be pasted."""
    line = "from dataworks_ext.events import DownloadResources"
    assert line in _run("download-resources").splitlines()
    exec(line, {})


def test_the_fields_are_shown_as_python_and_the_wire_have_them() -> None:
    rows = _rows(_run("download-resources-execute"))
    assert ["Python", "On the wire", "Type", "Required", "Meaning"] in rows
    assert ["data_row_size", "dataRowSize", "int", "yes", "The number of rows."] in rows
    assert ["module_type", "moduleType", "ModuleType | str", "yes", "Where the download was started."] in rows
    assert ["ip", "ip", "str", "yes", "The IP address of the person who downloads."] in rows
    assert ["tenant_id", "tenantId", "int | None", "The tenant: one for each Alibaba Cloud account."] in rows


@pytest.mark.parametrize("code", catalog)
def test_every_field_of_the_payload_is_shown(code: str) -> None:
    shown = set(_shown(code).split())
    assert sample_payload(code).keys() <= shown


@pytest.mark.parametrize("code", catalog)
def test_every_field_has_a_meaning(code: str) -> None:
    """Those of the forms and parts of an event too."""
    cls = event_class(code)
    fields = [field for described in (cls, *classes_within(cls)) for field in fields_of(described)]
    assert [field.python for field in fields if not field.meaning] == []


def test_the_forms_and_parts_of_an_event_are_shown() -> None:
    """The forms first, each with the fields that it has besides."""
    lines = _run("start-diJob").splitlines()
    headings = [
        line for line in lines if re.match(r"[A-Z]\w+: ", line) and not line.startswith(("Module:", "Blocking:"))
    ]
    assert [heading.split(":")[0] for heading in headings] == [
        *("StartDiJobV1", "StartDiJobV2", "TableMapping", "StartSetting"),
    ]
    assert ["job_id", "jobId", "int", "yes", "The id of the job."] in _rows("\n".join(lines))


def test_the_values_of_an_enumeration_are_shown() -> None:
    assert "ChangeType: 0 NEW, 1 UPDATE, 2 DELETE" in _run("commit-file").splitlines()
    assert "Severity: High, Normal" in _run("update-data-quality-rule").splitlines()


def test_the_fields_of_the_event_itself_come_first() -> None:
    fields = [field.python for field in fields_of(event_class("download-resources-execute"))]
    assert fields[-6:] == ["event_code", "tenant_id", "extension_biz_id", "block_business", "workspace_id", "operator"]
    assert fields[0] == "module_type"


def test_the_next_command_is_shown() -> None:
    assert _run("commit-file").splitlines()[-1] == "A ready payload: dataworks-ext events commit-file --sample"


@pytest.mark.parametrize("code", catalog)
def test_every_event_can_be_shown(code: str) -> None:
    assert _shown(code).startswith(f"{code}: {catalog[code].title}\n")


def test_an_event_as_json() -> None:
    shown = json.loads(_run("upload-data-to-table", "--json"))
    fields = shown.pop("fields")
    assert shown == {**catalog["upload-data-to-table"]._asdict(), "sample": sample_payload("upload-data-to-table")}
    assert {
        "wire": "fileSize",
        "python": "file_size",
        "type": "int",
        "required": True,
        "meaning": "The size of the file, in bytes.",
    } in fields


# Samples


@pytest.mark.parametrize("code", catalog)
def test_every_event_has_a_sample(code: str) -> None:
    """It is JSON and nothing else, so it can be saved and changed."""
    assert json.loads(_run(code, "--sample")) == sample_payload(code)


# Mistakes


def test_an_unknown_code_is_answered_with_the_nearest() -> None:
    expected = 'dataworks-ext: there is no event "commit-fiel"; did you mean "commit-file"?'
    assert _words(_run("commit-fiel", code=2)) == expected


def test_a_code_that_is_like_no_other_is_answered_with_where_to_look() -> None:
    expected = 'dataworks-ext: there is no event "xyz"; `dataworks-ext events` lists them'
    assert _words(_run("xyz", code=2)) == expected


def test_the_code_of_a_table_in_square_brackets_is_shown_as_it_is() -> None:
    """What looks like a style to the library that prints is plain text."""
    assert '"[red]xyz"' in _run("[red]xyz", code=2)


@pytest.mark.parametrize("option", ["--sample", "--json"])
def test_an_unknown_code_has_no_sample(option: str) -> None:
    assert "there is no event" in _run("commit-fiel", option, code=2)


def test_a_sample_needs_a_code() -> None:
    expected = "dataworks-ext: --sample needs an event code: dataworks-ext events download-resources --sample"
    assert _words(_run("--sample", code=2)) == expected


# JSON Schema


@pytest.mark.parametrize("code", catalog)
def test_the_schema_of_an_event_admits_its_sample(code: str) -> None:
    """It is JSON Schema of 2020-12, by wire names."""
    schema = _schema(code)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(sample_payload(code))


@pytest.mark.parametrize("code", catalog)
def test_the_schema_names_every_field_of_the_sample(code: str) -> None:
    schema = _schema(code)
    forms = [schema["$defs"][form["$ref"].rpartition("/")[2]] for form in schema.get("anyOf", [])] or [schema]
    known = {field for form in forms for field in form["properties"]}
    assert sample_payload(code).keys() <= known


def test_the_schema_knows_what_is_required() -> None:
    schema = _schema("commit-file")
    assert "changeType" in schema["required"]
    assert "nodeId" not in schema["required"]


@pytest.mark.parametrize(
    ("field", "value"), [("fileId", "no number"), ("operator", None), ("fileVersion", []), ("blockBusiness", "?")]
)
def test_the_schema_refuses_what_does_not_read(field: str, value: object) -> None:
    schema = _schema("commit-file")
    assert not Draft202012Validator(schema).is_valid(sample_payload("commit-file", **{field: value}))


def test_the_schema_says_what_a_field_means() -> None:
    schema = _schema("commit-file")
    assert schema["properties"]["fileVersion"] == {
        "type": ["integer", "string"],
        "pattern": r"^-?\d+$",
        "description": "The version of the file.",
    }


# Event patterns

_APP = """
from dataworks_ext import Extension

extension = Extension("guard")
{}
"""


def _pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *registrations: str, code: int = 0) -> str:
    lines = [
        f"extension.{register}(id='r{number}')(lambda event: None)" for number, register in enumerate(registrations)
    ]
    name = tmp_path.name
    (tmp_path / f"{name}.py").write_text(_APP.format("\n".join(lines).replace(")(id=", ", id=")), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    return _run("--pattern", "--app", f"{name}:extension", code=code)


def test_the_pattern_is_of_what_is_registered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Policies and observers alike, in the order of the catalog, each event once."""
    pattern = _pattern(
        tmp_path,
        monkeypatch,
        "policy('unfreeze-node', 'commit-file')",
        "policy('commit-file')",
        "observer('node-change-created')",
    )
    assert json.loads(pattern) == {
        "source": ["acs.dataworks"],
        "type": [
            "dataworks:NodeChange:NodeChangeCreated",
            "dataworks:FileChange:CommitFile",
            "dataworks:NodeChange:UnFreezeNode",
        ],
    }


def test_the_pattern_of_a_policy_on_everything_is_every_extension_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    types = json.loads(_pattern(tmp_path, monkeypatch, "policy('*')"))["type"]
    assert types == [entry.type for entry in catalog.values() if entry.extension_point]


def test_the_pattern_of_an_observer_of_everything_is_all_of_dataworks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern = _pattern(tmp_path, monkeypatch, "observer('*')", "policy('commit-file')")
    assert json.loads(pattern) == {"source": ["acs.dataworks"]}


def test_an_extension_that_handles_nothing_has_no_pattern(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = _words(_pattern(tmp_path, monkeypatch, code=2))
    assert said == "dataworks-ext: extension guard handles no event: register a policy or an observer first"


# Contradictions


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--schema"], "--schema needs an event code: dataworks-ext events download-resources --schema"),
        (["commit-file", "--pattern"], "--pattern takes no event code: dataworks-ext events --pattern"),
        (["commit-file", "--sample", "--schema"], "--sample and --schema print different things; give one of them"),
    ],
)
def test_options_that_do_not_go_together_are_an_error(arguments: list[str], said: str) -> None:
    assert _words(_run(*arguments, code=2)) == f"dataworks-ext: {said}"
