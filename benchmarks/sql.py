"""Which tables and calls a word search, sqlglot's scopes and `read_sql` find in the corpus of the tests.

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
from tests.sql.corpus import CORPUS, Sample

_TABLES = re.compile(r"\b(?:from|join)\s+([\w.`\"$@{}]+)", re.IGNORECASE)
_CALLS = re.compile(r"([\w.]+)\s*\(")
_NAMES = {"hologres": "postgres", "impala": "hive", "adb": "mysql"}


def words(sample: Sample) -> tuple[set[str], set[str]]:
    """What follows FROM and JOIN, and what is before a parenthesis."""
    return {_bare(name) for name in _TABLES.findall(sample.text)}, {_bare(name) for name in _CALLS.findall(sample.text)}


def scopes(sample: Sample) -> tuple[set[str], set[str]]:
    """The tables of sqlglot's scopes, and the functions of its trees."""
    try:
        trees = sqlglot.parse(sample.text, read=_NAMES.get(sample.dialect, sample.dialect))
        tables = {
            _name(source) for tree in trees if tree for scope in traverse_scope(tree) for source in _of(scope.sources)
        }
        calls = {call.name or call.sql_name() for tree in trees if tree for call in tree.find_all(exp.Func)}
    except (SqlglotError, AttributeError):
        return set(), set()
    return tables, {_bare(name) for name in calls}


def ours(sample: Sample) -> tuple[set[str], set[str]]:
    """What `read_sql` says."""
    try:
        script = read_sql(sample.text, sample.dialect)
    except SqlError:
        return set(), set()
    return {_bare(str(table)) for table in script.reads}, {_bare(call.name) for call in script.calls}


def _of(sources: Mapping[str, object]) -> Iterable[exp.Table]:
    return (source for source in sources.values() if isinstance(source, exp.Table))


def _name(table: exp.Table) -> str:
    return _bare(".".join(part.name for part in table.parts))


def _bare(name: str) -> str:
    return name.replace("`", "").replace('"', "").casefold()


def _right(sample: Sample) -> tuple[set[str], set[str]]:
    """What the corpus states."""
    parts = dict(part.split(" ", 1) for part in sample.summary.split(" | ")[1:] if " " in part)
    tables = {re.sub(r"\([^()]*(?:\(\w*\)[^()]*)?\)$", "", part) for part in parts.get("reads", "").split()}
    return {_bare(name) for name in tables}, {_bare(name) for name in parts.get("calls", "").split()}


def main() -> None:
    """Print the table."""
    logging.getLogger("sqlglot").setLevel(logging.CRITICAL)
    ways: dict[str, Callable[[Sample], tuple[set[str], set[str]]]] = {
        "words": words,
        "sqlglot": scopes,
        "read_sql": ours,
    }
    print(f"{'':10}{'':8}{'found':>7}{'missed':>8}{'false':>7}   of {len(CORPUS)} scripts")
    for way, look in ways.items():
        for place, what in enumerate(("tables", "calls")):
            count: Counter[str] = Counter()
            for sample in CORPUS:
                right, said = _right(sample)[place], look(sample)[place]
                count.update(found=len(right & said), missed=len(right - said), false=len(said - right))
            print(f"{way:10}{what:8}{count['found']:7}{count['missed']:8}{count['false']:7}")


if __name__ == "__main__":
    main()
