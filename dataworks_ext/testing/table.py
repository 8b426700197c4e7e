"""Plain text for terminals: in columns, and without the escape sequences of others."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters besides tab and line feed: C0, DEL, C1
    "\u2028\u2029"  # line and paragraph separators
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # what changes the direction of the text around it
    "\ud800-\udfff]"  # lone surrogates, which cannot be encoded
)


def printable(text: str) -> str:
    """The text with what a terminal would act on, or cannot take, as escapes. Tabs and line feeds stay."""
    return UNPRINTABLE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def width_of(text: str) -> int:
    """How many cells of a terminal the text takes: a Chinese character takes two, a combining one none."""
    return sum(0 if unicodedata.combining(one) else 1 + (unicodedata.east_asian_width(one) in "WF") for one in text)


def aligned(rows: Sequence[Sequence[object]], *, numbers: bool = False) -> list[str]:
    """The rows as lines, each column as wide as its widest cell.

    Args:
        rows: Of the same length.
        numbers: Whether cells that are numbers, and their heads, end where their column ends.
    """
    widths = [max(width_of(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    to_right = [numbers and isinstance(cell, int) for cell in rows[-1]] if rows else []
    lines = []
    for row in rows:
        cells = []
        for cell, width, right in zip(row, widths, to_right, strict=True):
            blank = " " * (width - width_of(str(cell)))
            cells.append(f"{blank}{cell}" if right else f"{cell}{blank}")
        lines.append("  ".join(cells).rstrip())
    return lines
