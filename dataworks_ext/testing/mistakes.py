"""What the mistake is when the kit raises, and whose."""

from __future__ import annotations

from typing import Protocol

from pydantic import ValidationError

from ..errors import ExtensionError


class _Raised(Protocol):
    """The part of pytest's `ExceptionInfo` that counts here."""

    @property
    def type(self) -> type[BaseException]: ...


def is_of_the_test(raised: _Raised) -> bool:
    """Whether the test asked for what cannot be: then its own line says enough.

    A module of the kit has this as `__tracebackhide__`, and pytest leaves the module's lines out of such a traceback.
    """
    return issubclass(raised.type, ExtensionError)


def problems_of(error: ValidationError, where: str) -> str:
    """What is wrong with each field of what has this name, in a line."""
    problems = {
        ".".join([where, *map(str, problem["loc"][:1])]): problem["msg"].removeprefix("Value error, ")
        for problem in error.errors(include_url=False, include_input=False)
    }
    return "; ".join(f"{place}: {text}" for place, text in problems.items())
