"""Tables that chop no word: what does not fit beside the other columns goes below its row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, Literal, NamedTuple

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderResult
from rich.text import Text

from ._screen import longest_word, printable, wrap

_GAP: Final = 2
_INDENT: Final = 4
_PROSE: Final = 40
"""Cells that the last column needs to be wrapped beside the others."""


class TableColumn(NamedTuple):
    """A column, and its place where the table is too wide for the terminal."""

    title: str
    narrow: Literal["beside", "below", "leading", "dropped"] = "beside"
    """`leading` begins the paragraph of the next column below."""
    right: bool = False
    """Whether cells are aligned to the right."""


class Table:
    """Rows of texts under titles.

    Args:
        columns: Their titles, or columns. Unless it says otherwise, the last column goes below its row.
    """

    def __init__(self, *columns: str | TableColumn) -> None:
        made = [column if isinstance(column, TableColumn) else TableColumn(column) for column in columns]
        if isinstance(columns[-1], str) and len(columns) > 1:
            made[-1] = TableColumn(columns[-1], "below")
        self._columns = made
        self._rows: list[list[Text]] = []

    def add_row(self, *cells: object) -> None:
        """A row: a text or value for each column. A text may have several lines."""
        self._rows.append([cell if isinstance(cell, Text) else Text(_shown(cell)) for cell in cells])

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The rows as lines of the console's width."""
        rule = "─" if options.encoding.startswith("utf") else "-"
        for line in self._lines(options.max_width, rule):
            line.no_wrap, line.overflow = True, "ignore"
            yield line
        yield Text()

    def _lines(self, width: int, rule: str) -> Iterator[Text]:
        beside, room = self._layout(width)
        sizes = [min(self._size(column), room if column == len(self._columns) - 1 else width) for column in beside]
        titles = [Text(self._columns[column].title, style="bold") for column in beside]
        yield from self._beside(titles, beside, sizes)
        yield Text(rule * (sum(sizes) + _GAP * (len(sizes) - 1)))
        for row in self._rows:
            yield from self._beside([row[column] for column in beside], beside, sizes)
            yield from self._below(row, beside, width)

    def _layout(self, width: int) -> tuple[list[int], int]:
        """The columns that stand beside each other, and the cells that the last column of all has among them."""
        every = list(range(len(self._columns)))
        room = width - self._total(every[:-1]) - _GAP
        prose = self._columns[-1].narrow == "below"
        if self._total(every) <= width or (prose and room >= max(_PROSE, self._longest_word(every[-1]))):
            return every, max(room, 1)
        beside = [column for column in every if self._columns[column].narrow == "beside"]
        while len(beside) > 1 and self._total(beside) > width:
            beside.pop()
        return beside, width

    def _total(self, columns: Sequence[int]) -> int:
        return sum(map(self._size, columns)) + _GAP * (len(columns) - 1)

    def _size(self, column: int) -> int:
        """The cells of its longest line."""
        lines = [line for row in self._rows for line in row[column].plain.split("\n")]
        return max(map(cell_len, [self._columns[column].title, *lines]))

    def _longest_word(self, column: int) -> int:
        return max((longest_word(row[column].plain) for row in self._rows), default=0)

    def _beside(self, cells: Sequence[Text], columns: Sequence[int], sizes: Sequence[int]) -> Iterator[Text]:
        """The lines of cells that stand beside each other."""
        wrapped = [
            [part for line in cell.split("\n", allow_blank=True) for part in wrap(line, size)]
            for cell, size in zip(cells, sizes, strict=True)
        ]
        for height in range(max(map(len, wrapped))):
            line = Text()
            for lines, column, size in zip(wrapped, columns, sizes, strict=True):
                part = lines[height] if height < len(lines) else Text()
                blank = " " * max(size - part.cell_len, 0)
                aligned = (blank, part) if self._columns[column].right else (part, blank)
                line = Text.assemble(line, " " * _GAP if line else "", *aligned)
            line.rstrip()
            yield line

    def _below(self, row: Sequence[Text], beside: Sequence[int], width: int) -> Iterator[Text]:
        """What does not stand beside, a paragraph a column."""
        leading = ""
        for number, (column, cell) in enumerate(zip(self._columns, row, strict=True)):
            if number in beside or not cell.plain or column.narrow == "dropped":
                continue
            if column.narrow == "leading":
                leading = f"{leading}{cell.plain}: "
                continue
            label = "" if number == len(row) - 1 else f"{column.title}: "
            lines = cell.split("\n") if not label else [Text(", ").join(cell.split("\n"))]
            for line in lines:
                yield from wrap(Text.assemble(" " * _INDENT, leading, label, line), width)
                leading = label = ""
        if leading:
            yield from wrap(Text(" " * _INDENT + leading.removesuffix(": ")), width)


def _shown(cell: object) -> str:
    return "" if cell is None else printable(str(cell))
