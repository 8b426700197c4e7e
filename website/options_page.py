"""The reference of all commands and options in both languages: `python -m website.options_page` writes it.

It says what `--help` says. With `--missing` it prints the texts without Chinese instead, as lines for the catalogue.
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Final

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption

from dataworks_ext.cli._app import app

from .translation import OPTIONS, Chinese, English, Translation

DOCS: Final = Path(__file__).parent.parent / "docs"
_TITLES: Final = {"en": "All options", "zh": "全部选项"}
_INTRODUCTIONS: Final = {
    "en": (
        "What `dataworks-ext SUBCOMMAND --help` prints, as a page. [The command](command.md) explains the subcommands "
        "by task, and what their exit statuses mean."
    ),
    "zh": ("即 `dataworks-ext 子命令 --help` 的内容，由命令本身生成。各子命令的用法和退出码见[命令行](command.md)。"),
}
_HEADS: Final = {"en": ("Option", "Meaning", "Default"), "zh": ("选项", "说明", "默认值")}
_EVERYWHERE: Final = ("--help",)


def commands() -> dict[str, TyperCommand]:
    """Every command by its words, those of groups included: `archive ls`."""
    return dict(_commands(typer.main.get_command(app), ""))


def _commands(command: object, words: str) -> Iterator[tuple[str, TyperCommand]]:
    if isinstance(command, TyperGroup):
        for name, below in command.commands.items():
            yield from _commands(below, f"{words} {name}".strip())
    elif isinstance(command, TyperCommand) and not command.hidden:
        yield words, command


def options(command: TyperCommand) -> dict[str, TyperOption]:
    """The options of a command as they are written: `-j, --jobs N`."""
    found = [one for one in command.params if isinstance(one, TyperOption) and not one.hidden]
    return {_written(one): one for one in found if not set(one.opts) & set(_EVERYWHERE)}


def _written(option: TyperOption) -> str:
    names = ", ".join(sorted(option.opts, key=len))
    if option.secondary_opts:
        names = f"{names} / {', '.join(option.secondary_opts)}"
    value = option.metavar or (option.name or "").upper()
    return names if option.is_flag else f"{names} {value}"


def page(language: str, translate: Translation | None = None) -> str:
    """The text of the page."""
    translate = translate or (Chinese(OPTIONS) if language == "zh" else English())
    return "\n".join(_lines(language, translate)).rstrip("\n") + "\n"


def _lines(language: str, translate: Translation) -> Iterator[str]:
    yield from (f"# {_TITLES[language]}", "", _INTRODUCTIONS[language], "")
    for words, command in sorted(commands().items()):
        yield from (f"## {words}", "", *_paragraphs(command.help or "", translate))
        arguments = [one for one in command.params if isinstance(one, TyperArgument)]
        rows = [(one.metavar or (one.name or "").upper(), one.help or "", "") for one in arguments]
        rows += [(written, one.help or "", _default(one)) for written, one in options(command).items()]
        if rows:
            head = _HEADS[language]
            yield from (f"| {' | '.join(head)} |", "| --- | --- | --- |")
            yield from (
                f"| `{_cell(name)}` | {_cell(translate(text))} | {_cell(default)} |" for name, text, default in rows
            )
            yield ""


def _paragraphs(text: str, translate: Translation) -> Iterator[str]:
    for paragraph in inspect.cleandoc(text).split("\n\n"):
        yield from (translate(" ".join(paragraph.split())), "")


def _default(option: TyperOption) -> str:
    """The default, and the variable that gives another one."""
    variable = option.envvar if isinstance(option.envvar, str) else ""
    value = option.default.value if isinstance(option.default, Enum) else option.default
    shown = f"`{value}`" if isinstance(value, (int, str, Path)) and not isinstance(value, bool) and str(value) else ""
    if isinstance(option.show_default, str):
        shown = f"`{option.show_default}`"
    return ", ".join(filter(None, (shown, f"`{variable}`" if variable else "")))


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main(arguments: Sequence[str]) -> int:
    """Write the page of both languages, or print what has no Chinese."""
    chinese = Chinese(OPTIONS)
    written = {"en": page("en"), "zh": page("zh", chinese)}
    if "--missing" in arguments:
        for text in chinese.missing:
            print(f'{json.dumps(text, ensure_ascii=False)}: ""')
        return 0
    for language, text in written.items():
        (DOCS / language / "options.md").write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
