"""What a script does, as facts: each with the line that it is in. Nothing here needs the parser."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final, Literal, NamedTuple, TypeAlias

from ..errors import ExtensionError

Dialect: TypeAlias = Literal[
    "maxcompute",
    "hologres",
    "hive",
    "spark",
    "presto",
    "trino",
    "impala",
    "clickhouse",
    "starrocks",
    "mysql",
    "adb",
]
"""What an engine of DataWorks speaks."""

Kind: TypeAlias = Literal[
    "select", "insert", "create", "drop", "truncate", "alter", "merge", "update", "delete", "set", "other"
]
"""What a statement does."""


class SqlError(ExtensionError, ValueError):
    """SQL that its dialect cannot read at all.

    Attributes:
        line: The line of the problem, from 1.
        column: The place in that line, from 1.
    """

    def __init__(self, sentence: str, line: int, column: int) -> None:
        super().__init__(f"{sentence}, in line {line}, column {column}")
        self.sentence = sentence
        self.line = line
        self.column = column


class SqlTooLongError(SqlError):
    """SQL beyond the bounds, which is not looked at."""


MOST_CHARACTERS: Final = 1 << 20
MOST_STATEMENTS: Final = 10_000


def require_length(text: str) -> None:
    """Raises `SqlTooLongError` for a text of too many characters."""
    if len(text) > MOST_CHARACTERS:
        raise SqlTooLongError(f"it is longer than {MOST_CHARACTERS:,} characters", 1, 1)


class Table(NamedTuple):
    """A table by the name that the script gives it, without quotes; a variable in it stays as it is written."""

    project: str | None
    """The project (MaxCompute), database (Hologres) or catalog (others)."""
    schema: str | None
    """The schema; in Hive and MySQL the database."""
    name: str
    """The name of the table."""
    line: int
    """The line in which it is named first."""

    def __str__(self) -> str:
        return ".".join(part for part in (self.project, self.schema, self.name) if part)

    def is_called(self, name: str) -> bool:
        """Whether this is its name, in any case."""
        return str(self).casefold() == name.casefold()


class Call(NamedTuple):
    """A call of a function."""

    name: str
    """As it is written, without quotes; with its project or schema, if it has one: `udf.mask`."""
    line: int

    @property
    def bare_name(self) -> str:
        """The name without project and schema: `mask`."""
        return re.split(r"[.:]", self.name)[-1]

    @property
    def holds_variable(self) -> bool:
        """Whether a variable is in the name, so that nobody knows what is called."""
        return re.search(r"[${[]", self.name) is not None


class Star(NamedTuple):
    """A `*` instead of columns."""

    line: int
    tables: tuple[Table, ...]
    """The tables whose columns it stands for; none if it stands for the columns of a subquery or CTE."""


class CartesianJoin(NamedTuple):
    """A join without a condition that connects its sides."""

    line: int
    tables: tuple[Table, ...]
    """The tables of the sides that meet, the joined one last."""


class Drop(NamedTuple):
    """Something that is dropped or emptied."""

    line: int
    kind: str
    """`table`, `view`, `schema`, `database`, `function`, …; `partition` and `column` of a table; `truncate`."""
    tables: tuple[Table, ...]
    """The tables concerned; a schema or function is in the place of a table."""


class Insert(NamedTuple):
    """Rows that are written into a table."""

    table: Table
    columns: tuple[str, ...] | None
    """The columns it names; None if it relies on the order of the table's columns."""
    overwrite: bool
    """Whether it replaces what was there."""
    line: int


class DefinedColumn(NamedTuple):
    """A column of a table that is created."""

    name: str
    type: str
    """As it is written, in upper case."""
    comment: str | None
    line: int


class Definition(NamedTuple):
    """A table or view that is created."""

    table: Table
    kind: str
    """`table` or `view`."""
    columns: tuple[DefinedColumn, ...]
    """Its columns without its partition columns; none if they follow from a query."""
    partitions: tuple[DefinedColumn, ...]
    """The columns that it is partitioned by; without a type where they are columns of the table."""
    lifecycle: int | None
    """Days that its data is kept, for MaxCompute."""
    comment: str | None
    line: int


class Unread(NamedTuple):
    """A place that is not understood: what it does is not in the script."""

    line: int
    reason: str


class Use(NamedTuple):
    """One place in which a table is read."""

    table: Table
    columns: frozenset[str]
    selected: frozenset[str]
    filters: frozenset[str]
    starred: bool


class Statement(NamedTuple):
    """One statement of a script."""

    kind: Kind
    line: int
    reads: tuple[Table, ...] = ()
    writes: tuple[Table, ...] = ()
    uses: tuple[Use, ...] = ()
    stars: tuple[Star, ...] = ()
    cartesian_joins: tuple[CartesianJoin, ...] = ()
    drops: tuple[Drop, ...] = ()
    inserts: tuple[Insert, ...] = ()
    definitions: tuple[Definition, ...] = ()
    unread: tuple[Unread, ...] = ()
    limit: int | None = None
    is_query: bool = False


class Script:
    """What a script reads, writes and calls. Tables are there once each, in the place that names them first."""

    __slots__ = ("_calls", "_calls_are_known", "_statements", "_unread", "dialect")

    def __init__(
        self,
        dialect: Dialect,
        statements: tuple[Statement, ...],
        calls: tuple[Call, ...],
        unread: tuple[Unread, ...],
        *,
        calls_are_known: bool = True,
    ) -> None:
        self.dialect = dialect
        self._statements = statements
        self._calls = calls
        self._calls_are_known = calls_are_known
        self._unread = unread

    @property
    def statements(self) -> tuple[Statement, ...]:
        """What each statement does, in order."""
        return self._statements

    @property
    def calls(self) -> tuple[Call, ...]:
        """Every call of a function, in order, also where the statement is not understood."""
        return self._calls

    @property
    def calls_are_known(self) -> bool:
        """False where a literal, a quoted name or a comment does not end: nobody can tell code from text."""
        return self._calls_are_known

    @property
    def unread(self) -> tuple[Unread, ...]:
        """What is not understood, with the reason: empty if everything is."""
        return self._unread

    def may_call(self, functions: Collection[str]) -> bool:
        """Whether it may call one of these functions, or one whose name holds a variable. False is certain.

        It is fast: a text in which none of the names occurs need not be read, not even its calls.

        Args:
            functions: Bare names, without a project or quotes, in any case.
        """
        names = {name.casefold() for name in functions}
        return not self.calls_are_known or any(
            call.holds_variable or call.bare_name.casefold() in names for call in self.calls
        )

    @property
    def reads(self) -> tuple[Table, ...]:
        """The tables that are read, without CTEs, views and variables of the same script."""
        return distinct(table for statement in self.statements for table in statement.reads)

    @property
    def writes(self) -> tuple[Table, ...]:
        """The tables that are filled, changed, created or dropped."""
        return distinct(table for statement in self.statements for table in statement.writes)

    @property
    def stars(self) -> tuple[Star, ...]:
        """Every `*` in the place of columns; that of `count(*)` or of EXISTS is none."""
        return tuple(star for statement in self.statements for star in statement.stars)

    @property
    def cartesian_joins(self) -> tuple[CartesianJoin, ...]:
        """Joins whose sides nothing connects, neither their ON or USING nor the WHERE around them."""
        return tuple(join for statement in self.statements for join in statement.cartesian_joins)

    @property
    def drops(self) -> tuple[Drop, ...]:
        """What is dropped or emptied: tables, partitions, columns, schemas."""
        return tuple(drop for statement in self.statements for drop in statement.drops)

    @property
    def inserts(self) -> tuple[Insert, ...]:
        """What INSERT writes, into which columns."""
        return tuple(insert for statement in self.statements for insert in statement.inserts)

    @property
    def definitions(self) -> tuple[Definition, ...]:
        """The tables and views that are created."""
        return tuple(definition for statement in self.statements for definition in statement.definitions)

    @property
    def limit(self) -> int | None:
        """The outermost LIMIT of the last query; None if it has none, or one that is no number."""
        return next((statement.limit for statement in reversed(self.statements) if statement.is_query), None)

    def filters(self, table: Table | str) -> frozenset[str]:
        """The columns by which a table is filtered wherever it is read, in lower case.

        A column counts where a condition on the table itself compares it bare with something that is no column:
        by `=`, `<`, `<=`, `>`, `>=`, BETWEEN, IN, or LIKE from the beginning.
        """
        found = [use.filters for use in self._uses(table)]
        return frozenset.intersection(*found) if found else frozenset()

    def columns(self, table: Table | str) -> frozenset[str] | None:
        """The columns of a table that the script names, in lower case; None where a star hides them.

        A column without a prefix counts for every table that it may be of.
        """
        return _united((use.columns for use in self._uses(table)), self._is_starred(table))

    def selected(self, table: Table | str) -> frozenset[str] | None:
        """Like `columns`, and only those that a select list names: not those of conditions and orders."""
        return _united((use.selected for use in self._uses(table)), self._is_starred(table))

    def _is_starred(self, table: Table | str) -> bool:
        return any(use.starred for use in self._uses(table))

    def _uses(self, table: Table | str) -> Iterable[Use]:
        name = str(table)
        return (use for statement in self.statements for use in statement.uses if use.table.is_called(name))


def _united(columns: Iterable[Collection[str]], starred: bool) -> frozenset[str] | None:
    return None if starred else frozenset().union(*columns)


def distinct(tables: Iterable[Table]) -> tuple[Table, ...]:
    """Each table once, in the place that names it first."""
    found: dict[str, Table] = {}
    for table in tables:
        found.setdefault(str(table).casefold(), table)
    return tuple(found.values())
