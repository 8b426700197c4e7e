"""The documented queries, on Spark SQL; MaxCompute's are the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyspark import SparkContext
from pyspark.sql import SparkSession

from tests.rehearsal.queries import statements, write_archive


def test_spark_answers_as_duckdb_does(session: SparkContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    duckdb = pytest.importorskip("duckdb")
    denied = write_archive(tmp_path / "archive")
    monkeypatch.chdir(tmp_path)
    spark = SparkSession(session)
    spark.conf.set("spark.sql.session.timeZone", "UTC")
    for statement in statements("Spark SQL"):
        spark.sql(statement.replace("'archive/", f"'{tmp_path}/archive/"))
    with duckdb.connect() as database:
        for statement in statements("DuckDB"):
            database.execute(statement)
        database.execute("SET TimeZone = 'UTC'")
        for query in statements("Questions"):
            answers = [tuple(row) for row in spark.sql(query).collect()]
            assert [tuple(map(str, row)) for row in answers] == [
                tuple(str(value).removesuffix("+00:00") for value in row) for row in database.execute(query).fetchall()
            ]
    who = spark.sql(statements("Questions")[0]).collect()
    assert {(row.person, row.policy): row.denials for row in who} == denied
