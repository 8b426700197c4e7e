"""What reaches the terminal: no escape sequence of others, no chopped word, and a quiet end when nobody reads on."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from typing import Any, Final, NoReturn

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from ..testing.table import UNPRINTABLE as UNPRINTABLE
from ..testing.table import printable as printable

BROKEN_PIPE: Final = 141
"""The exit status when nobody reads the output to its end, as the shell has it for SIGPIPE."""

_OPENING: Final = "（「『【《〈〔"  # it stays with what follows
_CLOSING: Final = "，。、；：？！）」』】》〉〕％"  # it stays with what precedes
_WIDE: Final = "\u2e80-\u33ff\u3400-\u9fff\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\U00020000-\U0003ffff"
_PIECES: Final = re.compile(rf"\s+|[{_OPENING}]*(?:[^\s{_WIDE}{_OPENING}{_CLOSING}]+|[^\s{_CLOSING}])?[{_CLOSING}]*")
"""What a line may not be broken in: a run of spaces, a word, or a Chinese character with its punctuation."""


def inline(text: str) -> str:
    """The text as it is printed, in one line: for a name that is part of a sentence."""
    return printable(text).replace("\n", "\\n").replace("\t", "\\t")


def wrap(line: Text, width: int) -> list[Text]:
    """The line as lines of at most so many cells. A longer word gets a line of its own and stays whole.

    The lines that follow are indented like the first.
    """
    line.expand_tabs(4)
    indent = len(line.plain) - len(line.plain.lstrip())
    starts = list(_starts(line.plain[indent:], width - indent))
    wrapped = line[indent:].divide(starts)
    for part in wrapped:
        part.rstrip()
    return [Text(" " * indent).append_text(part) for part in wrapped]


def _starts(text: str, width: int) -> Iterator[int]:
    """Where lines begin after the first."""
    used = 0
    for piece in _PIECES.finditer(text):
        size = cell_len(piece[0])
        if used and used + size > width and not piece[0].isspace():
            yield piece.start()
            used = 0
        used += size


def longest_word(text: str) -> int:
    """The cells of its longest part that no line may be broken in."""
    return max((cell_len(piece[0]) for piece in _PIECES.finditer(text) if not piece[0].isspace()), default=0)


class Screen(Console):
    """A console that wraps texts at words; errors only where a terminal shows them, since logs have long lines."""

    def __init__(self, *, error: bool = False) -> None:
        super().__init__(stderr=error, highlight=False)
        self._wraps = self.is_terminal or not error

    def print(self, *objects: Any, **options: Any) -> None:
        """Texts in lines, and other things as they print themselves. A string is text, without markup."""
        texts = [found for found in map(_text, objects) if found is not None]
        if len(texts) < len(objects):
            super().print(*objects, **options)
            return
        for line in Text(" ").join(texts).split("\n", allow_blank=True):
            parts = wrap(line, self.width) if self._wraps and not options.get("soft_wrap") else [line]
            for part in parts:
                super().print(part, **{**options, "soft_wrap": True})

    def on_broken_pipe(self) -> NoReturn:
        """Nobody reads on."""
        end_quietly()


def _text(shown: object) -> Text | None:
    return Text(printable(shown)) if isinstance(shown, str) else shown if isinstance(shown, Text) else None


def end_quietly() -> NoReturn:
    """End, since nobody reads on. What is left in the buffers goes nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(BROKEN_PIPE)
