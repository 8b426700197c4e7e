"""Plain text in columns."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[object]], *, numbers: bool = False) -> list[str]:
    """The rows as lines, each column as wide as its widest cell.

    Args:
        rows: Of the same length.
        numbers: Whether cells that are numbers, and their heads, end where their column ends.
    """
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    to_right = [numbers and isinstance(cell, int) for cell in rows[-1]] if rows else []
    lines = []
    for row in rows:
        cells = (
            str(cell).rjust(width) if right else str(cell).ljust(width)
            for cell, width, right in zip(row, widths, to_right, strict=True)
        )
        lines.append("  ".join(cells).rstrip())
    return lines
