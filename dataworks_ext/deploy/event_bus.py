"""The buses of EventBridge, through the official client.

Source: EventBridge API 2020-04-01.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from alibabacloud_eventbridge20200401 import models
from alibabacloud_eventbridge20200401.client import Client

from .event_rules import TARGET_ID, WantedRule, is_rule_of
from .official_client import Caller
from .remote_access import Access
from .remote_error import NotThereError, refused

_PAGE: Final = 50
_ADDED: Final = "IsBase64Encode"
"""A parameter of targets that the service adds."""


class FoundRule(NamedTuple):
    """A rule as it is."""

    pattern: str
    enabled: bool
    targets: Mapping[str, Mapping[str, Any]]
    """By id, by the API's names."""

    def differences(self, wanted: WantedRule) -> list[str]:
        """What is other than wanted."""
        found = []
        if _parsed(self.pattern) != _parsed(wanted.pattern):
            found.append("pattern")
        if not self.enabled:
            found.append("status")
        target = self.targets.get(TARGET_ID)
        if target is None or _essence(target) != _essence(wanted.target):
            found.append("target")
        return found

    def is_for(self, function: str) -> bool:
        """Whether it has no other target than the function."""
        return all(_function_of(target) == function for target in self.targets.values())


class EventBridge:
    """Buses and rules. Every method raises `RemoteError`."""

    def __init__(self, access: Access) -> None:
        self._caller = Caller(access, Client)

    def has_bus(self, name: str) -> bool:
        """Whether there is a bus."""
        request = models.GetEventBusRequest(event_bus_name=name)
        try:
            self._call(f"look up bus {name}", lambda c, r: c.get_event_bus_with_options(request, r))
        except NotThereError:
            return False
        return True

    def create_bus(self, name: str) -> None:
        """Create a custom bus."""
        request = models.CreateEventBusRequest(event_bus_name=name, description="Events of DataWorks")
        self._call(f"create bus {name}", lambda c, r: c.create_event_bus_with_options(request, r))

    def rule(self, bus: str, name: str) -> FoundRule | None:
        """A rule with its targets; None if there is none."""
        request = models.GetRuleRequest(event_bus_name=bus, rule_name=name)
        try:
            data = self._call(f"look up rule {name}", lambda c, r: c.get_rule_with_options(request, r))
        except NotThereError:
            return None
        targets = {str(one.id): one.to_map() for one in data.targets or ()}
        return FoundRule(str(data.filter_pattern or ""), data.status != "DISABLE", targets)

    def rule_names(self, bus: str, function: str) -> list[str]:
        """The names of the function's rules on a bus."""
        try:
            return sorted(name for name in self._rule_names(bus) if is_rule_of(name, function))
        except NotThereError:
            return []

    def _rule_names(self, bus: str) -> Iterator[str]:
        token: str | None = None
        while True:
            request = models.ListRulesRequest(event_bus_name=bus, limit=_PAGE, next_token=token)
            data = self._call(f"list the rules of bus {bus}", self._lister(request))
            yield from (str(rule.rule_name) for rule in data.rules or ())
            token = data.next_token
            if not token:
                return

    def _lister(self, request: models.ListRulesRequest) -> Any:
        return lambda c, r: c.list_rules_with_options(request, r)

    def create(self, rule: WantedRule) -> None:
        """Create a rule with its target in one call."""
        request = models.CreateRuleRequest(
            event_bus_name=rule.bus,
            rule_name=rule.name,
            description="Events that the extension handles",
            filter_pattern=rule.pattern,
            status="ENABLE",
            event_targets=[models.CreateRuleRequestEventTargets().from_map(dict(rule.target))],
        )
        self._call(f"create rule {rule.name}", lambda c, r: c.create_rule_with_options(request, r))

    def update(self, rule: WantedRule, found: FoundRule) -> None:
        """Change a rule: its target first, so that it never brings to another what it did not bring before."""
        named = {"event_bus_name": rule.bus, "rule_name": rule.name}
        differences = found.differences(rule)
        if "target" in differences:
            target = models.PutTargetsRequestTargets().from_map(dict(rule.target))
            put = models.PutTargetsRequest(targets=[target], **named)
            what = f"put the target of rule {rule.name}"
            self._check_entries(what, self._call(what, lambda c, r: c.put_targets_with_options(put, r)))
        if "pattern" in differences or "status" in differences:
            changed = models.UpdateRuleRequest(filter_pattern=rule.pattern, status="ENABLE", **named)
            self._call(f"update rule {rule.name}", lambda c, r: c.update_rule_with_options(changed, r))
        if "status" in differences:
            enabled = models.EnableRuleRequest(**named)
            self._call(f"enable rule {rule.name}", lambda c, r: c.enable_rule_with_options(enabled, r))

    def delete(self, bus: str, name: str) -> None:
        """Delete a rule."""
        request = models.DeleteRuleRequest(event_bus_name=bus, rule_name=name)
        self._call(f"delete rule {name}", lambda c, r: c.delete_rule_with_options(request, r))

    def publish(self, bus: str, event: Mapping[str, Any]) -> None:
        """Publish a CloudEvent to a bus."""
        made = models.PutEventsRequestEventList(
            id=event.get("id"),
            source=event.get("source"),
            type=event.get("type"),
            subject=event.get("subject"),
            time=event.get("time"),
            spec_version=event.get("specversion"),
            data_content_type=event.get("datacontenttype"),
            data=json.dumps(event["data"]),
        )
        request = models.PutEventsRequest(event_bus_name=bus, event_list=[made])
        what = f"publish to bus {bus}"
        data = self._call(what, lambda c, r: c.put_events_with_options(request, r))
        for entry in data.entry_list or () if data.failed_entry_count else ():
            raise refused(what, 200, str(entry.error_code), str(entry.error_message))

    def _call(self, what: str, call: Any) -> Any:
        """The data of an answer; a failure may have HTTP status 200."""
        caller = self._caller
        body = caller.call(what, lambda: call(caller.client, caller.runtime)).body
        return caller.succeeded(what, body)

    def _check_entries(self, what: str, data: Any) -> None:
        for entry in data.error_entries or () if data.error_entries_count else ():
            raise refused(what, 200, str(entry.error_code), str(entry.error_message))


def _essence(target: Mapping[str, Any]) -> object:
    """What counts of a target, whatever order it has and whatever the service adds."""
    queue = target.get("DeadLetterQueue")
    parameters = {
        str(one.get("ResourceKey")): (one.get("Form"), one.get("Value") or "", one.get("Template") or "")
        for one in target.get("ParamList") or ()
        if one.get("ResourceKey") != _ADDED
    }
    arn = queue.get("Arn") if isinstance(queue, Mapping) else None
    return target.get("Type"), target.get("Endpoint"), target.get("PushRetryStrategy"), arn or "", parameters


def _function_of(target: Mapping[str, Any]) -> str:
    return str(target.get("Endpoint") or "").rpartition("functions/")[2]


def _parsed(pattern: str) -> object:
    try:
        return json.loads(pattern)
    except ValueError:
        return pattern
