"""Runs of tokens: words, names, parentheses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from .dialects import Token, TokenType

_QUOTED: Final = (TokenType.IDENTIFIER, TokenType.STRING)


def word(token: Token) -> str:
    """The token in lower case; empty for what is quoted, which is no word of the language."""
    return "" if token.token_type in _QUOTED else token.text.casefold()


def retyped(token: Token, token_type: TokenType, text: str | None = None) -> Token:
    """The token in the same place, as another kind, or with another text."""
    return Token(token_type, text or token.text, token.line, token.col, token.start, token.end)


def closing(tokens: Sequence[Token], start: int) -> int | None:
    """Where it goes on after the parenthesis that opens at a place; None if none opens, or it does not close."""
    depth = 0
    for index in range(start, len(tokens)):
        kind = tokens[index].token_type
        depth += (kind == TokenType.L_PAREN) - (kind == TokenType.R_PAREN)
        if not depth:
            return index + 1 if kind == TokenType.R_PAREN else None
    return None


def longest_chain(tokens: Sequence[Token]) -> int:
    """How many calls follow each other at most in `f(a).g(b).h(c)`, less one."""
    longest, counts = 0, [0]
    for index, token in enumerate(tokens):
        if token.token_type == TokenType.L_PAREN:
            counts.append(0)
        elif token.token_type == TokenType.R_PAREN and len(counts) > 1:
            counts.pop()
            goes_on = index + 1 < len(tokens) and tokens[index + 1].token_type == TokenType.DOT
            counts[-1] = counts[-1] + 1 if goes_on else 0
            longest = max(longest, counts[-1])
    return longest


def ends_a_name(tokens: Sequence[Token], start: int) -> int | None:
    """Where it goes on after the dotted name that begins at a place; None if there is no name."""
    if start >= len(tokens) or not _is_part(tokens[start]):
        return None
    end = start + 1
    while end + 1 < len(tokens) and tokens[end].token_type == TokenType.DOT and _is_part(tokens[end + 1]):
        end += 2
    return end


def _is_part(token: Token) -> bool:
    kind, first = token.token_type, token.text[:1]
    return kind == TokenType.IDENTIFIER or (kind != TokenType.STRING and (first.isalpha() or first == "_"))
