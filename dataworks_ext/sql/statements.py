"""What one statement does, from its tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlglot import exp

from .definitions import definition_of
from .frames import Derived, Frame, Known
from .names import Names
from .queries import QueryReader
from .script import Drop, Insert, Kind, Statement, Table, distinct

_ROWS_BY_ALIAS: Final = ("hologres",)


class StatementReader:
    """Reads one statement of a script.

    Args:
        names: Of tables and places in the statement.
        known: Views and variables of the statements before; what this one makes is added.
        line: Where the statement begins.
    """

    def __init__(self, names: Names, known: dict[str, Derived], line: int) -> None:
        self._names = names
        self._known = known
        self._line = line
        self._queries = QueryReader(names, rows_by_alias=names.dialect in _ROWS_BY_ALIAS)
        self._writes: list[Table] = []
        self._drops: list[Drop] = []
        self._inserts: list[Insert] = []
        self._statement = Statement("other", line)

    def read(self, tree: exp.Expr) -> Statement:
        """What the tree of a statement does."""
        kind, reader = self._reader_of(tree)
        reader(tree)
        found = self._queries.found
        return self._statement._replace(
            kind=kind,
            reads=distinct(use.table for use in found.uses),
            writes=distinct([*self._writes, *found.written]),
            uses=tuple(use.done() for use in found.uses),
            stars=tuple(found.stars),
            cartesian_joins=tuple(found.joins),
            drops=tuple(self._drops),
            inserts=tuple(self._inserts),
            unread=self._names.problems,
        )

    def assigned(self, name: str, tree: exp.Expr) -> Statement:
        """What `@name := …` does; a query is known by that name from then on."""
        if isinstance(tree, exp.Query):
            self._known[name] = self._queries.query(tree, self._known)
        else:
            self._queries.columns.expressions([tree], self._known, Frame(None), selected=True)
        return self.read(exp.Set())

    def _reader_of(self, tree: exp.Expr) -> tuple[Kind, Callable[[exp.Expr], None]]:
        for kind, (classes, reader) in _READERS.items():
            if isinstance(tree, classes):
                return kind, reader.__get__(self)
        if isinstance(tree, exp.Query):
            return "select", self._query
        if isinstance(tree, _HARMLESS):
            return "other", lambda _tree: None
        return "other", self._unknown

    def _query(self, tree: exp.Expr) -> None:
        self._queries.query(tree, self._known)
        self._statement = self._statement._replace(limit=_limit_of(tree), is_query=True)

    def _insert(self, tree: exp.Expr) -> None:
        if isinstance(tree, exp.MultitableInserts):
            return self._multi_insert(tree)
        known = self._queries.ctes(tree, self._known)
        self._target(tree)
        query = tree.args.get("expression")
        if isinstance(query, exp.Query):
            self._queries.query(query, known)
            self._statement = self._statement._replace(limit=_limit_of(query), is_query=True)
        elif isinstance(query, exp.Expr):
            self._queries.columns.expressions([query], known, Frame(None))
        rest = [tree.args.get(name) for name in ("conflict", "returning", "where", "source")]
        self._queries.columns.expressions([part for part in rest if isinstance(part, exp.Expr)], known, Frame(None))
        return None

    def _multi_insert(self, tree: exp.Expr) -> None:
        """Of FROM … INSERT … INSERT: a filter counts if every INSERT has it."""
        known = self._queries.ctes(tree, self._known)
        frame = Frame(None)
        self._queries.sources.read(tree.args["source"], known, frame)
        outside = [set(use.filters) for use in self._queries.found.uses]
        found = []
        for insert in tree.expressions:
            self._target(insert)
            query = insert.args.get("expression")
            for use, before in zip(self._queries.found.uses, outside, strict=False):
                use.filters = set(before)
            if isinstance(query, exp.Select):
                self._queries.sources.from_clause(query, known, frame)
                self._queries.select_in(query, known, frame)
            elif isinstance(query, exp.Query):
                self._queries.query(query, known, frame)
            found.append([use.filters for use in self._queries.found.uses[: len(outside)]])
        for use, *filters in zip(self._queries.found.uses, *found, strict=False):
            use.filters = set.intersection(*filters) if filters else use.filters

    def _target(self, insert: exp.Expr) -> None:
        target = insert.this
        columns = None
        if isinstance(target, exp.Schema):
            columns = tuple(column.name for column in target.expressions)
            target = target.this
        if isinstance(target, exp.Directory):
            return
        if not isinstance(target, exp.Table) or not isinstance(target.this, exp.Identifier):
            self._names.unread(target, "INSERT writes to what is no table")
            return
        table = self._names.table(target)
        self._writes.append(table)
        self._inserts.append(Insert(table, columns, bool(insert.args.get("overwrite")), table.line))

    def _create(self, tree: exp.Expr) -> None:
        kind = (tree.args.get("kind") or "").upper()
        holder = tree.this
        target = holder.this if isinstance(holder, exp.Schema) else holder
        query = tree.args.get("expression")
        if kind not in ("TABLE", "VIEW") or not isinstance(target, exp.Table):
            is_query = isinstance(query, exp.Expr) and query.find(exp.Query) is not None
            if kind not in ("SCHEMA", "DATABASE", "INDEX", "SEQUENCE") and (kind != "FUNCTION" or is_query):
                self._names.unread(tree, f"CREATE {kind or '…'} is not read")
            return
        rows = None
        if isinstance(query, exp.Query):
            rows = self._queries.query(query, self._queries.ctes(tree, self._known))
        name = target.name.casefold()
        columns = holder.expressions if isinstance(holder, exp.Schema) else []
        properties = tree.args.get("properties")
        temporary = properties is not None and properties.find(exp.TemporaryProperty) is not None
        if kind == "VIEW" and rows is not None and not target.args.get("db"):
            names = frozenset(column.name.casefold() for column in columns)
            self._known[name] = Derived(names or rows.columns, rows.tables)
        elif kind == "TABLE":
            self._known.pop(name, None)
        if kind == "VIEW" and temporary:
            return
        table = self._names.table(target)
        self._writes.append(table)
        filled = properties.find(exp.ToTableProperty) if properties is not None else None
        if filled is not None:  # ClickHouse: the view's rows go to another table
            self._writes.append(self._names.table(filled.this))
        definition = definition_of(tree, table, self._names)
        self._statement = self._statement._replace(definitions=(definition,))

    def _drop(self, tree: exp.Expr) -> None:
        kind = (tree.args.get("kind") or "").lower()
        targets = tree.args.get("tables") or ([tree.this] if isinstance(tree.this, exp.Expr) else [])
        tables = tuple(self._names.table(target) for target in targets if isinstance(target, exp.Table))
        self._drops.append(Drop(self._line, kind, tables))
        if kind in ("table", "view"):
            self._writes += [table for table in tables if str(table).casefold() not in self._known]
        for table in tables:
            self._known.pop(str(table).casefold(), None)

    def _truncate(self, tree: exp.Expr) -> None:
        tables = tuple(self._names.table(table) for table in tree.expressions if isinstance(table, exp.Table))
        self._drops.append(Drop(self._line, "truncate", tables))
        self._writes += tables

    def _alter(self, tree: exp.Expr) -> None:
        target = tree.this
        if isinstance(tree, exp.Comment) and isinstance(target, exp.Column):
            return
        if not isinstance(target, exp.Table):
            self._names.unread(tree, "ALTER of this kind is not read")
            return
        table = self._names.table(target)
        self._writes.append(table)
        for action in tree.args.get("actions") or ():
            if isinstance(action, exp.DropPartition):
                self._drops.append(Drop(self._line, "partition", (table,)))
            elif isinstance(action, exp.Drop):
                self._drops.append(Drop(self._line, (action.args.get("kind") or "").lower(), (table,)))
            elif isinstance(action, exp.AlterRename) and isinstance(action.this, exp.Table):
                self._writes.append(self._names.table(action.this))

    def _merge(self, tree: exp.Expr) -> None:
        frame, known = self._changed(tree)
        using = tree.args.get("using")
        if isinstance(using, exp.Expr):
            self._queries.sources.read(using, known, frame)
        rest = [tree.args.get(name) for name in ("on", "whens", "returning")]
        self._queries.columns.expressions([part for part in rest if isinstance(part, exp.Expr)], known, frame)

    def _change(self, tree: exp.Expr) -> None:
        """UPDATE and DELETE: their target is written only, and what else they join is read."""
        frame, known = self._changed(tree)
        using = tree.args.get("using")
        for source in using if isinstance(using, list) else ():
            self._queries.sources.read(source, known, frame)
        self._queries.sources.from_clause(tree, known, frame)
        self._queries.select_in(exp.Select(expressions=[], where=tree.args.get("where")), known, frame, counted=True)
        rest = [tree.args.get("returning"), tree.args.get("order")]
        parts = [*tree.expressions, *(part for part in rest if isinstance(part, exp.Expr))]
        self._queries.columns.expressions(parts, known, frame, selected=True)

    def _changed(self, tree: exp.Expr) -> tuple[Frame, Known]:
        known = self._queries.ctes(tree, self._known)
        frame = Frame(None)
        target = tree.this
        named = tree.args.get("tables") or ()
        if not isinstance(target, exp.Table):
            self._names.unread(tree, "what it changes is no table")
            return frame, known
        if named:  # DELETE a FROM a JOIN b
            aliases = {table.name.casefold() for table in named if isinstance(table, exp.Table)}
        else:
            aliases = {target.alias_or_name.casefold()}
        self._queries.sources.read(target, known, frame)
        for use in list(self._queries.found.uses):
            sources = [source for source in frame.sources if source.content is use]
            if any(source.alias in aliases for source in sources):
                self._queries.found.uses.remove(use)
                self._writes.append(use.table)
        return frame, known

    def _set(self, tree: exp.Expr) -> None:
        self._queries.columns.expressions([*tree.find_all(exp.Subquery)], self._known, Frame(None))

    def _load(self, tree: exp.Expr) -> None:
        target, query = tree.this, tree.args.get("expression")
        if not isinstance(target, exp.Table):
            self._unknown(tree)
        elif isinstance(tree, exp.LoadData):
            self._writes.append(self._names.table(target))
        elif isinstance(query, exp.Query):  # CACHE TABLE … AS names a query
            self._known[target.name.casefold()] = self._queries.query(query, self._known)

    def _unknown(self, tree: exp.Expr) -> None:
        self._names.unread(None, "a statement of this kind is not read")
        self._queries.columns.expressions([tree], self._known, Frame(None))


_READERS: Final[dict[Kind, tuple[tuple[type[exp.Expr], ...], Callable[..., None]]]] = {
    "insert": ((exp.Insert, exp.MultitableInserts), StatementReader._insert),
    "create": ((exp.Create,), StatementReader._create),
    "drop": ((exp.Drop,), StatementReader._drop),
    "truncate": ((exp.TruncateTable,), StatementReader._truncate),
    "alter": ((exp.Alter, exp.Comment), StatementReader._alter),
    "merge": ((exp.Merge,), StatementReader._merge),
    "update": ((exp.Update,), StatementReader._change),
    "delete": ((exp.Delete,), StatementReader._change),
    "set": ((exp.Set,), StatementReader._set),
    "other": ((exp.LoadData, exp.Cache), StatementReader._load),
}
_HARMLESS: Final = (
    exp.Use,
    exp.Describe,
    exp.Show,
    exp.Commit,
    exp.Rollback,
    exp.Transaction,
    exp.Grant,
    exp.Revoke,
    exp.Analyze,
    exp.Refresh,
    exp.Semicolon,
    exp.Uncache,
)
"""They read no row of a table and change none."""


def _limit_of(query: exp.Expr) -> int | None:
    while True:
        limit = query.args.get("limit")
        if limit is not None:
            break
        if not isinstance(query, (exp.Subquery, exp.Paren)):
            return None
        query = query.this
    count = limit.args.get("count") if isinstance(limit, exp.Fetch) else limit.args.get("expression")
    return int(count.name) if isinstance(count, exp.Literal) and count.name.isdigit() else None
