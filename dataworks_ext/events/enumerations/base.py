"""What enumerations share: how a word or a number of the wire becomes a member."""

from __future__ import annotations

from enum import Enum


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
