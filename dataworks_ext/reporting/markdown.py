"""Markdown, as GitHub and GitLab show it in merge requests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_SPECIAL: Final = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>#+!|~"} | {"\n": " ", "\r": " "})


def markdown_text(text: str) -> str:
    """The text in one line, without anything that Markdown or HTML would act on."""
    return text.translate(_SPECIAL)


def markdown_table(titles: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table of cells that are Markdown already."""
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def markdown_details(title: str, text: str) -> str:
    """A part that is closed until somebody opens it."""
    return f"<details><summary>{markdown_text(title)}</summary>\n\n{text}\n\n</details>"
