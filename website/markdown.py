"""Pages as text: their blocks, headings, anchors and links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

_FENCE: Final = re.compile(
    r"^(?P<indent> *)(?P<marks>`{3,})(?P<language>\w*)(?: title=\"(?P<title>[^\"]+)\")?\n"
    r"(?P<text>(?:.*\n)*?)(?P=indent)(?P=marks)$",
    re.MULTILINE,
)
_INLINE_CODE: Final = re.compile(r"(`+)[^`].*?\1", re.DOTALL)
_HEADING: Final = re.compile(r"^(#{1,6}) +(.*?)(?: +#+)?$", re.MULTILINE)
_LINK: Final = re.compile(r"(?P<begin>!?\[(?:[^\[\]]|\[[^\]]*\])*\]\()(?P<target>[^)\s]+)(?P<end>\))")


class Block(NamedTuple):
    """A fenced block."""

    language: str
    title: str | None
    """The file of a project that it is."""
    text: str
    line: int
    """How many lines of the page come before its text."""
    shown: bool
    """Whether a comment before it says that it is only shown: `<!-- shown -->`."""


def blocks(text: str) -> tuple[Block, ...]:
    """The fenced blocks of a page, in order."""
    return tuple(
        Block(
            found["language"],
            found["title"],
            found["text"],
            text.count("\n", 0, found.start("text")),
            text[: found.start()].rstrip().endswith("<!-- shown -->"),
        )
        for found in _FENCE.finditer(text)
    )


def replace_blocks(text: str, language: str, replacement: Callable[[str], str]) -> str:
    """The page with other text for the blocks of a language."""
    return _FENCE.sub(lambda found: replacement(found["text"]) if found["language"] == language else found[0], text)


def prose(text: str) -> str:
    """The page without blocks."""
    return _FENCE.sub("", text)


def plain_prose(text: str) -> str:
    """The page without blocks, inline code and the targets of links."""
    return _LINK.sub(lambda found: found["begin"] + found["end"], _INLINE_CODE.sub("", prose(text)))


def headings(text: str) -> list[tuple[int, str]]:
    """The level and the text of each heading."""
    return [(len(found[1]), found[2]) for found in _HEADING.finditer(prose(text))]


def anchors(text: str) -> set[str]:
    """What a link to the page may name behind `#`, on the site and where the repository is shown.

    The second of two equal headings has an anchor too, but not the same in both places.
    """
    return {slugify(heading) for _, heading in headings(text)}


def slugify(heading: str, separator: str = "-") -> str:
    """The anchor of a heading, in any script: small letters, `-` for a space, no punctuation."""
    shown = _LINK.sub(lambda found: found["begin"].lstrip("![").removesuffix("]("), heading)
    return re.sub(r"[^\w\- ]", "", shown.strip().lower()).replace(" ", separator)


def slugger() -> Callable[[str, str], str]:
    """What the site makes anchors with."""
    return slugify


def links(text: str) -> Iterator[str]:
    """The targets of the links and pictures of a page."""
    return (found["target"] for found in _LINK.finditer(_INLINE_CODE.sub("", prose(text))))


def replace_links(text: str, replacement: Callable[[str], str | None]) -> str:
    """The page with other targets of links, outside of blocks. Where there is none, the text of the link remains."""

    def link(found: re.Match[str]) -> str:
        target = replacement(found["target"])
        if target is None:
            return found["begin"].removeprefix("[").removesuffix("](")
        return f"{found['begin']}{target}{found['end']}"

    parts: list[str] = []
    end = 0
    for fence in _FENCE.finditer(text):
        parts += [_LINK.sub(link, text[end : fence.start()]), fence[0]]
        end = fence.end()
    return "".join([*parts, _LINK.sub(link, text[end:])])


def read(page: Path) -> str:
    """The text of a page."""
    return page.read_text(encoding="utf-8")
