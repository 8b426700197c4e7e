"""The columns that expressions name, for the tables that they may be of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from sqlglot import exp

from .chains import restore_columns
from .conditions import is_value
from .frames import Findings, Frame, Known, Queries, Source, TableUse
from .names import Names
from .script import Star, distinct
from .variables import holds_variable

_PATTERN: Final = re.compile(r"[()\[\]|*+?^$]")


class ColumnReader:
    """Reads the expressions of the queries of one statement.

    Args:
        names: Of tables and places.
        found: What is found is added.
        queries: Reads the queries inside.
        rows_by_alias: Whether a bare alias of a table stands for all its columns, as in PostgreSQL.
    """

    def __init__(self, names: Names, found: Findings, queries: Queries, *, rows_by_alias: bool) -> None:
        self._names = names
        self._found = found
        self._queries = queries
        self._rows_by_alias = rows_by_alias

    def starred(self, part: exp.Expr, frame: Frame) -> None:
        for star in _stars_in(part):
            holder = star.parent
            names = holder.parts[:-1] if isinstance(holder, exp.Column) and star is holder.this else []
            parts = [name.name.casefold() for name in names]
            sources = frame.candidates([*parts, "*"], outward=True)[1] if parts else frame.sources
            self._star(star, sources)

    def _star(self, place: exp.Expr, sources: Sequence[Source]) -> None:
        tables = []
        for source in sources:
            if isinstance(source.content, TableUse):
                source.content.starred = True
                tables.append(source.content.table)
        self._found.stars.append(Star(self._names.line(place), distinct(tables)))

    def expressions(
        self,
        parts: Sequence[exp.Expr],
        known: Known,
        frame: Frame,
        *,
        selected: bool = False,
        aliases: frozenset[str] | set[str] = frozenset(),
    ) -> None:
        """Read the columns of expressions, and the queries inside. Chains of thousands of operators do not nest."""
        waiting = [*reversed(parts)]
        while waiting:
            part = waiting.pop()
            if isinstance(part, exp.Column):
                self._column(part, frame, selected, aliases)
                continue
            if isinstance(part, exp.Dot) and not isinstance(part.parent, exp.Dot):
                restore_columns(part)
            if isinstance(part, exp.Exists) and isinstance(part.this, exp.Query):
                self._queries.query(part.this, known, frame, counted=True)
                continue
            if isinstance(part, (exp.Query, exp.Table)):
                self._queries.query(part, known, Frame(frame, in_select_list=True) if selected else frame)
                continue
            if isinstance(part, exp.In) and self._in_table(part, known, frame):
                part = part.this
            waiting.extend(reversed([*part.iter_expressions()] if not isinstance(part, exp.Column) else [part]))

    def _in_table(self, part: exp.In, known: Known, frame: Frame) -> bool:
        """Whether a table is read by `x IN t`, as in ClickHouse."""
        field = part.args.get("field")
        named = self._names.dialect == "clickhouse" and isinstance(field, exp.Column) and not is_value(field)
        if named and isinstance(field, exp.Column):
            this, *rest = [name.copy() for name in reversed(field.parts)]
            table = exp.Table(this=this, **dict(zip(("db", "catalog"), rest, strict=False)))
            self._queries.query(
                exp.Select(expressions=[exp.Star()]).from_(table, copy=False), known, frame, counted=True
            )
        return named

    def _column(self, column: exp.Column, frame: Frame, selected: bool, aliases: frozenset[str] | set[str]) -> None:
        if isinstance(column.this, exp.Star) or is_value(column):
            return
        parts = [self._names.written(part).casefold() for part in column.parts]
        if any(holds_variable(part.name) for part in column.parts):
            self._names.unread(column, f"a column's name holds a variable: {self._names.written(column)}")
        if len(parts) == 1 and parts[0] in aliases:
            return
        name, sources = frame.candidates(parts, outward=True)
        if self._names.dialect in ("maxcompute", "hive") and _PATTERN.search(
            column.name
        ):  # `(a|b)?+.+` stands for columns
            self._star(column, sources)
            return
        if len(parts) == 1 and self._rows_by_alias:
            named = [source for source in frame.sources if source.alias == parts[0]]
            whole = [source for source in named if isinstance(source.content, TableUse)]
            if whole:
                self._star(column, whole)
        for source in sources:
            if isinstance(source.content, TableUse):
                source.content.columns.add(name)
                if selected:
                    source.content.selected.add(name)

    def filtered(self, column: exp.Column, frame: Frame, among: Sequence[Source] | None) -> None:
        """Note that a source is filtered, if it is sure which, and the condition restricts it."""
        name, sources = frame.candidates([part.name.casefold() for part in column.parts], outward=False)
        if len(sources) == 1 and isinstance(sources[0].content, TableUse) and sources[0] in (among or frame.sources):
            sources[0].content.filters.add(name)


def _stars_in(part: exp.Expr) -> Iterator[exp.Star]:
    """The stars in an item of a select list that stand for columns: not that of `count(*)`, nor of a subquery."""
    waiting = [part]
    while waiting:
        here = waiting.pop()
        if isinstance(here, exp.Star):
            yield here
        elif not isinstance(here, (exp.Count, exp.CountIf, exp.Query)):
            waiting.extend(here.iter_expressions())
