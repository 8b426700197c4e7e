"""The reference of error texts in both languages, from the source: `python -m website.error_page` writes it."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from dataworks_ext.texts import TEXTS

from .error_texts import GAP, ErrorText, error_texts

DOCS: Final = Path(__file__).parent.parent / "docs"


class Area(NamedTuple):
    """A part of the page: the modules whose texts it has, and what it is called in each language."""

    modules: str
    """A pattern of modules, as `ErrorText.module` writes them. The first area that fits has the text."""
    titles: dict[str, str]


AREAS: Final = (
    Area(r"message|events/|snapshots", {"en": "Messages", "zh": "消息"}),
    Area(
        r"evaluation|context|code|decision|lookup|openapi/|function|loading|errors|retirement|_on_demand|deadline/",
        {"en": "In the record", "zh": "记录中的文本"},
    ),
    Area(
        r"policy|pack|registration|extension|exemption|_decorators",
        {"en": "When the extension is imported", "zh": "导入扩展程序时"},
    ),
    Area(r"settings|modes|types", {"en": "Variables", "zh": "环境变量"}),
    Area(r"archive/", {"en": "The archive", "zh": "归档"}),
    Area(r"sql/", {"en": "SQL", "zh": "SQL"}),
    Area(r"testing/", {"en": "Tests and cases", "zh": "测试与用例"}),
    Area(r"rehearsal/", {"en": "Rehearsals", "zh": "演练"}),
    Area(r"deploy/checkup", {"en": "What doctor finds", "zh": "doctor 发现的问题"}),
    Area(
        r"deploy/(?:build|dependencies|layout|wheels|interpreters|pip_settings|bytecode|pruning|zipping)",
        {"en": "Packaging", "zh": "打包"},
    ),
    Area(r"deploy/", {"en": "Deployment", "zh": "部署"}),
    Area(r"local/", {"en": "The local cloud", "zh": "本地函数计算与事件总线"}),
    Area(r"cli/", {"en": "The command", "zh": "命令行"}),
)

_TITLES: Final = {"en": "Error texts", "zh": "错误文本"}
_INTRODUCTIONS: Final = {
    "en": (
        "Every text of an error that the framework makes, from its source; `…` stands for what is filled in. "
        "[Troubleshooting](troubleshooting.md) explains those that come most often."
    ),
    "zh": (
        "框架会给出的全部错误文本，由源代码生成；`…` 表示填入的内容。文本本身只有英文。"
        "常见的错误见[故障排查](troubleshooting.md)。"
    ),
}
_PERSON: Final = {"en": "What a colleague sees in DataWorks", "zh": "操作人在 DataWorks 中看到的提示"}
_PERSON_HEAD: Final = {"en": ("English", "Chinese"), "zh": ("英文", "中文")}


def page(language: str) -> str:
    """The text of the page."""
    return "\n".join(_lines(language)).rstrip("\n") + "\n"


def area_of(text: ErrorText) -> Area:
    """The part of the page that has the text. Raises `StopIteration` if none does."""
    return next(area for area in AREAS if re.match(area.modules, text.module))


def as_code(text: str) -> str:
    """The text as Markdown shows it unchanged."""
    return f"`` {text} ``" if "`" in text else f"`{text}`"


def _lines(language: str) -> Iterator[str]:
    yield from (f"# {_TITLES[language]}", "", _INTRODUCTIONS[language], "", f"## {_PERSON[language]}", "")
    yield from (f"| {' | '.join(_PERSON_HEAD[language])} |", "| --- | --- |")
    for english, chinese in zip(TEXTS["en"], TEXTS["zh"], strict=True):
        yield f"| {as_code(re.sub(r'{.*?}', GAP, english))} | {as_code(re.sub(r'{.*?}', GAP, chinese))} |"
    yield ""
    for area in AREAS:
        yield from (f"## {area.titles[language]}", "")
        texts = sorted({text.text for text in error_texts() if area_of(text) is area}, key=_without_gaps)
        yield from (f"- {as_code(text)}" for text in texts)
        yield ""


def _without_gaps(text: str) -> tuple[str, str]:
    """By what texts are sorted: what a reader remembers of them."""
    return re.sub(r"[^a-z0-9 ]", "", text.lower()).strip(), text


def main() -> int:
    """Write the page of both languages."""
    for language in _TITLES:
        (DOCS / language / "errors.md").write_text(page(language), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
