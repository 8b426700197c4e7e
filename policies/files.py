"""What may be committed and deployed, when and by whom, and how files and their nodes are to be.

Looking at inputs needs the extra `sql`, looking at schedules the extra `cron`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.errors import PolicyError
from dataworks_ext.events import ChangeType, CommitFile, DeployFile, FileCommitOrDeploy
from dataworks_ext.wording import chinese_date, chinese_list, english_date, english_list

from .file_settings import FileSettings, calendar_ends
from .names import fits
from .sql_rules import full_name, unless_unread

if TYPE_CHECKING:
    from datetime import timedelta

    from dataworks_ext.snapshots import NodeConfiguration
    from dataworks_ext.sql import Script, Table

_NO_TABLE: Final = re.compile(r"(?:.*_(?:out|root)|.*\.\d+)\Z")
"""Outputs of nodes that are no tables: `workspace.1000001_out`, `workspace_root`."""
_RUNS_A_DAY: Final = 300

files = PolicyPack("files", settings=FileSettings, options_override=True)
Context = PolicyContext[FileSettings]


def _has_freeze(_event: FileCommitOrDeploy, context: Context) -> bool:
    return bool(context.settings.freeze)


@files.policy(CommitFile, DeployFile, when=_has_freeze)
def release_freeze(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """Nobody commits or deploys during a freeze."""
    freeze = context.settings.freeze
    if not freeze.holds(context.now):
        last_day = context.settings.last_known_day(context.now)
        return None if last_day is None else calendar_ends(last_day)
    end = freeze.end(context.now)
    if end is None:
        return deny(
            "Nothing is committed or deployed during the freeze. Ask the owners of the platform when it ends.",
            zh="封网期间不得提交和发布，结束时间请咨询平台负责人。",
        )
    return deny(
        f"Nothing is committed or deployed during the freeze. It ends on {english_date(end)} at {end:%H:%M} "
        f"({freeze.zone}).",
        zh=f"封网期间不得提交和发布，封网将于 {chinese_date(end)} {end:%H:%M}（{freeze.zone}）结束。",
    )


@files.policy(DeployFile, needs="deployers")
def deployers(event: DeployFile, context: Context) -> Outcome | None:
    """Files are deployed by the deployers, and by their owners, only."""
    settings = context.settings
    if event.operator in settings.deployers:
        return None
    if not settings.owners_deploy:
        return deny(
            "Files are deployed by the deployers only. Ask one of them to deploy this one.",
            zh="只有发布人员可以发布文件，请联系发布人员发布此文件。",
        )
    if event.operator == event.file_owner:
        return None
    return deny(
        "Files are deployed by the deployers and by their owners only. Ask one of them to deploy this one.",
        zh="只有发布人员和文件责任人可以发布文件，请联系他们发布此文件。",
    )


def _stays(event: FileCommitOrDeploy) -> bool:
    """Whether the file is there afterwards."""
    return event.change_type != ChangeType.DELETE


def _configuration(context: Context) -> NodeConfiguration | None:
    """How the node is scheduled; None for a file that is no node."""
    from dataworks_ext.snapshots import CommittedFile  # slow to import, and not every policy needs it

    snapshot = context.snapshot
    if not isinstance(snapshot, CommittedFile):
        raise PolicyError(f"the snapshot of the event is a {type(snapshot).__name__}; expected a CommittedFile")
    return snapshot.node_configuration


@files.policy(CommitFile, DeployFile, when=_stays, needs="naming")
def naming(event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """Files have names of the standard."""
    name, patterns = event.file_name, context.settings.naming
    if fits(name, patterns):
        return None
    return deny(
        f"The name {name} is not of the standard. Allowed: {english_list(patterns, 'or')}.",
        zh=f"文件名 {name} 不符合命名规范，允许的形式：{chinese_list(patterns)}。",
    )


def _declares_inputs(event: FileCommitOrDeploy, context: Context) -> bool:
    return context.settings.declared_inputs and _stays(event)


@files.policy(CommitFile, DeployFile, when=_declares_inputs)
def declared_inputs(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """The inputs of a node are the tables that it reads."""
    settings = context.settings
    script = context.sql
    configuration = None if script is None else _configuration(context)
    if script is None or configuration is None:
        return None
    declared = {entry.input.casefold() for entry in configuration.input_list or () if entry.input}
    read = {full_name(table, settings): table for table in _read_from_outside(script, settings)}
    missing = [str(table) for name, table in read.items() if name not in declared]
    if missing:
        return deny(
            f"The node reads {english_list(missing)} without having it as an input. Add it.",
            zh=f"节点读取了 {chinese_list(missing)}，但未将其声明为输入，请补充。",
        )
    unused = sorted(name for name in declared if not _NO_TABLE.match(name) and name not in read)
    if unused and not script.unread:
        return deny(
            f"The node has {english_list(unused)} as an input and never reads it. Take it out.",
            zh=f"节点声明了输入 {chinese_list(unused)}，但从未读取，请删除。",
        )
    return unless_unread(script, settings)


def _read_from_outside(script: Script, settings: FileSettings) -> list[Table]:
    """The tables that are read before the script itself writes them."""
    written: set[str] = set()
    found = []
    for statement in script.statements:
        found += [table for table in statement.reads if full_name(table, settings) not in written]
        written |= {full_name(table, settings) for table in statement.writes}
    return found


@files.policy(CommitFile, DeployFile, when=_stays, needs="shortest_interval_minutes")
def shortest_interval(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """Nodes run no more often than the limit."""
    limit, configuration = context.settings.shortest_interval_minutes, _configuration(context)
    cron = None if configuration is None else configuration.cron_express
    interval: timedelta | None = cron.shortest_interval if cron else None
    if limit is None or interval is None or interval.total_seconds() >= 60 * limit:
        return None
    minutes = int(interval.total_seconds() // 60)
    return deny(
        f"Nodes run every {limit:,} minutes at most; this one would run every {minutes:,}. Run it less often.",
        zh=f"节点的调度间隔不得小于 {limit:,} 分钟，此节点为 {minutes:,} 分钟，请降低频率。",
    )


@files.policy(CommitFile, DeployFile, when=_stays, needs="closed_hours")
def closed_hours(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """No node runs in the closed hours."""
    hours, configuration = context.settings.closed_hours, _configuration(context)
    cron = None if configuration is None else configuration.cron_express
    if hours is None or not cron:
        return None
    for run in cron.next_runs(_RUNS_A_DAY, after=context.now):
        if run.time() in hours:
            return deny(
                f"No node runs from {hours}; this one would run at {run:%H:%M}. Choose another time.",
                zh=f"{hours} 期间不允许调度，此节点将在 {run:%H:%M} 运行，请另选时间。",
            )
    return None


@files.policy(CommitFile, DeployFile, when=_stays, needs="resource_groups")
def resource_groups(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """Nodes run on allowed resource groups."""
    configuration, allowed = _configuration(context), context.settings.resource_groups
    group = None if configuration is None else configuration.resource_group_id
    if group is None or group in allowed:
        return None
    return deny(
        f"Nodes may not run on the resource group {group}. Allowed: {english_list(allowed, 'or')}.",
        zh=f"节点不能使用资源组 {group}，允许的资源组：{chinese_list(allowed)}。",
    )


@files.policy(CommitFile, DeployFile, when=_stays, needs="rerun_modes")
def rerunnable(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """Nodes can run again as they should."""
    configuration, allowed = _configuration(context), context.settings.rerun_modes
    mode = None if configuration is None else configuration.rerun_mode
    if mode is None or mode in allowed:
        return None
    return deny(
        f"The node is set to rerun as {mode}. Allowed: {english_list(allowed, 'or')}.",
        zh=f"节点的重跑属性为 {mode}，允许的取值：{chinese_list(allowed)}。",
    )
