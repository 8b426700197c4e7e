"""Packs, and the policies and observers that are registered in them."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final, Generic, NamedTuple, TypeVar, cast, get_args, overload
from weakref import WeakSet

from pydantic import BaseModel, ConfigDict

from .decision import Choice, Mode
from .errors import RegistrationError
from .events import Event, catalog, code_of, event_class
from .registration import check_observer, check_predicate, check_signature, is_async, takes_context

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ._decorators import ObserverDecorator, PolicyDecorator, PolicyOptions

EVERY_EVENT: Final = "*"

E = TypeVar("E", bound=Event)
E2 = TypeVar("E2", bound=Event)
E3 = TypeVar("E3", bound=Event)
S = TypeVar("S", bound=BaseModel)
T = TypeVar("T")
P = TypeVar("P", bound="Registration")
W = TypeVar("W", bound=str)


class NoSettings(BaseModel):
    """The settings of a pack without settings."""

    model_config = ConfigDict(defer_build=True)


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
    """The mode its author chose; `DATAWORKS_EXT_MODES` may say otherwise."""
    on_error: Choice = "allow"
    """What a failure counts as."""
    timeout: float | None = None
    """Seconds it may take; None for as long as the deadline allows."""
    when: Callable[..., object] | None = None
    """Which events it looks at."""
    when_takes_context: bool = False
    workspaces: frozenset[int] | None = None
    """The workspaces it acts in; None for all."""
    needs: tuple[str, ...] = ()
    """The settings without which it does nothing."""


class Policy(Registration):
    """A function that looks at one event and may object."""

    __slots__ = ()


class Observer(Registration):
    """A function that is told about an event and decides nothing."""

    __slots__ = ()


class PolicyPack(Generic[S]):
    """A named, ordered collection of policies and observers, with typed settings.

    Args:
        name: Its name: the first half of its policies' ids.
        settings: Their class. Each field is read from the environment variable `{PACK}_{FIELD}`.
        options_override: Whether what a workspace chose of the extension's options stands in the place of settings.
            Options under the pack's name are the pack's; without any, those that are called like its settings.

    Raises:
        RegistrationError: A name or a settings class that cannot be.
    """

    @overload
    def __init__(self: PolicyPack[NoSettings], name: str) -> None: ...
    @overload
    def __init__(self, name: str, *, settings: type[S], options_override: bool = False) -> None: ...
    def __init__(self, name: str, *, settings: type[S] | None = None, options_override: bool = False) -> None:
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
        self._policies: dict[str, Policy] = {}
        self._observers: dict[str, Observer] = {}
        self._closed = False
        _packs.add(self)

    @property
    def policies(self) -> tuple[Policy, ...]:
        """The policies, in the order of definition."""
        return tuple(self._policies.values())

    @property
    def observers(self) -> tuple[Observer, ...]:
        """The observers, in the order of definition."""
        return tuple(self._observers.values())

    def close(self) -> None:
        """From now on nothing is registered: the first message has come."""
        self._closed = True

    # Up to three classes are told apart, so that type checkers know what the function gets; codes say nothing to them.
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
    ) -> PolicyDecorator[Any, S]:
        """Register the decorated function as a policy.

        Args:
            events: Event codes or event classes, or `"*"` for every event that somebody waits for. A policy on `"*"`
                gets a plain `Event`.
            id: Its name in the pack; the function's name by default.
            mode: `enforce`, `warn` (a denial becomes a warning), `shadow` (recorded, no effect) or `off`.
            on_error: What its failure counts as: `deny`, `warn` or `allow`.
            timeout: Seconds it may take.
            when: A function of the event, or of event and context, that says by a boolean whether the policy looks.
            workspaces: Ids of the workspaces it acts in.
            needs: Fields of the settings without which it does nothing: None, or an empty collection.

        Raises:
            RegistrationError: Something that cannot be, with what to write instead.
        """

        self._refuse_function(events, "policy")

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            policy_id = self._id_of(function, id, "policy")
            codes = self._codes(policy_id, events, "policy")
            for code in codes:
                if code in catalog and not catalog[code].extension_point:
                    raise RegistrationError(
                        f'policy {policy_id}: nobody waits for an answer to "{code}"; '
                        f"use @{self.name}.observer to be told about it"
                    )
            check_signature(policy_id, function, codes, self.settings_class)
            if when is not None:
                check_predicate(policy_id, when)
            policy = Policy(
                id=policy_id,
                pack=self.name,
                events=codes,
                mode=one_of(f"policy {policy_id}", "mode", mode, Mode),
                on_error=one_of(f"policy {policy_id}", "on_error", on_error, Choice),
                description=_description(function),
                timeout=_seconds(policy_id, timeout),
                when=when,
                when_takes_context=when is not None and takes_context(when),
                workspaces=_workspace_ids(policy_id, workspaces),
                needs=self._needs(policy_id, needs),
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
            RegistrationError: Something that cannot be, with what to write instead.
        """

        self._refuse_function(events, "observer")

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            observer_id = self._id_of(function, id, "observer")
            codes = self._codes(observer_id, events, "observer")
            check_observer(observer_id, function, codes, self.settings_class)
            observer = Observer(
                id=observer_id,
                pack=self.name,
                events=codes,
                description=_description(function),
                function=function,
                takes_context=takes_context(function),
                is_async=is_async(function),
            )
            self._add(self._observers, observer, "observers")
            return function

        return cast("ObserverDecorator[Any, S]", register)

    def _refuse_function(self, events: tuple[object, ...], kind: str) -> None:
        """A decorator without parentheses gets the function in the place of events, and would register nothing."""
        for event in events:
            if callable(event) and not isinstance(event, type):
                name = f"{self.name}.{getattr(event, '__name__', type(event).__name__)}"
                raise RegistrationError(
                    f"{kind} {name}: the decorator takes events before the function; "
                    f'write @{self.name}.{kind}("download-resources") above it'
                )

    def _id_of(self, function: Callable[..., object], given: str | None, kind: str) -> str:
        if not callable(function):
            raise RegistrationError(f"pack {self.name}: a {kind} should be a function, got {function!r}")
        name = str(given or getattr(function, "__name__", ""))
        if not re.fullmatch(r"[A-Za-z_][\w-]*", name):
            raise RegistrationError(
                f"pack {self.name}: {_a(kind)} without a usable name ({name or type(function).__name__}); "
                f'give it one: @{self.name}.{kind}(…, id="row_limit")'
            )
        return f"{self.name}.{name}"

    def _codes(self, full_id: str, events: tuple[str | type[Event], ...], kind: str) -> tuple[str, ...]:
        if not events:
            raise RegistrationError(
                f'{kind} {full_id} names no event; write @{self.name}.{kind}("download-resources"), '
                f'or "*" for every event'
            )
        codes = tuple(dict.fromkeys(_code(full_id, event, kind) for event in events))
        if EVERY_EVENT in codes and len(codes) > 1:
            raise RegistrationError(f'{kind} {full_id}: "*" is every event already; leave the others out')
        for code in codes:
            event_class(code)
        return codes

    def _needs(self, full_id: str, needs: str | Iterable[str]) -> tuple[str, ...]:
        fields = (needs,) if isinstance(needs, str) else _items(needs)
        if fields is None or not all(isinstance(field, str) for field in fields):
            raise RegistrationError(f"policy {full_id}: needs should name fields of the settings, got {needs!r}")
        for field in fields:
            if field not in self.settings_class.model_fields:
                raise RegistrationError(
                    f"policy {full_id} needs the setting {field!r}, which {self.settings_class.__name__} does not have"
                    f"{nearest(field, self.settings_class.model_fields)}"
                )
        return fields

    def _add(self, registered: dict[str, P], new: P, kind: str) -> None:
        if self._closed:
            raise RegistrationError(
                f"{new.id} comes too late: pack {self.name} answers messages already; register it at import"
            )
        if new.id in self._policies or new.id in self._observers:
            raise RegistrationError(f'two {kind} are called {new.id}; give one of them a name of its own with id="…"')
        registered[new.id] = new


_packs: Final[WeakSet[PolicyPack[Any]]] = WeakSet()


def packs_of(function: object) -> list[PolicyPack[Any]]:
    """The packs in which a function is registered as a policy, by name."""
    found = (pack for pack in _packs if any(policy.function is function for policy in pack._policies.values()))
    return sorted(found, key=lambda pack: pack.name)


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


def nearest(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches  # only a mistake needs it

    matches = get_close_matches(word, list(known), n=1)
    return f'; did you mean "{matches[0]}"?' if matches else ""


def one_of(owner: str, parameter: str, value: W, words: object) -> W:
    """The value, if it is one of the words of a `Literal`. Raises `RegistrationError`."""
    if value not in get_args(words):
        raise RegistrationError(f"{owner}: {parameter} should be one of {', '.join(get_args(words))}, got {value!r}")
    return value


def _seconds(full_id: str, timeout: float | None) -> float | None:
    if timeout is not None and not (isinstance(timeout, (int, float)) and timeout > 0):
        raise RegistrationError(f"policy {full_id}: timeout should be a number of seconds above 0, got {timeout!r}")
    return timeout


def _workspace_ids(full_id: str, workspaces: Collection[int] | None) -> frozenset[int] | None:
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
    """The items of what should be a collection; None if it is none."""
    try:
        return tuple(value)
    except TypeError:
        return None


def _description(function: Callable[..., object]) -> str:
    documentation = getattr(function, "__doc__", None) or ""
    return documentation.strip().split("\n", 1)[0]
