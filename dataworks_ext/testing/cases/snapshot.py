"""The snapshot of a case: its fields, or a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from ...snapshots import CommittedFile, DeletedFile, FileExecution, Snapshot, TableModel
from ..snapshots import committed_file, deleted_file, file_execution, snapshot_kind, table_model
from .changes import at_culprit
from .fields import fields_of, text_of
from .located import LineError, Located
from .saved import SavedError, read_snapshot_or_code

_BUILDERS: Final[Mapping[type[Snapshot], Callable[..., Snapshot]]] = {
    CommittedFile: committed_file,
    DeletedFile: deleted_file,
    FileExecution: file_execution,
    TableModel: table_model,
}


def snapshot_of(folder: Path, code: str, located: Located) -> Snapshot:
    """The snapshot of the event with that code. Files are looked up from the folder.

    Raises:
        LineError: The event has none, or it cannot be.
    """
    kind = snapshot_kind(code)
    if kind is None:
        raise LineError(located.line, f"DataWorks keeps no snapshot of {code}; leave the snapshot out")
    fields = fields_of({"snapshot": located}, "snapshot")
    if "file" not in fields.fields:
        return at_culprit(fields, lambda values: _BUILDERS[kind](**values))
    if len(fields.fields) > 1:
        raise LineError(fields.line, "a snapshot has a file or fields, not both; leave one out")
    return _saved_snapshot(folder / text_of(fields.fields["file"], "file"), kind, located.line)


def _saved_snapshot(file: Path, kind: type[Snapshot], line: int) -> Snapshot:
    try:
        found = read_snapshot_or_code(file)
    except SavedError as error:
        raise LineError(line, str(error)) from None
    if isinstance(found, str) and kind is not TableModel:
        return _BUILDERS[kind](content=found)
    if not isinstance(found, kind):
        holds = "code" if isinstance(found, str) else f"a {type(found).__name__}"
        raise LineError(line, f"{file} holds {holds}; the snapshot of this event is a {kind.__name__}")
    return found
