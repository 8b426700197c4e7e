"""The samples of the testing kit: a payload for every event, and the messages that carry them."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from dataworks_ext.errors import ExtensionError
from dataworks_ext.events import Event, catalog, event_class, read_event
from dataworks_ext.message import read_message
from dataworks_ext.testing import FunctionContext, eventbridge_message, function_compute_message, sample_payload
from dataworks_ext.testing.samples import NoSampleError


@pytest.mark.parametrize("code", catalog)
def test_every_event_has_a_payload_that_reads(code: str) -> None:
    """The payload of an event reads into its class, and names the event."""
    event = read_event(event_class(code), sample_payload(code), event_code=code)
    assert isinstance(event, Event)
    assert event.event_code == code


@pytest.mark.parametrize("code", catalog)
def test_every_event_has_a_message_that_reads(code: str) -> None:
    assert read_message(function_compute_message(code)).event_code == code


@pytest.mark.parametrize("code", ["download-resources", "upload-data-to-table", "commit-file"])
def test_somebody_waits_for_the_answer_to_a_message_of_an_extension_point(code: str) -> None:
    assert read_message(function_compute_message(code)).blocking


def test_nobody_waits_for_the_answer_to_a_message_of_a_regular_event() -> None:
    assert not read_message(function_compute_message("freeze-instance")).blocking


def test_there_is_no_payload_of_an_unknown_event() -> None:
    with pytest.raises(NoSampleError, match=r'^there is no event "commit-fiel"; did you mean "commit-file"\?$'):
        sample_payload("commit-fiel")


@pytest.mark.parametrize("make", [function_compute_message, eventbridge_message])
def test_there_is_no_message_of_an_unknown_event(make: Callable[[str], bytes]) -> None:
    with pytest.raises(ExtensionError, match='there is no event "commit-fiel"'):
        make("commit-fiel")


def test_a_payload_takes_changes_by_wire_name() -> None:
    changed = sample_payload("download-resources", dataRowSize=7, riskLevel="high")
    assert changed == {**sample_payload("download-resources"), "dataRowSize": 7, "riskLevel": "high"}


def test_a_message_takes_changes_of_its_payload() -> None:
    message = read_message(function_compute_message("download-resources", dataRowSize=7))
    assert message.payload == {"tenantId": 28378110656, **sample_payload("download-resources", dataRowSize=7)}


def test_a_message_takes_an_id() -> None:
    assert read_message(function_compute_message("download-resources", message_id="m-1")).message_id == "m-1"


def test_a_change_of_a_payload_does_not_reach_the_next_one() -> None:
    """Each call makes a payload of its own, nested values included."""
    before = json.dumps(sample_payload("start-diJob"))
    payload = sample_payload("start-diJob")
    for value in payload.values():
        if isinstance(value, (dict, list)):
            value.clear()
    assert json.dumps(payload) != before
    assert json.dumps(sample_payload("start-diJob")) == before


@pytest.mark.parametrize(
    ("code", "category"),
    [
        ("download-resources", "resources-download"),
        ("download-resources-execute", "resources-download"),
        ("upload-data-to-table", "resources-download"),
        ("commit-file", "file-change"),
        ("start-diJob", "node-change"),
        ("backfill-data", "backfill-data-operate"),
        ("approval-change-before-create", "approval-change"),
        ("instance-status-changes", "instance-status-change"),
    ],
)
def test_a_message_has_the_published_envelope(code: str, category: str) -> None:
    envelope = json.loads(function_compute_message(code))
    assert envelope.keys() == {
        "blockBusiness",
        "eventCategoryType",
        "eventType",
        "extensionBizId",
        "messageBody",
        "messageId",
    }
    assert (envelope["eventType"], envelope["eventCategoryType"]) == (code, category)


def test_a_message_has_no_category_where_none_is_published() -> None:
    assert "eventCategoryType" not in json.loads(function_compute_message("pre-kill-instance"))


@pytest.mark.parametrize("code", catalog)
def test_a_message_of_eventbridge_has_the_published_envelope(code: str) -> None:
    """It is a CloudEvent with the type of the event."""
    envelope = json.loads(eventbridge_message(code))
    assert envelope.keys() == {
        *("datacontenttype", "data", "id", "source", "specversion", "subject", "time", "type"),
        *("aliyunaccountid", "aliyunpublishtime", "aliyuneventbusname", "aliyunregionid", "aliyunpublishaddr"),
    }
    assert (envelope["specversion"], envelope["source"], envelope["type"]) == (
        "1.0",
        "acs.dataworks",
        catalog[code].type,
    )


def test_a_message_of_eventbridge_takes_changes_of_its_payload_and_an_id() -> None:
    message = read_message(eventbridge_message("download-resources", message_id="m-1", dataRowSize=7))
    assert message.payload == {"tenantId": 28378110656, **sample_payload("download-resources", dataRowSize=7)}
    assert message.message_id == "m-1"


def test_the_context_shows_no_secret() -> None:
    """What is printed while debugging a test holds no credential."""
    context = FunctionContext()
    shown = repr(context)
    assert context.credentials.access_key_secret not in shown
    assert context.credentials.security_token not in shown
