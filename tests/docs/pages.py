"""The pages of the documentation, and how their blocks run."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Final

from website import markdown
from website.markdown import Block, read
from website.navigation import LANGUAGES as LANGUAGES

ROOT: Final = Path(__file__).parent.parent.parent
DOCS: Final = ROOT / "docs"
PAGES: Final = sorted(page for language in LANGUAGES for page in (DOCS / language).rglob("*.md"))
README: Final = ROOT / "README.md"
CHINESE_README: Final = ROOT / "README.zh-CN.md"
READMES: Final = (README, CHINESE_README)


@cache
def blocks(page: Path) -> tuple[Block, ...]:
    """The blocks of a page, in order."""
    return markdown.blocks(read(page))


def prose(page: Path) -> str:
    """The page without its blocks."""
    return markdown.prose(read(page))


def name_of(page: Path) -> str:
    """`en/how-to/alerts`: how a test names a page."""
    return page.relative_to(DOCS if DOCS in page.parents else ROOT).with_suffix("").as_posix()


def source_of(page: Path) -> str:
    """The Python blocks of a page that are no files, as one module, whose lines are the page's."""
    source = ""
    for block in blocks(page):
        if block.language == "python" and block.title is None:
            source += "\n" * (block.line - source.count("\n")) + block.text
    return source


def run_blocks(page: Path, module: ModuleType) -> None:
    """Run the Python blocks of a page that are no files, one after the other in one module."""
    exec(compile(source_of(page), str(page), "exec", dont_inherit=True), module.__dict__)
