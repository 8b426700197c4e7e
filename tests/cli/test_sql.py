"""`dataworks-ext sql`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dataworks_ext.cli._app import app

RULES = """
from dataworks_ext import Extension
from policies.sql import sql

extension = Extension("rules", packs=[sql])
"""
SCRIPT = """insert overwrite table ads.daily
select *, max_pt('x') from ods.orders
where ds = '1';
pai -name x;
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an extension and a script."""
    (tmp_path / "sql_rules_of_a_test.py").write_text(RULES)
    (tmp_path / "daily.sql").write_text(SCRIPT)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("DATAWORKS_EXT_APP", "sql_rules_of_a_test:extension")
    return tmp_path


def test_it_shows_what_a_script_does_and_who_objects(project: Path) -> None:
    result = CliRunner().invoke(app, ["sql", "daily.sql"])
    assert result.exit_code == 1
    for part in (
        "ods.orders: all columns; filtered by ds",
        "ads.daily",
        "not understood",
        "the command PAI is not understood",
        "The code calls a forbidden function, first in line 2: MAX_PT.",
    ):
        assert part in " ".join(result.output.split())


def test_it_prints_json(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SQL_FORBIDDEN_FUNCTIONS", "[]")
    result = CliRunner().invoke(app, ["sql", "--json", "daily.sql"])
    assert result.exit_code == 0
    (shown,) = json.loads(result.output)
    assert shown["reads"] == [{"table": "ods.orders", "line": 2, "columns": None, "filters": ["ds"]}]
    assert shown["calls"] == [{"name": "max_pt", "line": 2}]
    assert shown["unread"] == [{"line": 4, "reason": "the command PAI is not understood"}]
    assert shown["verdict"] == "OK"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["nothing.sql"], "nothing.sql cannot be read: No such file or directory"),
        (["--dialect", "cobol", "daily.sql"], "there is no dialect cobol; use one of maxcompute, hologres"),
    ],
)
def test_what_cannot_be_read_is_named(project: Path, arguments: list[str], text: str) -> None:
    result = CliRunner().invoke(app, ["sql", *arguments])
    assert result.exit_code == 2
    assert text in " ".join(result.output.split())


def test_sql_that_cannot_be_read_is_shown_with_its_line(project: Path) -> None:
    (project / "daily.sql").write_text("select 1\nfrom where")
    result = CliRunner().invoke(app, ["sql", "daily.sql"])
    assert "it is no statement of maxcompute" in " ".join(result.output.split())
