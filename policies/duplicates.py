"""Data integration jobs that write the same table."""

from __future__ import annotations

from pydantic import BaseModel

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import BatchStartDiJob


class DuplicateSettings(BaseModel, defer_build=True):
    one_writer: bool = False
    """Whether a table may be written by one job of a list only."""


duplicates = PolicyPack("duplicates", settings=DuplicateSettings)
Context = PolicyContext[DuplicateSettings]


def _wants_one_writer(_event: BatchStartDiJob, context: Context) -> bool:
    return context.settings.one_writer


@duplicates.policy(BatchStartDiJob, when=_wants_one_writer)
def one_writer(event: BatchStartDiJob) -> Outcome | None:
    """No two jobs of a list write the same table."""
    if not event.show_table_mapping:
        return deny(
            "The list writes more than 500 tables, which DataWorks does not name. Start fewer jobs at once.",
            zh="任务列表写入的表超过 500 张，DataWorks 未提供明细，请减少一次启动的任务数。",
        )
    writers: dict[tuple[str, str], tuple[int, str]] = {}
    for job in event.table_mappings or ():
        for mapping in job.table_mapping:
            target = mapping.dst_datasource_name.casefold(), mapping.dst_table.casefold()
            first = writers.setdefault(target, (job.id, job.extension_biz_name))
            if first[0] != job.id:
                return deny(
                    f"The jobs {first[1]} and {job.extension_biz_name} both write {mapping.dst_table} of "
                    f"{mapping.dst_datasource_name}. Start one of them only.",
                    zh=f"任务 {first[1]} 和 {job.extension_biz_name} 都写入 {mapping.dst_datasource_name} 的表 "
                    f"{mapping.dst_table}，请只启动其中一个。",
                )
    return None
