"""The rules of EventBridge that bring events to the function.

Source: EventBridge API 2020-04-01; DataWorks, "OpenEvent": workspace-level events go to the custom bus that the
distribution channel names. That those of tenant-level modules come on the bus `default` is told by their samples only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from ..events import catalog
from ..extension import Extension
from ..message import SOURCE
from .trigger import handled_types

DEFAULT_BUS: Final = "default"
BUS_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,126}")
TARGET_TYPE: Final = "acs.fc.function"
TARGET_ID: Final = "function"
MOST_RULES: Final = 50
"""Rules of a bus (EventBridge, "Limits")."""
TYPES_PER_RULE: Final = 5
"""Event types of one rule: EventBridge takes five expressions a field, and whether plain values count is not told."""
_RETRIES: Final = "EXPONENTIAL_DECAY_RETRY"
"""For a day."""
_ENDPOINT_3: Final = "acs:fc:{region}:{account}:functions/{function}"
"""A guess: only the form with a service is published. `DATAWORKS_EXT_TARGET_ENDPOINT` names another."""
_ENDPOINT_2: Final = "acs:fc:{region}:{account}:services/{service}.{alias}/functions/{function}"


class BusOptions(NamedTuple):
    """What people choose of the buses."""

    custom_bus: str = ""
    """The bus that the OpenEvent channel names; empty for none."""
    dead_letters: str = ""
    """The name (ARN) of the queue for what is given up."""
    endpoint: str = ""
    """The target's endpoint, with `{region}`, `{account}`, `{function}`, `{service}` and `{alias}`."""
    service: str = ""
    """The target's `serviceName`."""
    types_per_rule: int = TYPES_PER_RULE


class TargetFunction(NamedTuple):
    """The function as a target."""

    region: str
    account: str
    """The account's id; empty if it is not known yet."""
    name: str
    service: str
    """The service of 2.0; empty for 3.0."""
    alias: str


class WantedRule(NamedTuple):
    """A rule."""

    bus: str
    name: str
    types: tuple[str, ...]
    target: Mapping[str, object]
    """By the API's names."""

    @property
    def pattern(self) -> str:
        """As JSON."""
        return json.dumps({"source": [SOURCE], "type": list(self.types)})


def needs_rules(extension: Extension) -> bool:
    """Whether the extension handles events that DataWorks does not bring to the function itself."""
    types = set(handled_types(extension))
    return any(entry.type in types and not entry.is_direct for entry in catalog.values())


def wanted_rules(extension: Extension, function: TargetFunction, options: BusOptions) -> list[WantedRule]:
    """The rules of all buses.

    The custom bus gets rules for everything that is handled, `default` for what belongs to the tenant. What comes by
    both has one verdict. Without a custom bus, `default` gets them all.
    """
    types = handled_types(extension)
    tenant = {entry.type for entry in catalog.values() if entry.level == "tenant"}
    if not options.custom_bus or options.custom_bus == DEFAULT_BUS:
        return list(_rules_of(DEFAULT_BUS, types, function, options))
    return [
        *_rules_of(options.custom_bus, types, function, options),
        *_rules_of(DEFAULT_BUS, [one for one in types if one in tenant], function, options),
    ]


def _rules_of(bus: str, types: Sequence[str], function: TargetFunction, options: BusOptions) -> Iterator[WantedRule]:
    size = options.types_per_rule
    target = target_of(function, options)
    for number, start in enumerate(range(0, len(types), size), 1):
        yield WantedRule(bus, f"{rule_prefix(function.name)}{number}", tuple(types[start : start + size]), target)


def rule_prefix(function: str) -> str:
    """What the names of the function's rules begin with: letters, digits and - only."""
    return f"dataworks-ext-{re.sub('[^A-Za-z0-9]', '-', function)}-"


def is_rule_of(name: str, function: str) -> bool:
    """Whether a rule has a name of the function's."""
    return re.fullmatch(re.escape(rule_prefix(function)) + r"\d+", name) is not None


def target_of(function: TargetFunction, options: BusOptions) -> dict[str, object]:
    """The function as the target of a rule: the whole event, invoked synchronously, so that a failure is seen."""
    template = options.endpoint or (_ENDPOINT_2 if function.service else _ENDPOINT_3)
    endpoint = template
    for name in ("region", "account", "service", "alias"):
        endpoint = endpoint.replace(f"{{{name}}}", str(getattr(function, name)))
    endpoint = endpoint.replace("{function}", function.name)
    service = options.service or function.service
    parameters = {"functionName": function.name, "Qualifier": function.alias, "InvocationType": "Sync"}
    if service:
        parameters = {"serviceName": service, **parameters}
    listed = [{"ResourceKey": name, "Form": "CONSTANT", "Value": value} for name, value in parameters.items()]
    queue = {"DeadLetterQueue": {"Arn": options.dead_letters}} if options.dead_letters else {}
    return {
        "Id": TARGET_ID,
        "Type": TARGET_TYPE,
        "Endpoint": endpoint,
        "ErrorsTolerance": "ALL",
        "PushRetryStrategy": _RETRIES,
        "ParamList": [*listed, {"ResourceKey": "Body", "Form": "ORIGINAL"}],
        **queue,
    }
