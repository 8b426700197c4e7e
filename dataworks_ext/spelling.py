"""Hints for a word that is not known."""

from __future__ import annotations

from collections.abc import Iterable


def nearest(word: str, known: Iterable[str]) -> str:
    """`; did you mean "…"?` with the known word that is closest; empty if none is close."""
    from difflib import get_close_matches  # only a mistake needs it

    matches = get_close_matches(word, list(known), n=1)
    return f'; did you mean "{matches[0]}"?' if matches else ""
