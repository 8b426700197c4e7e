"""What events and the objects inside them are made of: fields that are collected late, and looked at one by one.

A class of pydantic collects its fields when it is made, which is most of what it costs; the packs of one function
import some eighty classes, and a message needs a handful. Here a class only keeps what its source declares, and
`collect` makes fields of it when somebody needs them: to read, to build by hand, to describe. It goes by pydantic's
public ways (`create_model`, `__get_pydantic_core_schema__`) beside the metaclass itself.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Mapping
from copy import copy
from enum import Enum
from inspect import get_annotations
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, create_model
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

from ..errors import FieldError

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass
    from typing_extensions import Self
else:
    ModelMetaclass = type(BaseModel)


def to_wire(name: str) -> str:
    """The wire name of a field: `data_row_size` is `dataRowSize`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


class _Fields(BaseModel):
    """What fields are collected by: every option that says how a field is read and written."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_wire,
        validate_by_alias=True,
        validate_by_name=True,
        coerce_numbers_to_str=True,
        allow_inf_nan=False,
        defer_build=True,
    )


class _Declared(NamedTuple):
    annotations: dict[str, object]
    defaults: dict[str, object]


_declared: Final[dict[type, _Declared]] = {}
"""The classes whose fields nobody has needed yet."""
_collecting: Final = threading.RLock()


class _LateFields(ModelMetaclass):
    """Makes the classes of this package without their fields; those that are made elsewhere are pydantic's as ever."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any) -> type:
        if not namespace["__module__"].startswith(f"{__package__}."):
            for base in bases:
                collect(base)
            return super().__new__(mcs, name, bases, namespace, **options)
        annotations = {
            field: annotation
            for field, annotation in namespace.get("__annotations__", {}).items()
            if not str(annotation).startswith("ClassVar")
        }
        defaults = {field: namespace.pop(field) for field in annotations if field in namespace}
        for field in annotations:
            del namespace["__annotations__"][field]
        made = super().__new__(mcs, name, bases, namespace, **options)
        made.__annotations__ = {}  # pydantic knows the class variables now, and would evaluate them for every subclass
        _declared[made] = _Declared(annotations, defaults)
        return made

    if not TYPE_CHECKING:  # type checkers know the attribute of `BaseModel`

        @property
        def model_fields(cls) -> Mapping[str, FieldInfo]:
            collect(cls)
            return cls.__pydantic_fields__


def collect(cls: type) -> None:
    """Give a class its fields, if it has none yet. Safe across threads."""
    if cls not in _declared:
        return
    with _collecting:
        if cls not in _declared:
            return
        fields: dict[str, FieldInfo] = {}
        for base in reversed(cls.__mro__[1:]):
            if issubclass(base, BaseModel) and base is not BaseModel:
                collect(base)
                fields.update({name: copy(field) for name, field in base.__pydantic_fields__.items()})
        annotations, defaults = _declared[cls]
        declaring = type(cls.__name__, (), {"__annotations__": annotations, "__module__": cls.__module__})
        hints = get_type_hints(declaring, vars(sys.modules[cls.__module__]), include_extras=True)
        own: dict[str, Any] = {name: (hint, defaults.get(name, ...)) for name, hint in hints.items()}
        fields.update(create_model(cls.__name__, __base__=_Fields, **own).__pydantic_fields__)
        assert issubclass(cls, BaseModel)
        cls.__pydantic_fields__ = fields
        cls.__annotations__ = {**get_annotations(cls), **annotations}
        del _declared[cls]


class UnreadField(NamedTuple):
    """Why a field cannot be looked at."""

    wire: str
    """Where it is: its wire name, and the place inside it if that is known: `nodeIds.3`."""
    problem: str
    """What was expected there; no value."""


class Model(BaseModel, metaclass=_LateFields):
    """An object with fields. Immutable. A look at a field that could not be read raises `FieldError`."""

    __slots__ = ("_place", "_unread")  # unset where every field was read

    model_config = _Fields.model_config

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        collect(cls)
        schema = handler(source)
        _read_as_the_wire_writes(schema)
        return schema

    if not TYPE_CHECKING:  # type checkers would allow any name

        def __getattr__(self, name: str) -> object:
            """What is asked where there is no such attribute."""
            unread = slot(self, "_unread")
            if unread and name in unread:
                wire, problem = unread[name]
                raise FieldError(f"the field {slot(self, '_place') or ''}{wire} cannot be read: {problem}")
            return super().__getattr__(name)

    def __hash__(self) -> int:
        return hash(frozenset(self.__dict__.items()))

    def __copy__(self) -> Self:
        return self._with_slots(super().__copy__())

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        return self._with_slots(super().__deepcopy__(memo))

    def __getstate__(self) -> dict[Any, Any]:
        return {**super().__getstate__(), "slots": {name: slot(self, name) for name in _slots(type(self))}}

    def __setstate__(self, state: dict[Any, Any]) -> None:
        super().__setstate__(state)
        for name, value in state["slots"].items():
            _set(self, name, value)

    def _with_slots(self, made: Self) -> Self:
        for name in _slots(type(self)):
            _set(made, name, slot(self, name))
        return made


def slot(model: BaseModel, name: str) -> Any:
    """What an object has beside its fields; None if it has none."""
    try:
        return object.__getattribute__(model, name)
    except AttributeError:
        return None


def unread_within(model: Model) -> Iterator[tuple[str, str]]:
    """The fields that cannot be looked at in the object and in those inside it: their places, and why."""
    place, unread = slot(model, "_place") or "", slot(model, "_unread")
    for name in type(model).model_fields if unread is not None else ():
        if name in model.__dict__:
            for inner in models_in(model.__dict__[name]):
                yield from unread_within(inner)
        elif name in unread:
            wire, problem = unread[name]
            yield f"{place}{wire}", problem


def models_in(value: object) -> Iterator[Model]:
    """The object that the value is, or the objects that an array has."""
    if isinstance(value, Model):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from models_in(item)


def _set(model: Model, name: str, value: object) -> None:
    if value is not None:
        object.__setattr__(model, name, value)


def _slots(cls: type) -> tuple[str, ...]:
    return tuple(name for base in cls.__mro__ if issubclass(base, Model) for name in base.__dict__.get("__slots__", ()))


def _read_as_the_wire_writes(schema: Any) -> None:
    """Change pydantic's schema of a class: what is a value on the wire, and when to stop.

    An array ends at its first item that does not fit, since nobody reads of the others. A boolean is no number, though
    pydantic takes true for 1.
    """
    while schema["type"] != "model-fields":
        schema = schema["schema"]
    for field in schema["fields"].values():
        _change(field)


def _change(schema: dict[str, Any]) -> None:
    for key in ("schema", "items_schema", "choices"):
        inner = schema.get(key)
        if isinstance(inner, list):
            schema[key] = [_changed(item) if isinstance(item, dict) else item for item in inner]
        elif isinstance(inner, dict) and "type" in inner:
            schema[key] = _changed(inner)


def _changed(schema: dict[str, Any]) -> dict[str, Any]:
    if schema["type"] in ("model", "json-or-python"):  # an object inside has changed its own
        return schema
    if schema["type"] == "int" or (schema["type"] == "enum" and issubclass(schema["cls"], int)):
        return _without_booleans(schema)
    if schema["type"] == "tuple":
        schema["fail_fast"] = True
    _change(schema)
    return schema


def _without_booleans(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of a number behind one that refuses booleans. JSON Schema describes the number alone."""
    number_or_text = core_schema.union_schema(
        [
            core_schema.int_schema(strict=True),
            core_schema.str_schema(strict=True),
            core_schema.float_schema(strict=True),
            core_schema.is_instance_schema(Enum),
        ],
        mode="left_to_right",
        custom_error_type="no_number",
        custom_error_message="Input should be a valid integer",
    )
    number = cast("CoreSchema", schema)
    changed = core_schema.json_or_python_schema(number, core_schema.chain_schema([number_or_text, number]))
    return cast("dict[str, Any]", changed)
