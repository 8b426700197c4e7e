"""The forms of what a subcommand found: a table for people, and what other programs read."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from enum import Enum
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from ._output import answer_in_json, console, fail, print_json
from ._screen import inline


class Form(str, Enum):
    """How results are written."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    SARIF = "sarif"


def _attend(form: Form) -> Form:
    if form is Form.JSON:
        answer_in_json(True)
    return form


Formatted = Annotated[Form, typer.Option("--format", callback=_attend, is_eager=True, help="The form of the results.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where they go.")]


class Written(NamedTuple):
    """The results in each form, made when it is asked for."""

    show: Callable[[], None]
    """Prints a table."""
    json: Callable[[], Sequence[object]]
    others: Mapping[Form, Callable[[], str]]


def write(form: Form, output: Path | None, results: Written) -> None:
    """Print the results, or write them to a file; ends the command if it cannot be written."""
    if output is None and form is Form.TABLE:
        results.show()
    elif output is None and form is Form.JSON:
        print_json(results.json())
    elif output is None:
        typer.echo(results.others[form](), nl=False)
    else:
        save(output, _text(form, results))


def save(output: Path, text: str) -> None:
    """Write a file, and say so; ends the command if it cannot be written."""
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(text, encoding="utf-8", errors="backslashreplace")
    except OSError as error:
        fail(f"{output} cannot be written: {error.strerror}")
    console(error=True).print(f"{inline(str(output))} is written.")


def shown(show: Callable[[], None]) -> str:
    """What it prints, as text without colours."""
    with redirect_stdout(io.StringIO()) as printed:
        show()
    return printed.getvalue()


def _text(form: Form, results: Written) -> str:
    if form is Form.TABLE:
        return shown(results.show)
    if form is Form.JSON:
        return json.dumps(results.json(), ensure_ascii=False, indent=2, default=str) + "\n"
    return results.others[form]()
