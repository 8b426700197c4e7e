"""Who may download how much, from where and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal, cast, get_args

from pydantic import AfterValidator, BaseModel, PositiveInt

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import DownloadResources, DownloadResourcesExecute, ModuleType
from dataworks_ext.types import (
    DAYS,
    ColumnPattern,
    Day,
    Network,
    Size,
    WorkingHours,
    ZoneName,
    is_within,
    is_working_time,
)
from dataworks_ext.wording import chinese_days, counted, english_days, size_text

if TYPE_CHECKING:
    from dataworks_ext.sql import Dialect, Script


def _source_dialect(text: str) -> str:
    from dataworks_ext.sql import Dialect  # only who sets it needs it

    pattern, _, dialect = (part.strip().casefold() for part in text.partition("="))
    if not pattern or dialect not in get_args(Dialect):
        known = ", ".join(get_args(Dialect))
        raise ValueError(f"a dialect is written as holo_prod=hologres, after the name of a data source; one of {known}")
    return f"{pattern}={dialect}"


SourceDialect = Annotated[str, AfterValidator(_source_dialect)]
"""The dialect of the data sources that a pattern names: `mysql_*=mysql`."""


class DownloadSettings(BaseModel, defer_build=True):
    max_rows: PositiveInt | None = 1_000_000
    """Rows that one download may have."""
    max_bytes: Size | None = None
    """Size that one file may have: a number of bytes, or 500MB, 2GiB."""
    allowed_networks: tuple[Network, ...] = ()
    """Networks that files may be downloaded from: 10.0.0.0/8,2001:db8::/32."""
    working_hours: WorkingHours | None = None
    """Hours in which people may download: 09:00-18:00."""
    working_days: tuple[Day, ...] = DAYS[:5]
    """Days on which people may download: Mon,Tue,Wed."""
    time_zone: ZoneName = "Asia/Shanghai"
    """The time zone of the working hours."""
    denied_sources: tuple[ModuleType, ...] = ()
    """Pages of DataWorks that may not start a download: dw_excel,entity_transfer."""
    denied_datasources: tuple[str, ...] = ()
    """Names of data sources that may not be downloaded from."""
    personal_columns: tuple[ColumnPattern, ...] = ()
    """Columns that nobody may download: *.id_card,*.phone,ods.users.name."""
    limit_required: bool = False
    """Whether the query of a download needs a LIMIT."""
    sql_unreadable: Literal["deny", "warn", "allow"] = "warn"
    """What comes of SQL that is not understood, where a rule needs to: deny, warn or allow."""
    default_project: str | None = None
    """The project, or schema, of tables that are named without one."""
    dialects: tuple[SourceDialect, ...] = ()
    """Dialects of data sources that are not MaxCompute, by name: holo_prod=hologres,mysql_*=mysql."""


downloads = PolicyPack("downloads", settings=DownloadSettings)
Context = PolicyContext[DownloadSettings]


@downloads.policy(DownloadResources, DownloadResourcesExecute, needs="max_rows")
def row_limit(event: DownloadResources, context: Context) -> Outcome | None:
    """Nobody downloads more rows than the limit."""
    limit = context.settings.max_rows
    if limit is not None and event.data_row_size > limit:
        rows = event.data_row_size
        return deny(
            f"Downloads are limited to {counted(limit, 'row')}; this one has {rows:,}. Narrow the query.",
            zh=f"单次下载不得超过 {limit:,} 行，本次为 {rows:,} 行，请缩小查询范围。",
        )
    return None


@downloads.policy(DownloadResources, DownloadResourcesExecute, needs="max_bytes")
def size_limit(event: DownloadResources, context: Context) -> Outcome | None:
    """Nobody downloads a larger file than the limit."""
    limit = context.settings.max_bytes
    if limit is not None and event.file_size > limit:
        most, size = size_text(limit), size_text(event.file_size, beside=limit)
        return deny(
            f"Downloads are limited to {most}; this file has {size}. Download less.",
            zh=f"下载的文件不得超过 {most}，此文件为 {size}，请减少下载内容。",
        )
    return None


@downloads.policy(DownloadResourcesExecute, needs="allowed_networks")
def network(event: DownloadResourcesExecute, context: Context) -> Outcome | None:
    """Files are downloaded from the allowed networks only."""
    if is_within(event.ip, context.settings.allowed_networks):
        return None
    return deny(
        "Files can be downloaded from the company's networks only. Connect to one and download again.",
        zh="只能从公司网络下载文件，请接入公司网络后重新下载。",
    )


@downloads.policy(DownloadResources, DownloadResourcesExecute, needs="working_hours")
def working_hours(_event: DownloadResources, context: Context) -> Outcome | None:
    """Nobody downloads outside working hours."""
    settings = context.settings
    hours = settings.working_hours
    if hours is None or is_working_time(context.now, hours, settings.working_days, settings.time_zone):
        return None
    days, zone = settings.working_days, settings.time_zone
    return deny(
        f"Downloads are possible in working hours only: {hours}, {english_days(days)} ({zone}).",
        zh=f"只能在工作时间下载：{chinese_days(days)} {hours}（{zone}）。",
    )


@downloads.policy(DownloadResources, DownloadResourcesExecute, needs="denied_sources")
def source(event: DownloadResources, context: Context) -> Outcome | None:
    """Nothing is downloaded from a denied page of DataWorks."""
    if event.module_type in context.settings.denied_sources:
        return deny(
            f"Downloads from {event.module_type} are switched off.",
            zh=f"已禁止从 {event.module_type} 下载数据。",
        )
    return None


@downloads.policy(DownloadResources, DownloadResourcesExecute, needs="denied_datasources")
def datasource(event: DownloadResources, context: Context) -> Outcome | None:
    """Nothing is downloaded from a denied data source."""
    denied = {name.casefold() for name in context.settings.denied_datasources}
    if event.datasource_name.casefold() in denied:
        return deny(
            f"The data source {event.datasource_name} may not be downloaded from.",
            zh=f"数据源 {event.datasource_name} 中的数据不得下载。",
        )
    return None


def _read(query: str, dialect: Dialect) -> Script:
    from dataworks_ext.sql import SqlError, SqlTooLongError, read_sql, unread_script  # only rules about SQL need it

    try:
        return read_sql(query, dialect)
    except SqlTooLongError:
        raise
    except SqlError as error:
        return unread_script(query, dialect, error)


def _query(event: DownloadResources, context: Context) -> Script:
    """The query, in the dialect that is set for its data source: the event does not say of which type that is."""
    from fnmatch import fnmatchcase

    source = event.datasource_name.casefold() if context.settings.dialects else ""
    for pattern, dialect in (entry.split("=") for entry in context.settings.dialects):
        if fnmatchcase(source, pattern):
            return _read(event.sql_text, cast("Dialect", dialect))
    script = context.sql
    assert script is not None, "a download has a query"
    return script


@downloads.policy(DownloadResources, DownloadResourcesExecute, needs="personal_columns")
def personal_columns(event: DownloadResources, context: Context) -> Outcome | None:
    """No personal columns are downloaded, under whatever name."""
    from .sql_rules import columns_among, unless_unread  # only rules about SQL need it

    script, settings = _query(event, context), context.settings
    for table in script.reads:
        selected = script.selected(table)
        for pattern in settings.personal_columns:
            if selected is None and columns_among([pattern.rpartition(".")[2]], table, pattern, settings):
                return deny(
                    f"In line {table.line}, * may select personal columns of {table}. Name the columns.",
                    zh=f"第 {table.line} 行的 * 可能包含 {table} 的个人信息列，请列出所需的列。",
                )
            found = columns_among(selected or (), table, pattern, settings)
            if found:
                return deny(
                    f"The query selects {found[0]} of {table}, which is personal. Leave it out.",
                    zh=f"查询中包含 {table} 的个人信息列 {found[0]}，请去掉。",
                )
    return unless_unread(script, settings)


def _needs_a_limit(_event: DownloadResources, context: Context) -> bool:
    return context.settings.limit_required


@downloads.policy(DownloadResources, DownloadResourcesExecute, when=_needs_a_limit)
def limit_required(event: DownloadResources, context: Context) -> Outcome | None:
    """The query of a download has a LIMIT."""
    from .sql_rules import unless_unread  # only rules about SQL need it

    script = _query(event, context)
    if script.limit is not None:
        return None
    if script.unread:
        return unless_unread(script, context.settings)
    return deny(
        "The query has no LIMIT. Add one, such as LIMIT 10000.",
        zh="查询没有 LIMIT，请加上，例如 LIMIT 10000。",
    )
