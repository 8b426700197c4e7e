"""The SQL in the code of a node: DataWorks keeps that of some kinds inside JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final

_WITHOUT_SQL: Final = frozenset({"shell", "python", "python2", "python3", "pyodps", "pyodps2", "pyodps3"})
"""Languages of an assignment node, `{"language": "odps", "content": "SELECT …"}`, whose content is no SQL."""


def sql_in(code: str) -> Iterator[str]:
    """Each text of the code that may be SQL: the code itself, or, if it is a JSON object, every text in it.

    An EMR node has its SQL in `properties.arguments`, an assignment node in `content`. Every text is taken, since
    another kind of node may have it elsewhere.
    """
    try:
        parsed = json.loads(code) if code.lstrip()[:1] in ("{", "[") else None
    except ValueError:
        parsed = None
    if isinstance(parsed, (dict, list)):
        yield from _texts_in(parsed)
    else:
        yield code


def _texts_in(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from sql_in(value)
    elif isinstance(value, list):
        for item in value:
            yield from _texts_in(item)
    elif isinstance(value, dict):
        has_sql = str(value.get("language")).casefold() not in _WITHOUT_SQL
        for name, item in value.items():
            if has_sql or name != "content":
                yield from _texts_in(item)
