"""A script that is read when somebody asks: first its calls, then the rest, which takes several times as long."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from ..errors import PolicyError
from .mentions import may_call
from .script import MOST_STATEMENTS, Call, Dialect, Script, Statement, Unread, require_length

if TYPE_CHECKING:
    from .script_reader import ReadCalls


class LazyScript(Script):
    """A script of which nothing is read yet, not even the parser loaded.

    Args:
        text: What a policy is to know about. What the dialect cannot read at all is in `unread`.
        dialect: What the engine speaks.
        reason: Why only the calls are read; empty where everything is.

    Raises:
        SqlTooLongError: It is beyond the bounds.
    """

    __slots__ = ("_found", "_reason", "_text", "_whole")

    def __init__(self, text: str, dialect: Dialect, reason: str = "") -> None:
        super().__init__(dialect, (), (), ())
        require_length(text)
        self._text = text
        self._reason = reason
        self._found: ReadCalls | None = None
        self._whole: Script | None = None
        if text.count(";") >= MOST_STATEMENTS:
            self._read_calls()

    def may_call(self, functions: Collection[str]) -> bool:
        """See `Script.may_call`. Most texts need not be read for it."""
        return (self._found is not None or may_call(self._text, functions)) and super().may_call(functions)

    @property
    def calls(self) -> tuple[Call, ...]:
        """See `Script.calls`."""
        return self._read_calls().calls

    @property
    def calls_are_known(self) -> bool:
        """See `Script.calls_are_known`."""
        return self._read_calls().are_known

    @property
    def statements(self) -> tuple[Statement, ...]:
        """See `Script.statements`."""
        return self._read().statements

    @property
    def unread(self) -> tuple[Unread, ...]:
        """See `Script.unread`."""
        return self._read().unread

    def _read_calls(self) -> ReadCalls:
        """What is interrupted here is read again; so it is below.

        Raises:
            PolicyError: The extra is not installed.
        """
        if self._found is None:
            try:
                from .script_reader import read_calls  # it loads the parser

                self._found = read_calls(self._text, self.dialect, self._reason)
            except ModuleNotFoundError as error:
                raise PolicyError(f"reading SQL needs the extra sql, and its {error.name} is not installed") from None
        return self._found

    def _read(self) -> Script:
        if self._whole is None:
            self._whole = self._read_calls().rest()
        return self._whole
