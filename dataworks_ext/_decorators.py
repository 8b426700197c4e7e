"""Types of the decorators, for type checkers only. Nothing imports this module at run time, to keep the start fast."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable
from datetime import date
from typing import Any, Generic, Protocol, TypeVar, overload

from pydantic import BaseModel
from typing_extensions import TypedDict

from .context import PolicyContext
from .decision import Choice, Mode, Outcome
from .events import Event
from .policy import Severity

E = TypeVar("E", bound=Event)
S = TypeVar("S", bound=BaseModel)
R = TypeVar("R", bound=Outcome | Coroutine[Any, Any, Outcome | None] | None)
N = TypeVar("N", bound=Coroutine[Any, Any, None] | None)


class PolicyOptions(TypedDict, Generic[E, S], total=False):
    """The keyword arguments of `PolicyPack.policy`."""

    id: str | None
    mode: Mode
    on_error: Choice
    timeout: float | None
    when: Callable[[E], bool] | Callable[[E, PolicyContext[S]], bool] | None
    workspaces: Collection[int] | None
    needs: str | Iterable[str]
    severity: Severity | None
    owner: str | None
    url: str | None
    enforce_from: date | None
    announce_days: int


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
