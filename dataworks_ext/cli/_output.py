"""What the subcommands share: what they print, the extension that is meant, and an end with an error."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Annotated, Final, NoReturn

import typer
from rich.text import Text

from ..decision import Verdict
from ..extension import Extension
from ..loading import APP_VARIABLE, DEFAULT_APP, LoadingError, load_extension
from ._screen import UNPRINTABLE, Screen, printable
from ._tables import Table, TableColumn
from ._user_code import explain_import

UNREADABLE: Final = 2
"""The exit status for what could not be read, loaded or found."""
DEFAULT: Final = DEFAULT_APP
_STYLES: Final = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}
_json_asked: ContextVar[bool] = ContextVar("_json_asked", default=False)
"""Whether errors are JSON, too."""


def answer_in_json(asked: bool) -> bool:
    """Note whether the subcommand was asked for JSON."""
    _json_asked.set(asked)
    return asked


App = Annotated[str, typer.Option("--app", envvar=APP_VARIABLE, metavar="MODULE:NAME", help="The extension.")]
Json = Annotated[bool, typer.Option("--json", callback=answer_in_json, is_eager=True, help="Print JSON.")]


def console(*, error: bool = False) -> Screen:
    """The screen, for the output or for errors."""
    return Screen(error=error)


def table(*columns: str | TableColumn) -> Table:
    """An empty table."""
    return Table(*columns)


def plain(*cells: object) -> list[Text]:
    """Texts whose brackets are brackets, and whose escape sequences are seen."""
    return [cell if isinstance(cell, Text) else Text(printable("" if cell is None else str(cell))) for cell in cells]


def verdict_text(verdict: Verdict) -> Text:
    """The verdict in its colour."""
    return Text(verdict.value, style=_STYLES[verdict])


def print_json(value: Mapping[str, object] | Sequence[object]) -> None:
    """JSON on stdout."""
    sys.stdout.write(to_json(value, indent=2) + "\n")


def to_json(value: object, *, indent: int | None = None) -> str:
    """JSON that stdout can encode, and that has no character on which a terminal or a reader of lines acts."""
    text = json.dumps(value, indent=indent, ensure_ascii=False, default=str)
    text = UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return json.dumps(value, indent=indent, default=str)
    return text


def read_stdin() -> bytes:
    """The bytes of standard input; ends the command if there is none."""
    if sys.stdin is None:
        fail("standard input is closed; name a file instead of -")
    return sys.stdin.buffer.read()


def print_error(text: str, *, as_json: bool = False) -> None:
    """An error for people, and with `--json` for programs, too."""
    if as_json:
        print_json({"error": text})
    console(error=True).print(f"dataworks-ext: {text}")


def fail(text: str) -> NoReturn:
    """End with an error that says what to do."""
    print_error(text, as_json=_json_asked.get())
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
        fail(explain_import(error, app.partition(":")[0]))
