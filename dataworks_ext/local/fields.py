"""Fields of a JSON object that a client sent, each with the type it must have."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

from .errors import invalid

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_HANDLER: Final = re.compile(r"[^\s./\\]+(\.[^\s./\\]+)+")


class Fields:
    """The fields of one object. What is missing or null is its default; everything else must have its type.

    Every method raises `ApiError` (400 InvalidArgument) that names the field and what was expected.
    """

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def has(self, field: str) -> bool:
        """Whether it was sent, and is not null."""
        return self._values.get(field) is not None

    def text(self, field: str, default: str = "") -> str:
        """A string."""
        value = self._values.get(field)
        if value is None:
            return default
        if not isinstance(value, str):
            raise invalid(f"{field} is {value!r}; expected a string")
        return value

    def name(self, field: str) -> str:
        """The name of a thing: a letter or _, then letters, digits, _ and -, 128 characters at most."""
        value = self.text(field)
        if not _NAME.fullmatch(value):
            raise invalid(f"{field} is {value!r}; expected a letter or _, then letters, digits, _ or -, at most 128")
        return value

    def handler(self, field: str, default: str) -> str:
        """`module.attribute`."""
        value = self.text(field, default)
        if value and not _HANDLER.fullmatch(value):
            raise invalid(f"{field} is {value!r}; expected module.attribute, such as index.handler")
        return value

    def number(self, field: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds, both included."""
        value = self._values.get(field)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise invalid(f"{field} is {value!r}; expected a whole number from {least} to {most}")
        return value

    def texts(self, field: str, default: Mapping[str, str]) -> dict[str, str]:
        """An object of strings."""
        value = self._values.get(field)
        if value is None:
            return dict(default)
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise invalid(f"{field} is no object whose values are strings")
        return dict(value)

    def mapping(self, field: str) -> Mapping[str, object]:
        """An object; empty by default."""
        value = self._values.get(field)
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise invalid(f"{field} is {value!r}; expected an object")
        return value

    def chosen(self, names: tuple[str, ...]) -> dict[str, object]:
        """Those of the named fields that were sent, as they are."""
        return {name: self._values[name] for name in names if self.has(name)}


def read_fields(body: bytes) -> Fields:
    """The fields of a request's body. Raises `ApiError` (400 InvalidArgument) if it is no JSON object."""
    try:
        values = json.loads(body or b"{}")
    except ValueError as error:
        raise invalid(f"the body is no JSON: {error}") from None
    if not isinstance(values, dict):
        raise invalid("the body is no JSON object")
    return Fields(values)
