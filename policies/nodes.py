"""Which nodes are protected, and how large a backfill may be."""

from __future__ import annotations

from pydantic import BaseModel, PositiveInt

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import BackfillData, FreezeNode, TimePeriod, UndeployNode
from dataworks_ext.wording import chinese_list, counted, english_list


class NodeSettings(BaseModel, defer_build=True):
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
        return deny(
            f"Protected nodes are neither frozen nor undeployed: {english_list(found)}. Leave them out.",
            zh=f"受保护的节点不得冻结或下线：{chinese_list(found)}，请从本次操作中移除。",
        )
    return None


@nodes.policy(BackfillData, needs="max_backfill_nodes")
def backfill_nodes(event: BackfillData, context: Context) -> Outcome | None:
    """A backfill has no more nodes than the limit."""
    limit = context.settings.max_backfill_nodes
    count = len(event.include_node_ids)
    if limit is not None and count > limit:
        return deny(
            f"Backfills are limited to {counted(limit, 'node')}; this one has {count:,}. Choose fewer nodes.",
            zh=f"一次补数据不得超过 {limit:,} 个节点，本次为 {count:,} 个，请减少节点。",
        )
    return None


@nodes.policy(BackfillData, needs="max_backfill_days")
def backfill_days(event: BackfillData, context: Context) -> Outcome | None:
    """A backfill has no more days than the limit."""
    limit = context.settings.max_backfill_days
    periods = _periods(event)
    if not periods:
        return deny(
            "The backfill does not say for which days, so they cannot be counted. Choose the days.",
            zh="本次补数据没有指定业务日期，无法计算天数，请选择业务日期。",
        )
    days = sum(_days(period) for period in periods)
    if limit is not None and days > limit:
        return deny(
            f"Backfills are limited to {counted(limit, 'day')}; this one has {days:,}. Choose fewer days.",
            zh=f"一次补数据不得超过 {limit:,} 天，本次为 {days:,} 天，请减少天数。",
        )
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
