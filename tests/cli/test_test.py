"""`dataworks-ext test`: case files, put to the policies."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

from dataworks_ext.cli._app import app

_APP = """
import signal

from dataworks_ext import Extension, PolicyPack, deny
from pydantic import BaseModel


class Settings(BaseModel):
    max_rows: int = 100


rows = PolicyPack("rows", settings=Settings)
extension = Extension("house", packs=[rows])


@rows.policy("download-resources")
def row_limit(event, context):
    limit = context.settings.max_rows
    return deny(f"At most {limit} rows [of a table].") if event.data_row_size > limit else None


@rows.policy("download-resources-execute")
def fails(event):
    raise KeyError("salaries")


@rows.policy("upload-data-to-table")
def is_interrupted(event):
    signal.raise_signal(signal.SIGINT)
"""
_NAME = "house_rules"
_PASSES = "- {name: a few rows pass, event: download-resources, with: {data_row_size: 100}, expect: OK}\n"
_FAILS = "- {name: a few rows are denied, event: download-resources, with: {data_row_size: 100}, expect: FAIL}\n"


@pytest.fixture(autouse=True)
def _bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The extension of these tests, in a folder of its own; no line is folded."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("DATAWORKS_EXT_APP", f"{_NAME}:extension")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    Path(f"{_NAME}.py").write_text(_APP)
    Path("cases").mkdir()
    yield
    sys.modules.pop(_NAME, None)


def _save(text: str, name: str = "cases/downloads.yaml") -> str:
    Path(name).parent.mkdir(parents=True, exist_ok=True)
    Path(name).write_text(text)
    return name


def _test(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["test", *arguments])


def test_cases_that_are_as_expected_end_with_0() -> None:
    _save(_PASSES)
    result = _test()
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "cases/downloads.yaml: 1 passed\n1 file: 1 passed\n"


def test_a_case_that_is_not_as_expected_ends_with_1() -> None:
    """It is shown with its line, what was expected, what came, and each policy's reason."""
    _save(_PASSES + _FAILS)
    result = _test()
    assert (result.exit_code, result.stderr) == (1, "")
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert lines[:5] == [
        "cases/downloads.yaml: 1 passed, 1 failed",
        "cases/downloads.yaml:2: a few rows are denied",
        "  expected  FAIL",
        "  got       OK",
        "  at        2026-03-02 12:00 (Asia/Shanghai)",
    ]
    assert any(line.split()[:3] == ["rows.row_limit", "OK", "enforce"] for line in lines)
    assert lines[-1] == "1 file: 1 passed, 1 failed"


def test_a_text_that_is_not_there_is_not_as_expected() -> None:
    _save("- {name: too many, event: download-resources, with: {data_row_size: 101}, expect: FAIL, text: no rows}\n")
    result = _test()
    assert result.exit_code == 1
    assert 'expected  FAIL with "no rows"' in result.stdout
    assert "got       FAIL: At most 100 rows [of a table]." in result.stdout


def test_a_policy_that_fails_shows_its_exception() -> None:
    _save("- {name: it passes, event: download-resources-execute, expect: OK}\n")
    result = _test()
    assert result.exit_code == 1
    assert "KeyError: 'salaries'" in result.stdout
    assert f"{_NAME}.py" in result.stdout


def test_an_expected_denial_that_comes_from_a_failure_is_hinted_at() -> None:
    _save("- {name: it is denied, event: download-resources-execute, expect: FAIL}\n")
    result = _test()
    assert result.exit_code == 0
    assert "Hint: rows.fails failed: KeyError: 'salaries'" in result.stdout


def test_what_cannot_be_read_ends_with_2_and_the_other_files_are_tested() -> None:
    _save("- {name: a typing error, event: download-resource, expect: OK}\n", "cases/a.yaml")
    _save(_FAILS, "cases/b.yaml")
    result = _test()
    assert result.exit_code == 2
    assert result.stderr.startswith('cases/a.yaml:1: there is no event "download-resource"; did you mean')
    assert "cases/b.yaml:1: a few rows are denied" in result.stdout
    assert result.stdout.splitlines()[-1] == "2 files: 0 passed, 1 failed, 1 problem"


def test_a_setting_that_the_extension_has_not_ends_with_2_and_its_line() -> None:
    _save("- name: a typing error\n  event: download-resources\n  settings:\n    rows.max_row: 1\n  expect: OK\n")
    result = _test()
    assert result.exit_code == 2
    assert result.stderr.startswith("cases/downloads.yaml:4: ")
    assert "max_rows" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["nowhere"], "nowhere: there is no such file or folder; name case files, or folders of them, or make the"),
        (["cases"], "there is no case file in cases; a case file ends in .yaml or .yml"),
        (["cases", "--app", "nowhere:extension"], "nowhere"),
    ],
)
def test_what_is_not_there_ends_with_2(arguments: list[str], problem: str) -> None:
    result = _test(*arguments)
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())


def test_files_without_a_case_end_with_2() -> None:
    _save("# later\n")
    result = _test()
    assert result.exit_code == 2
    assert "there is no case in these files; a case begins with - name:" in result.stderr


def test_without_the_folder_it_is_said_how_to_begin() -> None:
    Path("cases").rmdir()
    result = _test()
    assert result.exit_code == 2
    assert "or make the folder cases" in " ".join(result.stderr.split())


def test_files_and_folders_are_named() -> None:
    """A file that is named twice is tested once."""
    _save(_PASSES, "elsewhere/deep/one.yml")
    _save(_PASSES, "two.yaml")
    result = _test("elsewhere", "two.yaml", "elsewhere/deep/one.yml")
    assert result.stdout.splitlines() == [
        "elsewhere/deep/one.yml: 1 passed",
        "two.yaml: 1 passed",
        "2 files: 2 passed",
    ]


def test_the_environment_has_no_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROWS_MAX_ROWS", "1")
    monkeypatch.setenv("DATAWORKS_EXT_MODES", "rows.row_limit=off")
    _save(_PASSES)
    assert _test().exit_code == 0


def test_eighty_columns_are_enough_and_no_word_is_chopped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Chinese character takes two of them."""
    monkeypatch.setenv("COLUMNS", "80")
    english = "This case has a name that goes on for so long that no terminal of the usual width shows it in one line"
    chinese = "每次下载最多允许一百行数据，需要更多的同事请先联系数据平台团队的负责人，说明原因之后再申请豁免"
    _save(_FAILS.replace("a few rows are denied", english)[:-2] + f', text: "{chinese}"}}\n')
    lines = _test().stdout.splitlines()
    assert max(map(cell_len, lines)) <= 80
    assert english in " ".join(line.strip() for line in lines)
    assert chinese in "".join(line.strip() for line in lines)


@pytest.mark.parametrize(
    "change", ["expect: FAIL", "event: none", "settings: {none: 1}", "event: download-resources-execute"]
)
def test_escape_sequences_do_not_reach_the_terminal(change: str) -> None:
    """Neither those of a case nor those of its file, whether it passes, fails, has a hint, or cannot be read."""
    fields = {"name": r'"\e[31mred\u009bm"', "event": "download-resources", "expect": "OK"}
    name, _, value = change.partition(": ")
    case = ", ".join(f"{name}: {value}" for name, value in {**fields, name: value}.items())
    result = _test(_save(f"- {{{case}}}\n", "cases/\x1b[31m\n.yaml"))
    assert result.stdout + result.stderr == re.sub("[\x00-\x09\x0b-\x1f\x7f-\x9f]", "", result.stdout + result.stderr)
    assert not any(line.startswith(".yaml") for line in (result.stdout + result.stderr).splitlines())
    assert r"cases/\x1b[31m\n.yaml" in result.stdout


def test_an_interruption_ends_the_command() -> None:
    """It is no verdict, though a failing policy denies."""
    _save("- {name: it is interrupted, event: upload-data-to-table, expect: FAIL}\n" + _PASSES)
    result = _test()
    assert (result.exit_code, result.stdout) == (130, "")


def test_every_case_is_in_the_json() -> None:
    """A file that cannot be read is, too."""
    _save("- {name: a, expect: OK}\n", "cases/a.yaml")
    _save(_FAILS, "cases/b.yaml")
    result = _test("--json")
    assert result.exit_code == 2
    problem, case = json.loads(result.stdout)
    assert problem == {"file": "cases/a.yaml", "line": 1, "problem": problem["problem"]}
    [reason] = case.pop("reasons")
    assert (reason["policy"], reason["verdict"]) == ("rows.row_limit", "OK")
    assert case == {
        "file": "cases/b.yaml",
        "line": 1,
        "name": "a few rows are denied",
        "event_code": "download-resources",
        "passed": False,
        "expected": "FAIL",
        "expected_text": [],
        "verdict": "OK",
        "message": "",
        "hints": [],
    }


def test_the_other_forms_have_every_case_too() -> None:
    _save("- {name: a, expect: OK}\n", "cases/a.yaml")
    _save(_FAILS, "cases/b.yaml")
    _save(_PASSES, "cases/c.yaml")
    [suite] = fromstring(_test("--format", "junit").stdout)
    assert [(case.get("classname"), case.get("name"), [part.tag for part in case]) for case in suite] == [
        ("cases/a.yaml", "cases/a.yaml:1", ["error"]),
        ("cases/b.yaml", "a few rows are denied", ["failure"]),
        ("cases/c.yaml", "a few rows pass", []),
    ]
    found = json.loads(_test("--format", "sarif").stdout)["runs"][0]["results"]
    places = [one["locations"][0]["physicalLocation"] for one in found]
    assert [
        (one["ruleId"], place["artifactLocation"]["uri"], place["region"]["startLine"])
        for one, place in zip(found, places, strict=True)
    ] == [
        ("unreadable", "cases/a.yaml", 1),
        ("case-failed", "cases/b.yaml", 1),
    ]
    lines = _test("--format", "markdown").stdout.splitlines()
    assert lines[0] == "## 3 files: 1 passed, 1 failed, 1 problem"
    assert lines[5].startswith("| cases/b.yaml:1 | a few rows are denied | ")
    assert _test("--format", "junit", "--output", "results.xml").exit_code == 2
    assert fromstring(Path("results.xml").read_bytes())[0].get("failures") == "1"
