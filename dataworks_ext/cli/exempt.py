"""`dataworks-ext exempt`: the line that grants an exemption."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from typing import Annotated

import typer

from ..deploy.expiry import review
from ..errors import RegistrationError
from ..exemption import Exemption, Exemptions, exemption_from
from ..extension import Extension
from ..spelling import nearest
from ._output import DEFAULT, App, Json, fail, load, print_json


def exempt(
    policy: Annotated[str, typer.Argument(metavar="POLICY", help="Its id, or a pattern such as 'downloads.*'.")],
    until: Annotated[str, typer.Option(metavar="DAY", help="The last day, in UTC+8: 2027-01-31.")],
    owner: Annotated[str, typer.Option(metavar="NAME", help="Who grants it.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    operators: Annotated[
        list[str] | None, typer.Option("--operator", metavar="UID", help="Whom it is for; can be repeated.")
    ] = None,
    workspaces: Annotated[
        list[int] | None, typer.Option("--workspace", metavar="ID", help="Where it holds; can be repeated.")
    ] = None,
    match: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=PATTERN", help="A field of the event and a shell pattern; can be repeated."),
    ] = None,
    url: Annotated[str | None, typer.Option(metavar="URL", help="Where it was granted, such as a ticket.")] = None,
    app: App = DEFAULT,
    as_json: Json = False,
) -> None:
    """Print the line that grants an exemption.

    Add the line to exemptions=[…] of the Extension, or with --json, to the list in the variable
    DATAWORKS_EXT_EXEMPTIONS. Nothing is changed.

    Exit status 0: printed. 2: the extension cannot be loaded, there is no such policy, or a value is wrong.
    """
    extension = load(app)
    conditions = {
        "operators": operators,
        "workspaces": workspaces,
        "match": dict(map(_field_and_pattern, match or ())),
        "url": url,
    }
    given = {name: value for name, value in conditions.items() if value}
    written = {"policy": policy, "until": until, "owner": owner, "reason": reason, **given}
    try:
        exemption = exemption_from(written)
        exemption.require_term(datetime.now(timezone.utc))
    except RegistrationError as error:
        fail(str(error))
    _require_sense(extension, exemption)
    if as_json:
        print_json(exemption.as_json())
    else:
        typer.echo(line_of(exemption))


def line_of(exemption: Exemption) -> str:
    """The exemption as Python, for the list of an extension."""
    values = {name: value for name, value in exemption.as_json().items() if name not in ("policy", "until")}
    until = exemption.until
    day = f"date({until.year}, {until.month}, {until.day})"
    if isinstance(until, datetime):
        day = f'datetime.fromisoformat("{until.isoformat()}")'
    shown = [_python(exemption.policy), f"until={day}", *(f"{name}={_python(value)}" for name, value in values.items())]
    return f"Exemption({', '.join(shown)}),"


def _python(value: object) -> str:
    """As Python has it, with double quotes."""
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_python, value))}]"
    return json.dumps(value, ensure_ascii=False)


def _field_and_pattern(text: str) -> tuple[str, str]:
    name, equals, pattern = text.partition("=")
    if not equals or not name.strip():
        fail(f"--match takes a field and a pattern, such as --match 'file_name=tmp_*'; got {text}")
    return name.strip(), pattern


def _require_sense(extension: Extension, exemption: Exemption) -> None:
    """End the command if the exemption can never hold."""
    policies = [policy.id for policy in extension.policies]
    if not any(fnmatchcase(policy, exemption.policy) for policy in policies):
        hint = nearest(exemption.policy, policies) or "; `dataworks-ext policies` lists them"
        fail(f"no policy is called {exemption.policy}{hint}")
    configuration = extension.configuration._replace(exemptions=Exemptions([exemption], policies))
    (reviewed,) = review(extension, configuration, datetime.now(timezone.utc))
    if reviewed.state in ("expired", "never holds"):
        fail(reviewed.advice)
