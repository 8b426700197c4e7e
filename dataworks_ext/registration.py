"""Checks of the functions that people register: parameters and annotations."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from types import SimpleNamespace, UnionType
from typing import Any, NoReturn, TypeVar, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from .context import PolicyContext
from .decision import Outcome
from .errors import RegistrationError
from .events import Event, event_class

_SHAPE = "write def rule(event) or def rule(event, context)"
_NO_SETTINGS = "NoSettings"


def check_signature(
    full_id: str, function: Callable[..., object], codes: tuple[str, ...], settings_class: type[BaseModel]
) -> None:
    """Whether the function can be a policy on these events. Raises `RegistrationError`."""
    hints = _check_parameters(f"policy {full_id}", function, codes, settings_class)
    returned = hints.get("return", Outcome)
    if not _returns(returned, Outcome):
        raise RegistrationError(
            f"policy {full_id} returns {_name(returned)}; "
            f"a policy returns Outcome | None: deny(…), warn(…), allow(…) or None"
        )


def check_observer(
    full_id: str, function: Callable[..., object], codes: tuple[str, ...], settings_class: type[BaseModel]
) -> None:
    """Whether the function can be an observer of these events. Raises `RegistrationError`."""
    hints = _check_parameters(f"observer {full_id}", function, codes, settings_class)
    returned = hints.get("return", type(None))
    if not _returns(returned, type(None)):
        raise RegistrationError(
            f"observer {full_id} returns {_name(returned)}; an observer decides nothing: annotate it -> None"
        )


def check_predicate(full_id: str, when: Callable[..., object]) -> None:
    """Whether the function can be the `when` of a policy. Raises `RegistrationError`."""
    parameters = _parameters(when) if callable(when) else []
    if is_async(when) or len(parameters) not in (1, 2) or _has_keyword_only(parameters):
        raise RegistrationError(
            f"policy {full_id}: when should be a plain function of the event, or of event and context, got {when!r}"
        )


def takes_context(function: Callable[..., object]) -> bool:
    """Whether the function has a second parameter."""
    return len(_parameters(function)) > 1


def is_async(function: Callable[..., object]) -> bool:
    """Whether calling the function makes a coroutine."""
    by_class = getattr(type(function), "__call__", None)  # noqa: B004 - what is wanted is the method, for an object
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(by_class)


def _check_parameters(
    owner: str, function: Callable[..., object], codes: tuple[str, ...], settings_class: type[BaseModel]
) -> dict[str, object]:
    if inspect.isgeneratorfunction(_routine(function)) or inspect.isasyncgenfunction(_routine(function)):
        raise RegistrationError(f"{owner} yields; a policy or observer is a plain function or a coroutine")
    parameters = _parameters(function)
    if _has_keyword_only(parameters):
        raise RegistrationError(f"{owner} takes {parameters[-1].name} by keyword only; {_SHAPE}")
    if len(parameters) not in (1, 2):
        raise RegistrationError(f"{owner} takes {len(parameters)} parameters by position; {_SHAPE}")
    hints = _hints(owner, function)
    _check_order(owner, parameters, hints)
    first = hints.get(parameters[0].name, Event)
    for code in codes:
        arriving = Event if code == "*" else event_class(code)
        if not _accepts(first, arriving):
            raise RegistrationError(
                f'{owner}: "{code}" arrives as {arriving.__name__}, but the first parameter is annotated '
                f"{_name(first)}; write {parameters[0].name}: {arriving.__name__}"
            )
    if len(parameters) == 2:
        _check_context(owner, parameters[1].name, hints.get(parameters[1].name, PolicyContext), settings_class)
    return hints


def _check_order(owner: str, parameters: list[inspect.Parameter], hints: dict[str, object]) -> None:
    """Whether the event comes first."""
    names = [parameter.name for parameter in parameters]
    first, *others = (hints.get(name) for name in names)
    context_first = (get_origin(first) or first) is PolicyContext or (first is None and names == ["context", "event"])
    event_second = any(isinstance(other, type) and issubclass(other, Event) for other in others)
    if context_first or event_second:
        context, event = (*names, "event")[:2]
        raise RegistrationError(f"{owner} takes the context first; the event comes first: write ({event}, {context})")


def _check_context(owner: str, name: str, hint: object, settings_class: type[BaseModel]) -> None:
    if hint is Any or hint is object:
        return
    if (get_origin(hint) or hint) is not PolicyContext:
        raise RegistrationError(
            f"{owner}: the second parameter is annotated {_name(hint)}; write {name}: PolicyContext[…]"
        )
    for expected in get_args(hint):
        if expected is not Any and isinstance(expected, type) and not issubclass(settings_class, expected):
            has = "no settings" if settings_class.__name__ == _NO_SETTINGS else f"settings {settings_class.__name__}"
            raise RegistrationError(
                f"{owner}: {name} is annotated PolicyContext[{expected.__name__}], but its pack has {has}; "
                f"write PolicyPack(…, settings={expected.__name__}), or annotate the settings that the pack has"
            )


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    """The parameters that can be given by position, then those that must be given by keyword."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    variadic = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    by_keyword = inspect.Parameter.KEYWORD_ONLY
    return [
        parameter
        for parameter in parameters
        if parameter.kind not in variadic
        and not (parameter.kind is by_keyword and parameter.default is not inspect.Parameter.empty)
    ]


def _has_keyword_only(parameters: list[inspect.Parameter]) -> bool:
    return any(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in parameters)


def _routine(function: Callable[..., object]) -> Callable[..., object]:
    """The function that finally runs: what a partial wraps, or the `__call__` of an object."""
    while isinstance(function, partial):
        function = function.func
    if inspect.isroutine(function):
        return function
    by_class: Callable[..., object] = type(function).__call__
    return by_class


def _hints(owner: str, function: Callable[..., object]) -> dict[str, object]:
    """The resolved annotations, without those that name something imported for type checkers only.

    Raises:
        RegistrationError: One of them names something that is not defined.
    """
    routine = _routine(function)
    hints: dict[str, object] = {}
    for name, annotation in getattr(routine, "__annotations__", {}).items():
        try:
            hints[name] = _resolved(routine, name, annotation)
        except NameError as error:
            if error.name and not _may_be_known(routine, error.name):
                where = "its result" if name == "return" else name
                raise RegistrationError(
                    f"{owner}: the annotation of {where} names {error.name}, which is not defined"
                    f"{_how_to_import(error.name)}"
                ) from None
    return hints


def _resolved(routine: Callable[..., object], name: str, annotation: object) -> object:
    """What the annotation stands for; any expression may be one, and then it says nothing about types."""
    scope = getattr(inspect.unwrap(routine), "__globals__", {})
    try:
        return get_type_hints(SimpleNamespace(__annotations__={name: annotation}), globalns=scope)[name]
    except NameError:
        raise
    except Exception:
        return Any


def _may_be_known(routine: Callable[..., object], name: str) -> bool:
    """Whether a name that cannot be looked up may be defined: within a function, or for type checkers alone."""
    if "<locals>" in getattr(routine, "__qualname__", "<locals>"):
        return True
    try:
        source = inspect.getsource(sys.modules[routine.__module__])
    except (OSError, TypeError, KeyError):
        return True  # there is only byte code
    guard = re.compile(rf"^if .*\bTYPE_CHECKING\b.*:(?:\n(?:[ \t].*)?)*?\n[ \t].*\b{re.escape(name)}\b", re.MULTILINE)
    return guard.search(source) is not None


def _how_to_import(name: str) -> str:
    for module in ("dataworks_ext", "dataworks_ext.events"):
        if name in dir(sys.modules[module]):
            return f"; import it: from {module} import {name}"
    return "; import it, or define it above"


def _accepts(hint: object, event: type[Event]) -> bool:
    if get_origin(hint) in (Union, UnionType):
        return any(_accepts(member, event) for member in get_args(hint))
    if hint is Any:
        return True
    origin = get_origin(hint) or hint
    return issubclass(event, origin) if isinstance(origin, type) else True


def _returns(hint: object, expected: type) -> bool:
    origin = get_origin(hint)
    if origin in (Union, UnionType):
        return all(_returns(member, expected) for member in get_args(hint))
    if origin in (Awaitable, Coroutine):
        return _returns(get_args(hint)[-1], expected)
    return hint in (expected, type(None), None, Any, NoReturn) or isinstance(hint, TypeVar)


def _name(hint: object) -> str:
    if isinstance(hint, type) and get_origin(hint) is None:
        return hint.__name__
    return re.sub(r"\b(\w+\.)+(?=\w)", "", str(hint))
