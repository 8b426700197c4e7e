"""What may be committed and deployed, when and by whom."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel

from dataworks_ext import Outcome, PolicyContext, PolicyPack, allow, deny, warn
from dataworks_ext.errors import PolicyError
from dataworks_ext.events import ChangeType, CommitFile, DeployFile, FileCommitOrDeploy, NodeType
from dataworks_ext.types import Day, Freeze, FreezeDates, Holidays, WorkingHours, ZoneName, zone_of
from dataworks_ext.wording import chinese_date, chinese_list, english_date, english_list

from .calls import first_calls
from .node_code import sql_in

_NOTICE: Final = timedelta(days=60)
"""How long before the end of the calendar people are told of it."""


def _bare_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("a function is written by its bare name: MAX_PT")
    return name


class FileSettings(BaseModel, defer_build=True):
    forbidden_functions: tuple[Annotated[str, AfterValidator(_bare_name)], ...] = ("MAX_PT",)
    """Functions that SQL may not call: MAX_PT,RAND; [] for none."""
    check_status: Literal["WARN", "FAIL"] = "FAIL"
    """The verdict on a call of a forbidden function: WARN or FAIL."""
    freeze_dates: tuple[FreezeDates, ...] = ()
    """Days on which nothing is released: 2026-11-11,2026-12-30/2027-01-03."""
    freeze_weekdays: tuple[Day, ...] = ()
    """Days of the week on which nothing is released: Fri,Sat,Sun."""
    freeze_holidays: bool = False
    """Whether nothing is released on days off in China: weekends and public holidays."""
    freeze_days_off: tuple[FreezeDates, ...] = ()
    """More days off in China, which chinesecalendar does not know yet: 2027-01-01/2027-01-03."""
    freeze_working_days: tuple[FreezeDates, ...] = ()
    """Weekends that are worked, which chinesecalendar does not know yet: 2027-01-09."""
    freeze_hours: WorkingHours | None = None
    """Hours of every day in which nothing is released: 18:00-09:00."""
    time_zone: ZoneName = "Asia/Shanghai"
    """The time zone of the days and hours."""
    deployers: tuple[str, ...] = ()
    """UIDs of the people who may deploy."""
    owners_deploy: bool = True
    """Whether a file's owner may deploy it as well."""

    @property
    def freeze(self) -> Freeze:
        """When nothing is released."""
        holidays = Holidays(self.freeze_days_off, self.freeze_working_days) if self.freeze_holidays else None
        return Freeze(self.freeze_dates, self.freeze_weekdays, holidays, self.freeze_hours, self.time_zone)

    def last_known_day(self, now: datetime) -> date | None:
        """The last day of the calendar of holidays, if it is needed and soon over."""
        holidays, today = self.freeze.holidays, now.astimezone(zone_of(self.time_zone)).date()
        end = None if holidays is None else holidays.end(today)
        return None if end is None or end - today > _NOTICE else end

    def warnings(self, now: datetime) -> list[str]:
        """What will not hold for long, a sentence each, which `dataworks-ext doctor` shows."""
        end = self.last_known_day(now)
        return [] if end is None else [_calendar_ends(end).message]


files = PolicyPack("files", settings=FileSettings, options_override=True)
Context = PolicyContext[FileSettings]


def _brings_sql(event: FileCommitOrDeploy) -> bool:
    """Whether the event may contain SQL. An unknown kind of file may contain some; a deletion contains none."""
    kind = event.file_type
    return event.change_type != ChangeType.DELETE and (not isinstance(kind, NodeType) or kind.may_hold_sql)


def _code(event: FileCommitOrDeploy, context: Context) -> str:
    from dataworks_ext.snapshots import CommittedFile  # slow to import, and only this policy needs it

    snapshot = context.snapshot
    if not isinstance(snapshot, CommittedFile):
        raise PolicyError(f"the snapshot of the event is a {type(snapshot).__name__}; expected a CommittedFile")
    if snapshot.content is None and not isinstance(event.file_type, NodeType):
        return ""  # a kind that nobody knew yet, and no code: a resource of some sort
    if snapshot.content is None:
        raise PolicyError("the snapshot of the event holds no code; expected its Content")
    return snapshot.content


@files.policy(CommitFile, DeployFile, when=_brings_sql, needs="forbidden_functions")
def forbidden_functions(event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """No SQL that calls a forbidden function is committed or deployed."""
    settings = context.settings
    calls: dict[str, int] = {}
    for text in sql_in(_code(event, context)):
        calls = {**first_calls(settings.forbidden_functions, text), **calls}
    if not calls:
        return None
    line = min(calls.values())
    object_ = warn if settings.check_status == "WARN" else deny
    functions = "a forbidden function" if len(calls) == 1 else "forbidden functions"
    return object_(
        f"The code calls {functions}, first in line {line}: {english_list(calls)}. Replace the calls.",
        zh=f"代码调用了禁用的函数（首次出现在第 {line} 行）：{chinese_list(calls)}，请替换。",
    )


def _calendar_ends(last_day: date) -> Outcome:
    """For the record: from the day after that on, every release is denied."""
    return allow(
        f"the holidays after {last_day} are not known, and then nothing is released: deploy with a newer "
        "chinesecalendar, or name them in FILES_FREEZE_DAYS_OFF and FILES_FREEZE_WORKING_DAYS",
        zh=f"{chinese_date(last_day)}之后的节假日未知，届时将禁止一切发布：请升级 chinesecalendar 后重新部署，"
        "或在 FILES_FREEZE_DAYS_OFF 和 FILES_FREEZE_WORKING_DAYS 中指定日期",
    )


def _has_freeze(_event: FileCommitOrDeploy, context: Context) -> bool:
    return bool(context.settings.freeze)


@files.policy(CommitFile, DeployFile, when=_has_freeze)
def release_freeze(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """Nobody commits or deploys during a freeze."""
    freeze = context.settings.freeze
    if not freeze.holds(context.now):
        last_day = context.settings.last_known_day(context.now)
        return None if last_day is None else _calendar_ends(last_day)
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
