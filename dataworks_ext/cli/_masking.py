"""Settings as they may be shown: without passwords, tokens and other secrets."""

from __future__ import annotations

import re
from typing import Final

from pydantic_core import to_jsonable_python

MASK: Final = "**********"
"""What pydantic shows of a `SecretStr`."""

_SECRET: Final = re.compile(
    r"passw|passphrase|secret|token|credential|signature|(api|access|private|encryption|signing)_?key|(^|_)(pwd|pin)($|_)",
    re.IGNORECASE,
)
_USER: Final = re.compile(r"(?<=://)[^/?#\s]*(?=@)")
_PARAMETER: Final = re.compile(rf"(?<=[?&;])([^=&;\s]*(?:{_SECRET.pattern})[^=&;\s]*=)[^&;\s]+", re.IGNORECASE)


def masked(name: str, value: object) -> object:
    """The value of a setting or variable as JSON, with `MASK` for what is secret by its type, name or form."""
    return _masked(value if isinstance(value, str) else to_jsonable_python(value, fallback=str), name)


def masked_text(name: str, text: str) -> str:
    """The same for a text."""
    if text and _SECRET.search(name):
        return MASK
    return _PARAMETER.sub(rf"\1{MASK}", _USER.sub(MASK, text))


def _masked(value: object, name: str) -> object:
    match value:
        case str():
            return masked_text(name, value)
        case list():
            return [_masked(item, name) for item in value]
        case dict():
            return {key: _masked(item, f"{name}_{key}") for key, item in value.items()}
    return value
