"""The documented queries, on DuckDB."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest
import sqlglot

from dataworks_ext.rehearsal.days import SCHEMA

from .queries import PAGE, statements, write_archive

MESSAGES = 40
TYPES = {"int64": "BIGINT", "timestamp[us, tz=UTC]": "TIMESTAMP", "string": "STRING"}


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[duckdb.DuckDBPyConnection]:
    monkeypatch.chdir(tmp_path)
    write_archive(tmp_path / "archive")
    with duckdb.connect() as opened:
        for statement in statements("DuckDB"):
            opened.execute(statement)
        yield opened


def test_who_was_denied_what_and_how_often(database: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    denied = write_archive(tmp_path / "again")
    rows = database.execute(statements("Questions")[0]).fetchall()
    assert {(person, policy): count for person, policy, _, count, _, _ in rows} == denied
    assert len({version for _, _, version, *_ in rows}) == 1


def test_every_other_question_has_its_answer(database: duckdb.DuckDBPyConnection) -> None:
    versions, days, events = (database.execute(query).fetchall() for query in statements("Questions")[1:])
    assert [messages for *_, messages in versions] == [MESSAGES]
    assert [(policy, mode, denials, people) for _, policy, mode, denials, people in days] == [
        ("guard.row_limit", "enforce", 29, 3)
    ] * 2
    assert [(code, messages) for code, messages, _ in events] == [("download-resources", MESSAGES)]


def test_the_table_of_maxcompute_has_the_columns_of_a_day() -> None:
    text = PAGE.read_text(encoding="utf-8")
    ddl = text[text.index("CREATE EXTERNAL TABLE") : text.index("';\n```", text.index("CREATE EXTERNAL TABLE")) + 1]
    table = sqlglot.parse_one(ddl, dialect="maxcompute")
    columns = {column.name: column.args["kind"].sql("hive") for column in table.find_all(sqlglot.exp.ColumnDef)}
    assert columns == {field.name: TYPES[str(field.type)] for field in SCHEMA} | {"day": "STRING"}


def test_every_column_is_documented() -> None:
    text = PAGE.read_text(encoding="utf-8").partition("## DuckDB")[0]
    assert [name for name in SCHEMA.names if f"`{name}`" not in text] == []
