"""What the events of DataStudio and Operation Center about a node share.

Source: the DataWorks event reference, "Node change events".
"""

from __future__ import annotations

from .base import Event
from .cron import CronExpression
from .enumerations.base import KnownName
from .enumerations.node_type import NodeType
from .enumerations.shared import SchedulerType
from .values import Milliseconds


class NodeChange(Event):
    """A node was created, updated or deleted."""

    node_id: int
    """The id of the node."""
    node_name: str
    """The name of the node."""
    program_type: KnownName[NodeType]
    """What kind of code the node holds."""
    cron_express: CronExpression
    """When the node runs."""
    scheduler_type: KnownName[SchedulerType]
    """What the scheduler does with the node."""
    owner_id: str
    """The UID of the node's owner."""
    priority: int
    """1, 3, 5, 7 or 8; the larger, the earlier."""
    baseline_id: int
    """The id of the baseline that the node belongs to."""
    repeatability: bool
    """Whether the node may run again."""
    create_time: Milliseconds
    """When the node was created."""
    modify_time: Milliseconds
    """When the node was last changed."""
    datasource: str | None = None
    """The name of the data source that the node works on."""
    project_id: int
    """The id of the workspace."""
    operator: str
    """The UID of the person who changed the node."""
