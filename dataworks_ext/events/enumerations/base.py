"""What enumerations share: how a word or a number of the wire becomes a member, or stays what it is."""

from __future__ import annotations

from enum import Enum
from typing import Annotated, Final, TypeVar

from pydantic import Field, PlainSerializer


class Word(str, Enum):
    """An enumeration that reads the wire's word however it is written: `MAXCOMPUTE`, `MaxCompute`."""

    @classmethod
    def _missing_(cls, value: object) -> Word | None:
        if not isinstance(value, str):
            return None
        wanted = _fold(value)
        return next((member for member in cls if _fold(member.value) == wanted), None)

    def __str__(self) -> str:
        return str(self.value)

    def __format__(self, specification: str) -> str:
        return format(self.value, specification)


class Code(int, Enum):
    """An enumeration of numbers that reads the number, also in a string, and the name: `10`, `"10"`, `ODPS_SQL`."""

    @classmethod
    def _missing_(cls, value: object) -> Code | None:
        if not isinstance(value, str):
            return None
        text = value.strip()
        if text.lstrip("-").isdecimal():
            return next((member for member in cls if str(member.value) == text), None)
        wanted = _fold(text)
        return next((member for name, member in cls.__members__.items() if _fold(name) == wanted), None)

    def __str__(self) -> str:
        return self.name

    def __format__(self, specification: str) -> str:
        return format(self.name, specification)


def _fold(word: str) -> str:
    return word.replace("_", "").replace(" ", "").casefold()


C = TypeVar("C", bound=Code)
W = TypeVar("W", bound=Word)
_known_first: Final = Field(union_mode="left_to_right")


def _to_name(code: object) -> object:
    return code.name if isinstance(code, Enum) else code


def to_lower_name(code: object) -> object:
    """The name of a code in lower case; what is none as it is."""
    return code.name.lower() if isinstance(code, Enum) else code


KnownWord = Annotated[W | str, _known_first]
"""A word of the enumeration; one that nobody knew yet stays a `str`."""
KnownNumber = Annotated[C | int | str, _known_first]
"""A code of the enumeration, by number on the wire; one that nobody knew yet stays an `int`, or a `str`."""
KnownName = Annotated[C | int | str, _known_first, PlainSerializer(_to_name, when_used="json")]
"""A code of the enumeration, by name on the wire; one that nobody knew yet stays an `int`, or a `str`."""
