"""What the parser does not know, told by its first words: script mode, commands, blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from .dialects import Token, TokenType
from .names import Names
from .script import Drop, Kind, Statement, Table, Unread

_KINDS: Final[dict[str, Kind]] = {
    "select": "select",
    "with": "select",
    "values": "select",
    "(": "select",
    "from": "select",
    "table": "select",
    "insert": "insert",
    "replace": "insert",
    "create": "create",
    "drop": "drop",
    "truncate": "truncate",
    "alter": "alter",
    "merge": "merge",
    "update": "update",
    "delete": "delete",
    "set": "set",
    "comment": "alter",
    "load": "other",
    "grant": "other",
    "revoke": "other",
    "analyze": "other",
    "refresh": "other",
    "use": "other",
    "commit": "other",
    "rollback": "other",
    "cache": "other",
    "uncache": "other",
    "copy": "other",
}
"""The first words of statements that the parser may know."""
_HARMLESS: Final = frozenset(
    (
        "show",
        "list",
        "whoami",
        "desc",
        "describe",
        "reset",
        "help",
        "analyze",
        "msck",
        "add",
        "grant",
        "revoke",
        "refresh",
        "invalidate",
        "compute",
    )
)
"""The first words of statements that read no row and change no table, whatever follows."""
_BLOCKS: Final = frozenset(("if", "else", "loop", "while", "for", "begin", "end", "declare"))
_ACTIONS: Final = frozenset(
    [
        "add",
        "drop",
        "rename",
        "change",
        "set",
        "unset",
        "enable",
        "disable",
        "touch",
        "merge",
        "modify",
        "replace",
        "partition",
        "update",
        "recover",
        "alter",
        "archive",
        "cluster",
        "clustered",
        "not",
        "exchange",
    ]
)
"""What ALTER TABLE does to the table itself; nothing else is concerned."""


@dataclass(frozen=True)
class Beginning:
    """How a statement begins."""

    kind: Kind
    skip: int | None = 0
    """How many tokens come before what the parser should read; None if it should read nothing."""
    reason: str = ""
    """Why what is skipped is not understood; empty if it is."""
    variable: str | None = None
    """The variable that is assigned: `@a`."""

    def command(self, tokens: Sequence[Token], names: Names, line: int) -> Statement:
        """What can be said of a statement that the parser took as a command."""
        word = tokens[0].text.upper().split()[0]
        if word.casefold() in _HARMLESS:
            return Statement(self.kind, line)
        if _creates_function(tokens):
            return Statement(self.kind, line)
        statement = Statement(self.kind, line, unread=(Unread(line, f"the command {word} is not understood"),))
        return with_target(statement, tokens, names)


def beginning_of(tokens: Sequence[Token]) -> Beginning:
    """How to read a statement."""
    word = tokens[0].text.casefold().split()[0] if tokens[0].text.strip() else ""
    variable = _assignment(tokens)
    if variable is not None:
        return variable
    if word in _KINDS:
        return Beginning(_KINDS[word])
    if word == "explain":
        return _explained(tokens)
    if word in _HARMLESS:
        return Beginning("other", None)
    if word in ("commit", "begin", "end", "start") and len(tokens) <= 2:
        return Beginning("other", None)
    if word in _BLOCKS:
        return _block(tokens, word)
    return Beginning("other", None, f"the command {tokens[0].text.upper()[:40]} is not understood")


def _assignment(tokens: Sequence[Token]) -> Beginning | None:
    """`@a := …`, `@a table := …`, `@a bigint := …`, `@a := cache on …` of MaxCompute's script mode."""
    if tokens[0].token_type != TokenType.PARAMETER or len(tokens) < 3:
        return None
    name = f"@{tokens[1].text.casefold()}"
    for index in range(2, min(len(tokens), 40)):
        if tokens[index].token_type == TokenType.COLON_EQ:
            words = [token.text.casefold() for token in tokens[index + 1 : index + 3]]
            return Beginning("set", index + (3 if words == ["cache", "on"] else 1), variable=name)
    return Beginning("set", None, "" if len(tokens) <= 6 else f"the assignment of {name} is not understood")


def _explained(tokens: Sequence[Token]) -> Beginning:
    for index, token in enumerate(tokens[1:6], 1):
        if token.text.casefold() in _KINDS and token.text != "(":
            return Beginning("other", index)
    return Beginning("other", None)


def _block(tokens: Sequence[Token], word: str) -> Beginning:
    """The statement in a block is read; whether it runs, the condition says, which nobody reads."""
    reason = f"the block of {word.upper()} is not understood"
    start = 1 if word in ("begin", "else", "end") else 0
    for index, token in enumerate(tokens):
        if index >= start and (token.text.casefold() == "begin" or (start and token.text.casefold() in _KINDS)):
            is_begin = token.text.casefold() == "begin"
            return Beginning("other", index + is_begin, reason)
    return Beginning("other", None, reason)


def _creates_function(tokens: Sequence[Token]) -> bool:
    """Whether it is CREATE FUNCTION … AS 'class' USING 'resource', which reads and changes no table."""
    words = [token.text.casefold() for token in tokens[:5]]
    is_query = any(token.token_type in (TokenType.SELECT, TokenType.FROM) for token in tokens)
    return words[0] == "create" and "function" in words and not is_query


def with_target(statement: Statement, tokens: Sequence[Token], names: Names) -> Statement:
    """A statement that is not understood, with the table that it names in a certain place."""
    words = [token.text.casefold() for token in tokens[:12]]
    start = _after_table(words)
    if start is None or start >= len(tokens):
        return statement
    end = start
    while end + 2 < len(tokens) and tokens[end + 1].token_type == TokenType.DOT:
        end += 2
    table = names.named([token.text for token in tokens[start : end + 1 : 2]], tokens[start].start)
    statement = statement._replace(writes=(table,), unread=(*statement.unread, *names.problems))
    if words[0] != "alter":
        return statement
    action = [token.text.casefold() for token in tokens[end + 1 : end + 6]]
    statement = statement._replace(drops=_dropped(action, table, statement.line))
    return statement._replace(unread=names.problems) if action and action[0] in _ACTIONS else statement


def _after_table(words: Sequence[str]) -> int | None:
    """Where the table's name begins in `ALTER TABLE IF EXISTS x`, `CREATE TABLE x`, `INSERT OVERWRITE TABLE x`."""
    if words[0] in ("alter", "create", "drop") and "table" in words[:4]:
        start = words.index("table") + 1
        while words[start : start + 1] and words[start] in ("if", "not", "exists", "only"):
            start += 1
        return start
    if words[0] == "insert":
        start = 1
        while words[start : start + 1] and words[start] in ("into", "overwrite", "table", "ignore"):
            start += 1
        return start
    return None


def _dropped(words: Sequence[str], table: Table, line: int) -> tuple[Drop, ...]:
    if words[:1] != ["drop"]:
        return ()
    kind = "partition" if "partition" in words[1:4] else "column"
    return (Drop(line, kind, (table,)),)
