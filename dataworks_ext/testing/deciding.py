"""Running a policy, a pack or an extension, without network and environment."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError

from ..context import Request
from ..decision import Decision, Mode
from ..errors import ExtensionError, SettingsError
from ..events import Event
from ..events.values import SHANGHAI
from ..extension import Extension
from ..lookup import LookupFailedError
from ..message import Message, read_message
from ..pack import PolicyPack, packs_of
from ..policy import EVERY_EVENT, Policy
from ..settings import Configuration
from ..snapshots import Snapshot
from ..spelling import nearest
from .canned import Canned, CannedLookups
from .mistakes import is_of_the_test, problems_of

__tracebackhide__ = is_of_the_test

NOON: Final = datetime(2026, 3, 2, 12, 0, tzinfo=SHANGHAI)
"""The default time in a test: noon of a Monday in Shanghai."""
_NO_SNAPSHOT: Final = "the test gives no snapshot; pass snapshot=committed_file(content=…)"
Subject = PolicyPack[Any] | Callable[..., object]
"""What can decide: an extension, a pack, or a policy, named by its function."""


class SubjectError(ExtensionError):
    """Something that cannot decide. The text says what was expected."""


def decide(
    subject: Subject,
    event: Event | Message | bytes,
    *,
    settings: Mapping[str, object] | None = None,
    environment: Mapping[str, str] | None = None,
    modes: Mapping[str, Mode] | None = None,
    snapshot: Snapshot | Exception | None = None,
    parameters: Mapping[str, str] | Exception | None = None,
    options: Mapping[str, object] | Exception | None = None,
    answers: Mapping[str, Canned] | None = None,
    now: datetime | None = None,
) -> Decision:
    """The decision on an event. Neither the network nor the environment of the process is used.

    Args:
        subject: A policy, named by its function, a pack, or an extension.
        event: An event, or a message that contains one, also as bytes.
        settings: Override the defaults: `{"max_rows": 10}`, or `{"downloads.max_rows": 10}` for an extension.
        environment: More environment variables of the function: `{"DOWNLOADS_MAX_BYTES": "500MB"}`.
        modes: Override the modes in the code: `{"downloads.row_limit": "shadow"}`.
        snapshot: `context.snapshot`. An exception makes the lookup fail, here and below.
        parameters: `context.parameters`; empty by default.
        options: `context.options`, in any workspace; empty by default.
        answers: What `context.ask` gets, by operation: an answer to any parameters, or a list of several,
            `{"parameters": {"TableGuid": …}, "answer": {…}}`, of which the first that fits counts.
        now: `context.now`; `NOON`, a Monday, by default.

    Raises:
        SubjectError: The subject is none of these, or a policy that does not handle the event.
        SettingsError: An unknown setting or policy, with the nearest known one, or an invalid value.
        MessageError: The bytes are no message.
        KeyboardInterrupt: Somebody interrupted a policy; likewise what `pytest.fail` or `pytest.skip` raise there.
    """
    extension = trial(subject, settings, modes, environment)
    event = read_message(event) if isinstance(event, bytes) else event
    if not isinstance(subject, PolicyPack):
        _require_event(subject, event.event_code)
    moment = NOON if now is None else now
    if moment.tzinfo is None:
        raise SubjectError(f"now={moment.isoformat()} has no time zone; give it one: tzinfo=timezone.utc")
    lookups = CannedLookups(snapshot or LookupFailedError(_NO_SNAPSHOT), parameters or {}, options or {}, answers or {})
    return extension.decide(event, Request(now=moment, lookups=lookups))


def trial(
    subject: Subject,
    settings: Mapping[str, object] | None = None,
    modes: Mapping[str, Mode] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Extension:
    """A copy of an extension, or one with a pack or policy, that these alone configure.

    Args: as for `decide`.

    Raises:
        SubjectError: The subject is no policy, pack or extension.
        SettingsError: An unknown setting or policy, with the nearest known one, or an invalid value.
    """
    extension = _extension_of(subject)
    configuration = extension.configuration_in(environment or {})
    own: Mapping[str, Mode] = {} if isinstance(subject, PolicyPack) else _all_off_but(subject, extension.policies)
    extension.adopt(
        configuration._replace(
            settings={**configuration.settings, **_changed_settings(extension, configuration, settings or {})},
            modes=configuration.modes.overridden({**own, **_modes(extension, modes or {})}),
        )
    )
    return extension


def setting_named(extension: Extension, name: str) -> tuple[str, str]:
    """Pack and field of a setting: `downloads.max_rows`, or `max_rows` where there is one pack with settings.

    Raises:
        SettingsError: An unknown setting, with the nearest known one.
    """
    packs = {pack.name: pack for pack in (*extension.packs, extension) if pack.settings_class.model_fields}
    named = name if "." in name or len(packs) != 1 else f"{next(iter(packs))}.{name}"
    known = [f"{pack.name}.{field}" for pack in packs.values() for field in pack.settings_class.model_fields]
    if named not in known:
        hint = nearest(named, known) or (f"; a setting is named {known[0]}" if known else "; no pack has settings")
        raise SettingsError(f'there is no setting "{name}"{hint}')
    pack_name, _, field = named.partition(".")
    return pack_name, field


def _extension_of(subject: Subject) -> Extension:
    if isinstance(subject, Extension):
        return copy.copy(subject)
    packs = [subject] if isinstance(subject, PolicyPack) else packs_of(subject)
    for pack in packs:
        if isinstance(pack, Extension):  # a policy of an extension in one file
            return copy.copy(pack)
    if not packs:
        name = getattr(subject, "__name__", None) or repr(subject)
        raise SubjectError(f"{name} is no policy, pack or extension; a policy is a function under @pack.policy(…)")
    return Extension("trial-of-packs", packs)


def _all_off_but(function: object, policies: Iterable[Policy]) -> dict[str, Mode]:
    return {policy.id: "off" for policy in policies if policy.function is not function}


def _require_event(function: object, code: str) -> None:
    policies = [policy for pack in packs_of(function) for policy in pack.policies if policy.function is function]
    codes = {known for policy in policies for known in policy.events}
    if code not in codes and EVERY_EVENT not in codes:
        raise SubjectError(f'{policies[0].id} does not handle "{code}"; it handles {", ".join(sorted(codes))}')


def _changed_settings(
    extension: Extension, configuration: Configuration, settings: Mapping[str, object]
) -> dict[str, BaseModel]:
    by_pack: dict[str, dict[str, object]] = {}
    for name, value in settings.items():
        pack, field = setting_named(extension, name)
        made = configuration.settings[pack]
        before = {name: getattr(made, name) for name in made.model_fields_set} if isinstance(made, BaseModel) else {}
        by_pack.setdefault(pack, before)[field] = value
    classes = {pack.name: pack.settings_class for pack in (*extension.packs, extension)}
    return {pack: _validated(pack, classes[pack], values) for pack, values in by_pack.items()}


def _validated(pack: str, settings_class: type[BaseModel], values: Mapping[str, object]) -> BaseModel:
    try:
        return settings_class.model_validate(values, by_name=True)
    except ValidationError as error:
        raise SettingsError(problems_of(error, pack)) from None


def _modes(extension: Extension, modes: Mapping[str, Mode]) -> Mapping[str, Mode]:
    known = [policy.id for policy in extension.policies]
    for policy, mode in modes.items():
        if policy not in known:
            raise SettingsError(f'there is no policy "{policy}"{nearest(policy, known)}')
        if mode not in get_args(Mode):
            raise SettingsError(f"{policy}: a mode is one of {', '.join(get_args(Mode))}, got {mode!r}")
    return modes
