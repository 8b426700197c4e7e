"""`dataworks-ext policies`: what is registered in an extension, and the settings in force."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import NamedTuple

from pydantic import BaseModel

from ..errors import SettingsError
from ..extension import Extension
from ..policy import Registration
from ..settings import Configuration, missing, variable_of
from ._event_fields import docstrings_of
from ._output import DEFAULT, App, Json, console, load, plain, print_json, table


class Setting(NamedTuple):
    """A setting in force."""

    variable: str
    value: str
    source: str
    meaning: str


def policies(app: App = DEFAULT, as_json: Json = False) -> None:
    """List the policies of an extension, their modes and settings.

    Modes and settings are those of the current environment.
    """
    extension = load(app)
    configuration = extension.configure(os.environ)
    settings = list(_settings(extension, configuration, os.environ))
    problems = [*configuration.problems, *_near_misses(settings, os.environ)]
    if as_json:
        print_json(_as_json(extension, configuration, settings, problems))
        return
    out = console()
    overriding = {pack.name for pack in extension.packs if pack.options_override}
    registered = table("Policy", "Events", "Mode", "On error", "What it does")
    for policy in extension.policies:
        mode = configuration.modes[policy.id]
        changed = "" if mode == policy.mode else f" (set; {policy.mode} in code)"
        note = _idle(policy, configuration, overriding)
        description = f"{policy.description}\n{note}" if note else policy.description
        events = "\n".join(policy.events)
        registered.add_row(*plain(policy.id, events, f"{mode}{changed}", policy.on_error, description))
    out.print(registered)
    if extension.observers:
        observers = table("Observer", "Events", "Mode", "What it does")
        for observer in extension.observers:
            mode = configuration.modes[observer.id]
            observers.add_row(*plain(observer.id, "\n".join(observer.events), mode, observer.description))
        out.print(observers)
    if settings:
        in_force = table("Setting", "Value", "From", "Meaning")
        for setting in settings:
            in_force.add_row(*plain(*setting))
        out.print(in_force)
    for problem in problems:
        out.print(*plain(f"Problem: {problem}"), style="red")


def _as_json(
    extension: Extension, configuration: Configuration, settings: list[Setting], problems: list[str]
) -> dict[str, object]:
    def fields(entry: Registration) -> dict[str, object]:
        return {
            "id": entry.id,
            "pack": entry.pack,
            "events": entry.events,
            "mode": configuration.modes[entry.id],
            "mode_in_code": entry.mode,
            "on_error": entry.on_error,
            "description": entry.description,
            "unmade_settings": _missing(entry, configuration),
        }

    return {
        "extension": extension.name,
        "policies": [fields(policy) for policy in extension.policies],
        "observers": [fields(observer) for observer in extension.observers],
        "settings": [setting._asdict() for setting in settings],
        "problems": problems,
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
            value = _value(found, field) if isinstance(found, BaseModel) else "broken, see below" if is_set else ""
            rows.append(Setting(variable, value, "environment" if is_set else "default", meanings.get(field, "")))
    return rows


def _value(settings: BaseModel, field: str) -> str:
    value: object = getattr(settings, field)
    if value is None or (isinstance(value, (tuple, list, set, frozenset, dict)) and not value):
        return "not set"
    if isinstance(value, (tuple, list, set, frozenset)) and not hasattr(value, "_fields"):
        return ",".join(str(item) for item in value)
    return str(value)


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
