"""`dataworks-ext rehearse`: the archive put to an extension that is not deployed yet."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack
from datetime import datetime, timezone
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, get_args

import typer

from ..errors import SettingsError
from ..extension import Extension
from ..modes import MODES_VARIABLE
from ..settings import LANGUAGE_VARIABLE, variable_of
from ..testing.cases.moment import read_moment
from ..testing.deciding import setting_named
from ..texts import Language
from ._archives import ProgressLine, explained
from ._counting import Asked, count_here, count_on_spark, opened_here
from ._forms import save, shown
from ._output import DEFAULT, App, console, fail, load, plain, print_json, table
from ._packing import pack
from ._screen import inline
from ._tables import Table, TableColumn

if TYPE_CHECKING:
    from ..rehearsal.report import Report
    from ..rehearsal.sources import Sources
    from ..rehearsal.task import Identity

OVER_A_LIMIT = 1
"""The exit status for a limit that is exceeded."""


class Format(str, Enum):
    """How a report is written."""

    TABLE = "table"
    JSON = "json"
    HTML = "html"
    MARKDOWN = "markdown"
    JUNIT = "junit"
    SARIF = "sarif"


def rehearse(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE...", help="oss://bucket/prefix, folders or files of archived lines.", show_default=False
        ),
    ] = None,
    app: App = DEFAULT,
    against: Annotated[
        str, typer.Option(metavar="BASELINE", help="recorded, a commit of git, or another MODULE:NAME.")
    ] = "recorded",
    last: Annotated[str | None, typer.Option(metavar="DAYS", help="Of the last days only: 90d.")] = None,
    events: Annotated[str | None, typer.Option(metavar="CODES", help="Of these event codes only.")] = None,
    modes: Annotated[
        str | None, typer.Option(metavar="MODES", help="Modes, as in DATAWORKS_EXT_MODES: downloads.*=enforce.")
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="PACK.FIELD=VALUE", help="Override a setting; repeatable.")
    ] = None,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="DATE", help="Judge exemptions as of a day; today by default.")
    ] = None,
    form: Annotated[Format, typer.Option("--format", help="The form of the report.")] = Format.TABLE,
    output: Annotated[Path | None, typer.Option("--output", "-o", metavar="FILE", help="Where it goes.")] = None,
    people: Annotated[bool, typer.Option("--people", help="Name people, and not by pseudonyms.")] = False,
    language: Annotated[str | None, typer.Option(metavar="en|zh", help="The language of its texts.")] = None,
    max_newly_denied: Annotated[
        int | None, typer.Option(min=0, metavar="N", help="Fail if more messages are newly denied.")
    ] = None,
    max_people: Annotated[int | None, typer.Option(min=0, metavar="N", help="Fail if more people are.")] = None,
    save_case: Annotated[
        str | None, typer.Option(metavar="ID", help="Save a message as a case in cases/, with its new verdict.")
    ] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, metavar="N", help="Processes; all cores.")] = None,
    spark: Annotated[
        str | None, typer.Option(metavar="MASTER", help="Run on Spark: yarn, spark://host:7077, local[2].")
    ] = None,
    environment_file: Annotated[
        str | None, typer.Option("--environment", metavar="FILE", help="The packed environment of Spark's workers.")
    ] = None,
    pack_environment: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Pack this environment and the extension for Spark, and stop.")
    ] = None,
) -> None:
    """Run policies on archived messages and count what changes.

    Nobody is told, and DataWorks is not asked: what policies look up is answered as it was then. Denials are counted
    before modes, so a rule in shadow shows what it would block.

    Exit status 0: no limit is exceeded. 1: one is. 2: a source, the extension or the baseline cannot be used.
    """
    environment = {**os.environ, **({MODES_VARIABLE: modes} if modes is not None else {})}
    extension = load(app)
    environment.update(_settings(extension, settings or []))
    environment.update(_language(language))
    moment = _as_of(as_of)
    progress = ProgressLine()
    with explained(), ExitStack() as stack:
        stack.callback(progress.end)
        from ..rehearsal.cache import Cache
        from ..rehearsal.report import Circumstances, differing_settings, exceeded, report_of
        from ..rehearsal.sources import since_of
        from ..rehearsal.task import Candidate, identity_of
        from ..rehearsal.workers import cores

        extension.configure(environment)
        identity = identity_of(extension, os.getcwd())
        if pack_environment is not None:
            return pack(pack_environment, app, identity, against)
        if spark is not None and (jobs is not None or save_case is not None):
            fail("--jobs and --save-case are for this machine; leave out --spark")
        if environment_file is not None and spark is None:
            fail("--environment is for the workers of Spark; name its master in --spark")
        if not sources:
            fail("name what is rehearsed: oss://bucket/prefix, folders, or files of archived lines")
        _refuse_problems(identity, modes)
        asked = Asked(
            sources,
            Candidate(app, os.getcwd(), environment),
            identity,
            against,
            since_of(last),
            None if events is None else frozenset(map(str.strip, events.split(","))),
            moment,
        )
        if save_case is not None:
            return _save_case(opened_here(asked, Cache(), progress), save_case, extension, moment)
        if spark is None:
            counted = count_here(asked, jobs or cores(), progress)
        else:
            counted = count_on_spark(asked, spark, environment_file, progress)
        summary, duplicates, compared = counted
        circumstances = Circumstances(
            ", ".join(sources),
            against,
            identity,
            duplicates,
            moment,
            max_newly_denied,
            max_people,
            people,
            differing_settings(summary, compared or identity),
            identity.problems,
        )
        report = report_of(summary, circumstances)
    _write(report, form, output, extension.configuration.language)
    if exceeded(report):
        raise typer.Exit(OVER_A_LIMIT)
    return None


def _settings(extension: Extension, options: list[str]) -> dict[str, str]:
    """The variables that stand for settings; ends the command if there is no such setting."""
    found = {}
    for option in options:
        name, equals, value = option.partition("=")
        if not equals:
            fail(f"--set takes a setting and its value, such as --set downloads.max_rows=1000; got {option}")
        try:
            pack, field = setting_named(extension, name.strip())
        except SettingsError as error:
            fail(f"--set {name}: {error}")
        found[variable_of(pack, field)] = value
    return found


def _refuse_problems(identity: Identity, modes: str | None) -> None:
    """End the command where what was given on its line does not hold."""
    for problem in identity.problems:
        if modes is not None and problem.startswith(MODES_VARIABLE):
            fail(f"--modes: {problem.removeprefix(MODES_VARIABLE).lstrip(': ')}")
        console(error=True).print(*plain(f"Problem: {problem}"), style="red")


def _language(given: str | None) -> dict[str, str]:
    """The variable that stands for the language; ends the command if there is no such language."""
    if given is not None and given not in get_args(Language):
        fail(f"--language should be en or zh, got {given}")
    return {} if given is None else {LANGUAGE_VARIABLE: given}


def _as_of(text: str | None) -> datetime:
    try:
        return datetime.now(timezone.utc) if text is None else read_moment(text)
    except ValueError as error:
        fail(f"--as-of: {error}")


def _save_case(opened: Sources, message_id: str, extension: Extension, moment: datetime) -> None:
    from ..rehearsal.kernel import decision_on
    from ..rehearsal.saving import find_line, save_case

    line = find_line(opened.parts, message_id)
    verdict = decision_on(extension, line, moment).verdict.value
    try:
        path = save_case(line, Path("cases"), verdict)
    except FileExistsError as error:
        fail(str(error))
    console().print(f"{inline(str(path))}: {verdict}")


def _write(report: Report, form: Format, output: Path | None, language: Language) -> None:
    if form is Format.TABLE and output is None:
        print_report(report)
        return
    if form is Format.JSON and output is None:
        print_json(report)
        return
    with explained():
        text = _text(report, form, language)
    if output is None:
        sys.stdout.write(text)
        return
    save(output, text)


def _text(report: Report, form: Format, language: Language) -> str:
    """The report as text of a form."""
    import json

    from ..rehearsal.as_junit import junit
    from ..rehearsal.as_markdown import markdown
    from ..rehearsal.as_page import page
    from ..rehearsal.as_sarif import sarif

    if form is Format.HTML:
        return page(report, language)
    if form is Format.MARKDOWN:
        return markdown(report, language)
    if form is Format.JUNIT:
        return junit(report)
    if form is Format.SARIF:
        return sarif(report)
    if form is Format.JSON:
        return json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    return shown(lambda: print_report(report))


def print_report(report: Report) -> None:
    """The report on the screen."""
    from ..rehearsal.report import telling
    from ..rehearsal.wording import WORDING, warnings_of

    out = console()
    since, until = ((report[name] or "?")[:10] for name in ("since", "until"))
    out.print(f"{inline(report['source'])}, {since} to {until}, compared with {inline(report['baseline'])}")
    objecting = telling(report)
    if objecting:
        out.print(_table(report))
        out.print("New: newly denied. Freed: newly allowed. Denials are counted before modes.")
    if silent := len(report["policies"]) - len(objecting):
        out.print(f"{silent} of {len(report['policies'])} policies object to nothing.")
    out.print(
        f"{report['messages']:,} messages: {report['denied']:,} denied, {report['newly_denied']:,} newly denied "
        f"({report['people']:,} people), {report['newly_allowed']:,} newly allowed, {report['unknown']:,} unknown, "
        f"{report['unread']:,} unread"
    )
    for cause in report["unread_causes"]:
        out.print(f"  Unread: {cause['cause']}: {cause['count']:,}, first in {inline(cause['first'])}")
    for policy in report["policies"]:
        if policy["unknown"]:
            causes = ", ".join(f"{what} {count:,}" for what, count in policy["unknown_causes"].items())
            out.print(f"  Unknown: {policy['policy']} looked at what is not archived: {causes}")
        if policy["unstable"]:
            text = f"{policy['policy']} answered {policy['unstable']:,} messages differently when asked again"
            out.print(f"  Unstable: {text}", style="yellow")
    for warning in warnings_of(report, WORDING["en"]):
        out.print(f"  Warning: {warning}", style="yellow")
    for limit in report["limits"]:
        name = "newly denied messages" if limit["limit"] == "newly_denied" else "people newly denied"
        said = "over the limit" if limit["exceeded"] else "within the limit"
        out.print(
            f"{limit['found']:,} {name}: {said} of {limit['most']:,}", style="red" if limit["exceeded"] else "green"
        )


def _table(report: Report) -> Table:
    from ..rehearsal.report import telling

    numbers = ("Denies", "People", "New", "Freed", "Warns", "Fails", "Unknown")
    shown = table("Policy", *(TableColumn(name, right=True) for name in numbers))
    for policy in telling(report):
        counts = (
            *(policy["denies"], policy["people"], policy["newly_denied"], policy["newly_allowed"]),
            *(policy["warns"], policy["fails"], policy["unknown"]),
        )
        mode = "" if policy["mode"] == "enforce" else f" ({policy['mode']})"
        shown.add_row(f"{policy['policy']}{mode}", *(f"{count:,}" for count in counts))
    return shown
