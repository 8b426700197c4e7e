"""What the classes of events say of themselves: fields, parts and enumerations, with the meanings in their source."""

from __future__ import annotations

import ast
import inspect
import sys
import types
import typing
from collections.abc import Iterable, Iterator
from enum import Enum
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ..events import Event, Part
from ..events.base import to_wire
from ..events.enumerations.base import Code


class Field(NamedTuple):
    """A field of an event or of a part, as people look it up."""

    wire: str
    """Empty for what is derived from other fields."""
    python: str
    type: str
    required: bool
    meaning: str


class Value(NamedTuple):
    """A member of an enumeration."""

    wire: str
    python: str
    meaning: str


def fields_of(cls: type[BaseModel]) -> list[Field]:
    """The fields of a class: its own first, then those that every event has."""
    meanings = _meanings(cls)
    names = sorted(cls.model_fields, key=lambda name: (_is_shared(name, cls), name in Event.model_fields))
    return [
        Field(wire_name(name, info), name, type_name(info.annotation), info.is_required(), meanings.get(name, ""))
        for name in names
        for info in (cls.model_fields[name],)
    ]


def _is_shared(name: str, cls: type[BaseModel]) -> bool:
    """Whether the field means the same in every event."""
    if not issubclass(cls, Event) or name not in Event.model_fields:
        return False
    return name == "event_code" or cls.model_fields[name].exclude is Event.model_fields[name].exclude


def wire_name(name: str, info: FieldInfo) -> str:
    """What DataWorks calls the field; empty for what is derived from other fields."""
    return "" if info.exclude else info.serialization_alias or to_wire(name)


def classes_within(cls: type[BaseModel]) -> list[type[BaseModel]]:
    """The forms of an event, then the parts inside it and them, each once, outer ones first."""
    forms = cls.forms if issubclass(cls, Event) else ()
    found: dict[type[BaseModel], None] = dict.fromkeys(forms)
    for owner in (cls, *forms):
        for info in owner.model_fields.values():
            for part in _classes_in(info.annotation):
                if issubclass(part, Part):
                    found.update(dict.fromkeys([part, *classes_within(part)]))
    return list(found)


def enumerations_within(classes: Iterable[type[BaseModel]]) -> list[type[Enum]]:
    """The enumerations that the fields of the classes take, each once."""
    found = (
        enumeration
        for cls in classes
        for info in cls.model_fields.values()
        for enumeration in _classes_in(info.annotation)
        if issubclass(enumeration, Enum)
    )
    return list(dict.fromkeys(found))


def values_of(enumeration: type[Enum]) -> list[Value]:
    """The members of an enumeration. Of a number that is also written as a name, the wire's form is the number."""
    meanings = docstrings_of(enumeration)
    return [Value(str(member.value), member.name, meanings.get(member.name, "")) for member in enumeration]


def is_code(enumeration: type[Enum]) -> bool:
    """Whether its members are numbers with names."""
    return issubclass(enumeration, Code)


def _classes_in(annotation: object) -> Iterator[type]:
    if isinstance(annotation, type) and typing.get_origin(annotation) is None:
        yield annotation
    for member in typing.get_args(annotation):
        yield from _classes_in(member)


def type_name(annotation: object) -> str:
    """A type as it is written in Python."""
    origin = typing.get_origin(annotation)
    members = typing.get_args(annotation)
    if origin is typing.Annotated:
        return type_name(members[0])
    if origin in (typing.Union, types.UnionType):
        return " | ".join(dict.fromkeys(type_name(member) for member in members))
    if origin is tuple:
        return f"tuple[{', '.join('...' if member is ... else type_name(member) for member in members)}]"
    if annotation is type(None):
        return "None"
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)


def _meanings(cls: type) -> dict[str, str]:
    found: dict[str, str] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            found.update(docstrings_of(base))
    return found


def docstrings_of(cls: type) -> dict[str, str]:
    """The first line of the docstring under each field or member of a class, from its source."""
    found: dict[str, str] = {}
    for body in _bodies(cls.__module__).get(cls.__name__, ()):
        for statement, following in pairwise(body):
            name = _assigned(statement)
            if name and isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                found[name] = inspect.cleandoc(str(following.value.value)).split("\n")[0]
    return found


def _assigned(statement: ast.stmt) -> str | None:
    if isinstance(statement, ast.AnnAssign):
        target: ast.expr = statement.target
    elif isinstance(statement, ast.Assign):
        target = statement.targets[0]
    else:
        return None
    return target.id if isinstance(target, ast.Name) else None


@lru_cache
def _bodies(module: str) -> dict[str, list[list[ast.stmt]]]:
    """The bodies of the classes of each name in a module."""
    try:
        tree = ast.parse(inspect.getsource(sys.modules[module]))
    except (OSError, SyntaxError, KeyError, TypeError):
        return {}
    found: dict[str, list[list[ast.stmt]]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            found.setdefault(node.name, []).append(node.body)
    return found
