"""Policies and observers: functions, how they were registered, and the checks of their options."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime
from typing import Final, Literal, NamedTuple, TypeVar, get_args

from pydantic import BaseModel

from .decision import Choice, Mode
from .errors import RegistrationError
from .events import Event, catalog, code_of, event_class
from .lookup import READS
from .rollout import Rollout
from .spelling import nearest

Severity = Literal["high", "medium", "low"]

EVERY_EVENT: Final = "*"
URL_LIMIT: Final = 150
"""Characters of an address: it is part of a text of 300."""
MOST_ANNOUNCE_DAYS: Final = 365

T = TypeVar("T")
W = TypeVar("W", bound=str)


class Registration(NamedTuple):
    """A function and how it was registered."""

    id: str
    """`{pack}.{name}`."""
    pack: str
    events: tuple[str, ...]
    """The event codes, or `("*",)`."""
    function: Callable[..., object]
    takes_context: bool
    is_async: bool
    description: str
    """The first line of its docstring."""
    mode: Mode = "enforce"
    """The mode in the code; `DATAWORKS_EXT_MODES` overrides it."""
    on_error: Choice = "allow"
    """What a failure counts as."""
    timeout: float | None = None
    """Seconds it may take; None for as long as the deadline allows."""
    when: Callable[..., object] | None = None
    """A function that returns whether the policy runs."""
    when_takes_context: bool = False
    workspaces: frozenset[int] | None = None
    """The workspaces in which it runs; None for all."""
    needs: tuple[str, ...] = ()
    """The settings it requires."""
    severity: Severity | None = None
    """How bad it is what the policy stops, for those who read records."""
    owner: str | None = None
    """Who answers for it."""
    url: str | None = None
    """Where to read more. A person's text ends with it."""
    rollout: Rollout | None = None
    """When it is announced and enforced, if it begins in shadow."""


class Policy(Registration):
    """A function that looks at one event and may object."""

    __slots__ = ()


class Observer(Registration):
    """A function that is told about an event and decides nothing."""

    __slots__ = ()


def id_in(pack: str, function: Callable[..., object], given: str | None, kind: str) -> str:
    """The id of a function in a pack: `downloads.row_limit`. Raises `RegistrationError` without a usable name."""
    if not callable(function):
        raise RegistrationError(f"pack {pack}: a {kind} should be a function, got {function!r}")
    name = str(given or getattr(function, "__name__", ""))
    if not re.fullmatch(r"[A-Za-z_][\w-]*", name):
        raise RegistrationError(
            f"pack {pack}: {_a(kind)} without a usable name ({name or type(function).__name__}); "
            f'give it one: @{pack}.{kind}(…, id="row_limit")'
        )
    return f"{pack}.{name}"


def codes_of(full_id: str, pack: str, events: tuple[str | type[Event], ...], kind: str) -> tuple[str, ...]:
    """The event codes of a decorator's arguments. Raises `RegistrationError` for an unknown one."""
    if not events:
        raise RegistrationError(
            f'{kind} {full_id} names no event; write @{pack}.{kind}("download-resources"), or "*" for every event'
        )
    codes = tuple(dict.fromkeys(_code(full_id, event, kind) for event in events))
    if EVERY_EVENT in codes and len(codes) > 1:
        raise RegistrationError(f'{kind} {full_id}: "*" is every event already; leave the others out')
    for code in codes:
        event_class(code)
    return codes


def settings_needed(full_id: str, needs: str | Iterable[str], settings_class: type[BaseModel]) -> tuple[str, ...]:
    """The names of the settings that a policy requires. Raises `RegistrationError` for an unknown one."""
    fields = (needs,) if isinstance(needs, str) else _items(needs)
    if fields is None or not all(isinstance(field, str) for field in fields):
        raise RegistrationError(f"policy {full_id}: needs should name fields of the settings, got {needs!r}")
    for field in fields:
        if field not in settings_class.model_fields:
            raise RegistrationError(
                f"policy {full_id} needs the setting {field!r}, which {settings_class.__name__} does not have"
                f"{nearest(field, settings_class.model_fields)}"
            )
    return fields


def one_of(owner: str, parameter: str, value: W, words: object) -> W:
    """The value, if it is one of the words of a `Literal`. Raises `RegistrationError`."""
    if value not in get_args(words):
        raise RegistrationError(f"{owner}: {parameter} should be one of {', '.join(get_args(words))}, got {value!r}")
    return value


def owner_named(registered: str, owner: str | None) -> str | None:
    """The owner, without spaces around it. Raises `RegistrationError` for an empty one."""
    if owner is not None and not (isinstance(owner, str) and owner.strip()):
        raise RegistrationError(f"{registered}: owner should name a person or a team, got {owner!r}")
    return None if owner is None else owner.strip()


def page_at(registered: str, url: str | None) -> str | None:
    """The address of a page. Raises `RegistrationError` for what is none, and for one that is too long for a text."""
    if url is not None and not (isinstance(url, str) and re.fullmatch(r"https?://[!-~]+", url)):
        raise RegistrationError(
            f"{registered}: url should be an address such as https://example.com/rules, got {url!r}"
        )
    if url is not None and len(url) > URL_LIMIT:
        raise RegistrationError(f"{registered}: url has {len(url)} characters, and a text has room for {URL_LIMIT}")
    return url


def asked(pack: str, operations: Iterable[str]) -> tuple[str, ...]:
    """The operations that a pack asks. Raises `RegistrationError` for one that does not read."""
    if isinstance(operations, str):
        raise RegistrationError(f"pack {pack}: asks should be a list of operations, got {operations!r}; put it in [ ]")
    found = tuple(operations)
    for operation in found:
        if not (isinstance(operation, str) and READS.match(operation)):
            raise RegistrationError(
                f"pack {pack}: {operation!r} cannot be asked; only operations that read can: Get…, List…, Search…, "
                "Query…"
            )
    return found


def rollout_of(full_id: str, mode: Mode, enforce_from: date | None, announce_days: int) -> Rollout | None:
    """When the policy is announced and enforced. Raises `RegistrationError` for what fits no mode, day or number."""
    if enforce_from is None:
        return None
    if mode != "shadow":
        raise RegistrationError(
            f'policy {full_id}: enforce_from needs mode="shadow", its mode until then; got {mode!r}'
        )
    if not isinstance(enforce_from, date) or isinstance(enforce_from, datetime):
        expected = "enforce_from should be a day, such as date(2027, 1, 31)"
        raise RegistrationError(f"policy {full_id}: {expected}, got {enforce_from!r}")
    if type(announce_days) is not int or not 0 <= announce_days <= MOST_ANNOUNCE_DAYS:
        raise RegistrationError(
            f"policy {full_id}: announce_days should be a number from 0 to {MOST_ANNOUNCE_DAYS}, got {announce_days!r}"
        )
    return Rollout(enforce_from, announce_days)


def seconds(full_id: str, timeout: float | None) -> float | None:
    if timeout is not None and not (isinstance(timeout, (int, float)) and timeout > 0):
        raise RegistrationError(f"policy {full_id}: timeout should be a number of seconds above 0, got {timeout!r}")
    return timeout


def workspace_ids(full_id: str, workspaces: Collection[int] | None) -> frozenset[int] | None:
    if workspaces is None:
        return None
    ids = None if isinstance(workspaces, str) else _items(workspaces)
    if ids is None or not all(type(workspace) is int for workspace in ids):
        raise RegistrationError(
            f"policy {full_id}: workspaces should be ids in a list, such as [90004], got {workspaces!r}"
        )
    return frozenset(ids)


def _a(kind: str) -> str:
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"


def _items(value: Iterable[T]) -> tuple[T, ...] | None:
    """The items of a collection; None if the value is not one."""
    try:
        return tuple(value)
    except TypeError:
        return None


def description_of(function: Callable[..., object]) -> str:
    documentation = getattr(function, "__doc__", None) or ""
    return documentation.strip().split("\n", 1)[0]


def _code(full_id: str, event: str | type[Event], kind: str) -> str:
    if isinstance(event, str):
        if event == EVERY_EVENT or event in catalog:
            return event
        raise RegistrationError(
            f'{kind} {full_id}: there is no event "{event}"{nearest(event, catalog)}; '
            f"`dataworks-ext events` lists them all"
        )
    if isinstance(event, type) and issubclass(event, Event):
        code = code_of(event)
        if code is not None:
            return code
        raise RegistrationError(f"{kind} {full_id}: {_why_no_event(event)}")
    raise RegistrationError(f"{kind} {full_id}: an event is a code or a class of dataworks_ext.events, got {event!r}")


def _why_no_event(event: type[Event]) -> str:
    name = event.__name__
    for base in event.__mro__[1:]:
        if issubclass(base, Event) and event in base.forms:
            return f"{name} is one form of {base.__name__}; register {base.__name__}, and ask isinstance(event, {name})"
    kinds = ", ".join(kind.__name__ for kind in _events_of(event))
    return f'the class {name} stands for no event; name {kinds or "a code"}, or "*" for every event'


def _events_of(base: type[Event]) -> Iterator[type[Event]]:
    """The classes that stand for an event, under one that does not and is not `Event` itself."""
    for event in base.__subclasses__() if base is not Event else ():
        if code_of(event) is not None:
            yield event
        else:
            yield from _events_of(event)
