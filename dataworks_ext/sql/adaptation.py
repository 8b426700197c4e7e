"""What engines take and the parser does not: rewritten in the tokens of a statement, so that all places stay."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from .dialects import Token, TokenType
from .maxcompute import adapted_maxcompute, select_first
from .script import Dialect
from .tokens import retyped, word

_AFTER_ALIAS = (TokenType.ON, TokenType.JOIN, TokenType.WHERE)
_ENDS_A_SOURCE = (TokenType.R_PAREN, TokenType.VAR, TokenType.IDENTIFIER)
_KEYWORDS = (TokenType.LEFT, TokenType.RIGHT, TokenType.QUALIFY)
_JOINS = (TokenType.JOIN, TokenType.STRAIGHT_JOIN)


def adapted(tokens: Sequence[Token], dialect: Dialect) -> list[Token]:
    """The tokens as the parser takes them."""
    found = list(tokens)
    if dialect in ("mysql", "adb", "starrocks") and found[0].token_type == TokenType.REPLACE:
        found[0] = retyped(found[0], TokenType.INSERT)  # REPLACE INTO writes like INSERT
    if dialect in ("impala", "starrocks", "adb"):
        found = _without_join_hints(found)
    if dialect == "clickhouse" and [word(token) for token in found[:2]] == ["create", "materialized"]:
        found = _without_populate(found)
    if dialect in ("maxcompute", "hive"):
        found = _with_keywords_as_names(found)
    if dialect == "maxcompute":
        found = adapted_maxcompute(found)
    if dialect in ("maxcompute", "hive", "spark"):
        found = select_first(found)
    return found


def _without_populate(tokens: list[Token]) -> list[Token]:
    """`create materialized view v engine = MergeTree() order by id populate as select …`."""
    for index, (token, after) in enumerate(pairwise(tokens)):
        if word(token) in ("populate", "empty") and after.token_type == TokenType.ALIAS:
            return [*tokens[:index], *tokens[index + 1 :]]
    return tokens


def _without_join_hints(tokens: list[Token]) -> list[Token]:
    """`JOIN [shuffle] t`, and `SELECT straight_join a`."""
    found: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        after = tokens[index + 1 : index + 3]
        closes = len(after) == 2 and after[1].token_type == TokenType.R_BRACKET
        if token.token_type == TokenType.L_BRACKET and closes and found and found[-1].token_type in _JOINS:
            index += 3
            continue
        if token.text.casefold() != "straight_join" or not found or found[-1].token_type != TokenType.SELECT:
            found.append(token)
        index += 1
    return found


def _with_keywords_as_names(tokens: list[Token]) -> list[Token]:
    """`(select …) left join (select …) right on left.id = right.id`, as in the vendor's pages."""
    found = list(tokens)
    named = {token.token_type for token, after in pairwise(tokens) if after.token_type == TokenType.DOT}
    for index, (token, after) in enumerate(pairwise(tokens)):
        if token.token_type in _KEYWORDS and token.token_type in named:
            ends_a_source = index > 0 and tokens[index - 1].token_type in _ENDS_A_SOURCE
            if after.token_type == TokenType.DOT or (ends_a_source and after.token_type in _AFTER_ALIAS):
                found[index] = retyped(token, TokenType.VAR)
    return found
