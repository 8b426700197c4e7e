"""What MaxCompute takes and the parser does not: rewritten in the tokens of a statement, so that all places stay.

Source: the vendor's reference of MaxCompute SQL, page by page of its clauses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .dialects import Token, TokenType
from .tokens import closing, ends_a_name, retyped, word

_NAMES: Final = (TokenType.VAR, TokenType.IDENTIFIER)
_LISTED: Final = (TokenType.STRING, TokenType.COMMA)
_AFTER_SELECT_LIST: Final = frozenset(
    (
        TokenType.WHERE,
        TokenType.GROUP_BY,
        TokenType.HAVING,
        TokenType.QUALIFY,
        TokenType.WINDOW,
        TokenType.ORDER_BY,
        TokenType.SORT_BY,
        TokenType.CLUSTER_BY,
        TokenType.DISTRIBUTE_BY,
        TokenType.LIMIT,
        TokenType.UNION,
        TokenType.EXCEPT,
        TokenType.INTERSECT,
    )
)
_MATERIALIZED: Final = frozenset(("build", "deferred", "enable", "disable", "query", "rewrite"))
"""Words of CREATE MATERIALIZED VIEW that change nothing of what it reads and writes."""


def adapted_maxcompute(tokens: Sequence[Token]) -> list[Token]:
    """The tokens as the parser takes them."""
    found = _without_words(tokens)
    start = [word(token) for token in found[:8]]
    if start[:3] == ["unload", "from", "("]:
        return found[3 : (closing(found, 2) or len(found)) - 1]
    if start[:1] == ["insert"]:
        found = _with_partition(_without_if_not_exists(found))
    if start[:1] == ["create"]:
        found = _without_clusters(found)
        if "materialized" in start:
            found = _plain_view(found)
    return _lateral_joins(found)


def _without_words(tokens: Sequence[Token]) -> list[Token]:
    """Without what says nothing about tables and columns; ZORDER BY is SORT BY."""
    found: list[Token] = []
    index = 0
    while index < len(tokens):
        skipped = _silent(tokens, index, found[-1].token_type if found else None)
        if not skipped and [word(token) for token in tokens[index : index + 2]] == ["zorder", "by"]:
            found.append(retyped(tokens[index], TokenType.SORT_BY))
            skipped = 2
        elif not skipped:
            found.append(tokens[index])
            skipped = 1
        index += skipped
    return found


def _silent(tokens: Sequence[Token], index: int, before: TokenType | None) -> int:
    """How many tokens at a place say nothing about tables and columns.

    `project:` of a function, `new` of `new java.math.BigInteger('1')`, `resources 'x.py'` after `using 'x.py'`, the
    second of `'a' 'b'`, and what follows `t` in `t timestamp between x and y`.
    """
    kinds = [token.token_type for token in tokens[index : index + 5]]
    text = word(tokens[index])
    if kinds[0] in _NAMES and kinds[1:4] == [TokenType.COLON, TokenType.VAR, TokenType.L_PAREN]:
        return 2
    if kinds[0] == before == TokenType.STRING or (text == "new" and _is_constructed(tokens, index + 1)):
        return 1
    if text == "resources" and before == TokenType.STRING:
        rest = (place for place in range(index + 1, len(tokens)) if tokens[place].token_type not in _LISTED)
        return next(rest, len(tokens)) - index
    between = kinds[1:4:2] == [TokenType.BETWEEN, TokenType.AND]
    return 5 if between and before in _NAMES and text in ("timestamp", "version") else 0


def _is_constructed(tokens: Sequence[Token], start: int) -> bool:
    end = ends_a_name(tokens, start)
    return end is not None and [token.token_type for token in tokens[end : end + 1]] == [TokenType.L_PAREN]


def _without_if_not_exists(tokens: list[Token]) -> list[Token]:
    """`insert overwrite table t partition (ds = '1') if not exists select …`."""
    for index in range(1, len(tokens) - 2):
        if tokens[index].token_type == TokenType.SELECT:
            break
        words = [word(token) for token in tokens[index : index + 3]]
        if words == ["if", "not", "exists"] and tokens[index - 1].token_type == TokenType.R_PAREN:
            return [*tokens[:index], *tokens[index + 3 :]]
    return tokens


def _with_partition(tokens: list[Token]) -> list[Token]:
    """`insert into table t (ds = '1') select …` with the PARTITION that older pages leave out."""
    start = next((index for index, token in enumerate(tokens[:4]) if word(token) == "table"), 0) + 1
    end = ends_a_name(tokens, start) or 0
    if [token.token_type for token in tokens[end : end + 3 : 2]] == [TokenType.L_PAREN, TokenType.EQ]:
        return [*tokens[:end], retyped(tokens[end], TokenType.PARTITION, "PARTITION"), *tokens[end:]]
    return tokens


def _without_clusters(tokens: list[Token]) -> list[Token]:
    """Without `range clustered by (…) sorted by (…) into 4 buckets`, whose ends may be missing."""
    for index in range(len(tokens) - 2):
        if word(tokens[index]) == "clustered" and word(tokens[index + 1]) == "by":
            end = closing(tokens, index + 2)
            if end is not None and [word(token) for token in tokens[end : end + 2]] == ["sorted", "by"]:
                end = closing(tokens, end + 2)
            if end is None:
                return tokens
            if [word(token) for token in tokens[end : end + 3 : 2]] == ["into", "buckets"]:
                end += 3
            start = index - (word(tokens[index - 1]) == "range")
            return [*tokens[:start], *tokens[end:]]
    return tokens


def _plain_view(tokens: list[Token]) -> list[Token]:
    """Of CREATE MATERIALIZED VIEW: the columns first, then the comment, the lifecycle and the partitions."""
    end = next((index for index, token in enumerate(tokens) if word(token) in ("select", "with")), len(tokens))
    head: list[Token] = []
    index = 0
    while index < end:
        token, after = tokens[index], [word(other) for other in tokens[index + 1 : index + 2]]
        if index > 3 and word(token) in _MATERIALIZED:
            index += 1
        elif word(token) == "refresh" and after == ["every"]:
            index += 4
        elif word(token) == "partitioned" and after == ["on"]:
            head.append(retyped(token, TokenType.PARTITION_BY, "PARTITIONED BY"))
            index += 2
        else:
            head.append(token)
            index += 1
    return [*_columns_first(head), *tokens[end:]]


def _columns_first(head: list[Token]) -> list[Token]:
    for index in range(len(head) - 2):
        if word(head[index]) == "lifecycle" and head[index + 2].token_type == TokenType.L_PAREN:
            end = closing(head, index + 2) or index + 2
            return [*head[:index], *head[index + 2 : end], *head[index : index + 2], *head[end:]]
    return head


def _lateral_joins(tokens: list[Token]) -> list[Token]:
    """`a join b on … using f(…) r as (x, y)` as `a join b on … lateral view f(…) r as x, y`."""
    if not tokens or word(tokens[0]) == "merge":
        return tokens
    found: list[Token] = []
    index = 0
    while index < len(tokens):
        token = tokens[index]
        end = _end_of_call(tokens, index + 1) if token.token_type == TokenType.USING else None
        last = None if end is None else closing(tokens, end + 2)
        if end is not None and last is not None and word(tokens[end + 1]) == "as":
            found += (retyped(token, TokenType.LATERAL), retyped(token, TokenType.VIEW))
            found += (*tokens[index + 1 : end + 2], *tokens[end + 3 : last - 1])
            index = last
        else:
            found.append(token)
            index += 1
    return found


def _end_of_call(tokens: Sequence[Token], start: int) -> int | None:
    """Where it goes on after `f(…)`, which begins at a place; None if no call does."""
    named = start < len(tokens) and tokens[start].token_type in _NAMES
    return closing(tokens, start + 1) if named else None


def select_first(tokens: list[Token]) -> list[Token]:
    """`from t where … group by … select … order by …` with its select list in front."""
    depth = 0
    start = None
    for index, token in enumerate(tokens):
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if depth:
            continue
        if token.token_type == TokenType.FROM and start is None:
            start = index
        elif token.token_type == TokenType.INSERT and start is not None:
            return tokens
        elif token.token_type == TokenType.SELECT:
            if start is None:
                return tokens
            end = _end_of_list(tokens, index)
            return [*tokens[:start], *tokens[index:end], *tokens[start:index], *tokens[end:]]
    return tokens


def _end_of_list(tokens: Sequence[Token], start: int) -> int:
    depth = 0
    for index in range(start, len(tokens)):
        token = tokens[index]
        depth += (token.token_type == TokenType.L_PAREN) - (token.token_type == TokenType.R_PAREN)
        if not depth and token.token_type in _AFTER_SELECT_LIST:
            return index
    return len(tokens)
