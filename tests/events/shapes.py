"""What the payloads of every event may look like, told from the fields of its class.

A payload is *open* while JSON that the wire writes into a string is still an object; `seal` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from functools import cache
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, NamedTuple, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic import AliasChoices, AliasPath, BaseModel
from pydantic.fields import FieldInfo

from dataworks_ext import events
from dataworks_ext.events import Event, catalog, event_class
from dataworks_ext.events.data_integration import StartSetting
from dataworks_ext.events.security_center import (
    AnyContent,
    AuthorizedContent,
    DataServiceContent,
    DataStudioContent,
    MaxComputeContent,
)
from dataworks_ext.events.values import ClockTime, CommaSeparatedIds, JsonText, Milliseconds

Step = str | int
Steps = tuple[Step, ...]

_MARKS = {
    "clock": get_args(ClockTime)[2],
    "moment": get_args(Milliseconds)[1],
    "ids": get_args(CommaSeparatedIds)[1],
    "json": get_args(JsonText[int])[1],
}


@dataclass(frozen=True)
class Shape:
    """What the wire writes in one place."""

    kind: str
    """`text`, `integer`, `number`, `boolean`, `moment`, `clock`, `local`, `day`, `ids`, `known` or `either`; with parts
    `object`, `array`, `json` or `content`."""
    optional: bool = False
    item: Shape | None = None
    model: type[BaseModel] | None = None
    known: type[Enum] | None = None


class Field(NamedTuple):
    name: str
    wire: str
    shape: Shape


def shape_of(annotation: Any, metadata: Sequence[Any] = ()) -> Shape:
    """The shape of what an annotation reads."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        return shape_of(inner, [*metadata, *more])
    kind = next((kind for kind, mark in _MARKS.items() if mark in metadata), None)
    if kind == "clock" and _MARKS["moment"] not in metadata:
        kind = "local"
    if kind == "json":
        return Shape("json", item=shape_of(annotation))
    if kind is not None:
        return Shape(kind)
    if get_origin(annotation) in (Union, UnionType):
        return _shape_of_union(get_args(annotation), annotation)
    if get_origin(annotation) is tuple:
        item, rest = get_args(annotation)
        assert rest is ...
        return Shape("array", item=Shape("content") if item == AnyContent else shape_of(item))
    assert isinstance(annotation, type)
    if issubclass(annotation, BaseModel):
        return Shape("object", model=annotation)
    kinds = {bool: "boolean", int: "integer", float: "number", datetime: "local", str: "text"}
    return Shape(next(kind for cls, kind in kinds.items() if issubclass(annotation, cls)))


def _shape_of_union(members: tuple[Any, ...], annotation: Any) -> Shape:
    first, *others = (member for member in members if member is not NoneType)
    if len(members) > len(others) + 1:
        inner = _shape_of_union((first, *others), annotation) if others else shape_of(first)
        return Shape(inner.kind, True, inner.item, inner.model, inner.known)
    if isinstance(first, type) and issubclass(first, Enum):
        return Shape("known", known=first)
    kinds: dict[tuple[Any, ...], str] = {(date, time): "day", (int, str): "either"}
    union = (first, *others)
    return Shape(kinds[union])


@cache
def fields_of(model: type[BaseModel]) -> tuple[Field, ...]:
    """The fields that the wire has, with their wire names."""
    found = ((name, field) for name, field in model.model_fields.items() if not field.exclude)
    return tuple(Field(name, _wire_name(field), shape_of(field.annotation, field.metadata)) for name, field in found)


def _wire_name(field: FieldInfo) -> str:
    name = field.serialization_alias or field.alias
    assert name is not None
    return name


# Every kind of payload


class Case(NamedTuple):
    """The payloads of a code that read into one class."""

    code: str
    reader: type[Event]
    """The class of the code."""
    model: type[Event]
    """The class that the payload reads into: the reader itself, or one of its forms."""
    fixed: Mapping[str, object] = {}
    """What tells the form."""

    @property
    def shape(self) -> Shape:
        return Shape("object", model=self.model)


_FORMS: dict[str, Mapping[str, object]] = {
    "StartDiJobV1": {},
    "StartDiJobV2": {},
    "WorkbenchMonitorAlert": {"alarmType": "ALERT_OF_TOMORROW"},
    "BaselineAlert": {"alarmType": "SLA_ALERT"},
    "TopicAlert": {"alarmType": "TOPIC_ALERT"},
    "RuleAlert": {"alarmType": "REMIND_ALERT", "remindUnit": "UNIT_OF_TOMORROW"},
    "NodeAlert": {"alarmType": "REMIND_ALERT", "remindUnit": "NODE"},
    "ResourceGroupAlert": {"alarmType": "REMIND_ALERT", "remindUnit": "GATEWAY_RES"},
}


def _cases() -> Iterator[Case]:
    for code in catalog:
        reader = event_class(code)
        names = [form.__name__ for form in reader.forms] or [reader.__name__]
        if reader.__name__ in _FORMS:
            names.append(reader.__name__)
        for name in names:
            yield Case(code, reader, getattr(events, name), _FORMS.get(name, {}))


CASES: dict[str, Case] = {case.model.__name__: case for case in _cases()}
"""By the name of the class that is read."""

# Payloads of the project's own form

_CONTRACT = Path(__file__).parent.parent / "contract"


class Form(NamedTuple):
    """A published form of a payload that is no code's sample."""

    code: str
    model: str
    payload: dict[str, Any]


def forms() -> dict[str, Form]:
    """The forms in `tests/contract/forms.json`, by name."""
    text = (_CONTRACT / "forms.json").read_text(encoding="utf-8")
    found: dict[str, dict[str, Any]] = json.loads(text)
    return {name: Form(form["payload"]["eventCode"], form["class"], form["payload"]) for name, form in found.items()}


def page(name: str) -> str:
    """The JSON of a page of the reference, as published."""
    return (_CONTRACT / "pages" / f"{name}.txt").read_text(encoding="utf-8")


# Strategies

_texts = st.text(st.sampled_from("abc DEF_-.12,$数据\\\"'"), max_size=6)
_integers = st.one_of(st.integers(0, 99), st.integers(2**53, 2**65))
_clock_times = st.datetimes(datetime(1971, 1, 1), datetime(3000, 12, 31)).map(  # naive, as the wire writes them
    lambda moment: moment.replace(microsecond=0).isoformat(" ")
)
_milliseconds = st.integers(946_656_000_000, 4_133_951_999_999)  # the years 2000 to 2100
_LEAVES: dict[str, st.SearchStrategy[Any]] = {
    "text": _texts,
    "integer": _integers,
    "number": st.floats(allow_nan=False, allow_infinity=False),
    "boolean": st.booleans(),
    "moment": st.one_of(_milliseconds, _clock_times),
    "clock": st.one_of(_clock_times, _milliseconds.map(lambda number: number // 1000 * 1000)),
    "local": _clock_times,
    "day": st.sampled_from(["2022-04-17", "2024-02-29", "00:00:00", "23:59:59"]),
    "ids": st.lists(_integers, max_size=3).map(lambda ids: ",".join(map(str, ids))),
    "either": st.one_of(_integers, st.sampled_from(["PERSON", "a team"])),
}
_SPECIAL: dict[tuple[type[BaseModel], str], st.SearchStrategy[Any]] = {
    (StartSetting, "time_zone"): st.sampled_from(["Asia/Shanghai", "America/New_York", "UTC"]),
}
_CONTENTS: dict[str, type[BaseModel]] = {
    "objectGuid": MaxComputeContent,
    "resourceId": DataServiceContent,
    "sourceTableName": DataStudioContent,
}


@cache
def payloads_of(name: str) -> st.SearchStrategy[dict[str, Any]]:
    """Open payloads of the case, with any of the optional fields."""
    case = CASES[name]
    fixed = {wire: st.just(value) for wire, value in {"eventCode": case.code, **case.fixed}.items()}
    return _objects(case.model, fixed)


def _values(shape: Shape) -> st.SearchStrategy[Any]:
    if shape.kind == "known":
        assert shape.known is not None
        members = shape.known.__members__.values()
        written = [member.value for member in members]
        return st.sampled_from([*written, *(member.name for member in members if isinstance(member.value, int))])
    if shape.kind == "array":
        assert shape.item is not None
        return st.lists(_values(shape.item), max_size=2)
    if shape.kind == "json":
        assert shape.item is not None
        return _values(shape.item)
    if shape.kind == "object":
        assert shape.model is not None
        return _objects(shape.model)
    if shape.kind == "content":
        unknown = st.dictionaries(st.sampled_from(["topic", "region"]), _texts)
        return st.one_of(unknown, *(_objects(model) for model in _CONTENTS.values()))
    return _LEAVES[shape.kind]


def _objects(
    model: type[BaseModel], fixed: Mapping[str, st.SearchStrategy[Any]] | None = None
) -> st.SearchStrategy[dict[str, Any]]:
    required: dict[str, st.SearchStrategy[Any]] = dict(fixed or {})
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, wire, shape in fields_of(model):
        if wire in required:
            continue
        values = _SPECIAL.get((model, name))
        (optional if shape.optional else required)[wire] = _values(shape) if values is None else values
    return st.fixed_dictionaries(required, optional=optional)


# Walks


def content_model(value: object) -> type[BaseModel]:
    """The class that an item of a request reads into."""
    keys = value if isinstance(value, Mapping) else {}
    return next((model for key, model in _CONTENTS.items() if key in keys), AuthorizedContent)


def model_of(shape: Shape, value: object) -> type[BaseModel] | None:
    """The class of what is an object there."""
    return content_model(value) if shape.kind == "content" else shape.model


class Place(NamedTuple):
    """Somewhere in an open payload, whether there is a value or not."""

    steps: Steps
    shape: Shape
    value: Any
    present: bool


def places(shape: Shape, value: Any, steps: Steps = ()) -> Iterator[Place]:
    """Every place inside the value."""
    while shape.kind == "json" and shape.item is not None:
        shape = shape.item
    model = model_of(shape, value)
    if model is not None and isinstance(value, dict):
        for _, wire, inner in fields_of(model):
            found = value.get(wire)
            yield Place((*steps, wire), inner, found, wire in value)
            if found is not None:
                yield from places(inner, found, (*steps, wire))
    elif shape.kind == "array" and shape.item is not None and isinstance(value, list):
        for index, item in enumerate(value):
            yield Place((*steps, index), shape.item, item, True)
            yield from places(shape.item, item, (*steps, index))


def objects(shape: Shape, value: Any) -> Iterator[tuple[Steps, dict[str, Any]]]:
    """Every object in the open payload, the whole one first."""
    yield (), value
    for place in places(shape, value):
        if isinstance(place.value, dict):
            yield place.steps, place.value


@dataclass(frozen=True)
class Junk:
    """A value that `seal` leaves as it is."""

    value: Any


def put(value: Any, steps: Steps, new: Any) -> Any:
    """A copy of the open payload with something else in one place."""
    if not steps:
        return new
    step, *rest = steps
    if isinstance(value, list):
        return [put(item, tuple(rest), new) if index == step else item for index, item in enumerate(value)]
    return {**value, step: put(value.get(step), tuple(rest), new)}


def change(shape: Shape, value: Any, new: Callable[[Place], Any]) -> Any:
    """A copy of the open payload with every value that is there replaced by what the function makes of it."""
    changed = value
    for place in places(shape, value):
        if place.present and not isinstance(place.value, (dict, list)):
            changed = put(changed, place.steps, new(place))
    return changed


def seal(shape: Shape, value: Any) -> Any:
    """The payload as the wire has it."""
    if isinstance(value, Junk):
        return value.value
    if shape.kind == "json" and shape.item is not None:
        return None if value is None else json.dumps(seal(shape.item, value))
    model = model_of(shape, value)
    if model is not None and isinstance(value, dict):
        shapes = {wire: inner for _, wire, inner in fields_of(model)}
        return {key: seal(shapes[key], item) if key in shapes else _bare(item) for key, item in value.items()}
    if shape.kind == "array" and shape.item is not None and isinstance(value, list):
        return [seal(shape.item, item) for item in value]
    return value


def opened(shape: Shape, value: Any) -> Any:
    """The open payload of one that the wire has: what `seal` makes one of."""
    for place in places(shape, value):
        if place.shape.kind == "json" and place.value is not None:
            value = put(value, place.steps, json.loads(place.value))
    return value


def _bare(value: Any) -> Any:
    return value.value if isinstance(value, Junk) else value


# Names


@cache
def wire_paths(model: type[BaseModel]) -> Mapping[str, Shape | None]:
    """The names by which an error may name a field of the class; None where it is a name of several fields."""
    names: dict[str, Shape | None] = {}
    for field in model.model_fields.values():
        alias = field.validation_alias
        choices = alias.choices if isinstance(alias, AliasChoices) else [alias or field.alias]
        for choice in choices:
            name = choice.path[0] if isinstance(choice, AliasPath) else choice
            if isinstance(name, str) and "_" not in name:
                names[name] = None
    names.update({wire: shape for _, wire, shape in fields_of(model)})
    if "notificaionReceivers" in names:
        names["notificationReceivers"] = names["notificaionReceivers"]
    return names


def is_wire_path(shape: Shape, steps: Sequence[str]) -> bool:
    """Whether the steps lead from there to a field, by wire names and indexes."""
    if not steps:
        return True
    while shape.kind == "json" and shape.item is not None:
        shape = shape.item
    step, *rest = steps
    if shape.kind == "array" and shape.item is not None:
        return step.isdecimal() and is_wire_path(shape.item, rest)
    if shape.kind == "ids":
        return step.isdecimal() and not rest
    models: list[type[BaseModel]] = [*_CONTENTS.values()] if shape.kind == "content" else []
    if shape.model is not None:
        models = [shape.model, *(shape.model.forms if issubclass(shape.model, Event) else ())]
    for model in models:
        found = wire_paths(model)
        if step in found:
            inner = found[step]
            if is_wire_path(inner, rest) if inner is not None else rest in ([], ["applicant"]):
                return True
    return False


@cache
def python_names(model: type[BaseModel]) -> frozenset[str]:
    """The names with underscores of the class's fields, at any depth."""
    found: set[str] = set()
    for name, _, shape in fields_of(model):
        found.update({name} if "_" in name else ())
        inner: Shape | None = shape
        while inner is not None and inner.item is not None:
            inner = inner.item
        assert inner is not None
        for part in [*_CONTENTS.values()] if inner.kind == "content" else [inner.model]:
            found.update(python_names(part) if part is not None else ())
    return frozenset(found)
