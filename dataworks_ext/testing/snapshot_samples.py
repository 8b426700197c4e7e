"""Snapshots with plausible values, for policies that ask for one.

Source: the sample of GetIDEEventDetail in the DataWorks OpenAPI reference, with made-up values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeVar

from ..events import NodeType
from ..snapshots import CommittedFile, DeletedFile, FileExecution, Snapshot, TableColumn, TableModel
from .changes import changed_object
from .mistakes import is_of_the_test

__tracebackhide__ = is_of_the_test

S = TypeVar("S", CommittedFile, DeletedFile, FileExecution, TableModel)
_CODE: Final = "SELECT COUNT(*) FROM orders WHERE ds = '20260301';"


def committed_file(**changes: object) -> CommittedFile:
    """A file that is about to be committed or deployed: some SQL, with changes.

    Args:
        changes: By the names of the fields of `CommittedFile`, as for `sample`: `content="SELECT 1"`.

    Raises:
        ChangeError: An unknown field, with the nearest known one, or an invalid value.
    """
    file = CommittedFile(
        file_id=500001,
        file_name="orders_daily.sql",
        file_type=NodeType.ODPS_SQL,
        content=_CODE,
        committor="1001",
        node_id=700001,
        use_type="NORMAL",
    )
    return _with(file, changes)


def deleted_file(**changes: object) -> DeletedFile:
    """A file that is about to be deleted: some SQL, with changes as for `committed_file`."""
    file = DeletedFile(
        file_id=500001,
        file_name="orders_daily.sql",
        file_type=NodeType.ODPS_SQL,
        content=_CODE,
        node_id=700001,
        owner="1001",
        use_type="NORMAL",
    )
    return _with(file, changes)


def file_execution(**changes: object) -> FileExecution:
    """Code that is about to run: some SQL, with changes as for `committed_file`."""
    return _with(FileExecution(content=_CODE, file_id=500001, file_type=NodeType.ODPS_SQL), changes)


def table_model(**changes: object) -> TableModel:
    """A table that is about to be committed or deployed, with changes as for `committed_file`."""
    table = TableModel(
        table_name="orders",
        comment="Orders by day",
        env="DEV",
        life_cycle=365,
        columns=(
            TableColumn(column_name="order_id", column_type="BIGINT", is_partition_column=False),
            TableColumn(column_name="ds", column_type="STRING", is_partition_column=True),
        ),
    )
    return _with(table, changes)


def snapshot_kind(code: str) -> type[Snapshot] | None:
    """The kind of snapshot that DataWorks keeps of an event; None for an event without."""
    return _KINDS.get(code)


_KINDS: Final[Mapping[str, type[Snapshot]]] = {
    "commit-file": CommittedFile,
    "deploy-file": CommittedFile,
    "delete-file": DeletedFile,
    "run-file": FileExecution,
    "commit-table": TableModel,
    "deploy-table": TableModel,
}


def _with(snapshot: S, changes: Mapping[str, object]) -> S:
    changed = changed_object(snapshot, changes, type(snapshot).__name__)
    assert isinstance(changed, type(snapshot))
    return changed
