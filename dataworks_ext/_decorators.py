"""What type checkers know of the decorators. Nothing imports it when the program runs: it would only weigh."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar, overload

from pydantic import BaseModel

from .context import PolicyContext
from .decision import Outcome
from .events import Event

E = TypeVar("E", bound=Event)
S = TypeVar("S", bound=BaseModel)
R = TypeVar("R", bound=Outcome | Coroutine[Any, Any, Outcome | None] | None)
N = TypeVar("N", bound=Coroutine[Any, Any, None] | None)


class PolicyDecorator(Protocol[E, S]):
    """Registers a function as a policy and returns it as it is."""

    @overload
    def __call__(self, function: Callable[[E], R], /) -> Callable[[E], R]: ...
    @overload
    def __call__(self, function: Callable[[E, PolicyContext[S]], R], /) -> Callable[[E, PolicyContext[S]], R]: ...


class ObserverDecorator(Protocol[E, S]):
    """Registers a function as an observer and returns it as it is."""

    @overload
    def __call__(self, function: Callable[[E], N], /) -> Callable[[E], N]: ...
    @overload
    def __call__(self, function: Callable[[E, PolicyContext[S]], N], /) -> Callable[[E, PolicyContext[S]], N]: ...
