"""An event whose payload lacks or garbles something: what a look at it gives, and what everything else does."""

from __future__ import annotations

import copy
import pickle
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from dataworks_ext.errors import ExtensionError
from dataworks_ext.events import (
    ApprovalChangeCreated,
    BackfillData,
    BatchCreateDataQualityRules,
    CreateDataQualityEvaluationTask,
    DownloadResources,
    Event,
    FieldError,
    NodeAlert,
    PreKillInstance,
    StartDiJob,
    StartDiJobV2,
    WorkbenchMonitorAlert,
    catalog,
    event_class,
    problems_of,
    read_event,
)
from dataworks_ext.testing import sample_payload

from .shapes import forms

_RULES = "batch-create-data-quality-rules"


def _download(**changes: object) -> DownloadResources:
    return read_event(DownloadResources, sample_payload("download-resources", **changes))


def _without_sql() -> DownloadResources:
    return _download(sqlText=None, dataRowSize="many")


# A look at it


def test_a_look_at_a_missing_field_names_it_on_the_wire() -> None:
    with pytest.raises(FieldError, match=r"^the field sqlText cannot be read: Field required$"):
        _ = _without_sql().sql_text


def test_a_look_at_a_garbled_field_says_what_was_expected() -> None:
    expected = (
        r"^the field dataRowSize cannot be read: "
        r"Input should be a valid integer, unable to parse string as an integer$"
    )
    with pytest.raises(FieldError, match=expected):
        _ = _without_sql().data_row_size


def test_the_error_is_the_frameworks_and_no_attribute_error() -> None:
    assert issubclass(FieldError, ExtensionError)
    assert not issubclass(FieldError, AttributeError)


@pytest.mark.parametrize(
    "look", [lambda event: getattr(event, "sql_text", None), lambda event: hasattr(event, "sql_text")]
)
def test_it_cannot_be_taken_for_a_field_that_is_not_there(look: Callable[[Event], object]) -> None:
    with pytest.raises(FieldError):
        look(_without_sql())


def test_an_attribute_that_no_event_has_is_still_an_attribute_error() -> None:
    assert getattr(_without_sql(), "sql_txt", None) is None
    assert not hasattr(_without_sql(), "sql_txt")


def test_every_other_field_is_as_it_would_be() -> None:
    event, whole = _without_sql(), _download()
    assert (event.file_name, event.workspace_id, event.operator) == (
        whole.file_name,
        whole.workspace_id,
        whole.operator,
    )


def test_an_optional_field_that_is_missing_is_none_and_a_garbled_one_an_error() -> None:
    assert _download().tenant_id is None
    with pytest.raises(FieldError, match=r"^the field tenantId cannot be read: "):
        _ = _download(tenantId="first").tenant_id


@pytest.mark.parametrize(
    ("payload", "field", "wire"),
    [
        ({"appId": "x"}, "workspace_id", "appId"),
        ({"projectId": [], "appId": 5}, "workspace_id", "projectId"),
        ({"owner": []}, "operator", "owner"),
        ({"process": {"applicant": {}}}, "operator", "process.applicant"),
    ],
)
def test_of_several_names_the_error_tells_the_one_that_was_there(
    payload: dict[str, object], field: str, wire: str
) -> None:
    """A garbled name is not passed over for the next one: what it said, nobody knows."""
    event = read_event(Event, {"eventCode": "start-diJob", **payload})
    assert event.unread_fields == (wire,)
    with pytest.raises(FieldError, match=f"^the field {wire} cannot be read: "):
        getattr(event, field)


def test_a_name_on_the_wire_that_stands_for_two_fields_is_listed_once() -> None:
    event = _download(queryDwProjectId="x")
    assert event.unread_fields == ("queryDwProjectId",)
    for field in ("query_dw_project_id", "workspace_id"):
        with pytest.raises(FieldError, match="queryDwProjectId"):
            getattr(event, field)


def test_the_error_holds_nothing_of_the_payload() -> None:
    """What pydantic raised has the values; it is not chained."""
    event = _download(dataRowSize="secret rows")
    with pytest.raises(FieldError) as caught:
        _ = event.data_row_size
    assert "secret" not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__context__) == (None, None)


# Inside


def _rules(*rules: object) -> BatchCreateDataQualityRules:
    return read_event(BatchCreateDataQualityRules, sample_payload(_RULES, rules=list(rules)))


def test_the_items_of_an_array_stay_when_a_field_of_one_is_garbled() -> None:
    event = _rules({"name": "first"}, {"name": {}, "enabled": True}, {"name": "third"})
    assert [event.rules[0].name, event.rules[1].enabled, event.rules[2].name] == ["first", True, "third"]
    assert event.unread_fields == ("rules.1.name",)
    with pytest.raises(FieldError, match=r"^the field rules\.1\.name cannot be read: "):
        _ = event.rules[1].name


def test_an_array_with_an_item_that_is_none_cannot_be_looked_at() -> None:
    """Whoever goes through it would miss one."""
    event = _rules({"name": "first"}, 5)
    assert event.unread_fields == ("rules.1",)
    with pytest.raises(FieldError, match=r"^the field rules\.1 cannot be read: "):
        _ = event.rules


def test_an_object_in_an_object_is_named_from_the_event_on() -> None:
    event = _rules({"name": "first", "checkingConfig": {"thresholds": {"critical": {"expression": []}}}})
    assert event.unread_fields == (
        "rules.0.checkingConfig.type",
        "rules.0.checkingConfig.thresholds.critical.expression",
    )
    found = event.rules[0].checking_config
    assert found is not None
    assert found.thresholds is not None
    assert found.thresholds.critical is not None
    with pytest.raises(FieldError, match=r"^the field rules\.0\.checkingConfig\.thresholds\.critical\.expression "):
        _ = found.thresholds.critical.expression


def test_json_in_a_string_is_read_field_by_field_too() -> None:
    periods = '[{"bizBeginTime": "2022-04-17"}, {"bizBeginTime": "soon", "bizEndTime": "2022-04-18"}]'
    event = read_event(BackfillData, sample_payload("backfill-data", multipleTimePeriods=periods))
    assert event.unread_fields == ("multipleTimePeriods.0.bizEndTime", "multipleTimePeriods.1.bizBeginTime")
    assert event.multiple_time_periods is not None
    with pytest.raises(FieldError, match=r"^the field multipleTimePeriods\.0\.bizEndTime cannot be read: "):
        _ = event.multiple_time_periods[0].days


@pytest.mark.parametrize("spelling", ["notificaionReceivers", "notificationReceivers"])
def test_a_field_with_two_spellings_is_named_as_it_came(spelling: str) -> None:
    code = "create-data-quality-evaluation-task"
    told: dict[str, object] = {"condition": "", "notifications": [{"channels": ["Mail"], spelling: [{}]}]}
    event = read_event(CreateDataQualityEvaluationTask, sample_payload(code, notifications=told))
    place = f"notifications.notifications.0.{spelling}.0"
    assert event.unread_fields == (f"{place}.receiverType", f"{place}.receiverValues")


def test_an_item_of_a_request_is_read_as_its_kind() -> None:
    payload: Any = sample_payload("approval-change-created")
    payload["process"]["approvalContent"]["arrayData"][0]["actions"] = "Select"
    event = read_event(ApprovalChangeCreated, payload)
    content = event.process.approval_content.array_data[0]
    assert event.unread_fields == ("process.approvalContent.arrayData.0.actions",)
    assert "odps_table" in content.model_dump(warnings="error")


@pytest.mark.parametrize("zone", [5.5, [], {}])
def test_the_times_of_a_job_whose_time_zone_is_garbled_cannot_be_told(zone: object) -> None:
    setting = {"timeZone": zone, "startDateTime": "2024-07-26 19:20:00"}
    payload = sample_payload("start-diJob", jobId=1, forceRun=False, startAsV2=True, setting=setting)
    event = read_event(StartDiJob, payload)
    assert isinstance(event, StartDiJobV2)
    expected = ("setting.startDateTime",) if zone == 5.5 else ("setting.timeZone", "setting.startDateTime")
    assert event.unread_fields == expected


@pytest.mark.parametrize("name", ["alert of a rule on nodes"])
def test_an_event_of_several_forms_is_read_as_its_form(name: str) -> None:
    event = read_event(WorkbenchMonitorAlert, {**forms()[name].payload, "remindId": "x"})
    assert isinstance(event, NodeAlert)
    assert event.unread_fields == ("remindId",)


# What is done with the whole event


def test_its_repr_and_its_dumps_leave_the_field_out() -> None:
    event = _without_sql()
    fields = _download().model_dump().keys() - {"sql_text", "data_row_size"}
    assert event.model_dump(warnings="error").keys() == fields
    assert event.model_dump(by_alias=True, mode="json", warnings="error").keys() == (
        _download().model_dump(by_alias=True).keys() - {"sqlText", "dataRowSize"}
    )
    assert "sqlText" not in event.model_dump_json(by_alias=True, warnings="error")
    assert "sql_text" not in repr(event)
    assert "file_name='filename.csv'" in repr(event)
    assert event.model_fields_set.isdisjoint({"sql_text", "data_row_size"})


def test_it_equals_one_that_lacks_the_same_and_no_other() -> None:
    assert _without_sql() == _download(sqlText=[], dataRowSize={})
    assert hash(_without_sql()) == hash(_download(sqlText=[], dataRowSize={}))
    assert _without_sql() != _download()
    assert _without_sql() != _download(sqlText=None)


@pytest.mark.parametrize(
    "copied",
    [
        copy.copy,
        copy.deepcopy,
        lambda event: pickle.loads(pickle.dumps(event)),
        lambda event: event.model_copy(),
        lambda event: event.model_copy(deep=True),
    ],
    ids=["copy", "deepcopy", "pickle", "model_copy", "model_copy deep"],
)
def test_a_copy_is_like_it(copied: Callable[[Any], Any]) -> None:
    event = _rules({"name": "first"}, {"name": {}})
    other = copied(event)
    assert other == event
    assert (other.unread_fields, other.raw) == (event.unread_fields, event.raw)
    with pytest.raises(FieldError, match=r"^the field rules\.1\.name cannot be read: "):
        _ = other.rules[1].name


def test_a_copy_with_another_value_has_it() -> None:
    event = _without_sql().model_copy(update={"sql_text": "select 1"})
    assert event.sql_text == "select 1"
    assert event.unread_fields == ("dataRowSize",)
    assert event.raw["sqlText"] == "select 1"


def test_it_cannot_be_changed() -> None:
    event: Any = _rules({"name": {}})
    for target, field in ((event, "rules"), (event.rules[0], "name")):
        with pytest.raises(ValidationError, match="Instance is frozen"):
            setattr(target, field, "x")
    with pytest.raises(FieldError):
        _ = event.rules[0].name


def test_its_raw_is_the_payload_with_what_cannot_be_read() -> None:
    assert _without_sql().raw == sample_payload("download-resources", sqlText=None, dataRowSize="many")


# What is strict as ever


def test_an_event_made_by_hand_has_every_field() -> None:
    with pytest.raises(ValidationError, match="sqlText"):
        DownloadResources.model_validate(sample_payload("download-resources", sqlText=None))


def test_a_whole_event_has_nothing_unread() -> None:
    assert (_download().unread_fields, problems_of(_download())) == ((), ())
    assert Event(event_code="commit-file").unread_fields == ()


# Bounds


def test_ten_fields_are_told_at_most() -> None:
    event = _rules(*({} for _ in range(20)))
    assert event.unread_fields == tuple(f"rules.{number}.name" for number in range(10))
    assert problems_of(event) == tuple(f"rules.{number}.name: Field required" for number in range(10))
    with pytest.raises(FieldError, match=r"rules\.19\.name"):
        _ = event.rules[19].name


def test_an_array_with_more_than_a_thousand_broken_objects_cannot_be_looked_at() -> None:
    assert _rules(*({} for _ in range(1_000))).rules[999].enabled is None
    event = _rules(*({} for _ in range(1_001)))
    assert problems_of(event) == ("rules.1000: more than 1,000 objects have fields that cannot be read",)


@pytest.mark.parametrize(
    ("cls", "payload"),
    [
        (BatchCreateDataQualityRules, lambda items: sample_payload(_RULES, rules=[{}] * items)),
        (BatchCreateDataQualityRules, lambda items: sample_payload(_RULES, rules=["x"] * items)),
        (PreKillInstance, lambda items: {"taskIds": ["x"] * items}),
        (BackfillData, lambda items: {"multipleTimePeriods": f"[{', '.join(['{}'] * items)}]"}),
        (BackfillData, lambda items: {"multipleTimePeriods": f"[{', '.join(['[]'] * items)}]"}),
        (Event, lambda items: {"eventCode": "x", **{f"field{number}": [] for number in range(items)}}),
    ],
    ids=[
        "objects without fields",
        "no objects",
        "no ids",
        "JSON without fields",
        "JSON without objects",
        "unknown fields",
    ],
)
def test_what_it_costs_does_not_grow_faster_than_the_payload(cls: type[Event], payload: Callable[[int], Any]) -> None:
    """A thousand times as many items take nowhere near a million times as long, nor do they make a longer text."""
    read_event(cls, payload(1))
    began = time.process_time()
    for _ in range(5):
        few = read_event(cls, payload(100))
    middle = time.process_time()
    many = read_event(cls, payload(100_000))
    assert time.process_time() - middle < max(2.0, 1_000 * (middle - began)), "it took minutes when it was quadratic"
    assert len("".join(problems_of(many))) < 2_000
    assert len(many.unread_fields) <= len(few.unread_fields)


def test_nothing_of_a_deep_payload_is_followed_deeper_than_the_fields() -> None:
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    for code in catalog:
        event = read_event(event_class(code), dict.fromkeys(sample_payload(code), deep), event_code=code)
        assert event.unread_fields


@pytest.mark.parametrize(
    ("code", "field"),
    [("download-resources", "dataRowSize"), ("commit-file", "fileType"), ("commit-file", "changeType")],
)
@pytest.mark.parametrize("value", [True, False])
def test_a_boolean_is_no_number(code: str, field: str, value: bool) -> None:
    """Else `true` rows would be one row, below every limit."""
    assert read_event(event_class(code), sample_payload(code, **{field: value})).unread_fields == (field,)
