"""What a person in DataWorks sees when a download is refused: a window around the text of a real reply."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from html import escape
from typing import Final, NamedTuple

from rich.text import Text

from dataworks_ext import Extension
from dataworks_ext.cli._screen import wrap
from dataworks_ext.function import Function
from dataworks_ext.testing import FunctionContext, function_compute_message
from policies.downloads import downloads

LANGUAGES: Final = ("en", "zh")
_WIDTH: Final = 680
_LINE: Final = 26
"""Pixels from one line of text to the next."""
_CELLS: Final = 68
"""Cells of a line."""


class Window(NamedTuple):
    """What DataWorks says around the reply."""

    title: str
    rows: tuple[tuple[str, str], ...]
    failed: str
    close: str


_WINDOWS: Final = {
    "en": Window(
        "Download of a query result",
        (("File", "sales.csv"), ("Rows", "2,500,000")),
        "The extension data-guard refused it",
        "Close",
    ),
    "zh": Window(
        "下载查询结果", (("文件", "sales.csv"), ("行数", "2,500,000")), "扩展程序 data-guard 检查未通过", "关闭"
    ),
}


def reply(language: str) -> str:
    """The text that the function answers to a download of 2,500,000 rows from a spreadsheet."""
    extension = Extension("data-guard", packs=[downloads])
    extension.configure({"DATAWORKS_EXT_LANGUAGE": language, "DOWNLOADS_DENIED_SOURCES": "dw_excel"})
    message = function_compute_message(
        "download-resources", dataRowSize="2500000", moduleType="dw_excel", fileName="sales.csv"
    )
    with redirect_stdout(io.StringIO()):
        answer = json.loads(Function(extension, environment={}).handler(message, FunctionContext()))
    assert answer["checkResult"] == "FAIL"
    text: str = answer["errorMessage"]
    return text


def refusal(language: str) -> str:
    """The window as SVG, which loads nothing."""
    window = _WINDOWS[language]
    lines = [line.plain for paragraph in reply(language).split("\n") for line in wrap(Text(paragraph), _CELLS)]
    rows = [
        f'<text x="32" y="{96 + number * _LINE}" fill="#6b7280">{escape(name)}</text>'
        f'<text x="120" y="{96 + number * _LINE}" fill="#1f2937">{escape(value)}</text>'
        for number, (name, value) in enumerate(window.rows)
    ]
    top = 96 + len(rows) * _LINE
    box = 58 + len(lines) * _LINE
    height = top + box + 88
    texts = [
        f'<text x="72" y="{top + 62 + number * _LINE}" fill="#1f2937">{escape(line)}</text>'
        for number, line in enumerate(lines)
    ]
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" role="img">',
            f"<title>{escape(window.failed)}</title>",
            '<style>text { font: 16px system-ui, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }',
            ".strong { font-weight: 600; }</style>",
            f'<rect x="1" y="1" width="{_WIDTH - 2}" height="{height - 2}" rx="10" fill="#fff" stroke="#d1d5db"/>',
            f'<text class="strong" x="32" y="44" fill="#111827">{escape(window.title)}</text>',
            f'<path d="M1 64H{_WIDTH - 1}" stroke="#e5e7eb"/>',
            *rows,
            f'<rect x="24" y="{top}" width="{_WIDTH - 48}" height="{box}" rx="6" fill="#fef2f2" stroke="#fecaca"/>',
            f'<circle cx="48" cy="{top + 29}" r="9" fill="#dc2626"/>',
            f'<path d="M44.5 {top + 25.5}l7 7m0 -7l-7 7" stroke="#fff" stroke-width="2" stroke-linecap="round"/>',
            f'<text class="strong" x="72" y="{top + 35}" fill="#991b1b">{escape(window.failed)}</text>',
            *texts,
            f'<rect x="{_WIDTH - 120}" y="{height - 60}" width="96" height="36" rx="6" fill="#2563eb"/>',
            f'<text x="{_WIDTH - 72}" y="{height - 36}" fill="#fff" text-anchor="middle">{escape(window.close)}</text>',
            "</svg>\n",
        )
    )
