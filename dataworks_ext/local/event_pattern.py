"""Event patterns: which events a rule lets through.

Source: EventBridge, "Event patterns". A field matches if one of its alternatives does; fields are combined by "and".
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from .api_error import ApiError

MOST_EXPRESSIONS: Final = 5
"""Alternatives of one field that are no plain values (`{"prefix": …}`), at most."""
_EXPRESSIONS: Final = ("prefix", "suffix", "exists", "anything-but")


def read_pattern(text: str) -> Mapping[str, object]:
    """The pattern in a rule's `FilterPattern`. Raises `ApiError` if it is none, or more than is played here."""
    try:
        pattern = json.loads(text)
    except ValueError:
        pattern = None
    if not isinstance(pattern, dict):
        raise _invalid("FilterPattern is no JSON object")
    _check(pattern, "")
    return pattern


def matches(pattern: Mapping[str, object], event: object) -> bool:
    """Whether the pattern lets an event through."""
    if not isinstance(event, Mapping):
        return False
    return all(_field_matches(wanted, event, name) for name, wanted in pattern.items())


def _field_matches(wanted: object, event: Mapping[str, object], name: str) -> bool:
    if isinstance(wanted, Mapping):
        return matches(wanted, event.get(name))
    assert isinstance(wanted, list)
    return any(_alternative_matches(one, event, name) for one in wanted)


def _alternative_matches(alternative: object, event: Mapping[str, object], name: str) -> bool:
    found = event.get(name)
    if not isinstance(alternative, Mapping):
        return name in event and found == alternative
    [(kind, value)] = alternative.items()
    if kind == "exists":
        return (name in event) is value
    if kind == "anything-but":
        return found not in (value if isinstance(value, list) else [value])
    text = found if isinstance(found, str) else ""
    return text.startswith(str(value)) if kind == "prefix" else text.endswith(str(value))


def _check(pattern: Mapping[str, object], path: str) -> None:
    for name, wanted in pattern.items():
        where = f"{path}{name}"
        if isinstance(wanted, dict):
            _check(wanted, f"{where}.")
        elif not isinstance(wanted, list) or not wanted:
            raise _invalid(f"{where} of the pattern should be a list of values")
        else:
            _check_alternatives(wanted, where)


def _check_alternatives(wanted: list[object], where: str) -> None:
    expressions = [one for one in wanted if isinstance(one, dict)]
    if len(expressions) > MOST_EXPRESSIONS:
        raise _invalid(f"{where} of the pattern has more than {MOST_EXPRESSIONS} expressions")
    for one in expressions:
        if len(one) != 1 or next(iter(one)) not in _EXPRESSIONS:
            raise _invalid(f"{where} of the pattern: expected one of {', '.join(_EXPRESSIONS)}")


def _invalid(text: str) -> ApiError:
    return ApiError(400, "InvalidArgument", text)
