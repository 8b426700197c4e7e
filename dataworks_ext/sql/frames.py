"""Where the columns of a query come from: its tables, subqueries, CTEs, and those of the queries around it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from sqlglot import exp

from .script import CartesianJoin, Star, Table, Use


class TableUse:
    """One place in which a table is read, while its query is being looked at."""

    def __init__(self, table: Table) -> None:
        self.table = table
        self.columns: set[str] = set()
        self.selected: set[str] = set()
        self.filters: set[str] = set()
        self.starred = False

    def done(self) -> Use:
        """What was found."""
        return Use(self.table, frozenset(self.columns), frozenset(self.selected), frozenset(self.filters), self.starred)


class Derived:
    """Rows that a query, a CTE, a view or a function makes.

    Args:
        columns: Their names in lower case; None if a star or something else hides them.
        tables: That they come from.
        one_row: Whether there is one row at most.
    """

    def __init__(self, columns: frozenset[str] | None, tables: Sequence[Table] = (), *, one_row: bool = False) -> None:
        self.columns = columns
        self.tables = tuple(tables)
        self.one_row = one_row


class Source:
    """One entry of FROM or JOIN, by its alias."""

    def __init__(self, alias: str, content: TableUse | Derived, *, lateral: bool = False) -> None:
        self.alias = alias.casefold()
        self.content = content
        self.lateral = lateral

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables that its rows come from."""
        return (self.content.table,) if isinstance(self.content, TableUse) else self.content.tables

    @property
    def is_one_row(self) -> bool:
        """Whether it has one row at most, so that joining it multiplies nothing."""
        return isinstance(self.content, Derived) and self.content.one_row

    def may_have(self, column: str) -> bool:
        """Whether it may have the column."""
        return isinstance(self.content, TableUse) or self.content.columns is None or column in self.content.columns

    def names(self) -> Iterator[tuple[str, ...]]:
        """What may stand in front of a column to mean it: its alias; without one, its name with schema and project."""
        yield (self.alias,)
        if isinstance(self.content, TableUse):
            table = self.content.table
            parts = tuple(part.casefold() for part in (table.project, table.schema, table.name) if part)
            if self.alias == parts[-1]:
                yield from (parts[-length:] for length in range(2, len(parts) + 1))


class Frame:
    """The sources of one query, and the query around it.

    Args:
        outer: Of the query around.
        in_select_list: Whether the query around has it in its select list, where a column of the outer query may come
            out of it.
    """

    def __init__(self, outer: Frame | None, *, in_select_list: bool = False) -> None:
        self.outer = outer
        self.in_select_list = in_select_list
        self.sources: list[Source] = []
        self._named: dict[tuple[str, ...], list[Source]] = {}
        self._places: dict[Source, int] = {}

    def add(self, source: Source) -> None:
        """Add an entry of FROM or JOIN."""
        self._places[source] = len(self.sources)
        self.sources.append(source)
        for names in source.names():
            self._named.setdefault(names, []).append(source)

    def named(self, names: Sequence[str]) -> list[Source]:
        """The sources that the names in front of a column mean."""
        return self._named.get(tuple(names), [])

    def places(self, column: exp.Column) -> list[int]:
        """The places of the sources here that a column may be of."""
        _, sources = self.candidates([part.name.casefold() for part in column.parts], outward=False)
        return [self._places[source] for source in sources if source in self._places]

    def candidates(self, parts: Sequence[str], *, outward: bool) -> tuple[str, list[Source]]:
        """The column that a dotted name means, and the sources that it may be of.

        Args:
            parts: The name in lower case: `["o", "id"]`. What follows a column is a field of it.
            outward: Whether to tell of a bare name in a query of a select list what it may be of farther out.
        """
        for length in range(len(parts) - 1, 0, -1):
            for frame in self._outward():
                named = frame.named(parts[:length])
                if named:
                    return parts[length], named
        found: list[Source] = []
        for frame in self._outward():
            here = [source for source in frame.sources if source.may_have(parts[0])]
            sure = [source for source in here if isinstance(source.content, Derived) and source.content.columns]
            found += sure or here  # a name that two sources have is an error of every engine
            if here and (sure or not outward or frame.outer is None or not frame.outer.in_select_list):
                break
        return parts[0], found

    def _outward(self) -> Iterator[Frame]:
        frame: Frame | None = self
        while frame is not None:
            yield frame
            frame = frame.outer


Known = Mapping[str, Derived]
"""CTEs, views and variables of the script by their names in lower case."""


class Findings:
    """What the queries of one statement do, in the order in which it is found."""

    def __init__(self) -> None:
        self.uses: list[TableUse] = []
        self.stars: list[Star] = []
        self.joins: list[CartesianJoin] = []
        self.written: list[Table] = []


class Queries(Protocol):
    """Reads queries, of which there are some in the columns and sources of others."""

    def query(self, query: exp.Expr, known: Known, outer: Frame | None = None, *, counted: bool = False) -> Derived:
        """Read a query, and say which rows it makes."""
        ...


def named_columns(rows: Derived, holder: exp.Expr) -> Derived:
    """The rows under the names that an alias gives their columns."""
    alias = holder.args.get("alias")
    names = [column.name.casefold() for column in alias.columns] if isinstance(alias, exp.TableAlias) else []
    return Derived(frozenset(names), rows.tables, one_row=rows.one_row) if names else rows
