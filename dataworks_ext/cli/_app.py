"""The subcommands, put together."""

from __future__ import annotations

from typing import Annotated

import typer

from .. import __version__
from . import (
    archive,
    check,
    deploy,
    doctor,
    events,
    exempt,
    invoke,
    local,
    new,
    package,
    policies,
    rehearse,
    sql,
    test,
    versions,
)
from ._output import answer_in_json

app = typer.Typer(
    name="dataworks-ext",
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


app.command("new")(new.new)
app.command("events")(events.events)
app.command("policies")(policies.policies)
app.command("exempt")(exempt.exempt)
app.command("check")(check.check)
app.command("sql")(sql.sql)
app.command("test")(test.run_cases)
app.command("rehearse")(rehearse.rehearse)
app.add_typer(archive.archive, name="archive")
app.command("package")(package.package)
app.command("doctor")(doctor.doctor)
app.command("local")(local.local)
app.command("deploy")(deploy.deploy)
app.command("versions")(versions.versions)
app.command("promote")(versions.promote)
app.command("rollback")(versions.rollback)
app.command("invoke")(invoke.invoke)
