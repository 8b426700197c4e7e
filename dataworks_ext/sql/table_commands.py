"""Commands that name one or two tables in places of their own, told by their words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .dialects import Token
from .names import Names
from .script import Drop, Statement, Table, Use
from .tokens import closing, ends_a_name, word

_ACTIONS: Final = frozenset(
    [
        "add",
        "drop",
        "rename",
        "change",
        "compact",
        "set",
        "unset",
        "enable",
        "disable",
        "touch",
        "merge",
        "modify",
        "rebuild",
        "replace",
        "partition",
        "update",
        "recover",
        "alter",
        "archive",
        "cluster",
        "clustered",
        "range",
        "exstore",
        "not",
        "exchange",
    ]
)
"""What ALTER does to the table or view itself; nothing else is concerned."""
_FILLERS: Final = frozenset(("if", "not", "exists", "only", "materialized"))
_BEFORE_TARGET: Final = frozenset(("into", "overwrite", "table", "ignore"))


def table_command(tokens: Sequence[Token], names: Names, line: int) -> Statement | None:
    """What a command of MaxCompute does that the parser does not know; None for another statement.

    READ, COUNT, UNLOAD FROM a table, CLONE TABLE, LOAD, and PURGE, UNDO and RESTORE TABLE.
    """
    words = [word(token) for token in tokens[:4]]
    if words[:1] in (["read"], ["count"]):
        return _copied(tokens, 1, names, line)
    if words[:2] == ["unload", "from"]:
        return _copied(tokens, 2, names, line)
    if words[:2] == ["clone", "table"]:
        target = next((index + 1 for index, token in enumerate(tokens) if word(token) == "to"), len(tokens))
        copied, table = _copied(tokens, 2, names, line), _table(tokens, target, names)
        return copied and table and copied._replace(writes=(table,), unread=names.problems)
    if words[:1] == ["load"] and words[1:3] in (["overwrite", "table"], ["into", "table"]):
        return _changed(tokens, 3, names, line)
    if words[:1] in (["purge"], ["undo"], ["restore"]) and words[1:2] == ["table"]:
        return _changed(tokens, 2, names, line)
    return None


def with_target(statement: Statement, tokens: Sequence[Token], names: Names) -> Statement:
    """A statement that is not understood, with the table that it names in a certain place."""
    words = [word(token) for token in tokens[:12]]
    start = _target(words)
    table = None if start is None else _table(tokens, start, names)
    if start is None or table is None:
        return statement
    statement = statement._replace(writes=(table,), unread=(*statement.unread, *names.problems))
    end = ends_a_name(tokens, start) or start
    action = [word(token) for token in tokens[end : end + 5]]
    if words[0] == "truncate":
        return statement._replace(drops=(Drop(statement.line, "truncate", (table,)),), unread=names.problems)
    if words[0] != "alter":
        return statement
    statement = statement._replace(drops=_dropped(action, table, statement.line))
    return statement._replace(unread=names.problems) if action and action[0] in _ACTIONS else statement


def _target(words: Sequence[str]) -> int | None:
    """Where the table's name begins in `ALTER TABLE IF EXISTS x`, `CREATE TABLE x`, `INSERT OVERWRITE TABLE x`."""
    found = next((index for index, text in enumerate(words[:6]) if text in ("table", "view")), None)
    if words[0] in ("alter", "create", "drop", "truncate") and found is not None:
        start = found + 1
        while words[start : start + 1] and words[start] in _FILLERS:
            start += 1
        return start
    if words[0] == "insert":
        start = 1
        while words[start : start + 1] and words[start] in _BEFORE_TARGET:
            start += 1
        return start
    return None


def _dropped(words: Sequence[str], table: Table, line: int) -> tuple[Drop, ...]:
    if words[:1] != ["drop"]:
        return ()
    kind = "partition" if "partition" in words[1:4] else "column"
    return (Drop(line, kind, (table,)),)


def _copied(tokens: Sequence[Token], start: int, names: Names, line: int) -> Statement | None:
    """All columns of a table, by the partition that is named behind it."""
    table, end = _table(tokens, start, names), ends_a_name(tokens, start)
    if table is None or end is None:
        return None
    if [word(token) for token in tokens[end : end + 1]] == ["("]:  # READ with columns
        end = closing(tokens, end) or end
    use = Use(table, frozenset(), frozenset(), frozenset(_partitioned_by(tokens, end)), starred=True)
    return Statement("other", line, reads=(table,), uses=(use,), unread=names.problems)


def _partitioned_by(tokens: Sequence[Token], start: int) -> list[str]:
    """The columns of `PARTITION (ds = '20260101', hh = '01')`."""
    end = closing(tokens, start + 1)
    if end is None or word(tokens[start]) != "partition":
        return []
    return [tokens[index - 1].text.casefold() for index in range(start, end) if tokens[index].text == "="]


def _changed(tokens: Sequence[Token], start: int, names: Names, line: int) -> Statement | None:
    table = _table(tokens, start, names)
    return table and Statement("other", line, writes=(table,), unread=names.problems)


def _table(tokens: Sequence[Token], start: int, names: Names) -> Table | None:
    end = ends_a_name(tokens, start)
    if end is None:
        return None
    return names.named([token.text for token in tokens[start:end:2]], tokens[start].start)
