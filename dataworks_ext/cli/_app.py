"""The subcommands, put together."""

from __future__ import annotations

import typer

from . import check, doctor, events, policies

app = typer.Typer(
    name="dataworks-ext",
    help="Policies for Alibaba Cloud DataWorks: look up events, list policies, try them on messages.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("events")(events.events)
app.command("policies")(policies.policies)
app.command("check")(check.check)
app.command("doctor")(doctor.doctor)
