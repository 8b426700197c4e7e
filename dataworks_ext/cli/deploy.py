"""`dataworks-ext deploy`: create or update the function, its versions, and the rules that bring events to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zipfile import BadZipFile

import typer

from ..deploy.checkup import Finding, examine
from ..deploy.freshness import differences, out_of_date
from ..deploy.layout import PackagingError
from ..deploy.s_yaml import Manifest
from ..extension import Extension
from ..loading import APP_VARIABLE
from ..openapi.api import CODE_VARIABLE
from ..testing.discarded import sources_of
from ._cloud import (
    ACCOUNT_VARIABLE,
    DEFAULT_ALIAS,
    Alias,
    Api,
    ApiVersion,
    Endpoint,
    EventBridgeEndpoint,
    FunctionPlace,
    Service,
    SYaml,
    buses_of,
    explaining,
    manifest_of,
    region_of,
    store_of,
)
from ._deployment_plan import console_values, print_changes, print_values
from ._output import DEFAULT, UNREADABLE, App, Json, console, fail, load, plain, print_json
from .doctor import UNHEALTHY, print_findings

if TYPE_CHECKING:
    from ..deploy.event_rules import BusOptions, WantedRule
    from ..deploy.function_store import FunctionStore
    from ..deploy.rule_book import RuleBook
    from ..deploy.steps import DeploymentStep

ENDPOINT_OF_TARGET = "DATAWORKS_EXT_TARGET_ENDPOINT"
SERVICE_OF_TARGET = "DATAWORKS_EXT_TARGET_SERVICE"
TYPES_VARIABLE = "DATAWORKS_EXT_TYPES_PER_RULE"


@explaining
def deploy(
    package: Annotated[Path, typer.Option(metavar="FILE", help="The zip that `package` builds.")] = Path(
        "dist/function.zip"
    ),
    s_yaml: SYaml = Path("s.yaml"),
    api: Api = ApiVersion.THREE,
    service: Service = None,
    endpoint: Endpoint = None,
    event_bus: Annotated[
        str, typer.Option(envvar="DATAWORKS_EXT_EVENT_BUS", metavar="NAME", help="The bus of the OpenEvent channel.")
    ] = "",
    dead_letter_queue: Annotated[
        str, typer.Option(envvar="DATAWORKS_EXT_DEAD_LETTER_QUEUE", metavar="ARN", help="For events given up.")
    ] = "",
    eventbridge_endpoint: EventBridgeEndpoint = None,
    rules: Annotated[bool, typer.Option("--rules/--no-rules", help="Make the rules of EventBridge.")] = True,
    alias: Alias = DEFAULT_ALIAS,
    canary: Annotated[
        int | None, typer.Option(min=1, max=99, metavar="PERCENT", help="Give the new version this share only.")
    ] = None,
    app: App = DEFAULT,
    force: Annotated[bool, typer.Option("--force", help="Deploy in spite of problems.")] = False,
    take_over: Annotated[
        bool, typer.Option("--take-over", help="Change a function or rule that something else made.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the changes without making them.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before the changes are made.")] = False,
    as_json: Json = False,
) -> None:
    """Create or update the function, its version and its event rules.

    s.yaml describes the function. The changes are shown before they are made. Credentials are those of the environment:
    ALIBABA_CLOUD_ACCESS_KEY_ID, ALIBABA_CLOUD_ACCESS_KEY_SECRET and ALIBABA_CLOUD_SECURITY_TOKEN.

    Problems that `doctor` finds, and a package that is out of date, stop the deployment.

    Exit status 0: deployed, or nothing to change. 1: stopped by a problem. 2: not deployed, or not completely.
    """
    manifest = manifest_of(s_yaml)
    if not package.is_file():
        fail(f"there is no package {package}; build it: dataworks-ext package")
    store = store_of(manifest, FunctionPlace(api, service, endpoint))
    if not force:
        _check(manifest, package, app, store, stop=not dry_run, as_json=as_json)
    extension = load(manifest.environment.get(APP_VARIABLE, app)) if rules else None
    options = _bus_options(event_bus, dead_letter_queue)
    book = _rule_book(manifest, store, extension, options, alias, eventbridge_endpoint, take_over=take_over)

    from ..deploy.deployment import Deployment
    from ..deploy.function_compute_2 import settings_of_2
    from ..deploy.function_store import wanted_of
    from ..deploy.release import release_of

    wanted = wanted_of(manifest, package)
    if api is ApiVersion.TWO:
        wanted = wanted._replace(settings=settings_of_2(wanted.settings))
    share = None if canary is None else canary / 100
    deployment = Deployment(store, wanted, release_of(package), alias, share, book, take_over=take_over)
    changes = deployment.changes()
    notes = deployment.notes()
    if not as_json:
        print_changes(wanted.name, changes)
        for note in notes:
            console().print(f"Note: {note}.")
    done: list[str] = []
    if changes and not dry_run:
        if not yes:
            _confirm(as_json=as_json)
        done = run_steps(deployment.steps(), as_json=as_json)
    values = console_values(manifest, store, options if book else None, extension)
    if as_json:
        shown = [change._asdict() for change in changes]
        print_json({"changes": shown, "notes": notes, "done": done, "console": values})
    elif not dry_run:
        print_values(values)


def run_steps(steps: Sequence[DeploymentStep], *, as_json: bool) -> list[str]:
    """Do the steps, and say of each that it is done; ends the command where one fails, with what is left."""
    from ..deploy.steps import StoppedError, carry_out

    done: list[str] = []

    def tell(text: str) -> None:
        done.append(text)
        if not as_json:
            console().print(*plain(f"Done: {text}"))

    try:
        carry_out(steps, tell)
    except StoppedError as error:
        if as_json:
            print_json({"error": str(error), "done": list(error.done), "not_done": list(error.left)})
        out = console(error=True)
        out.print(*plain(f"dataworks-ext: {error}"))
        for text in error.left:
            out.print(*plain(f"Not done: {text}"))
        out.print(*plain("Run the command again to do what is left."))
        raise typer.Exit(UNREADABLE) from None
    return done


def _check(manifest: Manifest, package: Path, app: str, store: FunctionStore, *, stop: bool, as_json: bool) -> None:
    """Print what is wrong with what is to be deployed; end the command if there is a problem."""
    found = [_of_deployment(finding, manifest, store) for finding in _problems(manifest, package, app)]
    if found:
        print_findings(console(error=True), found)
    problems = [finding for finding in found if finding.level == "problem"]
    if not problems or not stop:
        return
    text = "not deployed; solve the problems, or deploy in spite of them with --force"
    if as_json:
        print_json({"error": text, "problems": [finding._asdict() for finding in problems]})
    console(error=True).print(f"dataworks-ext: {text}")
    raise typer.Exit(UNHEALTHY)


def _problems(manifest: Manifest, package: Path, app: str) -> list[Finding]:
    app = manifest.environment.get(APP_VARIABLE, app)
    extension = load(app)
    sources = sources_of(extension, app)
    try:
        stale = differences(package, [source for source in sources if source.is_dir()])
    except (PackagingError, OSError, BadZipFile) as error:
        fail(f"{package} cannot be compared with its sources: {error}")
    # the doctor looks at the folder of s.yaml, and what is deployed here is a file
    findings = [found for found in examine(extension, manifest, sources) if found.check != "package"]
    if stale:
        text = f"{package} is {out_of_date(stale)}; build it again: dataworks-ext package"
        findings.append(Finding("package", "problem", text))
    return [found for found in findings if found.level == "problem"]


def _of_deployment(finding: Finding, manifest: Manifest, store: FunctionStore) -> Finding:
    """The finding as it counts here: an extension has no code before it is registered, which needs the function."""
    is_offered = CODE_VARIABLE in manifest.offered - set(manifest.environment)
    if finding.check != "code" or not finding.text.startswith(CODE_VARIABLE) or not is_offered:
        return finding
    deployed = store.get()
    if deployed is not None and CODE_VARIABLE in deployed.environment:
        return finding._replace(text=f"{CODE_VARIABLE} is not set, and the deployed function has it; set it")
    text = f"{CODE_VARIABLE} is not set, so no reply is sent: register the extension, set it, and deploy again"
    return finding._replace(level="warning", text=text)


def _bus_options(event_bus: str, dead_letters: str) -> BusOptions:
    from ..deploy.event_rules import BUS_NAME, TYPES_PER_RULE, BusOptions

    written = os.environ.get(TYPES_VARIABLE, "") or str(TYPES_PER_RULE)
    if not (written.isascii() and written.isdecimal() and int(written)):
        fail(f"{TYPES_VARIABLE} is {written!r}; expected a number of at least 1")
    if event_bus and not BUS_NAME.fullmatch(event_bus):
        fail(f"the event bus is {event_bus!r}; expected letters, digits and -, at most 127")
    endpoint, service = os.environ.get(ENDPOINT_OF_TARGET, ""), os.environ.get(SERVICE_OF_TARGET, "")
    return BusOptions(event_bus, dead_letters, endpoint, service, int(written))


def _rule_book(
    manifest: Manifest,
    store: FunctionStore,
    extension: Extension | None,
    options: BusOptions,
    alias: str,
    endpoint: str | None,
    *,
    take_over: bool,
) -> RuleBook | None:
    """The rules that are wanted; None where the extension needs none, or they are not asked for."""
    from ..deploy.event_rules import DEFAULT_BUS, needs_rules
    from ..deploy.rule_book import RuleBook

    if extension is None or not needs_rules(extension):
        return None
    names = [bus for bus in dict.fromkeys((options.custom_bus, DEFAULT_BUS)) if bus]
    rules = _rules_wanted(region_of(manifest), store, extension, options, alias)
    return RuleBook(buses_of(manifest, endpoint), names, store.name, rules, take_over=take_over)


def _rules_wanted(
    region: str, store: FunctionStore, extension: Extension, options: BusOptions, alias: str
) -> Callable[[], Sequence[WantedRule]]:
    from ..deploy.event_rules import TargetFunction, wanted_rules

    def rules() -> Sequence[WantedRule]:
        account = os.environ.get(ACCOUNT_VARIABLE, "")
        if not account:
            found = store.get()
            account = found.account if found else ""
        target = TargetFunction(region, account, store.name, store.service, alias)
        return wanted_rules(extension, target, options)

    return rules


def _confirm(*, as_json: bool) -> None:
    if as_json or not sys.stdin.isatty():
        fail("nothing was changed: nobody is there to confirm it; add --yes")
    if not typer.confirm("Make these changes?"):
        fail("nothing was changed")
