"""Words and codes of the events of Data Quality."""

from __future__ import annotations

from .base import Code, Word


class EnvType(Word):
    """The engine of a table that is checked."""

    ODPS = "ODPS"
    """MaxCompute."""
    EMR = "EMR"
    """E-MapReduce."""
    HOLO = "HOLO"
    """Hologres."""


class BlockType(Code):
    """The strength of a quality rule."""

    WEAK = 0
    STRONG = 1
    """A critical result stops the task that made the data."""


class CheckResult(Code):
    """What a quality check found."""

    SKIPPED = -2
    ERROR = -1
    """The check itself failed."""
    PASSED = 0
    WARNING = 1
    CRITICAL = 2


class DatabaseType(Word):
    """The kind of database that a checked table is in."""

    MAXCOMPUTE = "maxcompute"
    EMR = "emr"
    CDH = "cdh"
    HOLOGRES = "hologres"
    ANALYTICDB_FOR_POSTGRESQL = "analyticdb for postgresql"


class Severity(Word):
    """How much a quality rule matters."""

    HIGH = "High"
    """A strong rule."""
    NORMAL = "Normal"
    """A weak rule."""


class Metric(Word):
    """What a quality rule measures."""

    COUNT = "count"
    """Rows of the table."""
    MIN = "Min"
    MAX = "Max"
    AVG = "Avg"
    DISTINCT_COUNT = "DistinctCount"
    """Different values of a column."""
    DISTINCT_PERCENT = "DistinctPercent"
    """Different values of a column, in relation to the rows."""
    DUPLICATED_COUNT = "DuplicatedCount"
    """Values of a column that occur more than once."""
    DUPLICATED_PERCENT = "DuplicatedPercent"
    """Values of a column that occur more than once, in relation to the rows."""
    TABLE_SIZE = "TableSize"
    NULL_VALUE_COUNT = "NullValueCount"
    """Rows without a value in a column."""
    NULL_VALUE_PERCENT = "NullValuePercent"
    """Rows without a value in a column, in relation to the rows."""
    GROUP_COUNT = "GroupCount"
    """Rows for each value of a column."""
    COUNT_NOT_IN = "CountNotIn"
    """Rows whose value is not in a list."""
    COUNT_DISTINCT_NOT_IN = "CountDistinctNotIn"
    """Different values that are not in a list."""
    USER_DEFINED_SQL = "UserDefinedSql"
    """What a statement of the rule's author measures."""


class CheckingType(Word):
    """How a quality rule gets its threshold: `type`."""

    FIXED = "fixed"
    FLUCTUATION = "Fluctuation"
    FLUCTUATION_DISCRETE = "FluctuationDiscrete"
    AUTO = "Auto"
    AVERAGE = "Average"
    VARIANCE = "Variance"


class TriggerType(Word):
    """What starts a quality monitor: `type`."""

    BY_SCHEDULED_TASK_INSTANCE = "ByScheduledTaskInstance"
    """A scheduled instance that succeeded."""
    BY_MANUAL = "ByManual"
    """A person."""


class HookType(Word):
    """What a quality monitor does on its condition: `type`."""

    BLOCK_TASK_INSTANCE = "BlockTaskInstance"
    """It stops the task that made the data."""


class NotificationChannel(Word):
    """How a quality monitor notifies: `channels`."""

    MAIL = "Mail"
    SMS = "Sms"
    DINGDING = "Dingding"


class ReceiverType(Word):
    """What names the receivers of a notification."""

    ALI_UID = "AliUid"
    """UIDs of Alibaba Cloud accounts."""
    DINGDING_URL = "DingdingUrl"
    """Addresses of DingTalk robots."""


class SubscriptionChannel(Word):
    """How a subscriber of a quality monitor is told: `channel`, `currentChannel`, `updatedChannel`."""

    EMAIL = "email"
    SMS = "sms"
    PHONE = "phone"
    LARK = "lark"
    WECHAT = "wechat"
    DINGTALK = "dingtalk"
    CUSTOM_WEBHOOK = "custom webhook"
