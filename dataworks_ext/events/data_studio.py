"""DataStudio: nodes, files and tables in development.

Source: the DataWorks event reference, "DataStudio".
"""

from __future__ import annotations

from .base import Event
from .enumerations.base import KnownNumber, KnownWord
from .enumerations.data_studio import ChangeType, TableType
from .enumerations.node_type import NodeType
from .node_change import NodeChange
from .values import ClockTime


class NodeChangeCreated(NodeChange):
    """A node was created in production."""

    event_code: str = "node-change-created"


class NodeChangeUpdated(NodeChange):
    """A node was updated: its code, its schedule, its resource group, its owner, or by freezing and unfreezing it."""

    event_code: str = "node-change-updated"


class FileChange(Event):
    """A file, which is a node, a resource or a function in development, is about to change or run."""

    file_id: int
    """The id of the file."""
    file_name: str
    """The name of the file."""
    file_type: KnownNumber[NodeType]
    """What kind of code the file holds."""
    file_owner: str
    """The UID of the file's owner."""
    file_create_time: ClockTime
    """When the file was created."""
    node_id: int | None = None
    """The id of the node that the scheduler runs; None for a file that was never deployed."""
    resource_type: int | None = None
    """A number without a published meaning."""
    project_id: int
    """The id of the workspace."""
    operator: str
    """The UID of the person who acts."""


class FileCommitOrDeploy(FileChange):
    """A file is about to be committed or deployed."""

    change_type: KnownNumber[ChangeType]
    """Whether the file is new, changed or deleted."""
    file_version: int
    """The version of the file."""
    data_source_name: str | None = None
    """The name of the data source that the file works on; None for code that needs none."""


class FileRunOrDelete(FileChange):
    """A file is about to run or to be deleted."""


class CommitFile(FileCommitOrDeploy):
    """A file is about to be committed."""

    event_code: str = "commit-file"


class DeployFile(FileCommitOrDeploy):
    """A file is about to be deployed."""

    event_code: str = "deploy-file"


class RunFile(FileRunOrDelete):
    """The code of a file is about to run."""

    event_code: str = "run-file"


class DeleteFile(FileRunOrDelete):
    """A file is about to be deleted."""

    event_code: str = "delete-file"


class TableChange(Event):
    """A table is about to be committed or deployed."""

    table_name: str
    """The name of the table."""
    table_type: KnownWord[TableType]
    """The engine of the table."""
    max_compute_project: str | None = None
    """The name of the MaxCompute project; None for a table of another engine."""
    project_id: int
    """The id of the workspace."""
    operator: str
    """The UID of the person who acts."""


class CommitTable(TableChange):
    """A table is about to be committed to development."""

    event_code: str = "commit-table"


class DeployTable(TableChange):
    """A table is about to be deployed to production."""

    event_code: str = "deploy-table"
