"""The steps that make the rules of EventBridge as they are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property, partial
from typing import Final

from ..events import catalog
from .event_bus import EventBridge
from .event_rules import WantedRule
from .remote_error import RemoteError
from .steps import Change, DeploymentStep

_CODES: Final = {entry.type: entry.code for entry in catalog.values()}
Rules = Callable[[], Sequence[WantedRule]]
"""The rules that are wanted. It is called again when the function is there, which then tells its account."""


class RuleBook:
    """The rules of one function on some buses. It looks once, and changes nothing.

    Args:
        buses: EventBridge.
        names: The buses, in the order in which they get their rules.
        function: The function's name.
        rules: What is wanted.
        take_over: Change rules that have another target.
    """

    def __init__(
        self, buses: EventBridge, names: Sequence[str], function: str, rules: Rules, *, take_over: bool = False
    ) -> None:
        self._buses, self._names, self._function, self._rules, self._take_over = (
            buses,
            names,
            function,
            rules,
            take_over,
        )

    def changes(self) -> list[Change]:
        """What `steps` would change, in order. Raises `RemoteError`."""
        return [change for change, _ in self._plan]

    def steps(self) -> list[DeploymentStep]:
        """How it is done. Raises `RemoteError`."""
        return [step for _, step in self._plan]

    @cached_property
    def _plan(self) -> list[tuple[Change, DeploymentStep]]:
        return list(self._planned())

    def _planned(self) -> Iterator[tuple[Change, DeploymentStep]]:
        wanted, buses = self._rules(), self._buses
        for bus in self._names:
            of_bus = [rule for rule in wanted if rule.bus == bus]
            exists = buses.has_bus(bus)
            if of_bus and not exists:
                create = DeploymentStep(f"created bus {bus}", partial(buses.create_bus, bus))
                yield Change(f"bus {bus}", "", "created"), create
            for rule in of_bus:
                if change := self._change_of(rule, exists):
                    put = partial(self._put, bus, rule.name)
                    yield change, DeploymentStep(f"put rule {rule.name} of bus {bus}", put)
            for name in self._stale(bus, of_bus):
                what = f"rule {name} of bus {bus}"
                delete = DeploymentStep(f"deleted {what}", partial(buses.delete, bus, name))
                yield Change(what, "", "deleted"), delete

    def _change_of(self, rule: WantedRule, exists: bool) -> Change | None:
        found = self._buses.rule(rule.bus, rule.name) if exists else None
        what = f"rule {rule.name} of bus {rule.bus}"
        if found is None:
            return Change(what, "", f"created for {', '.join(_CODES[one] for one in rule.types)}")
        if not found.is_for(self._function) and not self._take_over:
            text = f"the rule {rule.name} of bus {rule.bus} has another target; delete it, or use --take-over"
            raise RemoteError(text)
        differences = found.differences(rule)
        return Change(what, "", f"{', '.join(differences)} changed") if differences else None

    def _stale(self, bus: str, wanted: Sequence[WantedRule]) -> list[str]:
        names = {rule.name for rule in wanted}
        return [name for name in self._buses.rule_names(bus, self._function) if name not in names]

    def _put(self, bus: str, name: str) -> None:
        """Create or update. One that was created meanwhile, or by a call that got no answer, is updated."""
        [rule] = [one for one in self._rules() if (one.bus, one.name) == (bus, name)]
        found = self._buses.rule(bus, name)
        if found is None:
            self._buses.create(rule)
        elif found.differences(rule):
            self._buses.update(rule, found)
