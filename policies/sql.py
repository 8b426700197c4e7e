"""What SQL may do: scans, joins, functions, and what it writes and drops. Needs the extra `sql`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, PositiveInt

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny, warn
from dataworks_ext.events import ChangeType, CommitFile, DeployFile, FileCommitOrDeploy, NodeType
from dataworks_ext.types import TablePattern
from dataworks_ext.wording import chinese_list, english_list

from .names import FunctionName
from .sql_rules import SqlSettings, full_name, is_among, unless_unread

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dataworks_ext.sql import Table

BASIC_INFO = "GetMetaTableBasicInfo"


def _partitioned(text: str) -> str:
    pattern, equals, columns = text.replace(" ", "").casefold().partition("=")
    if not (pattern and equals and columns):
        raise ValueError("a partitioned table is written with its columns: ods.*=ds, or dwd.*=ds+hh")
    return f"{pattern}={columns}"


class SqlRules(SqlSettings, defer_build=True):
    select_star: tuple[TablePattern, ...] = ()
    """Tables whose columns are named instead of *: ods.*,dwd.*; * for all."""
    partition_filter: tuple[Annotated[str, AfterValidator(_partitioned)], ...] = ()
    """Tables with the partition columns by which they are filtered: ods.*=ds,dwd.log=ds+hh."""
    partition_lookup: bool = False
    """Whether DataWorks is asked which tables are partitioned, and by what."""
    partition_lookup_seconds: PositiveInt = 300
    """Seconds for which such an answer is kept."""
    cartesian_join: bool = False
    """Whether every join needs a condition that connects its sides."""
    forbidden_functions: tuple[FunctionName, ...] = ("MAX_PT",)
    """Functions that SQL may not call: MAX_PT,RAND; [] for none."""
    check_status: Literal["WARN", "FAIL"] = "FAIL"
    """The verdict on a call of a forbidden function: WARN or FAIL."""
    drops: tuple[TablePattern, ...] = ()
    """Tables that are neither dropped nor emptied, nor their partitions: ads.*."""
    written_projects: tuple[str, ...] = ()
    """The projects that SQL may write to."""
    protected_tables: tuple[TablePattern, ...] = ()
    """Tables that SQL may not change in any way."""
    insert_column_order: tuple[TablePattern, ...] = ()
    """Tables for which INSERT lists its columns: ads.*."""


sql = PolicyPack("sql", settings=SqlRules, options_override=True, asks=[BASIC_INFO])
Context = PolicyContext[SqlRules]


def _brings_code(event: FileCommitOrDeploy) -> bool:
    """Whether the event may bring SQL. An unknown kind of file may bring some; a deletion brings none."""
    kind = event.file_type
    return event.change_type != ChangeType.DELETE and (not isinstance(kind, NodeType) or kind.may_hold_sql)


@sql.policy(CommitFile, DeployFile, when=_brings_code, needs="select_star")
def select_star(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """Columns are named, not selected by *."""
    script, settings = context.sql, context.settings
    if script is None:
        return None
    for star in script.stars:
        tables = _among(star.tables, settings.select_star, settings)
        if tables:
            return deny(
                f"In line {star.line}, * selects all columns of {english_list(tables)}. Name the columns.",
                zh=f"第 {star.line} 行的 * 选取了 {chinese_list(tables)} 的所有列，请列出所需的列。",
            )
    return unless_unread(script, settings)


@sql.policy(CommitFile, DeployFile, when=_brings_code, needs="partition_filter")
def partition_filter(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """Partitioned tables are filtered by their partitions."""
    script, settings = context.sql, context.settings
    if script is None:
        return None
    wanted = [entry.split("=") for entry in settings.partition_filter]
    for table in script.reads:
        columns = next((columns for pattern, columns in wanted if is_among(table, [pattern], settings)), "")
        missing = [column for column in columns.split("+") if column and column not in script.filters(table)]
        if missing:
            return _unfiltered(table, missing[0])
    return unless_unread(script, settings)


def _looks_partitions_up(event: FileCommitOrDeploy, context: Context) -> bool:
    return context.settings.partition_lookup and _brings_code(event)


@sql.policy(CommitFile, DeployFile, when=_looks_partitions_up)
def partition_filter_of_partitioned_tables(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """Tables that DataWorks knows to be partitioned are filtered by their partitions."""
    script, settings = context.sql, context.settings
    if script is None:
        return None
    written = {full_name(table, settings) for table in script.writes}
    for table in script.reads:
        if full_name(table, settings) in written:
            continue  # the script makes it: it may not be there yet
        columns = _partition_columns(table, context)
        if columns and columns[0] not in script.filters(table):  # the others are parts of its partitions
            return _unfiltered(table, columns[0])
    return unless_unread(script, settings)


def _partition_columns(table: Table, context: Context) -> list[str]:
    guid = f"odps.{full_name(table, context.settings)}"
    keep = float(context.settings.partition_lookup_seconds)
    data = context.ask(BASIC_INFO, keep=keep, TableGuid=guid).get("Data")
    keys = data.get("PartitionKeys") if isinstance(data, dict) and data.get("IsPartitionTable") else None
    return [key.strip().casefold() for key in str(keys or "").split(",") if key.strip()]


def _unfiltered(table: Table, column: str) -> Outcome:
    return deny(
        f"In line {table.line}, {table} is read without a filter on its partition column {column}. "
        f"Add a condition such as {column} = '${{bizdate}}'.",
        zh=f"第 {table.line} 行读取 {table} 时未按分区列 {column} 过滤，请加上条件，例如 {column} = '${{bizdate}}'。",
    )


def _wants_conditions(event: FileCommitOrDeploy, context: Context) -> bool:
    return context.settings.cartesian_join and _brings_code(event)


@sql.policy(CommitFile, DeployFile, when=_wants_conditions)
def cartesian_join(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """Every join has a condition."""
    script, settings = context.sql, context.settings
    if script is None:
        return None
    for join in script.cartesian_joins:
        sides = list(map(str, join.tables))
        return deny(
            f"In line {join.line}, a join of {english_list(sides)} has no condition that connects them. Add one.",
            zh=f"第 {join.line} 行对 {chinese_list(sides)} 的关联没有连接条件（笛卡尔积），请加上。",
        )
    return unless_unread(script, settings)


@sql.policy(CommitFile, DeployFile, when=_brings_code, needs="forbidden_functions")
def forbidden_functions(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """No SQL calls a forbidden function, nor one that a variable names."""
    script, settings = context.sql, context.settings
    if script is None or not script.may_call(settings.forbidden_functions):
        return None
    object_ = warn if settings.check_status == "WARN" else deny
    names = {name.casefold(): name for name in settings.forbidden_functions}
    found: dict[str, int] = {}
    for call in script.calls:
        if call.holds_variable:
            return object_(
                f"In line {call.line}, a variable is in the name of a function, {call.name}, which cannot be checked. "
                "Write the name out.",
                zh=f"第 {call.line} 行的函数名 {call.name} 含有变量，无法检查，请写出完整的函数名。",
            )
        name = names.get(call.bare_name.casefold())
        if name is not None:
            found.setdefault(name, call.line)
    if not found:
        return unless_unread(script, settings)  # a text whose calls are not known
    line = min(found.values())
    functions = "a forbidden function" if len(found) == 1 else "forbidden functions"
    return object_(
        f"The code calls {functions}, first in line {line}: {english_list(found)}. Replace the calls.",
        zh=f"代码调用了禁用的函数（首次出现在第 {line} 行）：{chinese_list(found)}，请替换。",
    )


@sql.policy(CommitFile, DeployFile, when=_brings_code, needs="drops")
def drops(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """No code drops or empties a protected table, or its partitions."""
    script, settings = context.sql, context.settings
    if script is None:
        return None
    for drop in script.drops:
        tables = _among(drop.tables, settings.drops, settings)
        if tables:
            return deny(
                f"In line {drop.line}, the code drops or empties {english_list(tables)}. Leave it out.",
                zh=f"第 {drop.line} 行删除或清空了 {chinese_list(tables)}，请去掉该语句。",
            )
    return unless_unread(script, settings)


@sql.policy(CommitFile, DeployFile, when=_brings_code, needs="written_projects")
def cross_project_writes(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """SQL writes to the named projects only."""
    script, settings = context.sql, context.settings
    if script is None:
        return None
    allowed = [name.casefold() for name in settings.written_projects]
    for table in script.writes:
        project = full_name(table, settings).rpartition(".")[0].partition(".")[0]
        if project and project not in allowed:
            return deny(
                f"In line {table.line}, the code writes to {table}. It may write to {english_list(allowed)} only.",
                zh=f"第 {table.line} 行写入了 {table}，只能写入 {chinese_list(allowed)}。",
            )
    return unless_unread(script, settings)


@sql.policy(CommitFile, DeployFile, when=_brings_code, needs="protected_tables")
def protected_tables(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """No code changes a protected table."""
    script, settings = context.sql, context.settings
    if script is None:
        return None
    for table in script.writes:
        if is_among(table, settings.protected_tables, settings):
            return deny(
                f"In line {table.line}, the code changes {table}, which is protected. Leave it as it is.",
                zh=f"第 {table.line} 行修改了受保护的表 {table}，请勿修改。",
            )
    return unless_unread(script, settings)


@sql.policy(CommitFile, DeployFile, when=_brings_code, needs="insert_column_order")
def insert_column_order(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """INSERT lists its columns."""
    script, settings = context.sql, context.settings
    if script is None:
        return None
    for insert in script.inserts:
        if insert.columns is None and is_among(insert.table, settings.insert_column_order, settings):
            return deny(
                f"In line {insert.line}, INSERT into {insert.table} relies on the order of its columns. List them.",
                zh=f"第 {insert.line} 行写入 {insert.table} 时依赖列的顺序，请列出各列。",
            )
    return unless_unread(script, settings)


def _among(tables: Iterable[Table], patterns: Iterable[str], settings: SqlSettings) -> list[str]:
    patterns = tuple(patterns)
    return [str(table) for table in tables if is_among(table, patterns, settings)]
