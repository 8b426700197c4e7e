"""A ready payload for every event code, and the messages that carry it.

Source: the samples of the DataWorks event reference, with made-up digits where it masks them. The reference shows none
for `batch-update-data-quality-rules` and `delete-data-quality-evaluation-task-notification`; theirs have the fields
that it documents, those of `update-data-quality-rule` and of the event of creation. `variants.json` has variants of
two events; that of a rule's alert has the fields that all such alerts share.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib.resources import files
from typing import Final, TypeVar, overload

from ..errors import ExtensionError
from ..events import Event, EventError, catalog, code_of, event_class, problems_of, read_event
from ..message import Channel, read_message
from ..spelling import nearest
from .changes import ChangeError, changed_payload
from .mistakes import is_of_the_test

__tracebackhide__ = is_of_the_test

DIRECT_ID: Final = "52d44ee7-b51f-4d4d-afeb-5b1a9c3e0001"
"""The id of a message that comes directly."""
EVENTBRIDGE_ID: Final = "539fd8f4-4ea1-4625-aa8b-6c9066740001"
"""The id of a message that comes through EventBridge."""
_TENANT_ID: Final = 28378110656
_CATEGORIES: Final = {
    "ApprovalChange": "approval-change",
    "BackfillDataOperate": "backfill-data-operate",
    "FileChange": "file-change",
    "InstanceStatusChanges": "instance-status-change",
    "NodeChange": "node-change",
    "ResourcesDownload": "resources-download",
    "ResourcesUpload": "resources-download",
    "TableChange": "table-change",
}
"""`eventCategoryType` by the category in the event's type; other categories have no published value.

Source: the message structure, "Valid values of eventCategoryType"; for uploads and downloads, the sample of the event
reference, "Function Compute message envelope", which is an upload.
"""

E = TypeVar("E", bound=Event)


class NoSampleError(ExtensionError):
    """There is no event of that code, so there is no sample."""


@overload
def sample(code: type[E], /, **changes: object) -> E: ...
@overload
def sample(code: str, /, **changes: object) -> Event: ...
def sample(code: str | type[Event], /, **changes: object) -> Event:
    """An event as DataWorks sends it, with changes.

    Args:
        code: An event code, or the class of an event or of one of its variants.
        changes: By the names of the class's fields, with values of their types: `data_row_size=250_000`. None takes a
            field away. A mapping changes an object field by field, and a list of mappings stands for a list of objects.

    Raises:
        NoSampleError: There is no such event.
        ChangeError: An unknown field, with the nearest known one, or an invalid value.
    """
    received = read_message(_message(code, None, None, changes))
    return read_event(
        event_class(received.event_code),
        received.payload,
        event_code=received.event_code,
        extension_biz_id=received.extension_biz_id,
    )


def message(
    code: str | type[Event], /, channel: Channel | None = None, *, message_id: str | None = None, **changes: object
) -> bytes:
    """The whole message in which that event reaches a function.

    Args:
        code: An event code, or the class of an event.
        channel: `function-compute` or `eventbridge`; by default the one on which DataWorks sends the event.
        message_id: Its id.
        changes: Of the event, as for `sample`.

    Raises:
        NoSampleError: There is no such event.
        ChangeError: An unknown field, with the nearest known one, or an invalid value.
    """
    return _message(code, channel, message_id, changes)


def _message(
    asked: str | type[Event], channel: Channel | None, message_id: str | None, changes: Mapping[str, object]
) -> bytes:
    code = asked if isinstance(asked, str) else _code_of(asked)
    payload = _changed(code, event_class(code) if isinstance(asked, str) else asked, changes)
    if (channel or channel_of(code)) == "eventbridge":
        return _eventbridge_message(code, payload, EVENTBRIDGE_ID if message_id is None else message_id)
    return _function_compute_message(code, payload, DIRECT_ID if message_id is None else message_id)


def _changed(code: str, asked: type[Event], changes: Mapping[str, object]) -> dict[str, object]:
    """The payload of the first variant that the changes fit. Raises the first variant's `ChangeError`."""
    refusals = []
    any_variant = asked is event_class(code)
    for payload in (sample_payload(code), *_variants().get(code, ())):
        payload = {"tenantId": _TENANT_ID, **payload}
        event = _read(code, payload)
        if not (any_variant or type(event) is asked):
            continue
        try:
            changed = changed_payload(payload, event, changes) if changes else payload
            if type(_read(code, changed)) is asked or any_variant:
                return changed
            refusals.append(ChangeError(f"{code}: the changes make another event than {asked.__name__} of it"))
        except ChangeError as error:
            refusals.append(error)
        except EventError as error:
            refusals.append(ChangeError(f"{code}: {error}"))
    raise refusals[0]


def _read(code: str, payload: Mapping[str, object]) -> Event:
    """The event, whole. Raises `EventError` for one with fields that cannot be read."""
    event = read_event(event_class(code), payload, event_code=code)
    if problems := problems_of(event):
        raise EventError("; ".join(problems))
    return event


def channel_of(code: str) -> Channel:
    """The channel on which DataWorks sends that event: uploads and downloads directly, others through EventBridge."""
    return "function-compute" if catalog[code].is_direct else "eventbridge"


def _code_of(asked: type[Event]) -> str:
    for kind in asked.__mro__:
        code = code_of(kind) if issubclass(kind, Event) else None
        if code is not None:
            return code
    raise NoSampleError(f"the class {asked.__name__} stands for no event; name one of a code, or the code")


def sample_payload(code: str, **changes: object) -> dict[str, object]:
    """A payload of that event as DataWorks sends it, by wire names, with changes by wire name.

    Raises:
        NoSampleError: There is no such event code.
    """
    payloads = _payloads()
    if code not in payloads:
        hint = nearest(code, payloads) or "; `dataworks-ext events` lists them all"
        raise NoSampleError(f'there is no event "{code}"{hint}')
    payload: dict[str, object] = json.loads(json.dumps(payloads[code]))
    return {**payload, **changes}


def function_compute_message(code: str, *, message_id: str = DIRECT_ID, **changes: object) -> bytes:
    """The whole message in which that event reaches a function directly, with changes of the payload by wire name."""
    return _function_compute_message(code, {"tenantId": _TENANT_ID, **sample_payload(code, **changes)}, message_id)


def eventbridge_message(code: str, *, message_id: str = EVENTBRIDGE_ID, **changes: object) -> bytes:
    """The whole message in which that event reaches a function over EventBridge, with changes as above."""
    return _eventbridge_message(code, {"tenantId": _TENANT_ID, **sample_payload(code, **changes)}, message_id)


def _function_compute_message(code: str, payload: Mapping[str, object], message_id: str) -> bytes:
    category = _CATEGORIES.get(catalog[code].type.split(":")[1])
    envelope = {
        "blockBusiness": catalog[code].extension_point,
        **({} if category is None else {"eventCategoryType": category}),
        "eventType": code,
        "extensionBizId": "job_6603123070",
        "messageBody": payload,
        "messageId": message_id,
    }
    return json.dumps(envelope).encode()


def _eventbridge_message(code: str, payload: Mapping[str, object], message_id: str) -> bytes:
    """Source: the DataWorks event reference, "EventBridge message envelope"."""
    envelope = {
        "datacontenttype": "application/json;charset=utf-8",
        "data": payload,
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


@lru_cache(maxsize=1)
def _variants() -> Mapping[str, Sequence[Mapping[str, object]]]:
    text = files(__package__).joinpath("variants.json").read_text(encoding="utf-8")
    variants: Mapping[str, Sequence[Mapping[str, object]]] = json.loads(text)
    return variants
