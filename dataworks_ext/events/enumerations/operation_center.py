"""Words and codes of the events of Operation Center."""

from __future__ import annotations

from .base import Code, Word


class InstanceStatus(Code):
    """How far an instance or workflow is: `status`, `taskStatus`. What is 1 was 0 in the older reference."""

    NOT_RUNNING = 1
    WAITING_FOR_TIME = 2
    """It waits for its scheduled time."""
    WAITING_FOR_RESOURCES = 3
    RUNNING = 4
    FAILED = 5
    SUCCEEDED = 6
    CHECKING_QUALITY = 7
    """Data Quality checks what it made."""
    CHECKING_CONDITION = 8
    """A branch condition is checked."""

    @classmethod
    def _missing_(cls, value: object) -> Code | None:
        return cls.NOT_RUNNING if value in (0, "0") else super()._missing_(value)


class DagType(Code):
    """What kind of workflow an instance belongs to. The older reference swaps 4 and 5; these are the newer one's."""

    PERIODIC = 0
    """On schedule."""
    MANUAL_TASK = 1
    """A task that somebody started."""
    SMOKE_TEST = 2
    BACKFILL = 3
    TEMPORARY_WORKFLOW = 4
    MANUAL_WORKFLOW = 5
    """A workflow that somebody started."""


class Order(Word):
    """In what order of their data timestamps a backfill runs."""

    ASC = "asc"
    """From old to new. Also `acs`, as the reference spells it."""
    DESC = "desc"
    """From new to old."""

    @classmethod
    def _missing_(cls, value: object) -> Word | None:
        return cls.ASC if value in ("acs", "ACS") else super()._missing_(value)


class AlarmType(Word):
    """What a monitor alerts of."""

    SLA_ALERT = "SLA_ALERT"
    """A baseline."""
    TOPIC_ALERT = "TOPIC_ALERT"
    """An event: a task that failed or became slow."""
    REMIND_ALERT = "REMIND_ALERT"
    """A rule that somebody made, on nodes or on a resource group."""


class BaselineStatus(Code):
    """How a baseline does."""

    ABNORMAL = -1
    SAFE = 1
    WARNING = 2
    OVERTIME = 3


class RemindType(Word):
    """What makes a rule alert."""

    FINISHED = "FINISHED"
    UNFINISHED = "UNFINISHED"
    """Not done at the rule's time."""
    ERROR = "ERROR"
    CYCLE_UNFINISHED = "CYCLE_UNFINISHED"
    """Not done in its cycle."""
    TIMEOUT = "TIMEOUT"
    """It ran for too long."""
    RES_GROUP_THRESHOLD = "RES_GROUP_THRESHOLD"
    """A resource group is used too much."""
    RES_GROUP_WAIT_AMOUNT = "RES_GROUP_WAIT_AMOUNT"
    """Too many instances wait for a resource group."""


class RemindUnit(Word):
    """What a rule watches."""

    NODE = "NODE"
    GATEWAY_RES = "GATEWAY_RES"
    """An exclusive resource group for scheduling."""
    DI_RES = "DI_RES"
    """A resource group of Data Integration."""


class ResourceGroupType(Word):
    """What a resource group is for."""

    GATEWAY = "GATEWAY"
    """Scheduling."""
    DI = "DI"
    """Data Integration."""
