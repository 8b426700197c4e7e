"""What queries read: tables through subqueries, CTEs and joins, with columns, filters, stars and joins."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

from .columns import ColumnReader
from .conditions import is_value, restricted
from .frames import Derived, Findings, Frame, Known, Source, TableUse, named_columns
from .joins import SourceReader
from .names import Names
from .script import distinct

_ORDERS: Final = frozenset(("group", "having", "qualify", "order", "sort", "distribute", "cluster", "limit", "windows"))
"""Clauses in which a bare name may be an alias of the select list."""


class QueryReader:
    """Reads the queries of one statement.

    Args:
        names: Of tables and places.
        rows_by_alias: Whether a bare alias of a table stands for all its columns, as in PostgreSQL.
    """

    def __init__(self, names: Names, *, rows_by_alias: bool) -> None:
        self._names = names
        self.found = Findings()
        self.columns = ColumnReader(names, self.found, self, rows_by_alias=rows_by_alias)
        self.sources = SourceReader(names, self.found, self, self.columns)

    def query(self, query: exp.Expr, known: Known, outer: Frame | None = None, *, counted: bool = False) -> Derived:
        """Read a query, and say which rows it makes.

        Args:
            query: A SELECT, a set operation, VALUES, or one of them in parentheses.
            known: What has a name here and is no table.
            outer: The sources of the query around it.
            counted: Whether its columns are nobody's, as in EXISTS.
        """
        while isinstance(query, (exp.Subquery, exp.Paren)) and isinstance(query.this, exp.Expr):
            known = self.ctes(query, known, outer)
            inner = query.this
            if isinstance(inner, exp.Table) or query.args.get("joins"):
                return self._select(exp.Select(), known, outer, counted, start=query)
            query = inner
        known = self.ctes(query, known, outer)
        if isinstance(query, exp.SetOperation):
            return self._set_operation(query, known, outer, counted)
        if isinstance(query, exp.Select):
            return self._select(query, known, outer, counted)
        if isinstance(query, exp.Table):
            return self._select(exp.Select(expressions=[exp.Star()]), known, outer, counted, start=query)
        self.columns.expressions([query], known, Frame(outer), selected=False)
        return Derived(None)

    def ctes(self, query: exp.Expr, known: Known, outer: Frame | None = None) -> Known:
        """What has a name in a query: what has one around it, and its CTEs."""
        clause = query.args.get("with_")
        if not isinstance(clause, exp.With):
            return known
        found = dict(known)
        for cte in clause.expressions:
            name = cte.alias.casefold()
            if clause.args.get("recursive"):
                found[name] = Derived(None)
            if isinstance(cte.this, exp.Query):
                found[name] = named_columns(self.query(cte.this, found, outer), cte)
            else:
                self._changing_cte(cte.this, found, outer)
                found[name] = Derived(None)
        return found

    def _changing_cte(self, statement: exp.Expr, known: Known, outer: Frame | None) -> None:
        target = statement.args.get("this") if isinstance(statement, (exp.Insert, exp.Update, exp.Delete)) else None
        for table in target.find_all(exp.Table) if isinstance(target, exp.Expr) else ():
            self.found.written.append(self._names.table(table))
        self.columns.expressions(
            [part for part in statement.iter_expressions() if part is not target], known, Frame(outer)
        )

    def _set_operation(self, query: exp.SetOperation, known: Known, outer: Frame | None, counted: bool) -> Derived:
        """Chains of thousands of UNION do not nest here."""
        waiting: list[tuple[exp.Expr, Known]] = [(query, known)]
        found: list[Derived] = []
        while waiting:
            part, names = waiting.pop()
            if isinstance(part, exp.SetOperation):
                if part is not query:
                    names = self.ctes(part, names, outer)
                waiting += ((part.args["expression"], names), (part.this, names))
                frame = Frame(outer)
                frame.add(Source("", Derived(frozenset())))
                orders = [part.args[name] for name in ("order", "limit", "offset") if part.args.get(name)]
                self.columns.expressions(
                    [inner for order in orders for inner in order.find_all(exp.Query)], names, frame
                )
            else:
                found.append(self.query(part, names, outer, counted=counted))
        return Derived(found[0].columns, distinct(table for rows in found for table in rows.tables))

    def _select(
        self, query: exp.Select, known: Known, outer: Frame | None, counted: bool, *, start: exp.Expr | None = None
    ) -> Derived:
        frame = Frame(outer)
        if start is not None:
            self.sources.read(start, known, frame)
        self.sources.from_clause(query, known, frame)
        return self.select_in(query, known, frame, counted=counted)

    def select_in(self, query: exp.Select, known: Known, frame: Frame, *, counted: bool = False) -> Derived:
        """Read what a SELECT does with the sources that are known already."""
        into = query.args.get("into")
        if isinstance(into, exp.Into) and isinstance(into.this, exp.Table):
            self.found.written.append(self._names.table(into.this))
        aliases = {part.alias.casefold() for part in query.expressions if isinstance(part, exp.Alias)}
        for part in query.expressions:
            if not counted:
                self.columns.starred(part, frame)
            self.columns.expressions([part], known, frame, selected=not counted)
            if not counted and isinstance(part, exp.Column) and is_value(part):
                self._names.unread(part, f"the select list holds the variable {self._names.written(part)}")
        for name in ("where", "prewhere"):
            clause = query.args.get(name)
            if clause is not None:
                self.columns.expressions([clause.this], known, frame)
                for column in restricted(clause.this):
                    self.columns.filtered(column, frame, None)
        rest = {"expressions", "with_", "from_", "joins", "laterals", "where", "prewhere", "into", "hint", "limit"}
        for name, value in query.args.items():
            if name not in rest and value is not None:
                parts = [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, exp.Expr)]
                self.columns.expressions(parts, known, frame, aliases=aliases if name in _ORDERS else frozenset())
        return self._rows(query, frame)

    def _rows(self, query: exp.Select, frame: Frame) -> Derived:
        tables = distinct(table for source in frame.sources for table in source.tables)
        names: set[str] | None = set()
        for part in query.expressions:
            if part.is_star or not part.alias_or_name:
                if part.is_star:
                    starred = _columns_of_star(part, frame)
                    names = None if names is None or starred is None else names | starred
                continue
            if names is not None:
                names.add(part.alias_or_name.casefold())
        return Derived(None if names is None else frozenset(names), tables, one_row=_is_one_row(query))


def _columns_of_star(part: exp.Expr, frame: Frame) -> set[str] | None:
    sources = frame.sources
    if isinstance(part, exp.Column):
        names = [name.name.casefold() for name in part.parts[:-1]]
        sources = frame.named(names)
    found: set[str] = set()
    for source in sources:
        if isinstance(source.content, TableUse) or source.content.columns is None:
            return None
        found |= source.content.columns
    return found


def _is_one_row(query: exp.Select) -> bool:
    limit = query.args.get("limit")
    if isinstance(limit, exp.Limit) and limit.expression.name == "1":
        return True
    if query.args.get("group") or not query.expressions:
        return False
    if not query.args.get("from_"):
        return not query.args.get("laterals")
    return all(any(item.find_all(exp.AggFunc)) and not any(item.find_all(exp.Window)) for item in query.expressions)
