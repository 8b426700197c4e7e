"""Data Quality: rules, the monitors that run them, and their results.

Source: the DataWorks event reference, "Data Quality".
"""

from __future__ import annotations

from pydantic import AliasChoices, ConfigDict, Field

from .base import Event, Part
from .enumerations.base import KnownNumber, KnownWord
from .enumerations.data_quality import (
    BlockType,
    CheckingType,
    CheckResult,
    DatabaseType,
    EnvType,
    HookType,
    Metric,
    NotificationChannel,
    ReceiverType,
    Severity,
    SubscriptionChannel,
    TriggerType,
)
from .model import Model
from .values import ClockTime, JsonText, Milliseconds

# Results


class DqcCheckFeedbackEvent(Event):
    """Somebody commented on the result of a check."""

    event_code: str = "dqc-check-feedback-event"
    rule_check_id: int
    """The id of the result."""
    rule_id: int
    """The id of the rule."""
    task_id: str
    """The id of the check."""
    feedback_content: str
    """The comment, such as `Skip`."""
    begin_time: Milliseconds
    """When the comment was made."""
    env_type: KnownWord[EnvType]
    """The engine of the table that was checked."""
    project_id: int
    """The id of the workspace."""
    project_name: str
    """The name of the workspace."""
    create_user: str
    """The UID of the person who commented."""


class SampleValue(Part):
    """What a check measured."""

    biz_date: ClockTime
    """The data timestamp."""
    value: float
    """What was measured."""


class ReferenceValue(SampleValue):
    """What a check compared with."""

    discrete_property: str
    """The value of the group, where the rule measures by groups."""
    single_check_result: KnownNumber[CheckResult]
    """What the comparison with it gave."""


class DqcCheckFinishedEvent(Event):
    """A rule was checked."""

    event_code: str = "dqc-check-finished-event"
    id: int
    """The id of the result."""
    task_id: str
    """The id of the check."""
    rule_id: int
    """The id of the rule."""
    rule_name: str
    """The name of the rule."""
    comment: str | None = None
    """The description of the rule."""
    block_type: KnownNumber[BlockType]
    """The strength of the rule."""
    check_result: KnownNumber[CheckResult]
    """What the check found."""
    check_result_status: int | None = None
    """A number without a published meaning."""
    table_name: str
    """The table that was checked."""
    property: str
    """The column that was checked; `-` for none."""
    entity_id: int
    """The id of the partition expression."""
    match_expression: str
    """The partition expression."""
    actual_expression: str
    """The partition that was checked."""
    bizdate: ClockTime
    """The data timestamp."""
    date_type: str
    """The kind of the cycle, such as `YMD`."""
    method_name: str
    """What was measured, such as `table_count`."""
    begin_time: ClockTime
    """When the check began."""
    end_time: ClockTime
    """When the check ended."""
    time_consuming: str
    """How long it took, in words such as `7s`."""
    external_type: str | None = None
    """The scheduler that started it, `CWF2`; None or empty if a person did."""
    external_id: str
    """The id of the node that started it, or `triggerByManual`."""
    discrete: bool
    """Whether it measured by groups."""
    fixed_check: bool
    """Whether it compared with a fixed value."""
    is_prediction: bool
    """Whether it compared with a prediction."""
    sample_value: tuple[SampleValue, ...]
    """What it measured."""
    reference_value: tuple[ReferenceValue, ...]
    """What it compared with."""
    expect_value: float
    """What the rule expects."""
    op: str
    """How it compared, such as `>=`."""
    trend: str
    """How the result tends, such as `>=`."""
    template_id: int
    """The id of the rule's template."""
    checker_type: int
    """The kind of the checker."""
    feedback_status: int | None = None
    """A number without a published meaning."""
    whether_to_filter_dirty_data: bool | None = None
    """Whether rows that break the rule are set aside."""
    project_id: int
    """The id of the workspace."""
    project_name: str
    """The name of the workspace."""


# Rules


class DataQualityTarget(Part):
    """A table that is checked."""

    database_type: KnownWord[DatabaseType]
    """The kind of database that the table is in."""
    table_guid: str
    """The id of the table in Data Map."""


class SamplingConfig(Part):
    """What a rule measures."""

    metric: KnownWord[Metric]
    """What is measured."""


class Threshold(Part):
    """A bound."""

    expression: str
    """The bound, such as `$checkValue > 0`."""


class Thresholds(Part):
    """The bounds of a rule."""

    expected: Threshold | None = None
    """What is expected."""
    critical: Threshold | None = None
    """What is critical."""


class CheckingConfig(Part):
    """What a rule compares with."""

    type: KnownWord[CheckingType]
    """How the bounds are found."""
    thresholds: Thresholds | None = None
    """The bounds."""


class RuleFields(Model):
    """What a rule is, as far as it is said."""

    enabled: bool | None = None
    """Whether it is checked."""
    severity: KnownWord[Severity] | None = None
    """How much it matters."""
    description: str | None = None
    """What it is for."""
    template_code: str | None = None
    """The template that it was made from."""
    sampling_config: SamplingConfig | None = None
    """What it measures."""
    checking_config: CheckingConfig | None = None
    """What it compares with."""


class DataQualityRule(RuleFields, Part):
    """A rule, new or known."""

    id: int | None = None
    """The id of the rule; None for a new one."""
    name: str
    """The name of the rule."""


class DataQualityOperation(Event):
    """Rules, monitors or subscriptions are about to change."""

    operation_time: Milliseconds
    """When the person asked for it."""
    project_id: int
    """The id of the workspace."""
    operator: str
    """The UID of the person who acts."""


class BatchCreateDataQualityRules(DataQualityOperation):
    """Rules are about to be created."""

    event_code: str = "batch-create-data-quality-rules"
    data_quality_task_id: int | None = None
    """The id of the monitor that is to check them."""
    target: DataQualityTarget
    """The table that they are about."""
    rules: tuple[DataQualityRule, ...]
    """The rules."""


class UpdateDataQualityRule(RuleFields, DataQualityOperation):
    """A rule is about to be updated."""

    event_code: str = "update-data-quality-rule"
    id: int
    """The id of the rule."""
    name: str
    """The name of the rule."""


class BatchUpdateDataQualityRules(RuleFields, DataQualityOperation):
    """Rules are about to be updated. The reference has no payload of it, and names the fields of the update of one."""

    event_code: str = "batch-update-data-quality-rules"
    id: int | None = None
    """The id of the rule."""
    name: str | None = None
    """The name of the rule."""


class BatchDeleteDataQualityRules(DataQualityOperation):
    """Rules are about to be deleted."""

    event_code: str = "batch-delete-data-quality-rules"
    ids: tuple[int, ...]
    """The ids of the rules."""


# Monitors


class Trigger(Part):
    """What starts a monitor."""

    type: KnownWord[TriggerType]
    """What kind of thing starts it."""
    task_ids: tuple[int, ...] | None = None
    """The ids of the nodes whose instances start it."""


class RuntimeConf(Part):
    """With what a monitor runs its checks."""

    model_config = ConfigDict(extra="allow")

    queue: str | None = None
    """The YARN queue on E-MapReduce."""
    sql_engine: str | None = None
    """The SQL engine on E-MapReduce, such as `HIVE_SQL`."""


class Hook(Part):
    """What a monitor does on a condition."""

    type: KnownWord[HookType]
    """What it does."""
    condition: str
    """The condition, such as `(${severity} == "High" AND ${status} == "Critical")`."""


class ReceiverExtension(Part):
    """What else there is to say to a receiver."""

    model_config = ConfigDict(extra="allow")

    at_all: bool | None = None
    """Whether everybody in the group is addressed."""


class NotificationReceiver(Part):
    """Who is notified."""

    receiver_type: KnownWord[ReceiverType]
    """What the values are."""
    receiver_values: tuple[str, ...]
    """UIDs or addresses."""
    extension: JsonText[ReceiverExtension] | None = None
    """What else there is to say."""


class Notification(Part):
    """Who is notified, and how."""

    channels: tuple[KnownWord[NotificationChannel], ...]
    """How."""
    notification_receivers: tuple[NotificationReceiver, ...] = Field(
        validation_alias=AliasChoices("notificaionReceivers", "notificationReceivers"),
        serialization_alias="notificaionReceivers",  # as DataWorks writes it
    )
    """Who."""


class Notifications(Part):
    """Who is notified on a condition."""

    condition: str
    """The condition."""
    notifications: tuple[Notification, ...]
    """Who is notified, and how."""


class DataQualityEvaluationTask(DataQualityOperation):
    """A monitor is about to be created or updated."""

    name: str
    """The name of the monitor."""
    description: str | None = None
    """What it is for."""
    target: DataQualityTarget
    """The table that it checks."""
    trigger: Trigger
    """What starts it."""
    data_source_id: int | None = None
    """The id of the data source that it runs on."""
    runtime_conf: JsonText[RuntimeConf] | None = None
    """With what it runs."""
    rules: tuple[DataQualityRule, ...] | None = None
    """The rules that it checks."""
    hooks: tuple[Hook, ...] | None = None
    """What it does on conditions."""
    notifications: Notifications | None = None
    """Whom it notifies."""


class CreateDataQualityEvaluationTask(DataQualityEvaluationTask):
    """A monitor is about to be created."""

    event_code: str = "create-data-quality-evaluation-task"


class UpdateDataQualityEvaluationTask(DataQualityEvaluationTask):
    """A monitor is about to be updated."""

    event_code: str = "update-data-quality-evaluation-task"
    id: int
    """The id of the monitor."""


class CloneDataQualityEvaluationTask(DataQualityOperation):
    """A monitor is about to be cloned for other tables."""

    event_code: str = "clone-data-quality-evaluation-task"
    id: int
    """The id of the monitor."""
    targets: tuple[DataQualityTarget, ...]
    """The tables that the clones are to check."""


class BatchDeleteDataQualityEvaluationTasks(DataQualityOperation):
    """Monitors are about to be deleted."""

    event_code: str = "batch-delete-data-quality-evaluation-tasks"
    ids: tuple[int, ...]
    """The ids of the monitors."""


# Subscriptions


class CreateDataQualityEvaluationTaskNotification(DataQualityOperation):
    """Somebody is about to subscribe to the alerts of a monitor."""

    event_code: str = "create-data-quality-evaluation-task-notification"
    data_quality_evaluation_task_id: int
    """The id of the monitor."""
    channel: KnownWord[SubscriptionChannel]
    """How the subscriber is told."""
    receiver_value: str
    """Who subscribes: a UID or an address."""


class UpdateDataQualityEvaluationTaskNotification(DataQualityOperation):
    """A subscription to the alerts of a monitor is about to be updated."""

    event_code: str = "update-data-quality-evaluation-task-notification"
    data_quality_evaluation_task_id: int
    """The id of the monitor."""
    current_channel: KnownWord[SubscriptionChannel]
    """How the subscriber is told now."""
    current_receiver_value: str
    """Who subscribes now."""
    updated_channel: KnownWord[SubscriptionChannel]
    """How the subscriber is to be told."""
    updated_receiver_value: str
    """Who is to subscribe."""


class DeleteDataQualityEvaluationTaskNotification(DataQualityOperation):
    """A subscription to the alerts of a monitor is about to be deleted. The reference shows no payload."""

    event_code: str = "delete-data-quality-evaluation-task-notification"
    data_quality_evaluation_task_id: int | None = None
    """The id of the monitor."""
    channel: KnownWord[SubscriptionChannel] | None = None
    """How the subscriber is told."""
    receiver_value: str | None = None
    """Who subscribes."""
