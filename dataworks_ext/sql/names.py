"""Names and places of one statement, as its text has them."""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from .script import Dialect, Table, Unread
from .variables import holds_variable


class Names:
    """Names as the script writes them, by their places in it.

    Args:
        text: The script, as people wrote it.
        dialect: Of the script.
        line_of: The line of a place.
        line: Of the statement, for what has no place of its own.
    """

    def __init__(self, text: str, dialect: Dialect, line_of: Callable[[int], int], line: int) -> None:
        self._text = text
        self._line_of = line_of
        self._line = line
        self.dialect = dialect
        self.default: tuple[str | None, str | None] = (None, None)
        """The project and schema of a name without any, by USE."""
        self.has_schemas = False
        """Whether `a.b` is a table of a schema of MaxCompute, and not of a project."""
        self._problems: dict[Unread, None] = {}

    def line(self, part: exp.Expr) -> int:
        """The line of the first name inside, else of the statement."""
        starts: list[int] = [inner._meta["start"] for inner in part.walk() if inner._meta and "start" in inner._meta]
        return self._line_of(min(starts)) if starts else self._line

    def written(self, part: exp.Expr) -> str:
        """The name as it is written, without quotes."""
        if isinstance(part, exp.Column):
            return ".".join(map(self.written, part.parts))
        place = part._meta or {}
        name = part.name
        if holds_variable(name) and "start" in place:
            return self._text[place["start"] : place["end"] + 1].strip("`\"'")
        return name

    def variable(self, parameter: exp.Parameter) -> str:
        """The name of a variable of the script, in lower case: `@a`."""
        return f"@{parameter.name.casefold()}"

    def table(self, table: exp.Table) -> Table:
        """The table that is named. What holds a variable is a problem, too."""
        parts = [part for part in table.parts if isinstance(part, exp.Expr)]
        names = [self.written(part) for part in parts]
        if any(holds_variable(part.name) for part in parts):
            self.unread(table, f"a table's name holds a variable: {'.'.join(names)}")
        return self._named(names, self.line(parts[0]) if parts else self._line)

    def named(self, names: list[str], place: int) -> Table:
        """A table by the parts of its name, of which the first is at a place."""
        if any(map(holds_variable, names)):
            self.unread(None, "a table's name holds a variable")
        return self._named(names, self._line_of(place))

    def _named(self, names: list[str], line: int) -> Table:
        if len(names) == 1:
            return Table(*self.default, names[0], line)
        if len(names) == 2:
            if self.dialect == "maxcompute" and not self.has_schemas:
                return Table(names[0], None, names[1], line)
            return Table(None, names[0], names[1], line)
        return Table(".".join(names[:-2]), names[-2], names[-1], line)

    def unread(self, part: exp.Expr | None, reason: str) -> None:
        """Note what is not understood."""
        self._problems[Unread(self._line if part is None else self.line(part), reason)] = None

    @property
    def problems(self) -> tuple[Unread, ...]:
        """What is not understood, each once."""
        return tuple(self._problems)
