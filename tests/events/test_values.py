"""What one value on the wire reads into, and how it is written back."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta, timezone
from typing import Any

import pytest

from dataworks_ext.events import (
    BackfillData,
    BatchStartDiJob,
    CommitFile,
    CreateDataQualityEvaluationTask,
    DqcCheckFinishedEvent,
    Environment,
    Event,
    NodeAlert,
    NodeType,
    ProjectDeleted,
    StartSetting,
    WorkbenchMonitorAlert,
    event_class,
    problems_of,
    read_event,
)
from dataworks_ext.testing import sample_payload

from .shapes import forms

SHANGHAI = timezone(timedelta(hours=8))
_MOMENT = datetime(2024, 7, 12, 11, 8, 50, tzinfo=SHANGHAI)
_MILLISECONDS = 1720753730000
_END = datetime(3000, 12, 31, tzinfo=SHANGHAI)


def _write(event: Event) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(event.model_dump_json(by_alias=True))
    return written


def _error(code: str, **changes: object) -> str:
    return "; ".join(problems_of(read_event(event_class(code), sample_payload(code, **changes))))


# Times

_TIMES: list[tuple[object, datetime]] = [
    (_MILLISECONDS, _MOMENT),
    (str(_MILLISECONDS), _MOMENT),
    (f" {_MILLISECONDS} ", _MOMENT),
    (float(_MILLISECONDS), _MOMENT),
    ("2024-07-12 11:08:50", _MOMENT),
    (" 2024-07-12 11:08:50 ", _MOMENT),
    ("2024-07-12T11:08:50", _MOMENT),
    ("2024-07-12T03:08:50+00:00", _MOMENT),
    ("2024-07-11T23:08:50-04:00", _MOMENT),
    (datetime(2024, 7, 12, 11, 8, 50), _MOMENT),
    (datetime(2024, 7, 12, 3, 8, 50, tzinfo=timezone.utc), _MOMENT),
    (_MOMENT, _MOMENT),
    ("2024-07-12", datetime(2024, 7, 12, tzinfo=SHANGHAI)),
    ("2024-07-12T03:08:50Z", _MOMENT),
    ("2024-07-12 11:08:50.0", _MOMENT),
    ("2024-07-12T11:08:50.000000", _MOMENT),
    ("2024-07-12T11:08:50+0800", _MOMENT),
    ("2024-07-12T11:08:50.0+08:00", _MOMENT),
    (946_656_000_000, datetime(2000, 1, 1, tzinfo=SHANGHAI)),
    ("4133951999000", datetime(2100, 12, 31, 23, 59, 59, tzinfo=SHANGHAI)),
    ("3000-12-31 00:00:00", _END),
    ("9999-12-31 23:59:59", datetime(9999, 12, 31, 23, 59, 59, tzinfo=SHANGHAI)),
    ("0001-01-01 00:00:00", datetime(1, 1, 1, tzinfo=SHANGHAI)),
]
_every_time = pytest.mark.parametrize(("wire", "moment"), _TIMES, ids=lambda value: repr(value))


@_every_time
def test_a_time_is_aware_and_by_the_vendors_clock(wire: object, moment: datetime) -> None:
    """Whether the field is one of milliseconds or of clock times."""
    deleted = read_event(ProjectDeleted, sample_payload("project-deleted", timestamp=wire))
    commit = read_event(CommitFile, sample_payload("commit-file", fileCreateTime=wire))
    for read in (deleted.timestamp, commit.file_create_time):
        assert read == moment
        assert read.utcoffset() == timedelta(hours=8)
        assert read.tzname() == "Asia/Shanghai"


@_every_time
def test_a_time_is_written_as_its_field_is(wire: object, moment: datetime) -> None:
    deleted = read_event(ProjectDeleted, sample_payload("project-deleted", timestamp=wire))
    commit = read_event(CommitFile, sample_payload("commit-file", fileCreateTime=wire))
    epoch = datetime(1970, 1, 1, tzinfo=timezone.utc)
    clock = moment.replace(tzinfo=None).isoformat(" ")
    are_milliseconds = 2000 <= moment.year <= 2100  # other numbers are read as none, so it is the clock's time then
    assert _write(deleted)["timestamp"] == (
        (moment - epoch) // timedelta(milliseconds=1) if are_milliseconds else clock
    )
    assert _write(commit)["fileCreateTime"] == clock


@pytest.mark.parametrize("milliseconds", [946_656_000_000, 946_656_000_999, 1720753730864, 4_133_951_999_999])
def test_no_millisecond_is_lost(milliseconds: int) -> None:
    for wire in (milliseconds, str(milliseconds), float(milliseconds)):
        event = read_event(ProjectDeleted, sample_payload("project-deleted", timestamp=wire))
        assert _write(event)["timestamp"] == milliseconds


def test_a_part_of_a_second_is_not_on_the_clock() -> None:
    event = read_event(CommitFile, sample_payload("commit-file", fileCreateTime=_MILLISECONDS + 864))
    assert event.file_create_time.microsecond == 864000
    assert _write(event)["fileCreateTime"] == "2024-07-12 11:08:50"


def test_a_time_in_python_is_a_datetime() -> None:
    """Only JSON has the form of the wire."""
    event = read_event(ProjectDeleted, sample_payload("project-deleted"))
    assert isinstance(event.model_dump()["timestamp"], datetime)


@pytest.mark.parametrize("field", ["fileCreateTime", "timestamp"])
@pytest.mark.parametrize(
    ("wire", "text"),
    [
        *(
            (wire, "expected milliseconds since 1970, or yyyy-MM-dd HH:mm:ss")
            for wire in (
                *("", " ", "soon", "-", "1e12", "2024-13-01 00:00:00", "2024-02-30 00:00:00", "2024-07-12 25:00:00"),
                *("12/07/2024", "²", "1" * 5000, [], {}, [_MILLISECONDS], {"time": 1}, b"1", date(2024, 7, 12)),
                *(True, False, "1720753730000.0", "+1720753730000", "-1000", "1_720_753_730_000", "0x1", "2024-W28-5"),
                *(
                    "２０２４-07-12 11:08:50",
                    "１７２０７５３７３００００",
                    "٢٠٢٤-٠٧-١٢",
                    "2024-07-12  11:08:50",
                    "20240712T110850",
                ),
                *(
                    "2024-07-12 11:08",
                    "2024-07-12 11",
                    "2024-07-12t11:08:50",
                    "2024-07-12 11:08:50z",
                    "2024-7-12 11:08:50",
                ),
                *(
                    "2024-07-12 11:08:50,5",
                    "2024-07-12 11:08:50.",
                    "2024-07-12 11:08:50.1234567",
                    "2024-07-12T11:08:50 Z",
                ),
                *(
                    "2024-07-12T11:08:50+08",
                    "2024-07-12T11:08:50+08:00:00",
                    "2024-07-12T11:08:50+24:00",
                    "0000-01-01 00:00:00",
                ),
                *(
                    "2024-07-12T11:08:50+08:60",
                    "2024-07-12 24:00:00",
                    "2024-07-12 11:08:60",
                    "2024-07-12\x00",
                    "2024-07-12 11:08:50\n0",
                ),
                *(
                    "2024-07-12+08:00",
                    "9999999999999999999999",
                    "2024-07-12 １１:08:50",
                    "2024-07-1２ 11:08:50",
                    "2024-07-12 +1:08:50",
                ),
            )
        ),
        *(
            (wire, "expected milliseconds since 1970, got a number that is no time from 2000 to 2100")
            for wire in (
                *(20240712110850, 1720753730, "1720753730", 0, "0", -1000, 946_655_999_999, 4_133_952_000_000),
                *(10**15, -(10**15), 10**400, float("inf"), float("-inf"), float("nan")),
            )
        ),
        ("9999-12-31T23:59:59-12:00", "expected a time between the years 1 and 9999"),
        ("0001-01-01T00:00:00+14:00", "expected a time between the years 1 and 9999"),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_what_is_no_time_is_an_error_that_says_what_was_expected(field: str, wire: object, text: str) -> None:
    code = "commit-file" if field == "fileCreateTime" else "project-deleted"
    assert _error(code, **{field: wire}) == f"{field}: {text}"


def test_a_time_deep_inside_is_named_by_its_place() -> None:
    values = [{"bizDate": "2023-02-09 00:00:00", "value": 3.0}, {"bizDate": "yesterday", "value": 3.0}]
    text = _error("dqc-check-finished-event", sampleValue=values)
    assert text == "sampleValue.1.bizDate: expected milliseconds since 1970, or yyyy-MM-dd HH:mm:ss"


def test_the_end_of_time_of_the_reference() -> None:
    """A published payload compares with a value of the last day of the year 3000."""
    event = read_event(DqcCheckFinishedEvent, sample_payload("dqc-check-finished-event"))
    assert event.reference_value[0].biz_date == _END
    assert _write(event)["referenceValue"][0]["bizDate"] == "3000-12-31 00:00:00"


# Days and times of day


@pytest.mark.parametrize(
    ("wire", "value"),
    [
        ("2022-04-17", date(2022, 4, 17)),
        ("2024-02-29", date(2024, 2, 29)),
        ("00:00:00", time(0, 0)),
        ("23:59:59", time(23, 59, 59)),
    ],
)
def test_a_backfill_has_days_or_times_of_day(wire: str, value: date | time) -> None:
    event = read_event(BackfillData, sample_payload("backfill-data", bizBeginTime=wire, bizEndTime=wire))
    assert (event.biz_begin_time, event.biz_end_time) == (value, value)
    assert type(event.biz_begin_time) is type(value)
    assert _write(event)["bizBeginTime"] == wire


@pytest.mark.parametrize(
    "wire",
    [
        *("", "24:00:00", "2022-02-30", "noon", True, [], {}, 1650124800, "1650124800", "20220417", "2022-W15-7"),
        *(
            "10:00",
            "10:00:00Z",
            "10:00:00.5",
            "１０:００:００",
            "10:00:5Z",
            "2022-４4-17",
            "２０２２-04-17",
            "2022-04-17 00:00:00",
            datetime(2022, 4, 17),
        ),
    ],
)
def test_what_is_neither_day_nor_time_is_an_error(wire: object) -> None:
    assert _error("backfill-data", bizEndTime=wire) == "bizEndTime: expected yyyy-MM-dd, or HH:mm:ss"


# JSON in strings


@pytest.mark.parametrize(
    "wire",
    [
        '[{"bizBeginTime":"2022-04-17","bizEndTime":"2022-04-18"}]',
        ' [ {"bizEndTime": "2022-04-18",\n "bizBeginTime": "2022-04-17", "unknown": 1} ] ',
        [{"bizBeginTime": "2022-04-17", "bizEndTime": "2022-04-18"}],
    ],
)
def test_json_in_a_string_is_read_into_its_class(wire: object) -> None:
    """One that is not in a string is read as well."""
    event = read_event(BackfillData, sample_payload("backfill-data", multipleTimePeriods=wire))
    assert event.multiple_time_periods is not None
    (period,) = event.multiple_time_periods
    assert (period.biz_begin_time, period.biz_end_time) == (date(2022, 4, 17), date(2022, 4, 18))
    assert _write(event)["multipleTimePeriods"] == '[{"bizBeginTime":"2022-04-17","bizEndTime":"2022-04-18"}]'


def test_json_in_a_string_may_be_missing() -> None:
    event = read_event(BackfillData, sample_payload("backfill-data", multipleTimePeriods=None))
    assert event.multiple_time_periods is None
    assert _write(event)["multipleTimePeriods"] is None


def test_json_in_a_string_keeps_every_character() -> None:
    code = "create-data-quality-evaluation-task"
    event = read_event(CreateDataQualityEvaluationTask, sample_payload(code, runtimeConf='{"queue":"默认 \\"a\\""}'))
    assert event.runtime_conf is not None
    assert event.runtime_conf.queue == '默认 "a"'
    assert json.loads(_write(event)["runtimeConf"])["queue"] == '默认 "a"'


def test_json_in_a_string_keeps_unknown_settings_of_a_monitor() -> None:
    code = "create-data-quality-evaluation-task"
    wire = '{"queue":"default","sparkConf":{"cores":2}}'
    event = read_event(CreateDataQualityEvaluationTask, sample_payload(code, runtimeConf=wire))
    assert event.runtime_conf is not None
    assert event.runtime_conf.model_extra == {"sparkConf": {"cores": 2}}
    assert json.loads(_write(event)["runtimeConf"]) == {**json.loads(wire), "sqlEngine": None}


@pytest.mark.parametrize("wire", ["", " ", "{", "[1,", "default", "{'queue': 1}", "[" * 5000, "\ud800", '["\ud800"]'])
def test_what_is_no_json_in_a_string_is_an_error(wire: str) -> None:
    assert _error("backfill-data", multipleTimePeriods=wire) == "multipleTimePeriods: expected JSON in a string"


@pytest.mark.parametrize(
    ("wire", "text"),
    [
        ("{}", "multipleTimePeriods: Input should be a valid tuple"),
        ("5", "multipleTimePeriods: Input should be a valid tuple"),
        ('[{"bizBeginTime":"2022-04-17"}]', "multipleTimePeriods.0.bizEndTime: Field required"),
        ("[[]]", "multipleTimePeriods.0: Input should be a valid dictionary or instance of TimePeriod"),
    ],
)
def test_an_error_inside_of_json_in_a_string_names_its_place(wire: str, text: str) -> None:
    assert _error("backfill-data", multipleTimePeriods=wire) == text


# Ids with commas


def _alert(**changes: object) -> NodeAlert:
    payload = {**forms()["alert of a rule on nodes"].payload, **changes}
    event = read_event(WorkbenchMonitorAlert, payload)
    assert isinstance(event, NodeAlert)
    return event


@pytest.mark.parametrize(
    ("wire", "ids"),
    [
        ("1,2,3", (1, 2, 3)),
        ("7", (7,)),
        ("", ()),
        (" ", ()),
        (" 1, 2 ,3 ", (1, 2, 3)),
        ("1,2,", (1, 2)),
        ("9007199254740993,36893488147419103233", (2**53 + 1, 2**65 + 1)),
        ([1, "2"], (1, 2)),
    ],
)
def test_ids_with_commas_are_a_tuple(wire: object, ids: tuple[int, ...]) -> None:
    event = _alert(nodeIds=wire)
    assert event.node_ids == ids
    assert _write(event)["nodeIds"] == ",".join(map(str, ids))


@pytest.mark.parametrize(
    ("wire", "field"),
    [("1,x", "nodeIds.1"), ("x", "nodeIds.0"), ("1;2", "nodeIds.0"), ({}, "nodeIds"), (True, "nodeIds")],
)
def test_what_is_no_id_is_named_by_its_place(wire: object, field: str) -> None:
    assert problems_of(_alert(nodeIds=wire))[0].startswith(f"{field}: ")


# Enumerations


@pytest.mark.parametrize(
    ("wire", "member", "written"),
    [
        (1, Environment.PROD, "prod"),
        ("1", Environment.PROD, "prod"),
        ("prod", Environment.PROD, "prod"),
        ("PROD", Environment.PROD, "prod"),
        ("dev", Environment.DEV, "dev"),
        (0, Environment.DEV, "dev"),
        ("staging", "staging", "staging"),
        (7, 7, 7),
        ("7", 7, 7),
    ],
)
def test_an_environment_is_read_by_number_and_name(wire: object, member: object, written: object) -> None:
    """This field of a job writes it in lower case."""
    event = read_event(BatchStartDiJob, sample_payload("batch-start-diJob", env=wire))
    assert event.env == member
    assert type(event.env) is type(member)
    assert _write(event)["env"] == written


@pytest.mark.parametrize(
    ("wire", "member", "written"),
    [
        (10, NodeType.ODPS_SQL, 10),
        ("10", NodeType.ODPS_SQL, 10),
        ("ODPS_SQL", NodeType.ODPS_SQL, 10),
        ("shell", NodeType.DIDE_SHELL, 6),
        (123456, 123456, 123456),
        ("123456", 123456, 123456),
        ("NODE_OF_TOMORROW", "NODE_OF_TOMORROW", "NODE_OF_TOMORROW"),
    ],
)
def test_a_node_type_is_read_by_number_and_name(wire: object, member: object, written: object) -> None:
    event = read_event(CommitFile, sample_payload("commit-file", fileType=wire))
    assert event.file_type == member
    assert type(event.file_type) is type(member)
    assert _write(event)["fileType"] == written


# When a job starts


def _setting(**setting: object) -> StartSetting:
    event = read_event(BatchStartDiJob, sample_payload("batch-start-diJob", setting=setting))
    assert event.setting is not None
    written = {key: value for key, value in _write(event)["setting"].items() if value is not None}
    again = read_event(BatchStartDiJob, sample_payload("batch-start-diJob", setting=written))
    assert again.setting == event.setting
    return event.setting


@pytest.mark.parametrize(
    ("zone", "hours"),
    [
        (None, 8),
        ("Asia/Shanghai", 8),
        ("America/New_York", -4),
        ("Europe/Berlin", 2),
        ("UTC", 0),
        ("Asia/Kolkata", 5.5),
        ("Etc/GMT-8", 8),
    ],
)
def test_the_times_of_a_job_are_in_its_time_zone(zone: str | None, hours: float) -> None:
    """In July, that is; the zone's own rules decide."""
    setting = _setting(timeZone=zone, startDateTime="2024-07-26 19:20:00", lastStartPosition="2024-07-25 00:00:00")
    expected = datetime(2024, 7, 26, 19, 20, tzinfo=timezone(timedelta(hours=hours)))
    assert setting.start_date_time == expected
    assert setting.start_date_time.utcoffset() == timedelta(hours=hours)
    assert setting.last_start_position == expected.replace(day=25, hour=0, minute=0)
    assert setting.model_dump(mode="json", by_alias=True) == {
        "timeZone": zone,
        "startDateTime": "2024-07-26 19:20:00",
        "lastStartPosition": "2024-07-25 00:00:00",
    }


def test_a_time_zone_has_its_summer_and_its_winter() -> None:
    setting = _setting(
        timeZone="America/New_York", startDateTime="2024-07-26 19:20:00", lastStartPosition="2024-01-26 19:20:00"
    )
    assert setting.start_date_time is not None
    assert setting.last_start_position is not None
    assert setting.start_date_time.utcoffset() == timedelta(hours=-4)
    assert setting.last_start_position.utcoffset() == timedelta(hours=-5)


@pytest.mark.parametrize("wire", ["2024-07-26T23:20:00Z", "2024-07-27T07:20:00+08:00", 1722036000000, "1722036000000"])
def test_a_time_that_has_its_own_zone_is_told_by_the_jobs_clock(wire: object) -> None:
    """Otherwise it would be written as another time."""
    setting = _setting(timeZone="America/New_York", startDateTime=wire)
    assert setting.model_dump(mode="json", by_alias=True)["startDateTime"] == "2024-07-26 19:20:00"


def test_a_setting_may_say_nothing() -> None:
    assert _setting() == StartSetting()


@pytest.mark.parametrize(
    "zone", ["Mars/Base", "", "GMT+8", "America", "../UTC", "/etc/UTC", "a\0b", "\ud800", "x" * 999]
)
def test_an_unknown_time_zone_is_an_error_that_says_what_may_help(zone: str) -> None:
    setting = {"timeZone": zone, "startDateTime": "2024-07-26 19:20:00"}
    text = _error("batch-start-diJob", setting=setting)
    assert text == ("setting.startDateTime: timeZone is no known time zone (tzdata among the requirements may know it)")


def test_an_unknown_time_zone_without_times_is_no_error() -> None:
    assert _setting(timeZone="Mars/Base").time_zone == "Mars/Base"


@pytest.mark.parametrize("wire", [True, "", "soon", [], {}, "2024-02-30 00:00:00"])
def test_what_is_no_time_of_a_job_is_an_error(wire: object) -> None:
    text = _error("batch-start-diJob", setting={"startDateTime": wire})
    assert text == "setting.startDateTime: expected milliseconds since 1970, or yyyy-MM-dd HH:mm:ss"


@pytest.mark.parametrize("wire", ["9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00"])
def test_a_time_of_a_job_that_no_clock_shows_is_an_error(wire: str) -> None:
    text = _error("batch-start-diJob", setting={"lastStartPosition": wire})
    assert text == "setting.lastStartPosition: expected a time between the years 1 and 9999"


def test_the_setting_of_an_event_that_is_read_twice_is_the_same() -> None:
    setting = _setting(timeZone="America/New_York", startDateTime="2024-07-26 19:20:00")
    assert StartSetting.model_validate(setting.model_dump()) == setting
