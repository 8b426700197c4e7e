"""Whose mistake it is when the kit raises."""

from __future__ import annotations

from typing import Protocol

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
