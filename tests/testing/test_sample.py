"""Typed samples, and changes of them by the names of fields."""

from __future__ import annotations

import types
from datetime import date, datetime, time, timedelta, timezone
from enum import Enum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dataworks_ext.events import (
    ApprovalChangeBeforeCreate,
    BackfillData,
    BaselineAlert,
    CommitFile,
    DownloadResources,
    Event,
    FileChange,
    FreezeNode,
    ModuleType,
    StartDiJobV2,
    TopicAlert,
    catalog,
    event_class,
)
from dataworks_ext.message import read_message
from dataworks_ext.testing import ChangeError, NoSampleError, eventbridge_message, message, sample

from ..examples import FEW

# A sample


@pytest.mark.parametrize("code", catalog)
def test_every_event_has_a_sample_of_its_class(code: str) -> None:
    event = sample(code)
    assert isinstance(event, event_class(code))
    assert event.event_code == code
    assert event.tenant_id is not None


def test_a_sample_is_asked_for_by_class_too() -> None:
    assert sample(DownloadResources) == sample("download-resources")


@pytest.mark.parametrize("form", [form for code in catalog for form in event_class(code).forms])
def test_every_form_of_an_event_has_a_sample(form: type[Event]) -> None:
    assert type(sample(form)) is form


def test_changes_may_ask_for_another_form() -> None:
    assert isinstance(sample("start-diJob", job_id=7), StartDiJobV2)
    assert isinstance(sample("workbench-monitor-alert", alarm_type="TOPIC_ALERT"), TopicAlert)


def test_changes_that_make_another_form_than_was_asked_for_are_told() -> None:
    with pytest.raises(ChangeError, match="the changes make another event than BaselineAlert"):
        sample(BaselineAlert, alarm_type="ALERT_OF_TOMORROW")


def test_two_samples_are_alike() -> None:
    assert sample("commit-file") == sample("commit-file")


def test_a_sample_has_its_raw_payload() -> None:
    """A number is a text there if it is one in what DataWorks sends."""
    raw = sample(DownloadResources, data_row_size=7).raw
    assert (raw["dataRowSize"], raw.keys()) == ("7", sample(DownloadResources).raw.keys())


# Changes that hold


def _one_of(annotation: Any) -> st.SearchStrategy[Any] | None:
    """Values of a scalar field; None if it is no scalar."""
    if get_origin(annotation) is Annotated:
        return _one_of(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        arguments = [member for member in get_args(annotation) if member is not type(None)]
        members = [_one_of(member) for member in arguments]
        if (
            members
            and str in arguments
            and any(isinstance(member, type) and issubclass(member, Enum) for member in arguments)
        ):
            members[arguments.index(str)] = _UNKNOWN_NAMES
        return None if None in members else st.one_of(*(member for member in members if member is not None))
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return st.sampled_from(annotation)
    return _SCALARS.get(annotation)


_SHANGHAI = timezone(timedelta(hours=8))
_UNKNOWN_NAMES = st.text(st.sampled_from("xyz_-"), min_size=1, max_size=20)
"""Beside the members of an enumeration: a text that is a member's value is the member."""
_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: st.integers(-(2**53), 2**53),
    float: st.floats(allow_nan=False, allow_infinity=False, width=32),
    str: st.text(st.characters(codec="utf-8"), max_size=20),
    datetime: st.datetimes(datetime(2000, 1, 1), datetime(2100, 12, 31), timezones=st.just(_SHANGHAI)).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    date: st.dates(),
    time: st.times().map(lambda moment: moment.replace(microsecond=0)),
}


@cache
def _scalar_fields(code: str) -> dict[str, st.SearchStrategy[Any]]:
    fields = type(sample(code)).model_fields
    found = {name: _one_of(field.annotation) for name, field in fields.items() if name != "event_code"}
    return {name: values for name, values in found.items() if values is not None}


@pytest.mark.parametrize("code", catalog)
@FEW
@given(data=st.data())
def test_a_sample_takes_any_value_of_a_scalar_field(code: str, data: st.DataObject) -> None:
    """What was asked for is there; times have whole seconds on the wire."""
    fields = _scalar_fields(code)
    name = data.draw(st.sampled_from(sorted(fields)))
    value = data.draw(fields[name])
    event = sample(code, **{name: value})
    assert isinstance(event, event_class(code))
    assert getattr(event, name) == value


@pytest.mark.parametrize("code", catalog)
@FEW
@given(data=st.data())
def test_a_change_leaves_the_other_fields_alone(code: str, data: st.DataObject) -> None:
    """But for the workspace and the operator, which are read from fields of several names, and for another form."""
    fields = _scalar_fields(code)
    name = data.draw(st.sampled_from(sorted(fields.keys() - {"workspace_id", "operator"})))
    before, after = sample(code), sample(code, **{name: data.draw(fields[name])})
    assume(type(after) is type(before))
    others = type(before).model_fields.keys() - {name, "workspace_id", "operator"}
    assert {other: getattr(after, other) for other in others} == {other: getattr(before, other) for other in others}


def test_an_object_is_changed_field_by_field() -> None:
    event = sample(ApprovalChangeBeforeCreate, order={"deadline_date": 400})
    assert event.order.deadline_date == 400
    assert event.order.deadline_type == sample(ApprovalChangeBeforeCreate).order.deadline_type


def test_a_list_of_objects_begins_with_the_sample_s_first() -> None:
    periods = sample(BackfillData).multiple_time_periods
    assert periods
    event = sample(BackfillData, multiple_time_periods=[{}, {"biz_end_time": "2030-01-01"}])
    assert event.multiple_time_periods is not None
    assert len(event.multiple_time_periods) == 2
    assert event.multiple_time_periods[0] == periods[0]


def test_a_list_takes_the_place_of_the_sample_s() -> None:
    assert sample(FreezeNode, node_ids=[4711, 4712]).node_ids == (4711, 4712)


def test_an_enumeration_is_changed_by_member_or_word() -> None:
    by_member, by_word = (sample(DownloadResources, module_type=kind) for kind in (ModuleType.DW_EXCEL, "dw_excel"))
    assert by_member == by_word
    assert by_word.module_type is ModuleType.DW_EXCEL


@pytest.mark.parametrize("code", catalog)
def test_workspace_and_operator_are_changed_whatever_the_wire_calls_them(code: str) -> None:
    event = sample(code, workspace_id=4711, operator="1001")
    assert (event.workspace_id, event.operator) == (4711, "1001")


def test_none_takes_a_field_away() -> None:
    assert sample("commit-file", extension_biz_id=None).extension_biz_id is None


# Changes that cannot be


@pytest.mark.parametrize(
    ("code", "changes", "text"),
    [
        ("download-resources", {"data_row_siz": 1}, 'has no field data_row_siz; did you mean "data_row_size"?'),
        ("download-resources", {"dataRowSize": 1}, 'has no field dataRowSize; did you mean "data_row_size"?'),
        ("download-resources", {"xyz": 1}, "download-resources has no field xyz"),
        ("download-resources", {"data_row_size": "many"}, "download-resources.data_row_size: Input should be a valid"),
        ("download-resources", {"data_row_size": None}, "download-resources.dataRowSize: Field required"),
        ("approval-change-before-create", {"order": {"deadline": 1}}, "order has no field deadline; did you mean"),
        ("approval-change-before-create", {"order": {"deadline_date": "x"}}, "order.deadline_date: Input should be"),
        ("commit-file", {"event_code": "delete-file"}, "the code says which event it is"),
    ],
)
def test_a_change_that_cannot_be_is_told(code: str, changes: dict[str, object], text: str) -> None:
    with pytest.raises(ChangeError) as refused:
        sample(code, **changes)
    assert text in str(refused.value)


def test_there_is_no_sample_of_an_unknown_event() -> None:
    with pytest.raises(NoSampleError, match=r'no event "download-resource"; did you mean "download-resources"\?'):
        sample("download-resource")


@pytest.mark.parametrize("kind", [Event, FileChange])
def test_there_is_no_sample_of_a_class_without_a_code(kind: type[Event]) -> None:
    with pytest.raises(NoSampleError, match=f"the class {kind.__name__} stands for no event"):
        sample(kind)


# Messages


@pytest.mark.parametrize("code", catalog)
def test_a_message_comes_on_the_channel_of_its_event(code: str) -> None:
    """Uploads and downloads come directly."""
    direct = catalog[code].module == "Upload and Download"
    assert read_message(message(code)).channel == ("function-compute" if direct else "eventbridge")


@pytest.mark.parametrize("channel", ["function-compute", "eventbridge"])
def test_a_message_comes_on_the_channel_that_is_named(channel: Any) -> None:
    assert read_message(message("commit-file", channel)).channel == channel


def test_a_message_takes_changes_and_an_id() -> None:
    received = read_message(message(CommitFile, message_id="m-1", operator="1001"))
    assert received.message_id == "m-1"
    assert sample(CommitFile, operator="1001").raw == received.payload


def test_a_message_without_changes_is_the_one_by_wire_names() -> None:
    assert message("commit-file") == eventbridge_message("commit-file")
