"""The API of EventBridge: an operation a name, with its parameters in the query or as a form.

Source: EventBridge API 2020-04-01; what the official client sends and reads. A failure is HTTP 200 as well, with
`Success: false` and a code.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qsl

from .api_error import ApiError
from .event_bridge import EventBuses, EventRule, new_rule, put_targets
from .functions_3 import paged
from .revision import ACCOUNT_ID, REGION
from .verification import RequestHead

EVENTBRIDGE_VERSION: Final = "2020-04-01"
_ADDED: Final = {"Form": "CONSTANT", "ResourceKey": "IsBase64Encode", "Value": "false"}
"""A parameter that the real service adds to each target."""
_Parameters = Mapping[str, str]


class EventApi:
    """Performs operations on the buses.

    Args:
        buses: What there is.
    """

    def __init__(self, buses: EventBuses) -> None:
        self._buses = buses

    def perform(self, head: RequestHead, body: bytes, request_id: str) -> dict[str, object]:
        """The answer to a request that is signed."""
        form = body.decode("utf-8", "replace")
        parameters = dict(parse_qsl(f"{head.query}&{form}", keep_blank_values=True))
        action = head.headers.get("x-acs-action", "")
        try:
            operation = _OPERATIONS.get(action)
            if operation is None:
                text = f"{action} is not in the local EventBridge; docs/en/local.md says what is"
                raise ApiError(404, "ActionNotSupported", text)
            with self._buses.lock:
                data = operation(self._buses, parameters)
        except ApiError as error:
            return {"RequestId": request_id, "Code": error.code, "Message": error.message, "Success": False}
        return {"RequestId": request_id, "Code": "Success", "Message": "success", "Success": True, "Data": data}


def _create_bus(buses: EventBuses, sent: _Parameters) -> dict[str, object]:
    buses.create_bus(_required(sent, "EventBusName"))
    return {"EventBusARN": _arn(sent["EventBusName"])}


def _get_bus(buses: EventBuses, sent: _Parameters) -> dict[str, object]:
    name = _required(sent, "EventBusName")
    buses.rules(name)
    return {"EventBusName": name, "EventBusARN": _arn(name)}


def _list_buses(buses: EventBuses, sent: _Parameters) -> dict[str, object]:
    names = [name for name in buses.bus_names() if name.startswith(sent.get("NamePrefix", ""))]
    return {"EventBuses": [{"EventBusName": name} for name in names], "Total": len(names)}


def _create_rule(buses: EventBuses, sent: _Parameters) -> dict[str, object]:
    name = _required(sent, "RuleName")
    rule = new_rule(name, _required(sent, "FilterPattern"), sent.get("Description", ""), sent.get("Status", "ENABLE"))
    buses.create_rule(_bus(sent), rule, _objects(sent, "EventTargets"))
    return {"RuleARN": f"{_arn(_bus(sent))}/rule/{name}"}


def _update_rule(buses: EventBuses, sent: _Parameters) -> bool:
    rule = _rule(buses, sent)
    changed = new_rule(
        rule.name,
        sent.get("FilterPattern", rule.pattern_text),
        sent.get("Description", rule.description),
        sent.get("Status", "ENABLE" if rule.enabled else "DISABLE"),
    )
    rule.pattern_text, rule.pattern = changed.pattern_text, changed.pattern
    rule.description, rule.enabled = changed.description, changed.enabled
    return True


def _get_rule(buses: EventBuses, sent: _Parameters) -> dict[str, object]:
    rule = _rule(buses, sent)
    targets = [_shown_target(target) for target, _ in rule.targets.values()]
    return {**_shown_rule(rule, _bus(sent)), "Targets": targets}


def _list_rules(buses: EventBuses, sent: _Parameters) -> dict[str, object]:
    rules = buses.rules(_bus(sent))
    names = sorted(name for name in rules if name.startswith(sent.get("RuleNamePrefix", "")))
    query = {"limit": sent.get("Limit", ""), "nextToken": sent.get("NextToken", "")}
    page, following = paged(names, query)
    shown = [_shown_rule(rules[name], _bus(sent)) for name in page]
    return {"Rules": shown, "Total": len(names), "NextToken": following.get("nextToken", "")}


def _delete_rule(buses: EventBuses, sent: _Parameters) -> bool:
    buses.delete_rule(_bus(sent), _required(sent, "RuleName"))
    return True


def _switched(enabled: bool) -> Callable[[EventBuses, _Parameters], object]:
    def switch(buses: EventBuses, sent: _Parameters) -> bool:
        _rule(buses, sent).enabled = enabled
        return True

    return switch


def _put_targets(buses: EventBuses, sent: _Parameters) -> dict[str, object]:
    rule, errors = _rule(buses, sent), []
    for target in _objects(sent, "Targets"):
        try:
            put_targets(rule, [target])
        except ApiError as error:
            entry = {"EntryId": target.get("Id"), "ErrorCode": error.code, "ErrorMessage": error.message}
            errors.append(entry)
    return {"ErrorEntriesCount": len(errors), "ErrorEntries": errors}


def _delete_targets(buses: EventBuses, sent: _Parameters) -> dict[str, object]:
    rule = _rule(buses, sent)
    for target_id in _listed(sent, "TargetIds"):
        rule.targets.pop(str(target_id), None)
    return {"ErrorEntriesCount": 0, "ErrorEntries": []}


def _list_targets(buses: EventBuses, sent: _Parameters) -> dict[str, object]:
    """Without dead letters and retries, as the real service lists them."""
    left_out = ("DeadLetterQueue", "PushRetryStrategy")
    targets = [_shown_target(target) for target, _ in _rule(buses, sent).targets.values()]
    listed = [{name: value for name, value in target.items() if name not in left_out} for target in targets]
    return {"Targets": listed, "Total": len(listed)}


def _put_events(buses: EventBuses, sent: _Parameters) -> dict[str, object]:
    entries = []
    for event in _objects(sent, "EventList"):
        named = {name.lower(): value for name, value in event.items() if name != "Data"}
        buses.publish({**named, "data": _parsed(event.get("Data"))}, _bus(sent))
        entries.append({"EventId": event.get("Id")})
    return {"FailedEntryCount": 0, "EntryList": entries}


def _parsed(data: object) -> object:
    try:
        return json.loads(data) if isinstance(data, str) else data
    except ValueError:
        return data


def _rule(buses: EventBuses, sent: _Parameters) -> EventRule:
    return buses.rule(_bus(sent), _required(sent, "RuleName"))


def _bus(sent: _Parameters) -> str:
    return _required(sent, "EventBusName")


def _required(sent: _Parameters, name: str) -> str:
    if not sent.get(name):
        raise ApiError.invalid(f"{name} is missing")
    return sent[name]


def _listed(sent: _Parameters, name: str) -> list[object]:
    try:
        listed = json.loads(sent.get(name, "[]"))
    except ValueError:
        listed = None
    if not isinstance(listed, list):
        raise ApiError.invalid(f"{name} is no list in JSON")
    return listed


def _objects(sent: _Parameters, name: str) -> list[dict[str, object]]:
    listed = _listed(sent, name)
    if not all(isinstance(one, dict) for one in listed):
        raise ApiError.invalid(f"{name} is no list of objects")
    return [one for one in listed if isinstance(one, dict)]


def _shown_rule(rule: EventRule, bus: str) -> dict[str, object]:
    return {
        "EventBusName": bus,
        "RuleName": rule.name,
        "RuleARN": f"{_arn(bus)}/rule/{rule.name}",
        "FilterPattern": rule.pattern_text,
        "Description": rule.description,
        "Status": "ENABLE" if rule.enabled else "DISABLE",
        "CreatedTimestamp": rule.created,
    }


def _shown_target(target: Mapping[str, object]) -> dict[str, object]:
    parameters = target.get("ParamList")
    return {**target, "ParamList": [*(parameters if isinstance(parameters, list) else []), _ADDED]}


def _arn(bus: str) -> str:
    return f"acs:eventbridge:{REGION}:{ACCOUNT_ID}:eventbus/{bus}"


_OPERATIONS: Final[Mapping[str, Callable[[EventBuses, _Parameters], object]]] = {
    "CreateEventBus": _create_bus,
    "GetEventBus": _get_bus,
    "ListEventBuses": _list_buses,
    "CreateRule": _create_rule,
    "UpdateRule": _update_rule,
    "GetRule": _get_rule,
    "ListRules": _list_rules,
    "DeleteRule": _delete_rule,
    "EnableRule": _switched(True),
    "DisableRule": _switched(False),
    "PutTargets": _put_targets,
    "DeleteTargets": _delete_targets,
    "ListTargets": _list_targets,
    "PutEvents": _put_events,
}
