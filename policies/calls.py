"""Calls of functions in SQL, found without parsing it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_LINE_END: Final = re.compile(r"\r\n?|\n")
_NO_CODE: Final = re.compile(
    r"--[^\r\n]*"
    r"|/\*.*?(?:\*/|\Z)"
    r"|'[^'\\]*(?:\\.[^'\\]*)*\\?(?:'|\Z)"
    r'|"[^"\\]*(?:\\.[^"\\]*)*\\?(?:"|\Z)'
    r"|`[^`\r\n]*`",
    re.DOTALL,
)
"""Comments and literals; a name in backticks too, which is code, but whose quotes begin no literal."""


def first_calls(functions: Iterable[str], code: str) -> dict[str, int]:
    """Which of the functions the code calls, and in which line first; in the order of their first calls."""
    lowered = code.lower()
    named = [name for name in functions if name.lower() in lowered]
    if not named:  # of most code, and then there is nothing to look at closely
        return {}
    bare = _NO_CODE.sub(_without_text, code)
    starts = {name: found.start() for name in named if (found := _call_of(name).search(bare))}
    return {name: _line(bare, start) for name, start in sorted(starts.items(), key=lambda item: item[1])}


def _call_of(function: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?ai:{re.escape(function)})\b`?\s*\(")


def _without_text(found: re.Match[str]) -> str:
    """The replacement of a comment or literal: nothing that looks like code, on as many lines."""
    text = found[0]
    if text.startswith("`"):
        return text
    separator = "''" if text.startswith(("'", '"')) else " "
    return separator + "\n" * len(_LINE_END.findall(text))


def _line(code: str, position: int) -> int:
    return len(_LINE_END.findall(code, 0, position)) + 1
