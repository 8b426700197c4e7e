"""Which nodes are protected, and how large a backfill may be."""

from __future__ import annotations

from pydantic import BaseModel, PositiveInt

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import BackfillData, FreezeNode, TimePeriod, UndeployNode


class NodeSettings(BaseModel):
    protected_nodes: tuple[int, ...] = ()
    """Ids of nodes that may be neither frozen nor undeployed."""
    max_backfill_nodes: PositiveInt | None = None
    """Nodes that one backfill may have."""
    max_backfill_days: PositiveInt | None = None
    """Days of data timestamps that one backfill may have."""


nodes = PolicyPack("nodes", settings=NodeSettings)
Context = PolicyContext[NodeSettings]


@nodes.policy(FreezeNode, UndeployNode, needs="protected_nodes")
def protected(event: FreezeNode | UndeployNode, context: Context) -> Outcome | None:
    """Nobody freezes or undeploys a protected node."""
    found = [str(node) for node in event.node_ids if node in context.settings.protected_nodes]
    if found:
        return deny(f"Protected nodes are neither frozen nor undeployed: {', '.join(found)}. Leave them out.")
    return None


@nodes.policy(BackfillData, needs="max_backfill_nodes")
def backfill_nodes(event: BackfillData, context: Context) -> Outcome | None:
    """A backfill has no more nodes than the limit."""
    limit = context.settings.max_backfill_nodes
    count = len(event.include_node_ids)
    if limit is not None and count > limit:
        return deny(f"Backfills are limited to {limit:,} nodes; this one has {count:,}. Choose fewer nodes.")
    return None


@nodes.policy(BackfillData, needs="max_backfill_days")
def backfill_days(event: BackfillData, context: Context) -> Outcome | None:
    """A backfill has no more days than the limit."""
    limit = context.settings.max_backfill_days
    periods = _periods(event)
    if not periods:
        return deny("The backfill does not say for which days, so they cannot be counted. Choose the days.")
    days = sum(_days(period) for period in periods)
    if limit is not None and days > limit:
        return deny(f"Backfills are limited to {limit:,} days; this one has {days:,}. Choose fewer days.")
    return None


def _periods(event: BackfillData) -> tuple[TimePeriod, ...]:
    """The ranges of data timestamps that count; none if they are not given.

    The event says which of its two forms counts. The older form does not say so, and has one range.
    """
    several = event.multiple_time_periods or ()
    if event.use_multiple_time_periods:
        return several
    if event.biz_begin_time is not None and event.biz_end_time is not None:
        one = TimePeriod(biz_begin_time=event.biz_begin_time, biz_end_time=event.biz_end_time)
        return (one,) if event.use_multiple_time_periods is False else (one, *several)
    return () if event.use_multiple_time_periods is False else several


def _days(period: TimePeriod) -> int:
    """A range of hours counts as one day; fewer would let a reversed range reduce the sum."""
    return max(period.days or 1, 1)
