"""Checks of the extension, its environment and `s.yaml` against each other, before deployment."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Final, Literal, NamedTuple

from ..budget import reply_reserve, seconds_of
from ..events import catalog
from ..extension import Extension
from ..message import SOURCE
from ..openapi.api import OpenApi, replies_through_openapi
from ..settings import read_configuration, variable_of
from .s_yaml import Manifest

Level = Literal["problem", "warning"]

HANDLER: Final = "index.handler"
INITIALIZER: Final = "index.initializer"
RUNTIMES: Final = ("python3.10", "python3.12")
"""Runtimes of Function Compute that the framework runs on."""
_OWN_VARIABLES: Final = frozenset(
    f"DATAWORKS_EXT_{name}" for name in ("APP", "MODES", "LANGUAGE", "RECORD_FIELDS", "CODE", "ENDPOINT", "REGION")
)
_DEFAULT_TIMEOUT: Final = 3


class Finding(NamedTuple):
    """Something that a check found."""

    check: str
    """The name of the check."""
    level: Level
    """A problem goes wrong; a warning may be meant."""
    text: str
    """What it is, and what to do."""


class Subject(NamedTuple):
    """What is examined."""

    extension: Extension
    manifest: Manifest
    environment: Mapping[str, str]
    """The function's environment: what `s.yaml` gives it."""
    sources: tuple[Path, ...]
    """The folders that the package is built from."""


Check = Callable[[Subject], Iterator[Finding]]


def examine(extension: Extension, manifest: Manifest, sources: Iterable[Path] = ()) -> list[Finding]:
    """What all checks find, in their order.

    Args:
        extension: The extension that is deployed.
        manifest: What `s.yaml` says.
        sources: The folders of policies that the package is built from.
    """
    subject = Subject(extension, manifest, manifest.environment, tuple(sources))
    return [finding for check in CHECKS for finding in check(subject)]


def _check_handler(subject: Subject) -> Iterator[Finding]:
    handler = subject.manifest.props.get("handler")
    if handler != HANDLER:
        yield Finding("handler", "problem", f"the handler is {handler}; the package has {HANDLER}")


def _check_initializer(subject: Subject) -> Iterator[Finding]:
    hooks = subject.manifest.props.get("instanceLifecycleConfig")
    initializer = hooks.get("initializer") if isinstance(hooks, Mapping) else None
    named = initializer.get("handler") if isinstance(initializer, Mapping) else None
    if named is None:
        text = f"there is none, so the first message waits until the settings are read; set it to {INITIALIZER}"
        yield Finding("initializer", "warning", text)
    elif named != INITIALIZER:
        yield Finding("initializer", "problem", f"the initializer is {named}; the package has {INITIALIZER}")


def _check_runtime(subject: Subject) -> Iterator[Finding]:
    runtime = subject.manifest.props.get("runtime")
    if runtime not in RUNTIMES and not str(runtime).startswith("custom"):
        yield Finding("runtime", "problem", f"{runtime} does not run the framework; use {' or '.join(RUNTIMES)}")


def _check_settings(subject: Subject) -> Iterator[Finding]:
    extension = subject.extension
    packs = {pack.name: pack.settings_class for pack in (*extension.packs, extension)}
    registered = (*extension.policies, *extension.observers)
    for problem in read_configuration(packs, registered, extension.language, subject.environment).problems:
        yield Finding("settings", "problem", problem)


def _check_variables(subject: Subject) -> Iterator[Finding]:
    """Each setting is offered, and nothing is offered that nobody reads."""
    packs = (*subject.extension.packs, subject.extension)
    settings = {variable_of(pack.name, field) for pack in packs for field in pack.settings_class.model_fields}
    known = settings | _OWN_VARIABLES
    for name in sorted(settings - subject.manifest.offered):
        yield Finding("variables", "warning", f"{name} is a setting that s.yaml does not pass on")
    for name in sorted(subject.manifest.offered - known):
        prefixes = ("DATAWORKS_EXT_", *(variable_of(pack.name, "") for pack in packs))
        if name.startswith(prefixes):
            near = get_close_matches(name, known, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            yield Finding("variables", "problem", f"nobody reads {name}{hint}")


def _check_timeout(subject: Subject) -> Iterator[Finding]:
    """The function's timeout leaves the policies theirs."""
    timeout = _timeout(subject)
    if timeout is None:
        yield Finding("timeout", "problem", "the timeout should be a number of seconds above 0")
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
    timeout = subject.manifest.props.get("timeout", _DEFAULT_TIMEOUT)
    try:
        seconds = float(str(timeout))
    except ValueError:
        return None
    return seconds if seconds > 0 else None


def _check_concurrency(subject: Subject) -> Iterator[Finding]:
    concurrency = subject.manifest.props.get("instanceConcurrency", 1)
    if concurrency != 1:
        yield Finding(
            "concurrency",
            "warning",
            f"with {concurrency} requests at once an instance, a policy that is late cannot be stopped by an alarm: "
            f"it is left behind on its thread, and an instance that cannot be freed ends itself",
        )


def _check_code(subject: Subject) -> Iterator[Finding]:
    if not _calls(subject.extension):
        return
    for problem in OpenApi({"DATAWORKS_EXT_REGION": "cn-hangzhou", **subject.environment}).problems():
        yield Finding("code", "problem", problem)


def _check_role(subject: Subject) -> Iterator[Finding]:
    if not subject.manifest.props.get("role") and _calls(subject.extension):
        yield Finding(
            "role",
            "problem",
            "the function has no role, so it cannot send replies through the OpenAPI; set one (FC_ROLE)",
        )


def _check_network(subject: Subject) -> Iterator[Finding]:
    props = subject.manifest.props
    reaches = props.get("internetAccess", True) or props.get("vpcConfig")
    if not reaches and _calls(subject.extension):
        text = "the function has no route to DataWorks: set internetAccess, or a vpcConfig with a route to it"
        yield Finding("network", "problem", text)


def _check_trigger(subject: Subject) -> Iterator[Finding]:
    """The trigger takes what the extension handles, and calls the function synchronously."""
    wanted = _types(subject.extension)
    if not _calls(subject.extension):
        return
    triggers = subject.manifest.props.get("triggers")
    configs = [
        trigger["triggerConfig"]
        for trigger in (triggers if isinstance(triggers, list) else ())
        if isinstance(trigger, Mapping)
        and trigger.get("triggerType") == "eventbridge"
        and isinstance(trigger.get("triggerConfig"), Mapping)
    ]
    if not configs:
        text = "policies handle events of EventBridge, but there is no trigger of type eventbridge"
        yield Finding("trigger", "problem", text)
    for config in configs:
        if config.get("asyncInvocationType"):
            text = "asyncInvocationType hides errors from EventBridge, so nothing is delivered again: set it to false"
            yield Finding("trigger", "problem", text)
        yield from _pattern_findings(config.get("eventRuleFilterPattern"), wanted)


def _pattern_findings(pattern: object, wanted: set[str]) -> Iterator[Finding]:
    try:
        parsed = json.loads(str(pattern))
        sources, types = parsed.get("source"), parsed.get("type")
    except (ValueError, AttributeError):
        text = "eventRuleFilterPattern is no JSON object; dataworks-ext events --pattern prints one"
        yield Finding("trigger", "problem", text)
        return
    if sources != [SOURCE]:
        yield Finding("trigger", "problem", f'eventRuleFilterPattern should have "source": ["{SOURCE}"]')
    if types is None:
        return
    if missing := wanted - set(types):
        advice = "replace it with the output of dataworks-ext events --pattern"
        text = f"its pattern does not match {', '.join(sorted(missing))}; {advice}"
        yield Finding("trigger", "problem", text)
    if needless := set(types) - wanted:
        text = f"its pattern matches {', '.join(sorted(needless))}, which nobody handles"
        yield Finding("trigger", "warning", text)


def _check_package(subject: Subject) -> Iterator[Finding]:
    """What is deployed is what is here."""
    code = subject.manifest.code
    if code is None:
        return
    if not (code / "index.py").is_file():
        yield Finding("package", "problem", f"{code} holds no package; build it: dataworks-ext package")
        return
    stale = sorted(path for source in subject.sources for path in _differing(source, code / source.name))
    if stale:
        more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
        text = f"{code} is out of date: {stale[0]}{more} changed; build it again: dataworks-ext package"
        yield Finding("package", "problem", text)


def _differing(source: Path, packaged: Path) -> Iterator[str]:
    """The modules that the package has not, or has otherwise."""
    for path in source.rglob("*.py"):
        copy = packaged / path.relative_to(source)
        if not copy.is_file() or copy.read_bytes() != path.read_bytes():
            yield str(Path(source.name) / path.relative_to(source))


def _calls(extension: Extension) -> bool:
    """Whether the extension sends replies through the OpenAPI."""
    return replies_through_openapi(extension.policies)


def _types(extension: Extension) -> set[str]:
    """The EventBridge types of the events that the extension handles by name."""
    watched = {code for entry in (*extension.policies, *extension.observers) for code in entry.events}
    return {entry.type for entry in catalog.values() if entry.code in watched}


CHECKS: Final[tuple[Check, ...]] = (
    _check_handler,
    _check_initializer,
    _check_runtime,
    _check_settings,
    _check_variables,
    _check_timeout,
    _check_concurrency,
    _check_code,
    _check_role,
    _check_network,
    _check_trigger,
    _check_package,
)
