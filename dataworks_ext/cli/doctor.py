"""`dataworks-ext doctor`: what would go wrong in production, before it does."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from ..deploy.checkup import CHECKS, Finding, examine
from ..deploy.limits import MOST_VARIABLES, variables_size
from ..deploy.s_yaml import SYamlError, read_s_yaml
from ..testing.discarded import sources_of
from ._exemptions import Records, used_by
from ._output import DEFAULT, App, Json, console, fail, load, plain, print_json, table

UNHEALTHY = 1
"""The exit status for at least one problem."""
_STYLES = {"problem": "red", "warning": "yellow"}


def doctor(
    s_yaml: Annotated[
        Path, typer.Option("--s-yaml", metavar="FILE", help="The file that Serverless Devs deploys.")
    ] = Path("s.yaml"),
    records: Records = None,
    app: App = DEFAULT,
    as_json: Json = False,
) -> None:
    """Find what would fail in production.

    Checks the extension, its environment and s.yaml against each other.

    Exit status 0: no problem; warnings do not count. 1: at least one problem. 2: the extension or s.yaml cannot be
    read.
    """
    extension = load(app)
    try:
        manifest = read_s_yaml(s_yaml, os.environ)
    except SYamlError as error:
        fail(str(error))
    findings = examine(extension, manifest, sources_of(extension, app), used_by(records))
    if as_json:
        print_json([finding._asdict() for finding in findings])
    else:
        room = f"Environment variables: {variables_size(manifest.props):,} of {MOST_VARIABLES:,} bytes."
        print_findings(console(), findings, [_passed(findings), room])
    if any(finding.level == "problem" for finding in findings):
        raise typer.Exit(UNHEALTHY)


def _passed(findings: list[Finding]) -> str:
    names = {check.__name__.removeprefix("_check_") for check in CHECKS}
    clean = sorted(names - {finding.check for finding in findings})
    return f"Passed: {', '.join(clean) or 'nothing'}."


def print_findings(out: Console, findings: list[Finding], summary: Sequence[str] = ()) -> None:
    """A table of what was found, a summary, and the lines to paste."""
    if findings:
        found = table("Check", "Level", "What is wrong, and what to do")
        for finding in findings:
            found.add_row(*plain(finding.check, Text(finding.level, style=_STYLES[finding.level]), finding.text))
        out.print(found)
    for text in summary:
        out.print(*plain(text))
    lines = list(dict.fromkeys(finding.paste for finding in findings if finding.paste))
    if lines:
        out.print(*plain("\nLines for s.yaml, to paste:"))
    for line in lines:
        out.print(*plain(line), soft_wrap=True)
