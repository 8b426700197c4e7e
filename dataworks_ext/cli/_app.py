"""The command: what stands before a subcommand."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import __version__
from ._output import answer_in_json
from ._subcommands import SubcommandGroup

app = typer.Typer(
    name="dataworks-ext",
    cls=SubcommandGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"dataworks-ext {__version__}")
        raise typer.Exit


@app.callback()
def _command(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Policies for Alibaba Cloud DataWorks: look up events, write and test policies, package and deploy them."""
    answer_in_json(False)  # until the subcommand is asked for it
