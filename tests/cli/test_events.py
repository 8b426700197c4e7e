"""`dataworks-ext events`: the catalog, and one event."""

from __future__ import annotations

import json
import re

import pytest
from typer.testing import CliRunner

from dataworks_ext.cli._app import app
from dataworks_ext.cli.events import fields_of
from dataworks_ext.events import catalog, event_class
from dataworks_ext.testing import sample_payload

CLASSES = ["download-resources", "download-resources-execute", "upload-data-to-table"]


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """So wide that no cell is folded."""
    monkeypatch.setenv("COLUMNS", "200")


def _run(*arguments: str, code: int = 0) -> str:
    """What is written to stdout; to stderr, where the command ends with an error."""
    result = CliRunner().invoke(app, ["events", *arguments])
    assert result.exit_code == code, result.output
    assert not (result.stdout and result.stderr)
    return result.stderr if code else result.stdout


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
    assert _run().splitlines()[-1] == "51 events, 33 of which DataWorks waits to have answered."


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
        "DataWorks waits for an answer (UpdateIDEEventResult).",
    ]


def test_a_regular_event_says_that_nobody_waits() -> None:
    assert "A notification; nobody waits." in _run("freeze-instance").splitlines()


def test_an_event_with_a_class_says_how_to_import_it() -> None:
    """The line can be pasted."""
    line = "from dataworks_ext.events import DownloadResources"
    assert line in _run("download-resources").splitlines()
    exec(line, {})


def test_an_event_without_a_class_says_what_a_policy_gets() -> None:
    expected = "It has no class of its own yet: a policy gets an Event, with the whole payload in event.raw."
    assert expected in _run("commit-file").splitlines()


def test_the_fields_are_shown_as_python_and_the_wire_have_them() -> None:
    rows = _rows(_run("download-resources-execute"))
    assert ["Python", "On the wire", "Type", "Required", "Meaning"] in rows
    assert ["data_row_size", "dataRowSize", "int", "yes", "The number of rows."] in rows
    assert ["module_type", "moduleType", "ModuleType | str", "yes", "Where the download was started."] in rows
    assert ["ip", "ip", "str", "yes", "The IP address of the person who downloads."] in rows
    assert ["tenant_id", "tenantId", "int | None", "The tenant: one for each Alibaba Cloud account."] in rows


@pytest.mark.parametrize("code", CLASSES)
def test_every_field_of_the_payload_is_shown(code: str) -> None:
    shown = set(_run(code).split())
    assert sample_payload(code).keys() <= shown


@pytest.mark.parametrize("code", CLASSES)
def test_every_field_has_a_meaning(code: str) -> None:
    assert [field.python for field in fields_of(event_class(code)) if not field.meaning] == []


def test_the_fields_of_the_event_itself_come_first() -> None:
    fields = [field.python for field in fields_of(event_class("download-resources-execute"))]
    assert fields[-5:] == ["event_code", "tenant_id", "extension_biz_id", "workspace_id", "operator"]
    assert fields[0] == "module_type"


def test_the_next_command_is_shown() -> None:
    assert _run("commit-file").splitlines()[-1] == "A ready payload: dataworks-ext events commit-file --sample"


@pytest.mark.parametrize("code", catalog)
def test_every_event_can_be_shown(code: str) -> None:
    assert _run(code).startswith(f"{code}: {catalog[code].title}\n")


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
