"""EventBridge: buses with rules, whose targets get the events that a rule lets through.

Source: EventBridge API 2020-04-01.
"""

from __future__ import annotations

import re
import secrets
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Final

from ..deploy.event_rules import BUS_NAME, DEFAULT_BUS, MOST_RULES
from .api_error import ApiError
from .event_delivery import DeadLetter, Deliveries, FunctionTarget, read_target
from .event_pattern import matches, read_pattern
from .revision import ACCOUNT_ID, REGION

MOST_TARGETS: Final = 5
"""Targets of a rule."""
_RULE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,126}")
_Fields = Mapping[str, object]


@dataclass
class EventRule:
    """Which events go to which targets."""

    name: str
    pattern_text: str
    pattern: _Fields
    description: str = ""
    enabled: bool = True
    targets: dict[str, tuple[_Fields, FunctionTarget]] = field(default_factory=dict)
    """By id: as it was sent, and read."""
    created: int = field(default_factory=lambda: int(time.time() * 1000))


class EventBuses:
    """The buses of an account. Methods raise `ApiError` with the codes of EventBridge.

    Args:
        deliveries: Take what is routed.
    """

    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries
        self.lock = threading.RLock()
        """Whoever changes something holds it."""
        self._buses: dict[str, dict[str, EventRule]] = {DEFAULT_BUS: {}}

    @property
    def dead_letters(self) -> Sequence[DeadLetter]:
        """Events that were given up and whose target names a queue."""
        return self._deliveries.dead_letters

    def wait_until_idle(self, seconds: float) -> bool:
        """Whether everything that was published is delivered or given up by then; waits for it."""
        return self._deliveries.wait_until_idle(seconds)

    def create_bus(self, name: str) -> None:
        """A custom bus, without rules."""
        if not BUS_NAME.fullmatch(name):
            raise ApiError.invalid("EventBusName: expected letters, digits and -")
        with self.lock:
            if name in self._buses:
                raise ApiError(409, "EventBusAlreadyExist", f"there is a bus {name!r}")
            self._buses[name] = {}

    def bus_names(self) -> list[str]:
        """All buses."""
        return sorted(self._buses)

    def rules(self, bus: str) -> dict[str, EventRule]:
        """The rules of a bus, by name."""
        found = self._buses.get(bus)
        if found is None:
            raise ApiError(404, "EventBusNotExist", f"there is no bus {bus!r}; create it first")
        return found

    def rule(self, bus: str, name: str) -> EventRule:
        """A rule of a bus."""
        found = self.rules(bus).get(name)
        if found is None:
            raise ApiError(404, "EventRuleNotExisted", f"the bus {bus!r} has no rule {name!r}; create it first")
        return found

    def create_rule(self, bus: str, rule: EventRule, targets: Sequence[_Fields]) -> None:
        """A new rule with its targets."""
        with self.lock:
            rules = self.rules(bus)
            if not _RULE_NAME.fullmatch(rule.name):
                raise ApiError.invalid("RuleName: expected letters, digits and -")
            if rule.name in rules:
                raise ApiError(409, "EventRuleExisted", f"the bus {bus!r} has a rule {rule.name!r}")
            if len(rules) >= MOST_RULES:
                raise ApiError(409, "EventRuleExceedLimit", f"a bus has {MOST_RULES} rules at most")
            put_targets(rule, targets)
            rules[rule.name] = rule

    def delete_rule(self, bus: str, name: str) -> None:
        """It goes with its targets."""
        with self.lock:
            self.rule(bus, name)
            del self.rules(bus)[name]

    def publish(self, event: _Fields, bus: str = DEFAULT_BUS) -> None:
        """Route a CloudEvent, with what EventBridge adds to it."""
        now = datetime.now(timezone.utc)
        whole = {
            "specversion": "1.0",
            "id": secrets.token_hex(16),
            "time": now.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "datacontenttype": "application/json;charset=utf-8",
            **event,
            "aliyunaccountid": ACCOUNT_ID,
            "aliyunregionid": REGION,
            "aliyuneventbusname": bus,
            "aliyunpublishtime": now.isoformat(timespec="milliseconds"),
        }
        with self.lock:
            reached = [rule for rule in self.rules(bus).values() if rule.enabled and matches(rule.pattern, whole)]
            for rule in reached:
                for _, target in rule.targets.values():
                    self._deliveries.add(target, whole)


def new_rule(name: str, pattern: str, description: str = "", status: str = "ENABLE") -> EventRule:
    """A rule without targets. Raises `ApiError` for a pattern that is none."""
    return EventRule(name, pattern, read_pattern(pattern), description, status != "DISABLE")


def put_targets(rule: EventRule, targets: Sequence[_Fields]) -> None:
    """Add targets, or replace those of the same id."""
    read = {str(target.get("Id")): (target, read_target(target)) for target in targets}
    if len({*rule.targets, *read}) > MOST_TARGETS:
        raise ApiError(409, "EventTargetExceedLimit", f"a rule has {MOST_TARGETS} targets at most")
    rule.targets.update(read)
