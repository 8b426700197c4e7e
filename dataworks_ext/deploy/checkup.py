"""Checks of the extension, its environment and `s.yaml` against each other, before deployment."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from datetime import datetime, timezone
from difflib import get_close_matches
from pathlib import Path
from typing import Final, Literal, NamedTuple

from ..archive.options import VARIABLES, ArchiveError, read_options
from ..budget import reply_reserve, seconds_of
from ..extension import Extension
from ..modes import MODES_VARIABLE
from ..openapi.api import CODE_VARIABLE, REGION_VARIABLE, OpenApi, replies_through_openapi
from ..settings import EXEMPTIONS_VARIABLE, variable_of
from ..testing.discarded import discarded_outcomes
from .freshness import differences, out_of_date
from .layout import PackagingError
from .limits import MOST_VARIABLES, REGIONS, property_problems, size_of_variable, variables_size
from .s_yaml import Manifest
from .trigger import eventbridge_configs, handled_types, pattern_lines, pattern_problems

Level = Literal["problem", "warning"]

HANDLER: Final = "index.handler"
INITIALIZER: Final = "index.initializer"
RUNTIMES: Final = ("python3.10", "python3.12")
"""Runtimes of Function Compute that the framework runs on."""
_OWN_VARIABLES: Final = frozenset(
    f"DATAWORKS_EXT_{name}"
    for name in ("APP", "MODES", "EXEMPTIONS", "LANGUAGE", "RECORD_FIELDS", "CODE", "ENDPOINT", "REGION")
)
_DEFAULT_TIMEOUT: Final = 3
NEARLY_FULL: Final = 0.75
"""The share of the room for variables from which on `doctor` says what to move."""
_DEFAULT_BUS_ONLY: Final = (
    "a trigger listens to the bus default, and events of workspaces come by the custom bus of the OpenEvent channel; "
    "remove it, and let `dataworks-ext deploy` make the rules on both"
)
_ROLE_LINE: Final = "role: ${env('FC_ROLE')}  # under props; FC_ROLE is acs:ram::{account id}:role/{name}"
_INITIALIZER_LINES: Final = f"""\
instanceLifecycleConfig:
  initializer:
    handler: {INITIALIZER}
    timeout: 10"""


class Finding(NamedTuple):
    """Something that a check found."""

    check: str
    """The name of the check."""
    level: Level
    """A problem goes wrong; a warning may be meant."""
    text: str
    """What it is, and what to do."""
    paste: str = ""
    """The lines of `s.yaml` that mend it, and where they belong in a comment; empty if there are none."""


class Subject(NamedTuple):
    """What is examined."""

    extension: Extension
    manifest: Manifest
    environment: Mapping[str, str]
    """The function's environment: what `s.yaml` gives it."""
    sources: tuple[Path, ...]
    """Where the policies are written: folders, and single modules."""
    used: Collection[str] | None = None
    """The exemptions that records name; None without records."""
    deployer: Mapping[str, str] = {}
    """The environment of whoever deploys, with the credentials; empty where nothing is asked of the cloud."""


Check = Callable[[Subject], Iterator[Finding]]


def examine(
    extension: Extension,
    manifest: Manifest,
    sources: Iterable[Path] = (),
    used: Collection[str] | None = None,
    deployer: Mapping[str, str] = os.environ,
) -> list[Finding]:
    """What all checks find, in their order.

    Args:
        extension: The extension that is deployed.
        manifest: What `s.yaml` says.
        sources: Where the policies are written: folders, and single modules.
        used: The exemptions that records name; None without records.
        deployer: The environment of whoever deploys.
    """
    subject = Subject(extension, manifest, manifest.environment, tuple(sources), used, deployer)
    return [finding for check in CHECKS for finding in check(subject)]


def _check_handler(subject: Subject) -> Iterator[Finding]:
    handler = subject.manifest.props.get("handler")
    if handler != HANDLER:
        text = f"the handler is {handler}; the package has {HANDLER}"
        yield Finding("handler", "problem", text, f"handler: {HANDLER}")


def _check_initializer(subject: Subject) -> Iterator[Finding]:
    hooks = subject.manifest.props.get("instanceLifecycleConfig")
    initializer = hooks.get("initializer") if isinstance(hooks, Mapping) else None
    named = initializer.get("handler") if isinstance(initializer, Mapping) else None
    if named is None:
        text = f"there is none, so the first message waits until the settings are read; set it to {INITIALIZER}"
        yield Finding("initializer", "warning", text, _INITIALIZER_LINES)
    elif named != INITIALIZER:
        text = f"the initializer is {named}; the package has {INITIALIZER}"
        yield Finding("initializer", "problem", text, _INITIALIZER_LINES)


def _check_runtime(subject: Subject) -> Iterator[Finding]:
    runtime = subject.manifest.props.get("runtime")
    if runtime not in RUNTIMES and not str(runtime).startswith("custom"):
        text = f"{runtime} does not run the framework; use {' or '.join(RUNTIMES)}"
        yield Finding("runtime", "problem", text, f"runtime: {RUNTIMES[0]}")


def _check_settings(subject: Subject) -> Iterator[Finding]:
    configuration = subject.extension.configuration_in(subject.environment)
    for problem in configuration.problems:
        yield Finding("settings", "problem", problem)
    for pack, settings in configuration.settings.items():
        warnings = getattr(settings, "warnings", None)
        for text in warnings(datetime.now(timezone.utc)) if callable(warnings) else ():
            yield Finding("settings", "warning", f"{pack}: {text}")


def _check_archive(subject: Subject) -> Iterator[Finding]:
    """What is archived can be read of the variables, and the function gets there, with a role to write it."""
    try:
        options = read_options(subject.environment, (*subject.extension.packs, subject.extension))
        if options is None:
            return
        if not subject.manifest.props.get("role"):
            text = f"the function has no role; give it one with oss:PutObject on {options.location}/*"
            yield Finding("archive", "problem", text)
        from .archive_bucket import review_bucket, review_endpoint

        region = _region(subject)
        for text, is_problem in (
            *review_endpoint(options, region),
            *review_bucket(options, region, subject.deployer),
        ):
            yield Finding("archive", "problem" if is_problem else "warning", text)
    except ArchiveError as error:
        yield Finding("archive", "problem", str(error))


def _region(subject: Subject) -> str:
    """The function's, as it finds it itself."""
    return subject.environment.get(REGION_VARIABLE) or str(subject.manifest.props.get("region") or "")


def _check_variables(subject: Subject) -> Iterator[Finding]:
    """Each setting is offered, and nothing is offered that nobody reads."""
    packs = (*subject.extension.packs, subject.extension)
    settings = {variable_of(pack.name, field) for pack in packs for field in pack.settings_class.model_fields}
    known = settings | _OWN_VARIABLES | set(VARIABLES)
    for name in sorted(settings - subject.manifest.offered):
        text = f"{name} is a setting that s.yaml does not pass on"
        yield Finding("variables", "warning", text, _offer(subject, name))
    for name in sorted(subject.manifest.offered - known):
        prefixes = ("DATAWORKS_EXT_", *(variable_of(pack.name, "") for pack in packs))
        if name.startswith(prefixes):
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield Finding("variables", "problem", f"nobody reads {name}{hint}")


def _check_exemptions(subject: Subject) -> Iterator[Finding]:
    """None has expired, ends soon, can never hold, or is not needed."""
    configuration = subject.extension.configuration_in(subject.environment)
    if configuration.exemptions is None:
        return
    from .expiry import review

    for reviewed in review(subject.extension, configuration, datetime.now(timezone.utc), subject.used):
        if reviewed.advice:
            yield Finding("exemptions", "warning", reviewed.advice)


def _check_space(subject: Subject) -> Iterator[Finding]:
    """The variables leave room for more."""
    size = variables_size(subject.manifest.props)
    if size < NEARLY_FULL * MOST_VARIABLES:
        return
    largest = sorted(subject.environment.items(), key=lambda item: -size_of_variable(*item))[:3]
    listed = "; ".join(f"{name} ({size_of_variable(name, value):,} bytes) {_move(name)}" for name, value in largest)
    text = f"the environment variables have {size:,} of {MOST_VARIABLES:,} bytes. Move the largest: {listed}"
    yield Finding("space", "warning", text)


def _move(name: str) -> str:
    """Where the value of a variable may go instead."""
    if name == EXEMPTIONS_VARIABLE:
        return "into exemptions=[…] of the Extension: `dataworks-ext exempt` writes the lines"
    if name == MODES_VARIABLE:
        return "into mode=… and enforce_from=… of the policies"
    if name.startswith("DATAWORKS_EXT_"):
        return "is shortened"
    return "into the default of the setting, or where workspaces differ, into their options"


def _check_timeout(subject: Subject) -> Iterator[Finding]:
    """The function's timeout leaves the policies theirs."""
    timeout = _timeout(subject)
    if timeout is None:
        return
    budget = seconds_of(timeout)
    before_reply = budget - reply_reserve(budget)
    for policy in subject.extension.policies:
        available = before_reply if replies_through_openapi([policy]) else budget
        if policy.timeout is not None and policy.timeout > available:
            yield Finding(
                "timeout",
                "problem",
                f"{policy.id} may take {policy.timeout:g} s, but policies have {available:.1f} s of the function's "
                f"{timeout:g}; raise the function's timeout or lower the policy's",
            )


def _timeout(subject: Subject) -> float | None:
    """In seconds; None if it is no such number, which `_check_properties` tells."""
    timeout = subject.manifest.props.get("timeout", _DEFAULT_TIMEOUT)
    return timeout if isinstance(timeout, int) and timeout > 0 else None


def _check_concurrency(subject: Subject) -> Iterator[Finding]:
    concurrency = subject.manifest.props.get("instanceConcurrency", 1)
    if isinstance(concurrency, int) and concurrency > 1:
        yield Finding(
            "concurrency",
            "warning",
            f"with {concurrency} requests at once an instance, a policy that is late cannot be stopped by an alarm: "
            f"it is left behind on its thread, and an instance that cannot be freed ends itself",
        )


def _check_code(subject: Subject) -> Iterator[Finding]:
    if not replies_through_openapi(subject.extension.policies):
        return
    for problem in OpenApi({"DATAWORKS_EXT_REGION": "cn-hangzhou", **subject.environment}).problems():
        is_offered = CODE_VARIABLE in subject.manifest.offered
        yield Finding("code", "problem", problem, "" if is_offered else _offer(subject, CODE_VARIABLE))


def _check_role(subject: Subject) -> Iterator[Finding]:
    if not subject.manifest.props.get("role") and replies_through_openapi(subject.extension.policies):
        if "role" in subject.manifest.props:
            text = "the function has no role, so it cannot send replies through the OpenAPI; set one (FC_ROLE)"
            yield Finding("role", "problem", text)
        else:
            text = (
                "the function has no role, so it cannot send replies through the OpenAPI; "
                "paste the line below, and set FC_ROLE"
            )
            yield Finding("role", "problem", text, _ROLE_LINE)


def _check_region(subject: Subject) -> Iterator[Finding]:
    region = str(subject.manifest.props.get("region") or "")
    if region and region not in REGIONS:
        near = get_close_matches(region, REGIONS, n=1)
        hint = f"; did you mean {near[0]}?" if near else f": {', '.join(REGIONS)}"
        yield Finding("region", "warning", f"{region} is not among the regions where DataWorks has extensions{hint}")


def _check_network(subject: Subject) -> Iterator[Finding]:
    props = subject.manifest.props
    reaches = props.get("internetAccess", True) or props.get("vpcConfig")
    if not reaches and replies_through_openapi(subject.extension.policies):
        text = "the function has no route to DataWorks: set internetAccess, or a vpcConfig with a route to it"
        yield Finding("network", "problem", text, "internetAccess: true")


def _check_properties(subject: Subject) -> Iterator[Finding]:
    """Types and ranges, and the platform's limits."""
    for problem in property_problems(subject.manifest.props):
        yield Finding("properties", "problem", problem)


def _offer(subject: Subject, name: str) -> str:
    """The line that offers a variable, with the place that it belongs to."""
    return f"{name}: ${{env('{name}', '')}}  # under {subject.manifest.variables_at}"


def _check_trigger(subject: Subject) -> Iterator[Finding]:
    """A trigger, if there is one, takes what the extension handles, and calls the function synchronously."""
    if not replies_through_openapi(subject.extension.policies):
        return
    wanted = set(handled_types(subject.extension))
    for config in eventbridge_configs(subject.manifest.props):
        found = list(_trigger_findings(subject, config, wanted))
        yield from found or [Finding("trigger", "warning", _DEFAULT_BUS_ONLY)]


def _trigger_findings(subject: Subject, config: Mapping[str, object], wanted: set[str]) -> Iterator[Finding]:
    if config.get("asyncInvocationType"):
        text = "asyncInvocationType hides errors from EventBridge, so that nothing is delivered again: set it false"
        yield Finding("trigger", "problem", text, "asyncInvocationType: false")
    for text, loses in pattern_problems(config.get("eventRuleFilterPattern"), wanted):
        yield Finding("trigger", "problem" if loses else "warning", text, pattern_lines(subject.extension))


def _check_package(subject: Subject) -> Iterator[Finding]:
    """What is deployed is what is here."""
    code = subject.manifest.code
    if code is None:
        return
    if not (code / "index.py").is_file():
        yield Finding("package", "problem", f"{code} holds no package; build it: dataworks-ext package")
        return
    folders = [source for source in subject.sources if source.is_dir()]
    try:
        stale = differences(code, folders)
    except (PackagingError, OSError) as error:
        yield Finding("package", "problem", f"{code} cannot be compared with its sources: {error}")
        return
    if stale:
        text = f"{code} is {out_of_date(stale)}; build it again: dataworks-ext package"
        yield Finding("package", "problem", text)


def _check_returns(subject: Subject) -> Iterator[Finding]:
    """What policies decide is returned."""
    for found in discarded_outcomes(subject.sources):
        yield Finding("returns", "problem", str(found))


CHECKS: Final[tuple[Check, ...]] = (
    _check_handler,
    _check_initializer,
    _check_runtime,
    _check_settings,
    _check_archive,
    _check_variables,
    _check_space,
    _check_exemptions,
    _check_timeout,
    _check_concurrency,
    _check_code,
    _check_role,
    _check_region,
    _check_network,
    _check_properties,
    _check_trigger,
    _check_returns,
    _check_package,
)
