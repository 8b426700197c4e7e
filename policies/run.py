"""What may be run by hand. Needs the extra `sql`."""

from __future__ import annotations

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import RunFile
from dataworks_ext.types import TablePattern

from .sql_rules import SqlSettings, is_among, unless_unread


class RunSettings(SqlSettings, defer_build=True):
    production_tables: tuple[TablePattern, ...] = ()
    """Tables that nobody writes by hand: ods.*,ads.*."""


run = PolicyPack("run", settings=RunSettings)
Context = PolicyContext[RunSettings]


@run.policy(RunFile, needs="production_tables")
def production_tables(_event: RunFile, context: Context) -> Outcome | None:
    """Production tables are written by the scheduler, not by hand."""
    script, settings = context.sql, context.settings
    if script is None:
        return None
    for table in script.writes:
        if is_among(table, settings.production_tables, settings):
            return deny(
                f"In line {table.line}, the code writes {table}, a production table. Let the scheduler run it.",
                zh=f"第 {table.line} 行写入了生产表 {table}，请通过调度运行，不要手动运行。",
            )
    return unless_unread(script, settings)
