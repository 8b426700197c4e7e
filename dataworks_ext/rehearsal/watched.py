"""Events and snapshots of which something was left out: whoever looks at that is noted, whatever they do then."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import lru_cache
from inspect import getattr_static
from types import FunctionType
from typing import Any, Final, NoReturn

from pydantic import AliasChoices, AliasPath, BaseModel

from ..archive.line import EVERYTHING
from ..archive.options import NEEDED, fold
from ..errors import FieldError
from ..events import Event
from ..events.base import to_wire

Note = Callable[[str], None]
"""Takes the name of what was looked at."""
_KEPT: Final = frozenset({"event_code", "block_business", "extension_biz_id"})


class Watched:
    """Stands in for a model, and is an instance of its class to `isinstance`.

    Args:
        target: The model, without what is missing.
        missing: The fields that are missing: their names in Python, and what a note calls them.
        note: Called at each look at a missing field, and at everything at once.
    """

    __slots__ = ("_missing", "_note", "_target")

    def __init__(self, target: BaseModel, missing: Mapping[str, str], note: Note) -> None:
        object.__setattr__(self, "_target", target)
        object.__setattr__(self, "_missing", missing)
        object.__setattr__(self, "_note", note)

    @property  # type: ignore[misc]  # read-only here: nobody changes what an event is
    def __class__(self) -> Any:
        return type(self._target)

    def __getattr__(self, name: str) -> Any:
        """What the model has under the name."""
        target, missing = self._target, self._missing
        if name in missing:
            self._note(missing[name])
            raise FieldError(f"{missing[name]} is not in the archive")
        if name in type(target).model_fields:
            return getattr(target, name)
        found = getattr_static(type(target), name, None)
        if isinstance(found, property) and found.fget is not None and name not in ("raw", "unread_fields"):
            return found.fget(self)  # it may look at any field
        if isinstance(found, FunctionType) and not found.__module__.startswith("pydantic"):
            return found.__get__(self)
        if found is not None:
            self._note_everything()
        return getattr(target, name)

    def _note_everything(self) -> None:
        for name in dict.fromkeys(self._missing.values()):
            self._note(name)

    def _whole(self) -> BaseModel:
        self._note_everything()
        target: BaseModel = self._target
        return target

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise TypeError("an event is immutable")

    def __eq__(self, other: object) -> bool:
        return self._whole() == other

    def __hash__(self) -> int:
        return hash(self._whole())

    def __iter__(self) -> Any:
        return iter(self._whole())

    def __repr__(self) -> str:
        return repr(self._whole())

    def __copy__(self) -> BaseModel:
        return self._whole()

    def __deepcopy__(self, memo: object) -> BaseModel:
        return self._whole()


class WatchedPayload(dict[str, object]):
    """A payload that notes whether anybody asked it for what is left out of it."""

    def __init__(self, payload: Mapping[str, object], left_out: Collection[str]) -> None:
        super().__init__(payload)
        self._left_out = left_out
        self.was_asked = False

    def __contains__(self, key: object) -> bool:
        self._attend(key)
        return super().__contains__(key)

    def __getitem__(self, key: str) -> object:
        self._attend(key)
        return super().__getitem__(key)

    def get(self, key: str, default: object = None) -> object:
        """The value under the key."""
        self._attend(key)
        return super().get(key, default)

    def _attend(self, key: object) -> None:
        if key in self._left_out or EVERYTHING in self._left_out:
            self.was_asked = True


def missing_fields(event_class: type[Event], payload: Mapping[str, object], left_out: frozenset[str]) -> dict[str, str]:
    """The fields of the class whose values were left out, with their wire names."""
    missing = {}
    for name, sources in _sources_of(event_class):
        for head in sources:
            if payload.get(head) is not None:
                break
            if head in left_out or (EVERYTHING in left_out and name not in _KEPT and fold(head) not in NEEDED):
                missing[name] = head
                break
    return missing


@lru_cache(maxsize=256)
def _sources_of(event_class: type[Event]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Each field with the names in the payload that it may come from, the first that is there."""
    return tuple((name, tuple(_heads(name, info.validation_alias))) for name, info in event_class.model_fields.items())


def _heads(name: str, alias: object) -> list[str]:
    choices = alias.choices if isinstance(alias, AliasChoices) else [alias or to_wire(name), name]
    return [str(choice.path[0]) if isinstance(choice, AliasPath) else str(choice) for choice in choices]
