"""What queries read: tables through subqueries, CTEs and joins, with columns, filters, stars and joins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from sqlglot import exp

from .chains import restore_columns
from .conditions import is_value, links, restricted
from .names import Names
from .script import CartesianJoin, Star, Table, distinct
from .sources import Derived, Frame, Source, TableUse
from .variables import holds_variable

Known = Mapping[str, Derived]
"""CTEs, views and variables of the script by their names in lower case."""

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
_PATTERN: Final = re.compile(r"[()\[\]|*+?^$]")
_ORDERS: Final = frozenset(("group", "having", "qualify", "order", "sort", "distribute", "cluster", "limit", "windows"))
"""Clauses in which a bare name may be an alias of the select list."""


class _Joined(NamedTuple):
    """A join whose ON connects nothing, with the places of what it joins."""

    join: exp.Join
    frame: Frame
    start: int
    end: int


class QueryReader:
    """Reads the queries of one statement.

    Args:
        names: Of tables and places.
        hides_rows: Whether a bare alias of a table stands for all its columns, as in PostgreSQL.
    """

    def __init__(self, names: Names, *, rows_by_alias: bool) -> None:
        self._names = names
        self._rows_by_alias = rows_by_alias
        self.uses: list[TableUse] = []
        self.stars: list[Star] = []
        self.joins: list[CartesianJoin] = []
        self.written: list[Table] = []

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
        self.expressions([query], known, Frame(outer), selected=False)
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
                found[name] = _with_columns(self.query(cte.this, found, outer), cte)
            else:
                self._changing_cte(cte.this, found, outer)
                found[name] = Derived(None)
        return found

    def _changing_cte(self, statement: exp.Expr, known: Known, outer: Frame | None) -> None:
        target = statement.args.get("this") if isinstance(statement, (exp.Insert, exp.Update, exp.Delete)) else None
        for table in target.find_all(exp.Table) if isinstance(target, exp.Expr) else ():
            self.written.append(self._names.table(table))
        self.expressions([part for part in statement.iter_expressions() if part is not target], known, Frame(outer))

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
                self.expressions([inner for order in orders for inner in order.find_all(exp.Query)], names, frame)
            else:
                found.append(self.query(part, names, outer, counted=counted))
        return Derived(found[0].columns, distinct(table for rows in found for table in rows.tables))

    def _select(
        self, query: exp.Select, known: Known, outer: Frame | None, counted: bool, *, start: exp.Expr | None = None
    ) -> Derived:
        frame = Frame(outer)
        if start is not None:
            self.sources(start, known, frame)
        self.from_clause(query, known, frame)
        return self.select_in(query, known, frame, counted=counted)

    def from_clause(self, query: exp.Expr, known: Known, frame: Frame) -> None:
        """Add what stands in FROM, JOIN and LATERAL of a statement."""
        clause = query.args.get("from_")
        if isinstance(clause, exp.From):
            self.sources(clause.this, known, frame)
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
            self.sources(join.this, known, frame)
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
            self.joins.append(CartesianJoin(tables[-1].line if tables else self._names.line(one.join), tables))

    def sources(self, content: exp.Expr, known: Known, frame: Frame) -> None:
        """Add one entry of FROM or JOIN, with what is joined to it in parentheses."""
        if isinstance(content, exp.Final):
            content = content.this
        if isinstance(content, exp.Table):
            self._table(content, known, frame)
        elif isinstance(content, (exp.Subquery, exp.Paren)) and isinstance(content.this, (exp.Table, exp.Paren)):
            self.sources(content.this, known, frame)
        elif isinstance(content, (exp.Lateral, exp.Unnest, exp.UDTF)):
            self._arguments(content, known, frame)
            self._lateral(content, known, frame)
        elif isinstance(content, exp.Query):
            inner = self.query(content, known, frame)
            frame.add(Source(content.alias_or_name, _with_columns(inner, content)))
        else:
            self.expressions([content], known, frame)
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
                self.uses.append(use)
                frame.add(Source(table.alias_or_name, use))
            else:
                frame.add(Source(table.alias_or_name, _with_columns(rows, table)))

    def _function(self, table: exp.Table, known: Known, frame: Frame) -> None:
        """A function in the place of a table; what it reads is in its arguments, or nobody knows."""
        function = table.this
        name = (function.name if isinstance(function, exp.Anonymous) else function.sql_name()) if function else ""
        if name.casefold() not in _ROWS and not any(function.find_all(exp.Query)):
            self._names.unread(table, f"the function {name.lower()} stands in the place of a table")
        self.expressions([function], known, frame)
        columns = frozenset(column.name.casefold() for column in table.args.get("alias", exp.TableAlias()).columns)
        frame.add(Source(table.alias_or_name, Derived(columns or None), lateral=True))

    def _arguments(self, lateral: exp.Expr, known: Known, frame: Frame) -> None:
        """Read what a LATERAL VIEW or UNNEST makes rows of."""
        if not isinstance(lateral.this, exp.Query):
            parts = [part for part in lateral.iter_expressions() if not isinstance(part, exp.TableAlias)]
            self.expressions(parts, known, frame, selected=True)

    def _lateral(self, lateral: exp.Expr, known: Known, frame: Frame) -> None:
        inner = lateral.this if isinstance(lateral, exp.Lateral) else None
        rows = self.query(inner, known, frame) if isinstance(inner, exp.Query) else Derived(None)
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
            self.expressions([on], known, frame)
            side = (join.side or "").upper()
            for column in restricted(on) if side != "FULL" else ():
                self._filter(column, frame, joined if side == "LEFT" else before if side == "RIGHT" else None)
        if using or join.method == "NATURAL" or any(source.lateral for source in joined) or not before:
            return True
        if all(source.is_one_row for source in joined) or (count == 1 and before[0].is_one_row):
            return True
        return links(on, frame.places).connect_any(range(count, len(frame.sources)), count)

    def select_in(self, query: exp.Select, known: Known, frame: Frame, *, counted: bool = False) -> Derived:
        """Read what a SELECT does with the sources that are known already."""
        into = query.args.get("into")
        if isinstance(into, exp.Into) and isinstance(into.this, exp.Table):
            self.written.append(self._names.table(into.this))
        aliases = {part.alias.casefold() for part in query.expressions if isinstance(part, exp.Alias)}
        for part in query.expressions:
            if not counted:
                self._starred(part, frame)
            self.expressions([part], known, frame, selected=not counted)
            if not counted and isinstance(part, exp.Column) and is_value(part):
                self._names.unread(part, f"the select list holds the variable {self._names.written(part)}")
        for name in ("where", "prewhere"):
            clause = query.args.get(name)
            if clause is not None:
                self.expressions([clause.this], known, frame)
                for column in restricted(clause.this):
                    self._filter(column, frame, None)
        rest = {"expressions", "with_", "from_", "joins", "laterals", "where", "prewhere", "into", "hint", "limit"}
        for name, value in query.args.items():
            if name not in rest and value is not None:
                parts = [part for part in (value if isinstance(value, list) else [value]) if isinstance(part, exp.Expr)]
                self.expressions(parts, known, frame, aliases=aliases if name in _ORDERS else frozenset())
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

    def _starred(self, part: exp.Expr, frame: Frame) -> None:
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
        self.stars.append(Star(self._names.line(place), distinct(tables)))

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
                self.query(part.this, known, frame, counted=True)
                continue
            if isinstance(part, (exp.Query, exp.Table)):
                self.query(part, known, Frame(frame, in_select_list=True) if selected else frame)
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
            self.query(exp.Select(expressions=[exp.Star()]).from_(table, copy=False), known, frame, counted=True)
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

    def _filter(self, column: exp.Column, frame: Frame, among: Sequence[Source] | None) -> None:
        """Note that a source is filtered, if it is sure which, and the condition restricts it."""
        name, sources = frame.candidates([part.name.casefold() for part in column.parts], outward=False)
        if len(sources) == 1 and isinstance(sources[0].content, TableUse) and sources[0] in (among or frame.sources):
            sources[0].content.filters.add(name)


def _with_columns(rows: Derived, holder: exp.Expr) -> Derived:
    """The rows under the names that an alias gives their columns."""
    alias = holder.args.get("alias")
    names = [column.name.casefold() for column in alias.columns] if isinstance(alias, exp.TableAlias) else []
    return Derived(frozenset(names), rows.tables, one_row=rows.one_row) if names else rows


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


def _stars_in(part: exp.Expr) -> Iterator[exp.Star]:
    """The stars in an item of a select list that stand for columns: not that of `count(*)`, nor of a subquery."""
    waiting = [part]
    while waiting:
        here = waiting.pop()
        if isinstance(here, exp.Star):
            yield here
        elif not isinstance(here, (exp.Count, exp.CountIf, exp.Query)):
            waiting.extend(here.iter_expressions())


def _is_one_row(query: exp.Select) -> bool:
    limit = query.args.get("limit")
    if isinstance(limit, exp.Limit) and limit.expression.name == "1":
        return True
    if query.args.get("group") or not query.expressions:
        return False
    if not query.args.get("from_"):
        return not query.args.get("laterals")
    return all(any(item.find_all(exp.AggFunc)) and not any(item.find_all(exp.Window)) for item in query.expressions)
