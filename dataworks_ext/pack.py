"""Packs: named, ordered collections of policies and observers."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, cast, overload

from pydantic import BaseModel, ConfigDict

from .decision import Choice, Mode
from .errors import RegistrationError
from .events import Event, catalog
from .policy import (
    Observer,
    Policy,
    Registration,
    Severity,
    asked,
    codes_of,
    description_of,
    id_in,
    one_of,
    owner_named,
    page_at,
    rollout_of,
    seconds,
    settings_needed,
    workspace_ids,
)
from .registration import check_observer, check_predicate, check_signature, is_async, takes_context

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._decorators import ObserverDecorator, PolicyDecorator, PolicyOptions

E = TypeVar("E", bound=Event)
E2 = TypeVar("E2", bound=Event)
E3 = TypeVar("E3", bound=Event)
S = TypeVar("S", bound=BaseModel)
P = TypeVar("P", bound=Registration)

_MARK: Final = "__policy_packs__"
"""The attribute of a registered function that holds its packs."""


class NoSettings(BaseModel):
    """The settings of a pack without settings."""

    model_config = ConfigDict(defer_build=True)


class PolicyPack(Generic[S]):
    """A named, ordered collection of policies and observers, with typed settings.

    Args:
        name: Its name: the first half of its policies' ids.
        settings: Their class. Each field is read from the environment variable `{PACK}_{FIELD}`.
        options_override: Whether the options that a workspace chose override the settings.
            Options under the pack's name are the pack's; without any, options with the names of its settings.
        owner: Who answers for its policies, unless a policy names somebody else.
        url: Where to read more about them, likewise.
        asks: The operations of DataWorks' OpenAPI that its policies ask with `context.ask`.

    Raises:
        RegistrationError: An invalid name, settings class, owner or address.
    """

    @overload
    def __init__(
        self: PolicyPack[NoSettings],
        name: str,
        *,
        owner: str | None = None,
        url: str | None = None,
        asks: Iterable[str] = (),
    ) -> None: ...
    @overload
    def __init__(
        self,
        name: str,
        *,
        settings: type[S],
        options_override: bool = False,
        owner: str | None = None,
        url: str | None = None,
        asks: Iterable[str] = (),
    ) -> None: ...
    def __init__(
        self,
        name: str,
        *,
        settings: type[S] | None = None,
        options_override: bool = False,
        owner: str | None = None,
        url: str | None = None,
        asks: Iterable[str] = (),
    ) -> None:
        if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
            raise RegistrationError(
                f"a pack cannot be called {name!r}; use lower-case letters, digits, - and _, beginning with a letter"
            )
        if settings is not None and not (isinstance(settings, type) and issubclass(settings, BaseModel)):
            raise RegistrationError(
                f"the settings of pack {name} should be a class derived from pydantic.BaseModel, got {settings!r}"
            )
        self.name = name
        if options_override and settings is None:
            raise RegistrationError(f"pack {name} has no settings that options could override; give it settings=…")
        self.settings_class: type[BaseModel] = settings or NoSettings
        self.options_override = options_override
        self.owner = owner_named(f"pack {name}", owner)
        self.url = page_at(f"pack {name}", url)
        self.asks = asked(name, asks)
        self._policies: dict[str, Policy] = {}
        self._observers: dict[str, Observer] = {}
        self._closed = False

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies, in the order of definition."""
        return tuple(self._policies.values())

    @property
    def observers(self) -> tuple[Observer, ...]:
        """The observers, in the order of definition."""
        return tuple(self._observers.values())

    def close(self) -> None:
        """Stop registration: the first message was received."""
        self._closed = True

    # Overloads for up to three classes tell type checkers what the function receives; codes cannot.
    @overload
    def policy(self, event: type[E], /, **options: Unpack[PolicyOptions[E, S]]) -> PolicyDecorator[E, S]: ...
    @overload
    def policy(
        self, event: type[E], second: type[E2], /, **options: Unpack[PolicyOptions[E | E2, S]]
    ) -> PolicyDecorator[E | E2, S]: ...
    @overload
    def policy(
        self, event: type[E], second: type[E2], third: type[E3], /, **options: Unpack[PolicyOptions[E | E2 | E3, S]]
    ) -> PolicyDecorator[E | E2 | E3, S]: ...
    @overload
    def policy(
        self,
        event: type[Event],
        second: type[Event],
        third: type[Event],
        fourth: type[Event],
        /,
        *events: str | type[Event],
        **options: Unpack[PolicyOptions[Any, S]],
    ) -> PolicyDecorator[Any, S]: ...
    @overload
    def policy(
        self, code: str, /, *events: str | type[Event], **options: Unpack[PolicyOptions[Any, S]]
    ) -> PolicyDecorator[Any, S]: ...
    @overload
    def policy(
        self, event: type[Event], code: str, /, *events: str | type[Event], **options: Unpack[PolicyOptions[Any, S]]
    ) -> PolicyDecorator[Any, S]: ...
    def policy(
        self,
        *events: str | type[Event],
        id: str | None = None,
        mode: Mode = "enforce",
        on_error: Choice = "deny",
        timeout: float | None = None,
        when: Callable[..., object] | None = None,
        workspaces: Collection[int] | None = None,
        needs: str | Iterable[str] = (),
        severity: Severity | None = None,
        owner: str | None = None,
        url: str | None = None,
        enforce_from: date | None = None,
        announce_days: int = 7,
    ) -> PolicyDecorator[Any, S]:
        """Register the decorated function as a policy.

        Args:
            events: Event codes or event classes, or `"*"` for every blocking event. A policy on `"*"` gets a plain
                `Event`.
            id: Its name in the pack; the function's name by default.
            mode: `enforce`, `warn` (a denial becomes a warning), `shadow` (recorded, no effect) or `off`.
            on_error: What its failure counts as: `deny`, `warn` or `allow`.
            timeout: Seconds it may take.
            when: A function of the event, or of event and context, that returns whether the policy runs.
            workspaces: Ids of the workspaces in which it runs.
            needs: Settings it requires. While one is None or an empty collection, the policy is inactive.
            severity: How bad it is what it stops, for those who read records: `high`, `medium` or `low`.
            owner: Who answers for it; the pack's by default.
            url: Where to read more, with which a person's text ends; the pack's by default.
            enforce_from: With `mode="shadow"`: the day, in UTC+8, from which on it is enforced.
            announce_days: Days before that on which its denials are warnings that announce it.

        Raises:
            RegistrationError: An invalid registration, with what to write instead.
        """

        self._refuse_function(events, "policy")

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            policy_id = id_in(self.name, function, id, "policy")
            codes = codes_of(policy_id, self.name, events, "policy")
            for code in codes:
                if code in catalog and not catalog[code].extension_point:
                    raise RegistrationError(
                        f'policy {policy_id}: "{code}" is not a blocking event; '
                        f"use @{self.name}.observer to be told about it"
                    )
            check_signature(policy_id, function, codes, self.settings_class)
            if when is not None:
                check_predicate(policy_id, when)
            named = f"policy {policy_id}"
            policy = Policy(
                id=policy_id,
                pack=self.name,
                events=codes,
                mode=one_of(named, "mode", mode, Mode),
                on_error=one_of(named, "on_error", on_error, Choice),
                description=description_of(function),
                timeout=seconds(policy_id, timeout),
                when=when,
                when_takes_context=when is not None and takes_context(when),
                workspaces=workspace_ids(policy_id, workspaces),
                needs=settings_needed(policy_id, needs, self.settings_class),
                severity=None if severity is None else one_of(named, "severity", severity, Severity),
                owner=owner_named(named, owner) or self.owner,
                url=page_at(named, url) or self.url,
                rollout=rollout_of(policy_id, mode, enforce_from, announce_days),
                function=function,
                takes_context=takes_context(function),
                is_async=is_async(function),
            )
            self._add(self._policies, policy, "policies")
            return function

        return cast("PolicyDecorator[Any, S]", register)

    @overload
    def observer(self, *events: type[E], id: str | None = None) -> ObserverDecorator[E, S]: ...
    @overload
    def observer(self, *events: str | type[Event], id: str | None = None) -> ObserverDecorator[Any, S]: ...
    def observer(self, *events: str | type[Event], id: str | None = None) -> ObserverDecorator[Any, S]:
        """Register the decorated function as an observer.

        Args:
            events: Event codes or event classes, or `"*"` for every event. An observer of `"*"` gets a plain `Event`.
            id: Its name in the pack; the function's name by default.

        Raises:
            RegistrationError: An invalid registration, with what to write instead.
        """

        self._refuse_function(events, "observer")

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            observer_id = id_in(self.name, function, id, "observer")
            codes = codes_of(observer_id, self.name, events, "observer")
            check_observer(observer_id, function, codes, self.settings_class)
            observer = Observer(
                id=observer_id,
                pack=self.name,
                events=codes,
                description=description_of(function),
                function=function,
                takes_context=takes_context(function),
                is_async=is_async(function),
            )
            self._add(self._observers, observer, "observers")
            return function

        return cast("ObserverDecorator[Any, S]", register)

    def _refuse_function(self, events: tuple[object, ...], kind: str) -> None:
        """A decorator without parentheses receives the function as an event, and would register nothing."""
        for event in events:
            if callable(event) and not isinstance(event, type):
                name = f"{self.name}.{getattr(event, '__name__', type(event).__name__)}"
                raise RegistrationError(
                    f"{kind} {name}: the decorator takes events before the function; "
                    f'write @{self.name}.{kind}("download-resources") above it'
                )

    def _add(self, registered: dict[str, P], new: P, kind: str) -> None:
        if self._closed:
            raise RegistrationError(
                f"{new.id} comes too late: pack {self.name} answers messages already; register it at import"
            )
        if new.id in self._policies or new.id in self._observers:
            raise RegistrationError(f'two {kind} are called {new.id}; give one of them a name of its own with id="…"')
        registered[new.id] = new
        _mark(new.function, self)


def packs_of(function: object) -> tuple[PolicyPack[Any], ...]:
    """The packs in which a function is registered as a policy, in the order of registration.

    Empty for a function that takes no attributes, such as a bound method.
    """
    packs: tuple[PolicyPack[Any], ...] = getattr(function, _MARK, ())
    # functools.wraps copies the mark to a wrapper, which is another function
    return tuple(pack for pack in packs if any(policy.function is function for policy in pack._policies.values()))


def _mark(function: Callable[..., object], pack: PolicyPack[Any]) -> None:
    packs: tuple[PolicyPack[Any], ...] = getattr(function, _MARK, ())
    if pack not in packs:
        with suppress(AttributeError, TypeError):  # such as a bound method: it works, and is not found by itself
            setattr(function, _MARK, (*packs, pack))
