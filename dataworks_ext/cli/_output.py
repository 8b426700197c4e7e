"""What the subcommands share: consoles, the extension that is meant, and an end with an error."""

from __future__ import annotations

import json
import os
import sys
import traceback
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
"""The exit status for what could not be read, loaded or found."""

App = Annotated[str, typer.Option("--app", envvar=APP_VARIABLE, metavar="MODULE:NAME", help="The extension.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
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
    for number, column in enumerate(columns):
        made.add_column(column, overflow="fold", no_wrap=number == 0)  # what people copy is in the first
    return made


def plain(*cells: object) -> list[Text]:
    """Cells whose brackets are brackets."""
    return [cell if isinstance(cell, Text) else Text(printable("" if cell is None else str(cell))) for cell in cells]


def printable(text: str) -> str:
    """The text with lone surrogates, which no terminal takes, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def verdict_text(verdict: Verdict) -> Text:
    """The verdict in its colour."""
    return Text(verdict.value, style=_STYLES[verdict])


def print_json(value: Mapping[str, object] | Sequence[object]) -> None:
    """JSON on stdout."""
    text = json.dumps(value, indent=2, ensure_ascii=False, default=str)
    sys.stdout.write(text.encode("utf-8", "backslashreplace").decode() + "\n")


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
        fail(f"{error}. Run the command in the folder that holds it, or name another with --app module:attribute")
    except (Exception, SystemExit) as error:
        trace = own_traceback(error) or "".join(traceback.format_exception_only(type(error), error)).rstrip()
        fail(f"{app} cannot be imported:\n{trace}")


def own_traceback(error: BaseException) -> str:
    """The traceback from the first frame that is the user's own; empty if none is."""
    trace = error.__traceback__
    while trace is not None and _is_machinery(trace.tb_frame.f_globals.get("__name__")):
        trace = trace.tb_next
    return "" if trace is None else "".join(traceback.format_exception(type(error), error, trace)).rstrip()


def _is_machinery(module: object) -> bool:
    return str(module).partition(".")[0] in (__package__.partition(".")[0], "importlib", "asyncio")
