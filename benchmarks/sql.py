"""Which tables and calls a word search, sqlglot's scopes and `read_sql` find, of those that people named by hand.

python -m benchmarks.sql
"""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError
from sqlglot.optimizer.scope import traverse_scope

from dataworks_ext.sql import SqlError, read_sql
from tests.sql.corpus import BY_HAND, Judgement, bare_name

_TABLES = re.compile(r"\b(?:from|join)\s+([\w.`\"$@{}]+)", re.IGNORECASE)
_CALLS = re.compile(r"([\w.]+)\s*\(")
_NAMES = {"hologres": "postgres", "impala": "hive", "adb": "mysql"}


def words(script: Judgement) -> tuple[set[str], set[str]]:
    """What follows FROM and JOIN, and what is before a parenthesis."""
    return {bare_name(name) for name in _TABLES.findall(script.text)}, {
        bare_name(name) for name in _CALLS.findall(script.text)
    }


def scopes(script: Judgement) -> tuple[set[str], set[str]]:
    """The tables of sqlglot's scopes, and the functions of its trees."""
    try:
        trees = sqlglot.parse(script.text, read=_NAMES.get(script.dialect, script.dialect))
        tables = {
            _name(source) for tree in trees if tree for scope in traverse_scope(tree) for source in _of(scope.sources)
        }
        calls = {call.name or call.sql_name() for tree in trees if tree for call in tree.find_all(exp.Func)}
    except (SqlglotError, AttributeError):
        return set(), set()
    return tables, {bare_name(name) for name in calls}


def ours(script: Judgement) -> tuple[set[str], set[str]]:
    """What `read_sql` says."""
    try:
        found = read_sql(script.text, script.dialect)
    except SqlError:
        return set(), set()
    return {bare_name(str(table)) for table in found.reads}, {bare_name(call.name) for call in found.calls}


def _of(sources: Mapping[str, object]) -> Iterable[exp.Table]:
    return (source for source in sources.values() if isinstance(source, exp.Table))


def _name(table: exp.Table) -> str:
    return bare_name(".".join(part.name for part in table.parts))


def main() -> None:
    """Print the table."""
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    ways: dict[str, Callable[[Judgement], tuple[set[str], set[str]]]] = {
        "words": words,
        "sqlglot": scopes,
        "read_sql": ours,
    }
    print(f"{'':10}{'':8}{'found':>7}{'missed':>8}{'false':>7}   of {len(BY_HAND)} scripts")
    for way, look in ways.items():
        for place, what in enumerate(("tables", "calls")):
            count: Counter[str] = Counter()
            for script in BY_HAND:
                right, said = (script.reads, script.calls)[place], look(script)[place]
                count.update(found=len(right & said), missed=len(right - said), false=len(said - right))
            print(f"{way:10}{what:8}{count['found']:7}{count['missed']:8}{count['false']:7}")


if __name__ == "__main__":
    main()
