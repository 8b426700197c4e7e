"""What the subcommands share: consoles, the extension that is meant, and an end with an error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from typing import Annotated, NoReturn

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..decision import Verdict
from ..extension import Extension
from ..loading import APP_VARIABLE, DEFAULT_APP, LoadingError, load_extension

UNREADABLE = 2
"""The exit code for what could not be read, loaded or found."""

App = Annotated[
    str, typer.Option("--app", envvar=APP_VARIABLE, metavar="MODULE:ATTRIBUTE", help="The extension to work with.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for other programs.")]
DEFAULT = DEFAULT_APP
_STYLES = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}


def console(*, error: bool = False) -> Console:
    """A console that does not cut what it cannot fit when nobody watches."""
    out = Console(stderr=error, highlight=False, soft_wrap=False)
    if not out.is_terminal and "COLUMNS" not in os.environ:
        out.width = 160
    return out


def table(*columns: str) -> Table:
    """An empty table whose cells are plain text."""
    made = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def plain(*cells: object) -> list[Text]:
    """Cells whose brackets are brackets."""
    return [cell if isinstance(cell, Text) else Text("" if cell is None else str(cell)) for cell in cells]


def verdict_text(verdict: Verdict) -> Text:
    """The verdict in its colour."""
    return Text(verdict.value, style=_STYLES[verdict])


def print_json(value: Mapping[str, object] | Sequence[object]) -> None:
    """JSON on stdout."""
    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=str) + "\n")


def fail(text: str) -> NoReturn:
    """End with an error that says what to do."""
    console(error=True).print(Text(f"dataworks-ext: {text}"))
    raise typer.Exit(UNREADABLE)


def load(app: str) -> Extension:
    """The extension that is meant, looked up from the current folder; ends the command if there is none."""
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    try:
        return load_extension(app)
    except LoadingError as error:
        fail(f"{error}. Run the command where {app.partition(':')[0]} is, or name the extension with --app")
    except Exception as error:
        console(error=True).print_exception(suppress=[typer])
        fail(f"{app} cannot be imported: {type(error).__name__}, see above")
