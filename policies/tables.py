"""How tables are to be: names, lifecycles, comments, types."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pydantic import BaseModel, PositiveInt

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.errors import PolicyError
from dataworks_ext.events import CommitTable, DeployTable, TableChange
from dataworks_ext.wording import chinese_list, english_list

from .names import NamePattern, fits

if TYPE_CHECKING:
    from dataworks_ext.snapshots import TableModel


class TableSettings(BaseModel, defer_build=True):
    naming: tuple[NamePattern, ...] = ()
    """Names that tables may have, by layer: ods_[a-z0-9_]+,dwd_[a-z0-9_]+_(di|df)."""
    max_lifecycle: PositiveInt | None = None
    """Days for which a table may keep its data; one without a lifecycle keeps it for ever."""
    lifecycle_exempt: tuple[NamePattern, ...] = ()
    """Names of tables that may keep their data longer: dim_.*."""
    comments: bool = False
    """Whether tables and all their columns need comments."""
    column_types: tuple[str, ...] = ()
    """The types that columns may have: bigint,string,decimal,datetime."""


tables = PolicyPack("tables", settings=TableSettings)
Context = PolicyContext[TableSettings]


def _model(context: Context) -> TableModel:
    from dataworks_ext.snapshots import TableModel  # slow to import, and only these policies need it

    snapshot = context.snapshot
    if not isinstance(snapshot, TableModel):
        raise PolicyError(f"the snapshot of the event is a {type(snapshot).__name__}; expected a TableModel")
    return snapshot


@tables.policy(CommitTable, DeployTable, needs="naming")
def naming(event: TableChange, context: Context) -> Outcome | None:
    """Tables have names of the standard."""
    name = event.table_name.rpartition(".")[2]
    if fits(name, context.settings.naming):
        return None
    patterns = context.settings.naming
    return deny(
        f"The name {name} is not of the standard. Allowed: {english_list(patterns, 'or')}.",
        zh=f"表名 {name} 不符合命名规范，允许的形式：{chinese_list(patterns)}。",
    )


@tables.policy(CommitTable, DeployTable, needs="max_lifecycle")
def lifecycle(event: TableChange, context: Context) -> Outcome | None:
    """Tables keep their data no longer than the limit."""
    settings = context.settings
    limit, days = settings.max_lifecycle, _model(context).life_cycle
    exempt = fits(event.table_name.rpartition(".")[2], settings.lifecycle_exempt)
    if limit is None or exempt or (days is not None and 0 < days <= limit):
        return None
    if days is None or days <= 0:
        return deny(
            f"Tables keep their data for {limit:,} days at most; this one would keep it for ever. Set its lifecycle.",
            zh=f"表的生命周期不得超过 {limit:,} 天，此表的数据永久保留，请设置生命周期。",
        )
    return deny(
        f"Tables keep their data for {limit:,} days at most; this one would keep it for {days:,} days. "
        "Set its lifecycle.",
        zh=f"表的生命周期不得超过 {limit:,} 天，此表为 {days:,} 天，请缩短生命周期。",
    )


def _wants_comments(_event: TableChange, context: Context) -> bool:
    return context.settings.comments


@tables.policy(CommitTable, DeployTable, when=_wants_comments)
def comments(_event: TableChange, context: Context) -> Outcome | None:
    """Tables and their columns have comments."""
    model = _model(context)
    if not (model.comment or "").strip():
        return deny("The table has no comment. Say what a row is.", zh="此表没有注释，请说明一行数据的含义。")
    bare = [column.column_name for column in model.columns if not (column.comment or "").strip()]
    if bare:
        return deny(
            f"Columns without a comment: {english_list(bare)}. Say what they hold.",
            zh=f"以下列没有注释：{chinese_list(bare)}，请补充。",
        )
    return None


@tables.policy(CommitTable, DeployTable, needs="column_types")
def column_types(_event: TableChange, context: Context) -> Outcome | None:
    """Columns have allowed types only."""
    allowed = {name.casefold() for name in context.settings.column_types}
    found = [
        f"{column.column_name} {column.column_type}"
        for column in _model(context).columns
        if re.split(r"[(<]", column.column_type or "")[0].strip().casefold() not in allowed
    ]
    if not found:
        return None
    types = context.settings.column_types
    return deny(
        f"Columns of a type that is not allowed: {english_list(found)}. Allowed: {english_list(types)}.",
        zh=f"以下列的类型不被允许：{chinese_list(found)}；允许的类型：{chinese_list(types)}。",
    )
