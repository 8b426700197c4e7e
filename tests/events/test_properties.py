"""What holds for every event and every form of one, whatever its payload says.

The payloads are drawn from the fields of the classes; `shapes.py` tells how.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from enum import Enum
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from dataworks_ext.events import Event, FieldError, catalog, event_class, problems_of, read_event
from dataworks_ext.testing import sample_payload

from ..examples import FEW
from .shapes import (
    CASES,
    Case,
    Junk,
    Place,
    Shape,
    change,
    content_model,
    fields_of,
    forms,
    is_wire_path,
    objects,
    opened,
    payloads_of,
    places,
    put,
    python_names,
    seal,
    wire_paths,
)

_every_case = pytest.mark.parametrize("case", CASES.values(), ids=lambda case: str(case.model.__name__))


def _read(case: Case, payload: Any) -> Event:
    event = read_event(case.reader, seal(case.shape, payload))
    assert type(event) is case.model
    return event


def test_every_code_and_every_form_is_a_case() -> None:
    assert {case.code for case in CASES.values()} == catalog.keys()
    forms = {form for case in CASES.values() for form in case.reader.forms}
    assert {case.model for case in CASES.values()} >= forms


# Payloads that read


@_every_case
@FEW
@given(data=st.data())
def test_any_optional_field_may_be_missing(case: Case, data: st.DataObject) -> None:
    """What is missing is None, and what is there is not."""
    payload = data.draw(payloads_of(case.model.__name__))
    _check(case.shape, payload, _read(case, payload))


def _check(shape: Shape, wire: Any, value: Any) -> None:
    while shape.kind == "json" and shape.item is not None:
        shape = shape.item
    if shape.kind in ("object", "content"):
        assert type(value) is (content_model(wire) if shape.kind == "content" else shape.model)
        for name, alias, inner in fields_of(type(value)):
            read = getattr(value, name)
            if wire.get(alias) is None:
                assert read is None
            else:
                _check(inner, wire[alias], read)
    elif shape.kind == "array" and shape.item is not None:
        assert isinstance(value, tuple)
        for given_item, read_item in zip(wire, value, strict=True):
            _check(shape.item, given_item, read_item)
    elif shape.known is not None:
        assert isinstance(value, shape.known) or str(wire).endswith("_OF_TOMORROW")
    else:
        assert value is not None


@_every_case
@FEW
@given(data=st.data())
def test_null_is_as_good_as_a_missing_field(case: Case, data: st.DataObject) -> None:
    """At any depth, wherever the field is optional."""
    payload = data.draw(payloads_of(case.model.__name__))
    filled = payload
    for place in places(case.shape, payload):
        if place.shape.optional and not place.present:
            filled = put(filled, place.steps, None)
    assert _read(case, filled) == _read(case, payload)


@_every_case
@FEW
@given(data=st.data())
def test_a_number_in_a_string_reads_alike(case: Case, data: st.DataObject) -> None:
    payload = data.draw(payloads_of(case.model.__name__))

    def in_a_string(place: Place) -> Any:
        number = isinstance(place.value, (int, float)) and not isinstance(place.value, bool)
        return str(place.value) if number else place.value

    assert _read(case, change(case.shape, payload, in_a_string)) == _read(case, payload)


@_every_case
@FEW
@given(data=st.data())
def test_a_text_that_is_a_number_reads_alike(case: Case, data: st.DataObject) -> None:
    """UIDs are texts, and come as numbers as well."""
    payload = data.draw(payloads_of(case.model.__name__))
    number = data.draw(st.integers(0, 2**70))

    def digits(place: Place) -> Any:
        free = place.shape.kind == "text" and place.steps[-1] not in ("eventCode", "timeZone")
        return str(number) if free else place.value

    def as_a_number(place: Place) -> Any:
        return number if place.value == str(number) else place.value

    with_texts = change(case.shape, payload, digits)
    assert _read(case, change(case.shape, with_texts, as_a_number)) == _read(case, with_texts)


_unknown_names = st.text("zZ", min_size=2, max_size=4)
_scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=5))
_anything = st.recursive(
    _scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(st.text(max_size=3), inner, max_size=2)),
    max_leaves=4,
)


@_every_case
@FEW
@given(data=st.data())
def test_fields_that_nobody_knew_yet_do_no_harm(case: Case, data: st.DataObject) -> None:
    """At any depth; the event has what it has without them."""
    payload = data.draw(payloads_of(case.model.__name__))
    extended = payload
    for steps, value in reversed(list(objects(case.shape, payload))):  # the innermost first
        unknown = data.draw(st.dictionaries(_unknown_names, _anything, max_size=2))
        current = _at(extended, steps)
        assert current.keys() >= value.keys()
        extended = put(extended, steps, {**current, **unknown})
    event = _read(case, extended)
    assert _without_unknown(event.model_dump()) == _without_unknown(_read(case, payload).model_dump())
    assert event.raw.keys() == extended.keys()


def _at(value: Any, steps: tuple[str | int, ...]) -> Any:
    for step in steps:
        value = value[step]
    return value


def _without_unknown(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_unknown(item) for key, item in value.items() if set(key) - set("zZ")}
    return tuple(map(_without_unknown, value)) if isinstance(value, tuple) else value


_TOMORROW = st.one_of(st.sampled_from(["WORD_OF_TOMORROW", "777777", "-777777"]), st.sampled_from([777777, -777777]))


@_every_case
@FEW
@given(data=st.data())
def test_an_enumeration_value_that_nobody_knew_yet_stays_plain(case: Case, data: st.DataObject) -> None:
    """A word stays a `str`; a number an `int`, or a `str` where words are."""
    payload = data.draw(payloads_of(case.model.__name__))
    known = [place for place in places(case.shape, payload) if place.shape.known is not None and place.present]
    for place in known:
        payload = put(payload, place.steps, data.draw(_TOMORROW))
    event = read_event(case.model, seal(case.shape, payload))
    for place in known:
        wire, read = _at(payload, place.steps), _attribute(event, place.steps)
        assert not isinstance(read, Enum)
        number = issubclass(place.shape.known or Enum, int) and wire != "WORD_OF_TOMORROW"
        assert (type(read), read) == ((int, int(wire)) if number else (str, str(wire)))


def _attribute(value: Any, steps: tuple[str | int, ...]) -> Any:
    for step in steps:
        if isinstance(value, BaseModel):
            value = getattr(value, next(name for name, wire, _ in fields_of(type(value)) if wire == step))
        else:
            value = value[step]
    return value


@_every_case
@FEW
@given(data=st.data())
def test_what_is_written_reads_into_an_equal_event(case: Case, data: st.DataObject) -> None:
    event = _read(case, data.draw(payloads_of(case.model.__name__)))
    assert read_event(case.reader, json.loads(event.model_dump_json(by_alias=True))) == event


# Payloads that need not

# What is looked for in an error must be no part of pydantic's own sentences.
_MARK = "§§§§"
_marked = st.text(max_size=8).map(lambda text: f"{_MARK}{text}")
_numbers = st.one_of(
    st.integers(10**7, 10**30), st.integers(-(10**30), -(10**7)), st.floats(), st.sampled_from([2**70, 2**2000])
)
_TRICKY = (
    *("", " ", "{", "[1", "NaN", "-", "--1", "²", "1_000", "\ud800", "\x00", "1e400", "0x1F", "1,2,x", ",", "null"),
    *("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "0001-01-01 00:00:00", "2024-02-30 00:00:00"),
    *("99999999999999999999", "1" * 5000, "[" * 5000, '{"a": ' * 500, "America", "../UTC", "x" * 5000),
    *('["a"]', '{"queue": {}}', '[{"bizBeginTime": "2024-99-99"}]', "00:00:60", "24:00:00", "2022-04-17T25"),
)
_tricky = st.sampled_from(_TRICKY)
_junk_scalars = st.one_of(st.none(), st.booleans(), _numbers, _marked, _numbers.map(str), _tricky)


@cache
def _keys(name: str) -> st.SearchStrategy[str]:
    return st.one_of(st.sampled_from(sorted(wire_paths(CASES[name].model))), _marked)


@cache
def _junk(name: str) -> st.SearchStrategy[Any]:
    """JSON of any kind, with names of the class's fields and without."""
    return st.recursive(
        _junk_scalars,
        lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_keys(name), inner, max_size=3)),
        max_leaves=6,
    )


@cache
def _junk_payloads(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.dictionaries(_keys(name), _junk(name), max_size=6)


def _problems(case: Case, event: Event, *values: Any) -> list[list[str]]:
    """The places that the event says cannot be read, after a look at what it says of them."""
    texts = problems_of(event)
    named = [path.split(".") for path in event.unread_fields]
    assert [text.partition(": ")[0].split(".") for text in texts] == named
    for text in texts:
        assert _MARK not in text
        for value in values:
            for part in _parts(value):
                assert part not in text
        for name in python_names(case.model):
            assert not re.search(rf"\b{name}\b", text)
    for path in named:
        assert is_wire_path(Shape("object", model=case.reader), path) or is_wire_path(case.shape, path), texts
    return named


def _parts(value: Any) -> list[str]:
    """What no problem may repeat: the longer numbers and texts."""
    if isinstance(value, (dict, list)):
        return [part for item in (value.values() if isinstance(value, dict) else value) for part in _parts(item)]
    return [str(value)] if not isinstance(value, bool) and len(str(value)) > 5 else []


@_every_case
@FEW
@given(data=st.data())
def test_anything_in_the_place_of_a_value_reads(case: Case, data: st.DataObject) -> None:
    """What cannot be read then is the place, or one inside or around it, by wire names. No value is told."""
    payload = data.draw(payloads_of(case.model.__name__))
    where = data.draw(st.sampled_from([place.steps for place in places(case.shape, payload)]))
    junk = data.draw(_junk(case.model.__name__))
    sealed = seal(case.shape, put(payload, where, Junk(junk)))
    for reader in {case.reader, case.model}:
        event = read_event(reader, sealed)
        assert isinstance(event, reader)
        named = _problems(case, event, junk)
        if reader is case.model:
            _check_places(named, list(map(str, where)))


_PUBLISHED = [
    *((code, sample_payload(code)) for code in catalog),
    *((form.code, form.payload) for form in forms().values()),
]
_ODD: tuple[Any, ...] = (
    *_TRICKY,
    *(None, True, 0, -1, 1.5, 10**30, 2**2000, float("inf"), float("nan"), [], {}, [[]], [None], [{}], {"a": {}}),
)


@pytest.mark.property
@pytest.mark.parametrize(("code", "payload"), _PUBLISHED, ids=lambda value: value if isinstance(value, str) else "")
def test_each_odd_value_in_each_place_reads(code: str, payload: dict[str, Any]) -> None:
    """What chance might miss: every place of every published payload, with every value that is hard to read."""
    model = type(read_event(event_class(code), payload))
    case = CASES[model.__name__]
    known = opened(case.shape, payload)
    for place in places(case.shape, known):
        for odd in _ODD:
            event = read_event(model, seal(case.shape, put(known, place.steps, Junk(odd))))
            assert isinstance(event, model)
            _check_places(_problems(case, event, odd), list(map(str, place.steps)))


def _check_places(named: list[list[str]], where: list[str]) -> None:
    """Each is the place, inside it or around it. The times of a job's setting need its time zone."""
    for path in named:
        if where[-1] == "timeZone" and path[-1] in ("startDateTime", "lastStartPosition"):
            path = [*path[:-1], "timeZone"]
        shorter = min(len(path), len(where))
        assert path[:shorter] == where[:shorter]


@_every_case
@FEW
@given(data=st.data())
def test_any_payload_at_all_reads(case: Case, data: st.DataObject) -> None:
    payload = data.draw(_junk_payloads(case.model.__name__))
    event = read_event(case.reader, payload, event_code=case.code)
    assert isinstance(event, case.reader)
    _problems(case, event, payload)


@_every_case
def test_an_empty_payload_is_an_event_in_which_every_required_field_is_unread(case: Case) -> None:
    required = [name for name, field in case.model.model_fields.items() if field.is_required()]
    event = read_event(case.model, {}, event_code=case.code)
    for name in case.model.model_fields:
        if name in required:
            with pytest.raises(FieldError, match=r"Field required$"):
                getattr(event, name)
        else:
            assert getattr(event, name) == (case.code if name == "event_code" else None)


# What is broken, and nothing else

_BROKEN = {"object": 5, "json": "{", "content": 5, "array": 5}
_TELLING = {"alarmType", "remindUnit", "nodeIds", "jobId", "objectGuid", "resourceId", "sourceTableName", "eventCode"}
"""Fields that tell which class reads the payload: without them, it is another event."""


def _breakable(case: Case, payload: Any) -> list[Place]:
    return [place for place in places(case.shape, payload) if place.present and place.steps[-1] not in _TELLING]


@_every_case
@FEW
@given(data=st.data())
def test_what_is_broken_cannot_be_looked_at_and_all_else_can(case: Case, data: st.DataObject) -> None:
    """A look at it names it on the wire. A policy that looks at anything else sees what it would see anyway."""
    payload = data.draw(payloads_of(case.model.__name__))
    whole = _read(case, payload)
    place = data.draw(st.sampled_from(_breakable(case, payload)))
    event = _read(case, put(payload, place.steps, Junk(_BROKEN.get(place.shape.kind, {"?": []}))))
    path = ".".join(map(str, place.steps))
    unread = [field for field in event.unread_fields if place.steps[-1] != "timeZone" or field.endswith("timeZone")]
    assert unread == [path]
    with pytest.raises(FieldError, match=rf"^the field {re.escape(path)} cannot be read: "):
        _attribute(event, place.steps)
    for other in places(case.shape, payload):
        related = (
            place.steps[-1] == "timeZone"
            or _is_around(place.steps, other.steps)
            or _is_around(other.steps, place.steps)
        )
        if not related:
            assert _attribute(event, other.steps) == _attribute(whole, other.steps)


def _is_around(outer: tuple[str | int, ...], inner: tuple[str | int, ...]) -> bool:
    """Whether a look at the inner place passes the outer one; an array is looked at as a whole, if an item is none."""
    if isinstance(outer[-1], int):
        outer = outer[:-1]
    return inner[: len(outer)] == outer
