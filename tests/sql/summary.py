"""What a script does, in one line, as the corpus states it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dataworks_ext.sql import Script, Table


def summary(script: Script) -> str:
    """Kinds, then what there is of reads, filters, writes, calls, stars, joins, drops, the limit, and unread places.

    A table that is read has its columns in parentheses, `*` where a star hides them.
    """
    return " | ".join([",".join(statement.kind for statement in script.statements), *_parts(script)])


def _parts(script: Script) -> Iterator[str]:
    if script.reads:
        yield "reads " + " ".join(f"{table}({_columns(script, table)})" for table in script.reads)
    filtered = [(table, sorted(script.filters(table))) for table in script.reads]
    if any(columns for _, columns in filtered):
        yield "filters " + " ".join(f"{table}({','.join(columns)})" for table, columns in filtered if columns)
    if script.writes:
        yield "writes " + " ".join(map(str, script.writes))
    if script.calls:
        yield "calls " + " ".join(call.name for call in script.calls)
    if script.stars:
        yield "stars " + " ".join(_joined(star.tables) for star in script.stars)
    if script.cartesian_joins:
        yield "cartesian " + " ".join(_joined(join.tables) for join in script.cartesian_joins)
    if script.drops:
        yield "drops " + " ".join(f"{drop.kind}:{_joined(drop.tables)}" for drop in script.drops)
    if script.limit is not None:
        yield f"limit {script.limit}"
    if script.unread:
        yield "unread " + "; ".join(place.reason for place in script.unread)


def _columns(script: Script, table: Table) -> str:
    columns = script.columns(table)
    return "*" if columns is None else ",".join(sorted(columns))


def _joined(tables: Iterable[Table]) -> str:
    return "/".join(map(str, tables)) or "-"
