"""What the site is built from: the pages of one language with the front page, the changelog and drawn diagrams.

Links are written for where the repository is shown; here they lead to pages of the site. A link to a file that is no
page leads to the repository if its address is known, and is plain text otherwise.
"""

from __future__ import annotations

import posixpath
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from .diagrams import draw
from .markdown import read, replace_blocks, replace_links

ROOT: Final = Path(__file__).parent.parent
FRONT_PAGES: Final = {"en": "README.md", "zh": "README.zh-CN.md"}
CHANGELOG: Final = "CHANGELOG.md"
_CHANGELOG_HEADING: Final = {
    "en": "# Changelog",
    "zh": "# 变更日志\n\n变更日志只有英文。",
}
_TO_OTHER_README: Final = re.compile(r"^\[\S+\]\(README(?:\.zh-CN)?\.md\)\n\n", re.MULTILINE)
_PICTURE: Final = re.compile(r"^(!\[.*\]\(\S+\))$", re.MULTILINE)
"""A picture that is a paragraph. Its frame can scroll where the window is narrower."""


def stage(language: str, target: Path, repository: str | None) -> None:
    """Write what the site of a language is built from to an empty folder.

    `repository` is the address below which a path leads to a file, as `https://example.com/blob/main`.
    """
    for path in sorted((ROOT / "docs" / language).rglob("*.md")):
        page = path.relative_to(ROOT / "docs" / language).as_posix()
        _write(target / page, adapted(read(path), f"docs/{language}/{page}", language, page, repository))
    front = _TO_OTHER_README.sub("", read(ROOT / FRONT_PAGES[language]), count=1)
    _write(target / "index.md", adapted(front, FRONT_PAGES[language], language, "index.md", repository))
    changes = re.sub(r"\A# .*", _CHANGELOG_HEADING[language], read(ROOT / CHANGELOG))
    _write(target / "changelog.md", adapted(changes, CHANGELOG, language, "changelog.md", repository))
    shutil.copytree(ROOT / "docs" / "assets", target / "assets")
    shutil.copytree(ROOT / "website" / "theme" / "assets", target / "assets", dirs_exist_ok=True)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def adapted(text: str, source: str, language: str, page: str, repository: str | None) -> str:
    """The text of `source`, a file of the repository, as `page` of the site of a language."""
    linked = replace_links(text, _link(source, language, page, repository))
    framed = _PICTURE.sub(r'<div class="picture" markdown="1">\n\n\1\n\n</div>', linked)
    return replace_blocks(framed, "mermaid", draw)


def _link(source: str, language: str, page: str, repository: str | None) -> Callable[[str], str | None]:
    """From a link as `source` in the repository has it to that of the page of the site; None if it leads nowhere."""

    def link(target: str) -> str | None:
        if "://" in target or target.startswith(("#", "mailto:")):
            return target
        path, mark, anchor = target.partition("#")
        named = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        place = place_of(named)
        if place is None:
            return repository and f"{repository}/{named}{mark}{anchor}"
        there, its_page = place
        here = posixpath.dirname(page)
        if there in (language, None):
            return posixpath.relpath(its_page, here or ".") + mark + anchor
        html = its_page.removesuffix(".md") + ".html"
        return posixpath.relpath(f"{there}/{html}", posixpath.join(language, here)) + mark + anchor

    return link


def place_of(path: str) -> tuple[str | None, str] | None:
    """The language and the page of the site that a file of the repository becomes; no language if both have it."""
    for language, front in FRONT_PAGES.items():
        if path == front:
            return language, "index.md"
    if path == CHANGELOG:
        return None, "changelog.md"
    first, _, rest = path.partition("/")
    language, _, page = rest.partition("/")
    if first != "docs" or not page:
        return None
    return (None, rest) if language == "assets" else (language, page)
