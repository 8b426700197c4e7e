"""The payloads that DataWorks publishes, against the classes: nothing is unknown, nothing is lost.

`tests/contract/forms.json` has the forms that are no code's sample. `tests/contract/pages` has the JSON of two pages
of the reference as published: comments, masked digits, slips and all.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import pytest
from pydantic import BaseModel

from dataworks_ext import events
from dataworks_ext.events import Event, catalog, event_class, problems_of, read_event
from dataworks_ext.message import read_message
from dataworks_ext.testing import sample_payload

from .shapes import CASES, Form, forms, page

_FORMS = forms()
_PAYLOADS: dict[str, Form] = {
    **{code: Form(code, events.class_name(code), sample_payload(code)) for code in catalog},
    **_FORMS,
}
_MODELS = {"start-diJob": "StartDiJobV1", "workbench-monitor-alert": "BaselineAlert"}  # what the samples read into
_OLDER = {  # what the older reference writes otherwise: the field, and what the newer one writes there
    "older commit of a new file": ("changeType", 0),
    "older commit of a changed file": ("changeType", "1"),
    "older commit of a deleted file": ("changeType", 2),
    "older deployment of a changed file": ("changeType", "1"),
    "older status of an instance": ("status", 1),
}


def _read(name: str) -> Event:
    return read_event(event_class(_PAYLOADS[name].code), _PAYLOADS[name].payload)


def _written(event: Event) -> dict[str, Any]:
    written: dict[str, Any] = json.loads(event.model_dump_json(by_alias=True))
    return written


# Samples and forms


def test_a_published_payload_reads_into_its_class() -> None:
    models = {name: _MODELS.get(name, form.model) for name, form in _PAYLOADS.items()}
    assert {name: type(_read(name)).__name__ for name in _PAYLOADS} == models


def test_every_class_has_a_published_payload() -> None:
    """All but the bases that are for what nobody knew yet."""
    assert {type(_read(name)).__name__ for name in _PAYLOADS} == CASES.keys() - {"WorkbenchMonitorAlert", "RuleAlert"}


def test_no_field_of_a_published_payload_is_unknown() -> None:
    """Nested objects and JSON in strings included."""
    for name in _PAYLOADS:
        event = _read(name)
        assert list(_differences(_normal(name), _written(event), name, values=False)) == []
        assert list(_extras(event, name)) == []


def test_no_value_of_a_published_payload_is_lost() -> None:
    """Written by wire name, it is what it was, but for numbers in strings and the spacing of JSON in strings."""
    lost = [line for name in _PAYLOADS for line in _differences(_normal(name), _written(_read(name)), name)]
    assert lost == []


def test_a_published_payload_that_is_written_reads_into_an_equal_event() -> None:
    for name, form in _PAYLOADS.items():
        event = _read(name)
        again = read_event(event_class(form.code), _written(event))
        assert (type(again), again) == (type(event), event)


def test_a_published_payload_may_be_made_by_hand() -> None:
    """By the names that Python has, from the values that were read; `raw` is then what DataWorks would send."""
    for name in _PAYLOADS:
        event = _read(name)
        fields = {field: getattr(event, field) for field in type(event).model_fields}
        made = type(event)(**{field: value for field, value in fields.items() if value is not None})
        assert made == event
        raw = json.loads(json.dumps(made.raw, default=_plain))
        assert read_event(event_class(event.event_code), raw) == event


@pytest.mark.parametrize("name", _OLDER)
def test_the_older_spelling_reads_like_the_newer(name: str) -> None:
    form = _FORMS[name]
    field, newer = _OLDER[name]
    assert form.payload[field] != newer
    assert read_event(event_class(form.code), {**form.payload, field: newer}) == _read(name)


def test_a_form_has_no_masked_digits() -> None:
    """`*` occurs in expressions only."""
    for form in _FORMS.values():
        assert not re.search(r"\d\*|\*\*", json.dumps(form.payload))


def _normal(name: str) -> Mapping[str, object]:
    """The payload with the newer spelling."""
    field, newer = _OLDER.get(name, ("eventCode", _PAYLOADS[name].code))
    return {**_PAYLOADS[name].payload, field: newer}


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, Mapping) else str(value)


def _differences(wire: object, written: object, path: str = "payload", values: bool = True) -> Iterator[str]:
    """Where what was written is not what the wire had."""
    if isinstance(wire, str) and isinstance(written, str) and wire.lstrip()[:1] in ("{", "["):
        wire, written = json.loads(wire), json.loads(written)
    if isinstance(wire, Mapping):
        if not isinstance(written, Mapping):
            yield f"{path} is no object any more"
            return
        yield from (f"{path}.{key} is gone" for key in wire.keys() - written.keys())
        yield from (f"{path}.{key} is new" for key in written.keys() - wire.keys() if written[key] is not None)
        for key in wire.keys() & written.keys():
            yield from _differences(wire[key], written[key], f"{path}.{key}", values)
    elif isinstance(wire, list):
        if not isinstance(written, list) or len(wire) != len(written):
            yield f"{path} has other items"
            return
        for index, (one, other) in enumerate(zip(wire, written, strict=True)):
            yield from _differences(one, other, f"{path}.{index}", values)
    elif values and not _is_same(wire, written):
        yield f"{path} was {wire!r} and is {written!r}"


def _is_same(wire: object, written: object) -> bool:
    if isinstance(wire, bool) or isinstance(written, bool):
        return wire is written
    if isinstance(wire, str) and isinstance(written, (int, float)):
        return wire == str(written)
    return wire == written


def _extras(value: object, path: str = "event") -> Iterator[str]:
    """The unknown fields that objects keep."""
    if isinstance(value, BaseModel):
        yield from (f"{path}.{name}" for name in value.model_extra or {})
        for name in type(value).model_fields:
            yield from _extras(getattr(value, name), f"{path}.{name}")
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _extras(item, f"{path}.{index}")


def test_the_comparison_sees_what_is_lost() -> None:
    """The tests above stand on it."""
    wire = {"a": [{"b": '{"c": 1}', "d": "7"}], "e": True}
    assert list(_differences(wire, {"a": [{"b": '{"c":1}', "d": 7}], "e": True, "f": None})) == []
    assert list(_differences(wire, {"a": [{"b": '{"c":2}', "d": 7}], "e": True})) == ["payload.a.0.b.c was 1 and is 2"]
    assert list(_differences(wire, {"a": [{"b": "{}", "d": 7}], "e": True})) == ["payload.a.0.b.c is gone"]
    assert list(_differences(wire, {"a": [], "e": True})) == ["payload.a has other items"]
    assert list(_differences({"a": True}, {"a": 1})) == ["payload.a was True and is 1"]
    assert list(_differences({}, {"a": 1})) == ["payload.a is new"]


# The pages


class _Block(NamedTuple):
    text: str
    codes: tuple[str, ...]
    """The codes whose payload it shows."""


_PAGES = {"message-structure": 13, "event-reference": 6}  # and how many blocks of JSON there are
_TITLE = re.compile(r"^=== ([^:\n]+):(.*)$", re.MULTILINE)


def _blocks(text: str) -> Iterator[tuple[str, _Block]]:
    _, *parts = _TITLE.split(text)
    for title, codes, block in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        yield title, _Block(block, tuple(codes.split()))


_BLOCKS: dict[str, _Block] = {title: block for name in _PAGES for title, block in _blocks(page(name))}
_NO_EVENT = {
    "nodes, frozen or undeployed": "the page shows the event of a table; its field table has nodeIds",
    "request decided": "the page shows the array of what is requested, without the request around it",
    "EventBridge envelope": "an envelope around an event without its fields",
    "Function Compute envelope": "an envelope around an event without its fields",
    "filter by type": "a pattern that picks events, and no event",
    "filter by source": "a pattern that picks events, and no event",
}
_EACH = [(title, code) for title, block in _BLOCKS.items() if title not in _NO_EVENT for code in block.codes]

_MASKED = re.compile(r'"(?:\\.|[^"\\])*"|//.*|\d[\d*]*|\*+')
_MISSING_COMMA = re.compile(r'(["\d\]}])(\s*\n\s*")')
_TRAILING_COMMA = re.compile(r",(\s*[\]}])")


def _clean(text: str) -> str:
    """JSON without comments and masks: a masked digit becomes a 1. Commas are where they belong."""

    def unmask(found: re.Match[str]) -> str:
        return "" if found[0].startswith("//") else found[0].replace("*", "1")

    return _TRAILING_COMMA.sub(r"\1", _MISSING_COMMA.sub(r"\1,\2", _MASKED.sub(unmask, text)))


def _payload(parsed: Any, code: str) -> dict[str, Any]:
    """The payload in a block. An envelope is read as a message; an array is what a request asks for."""
    if isinstance(parsed, list):
        payload = sample_payload(code)
        request: Any = payload["process"]
        request["approvalContent"]["arrayData"] = parsed
        return payload
    if "data" in parsed or "messageBody" in parsed:
        own = dict(parsed, type=catalog[code].type) if "type" in parsed else parsed
        message = read_message(json.dumps(own))
        assert message.event_code == code
        return {**message.payload, "eventCode": code}
    return dict(parsed)


@pytest.mark.parametrize(("name", "count"), _PAGES.items())
def test_no_block_of_a_page_is_skipped(name: str, count: int) -> None:
    """There are as many blocks as lines that open one."""
    depth = opened = 0
    for line in page(name).splitlines():
        bare = re.sub(r'"(?:\\.|[^"\\])*"|//.*', "", line)
        if not depth and not line.startswith("==="):
            opened += bare.strip() in ("{", "[")
            assert bare.strip() in ("{", "[", "")
        depth += len(re.findall(r"[\[{]", bare)) - len(re.findall(r"[\]}]", bare)) if bare[:3] != "===" else 0
    assert depth == 0
    assert opened == len(list(_blocks(page(name)))) == count


def test_every_block_has_a_name_of_its_own() -> None:
    assert len(_BLOCKS) == sum(_PAGES.values())


def test_a_block_is_json_when_it_is_cleaned() -> None:
    assert all(json.loads(_clean(block.text)) for block in _BLOCKS.values())


def test_cleaning_changes_no_name() -> None:
    names = re.compile(r'"(\w+)"\s*:')
    for block in _BLOCKS.values():
        assert names.findall(_clean(block.text)) == names.findall(block.text)


@pytest.mark.parametrize(("title", "code"), _EACH)
def test_a_block_reads_into_the_classes_of_its_codes(title: str, code: str) -> None:
    event = read_event(event_class(code), _payload(json.loads(_clean(_BLOCKS[title].text)), code))
    assert isinstance(event, event_class(code))
    assert event.event_code == code
    assert list(_extras(event)) == []


@pytest.mark.parametrize(("title", "code"), _EACH)
def test_no_value_of_a_block_is_lost(title: str, code: str) -> None:
    payload = _payload(json.loads(_clean(_BLOCKS[title].text)), code)
    if payload.get("changeType") == "UPDATE":
        payload["changeType"] = 1
    written = _written(read_event(event_class(code), payload))
    assert list(_differences(payload, written)) == []


def test_an_envelope_on_a_page_is_a_message() -> None:
    """By the code of its payload, else by its type."""
    codes = {}
    for title, block in _BLOCKS.items():
        parsed = json.loads(_clean(block.text))
        if isinstance(parsed, dict) and ("data" in parsed or "messageBody" in parsed):
            codes[title] = read_message(_clean(block.text)).event_code
    assert codes == {
        "whole message": "instance-status-changes",
        "instance": "instance-status-changes",
        "file, committed or deployed": "commit-file",
        "file, run or deleted": "delete-file",
        "table": "commit-table",
        "node": "node-change-deleted",
        "nodes, frozen or undeployed": "commit-table",
        "backfill": "backfill-data",
        "request made": "approval-change-created",
        "EventBridge envelope": "instance-status-changes",
        "Function Compute envelope": "upload-data-to-table",
    }


def test_every_block_that_shows_no_event_is_there() -> None:
    assert _NO_EVENT.keys() <= _BLOCKS.keys()


@pytest.mark.parametrize("title", _NO_EVENT)
def test_a_block_that_shows_no_event_fits_no_class(title: str) -> None:
    parsed = json.loads(_clean(_BLOCKS[title].text))
    if isinstance(parsed, dict):
        parsed = parsed.get("data", parsed.get("messageBody", parsed))
    for code in _BLOCKS[title].codes or catalog:
        payload = {**parsed, "eventCode": code} if isinstance(parsed, dict) else {"items": parsed, "eventCode": code}
        assert any("Field required" in problem for problem in problems_of(read_event(event_class(code), payload)))
