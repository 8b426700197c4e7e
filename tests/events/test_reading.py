"""From a payload to an event: values, names, errors, and the payload as it came."""

from __future__ import annotations

import json
import string
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dataworks_ext.events import (
    ApprovalChangeCreated,
    BackfillData,
    BaselineAlert,
    ConflictMode,
    DownloadResources,
    DownloadResourcesExecute,
    Event,
    EventError,
    FieldError,
    ModuleType,
    OptTableType,
    Order,
    StartDiJob,
    StartDiJobV1,
    StartDiJobV2,
    TargetEngineType,
    UploadDataToTable,
    UploadSourceType,
    WorkbenchMonitorAlert,
    WriteType,
    event_class,
    problems_of,
    read_event,
)
from dataworks_ext.testing import sample_payload

CODES = ("download-resources", "download-resources-execute", "upload-data-to-table")

_DOWNLOAD: dict[str, object] = {
    "event_code": "download-resources",
    "tenant_id": None,
    "extension_biz_id": None,
    "block_business": None,
    "module_type": ModuleType.SQLX_QUERY,
    "operator_base_id": "123936573123456",
    "operator_uid": "14931896037123456",
    "file_name": "filename.csv",
    "file_size": 10241024,
    "datasource_id": "1111",
    "datasource_name": "odps_first",
    "query_dw_project_id": 90004,
    "query_dw_project_name": "test_project",
    "data_row_size": 123456,
    "sql_text": "select sku_code, sku_name from dim_sku",
}
_UPLOAD: dict[str, object] = {
    "event_code": "upload-data-to-table",
    "tenant_id": None,
    "extension_biz_id": None,
    "block_business": None,
    "upload_source_type": UploadSourceType.LOCAL,
    "opt_table_type": OptTableType.CREATE,
    "target_engine_type": TargetEngineType.MAXCOMPUTE,
    "write_type": WriteType.OVERWRITE,
    "conflict_mode": ConflictMode.IGNORE,
    "operator_base_id": "12312000001",
    "operator_uid": "1222222000001",
    "datasource_id": "1111",
    "datasource_name": "odps_first",
    "table_guid": "odps.mc_project.test_table",
    "query_dw_project_id": 90004,
    "query_dw_project_name": "test_project",
    "file_size": 123456,
}


def _read(code: str, **changes: object) -> Event:
    return read_event(event_class(code), sample_payload(code, **changes))


# Published payloads


@pytest.mark.parametrize(
    ("cls", "fields"),
    [
        (DownloadResources, _DOWNLOAD),
        (DownloadResourcesExecute, {**_DOWNLOAD, "event_code": "download-resources-execute", "ip": "198.51.100.7"}),
        (UploadDataToTable, _UPLOAD),
    ],
)
def test_a_published_payload_reads_with_every_field(cls: type[Event], fields: dict[str, object]) -> None:
    event = read_event(cls, sample_payload(str(fields["event_code"])))
    assert event.__class__ is cls
    assert event.model_dump() == fields


@pytest.mark.parametrize("code", CODES)
def test_every_field_of_a_published_payload_has_its_attribute(code: str) -> None:
    """Nothing of the published payload is left to `raw` alone."""
    written = _read(code).model_dump(by_alias=True)
    assert sample_payload(code).keys() <= written.keys()


# Values


@pytest.mark.parametrize("wire", ["123456", 123456, 123456.0, "123456.0", " 123456 "])
def test_a_number_may_come_in_a_string(wire: object) -> None:
    event = read_event(DownloadResources, sample_payload("download-resources", dataRowSize=wire))
    assert event.data_row_size == 123456
    assert isinstance(event.data_row_size, int)


@pytest.mark.parametrize("wire", [28378110656, "28378110656"])
def test_the_tenant_comes_both_ways(wire: object) -> None:
    assert _read("download-resources", tenantId=wire).tenant_id == 28378110656


@pytest.mark.parametrize("number", [2**53 + 1, 2**63 - 1, 2**63, 2**64 + 1, 10**30 + 1])
@pytest.mark.parametrize("wire", [int, str])
def test_an_id_above_2_to_the_53_keeps_every_digit(number: int, wire: type) -> None:
    assert _read("download-resources", queryDwProjectId=wire(number)).workspace_id == number


@pytest.mark.parametrize("wire", [9007199254740993, "9007199254740993"])
def test_a_uid_is_a_text_however_it_comes(wire: object) -> None:
    event = read_event(DownloadResources, sample_payload("download-resources", operatorUid=wire))
    assert event.operator_uid == event.operator == "9007199254740993"


@pytest.mark.parametrize("written", ["SQLX_QUERY", "Sqlx_Query", "sqlxQuery", "sqlx query"])
def test_a_known_word_is_a_member_however_it_is_written(written: str) -> None:
    event = read_event(DownloadResources, sample_payload("download-resources", moduleType=written))
    assert event.module_type is ModuleType.SQLX_QUERY


@pytest.mark.parametrize("word", ["notebook", "", "sqlx-query", "sqlx_query_2"])
def test_an_unknown_word_stays_a_plain_text(word: str) -> None:
    """A word that DataWorks adds tomorrow does not break the event."""
    event = read_event(DownloadResources, sample_payload("download-resources", moduleType=word))
    assert event.module_type == word
    assert type(event.module_type) is str


@pytest.mark.parametrize("field", ["uploadSourceType", "optTableType", "targetEngineType", "writeType", "conflictMode"])
def test_every_word_of_an_upload_may_be_unknown(field: str) -> None:
    event = _read("upload-data-to-table", **{field: "TOMORROW"})
    assert event.model_dump(by_alias=True)[field] == "TOMORROW"


def test_a_field_may_be_given_by_its_python_name() -> None:
    """A test may make an event by hand."""
    event = DownloadResources(**cast("Any", {**_DOWNLOAD, "sql_text": "select 1"}))
    assert event.sql_text == "select 1"
    assert event.event_code == "download-resources"


# The payload as it came


@pytest.mark.parametrize("code", CODES)
def test_raw_is_the_payload_as_it_came(code: str) -> None:
    assert _read(code).raw == sample_payload(code)


def test_unknown_fields_are_kept_in_raw() -> None:
    event = _read("download-resources", riskLevel="high")
    assert event.raw["riskLevel"] == "high"
    assert not hasattr(event, "risk_level")


def test_raw_has_what_the_wire_wrote() -> None:
    """Values in `raw` are not converted."""
    event = _read("download-resources", dataRowSize="7", moduleType="SQLX_QUERY")
    assert (event.raw["dataRowSize"], event.raw["moduleType"]) == ("7", "SQLX_QUERY")


def test_raw_has_nothing_of_the_envelope() -> None:
    payload = {"tenantId": 1}
    event = read_event(Event, payload, event_code="commit-file", extension_biz_id="job_1")
    assert event.raw == payload


def test_the_raw_of_an_empty_payload_is_empty() -> None:
    assert read_event(Event, {}, event_code="commit-file").raw == {}


def test_raw_is_plain_json() -> None:
    payload = sample_payload("download-resources", columns=["id", ["name"]], extra={"tables": [{"name": "orders"}]})
    raw = read_event(DownloadResources, payload).raw
    assert raw == payload
    assert json.loads(json.dumps(raw)) == payload


def test_raw_is_a_copy_of_ones_own() -> None:
    """Whatever somebody does to it, at any depth, the event and the next who asks see the payload as it came."""
    event = _read("download-resources", extra={"tables": [{"name": "orders"}]})
    raw: Any = event.raw
    raw["sqlText"] = "select 1"
    raw["extra"]["tables"][0]["name"] = "customers"
    raw["extra"]["tables"].append({})
    del raw["fileName"]
    assert event.raw == sample_payload("download-resources", extra={"tables": [{"name": "orders"}]})


def test_raw_is_as_deep_as_the_payload() -> None:
    deep: Any = []
    for _ in range(50_000):
        deep = [deep]
    raw: Any = _read("download-resources", extra=deep).raw["extra"]
    depth = 0
    while raw:
        raw, depth = raw[0], depth + 1
    assert depth == 50_000


def test_reading_does_not_change_the_payload() -> None:
    payload = sample_payload("download-resources")
    read_event(DownloadResources, payload, extension_biz_id="job_1")
    assert payload == sample_payload("download-resources")


def test_the_raw_of_an_event_made_by_hand_is_its_fields() -> None:
    """What it does not say is left out, as a payload would leave it out."""
    event = Event(event_code="commit-file", tenant_id=5)
    assert event.raw == {"eventCode": "commit-file", "tenantId": 5}


@pytest.mark.parametrize(
    ("payload", "waits"),
    [
        ({}, None),
        ({"blockBusiness": None}, None),
        ({"blockBusiness": True}, True),
        ({"blockBusiness": False}, False),
        ({"blockBusiness": "true"}, True),
    ],
)
def test_every_event_says_whether_dataworks_waits(payload: dict[str, object], waits: bool | None) -> None:
    assert read_event(Event, {"eventCode": "commit-file", **payload}).block_business is waits


def test_raw_reads_as_the_payload_does() -> None:
    """What is read-only may be read again, as another class too."""
    event = _read("download-resources-execute", extra=[{"a": 1}])
    assert read_event(DownloadResourcesExecute, event.raw) == event
    assert read_event(Event, event.raw, extension_biz_id="job_1").operator == event.operator


# The envelope


def test_an_event_without_a_code_gets_the_envelopes() -> None:
    payload = sample_payload("download-resources")
    del payload["eventCode"]
    assert read_event(DownloadResources, payload, event_code="download-resources").event_code == "download-resources"


def test_the_code_of_the_payload_comes_first() -> None:
    assert read_event(Event, {"eventCode": "commit-file"}, event_code="run-file").event_code == "commit-file"


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_code_that_says_nothing_is_as_good_as_none(nothing: object) -> None:
    """So it is for the message, which takes the envelope's code then."""
    assert read_event(Event, {"eventCode": nothing}, event_code="commit-file").event_code == "commit-file"


def test_the_check_id_comes_from_the_envelope() -> None:
    event = read_event(DownloadResources, sample_payload("download-resources"), extension_biz_id="job_6603123070")
    assert event.extension_biz_id == "job_6603123070"


def test_the_check_id_of_the_payload_comes_first() -> None:
    event = read_event(Event, {"eventCode": "commit-file", "extensionBizId": "a"}, extension_biz_id="b")
    assert event.extension_biz_id == "a"


def test_the_code_of_an_event_that_nobody_named_cannot_be_looked_at() -> None:
    event = read_event(Event, {})
    with pytest.raises(FieldError, match=r"^the field eventCode cannot be read: Field required$"):
        _ = event.event_code


@pytest.mark.parametrize("payload", [None, 5, "text", [], [["eventCode", "commit-file"]], b"{}"])
def test_what_is_no_object_is_no_event(payload: Any) -> None:
    kind = type(payload).__name__
    with pytest.raises(EventError, match=f"^expected an object as payload, got {kind}$"):
        read_event(Event, payload)


# Workspace and operator, whatever the wire calls them


@pytest.mark.parametrize(
    ("payload", "workspace_id"),
    [
        ({}, None),
        ({"projectId": 1}, 1),
        ({"appId": "2"}, 2),
        ({"queryDwProjectId": "3"}, 3),
        ({"queryDwProjectId": 3, "appId": 2}, 2),
        ({"queryDwProjectId": 3, "appId": 2, "projectId": 1}, 1),
        ({"appId": 9007199254740993}, 9007199254740993),
    ],
)
def test_the_workspace(payload: dict[str, object], workspace_id: int | None) -> None:
    """It is `projectId`, else `appId`, else `queryDwProjectId`."""
    assert read_event(Event, {"eventCode": "start-diJob", **payload}).workspace_id == workspace_id


@pytest.mark.parametrize(
    ("payload", "operator"),
    [
        ({}, None),
        ({"owner": "o"}, "o"),
        ({"owner": "o", "process": {"applicant": "a"}}, "a"),
        ({"owner": "o", "process": {"applicant": "a"}, "createUser": "c"}, "c"),
        ({"owner": "o", "createUser": "c", "operatorUid": "u"}, "u"),
        ({"owner": "o", "operatorUid": "u", "operator": "p"}, "p"),
        ({"operator": 191223248874735}, "191223248874735"),
        ({"process": {"state": "open"}, "owner": "o"}, "o"),
        ({"process": "open", "owner": "o"}, "o"),
        ({"process": ["applicant"], "owner": "o"}, "o"),
    ],
)
def test_the_operator(payload: dict[str, object], operator: str | None) -> None:
    """It is `operator`, `operatorUid`, `createUser`, `process.applicant` or `owner`, in this order."""
    assert read_event(Event, {"eventCode": "start-diJob", **payload}).operator == operator


def test_a_null_workspace_is_as_good_as_none() -> None:
    event = read_event(Event, {"eventCode": "start-diJob", "projectId": None, "appId": 2})
    assert event.workspace_id == 2


def test_a_null_operator_is_as_good_as_none() -> None:
    event = read_event(Event, {"eventCode": "start-diJob", "operator": None, "owner": "o"})
    assert event.operator == "o"


@pytest.mark.parametrize(
    ("code", "workspace_id", "operator"),
    [
        ("commit-file", 90004, "191223248874735"),
        ("start-diJob", 90004, "191223248874735"),
        ("download-resources", 90004, "14931896037123456"),
    ],
)
def test_the_workspace_and_operator_of_a_published_payload(code: str, workspace_id: int, operator: str) -> None:
    """A payload of a job has a `projectId` and another `appId`; the first is the workspace."""
    event = read_event(Event, sample_payload(code))
    assert (event.workspace_id, event.operator) == (workspace_id, operator)


@pytest.mark.parametrize("code", CODES)
def test_every_class_has_workspace_and_operator(code: str) -> None:
    event = _read(code)
    assert event.workspace_id == 90004
    assert event.operator == sample_payload(code)["operatorUid"]


# Immutability


@pytest.mark.parametrize("field", ["sql_text", "workspace_id", "event_code"])
def test_a_field_cannot_be_changed(field: str) -> None:
    with pytest.raises(ValidationError, match="Instance is frozen"):
        setattr(_read("download-resources"), field, "1")


def test_a_field_cannot_be_deleted() -> None:
    with pytest.raises(ValidationError, match="Instance is frozen"):
        del cast("Any", _read("download-resources")).sql_text


def test_nothing_can_be_added() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        cast("Any", _read("download-resources")).risk = "high"


def test_equal_events_have_one_hash() -> None:
    """An event may be a key."""
    assert len({_read("download-resources"), _read("download-resources")}) == 1


# Written and read again


@pytest.mark.parametrize("code", CODES)
def test_an_event_written_by_wire_name_reads_into_an_equal_one(code: str) -> None:
    event = _read(code, tenantId="28378110656", extensionBizId="job_1", queryDwProjectId=2**60)
    written = json.dumps(event.model_dump(by_alias=True, mode="json"))
    assert read_event(event_class(code), json.loads(written)) == event


# Any payload at all

# A value that is to be looked for must not be part of pydantic's own sentences, whatever is drawn around it.
_MARK = "§§§§"
_texts = st.text(max_size=20).map(lambda text: f"{_MARK}{text}")
_numbers = st.one_of(st.integers(), st.floats(), st.just(2**70))
_scalars = st.one_of(st.none(), st.booleans(), _numbers, _texts, _numbers.map(str), st.just("\ud800"))
_values = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_texts, inner, max_size=3)),
    max_leaves=8,
)
_WIRE_NAMES = sorted({name for code in CODES for name in sample_payload(code)})
_SHARED_NAMES = [
    *("tenantId", "extensionBizId", "blockBusiness", "projectId", "appId"),
    *("operator", "createUser", "process", "owner"),
]


@st.composite
def _payloads(draw: st.DrawFn, code: str) -> dict[str, object]:
    """A published payload of which anything is changed, missing, null or added."""
    payload = sample_payload(code)
    for name in draw(st.sets(st.sampled_from(_WIRE_NAMES), max_size=4)):
        payload.pop(name, None)
    names = st.one_of(st.sampled_from([*_WIRE_NAMES, *_SHARED_NAMES]), _texts)
    return {**payload, **draw(st.dictionaries(names, _values, max_size=5))}


@pytest.mark.parametrize("code", CODES)
@given(data=st.data())
def test_any_payload_reads(code: str, data: st.DataObject) -> None:
    """What it says of fields that cannot be read names them on the wire and holds no value."""
    payload = data.draw(_payloads(code))
    event = read_event(event_class(code), payload, event_code=code)
    assert event.raw == payload
    assert {field.split(".")[0] for field in event.unread_fields} <= {*_WIRE_NAMES, *_SHARED_NAMES}
    assert _MARK not in "".join(problems_of(event))


@given(payload=st.dictionaries(st.one_of(st.sampled_from([*_WIRE_NAMES, *_SHARED_NAMES]), _texts), _values))
def test_any_payload_reads_into_a_plain_event(payload: dict[str, object]) -> None:
    event = read_event(Event, payload, event_code="commit-file")
    assert _MARK not in "".join(problems_of(event))


@given(digits=st.text(string.digits[1:], min_size=5, max_size=15))
def test_an_error_does_not_repeat_a_number(digits: str) -> None:
    event = _read("download-resources", dataRowSize=float(f"0.{digits}"), sqlText=[int(digits)], fileSize=f"x{digits}")
    assert len(problems_of(event)) == 3
    assert digits not in "".join(problems_of(event))


# Forms


@pytest.mark.parametrize(
    ("base", "payload", "form"),
    [
        (StartDiJob, sample_payload("start-diJob"), StartDiJobV1),
        (StartDiJob, {**sample_payload("start-diJob"), "jobId": 1, "forceRun": False, "startAsV2": True}, StartDiJobV2),
        (WorkbenchMonitorAlert, sample_payload("workbench-monitor-alert"), BaselineAlert),
        (WorkbenchMonitorAlert, {"alarmType": "OF_TOMORROW", "projectId": 1}, WorkbenchMonitorAlert),
    ],
)
def test_an_event_of_several_forms_is_made_as_the_form_of_its_fields(
    base: type[Event], payload: dict[str, Any], form: type[Event]
) -> None:
    """However it is made."""
    code = {"eventCode": base.model_fields["event_code"].default}
    made = [base(**payload), base.model_validate(payload), read_event(base, {**payload, **code})]
    assert {type(event) for event in made} == {form}
    assert made[0] == made[1]


def test_a_problem_names_the_field_and_nothing_of_its_value() -> None:
    """Not even where the value has keys that are called like types."""
    assert problems_of(_read("commit-file", fileType={"int": 1})) == ("fileType: Input should be a valid string",)


# Spellings and fields that only some of the vendor's pages have


def test_the_order_of_a_backfill_is_read_as_the_reference_spells_it() -> None:
    for spelling in ("asc", "acs", "ACS"):
        event = read_event(BackfillData, sample_payload("backfill-data", order=spelling))
        assert event.order is Order.ASC


def test_a_request_says_what_the_approver_said() -> None:
    event = read_event(ApprovalChangeCreated, sample_payload("approval-change-created", comments="ok"))
    assert event.comments == "ok"
    assert read_event(ApprovalChangeCreated, sample_payload("approval-change-created")).comments is None


def test_a_review_of_a_file_is_no_known_event() -> None:
    """It was one once; its messages read into a plain event."""
    assert event_class("review-file") is Event
