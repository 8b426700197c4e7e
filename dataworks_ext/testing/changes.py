"""Changes of a sample, by the names of its class's fields."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import get_args

from pydantic import AliasChoices, AliasPath, BaseModel, ValidationError

from ..errors import ExtensionError
from ..events import Event
from ..spelling import nearest
from .mistakes import is_of_the_test, problems_of

__tracebackhide__ = is_of_the_test


class ChangeError(ExtensionError):
    """An invalid change of a sample. The text names the field, and what was expected."""


def changed_payload(payload: Mapping[str, object], event: Event, changes: Mapping[str, object]) -> dict[str, object]:
    """A payload with changes.

    Args:
        payload: By wire names.
        event: What it reads into.
        changes: By the names of the event's fields. None removes a field. A mapping changes an object field by
            field; in a list, each mapping changes the first object of the sample's list.

    Raises:
        ChangeError: An unknown field, or an invalid value.
    """
    event_class = type(event)
    _require_fields(event_class, changes, event.event_code)
    if "event_code" in changes:
        raise ChangeError(f"{event.event_code}: the code says which event it is; ask for a sample of the other code")
    derived = {name: value for name, value in changes.items() if event_class.model_fields[name].exclude}
    own = {name: value for name, value in changes.items() if name not in derived}
    changed = dict(payload)
    written = _changed(event, own, event.event_code).model_dump(by_alias=True, mode="json", exclude_none=True)
    for name in own:
        wire = event_class.model_fields[name].alias or name
        if wire in written:
            changed[wire] = _as_before(payload.get(wire), written[wire])
        else:
            changed.pop(wire, None)
    for name, value in derived.items():
        _put(changed, event_class, name, value)
    return changed


def changed_object(part: BaseModel, changes: Mapping[str, object], where: str) -> BaseModel:
    """An object with changes, as above. Raises `ChangeError`."""
    _require_fields(type(part), changes, where)
    return _changed(part, changes, where)


def _changed(part: BaseModel, changes: Mapping[str, object], where: str) -> BaseModel:
    values = {name: value for name in type(part).model_fields if (value := getattr(part, name)) is not None}
    for name, value in changes.items():
        if value is None:
            values.pop(name, None)
        else:
            annotation = type(part).model_fields[name].annotation
            values[name] = _value(getattr(part, name), value, annotation, f"{where}.{name}")
    return _validated(type(part), values, where)


def _validated(model: type[BaseModel], values: Mapping[str, object], where: str) -> BaseModel:
    try:
        return model.model_validate(values, by_name=True)
    except ValidationError as error:
        raise ChangeError(problems_of(error, where)) from None


def _value(current: object, value: object, annotation: object, where: str) -> object:
    """The value for a field, with objects in the place of mappings."""
    if isinstance(value, Mapping):
        if isinstance(current, BaseModel):
            return changed_object(current, value, where)
        model = next(_models(annotation), None)
        if model is None:
            return value
        _require_fields(model, value, where)
        return _validated(model, value, where)
    if isinstance(value, Sequence) and not isinstance(value, str):
        template = current[0] if isinstance(current, Sequence) and current else None
        return [_value(template, item, annotation, where) for item in value]
    return value


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    """The classes of objects that an annotation names."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _require_fields(model: type[BaseModel], names: Mapping[str, object], where: str) -> None:
    for name in names:
        if name not in model.model_fields:
            raise ChangeError(f"{where} has no field {name}{nearest(name, model.model_fields)}")


def _as_before(before: object, value: object) -> object:
    """A number as text, where the wire has a text."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return str(value) if is_number and isinstance(before, str) else value


def _put(payload: dict[str, object], event_class: type[Event], name: str, value: object) -> None:
    """Put a value where the field is read from: the first of several names that is there, else the first of all."""
    aliases = event_class.model_fields[name].validation_alias
    choices = aliases.choices if isinstance(aliases, AliasChoices) else [name]
    for choice in choices:
        if isinstance(choice, AliasPath):
            outer, inner = map(str, choice.path)
            part = payload.get(outer)
            if isinstance(part, Mapping) and inner in part:
                payload[outer] = {**part, inner: value}
                return
        elif choice in payload:
            payload[choice] = value
            return
    payload[str(choices[0])] = value
