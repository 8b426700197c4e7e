"""What the parser does not know, told by its first words: script mode, commands, blocks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from .dialects import Token, TokenType
from .names import Names
from .script import Kind, Statement, Unread
from .table_commands import with_target
from .tokens import closing, ends_a_name, word

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
    "unload": "select",
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
        "remove",
        "setproject",
        "kill",
        "install",
        "uninstall",
    )
)
"""The first words of statements that read no row and change no table, whatever follows."""
_NO_TABLES: Final = frozenset(("function", "role", "user", "package", "resource", "connection", "policy"))
_BLOCKS: Final = frozenset(("if", "else", "loop", "while", "for", "begin", "end", "declare"))


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
        first = tokens[0].text.upper().split()[0]
        if first.casefold() in _HARMLESS:
            return Statement(self.kind, line)
        if _concerns_no_table(tokens):
            return Statement(self.kind, line)
        statement = Statement(self.kind, line, unread=(Unread(line, f"the command {first} is not understood"),))
        return with_target(statement, tokens, names)


def beginning_of(tokens: Sequence[Token]) -> Beginning:
    """How to read a statement."""
    first = tokens[0].text.casefold().split()[0] if tokens[0].text.strip() else ""
    variable = _assignment(tokens)
    if variable is not None:
        return variable
    if first in _KINDS:
        return Beginning(_KINDS[first])
    if first == "sql" and len(tokens) > 1 and tokens[1].text.casefold() in _KINDS:
        return Beginning(_KINDS[tokens[1].text.casefold()], 1)  # the word that begins SQL in the vendor's console
    if first in ("explain", "cost"):
        return _explained(tokens)
    if first == "function" and _has_no_query(tokens):
        return Beginning("create", None)
    if first in _HARMLESS:
        return Beginning("other", None)
    if first in ("commit", "begin", "end", "start") and len(tokens) <= 2:
        return Beginning("other", None)
    if first in _BLOCKS:
        return _block(tokens, first)
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


def _block(tokens: Sequence[Token], first: str) -> Beginning:
    """The statement in a block is read; whether it runs, the condition says, which nobody reads."""
    reason = f"the block of {first.upper()} is not understood"
    start = 1 if first in ("begin", "else", "end") else 0
    for index, token in enumerate(tokens):
        if index >= start and (token.text.casefold() == "begin" or (start and token.text.casefold() in _KINDS)):
            is_begin = token.text.casefold() == "begin"
            return Beginning("other", index + is_begin, reason)
    return Beginning("other", None, reason)


def _concerns_no_table(tokens: Sequence[Token]) -> bool:
    """Whether it is CREATE FUNCTION … AS 'class', CREATE ROLE, SET of a flag or a label, and has no query."""
    if not _has_no_query(tokens):
        return False
    words = [token.text.casefold() for token in tokens[:5]]
    return words[0] == "set" or (words[0] in ("create", "drop") and not _NO_TABLES.isdisjoint(words[1:]))


def _has_no_query(tokens: Sequence[Token]) -> bool:
    return not any(token.token_type in (TokenType.SELECT, TokenType.FROM) for token in tokens)


class ParameterizedView(NamedTuple):
    """`CREATE VIEW v (@a TABLE (x STRING), @b STRING) AS …`."""

    parameters: tuple[str, ...]
    """Their names: `@a`."""
    head: list[Token]
    """CREATE VIEW and its name."""
    query: list[Token]
    """AS and the query; none if it is a block."""
    block: list[Token]
    """The first statement of the block, whose others follow."""


def parameterized_view(tokens: Sequence[Token]) -> ParameterizedView | None:
    """The view with parameters that a statement creates; None for any other."""
    words = [word(token) for token in tokens[:8]]
    if words[:1] != ["create"] or "view" not in words:
        return None
    start = words.index("view") + 1
    start += 3 if words[start : start + 1] == ["if"] else 0
    end = ends_a_name(tokens, start)
    close = None if end is None else closing(tokens, end)
    if end is None or close is None or tokens[end + 1].token_type != TokenType.PARAMETER:
        return None
    marks = [index for index in range(end, close) if tokens[index].token_type == TokenType.PARAMETER]
    begin = next((index for index in range(close, len(tokens)) if tokens[index].token_type == TokenType.ALIAS), None)
    if begin is None:
        return None
    names = tuple(f"@{tokens[index + 1].text.casefold()}" for index in marks)
    is_block = [word(token) for token in tokens[begin + 1 : begin + 2]] == ["begin"]
    query, block = ([], tokens[begin + 2 :]) if is_block else (tokens[begin:], [])
    return ParameterizedView(names, list(tokens[:end]), list(query), list(block))
