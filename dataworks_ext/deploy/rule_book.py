"""The steps that make the rules of EventBridge as they are wanted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
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
    """The rules of one function on some buses. It looks, and changes nothing.

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

    def changes(self) -> Iterator[Change]:
        """What `steps` would change, in order. Raises `RemoteError`."""
        wanted = self._rules()
        for bus in self._names:
            of_bus = [rule for rule in wanted if rule.bus == bus]
            exists = self._buses.has_bus(bus)
            if of_bus and not exists:
                yield Change(f"bus {bus}", "", "created")
            for rule in of_bus:
                yield from self._changes_of(rule, exists)
            for name in self._stale(bus, of_bus):
                yield Change(f"rule {name} of bus {bus}", "", "deleted")

    def steps(self) -> Iterator[DeploymentStep]:
        """How it is done. Raises `RemoteError`."""
        wanted = self._rules()
        for bus in self._names:
            of_bus = [rule for rule in wanted if rule.bus == bus]
            exists = self._buses.has_bus(bus)
            if of_bus and not exists:
                yield DeploymentStep(f"created bus {bus}", partial(self._buses.create_bus, bus))
            for rule in of_bus:
                if any(self._changes_of(rule, exists)):
                    yield DeploymentStep(f"put rule {rule.name} of bus {bus}", partial(self._put, bus, rule.name))
            for name in self._stale(bus, of_bus):
                yield DeploymentStep(f"deleted rule {name} of bus {bus}", partial(self._buses.delete, bus, name))

    def _changes_of(self, rule: WantedRule, exists: bool) -> Iterator[Change]:
        found = self._buses.rule(rule.bus, rule.name) if exists else None
        what = f"rule {rule.name} of bus {rule.bus}"
        if found is None:
            yield Change(what, "", f"created for {', '.join(_CODES[one] for one in rule.types)}")
            return
        if not found.is_for(self._function) and not self._take_over:
            text = f"the rule {rule.name} of bus {rule.bus} has another target; delete it, or use --take-over"
            raise RemoteError(text)
        if differences := found.differences(rule):
            yield Change(what, "", f"{', '.join(differences)} changed")

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
