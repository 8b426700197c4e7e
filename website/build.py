"""Builds `site/` from `docs/`: `python -m website.build`, or `make site`.

The folder works from any static host and, but for the search, from disk. Nothing in it is loaded from elsewhere.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from .navigation import LANGUAGES, menu, pages_in, problems
from .staging import ROOT, stage

_THEME: Final = ROOT / "website" / "theme"
_TARGET: Final = ROOT / "site"
_TEXTS: Final = {
    "en": {
        "name": "English",
        "description": "Policies for Alibaba Cloud DataWorks as small Python functions",
        "light": "Switch to light",
        "dark": "Switch to dark",
        "system": "Follow the system",
    },
    "zh": {
        "name": "中文",
        "description": "用简短的 Python 函数编写阿里云 DataWorks 扩展程序",
        "light": "切换到浅色",
        "dark": "切换到深色",
        "system": "跟随系统",
    },
}


class BuildError(Exception):
    """The site cannot be built; the text says why, a line a problem."""


def build(target: Path, repository: str | None = None) -> None:
    """Build the site of each language, and the page that leads to both, in place of the folder `target`.

    `repository` is the address below which a path leads to a file of the project. Raises `BuildError` if a page is in
    one language only or not in the menu, or a link leads nowhere.
    """
    found = problems(ROOT / "docs")
    if found:
        raise BuildError("\n".join(found))
    with TemporaryDirectory() as work:
        for language in LANGUAGES:
            _build_language(language, Path(work) / language, repository)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        for language in LANGUAGES:
            shutil.move(Path(work) / language / "site", target / language)
    shutil.copy(_THEME / "index.html", target)
    (target / ".nojekyll").touch()  # GitHub Pages would leave out names that begin with `_`


def _build_language(language: str, folder: Path, repository: str | None) -> None:
    """Build a project of Zensical in the folder."""
    stage(language, folder / "docs", repository)
    configuration = folder / "mkdocs.yml"  # the name by which Zensical takes YAML, which JSON is too
    configuration.write_text(json.dumps(_configuration(language)), encoding="utf-8")
    command = [sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(configuration)]
    done = subprocess.run(
        command,
        cwd=ROOT,  # its configuration names a function of this package
        env={**os.environ, "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise BuildError(f"zensical cannot build docs/{language}:\n{done.stdout}")


def _configuration(language: str) -> dict[str, object]:
    """The project of Zensical."""
    (other,) = (one for one in LANGUAGES if one != language)
    texts = _TEXTS[language]
    return {
        "site_name": "dataworks-ext",
        "site_description": texts["description"],
        "docs_dir": "docs",
        "site_dir": "site",
        "use_directory_urls": False,  # a browser shows no `index.html` of a folder on disk
        "nav": menu(language, pages_in(ROOT / "docs")[language]),
        "theme": {
            "language": language,
            "custom_dir": str(_THEME / "overrides"),
            "font": False,
            "features": [
                "content.code.copy",
                "navigation.footer",
                "navigation.indexes",
                "navigation.tabs",
                "navigation.top",
                "search.highlight",
                "toc.follow",
            ],
            "palette": [
                _palette("(prefers-color-scheme)", "default", "lucide/sun-moon", texts["light"]),
                _palette("(prefers-color-scheme: light)", "default", "lucide/sun", texts["dark"]),
                _palette("(prefers-color-scheme: dark)", "slate", "lucide/moon", texts["system"]),
            ],
        },
        "extra": {"alternate": True, "other": {"code": other, "name": _TEXTS[other]["name"]}, "generator": False},
        "extra_css": ["assets/site.css"],
        "markdown_extensions": {
            "admonition": {},
            "attr_list": {},
            "md_in_html": {},
            "tables": {},
            "toc": {"permalink": True, "slugify": {"object": "website.markdown.slugger"}},
            "pymdownx.details": {},
            "pymdownx.highlight": {"pygments_lang_class": True},
            "pymdownx.inlinehilite": {},
            "pymdownx.superfences": {},
            "pymdownx.tasklist": {},
        },
        "plugins": {"search": {}},
    }


def _palette(media: str, scheme: str, icon: str, name: str) -> dict[str, object]:
    """A colour scheme, and the button that leads to the next one."""
    return {"media": media, "scheme": scheme, "toggle": {"icon": icon, "name": name}}


def main() -> int:
    """Build what the command line asks for."""
    parser = argparse.ArgumentParser(prog="python -m website.build", description="Build docs/ into site/.")
    parser.add_argument(
        "--repository",
        metavar="URL",
        help="below which a path leads to a file; without it, links to files that are no pages are plain text",
    )
    try:
        build(_TARGET, parser.parse_args().repository)
    except BuildError as error:
        print(error, file=sys.stderr)
        return 1
    print("The site is in site/; `python -m http.server --directory site` shows it, with its search.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
