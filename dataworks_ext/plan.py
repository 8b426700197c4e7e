"""What runs for an event code: the steps of a plan, and the gates before those with conditions."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from itertools import groupby
from typing import Final, NamedTuple

from pydantic import BaseModel

from .context import OverridingContext, PolicyContext
from .decision import Mode
from .errors import SettingsError
from .events import Event
from .modes import InForce
from .policy import Registration
from .settings import missing

_MOST_KEPT: Final = 256


class Step(NamedTuple):
    """A policy or observer on the way of one event code, with what holds for it here."""

    entry: Registration
    mode: Mode
    settings: BaseModel | SettingsError
    event_class: type[Event]
    is_plain: bool
    """Whether there is nothing to it but a function: no timeout, condition or workspaces, and sound settings."""
    context_class: type[PolicyContext[BaseModel]]
    """What its context is."""
    announced: date | None = None
    """From when on it is enforced, where a warning announces that."""


class Gate:
    """Finds out for steps of one pack which of them act on an event: each condition is asked once.

    Args:
        steps: Two or more, of one pack, as `_is_gated` wants them.
    """

    __slots__ = ("_kept", "conditions", "event_class", "steps")

    def __init__(self, steps: tuple[Step, ...]) -> None:
        self.steps = steps
        self.event_class = steps[0].event_class
        distinct = {id(step.entry.when): step for step in steps}
        self.conditions: tuple[Step, ...] = tuple(distinct.values())
        """For each condition one step that has it."""
        self._kept: dict[object, tuple[BaseModel | None, tuple[Step, ...]]] = {}

    def depends_on_settings(self, wanted: Mapping[int, bool]) -> bool:
        """Whether a step whose condition holds needs a setting."""
        return any(step.entry.needs and wanted[id(step.entry.when)] for step in self.steps)

    def acting(self, wanted: Mapping[int, bool], settings: BaseModel | None) -> tuple[Step, ...]:
        """The steps that act, whose conditions need not be asked again.

        Args:
            wanted: Whether each condition holds, by its id.
            settings: The pack's settings, with the options of the workspace; None where no step needs one.
        """
        key = (*wanted.values(), id(settings))
        known = self._kept.get(key)
        if known is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = tuple(
                step._replace(is_plain=True)
                for step in self.steps
                if wanted[id(step.entry.when)] and not (settings and missing(step.entry.needs, settings))
            )
            known = self._kept[key] = settings, found  # with the settings, so that no others get their id
        return known[1]


class Plan(NamedTuple):
    """The steps of one event code."""

    steps: tuple[Step, ...]
    immediate: tuple[tuple[Gate | None, tuple[Step, ...]], ...]
    """Those that are plain functions, in order; some behind a gate."""
    awaited: tuple[Step, ...]
    """Those that are coroutines."""


def plan_of(
    steps: Iterable[tuple[Registration, InForce, BaseModel | SettingsError, type[Event]]],
    overriding: Container[str] = (),
) -> Plan:
    """The plan that takes those steps. Options of the workspace override the settings of the packs in `overriding`."""
    planned = tuple(_step(*step, is_overriding=step[0].pack in overriding) for step in steps)
    immediate = (step for step in planned if not step.entry.is_async)
    return Plan(planned, tuple(_gated(immediate)), tuple(step for step in planned if step.entry.is_async))


def _step(
    entry: Registration,
    in_force: InForce,
    settings: BaseModel | SettingsError,
    event_class: type[Event],
    *,
    is_overriding: bool,
) -> Step:
    is_plain = (
        (entry.timeout, entry.workspaces, entry.when) == (None, None, None)
        and not isinstance(settings, SettingsError)
        and not (is_overriding and entry.needs)
    )
    context_class = OverridingContext if is_overriding else PolicyContext
    return Step(entry, in_force.mode, settings, event_class, is_plain, context_class, in_force.announced)


def _gated(steps: Iterable[Step]) -> Iterator[tuple[Gate | None, tuple[Step, ...]]]:
    for key, neighbours in groupby(steps, _gate_of):
        group = tuple(neighbours)
        yield Gate(group) if key is not None and len(group) > 1 else None, group


def _gate_of(step: Step) -> object:
    """What the steps of one gate have in common; None for a step that needs no gate, or has a way of its own."""
    entry = step.entry
    if step.is_plain or entry.timeout is not None or entry.workspaces is not None:
        return None
    return None if isinstance(step.settings, SettingsError) else (entry.pack, step.event_class)
