"""`dataworks-ext policies`: what is registered in an extension, and the settings in force."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from datetime import datetime, timezone
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Annotated, Final, Literal, NamedTuple

import typer
from pydantic import BaseModel

from ..deploy.expiry import Reviewed, review
from ..deploy.ram import ram_policy
from ..errors import SettingsError
from ..extension import Extension
from ..policy import Observer, Policy, Registration
from ..settings import Configuration, missing, variable_of
from ..spelling import nearest
from ._event_fields import docstrings_of
from ._exemptions import Records, exemption_as_json, exemptions_table, used_by
from ._masking import masked, masked_text
from ._output import DEFAULT, App, Json, console, fail, load, print_json, table, to_json
from ._policy_details import details_as_json, details_text, mode_text
from ._tables import TableColumn

PROBLEMS: Final = 1
"""The exit status for at least one problem."""


class Setting(NamedTuple):
    """A setting in force."""

    variable: str
    value: object
    """As JSON, without secrets; None if it has none."""
    text: str
    """The same for people."""
    source: Literal["environment", "default"]
    valid: bool
    """Whether the settings of its pack could be read."""
    meaning: str
    pack: str


class Listed(NamedTuple):
    """What is listed of an extension."""

    extension: Extension
    configuration: Configuration
    policies: list[Policy]
    observers: list[Observer]
    settings: list[Setting]
    exemptions: list[Reviewed]
    problems: list[str]
    now: datetime


def policies(
    patterns: Annotated[
        list[str] | None,
        typer.Argument(metavar="POLICY", help="Ids, or patterns such as 'files.*'; all by default."),
    ] = None,
    records: Records = None,
    app: App = DEFAULT,
    ram: Annotated[
        bool, typer.Option("--ram", help="Print the smallest RAM policy for the role of the function.")
    ] = False,
    as_json: Json = False,
) -> None:
    """List the policies, their modes, settings and exemptions.

    Modes and settings are those of the current environment. Secrets are masked.

    Exit status 0: no problem. 1: at least one problem. 2: the extension cannot be loaded, or has no such policy.
    """
    if ram:
        print_json(ram_policy(load(app)))
        return
    listed = _listed(load(app), patterns or ["*"], used_by(records))
    if as_json:
        print_json(_as_json(listed))
    else:
        _print(listed)
        for problem in listed.problems:
            console().print(f"Problem: {problem}", style="red")
        for reviewed in listed.exemptions:
            if reviewed.advice:
                console().print(f"Warning: {reviewed.advice}", style="yellow")
    if listed.problems:
        raise typer.Exit(PROBLEMS)


def _listed(extension: Extension, patterns: Collection[str], used: Collection[str] | None) -> Listed:
    """What is registered under an id that matches, and what belongs to it."""
    now = datetime.now(timezone.utc)
    configuration = extension.configure(os.environ)
    found = [policy for policy in extension.policies if _is_meant(policy, patterns)]
    observers = [observer for observer in extension.observers if _is_meant(observer, patterns)]
    if not found and not observers and "*" not in patterns:
        known = [entry.id for entry in (*extension.policies, *extension.observers)]
        fail(f"no policy is called {', '.join(patterns)}{nearest(next(iter(patterns)), known)}")
    settings = list(_settings(extension, configuration, os.environ))
    problems = [*configuration.problems, *_near_misses(settings, os.environ)]
    packs = {entry.pack for entry in (*found, *observers)}
    if "*" not in patterns:
        settings = [setting for setting in settings if setting.pack in packs]
    exemptions = [
        reviewed
        for reviewed in _reviewed(extension, configuration, now, used)
        if "*" in patterns or any(reviewed.exemption.covers(policy.id) for policy in found)
    ]
    return Listed(extension, configuration, found, observers, settings, exemptions, problems, now)


def _reviewed(
    extension: Extension, configuration: Configuration, now: datetime, used: Collection[str] | None
) -> list[Reviewed]:
    return [] if configuration.exemptions is None else review(extension, configuration, now, used)


def _is_meant(entry: Registration, patterns: Collection[str]) -> bool:
    return any(fnmatchcase(entry.id, pattern) for pattern in patterns)


def _print(listed: Listed) -> None:
    extension, configuration, settings, now = listed.extension, listed.configuration, listed.settings, listed.now
    out = console()
    overriding = {pack.name for pack in extension.packs if pack.options_override}
    registered = table("Policy", TableColumn("Events", "below"), "Mode", "On error", "What it does")
    for policy in listed.policies:
        note = _idle(policy, configuration, overriding)
        description = "\n".join(text for text in (policy.description, note, details_text(policy)) if text)
        mode = mode_text(policy, configuration.modes, now)
        registered.add_row(policy.id, "\n".join(policy.events), mode, policy.on_error, description)
    out.print(registered)
    if listed.observers:
        observers = table("Observer", TableColumn("Events", "below"), "Mode", "What it does")
        for observer in listed.observers:
            mode = mode_text(observer, configuration.modes, now)
            observers.add_row(observer.id, "\n".join(observer.events), mode, observer.description)
        out.print(observers)
    if settings:
        in_force = table("Setting", TableColumn("Value", "below"), "From", "Meaning")
        for setting in settings:
            in_force.add_row(setting.variable, setting.text, setting.source, setting.meaning)
        out.print(in_force)
    if listed.exemptions:
        out.print(exemptions_table(listed.exemptions))


def _as_json(listed: Listed) -> dict[str, object]:
    configuration = listed.configuration

    def fields(entry: Registration) -> dict[str, object]:
        return {
            "id": entry.id,
            "pack": entry.pack,
            "events": entry.events,
            "mode": configuration.modes.of(entry.id, listed.now).mode,
            "mode_in_code": entry.mode,
            "on_error": entry.on_error,
            "description": entry.description,
            "missing_settings": _missing(entry, configuration),
            **details_as_json(entry, configuration.modes),
        }

    return {
        "extension": listed.extension.name,
        "policies": [fields(policy) for policy in listed.policies],
        "observers": [fields(observer) for observer in listed.observers],
        "settings": [
            {name: value for name, value in setting._asdict().items() if name not in ("text", "pack")}
            for setting in listed.settings
        ],
        "exemptions": [exemption_as_json(reviewed) for reviewed in listed.exemptions],
        "problems": listed.problems,
    }


def _missing(entry: Registration, configuration: Configuration) -> list[str]:
    return [variable_of(entry.pack, field) for field in missing(entry.needs, configuration.settings[entry.pack])]


def _idle(entry: Registration, configuration: Configuration, overriding: Collection[str]) -> str:
    """Why a policy does nothing, if it does nothing."""
    missing = _missing(entry, configuration)
    if missing and entry.pack in overriding:
        return f"Does nothing where no option of the workspace says {', '.join(missing)}."
    if missing:
        return f"Does nothing: {', '.join(missing)} is not set."
    if configuration.modes[entry.id] == "off":
        return "Does nothing: it is off."
    if isinstance(configuration.settings[entry.pack], SettingsError):
        return "Fails: the settings of its pack are broken, see below."
    return ""


def _settings(extension: Extension, configuration: Configuration, environment: Mapping[str, str]) -> list[Setting]:
    rows: list[Setting] = []
    for pack in (*extension.packs, extension):
        found = configuration.settings[pack.name]
        meanings = {
            field: meaning
            for cls in reversed(pack.settings_class.__mro__)
            for field, meaning in docstrings_of(cls).items()
        }
        for field in pack.settings_class.model_fields:
            variable = variable_of(pack.name, field)
            is_set = bool(environment.get(variable, "").strip())
            value = getattr(found, field, None)
            valid = isinstance(found, BaseModel)
            text = _text(variable, value) if valid else "broken, see below" if is_set else ""
            source: Literal["environment", "default"] = "environment" if is_set else "default"
            rows.append(
                Setting(variable, _json(variable, value), text, source, valid, meanings.get(field, ""), pack.name)
            )
    return rows


def _json(variable: str, value: object) -> object:
    return None if _is_empty(value) else masked(variable, value)


def _text(variable: str, value: object) -> str:
    if _is_empty(value):
        return "not set"
    if isinstance(value, (tuple, list, set, frozenset)) and not hasattr(value, "_fields"):
        texts = [masked_text(variable, str(item)) for item in value]
        return ",".join(sorted(texts) if isinstance(value, (set, frozenset)) else texts)
    if isinstance(value, (dict, BaseModel)):
        return to_json(masked(variable, value))
    return masked_text(variable, str(value))


def _is_empty(value: object) -> bool:
    return value is None or (isinstance(value, (tuple, list, set, frozenset, dict)) and not value)


def _near_misses(settings: list[Setting], environment: Mapping[str, str]) -> list[str]:
    """Variables that look like a setting's and are none: a rule that somebody believes to be in force."""
    known = [setting.variable for setting in settings]
    prefixes = {variable.partition("_")[0] + "_" for variable in known}
    return [
        f"{variable} is set, but there is no such setting; did you mean {near[0]}?"
        for variable in environment
        if variable not in known
        and any(variable.startswith(prefix) for prefix in prefixes)
        and (near := get_close_matches(variable, known, n=1, cutoff=0.75))
    ]
