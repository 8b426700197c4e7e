"""`dataworks-ext exempt`: prints the line that grants an exemption, and refuses what could never hold."""

from __future__ import annotations

import ast
import json
from datetime import date, datetime, timedelta, timezone
from typing import Final

import pytest
from typer.testing import CliRunner, Result

from dataworks_ext import Exemption, Extension
from dataworks_ext.cli._app import app

TODAY: Final = datetime.now(timezone(timedelta(hours=8))).date()
GIVEN: Final = ("--until", str(TODAY), "--owner", "Li Wei", "--reason", '"年终" closing')


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["exempt", *arguments])


def _read(line: str) -> Exemption:
    """What the line makes in the list of an extension."""
    made = eval(compile(ast.parse(f"[{line}]", mode="eval"), "line", "eval"), globals())
    assert isinstance(made, list)
    (exemption,) = made
    assert isinstance(exemption, Exemption)
    return exemption


def test_the_line_is_python_for_the_list_of_an_extension() -> None:
    conditions = ("--operator", "1", "--operator", "2", "--workspace", "90004", "--match", "file_name=tmp_*=x")
    result = _run("downloads.row_limit", *GIVEN, *conditions, "--url", "https://example.com/7")
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert _read(result.stdout) == Exemption(
        "downloads.row_limit",
        until=TODAY,
        owner="Li Wei",
        reason='"年终" closing',
        operators=("1", "2"),
        workspaces=(90004,),
        match={"file_name": "tmp_*=x"},
        url="https://example.com/7",
    )


def test_a_time_has_its_zone() -> None:
    until = f"{TODAY + timedelta(days=1)}T18:00+08:00"
    result = _run("downloads.*", "--until", until, *GIVEN[2:])
    assert _read(result.stdout).end == datetime.fromisoformat(until)


def test_the_json_is_an_entry_of_the_variable() -> None:
    result = _run("downloads.row_limit", *GIVEN, "--operator", "1", "--json")
    entry = json.loads(result.stdout)
    assert entry == {
        "policy": "downloads.row_limit",
        "until": str(TODAY),
        "owner": "Li Wei",
        "reason": '"年终" closing',
        "operators": ["1"],
    }
    assert Extension("x").configuration_in({"DATAWORKS_EXT_EXEMPTIONS": json.dumps([entry])}).problems == (
        "exemption of downloads.row_limit: no policy is called downloads.row_limit",
    )


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("downloads.rowlimit", *GIVEN), 'no policy is called downloads.rowlimit; did you mean "downloads.row_limit"?'),
        (("downloads.row_limit", "--until", "soon", *GIVEN[2:]), "until should be a day, 2027-01-31"),
        (("downloads.row_limit", "--until", "2020-01-01", *GIVEN[2:]), "ended on 2020-01-01 23:59"),
        (("downloads.row_limit", "--until", "2999-01-01", *GIVEN[2:]), "may last 180 days at most"),
        (("downloads.row_limit", *GIVEN[:2], "--owner", " ", *GIVEN[4:]), "owner should be a text"),
        (("downloads.row_limit", *GIVEN, "--match", "file_nam=x"), "has a field file_nam"),
        (("downloads.row_limit", *GIVEN, "--match", "x"), "--match takes a field and a pattern"),
    ],
)
def test_what_could_never_hold_is_refused(arguments: tuple[str, ...], problem: str) -> None:
    result = _run(*arguments)
    assert result.exit_code == 2
    assert problem in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_dates_of_the_line_are_dates() -> None:
    assert _read(_run("downloads.row_limit", *GIVEN).stdout).until == date.fromordinal(TODAY.toordinal())
