"""Spark for the tests of this folder, which run by `make spark` and not with the others: a session costs seconds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

REASON = "needs pyspark" if find_spec("pyspark") is None else "needs Java 17" if shutil.which("java") is None else ""


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Collect them only where the mark is asked for: `-m spark`."""
    return True if collection_path.name.startswith("test_") and config.option.markexpr != "spark" else None


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark them, and skip them where Spark cannot run."""
    if Path(__file__).parent in item.path.parents:
        item.add_marker("spark")
        # The connections to Java that Spark 3.5 has for each thread are closed by the garbage collector.
        item.add_marker(pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"))
        if REASON:
            item.add_marker(pytest.mark.skip(reason=REASON))


@pytest.fixture(scope="session")
def session() -> Iterator[object]:
    """Spark on this machine with two workers."""
    from dataworks_ext.rehearsal.spark_session import spark_context

    with spark_context("local[2]") as context:
        yield context
