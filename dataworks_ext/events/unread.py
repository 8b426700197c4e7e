"""Reading a payload that does not fit as a whole: field by field, and what cannot be read is left out, with its reason.

The schemas are pydantic's own, with two changes. A field that does not fit, or is missing, becomes the reason for
that instead of an error of the whole; and an object inside is read likewise, so that its good fields stay.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from pydantic import AliasChoices, AliasPath, ValidationError, ValidationInfo, ValidatorFunctionWrapHandler
from pydantic.fields import FieldInfo
from pydantic_core import (
    PydanticCustomError,
    PydanticKnownError,
    SchemaValidator,
    core_schema,
)

from .base import Event, build
from .model import Model, UnreadField, models_in, slot, to_wire

E = TypeVar("E", bound=Event)

OBJECTS_LIMIT: Final = 1_000
"""Objects with fields that cannot be read, in one event. The array that has one more is not read at all."""


class _Problem:
    """What stands in the place of a value that cannot be read."""

    def __init__(self, text: str, place: tuple[int, ...] = ()) -> None:
        self.text = text
        self.place = place
        """The indices of arrays inside the value, down to what does not fit."""


_MISSING: Final = _Problem("Field required")


class _Tally:
    """How many objects of an event have fields that cannot be read."""

    objects = 0

    def count(self, found: Model) -> None:
        """Count an object, if it is such a one. Raises pydantic's error if it is one too many."""
        if slot(found, "_unread"):
            self.objects += 1
            if self.objects > OBJECTS_LIMIT:
                text = f"more than {OBJECTS_LIMIT:,} objects have fields that cannot be read"
                raise PydanticCustomError("too_many_unread", text)


def read_what_fits(event_class: type[E], payload: Mapping[str, object]) -> E:
    """An event of the class, or of its form, without the fields that the payload lacks or garbles."""
    form = event_class.form_of(payload) if "forms" in event_class.__dict__ else event_class
    event = _reader_of(form).read(payload, _Tally())
    assert isinstance(event, event_class)
    return event


class _Reader:
    """Reads objects of one class.

    Args:
        cls: The class.
        schema: Pydantic's schema of it.
        definitions: What the schema refers to, by reference.
    """

    def __init__(self, cls: type[Model], schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> None:
        self._class = cls
        self._definitions = definitions
        model_fields = _within(schema["schema"], "model-fields")
        fields = {name: self._patient(field) for name, field in model_fields["fields"].items()}
        self._validator = SchemaValidator({**model_fields, "fields": fields}, schema.get("config"))

    def read(self, value: object, tally: _Tally) -> Model:
        """An object of the class. Raises pydantic's errors if the value is no object."""
        if isinstance(value, self._class):
            return value
        if not isinstance(value, Mapping):
            raise PydanticKnownError("model_type", {"class_name": self._class.__name__})
        fields, extra, given = self._validator.validate_python(value, context=tally)
        unread = {}
        for name, found in tuple(fields.items()):
            if not isinstance(found, (_Problem, Model, tuple)):
                continue
            wire = _wire_name(name, self._class.model_fields[name], value)
            if not isinstance(found, _Problem):
                _inside(found, f"{wire}.")
            else:
                del fields[name]
                given.discard(name)
                unread[name] = UnreadField(".".join([wire, *map(str, found.place)]), found.text)
        made = self._class.__new__(self._class)
        made.__setstate__(
            {
                "__dict__": fields,
                "__pydantic_extra__": extra,
                "__pydantic_fields_set__": given,
                "__pydantic_private__": None,
                "slots": {"_unread": unread},
            }
        )
        return made

    def _patient(self, field: Mapping[str, Any]) -> dict[str, Any]:
        """The schema of a field that has a value in any case: what it reads, its default, or a problem."""
        schema, default = field["schema"], _MISSING
        if schema["type"] == "default":
            schema, default = schema["schema"], schema["default"]
        kept = core_schema.no_info_wrap_validator_function(_value_or_problem, self._in_objects(schema))
        return {**field, "schema": core_schema.with_default_schema(kept, default=default)}

    def _in_objects(self, schema: Any) -> Any:
        """The schema with a reader in the place of each class of an object."""
        if isinstance(schema, list):
            return [self._in_objects(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        if schema.get("type") == "definition-ref":
            return self._in_objects(self._definitions[schema["schema_ref"]])
        if schema.get("type") == "model":
            reader = _Reader(schema["cls"], schema, self._definitions)

            def read(value: object, info: ValidationInfo) -> Model:
                assert isinstance(info.context, _Tally)
                found = reader.read(value, info.context)
                info.context.count(found)
                return found

            return core_schema.with_info_plain_validator_function(read)
        if "function" in schema:
            return {**schema, "schema": self._in_objects(schema["schema"])}
        kept = ("type", "cls", "members", "ref", "metadata", "serialization", "discriminator", "default")
        return {key: value if key in kept else self._in_objects(value) for key, value in schema.items()}


def _value_or_problem(value: object, read: ValidatorFunctionWrapHandler) -> object:
    """The value, or its first problem. Of the members of a union, the last is the plainest: a text, not 95 numbers."""
    try:
        return read(value)
    except RecursionError:  # an enumeration writes what it does not know into its error, however deep that is
        return _Problem("Input is nested too deeply")
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        places = [tuple(step for step in problem["loc"] if isinstance(step, int)) for problem in problems]
        text = next(
            problem["msg"] for problem, place in zip(problems[::-1], places[::-1], strict=True) if place == places[0]
        )
        return _Problem(text.removeprefix("Value error, "), places[0])


def _wire_name(name: str, field: FieldInfo, payload: Mapping[str, object]) -> str:
    """What the payload calls the field."""
    alias = field.validation_alias
    if not isinstance(alias, AliasChoices):
        return str(alias or to_wire(name))
    for choice in alias.choices:
        steps = choice.path if isinstance(choice, AliasPath) else [choice]
        found: object = payload
        for step in steps:
            found = found.get(step) if isinstance(found, Mapping) else None
        if found is not None:
            return ".".join(map(str, steps))
    return str(field.serialization_alias or to_wire(name))


def _inside(value: object, place: str) -> None:
    """Let the objects in the value of a field know that they are inside it, for the errors that name their fields."""
    for number, item in enumerate(value) if isinstance(value, tuple) else ():
        if isinstance(item, Model):
            _move(item, f"{place}{number}.")
    if isinstance(value, Model):
        _move(value, place)


def _move(model: Model, place: str) -> None:
    """Put a place before the object's own, and before that of all objects in it."""
    object.__setattr__(model, "_place", place + (slot(model, "_place") or ""))
    for value in model.__dict__.values():
        for inner in models_in(value):
            _move(inner, place)


def _within(schema: Mapping[str, Any], kind: str) -> Mapping[str, Any]:
    while schema["type"] != kind:
        schema = schema["schema"]
    return schema


def _reader_of(event_class: type[Event]) -> _Reader:
    reader = _readers.get(event_class)
    if reader is None:
        if not event_class.__pydantic_complete__:
            build(event_class)
        schema: Mapping[str, Any] = event_class.__pydantic_core_schema__
        definitions = {}
        if schema["type"] == "definitions":
            definitions = {definition["ref"]: definition for definition in schema["definitions"]}
            schema = schema["schema"]
            if schema["type"] == "definition-ref":
                schema = definitions[schema["schema_ref"]]
        with _making:
            reader = _readers.setdefault(event_class, _Reader(event_class, _within(schema, "model"), definitions))
    return reader


_readers: Final[dict[type[Event], _Reader]] = {}
_making: Final = threading.Lock()
