"""Builds `site/` from `docs/`: `python -m website`, or `make site`.

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
from typing import Final

from .navigation import LANGUAGES, menu, pages_in, problems
from .staging import ROOT, stage

_WORK: Final = ROOT / "build" / "website"
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


def build(repository: str | None) -> None:
    """Build the site of each language, and the page that leads to both."""
    shutil.rmtree(_WORK, ignore_errors=True)
    for language in LANGUAGES:
        folder = _WORK / language
        stage(language, folder / "docs", repository)
        # JSON is YAML too; `mkdocs.yml` is the name by which Zensical takes YAML.
        text = json.dumps(_configuration(language), ensure_ascii=False, indent=2)
        (folder / "mkdocs.yml").write_text(text, encoding="utf-8")
        command = [sys.executable, "-m", "zensical", "build", "--strict", "-f", str(folder / "mkdocs.yml")]
        subprocess.run(command, cwd=ROOT, check=True)
    shutil.rmtree(_TARGET, ignore_errors=True)
    _TARGET.mkdir()
    for language in LANGUAGES:
        (_WORK / language / "site").rename(_TARGET / language)
    shutil.copy(ROOT / "website" / "theme" / "index.html", _TARGET)
    (_TARGET / ".nojekyll").touch()  # GitHub Pages would leave out names that begin with `_`


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
            "custom_dir": str(ROOT / "website" / "theme" / "overrides"),
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
    """Check the pages, then build."""
    parser = argparse.ArgumentParser(prog="python -m website", description="Build the site from docs/ into site/.")
    parser.add_argument(
        "--repository",
        metavar="URL",
        default=os.environ.get("SITE_REPOSITORY"),
        help="below which a path leads to a file; links to files that are no pages need it",
    )
    found = problems(ROOT / "docs")
    for problem in found:
        print(problem, file=sys.stderr)
    if found:
        return 1
    build(parser.parse_args().repository)
    print(f"The site is in {_TARGET.relative_to(Path.cwd()) if Path.cwd() in _TARGET.parents else _TARGET}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
