"""Data Integration: synchronization jobs that are about to start.

Source: the DataWorks event reference, "Data Integration".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, ValidationInfo, WithJsonSchema, field_validator

from .base import Event, Part
from .enumerations.base import KnownNumber, to_lower_name
from .enumerations.shared import Environment
from .forms import SeveralForms
from .values import SHANGHAI, by_clock, read_time, to_clock_time

_LocalTime = Annotated[
    datetime,
    BeforeValidator(read_time),
    PlainSerializer(to_clock_time, when_used="json"),
    WithJsonSchema({"type": "string", "description": "yyyy-MM-dd HH:mm:ss, in timeZone."}),
]


class TableMapping(Part):
    """From which tables a job reads, and where it writes."""

    src_datasource_name: str
    """The data source that is read."""
    src_database_name: str
    """The database that is read; may be a regular expression."""
    src_table: str
    """The table that is read; may be a regular expression."""
    dst_datasource_name: str
    """The data source that is written."""
    dst_table: str
    """The table that is written."""


class JobTableMapping(Part):
    """The table mapping of one of several jobs."""

    id: int
    """The id of the job."""
    extension_biz_name: str
    """The name of the job."""
    table_mapping: tuple[TableMapping, ...]
    """Which tables it reads and writes."""


class StartSetting(Part):
    """When a job starts, and from which position."""

    time_zone: str | None = None
    """The time zone of the other fields, by its IANA name; None is Asia/Shanghai."""
    start_date_time: _LocalTime | None = None
    """When the job is to start; None is at once."""
    last_start_position: _LocalTime | None = None
    """From which moment of the source's changes the job reads on."""

    @field_validator("start_date_time", "last_start_position", mode="after")
    @classmethod
    def _in_time_zone(cls, moment: datetime | None, info: ValidationInfo) -> datetime | None:
        return None if moment is None else by_clock(moment, _time_zone(info.data.get("time_zone")))


def _time_zone(name: object) -> tzinfo:
    if not isinstance(name, str | None):  # it came, and could not be read
        raise ValueError("timeZone is no known time zone")
    if name is None or name == "Asia/Shanghai":
        return SHANGHAI
    from zoneinfo import ZoneInfo  # only other time zones need it

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError("timeZone is no known time zone (tzdata among the requirements may know it)") from None


class StartDiJob(SeveralForms):
    """A synchronization job is about to start. Reads into `StartDiJobV1` or `StartDiJobV2`."""

    event_code: str = "start-diJob"
    extension_biz_name: str
    """The name of the job."""
    app_id: int
    """Another id, not the workspace's where there is `project_id` too."""
    project_id: int | None = None
    """The id of the workspace."""
    show_table_mapping: bool
    """Whether the table mapping is there; with more than 500 tables it is not."""
    table_mapping: tuple[TableMapping, ...] | None = None
    """Which tables the job reads and writes; None if `show_table_mapping` is false."""
    operator: str
    """The UID of the person who starts the job."""

    @classmethod
    def form_of(cls, payload: Mapping[str, object]) -> type[Event]:
        """Only the second version has a `jobId`."""
        return StartDiJobV2 if "jobId" in payload or "job_id" in payload else StartDiJobV1


class StartDiJobV1(StartDiJob):
    """A synchronization job of the first version is about to start."""

    id: int
    """The id of the job."""


class StartDiJobV2(StartDiJob):
    """A synchronization job of the second version is about to start."""

    job_id: int
    """The id of the job."""
    force_run: bool
    """Whether it starts even though it runs."""
    start_as_v2: bool
    """Whether it starts as a job of the second version."""
    setting: StartSetting | None = None
    """When it starts, and from which position."""


StartDiJob.forms = (StartDiJobV1, StartDiJobV2)


class BatchStartDiJob(Event):
    """Several synchronization jobs are about to start."""

    event_code: str = "batch-start-diJob"
    extension_biz_name: str
    """The names of the jobs, with commas between them."""
    job_ids: tuple[int, ...]
    """The ids of the jobs."""
    env: Annotated[KnownNumber[Environment], PlainSerializer(to_lower_name, when_used="json")]
    """Where the jobs run."""
    setting: StartSetting | None = None
    """When they start."""
    app_id: int
    """Another id than the workspace's."""
    project_id: int
    """The id of the workspace."""
    show_table_mapping: bool
    """Whether the table mappings are there; with more than 500 tables they are not."""
    table_mappings: tuple[JobTableMapping, ...] | None = None
    """Which tables each job reads and writes; None if `show_table_mapping` is false."""
    need_error_message: bool | None = None
    """A switch without a published meaning."""
    error_message_only_failed_file_ids: bool | None = None
    """A switch without a published meaning."""
    operator: str
    """The UID of the person who starts the jobs."""
