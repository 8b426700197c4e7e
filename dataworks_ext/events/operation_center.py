"""Operation Center: nodes, instances and workflows in production, and the alerts about them.

Source: the DataWorks event reference, "Operation Center".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from .base import Event, Part
from .enumerations.base import KnownName, KnownNumber, KnownWord, W
from .enumerations.operation_center import (
    AlarmType,
    BaselineStatus,
    DagType,
    InstanceStatus,
    Order,
    RemindType,
    RemindUnit,
    ResourceGroupType,
)
from .enumerations.shared import Environment, SchedulerType
from .forms import SeveralForms
from .node_change import NodeChange
from .values import ClockTime, CommaSeparatedIds, DayOrTime, JsonText, Milliseconds

# Nodes


class NodeChangeDeleted(NodeChange):
    """A node was undeployed from production, or deleted from the recycle bin."""

    event_code: str = "node-change-deleted"


class NodeOperation(Event):
    """Nodes are about to be changed in production."""

    node_ids: tuple[int, ...]
    """The ids of the nodes."""
    project_id: int
    """The id of the workspace."""
    operator: str
    """The UID of the person who acts."""


class UndeployNode(NodeOperation):
    """Nodes are about to be undeployed, which deletes them in DataStudio too."""

    event_code: str = "undeploy-node"


class FreezeNode(NodeOperation):
    """Nodes are about to be frozen."""

    event_code: str = "freeze-node"


class UnfreezeNode(NodeOperation):
    """Nodes are about to be unfrozen."""

    event_code: str = "unfreeze-node"


class TimePeriod(Part):
    """A stretch of data timestamps, both ends included."""

    biz_begin_time: DayOrTime
    """The first day; a time of day for nodes that run by the hour, in the older reference."""
    biz_end_time: DayOrTime
    """The last day; a time of day for nodes that run by the hour, in the older reference."""

    @property
    def days(self) -> int | None:
        """How many days it covers, both ends included; None where the ends are times of day."""
        if isinstance(self.biz_begin_time, date) and isinstance(self.biz_end_time, date):
            return (self.biz_end_time - self.biz_begin_time).days + 1
        return None


class BackfillData(Event):
    """Data of nodes is about to be computed for data timestamps that are past."""

    event_code: str = "backfill-data"
    name: str
    """The name of the workflow that computes the data."""
    root_node_id: int
    """The id of the node that the workflow begins with."""
    root_node_project_id: int
    """The id of the workspace of that node."""
    include_node_ids: tuple[int, ...]
    """The ids of the nodes whose data is computed."""
    exclude_node_ids: tuple[int, ...]
    """The ids of the nodes in between that run dry: they succeed at once and compute nothing."""
    use_multiple_time_periods: bool | None = None
    """Whether `multiple_time_periods` says for which data timestamps."""
    multiple_time_periods: JsonText[tuple[TimePeriod, ...]] | None = None
    """The stretches of data timestamps."""
    biz_begin_time: DayOrTime | None = None
    """The begin of the one stretch, in the older reference."""
    biz_end_time: DayOrTime | None = None
    """The end of the one stretch, in the older reference."""
    is_parallel: bool
    """Whether instances of different data timestamps run at the same time."""
    parallel_group: int
    """How many groups of instances run at the same time; 1 is no grouping."""
    start_future_instance_immediately: bool
    """Whether instances whose time is yet to come run at once."""
    order: KnownWord[Order]
    """In what order of data timestamps the instances run."""
    project_id: int
    """The id of the workspace."""
    operator: str
    """The UID of the person who acts."""


# Instances


class InstanceStatusChanges(Event):
    """The status of an instance changed."""

    event_code: str = "instance-status-changes"
    task_id: int
    """The id of the instance."""
    node_id: int
    """The id of the instance's node."""
    status: KnownNumber[InstanceStatus]
    """The status that it has now."""
    task_type: KnownNumber[SchedulerType]
    """What the scheduler does with the instance."""
    dag_id: int
    """The id of the run of the workflow."""
    dag_type: KnownNumber[DagType]
    """What kind of workflow it belongs to."""
    flow_id: int
    """The id of the workflow; 1 for instances on schedule."""
    op_code: int
    """A number without a meaning for others."""
    create_time: Milliseconds
    """When the instance was made."""
    modify_time: Milliseconds
    """When the instance was last changed."""
    begin_wait_time_time: Milliseconds | None = None
    """Since when it waits, or waited, for its time."""
    begin_wait_res_time: Milliseconds | None = None
    """Since when it waits, or waited, for resources."""
    begin_running_time: Milliseconds | None = None
    """When it began to run."""
    finish_time: Milliseconds | None = None
    """When it ended."""
    app_id: int
    """The id of the workspace."""


class InstanceChange(Event):
    """Somebody acted on instances."""

    task_ids: tuple[int, ...]
    """The ids of the instances."""
    project_type: KnownName[Environment]
    """Where the instances run."""
    project_id: int
    """The id of the workspace."""
    operator: str
    """The UID of the person who acted."""


class FreezeInstance(InstanceChange):
    """Instances were frozen."""

    event_code: str = "freeze-instance"


class UnfreezeInstance(InstanceChange):
    """Instances were unfrozen."""

    event_code: str = "unfreeze-instance"


class KillInstance(InstanceChange):
    """Instances were stopped."""

    event_code: str = "kill-instance"


class RerunInstance(InstanceChange):
    """Instances were run again."""

    event_code: str = "rerun-instance"


class SetInstanceSuccess(InstanceChange):
    """Instances were marked as succeeded."""

    event_code: str = "set-instance-success"


class InstanceOperation(Event):
    """Somebody is about to act on instances."""

    task_ids: tuple[int, ...]
    """The ids of the instances."""
    extension_biz_name: str
    """The name of the node; of several, a summary."""
    project_id: int
    """The id of the workspace."""
    operator: str
    """The UID of the person who acts."""


class PreFreezeInstance(InstanceOperation):
    """Instances are about to be frozen."""

    event_code: str = "pre-freeze-instance"


class PreUnfreezeInstance(InstanceOperation):
    """Instances are about to be unfrozen."""

    event_code: str = "pre-unfreeze-instance"


class PreRerunInstance(InstanceOperation):
    """Instances are about to run again."""

    event_code: str = "pre-rerun-instance"


class PreSetInstanceSuccess(InstanceOperation):
    """Instances are about to be marked as succeeded."""

    event_code: str = "pre-set-instance-success"


class PreKillInstance(InstanceOperation):
    """Instances are about to be stopped."""

    event_code: str = "pre-kill-instance"


class DeleteTaskInstanceDependencies(Event):
    """Upstream dependencies of an instance were removed."""

    event_code: str = "delete-task-instance-dependencies"
    task_instance_id: int
    """The id of the instance that depended on the others."""
    upstream_task_instance_ids: tuple[int, ...]
    """The ids of the instances that it no longer depends on."""
    operation_time: Milliseconds
    """When it happened."""
    app_id: int
    """The id of the workspace."""
    operator: str
    """The UID of the person who acted."""


class ExpiredTaskInstancesDeleted(Event):
    """Expired instances were cleaned up."""

    event_code: str = "expired-task-instances-deleted"
    deleted_task_instance_ids: tuple[int, ...]
    """The ids of the instances."""
    operation_time: Milliseconds
    """When it happened."""
    app_id: int
    """The id of the workspace."""
    owner: str
    """The UID of the instances' owner."""


# Workflows


class DagStatusChanges(Event):
    """The status of a workflow changed: one that backfills, or that somebody started."""

    event_code: str = "dag-status-changes"
    dag_id: int
    """The id of the run of the workflow."""
    dag_name: str
    """The name of the run."""
    dag_type: KnownNumber[DagType]
    """What kind of workflow it is."""
    status: KnownNumber[InstanceStatus]
    """The status that it has now."""
    flow_id: int
    """The id of the business flow."""
    flow_name: str
    """The name of the business flow."""
    biz_date: ClockTime
    """The data timestamp."""
    create_time: ClockTime
    """When the run was made."""
    project_env: KnownName[Environment]
    """Where it runs."""
    project_id: int
    """The id of the workspace."""
    operator: str
    """The UID of the person who started it."""


# Alerts


class WorkbenchMonitorAlert(SeveralForms):
    """A monitor sent an alert. Reads into the class of its kind: a baseline's, a topic's, a rule's."""

    event_code: str = "workbench-monitor-alert"
    alarm_type: KnownWord[AlarmType]
    """What the alert is about."""
    project_id: int
    """The id of the workspace."""

    @classmethod
    def form_of(cls, payload: Mapping[str, object]) -> type[Event]:
        """By the alert's type and its rule's unit; none but this class for a type that nobody knew yet."""
        alarm_type = _member(AlarmType, payload.get("alarmType", payload.get("alarm_type")))
        if alarm_type is AlarmType.SLA_ALERT:
            return BaselineAlert
        if alarm_type is AlarmType.TOPIC_ALERT:
            return TopicAlert
        if alarm_type is None:
            return cls
        unit = _member(RemindUnit, payload.get("remindUnit", payload.get("remind_unit")))
        if unit in (RemindUnit.GATEWAY_RES, RemindUnit.DI_RES):
            return ResourceGroupAlert
        is_on_nodes = unit is RemindUnit.NODE or "nodeIds" in payload or "node_ids" in payload
        return NodeAlert if is_on_nodes else RuleAlert


class BaselineAlert(WorkbenchMonitorAlert):
    """A baseline is late, or about to be (`SLA_ALERT`)."""

    baseline_id: int
    """The id of the baseline."""
    baseline_name: str
    """The name of the baseline."""
    baseline_status: KnownNumber[BaselineStatus]
    """How the baseline does."""
    biz_date: Milliseconds
    """The data timestamp."""
    in_group_id: int
    """Which of the day's cycles: 1 for a daily baseline, 1 to 24 for an hourly one."""
    node_id: int
    """The id of the node that delays the baseline."""
    task_id: int
    """The id of the instance that delays the baseline."""


class TopicAlert(WorkbenchMonitorAlert):
    """A task failed or became slow, which DataWorks calls an event (`TOPIC_ALERT`)."""

    topic_id: int
    """The id of what DataWorks calls an event."""
    task_status: KnownNumber[InstanceStatus]
    """The status of the instance."""
    node_id: int
    """The id of the node."""
    task_id: int
    """The id of the instance."""


class RuleAlert(WorkbenchMonitorAlert):
    """A rule that somebody made was met (`REMIND_ALERT`). On nodes and resource groups, it reads into theirs."""

    remind_id: int
    """The id of the rule."""
    remind_name: str
    """The name of the rule."""
    remind_type: KnownWord[RemindType]
    """What the rule was met by."""
    remind_unit: KnownWord[RemindUnit]
    """What the rule watches."""


class NodeAlert(RuleAlert):
    """A rule on nodes was met."""

    node_ids: CommaSeparatedIds
    """The ids of the nodes."""
    task_ids: CommaSeparatedIds
    """The ids of the instances."""


class ResourceGroupAlert(RuleAlert):
    """A rule on a resource group was met."""

    resource_group_identifier: str
    """The identifier of the resource group."""
    resource_group_name: str
    """The name of the resource group."""
    resource_group_type: KnownWord[ResourceGroupType]
    """What the resource group is for."""


WorkbenchMonitorAlert.forms = (BaselineAlert, TopicAlert, NodeAlert, ResourceGroupAlert, RuleAlert)


def _member(words: type[W], value: object) -> W | None:
    try:
        return words(value) if isinstance(value, str) else None
    except ValueError:
        return None
