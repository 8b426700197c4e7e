"""A ready payload for every event code, and the messages that carry it.

Source: the samples of the DataWorks event reference, with made-up digits where it masks them. The reference shows none
for `batch-update-data-quality-rules` and `delete-data-quality-evaluation-task-notification`; theirs have the fields
that it documents, those of `update-data-quality-rule` and of the event of creation.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from ..errors import ExtensionError
from ..events import catalog


class NoSampleError(ExtensionError):
    """There is no event of that code, so there is no sample."""


def sample_payload(code: str, **changes: object) -> dict[str, object]:
    """A payload of that event as DataWorks sends it, by wire names, with changes by wire name.

    Raises:
        NoSampleError: There is no such event code.
    """
    payloads = _payloads()
    if code not in payloads:
        raise NoSampleError(f'there is no event "{code}"; `dataworks-ext events` lists them all')
    payload: dict[str, object] = json.loads(json.dumps(payloads[code]))
    return {**payload, **changes}


def function_compute_message(
    code: str, *, message_id: str = "52d44ee7-b51f-4d4d-afeb-5b1a9c3e0001", **changes: object
) -> bytes:
    """The whole message in which that event reaches a function directly, with changes of the payload by wire name."""
    payload = sample_payload(code, **changes)
    envelope = {
        "blockBusiness": catalog[code].extension_point,
        "eventCategoryType": "resources-upload" if code.startswith("upload") else "resources-download",
        "eventType": code,
        "extensionBizId": "job_6603123070",
        "messageBody": {"tenantId": 28378110656, **payload},
        "messageId": message_id,
    }
    return json.dumps(envelope).encode()


def eventbridge_message(
    code: str, *, message_id: str = "539fd8f4-4ea1-4625-aa8b-6c9066740001", **changes: object
) -> bytes:
    """The whole message in which that event reaches a function over EventBridge, with changes as above.

    Source: the DataWorks event reference, "EventBridge message envelope".
    """
    payload = sample_payload(code, **changes)
    envelope = {
        "datacontenttype": "application/json;charset=utf-8",
        "data": {"tenantId": 28378110656, **payload},
        "id": message_id,
        "source": "acs.dataworks",
        "specversion": "1.0",
        "subject": "",
        "time": "2020-11-19T21:04:41+08:00",
        "type": catalog[code].type,
        "aliyunaccountid": "1234567890980001",
        "aliyunpublishtime": "2020-11-19T21:04:42.179PRC",
        "aliyuneventbusname": "default",
        "aliyunregionid": "cn-hangzhou",
        "aliyunpublishaddr": "172.25.0.1",
    }
    return json.dumps(envelope).encode()


@lru_cache(maxsize=1)
def _payloads() -> Mapping[str, Mapping[str, object]]:
    text = files(__package__).joinpath("samples.json").read_text(encoding="utf-8")
    payloads: Mapping[str, Mapping[str, object]] = json.loads(text)
    return payloads
