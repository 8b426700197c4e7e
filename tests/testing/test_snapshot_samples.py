"""Snapshots with plausible values."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dataworks_ext.events import NodeType
from dataworks_ext.snapshots import Snapshot, read_snapshot
from dataworks_ext.testing import ChangeError, committed_file, deleted_file, file_execution, table_model

BUILDERS = pytest.mark.parametrize(
    ("build", "key"),
    [
        (committed_file, "CommittedFile"),
        (deleted_file, "DeletedFile"),
        (file_execution, "FileExecutionCommand"),
        (table_model, "TableModel"),
    ],
)


@BUILDERS
def test_a_snapshot_reads_as_the_answer_of_dataworks_does(build: Callable[[], Snapshot], key: str) -> None:
    written = build().model_dump(by_alias=True, mode="json", exclude_none=True)
    assert read_snapshot({"EventDetail": {key: written}}) == build()


@BUILDERS
def test_a_snapshot_refuses_a_field_that_it_has_not(build: Callable[..., Snapshot], key: str) -> None:
    with pytest.raises(ChangeError, match=r"has no field commment; did you mean \"(comment|content)\"\?|has no field"):
        build(commment="x")


def test_a_snapshot_takes_changes() -> None:
    file = committed_file(content="SELECT 1", file_type=NodeType.SHELL, file_property_content={"owner": "1001"})
    assert (file.content, file.file_type) == ("SELECT 1", NodeType.SHELL)
    assert file.file_property_content is not None
    assert file.file_property_content.owner == "1001"


def test_a_table_takes_columns() -> None:
    [column] = table_model(columns=[{"column_name": "phone"}]).columns
    assert (column.column_name, column.column_type) == ("phone", "BIGINT")


def test_code_may_be_missing() -> None:
    assert committed_file(content=None).content is None
