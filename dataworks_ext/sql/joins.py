"""What stands in FROM, JOIN and LATERAL: the sources of a query, and whether a condition connects them."""

from __future__ import annotations

from typing import Final, NamedTuple

from sqlglot import exp

from .columns import ColumnReader
from .conditions import links, restricted
from .frames import Derived, Findings, Frame, Known, Queries, Source, TableUse, named_columns
from .names import Names
from .script import CartesianJoin, distinct

_ROWS: Final = frozenset(
    [
        "unnest",
        "explode",
        "explode_outer",
        "posexplode",
        "posexplode_outer",
        "inline",
        "stack",
        "json_tuple",
        "trans_array",
        "trans_cols",
        "generate_series",
        "exploding_generate_series",
        "generate_subscripts",
        "sequence",
        "numbers",
        "zeros",
        "values",
        "generaterandom",
        "flatten",
        "regexp_split_to_table",
        "jsonb_array_elements",
        "json_array_elements",
        "jsonb_each",
        "json_each",
        "json_table",
        "range",
    ]
)
"""Functions that make rows of their arguments, and read no table of their own."""
_MOST_SOURCES: Final = 500


class _Joined(NamedTuple):
    """A join whose ON connects nothing, with the places of what it joins."""

    join: exp.Join
    frame: Frame
    start: int
    end: int


class SourceReader:
    """Reads the sources of the queries of one statement.

    Args:
        names: Of tables and places.
        found: What is found is added.
        queries: Reads the queries inside.
        columns: Reads the conditions.
    """

    def __init__(self, names: Names, found: Findings, queries: Queries, columns: ColumnReader) -> None:
        self._names = names
        self._found = found
        self._queries = queries
        self._columns = columns

    def from_clause(self, query: exp.Expr, known: Known, frame: Frame) -> None:
        """Add what stands in FROM, JOIN and LATERAL of a statement."""
        clause = query.args.get("from_")
        if isinstance(clause, exp.From):
            self.read(clause.this, known, frame)
        self._joined(query, known, frame, query.args.get("where"))

    def _joined(self, holder: exp.Expr, known: Known, frame: Frame, where: exp.Expr | None) -> None:
        laterals = holder.args.get("laterals") or ()
        for lateral in laterals:
            self._lateral(lateral, known, frame)
        pending = []
        for join in holder.args.get("joins") or ():
            if len(frame.sources) >= _MOST_SOURCES:  # what a bare column may be of is looked up in all of them
                self._names.unread(join, f"a FROM has more than {_MOST_SOURCES} tables")
                frame = Frame(frame.outer)
            count = len(frame.sources)
            self.read(join.this, known, frame)
            if not self._is_conditioned(join, known, frame, count):
                pending.append(_Joined(join, frame, count, len(frame.sources)))
        for lateral in laterals:  # the parser does not say after which join they stand
            self._arguments(lateral, known, frame)
        if pending and isinstance(where, exp.Where):
            found = links(where.this, frame.places)
            pending = [one for one in pending if not found.connect_any(range(one.start, one.end), one.start)]
        for one in pending:
            sides = one.frame.sources[one.start - 1 : one.end]
            tables = distinct(table for source in sides for table in source.tables)
            self._found.joins.append(CartesianJoin(tables[-1].line if tables else self._names.line(one.join), tables))

    def read(self, content: exp.Expr, known: Known, frame: Frame) -> None:
        """Add one entry of FROM or JOIN, with what is joined to it in parentheses."""
        if isinstance(content, exp.Final):
            content = content.this
        if isinstance(content, exp.Table):
            self._table(content, known, frame)
        elif isinstance(content, (exp.Subquery, exp.Paren)) and isinstance(content.this, (exp.Table, exp.Paren)):
            self.read(content.this, known, frame)
        elif isinstance(content, (exp.Lateral, exp.Unnest, exp.UDTF)):
            self._arguments(content, known, frame)
            self._lateral(content, known, frame)
        elif isinstance(content, exp.Query):
            inner = self._queries.query(content, known, frame)
            frame.add(Source(content.alias_or_name, named_columns(inner, content)))
        else:
            self._columns.expressions([content], known, frame)
            frame.add(Source(content.alias_or_name, Derived(None), lateral=True))
        where = content.find_ancestor(exp.Select)
        self._joined(content, known, frame, where.args.get("where") if where else None)

    def _table(self, table: exp.Table, known: Known, frame: Frame) -> None:
        inner = table.this
        if isinstance(inner, exp.Parameter):
            name = self._names.variable(inner)
            rows = known.get(name)
            if rows is None:
                self._names.unread(table, f"a table is named by the variable {name}, which the script does not set")
                rows = Derived(None)
            frame.add(Source(table.alias or name, rows))
        elif not isinstance(inner, exp.Identifier):
            self._function(table, known, frame)
        else:
            rows = known.get(inner.name.casefold()) if not table.args.get("db") else None
            if rows is None:
                use = TableUse(self._names.table(table))
                alias = table.args.get("alias")
                use.starred = isinstance(alias, exp.TableAlias) and bool(alias.columns)  # which column is which?
                self._found.uses.append(use)
                frame.add(Source(table.alias_or_name, use))
            else:
                frame.add(Source(table.alias_or_name, named_columns(rows, table)))

    def _function(self, table: exp.Table, known: Known, frame: Frame) -> None:
        """A function in the place of a table; what it reads is in its arguments, or nobody knows."""
        function = table.this
        name = (function.name if isinstance(function, exp.Anonymous) else function.sql_name()) if function else ""
        if name.casefold() not in _ROWS and not any(function.find_all(exp.Query)):
            self._names.unread(table, f"the function {name.lower()} stands in the place of a table")
        self._columns.expressions([function], known, frame)
        columns = frozenset(column.name.casefold() for column in table.args.get("alias", exp.TableAlias()).columns)
        frame.add(Source(table.alias_or_name, Derived(columns or None), lateral=True))

    def _arguments(self, lateral: exp.Expr, known: Known, frame: Frame) -> None:
        """Read what a LATERAL VIEW or UNNEST makes rows of."""
        if not isinstance(lateral.this, exp.Query):
            parts = [part for part in lateral.iter_expressions() if not isinstance(part, exp.TableAlias)]
            self._columns.expressions(parts, known, frame, selected=True)

    def _lateral(self, lateral: exp.Expr, known: Known, frame: Frame) -> None:
        inner = lateral.this if isinstance(lateral, exp.Lateral) else None
        rows = self._queries.query(inner, known, frame) if isinstance(inner, exp.Query) else Derived(None)
        alias = lateral.args.get("alias")
        names = [column.name for column in alias.columns] if isinstance(alias, exp.TableAlias) else []
        if names:
            rows = Derived(frozenset(map(str.casefold, names)), rows.tables)
        elif isinstance(alias, exp.TableAlias) and not isinstance(inner, exp.Query):
            rows = Derived(frozenset((alias.name.casefold(),)), rows.tables)
        frame.add(Source(lateral.alias, rows, lateral=True))

    def _is_conditioned(self, join: exp.Join, known: Known, frame: Frame, count: int) -> bool:
        """Whether a join needs no condition, or has one that connects its sides; of a WHERE it knows nothing."""
        before, joined = frame.sources[:count], frame.sources[count:]
        on, using = join.args.get("on"), join.args.get("using") or ()
        for column in using:
            for source in frame.sources:
                if isinstance(source.content, TableUse):
                    source.content.columns.add(column.name.casefold())
        if on is not None:
            self._columns.expressions([on], known, frame)
            side = (join.side or "").upper()
            for column in restricted(on) if side != "FULL" else ():
                self._columns.filtered(column, frame, joined if side == "LEFT" else before if side == "RIGHT" else None)
        if using or join.method == "NATURAL" or any(source.lateral for source in joined) or not before:
            return True
        if all(source.is_one_row for source in joined) or (count == 1 and before[0].is_one_row):
            return True
        return links(on, frame.places).connect_any(range(count, len(frame.sources)), count)
