"""The pages of the documentation, and the fenced blocks in them."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent.parent
DOCS: Final = ROOT / "docs"
LANGUAGES: Final = ("en", "zh")
PAGES: Final = sorted(page for language in LANGUAGES for page in (DOCS / language).rglob("*.md"))

_BLOCK: Final = re.compile(
    r"^(?P<indent> *)```(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?\n(?P<text>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """A fenced block of a page."""

    language: str
    title: str | None
    """The file of a project that it is; without one, a Python block runs as part of the page."""
    text: str
    line: int
    """How many lines of the page come before it."""


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """The blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return tuple(
        Block(found["language"], found["title"], found["text"], text.count("\n", 0, found.start("text")))
        for found in _BLOCK.finditer(text)
    )


def prose(page: Path) -> str:
    """The page without its blocks."""
    return _BLOCK.sub("", page.read_text(encoding="utf-8"))


def name_of(page: Path) -> str:
    """`en/how-to/alerts`: how a test names a page."""
    return page.relative_to(DOCS).with_suffix("").as_posix()


def run_blocks(page: Path, module: ModuleType) -> None:
    """Run the Python blocks of a page that are no files, one after the other in one module."""
    for block in blocks(page):
        if block.language == "python" and block.title is None:
            source = "\n" * block.line + block.text  # a failure names the line of the page
            exec(compile(source, str(page), "exec", dont_inherit=True), module.__dict__)
