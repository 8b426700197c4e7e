"""What may be committed and deployed, when and by whom."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel

from dataworks_ext import Outcome, PolicyContext, PolicyPack, allow, deny, warn
from dataworks_ext.errors import PolicyError
from dataworks_ext.events import ChangeType, CommitFile, DeployFile, FileCommitOrDeploy, NodeType

from .freezes import Freeze, FreezeDates, Holidays
from .hours import Day, WorkingHours, ZoneName, zone_of
from .node_code import sql_in
from .sql import first_calls

_NOTICE: Final = timedelta(days=60)
"""How long before the end of the calendar people are told of it."""


def _bare_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("a function is written by its bare name: MAX_PT")
    return name


class FileSettings(BaseModel):
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

    def warnings(self, now: datetime) -> list[str]:
        """What will not hold for long, a sentence each; `dataworks-ext doctor` and the record show them."""
        holidays, today = self.freeze.holidays, now.astimezone(zone_of(self.time_zone)).date()
        end = None if holidays is None else holidays.end(today)
        if end is None or end - today > _NOTICE:
            return []
        return [
            f"the holidays after {end} are not known, and then nothing is released: deploy with a newer "
            f"chinesecalendar, or name them in FILES_FREEZE_DAYS_OFF and FILES_FREEZE_WORKING_DAYS"
        ]


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
    objection = f"The code calls forbidden functions, first in line {line}: {', '.join(calls)}. Replace the calls."
    return warn(objection) if settings.check_status == "WARN" else deny(objection)


def _has_freeze(_event: FileCommitOrDeploy, context: Context) -> bool:
    return bool(context.settings.freeze)


@files.policy(CommitFile, DeployFile, when=_has_freeze)
def release_freeze(_event: FileCommitOrDeploy, context: Context) -> Outcome | None:
    """Nobody commits or deploys during a freeze."""
    freeze = context.settings.freeze
    if not freeze.holds(context.now):
        warnings = context.settings.warnings(context.now)
        return allow("; ".join(warnings)) if warnings else None
    end = freeze.end(context.now)
    if end is None:
        return deny("Nothing is committed or deployed during the freeze. Ask the owners of the platform when it ends.")
    return deny(
        f"Nothing is committed or deployed during the freeze. It ends on {end:%Y-%m-%d at %H:%M} ({freeze.zone})."
    )


@files.policy(DeployFile, needs="deployers")
def deployers(event: DeployFile, context: Context) -> Outcome | None:
    """Files are deployed by the deployers, and by their owners, only."""
    settings = context.settings
    if event.operator in settings.deployers:
        return None
    if not settings.owners_deploy:
        return deny("Files are deployed by the deployers only. Ask one of them to deploy this one.")
    if event.operator == event.file_owner:
        return None
    return deny("Files are deployed by the deployers and by their owners only. Ask one of them to deploy this one.")
