"""Calls of functions, from the tokens of a script: also where the statement around them is not understood."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from .dialects import Token, TokenType, function_tokens
from .script import Call, Dialect

_NO_CALLS: Final = frozenset(
    [
        "exists",
        "group",
        "primary key",
        "unique key",
        "foreign key",
        "in",
        "values",
        "than",
        "table",
        "conflict",
        "tblproperties",
        "properties",
        "dbproperties",
        "serdeproperties",
        "options",
        "key",
        "sets",
        "buckets",
        "columns",
        "over",
        "partition",
        "using",
        "row_format",
        "index",
        "window",
        "within",
        "varchar",
        "decimal",
        "numeric",
        "nvarchar",
        "bpchar",
        "nullable",
        "lowcardinality",
        "fixedstring",
        "datetime64",
        "primary",
        "references",
        "check",
        "constraint",
        "list",
        "duplicate",
        "unique",
        "aggregate",
        "include",
        "storing",
        "of",
        "offset",
        "by",
    ]
)
"""Words before a parenthesis that call nothing."""
_BEGINNINGS: Final = frozenset(("begin", "else", "end"))
_QUANTIFIERS: Final = frozenset(("all", "any", "some"))
_TARGETS: Final = frozenset(
    ("into", "table", "overwrite", "view", "exists", "references", "index", "insert", "replace", "update", "key")
)
"""Words before a name whose parenthesis lists columns."""
_NAMES: Final = frozenset((TokenType.VAR, TokenType.IDENTIFIER))
_LISTED: Final = frozenset((*_NAMES, TokenType.COMMA))
_SIZES: Final = frozenset((TokenType.NUMBER, TokenType.COMMA))
_QUERIES: Final = frozenset((TokenType.SELECT, TokenType.WITH))
_SOURCES: Final = frozenset((TokenType.FROM, TokenType.JOIN, TokenType.COMMA))
_NO_PARENTHESES: Final = frozenset(
    (
        TokenType.CURRENT_DATE,
        TokenType.CURRENT_DATETIME,
        TokenType.CURRENT_TIME,
        TokenType.CURRENT_TIMESTAMP,
        TokenType.CURRENT_USER,
        TokenType.CURRENT_SCHEMA,
        TokenType.CURRENT_CATALOG,
        TokenType.SESSION_USER,
        TokenType.LOCALTIME,
        TokenType.LOCALTIMESTAMP,
    )
)
"""Functions that are called without parentheses."""
_UNICODE_ESCAPE: Final = re.compile(r"\\(?:\+([0-9A-Fa-f]{6})|([0-9A-Fa-f]{4}))")

Written = Callable[[Token], str]


def calls_in(tokens: Sequence[Token], dialect: Dialect, line_of: Callable[[int], int], written: Written) -> list[Call]:
    """The calls, in order.

    Args:
        tokens: Of the script.
        dialect: Of the script.
        line_of: The line of a place.
        written: A name as the script writes it, without quotes.
    """
    functions = function_tokens(dialect)
    return [
        Call(".".join(written(token) for token in name), line_of(name[0].start))
        for name in _called_names(tokens, functions)
    ]


def _called_names(tokens: Sequence[Token], functions: frozenset[TokenType]) -> Iterator[list[Token]]:
    for index, token in enumerate(tokens):
        followed = index + 1 < len(tokens) and tokens[index + 1].token_type == TokenType.L_PAREN
        if not followed:
            if token.token_type in _NO_PARENTHESES and not _follows_a_dot(tokens, index):
                yield [token]
            continue
        name = _whole_name(tokens, index) if _is_name(token) else []
        if name and _is_call(tokens, index, index - 2 * (len(name) - 1), functions):
            yield name


_TEXTS: Final = frozenset(
    (
        TokenType.STRING,
        TokenType.RAW_STRING,
        TokenType.NATIONAL_STRING,
        TokenType.NATIONAL_RAW_STRING,
        TokenType.UNICODE_STRING,
        TokenType.HEREDOC_STRING,
        TokenType.BYTE_STRING,
        TokenType.BIT_STRING,
        TokenType.HEX_STRING,
    )
)
"""`'text'.length()` calls `length`, whatever the text is."""
_CONNECTORS: Final = frozenset((TokenType.DOT,))


def _whole_name(tokens: Sequence[Token], last: int) -> list[Token]:
    """A name with its project and schema."""
    name = [tokens[last]]
    while last >= 2 and tokens[last - 1].token_type in _CONNECTORS and _is_name(tokens[last - 2]):
        last -= 2
        name.insert(0, tokens[last])
    return name


def _is_name(token: Token) -> bool:
    if token.token_type == TokenType.IDENTIFIER:
        return bool(token.text)
    return token.token_type not in _TEXTS and (token.text[:1].isalnum() or token.text[:1] in ("_", "$"))


def _is_call(tokens: Sequence[Token], last: int, first: int, functions: frozenset[TokenType]) -> bool:
    token, word, bare = tokens[last], tokens[last].text.casefold(), first == last
    if token.token_type not in functions and bare:
        return False
    if token.token_type not in _NAMES or not bare:
        if bare and word in _QUANTIFIERS:
            return tokens[last + 2 : last + 3] != [] and tokens[last + 2].token_type not in _QUERIES
        if _holds_only(tokens, last, _SIZES) and _is_type(tokens, first):
            return False
    if bare and (word in _NO_CALLS or _is_control(tokens, last)) and token.token_type != TokenType.IDENTIFIER:
        return False
    return not first or not _is_list_of_columns(tokens, last, first)


def _is_control(tokens: Sequence[Token], last: int) -> bool:
    """Whether `if (` begins a block of script mode, or `bernoulli (` a sample."""
    before = tokens[last - 1] if last else None
    if before is not None and before.token_type == TokenType.TABLE_SAMPLE:
        return True
    begins = before is None or before.token_type == TokenType.SEMICOLON or before.text.casefold() in _BEGINNINGS
    return begins and tokens[last].text.casefold() in ("if", "while", "loop")


def _is_type(tokens: Sequence[Token], first: int) -> bool:
    """Whether a word with a size is a type: `x decimal(10, 2)`, `cast(x as char(3))`, `array<decimal(10, 2)>`."""
    before = tokens[first - 1].token_type if first else None
    return before in _NAMES or before in (TokenType.ALIAS, TokenType.DCOLON, TokenType.COLON, TokenType.LT)


def _is_list_of_columns(tokens: Sequence[Token], last: int, first: int) -> bool:
    before = tokens[first - 1]
    word = before.text.casefold()
    if word in _TARGETS and before.token_type != TokenType.IDENTIFIER:
        return not (word == "view" and first > 1 and tokens[first - 2].text.casefold() == "lateral")
    if before.token_type == TokenType.R_PAREN and tokens[last].text.casefold() == "filter":
        return True
    end = _end_of(tokens, last, _LISTED)
    if end is None:
        return False
    if before.token_type in (TokenType.ALIAS, TokenType.R_PAREN):  # `as t (a, b)`, `(select …) t (a, b)`
        return True
    if [token.token_type for token in tokens[end + 1 : end + 3]] == [TokenType.ALIAS, TokenType.L_PAREN]:
        return True  # `with t (a, b) as (select …)`
    if before.token_type not in _NAMES:
        return False
    table = first - 1 - 2 * (len(_whole_name(tokens, first - 1)) - 1)  # `from s.x t (a, b)`
    return table > 0 and tokens[table - 1].token_type in _SOURCES


def _holds_only(tokens: Sequence[Token], last: int, kinds: frozenset[TokenType]) -> bool:
    return _end_of(tokens, last, kinds) is not None


def _end_of(tokens: Sequence[Token], last: int, kinds: frozenset[TokenType]) -> int | None:
    """Where the parenthesis after a name closes, if it holds these kinds of token only, and at most 2,000."""
    for end in range(last + 2, min(len(tokens), last + 2_000)):
        if tokens[end].token_type == TokenType.R_PAREN:
            return end if end > last + 2 else None
        if tokens[end].token_type not in kinds:
            return None
    return None


def _follows_a_dot(tokens: Sequence[Token], index: int) -> bool:
    return index > 0 and tokens[index - 1].token_type == TokenType.DOT


def decoded(name: str) -> str:
    """A name with the escapes of `U&"…"` in it decoded."""
    return _UNICODE_ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16) % 0x110000), name)
