"""What CREATE TABLE and CREATE VIEW define."""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from .names import Names
from .script import DefinedColumn, Definition, Table


def definition_of(tree: exp.Expr, table: Table, names: Names) -> Definition:
    """The clauses of a CREATE."""
    holder = tree.this
    properties = tree.args.get("properties")
    found = list(properties.expressions) if isinstance(properties, exp.Properties) else []
    partitions = [
        part for item in found if isinstance(item, exp.PartitionedByProperty) for part in _parts_of(item.this)
    ]
    columns = holder.expressions if isinstance(holder, exp.Schema) else []
    return Definition(
        table,
        str(tree.args["kind"]).lower(),
        tuple(_column(part, names) for part in columns if isinstance(part, (exp.ColumnDef, exp.Identifier))),
        tuple(_column(part, names) for part in partitions),
        _lifecycle(found),
        next((item.this.name for item in found if isinstance(item, exp.SchemaCommentProperty)), None),
        table.line,
    )


def _parts_of(partitioned: exp.Expr) -> list[exp.Expr]:
    if isinstance(partitioned, (exp.Schema, exp.Tuple)):
        return list(partitioned.expressions)
    return [partitioned]


def _column(part: exp.Expr, names: Names) -> DefinedColumn:
    kind = part.args.get("kind")
    constraints = part.args.get("constraints") or ()
    comment = next(
        (item.kind.this.name for item in constraints if isinstance(item.args.get("kind"), exp.CommentColumnConstraint)),
        None,
    )
    written = kind.sql(dialect=None).upper() if isinstance(kind, exp.DataType) else ""
    return DefinedColumn(part.alias_or_name, written, comment, names.line(part))


def _lifecycle(properties: Iterable[exp.Expr]) -> int | None:
    for item in properties:
        if type(item) is exp.Property and item.this.name.upper() == "LIFECYCLE":
            value = item.args.get("value")
            return int(value.name) if isinstance(value, exp.Literal) and value.name.isdigit() else None
    return None
