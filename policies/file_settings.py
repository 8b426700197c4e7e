"""The settings of the pack about files."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Final, Literal

from pydantic import PositiveInt

from dataworks_ext import Outcome, allow
from dataworks_ext.types import Day, Freeze, FreezeDates, Holidays, WorkingHours, ZoneName, zone_of
from dataworks_ext.wording import chinese_date

from .names import NamePattern
from .sql_rules import SqlSettings

_NOTICE: Final = timedelta(days=60)
"""How long before the end of the calendar people are told of it."""


class FileSettings(SqlSettings, defer_build=True):
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
    naming: tuple[NamePattern, ...] = ()
    """Names that files may have: (ods|dwd|ads)_[a-z0-9_]+."""
    declared_inputs: bool = False
    """Whether a node declares every table that it reads as an input, and no other."""
    shortest_interval_minutes: PositiveInt | None = None
    """Minutes that lie between two runs of a node at least."""
    closed_hours: WorkingHours | None = None
    """Hours in which no node runs, in Shanghai time: 00:00-02:00."""
    resource_groups: tuple[int, ...] = ()
    """Ids of the resource groups that nodes may run on."""
    rerun_modes: tuple[Literal["ALL_ALLOWED", "FAILURE_ALLOWED", "ALL_DENIED"], ...] = ()
    """How nodes may be set to run again: ALL_ALLOWED,FAILURE_ALLOWED."""

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
        return [] if end is None else [calendar_ends(end).message]


def calendar_ends(last_day: date) -> Outcome:
    """For the record: from the day after that on, every release is denied."""
    return allow(
        f"the holidays after {last_day} are not known, and then nothing is released: deploy with a newer "
        "chinesecalendar, or name them in FILES_FREEZE_DAYS_OFF and FILES_FREEZE_WORKING_DAYS",
        zh=f"{chinese_date(last_day)}之后的节假日未知，届时将禁止一切发布：请升级 chinesecalendar 后重新部署，"
        "或在 FILES_FREEZE_DAYS_OFF 和 FILES_FREEZE_WORKING_DAYS 中指定日期",
    )
