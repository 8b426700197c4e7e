"""The subcommands, put together."""

from __future__ import annotations

import typer

from . import check, deploy, doctor, events, invoke, local, new, package, policies, test

app = typer.Typer(
    name="dataworks-ext",
    help="Policies for Alibaba Cloud DataWorks: look up events, try policies on messages, package and deploy them.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command("new")(new.new)
app.command("events")(events.events)
app.command("policies")(policies.policies)
app.command("check")(check.check)
app.command("test")(test.run_cases)
app.command("package")(package.package)
app.command("doctor")(doctor.doctor)
app.command("local")(local.local)
app.command("deploy")(deploy.deploy)
app.command("invoke")(invoke.invoke)
