"""Which events of EventBridge the extension handles, and whether a trigger in `s.yaml` lets them through."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from textwrap import indent

from ..events import catalog
from ..extension import Extension
from ..message import SOURCE
from ..policy import EVERY_EVENT


def handled_types(extension: Extension) -> list[str]:
    """The EventBridge types of what the extension handles: of `"*"`, every event that blocks for policies."""
    watched = {code for entry in (*extension.policies, *extension.observers) for code in entry.events}
    return [
        entry.type
        for entry in catalog.values()
        if _observes_everything(extension)
        or entry.code in watched
        or (EVERY_EVENT in watched and entry.extension_point)
    ]


def _observes_everything(extension: Extension) -> bool:
    return any(EVERY_EVENT in observer.events for observer in extension.observers)


def pattern_of(extension: Extension) -> dict[str, list[str]]:
    """The event pattern that lets through what the extension handles; no types if that is everything of DataWorks."""
    source = {"source": [SOURCE]}
    return source if _observes_everything(extension) else {**source, "type": handled_types(extension)}


def pattern_lines(extension: Extension) -> str:
    """The lines of `s.yaml` for the trigger's pattern."""
    return "eventRuleFilterPattern: |-\n" + indent(json.dumps(pattern_of(extension), indent=2), "  ")


def eventbridge_configs(props: Mapping[str, object]) -> list[Mapping[str, object]]:
    """The `triggerConfig` of each trigger of EventBridge."""
    triggers = props.get("triggers")
    return [
        trigger["triggerConfig"]
        for trigger in (triggers if isinstance(triggers, list) else ())
        if isinstance(trigger, Mapping)
        and trigger.get("triggerType") == "eventbridge"
        and isinstance(trigger.get("triggerConfig"), Mapping)
    ]


def pattern_problems(pattern: object, wanted: set[str]) -> Iterator[tuple[str, bool]]:
    """What is wrong with a pattern, and whether events are lost by it."""
    try:
        parsed = json.loads(str(pattern))
        sources, types = parsed.get("source"), parsed.get("type")
    except (ValueError, AttributeError):
        yield "eventRuleFilterPattern is no JSON object", True
        return
    if sources != [SOURCE]:
        yield f'eventRuleFilterPattern should have "source": ["{SOURCE}"]', True
    if types is None:
        return
    if not isinstance(types, list) or not all(isinstance(one, str) for one in types):
        yield 'eventRuleFilterPattern should have a list of texts as "type"', True
        return
    if missing := wanted - set(types):
        yield f"its pattern does not match {', '.join(sorted(missing))}", True
    if needless := set(types) - wanted:
        yield f"its pattern matches {', '.join(sorted(needless))}, which nobody handles", False
