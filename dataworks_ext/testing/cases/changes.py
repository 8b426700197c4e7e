"""Changes that a case makes, each in a line of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from ..changes import ChangeError
from .located import Fields, LineError

T = TypeVar("T")


def at_culprit(changes: Fields, change: Callable[[Mapping[str, object]], T]) -> T:
    """What comes of the changes. An error names the line of the change that cannot be, by itself or with the others."""
    try:
        return change(changes.value)
    except ChangeError as error:
        for name, located in changes.fields.items():
            try:
                change({name: located.value})
            except ChangeError as own:
                raise LineError(changes.lines[name], str(own)) from None
        raise LineError(changes.line, str(error)) from None
