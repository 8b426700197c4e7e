"""Files and tables as DataWorks stored them at the time of an event: the code, the schedule, the columns.

Source: the DataWorks OpenAPI, operation GetIDEEventDetail of version 2020-05-18.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from pydantic import BaseModel, ConfigDict, ValidationError

from .errors import ExtensionError
from .events import ChangeType, CronExpression, NodeType, SchedulerType
from .events.enumerations.base import KnownName, KnownNumber


class SnapshotError(ExtensionError, ValueError):
    """An answer without a valid snapshot. The text names fields by their wire names, and contains no value."""


def _to_wire(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


class _Part(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        alias_generator=_to_wire,
        validate_by_alias=True,
        validate_by_name=True,
        coerce_numbers_to_str=True,
    )


class NodeInput(_Part):
    """What a node waits for."""

    input: str | None = None
    """The output of another node: `{workspace}.{node}_out`, or a table."""
    parse_type: str | None = None
    """How it came to be an input: by the code, or by a person."""


class NodeOutput(_Part):
    """What other nodes wait for."""

    output: str | None = None
    """The name of the output."""
    ref_table_name: str | None = None
    """The table that it stands for."""


class NodeConfiguration(_Part):
    """How a node is scheduled."""

    cron_express: CronExpression | None = None
    """When it runs."""
    cycle_type: str | None = None
    """`DAY`, or `NOT_DAY` for a node that runs by the minute or hour."""
    scheduler_type: KnownName[SchedulerType] | None = None
    """What the scheduler does with it."""
    rerun_mode: str | None = None
    """Whether it may run again: `ALL_ALLOWED`, `FAILURE_ALLOWED` or `ALL_DENIED`."""
    auto_rerun_times: int | None = None
    """How often it runs again by itself after an error."""
    auto_rerun_interval_millis: int | None = None
    """Milliseconds between two of these runs."""
    dependent_type: str | None = None
    """On which of its nodes' former runs it depends: `NONE`, `SELF`, `CHILD` or `USER_DEFINE`."""
    dependent_node_id_list: str | None = None
    """The ids of those nodes, with commas between them."""
    para_value: str | None = None
    """Its parameters: `bizdate=$bizdate`."""
    resource_group_id: int | None = None
    """The id of the resource group that it runs on."""
    input_list: tuple[NodeInput, ...] | None = None
    """What it waits for."""
    output_list: tuple[NodeOutput, ...] | None = None
    """What other nodes wait for."""


class FilePropertyContent(_Part):
    """Where a file is, and whose."""

    business_id: int | None = None
    """The id of the business flow."""
    current_version: int | None = None
    """The newest version of the file."""
    data_source_name: str | None = None
    """The data source that it works on."""
    folder_id: str | None = None
    """The id of the folder."""
    owner: str | None = None
    """The UID of the file's owner."""
    parent_file_id: int | None = None
    """The id of the file that it is inside of, for nodes inside a combined node."""


class CommittedFile(_Part):
    """A file that is about to be committed or deployed."""

    file_id: int | None = None
    """The id of the file."""
    file_name: str | None = None
    """The name of the file."""
    file_type: KnownNumber[NodeType] | None = None
    """What kind of code it holds."""
    content: str | None = None
    """The code; None where DataWorks gives none, as for some resources."""
    change_type: KnownNumber[ChangeType] | None = None
    """Whether it is new, changed or deleted."""
    comment: str | None = None
    """What the person says about the change."""
    committor: str | None = None
    """The UID of the person who commits."""
    node_id: int | None = None
    """The id of its node."""
    use_type: str | None = None
    """What it is used for: `NORMAL`, `MANUAL`, `MANUAL_BIZ`, `SKIP`, `ADHOCQUERY` or `COMPONENT`."""
    file_property_content: FilePropertyContent | None = None
    """Where it is, and whose."""
    node_configuration: NodeConfiguration | None = None
    """How its node is scheduled."""


class DeletedFile(_Part):
    """A file that is about to be deleted."""

    file_id: int | None = None
    """The id of the file."""
    file_name: str | None = None
    """The name of the file."""
    file_type: KnownNumber[NodeType] | None = None
    """What kind of code it holds."""
    content: str | None = None
    """The code; None where DataWorks gives none, as for some resources."""
    business_id: int | None = None
    """The id of the business flow."""
    current_version: int | None = None
    """The newest version of the file."""
    data_source_name: str | None = None
    """The data source that it works on."""
    folder_id: str | None = None
    """The id of the folder."""
    node_id: int | None = None
    """The id of its node."""
    owner: str | None = None
    """The UID of the file's owner."""
    parent_file_id: int | None = None
    """The id of the file that it is inside of."""
    use_type: str | None = None
    """What it is used for."""


class FileExecution(_Part):
    """Code that is about to run."""

    content: str | None = None
    """The code; None where DataWorks gives none, as for some resources."""
    file_id: int | None = None
    """The id of the file."""
    file_type: KnownNumber[NodeType] | None = None
    """What kind of code it is."""
    data_source_name: str | None = None
    """The data source that it works on."""


class TableColumn(_Part):
    """A column of a table."""

    column_name: str
    """The name of the column."""
    column_type: str | None = None
    """The type of the column."""
    comment: str | None = None
    """The comment on the column."""
    is_partition_column: bool | None = None
    """Whether the table is partitioned by it."""


class TableModel(_Part):
    """A table that is about to be committed or deployed."""

    table_name: str | None = None
    """The name of the table."""
    comment: str | None = None
    """The comment on the table."""
    data_source_name: str | None = None
    """The data source that it is in."""
    env: str | None = None
    """`DEV` or `PROD`."""
    life_cycle: int | None = None
    """Days that its data is kept."""
    location: str | None = None
    """Where its data is, for a table outside."""
    columns: tuple[TableColumn, ...] = ()
    """The columns."""


Snapshot: TypeAlias = CommittedFile | DeletedFile | FileExecution | TableModel
"""What `context.snapshot` is: by the event, one of four."""

_KINDS: Final[Mapping[str, type[Snapshot]]] = {
    "CommittedFile": CommittedFile,
    "DeletedFile": DeletedFile,
    "FileExecutionCommand": FileExecution,
    "TableModel": TableModel,
}


def read_snapshot(answer: Mapping[str, object]) -> Snapshot:
    """The snapshot in the answer of GetIDEEventDetail.

    Raises:
        SnapshotError: There is none, or it does not fit.
    """
    detail = answer.get("EventDetail")
    for key, kind in _KINDS.items():
        found = detail.get(key) if isinstance(detail, Mapping) else None
        if found:
            try:
                return kind.model_validate(found)
            except ValidationError as error:
                fields = ", ".join(sorted({".".join(map(str, problem["loc"][:3])) for problem in error.errors()}))
                raise SnapshotError(f"the snapshot of DataWorks does not read: {key}.{fields}") from None
    raise SnapshotError("DataWorks has no snapshot of this event; it keeps one for events about files and tables only")
