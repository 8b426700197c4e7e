"""Exemptions: what does not apply to whom, for what reason, and until when.

Loaded only where an extension or the environment has some.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import KW_ONLY, dataclass, field
from datetime import date, datetime, time, timedelta
from enum import Enum
from fnmatch import fnmatchcase, translate
from typing import Any, Final, NamedTuple

from pydantic_core import from_json

from .errors import ExtensionError, RegistrationError
from .events import Event
from .events.values import SHANGHAI
from .spelling import nearest

MOST_DAYS: Final = 180
"""Days for which an exemption may be granted, counted from the day on which the extension is built."""
_FIELDS: Final = ("policy", "until", "owner", "reason", "operators", "workspaces", "match", "url")
_REQUIRED: Final = _FIELDS[:4]
_MOMENT: Final = re.compile(r"([0-9-]{10})(?:T([0-9:]{5,8})(Z|[+-][0-9]{2}:[0-9]{2}))?")


@dataclass(frozen=True)
class Exemption:
    """A policy does not apply to somebody or something, for a reason, until a date.

    Of `operators`, `workspaces` and `match`, all that are given must hold; without any, it is an exemption for
    everybody.

    Raises:
        RegistrationError: A value is missing or of the wrong type, with what to write instead.
    """

    policy: str
    """The policy's id, or a pattern: `downloads.row_limit`, `downloads.*`."""
    _: KW_ONLY
    until: date | datetime
    """The last day, in UTC+8, or the last moment, aware of its time zone."""
    owner: str
    """Who granted it."""
    reason: str
    """Why."""
    operators: Collection[str] = ()
    """The UIDs of the people that it is for."""
    workspaces: Collection[int] = ()
    """The ids of the workspaces that it is for."""
    match: Mapping[str, str] = field(default_factory=dict, hash=False)
    """Fields of the event by their Python names, and shell patterns for their values: `{"file_name": "tmp_*"}`."""
    url: str | None = None
    """Where it was granted, such as a ticket."""
    end: datetime = field(init=False, repr=False, compare=False)
    """The last moment."""
    _patterns: tuple[tuple[str, re.Pattern[str]], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("policy", "owner", "reason"):
            value = getattr(self, name)
            if not isinstance(value, str) or not value.strip():
                raise self._invalid(f"{name} should be a text that is not empty, got {value!r}")
        if self.url is not None and not (isinstance(self.url, str) and re.fullmatch(r"https?://[!-~]+", self.url)):
            raise self._invalid(f"url should be an address such as https://…, got {self.url!r}")
        self._keep("operators", self._items("operators", str, '["14931896037123456"]'))
        self._keep("workspaces", self._items("workspaces", int, "[90004]"))
        if not isinstance(self.match, Mapping) or not all(
            isinstance(text, str) for pair in self.match.items() for text in pair
        ):
            raise self._invalid(
                f'match should give patterns by field, such as {{"file_name": "tmp_*"}}, got {self.match!r}'
            )
        self._keep("match", dict(self.match))
        self._keep("end", self._end())
        self._keep("_patterns", tuple((name, re.compile(translate(text))) for name, text in self.match.items()))

    def holds(self, event: Event | None, now: datetime) -> bool:
        """Whether it holds for an event at an aware moment. What cannot be read of the event does not match.

        This is the only place that says so, for the function, `check`, the kit and rehearsals. None stands for an
        event of which nothing can be read.
        """
        return self.holds_in(MatchedEvent.of(event, now))

    def holds_in(self, case: MatchedEvent) -> bool:
        """The same, where many exemptions are asked about one event."""
        return (
            (not self.operators or case.operator in self.operators)
            and (not self.workspaces or case.workspace_id in self.workspaces)
            and case.now <= self.end
            and all(_matches(pattern, _value(case.event, name)) for name, pattern in self._patterns)
        )

    def covers(self, policy: str) -> bool:
        """Whether it is for the policy of that id."""
        return fnmatchcase(policy, self.policy)

    def as_json(self) -> dict[str, object]:
        """What is given of it, as `DATAWORKS_EXT_EXEMPTIONS` has it."""
        until = self.until if not isinstance(self.until, datetime) else self.until.isoformat()
        values = {name: getattr(self, name) for name in _FIELDS} | {"until": str(until)}
        return {name: value for name, value in values.items() if name in _REQUIRED or value}

    def _end(self) -> datetime:
        if isinstance(self.until, datetime):
            if self.until.tzinfo is None:
                raise self._invalid(f"until has no time zone; write a day, or {self.until.isoformat()}+08:00")
            return self.until
        if isinstance(self.until, date):
            return datetime.combine(self.until, time.max, SHANGHAI)
        raise self._invalid(f"until should be a day, such as date(2027, 1, 31), or a datetime, got {self.until!r}")

    def _items(self, name: str, kind: type, example: str) -> tuple[object, ...]:
        value = getattr(self, name)
        items = None if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable) else tuple(value)
        if items is None or not all(type(item) is kind and item != "" for item in items):
            raise self._invalid(f"{name} should be a list such as {example}, got {value!r}")
        if not items and type(value) is not tuple:  # a list that came out empty must not stand for everybody
            raise self._invalid(f"{name} is an empty list; leave it out if all of them are meant")
        return items

    def _keep(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _invalid(self, problem: str) -> RegistrationError:
        return RegistrationError(f"{self._name}: {problem}")

    @property
    def _name(self) -> str:
        return f"exemption of {self.policy}" if isinstance(self.policy, str) and self.policy else "exemption"

    def require_term(self, built: datetime) -> None:
        """Raise `RegistrationError` if it ends later than it may, where the extension is built at that moment."""
        last_day = built.astimezone(SHANGHAI).date() + timedelta(days=MOST_DAYS)
        if self.end > datetime.combine(last_day, time.max, SHANGHAI):
            raise self._invalid(
                f"until is {self.until}, and an exemption may last {MOST_DAYS} days at most: "
                f"until {last_day}. Grant it anew then, if it is still needed"
            )


class MatchedEvent(NamedTuple):
    """An event at a moment, with what most exemptions ask of it."""

    event: Event | None
    now: datetime
    operator: object
    workspace_id: object

    @classmethod
    def of(cls, event: Event | None, now: datetime) -> MatchedEvent:
        """The case of an event. What cannot be read of it is None."""
        return cls(event, now, _value(event, "operator"), _value(event, "workspace_id"))


class Exemptions:
    """The exemptions of an extension, by the policies that they are for.

    Args:
        granted: In any order.
        policies: The ids of all policies.
    """

    def __init__(self, granted: Iterable[Exemption], policies: Iterable[str]) -> None:
        self.granted = tuple(granted)
        self._by_pattern: dict[str, list[Exemption]] = {}
        for exemption in sorted(self.granted, key=_rank):
            self._by_pattern.setdefault(exemption.policy, []).append(exemption)
        narrow_first = sorted(self._by_pattern, key=lambda pattern: (-len(pattern), pattern))
        self._patterns = {
            policy: found
            for policy in policies
            if (found := tuple(pattern for pattern in narrow_first if fnmatchcase(policy, pattern)))
        }

    def of(self, policies: Iterable[str], event: Event | None, now: datetime) -> dict[str, Exemption]:
        """By policy, the exemption that holds for an event at a moment, where there is one.

        Of several, it is one with the longest pattern, and of these the one that lasts longest, whatever their order.
        """
        case = MatchedEvent.of(event, now)
        found: dict[str, Exemption] = {}
        holding: dict[str, Exemption | None] = {}  # each is asked once, however many policies it is for
        for policy in policies:
            for pattern in self._patterns.get(policy, ()):
                if pattern not in holding:
                    candidates = self._by_pattern[pattern]
                    holding[pattern] = next((one for one in candidates if one.holds_in(case)), None)
                exemption = holding[pattern]
                if exemption is not None:
                    found[policy] = exemption
                    break
        return found


def exemptions_of(
    written: Iterable[Exemption],
    variable: str,
    text: str,
    policies: Collection[str],
    now: datetime,
    problems: list[str],
) -> Exemptions:
    """The exemptions in the code and in the environment.

    Args:
        written: Those in the code.
        variable: The name of the environment variable, for the problems.
        text: What it says: a JSON list of objects with the names of `Exemption`'s values.
        policies: The ids of all policies.
        now: The present.
        problems: Gets a sentence for each entry of the text that does not hold, and for policies that are not there.
    """
    granted = [*written, *(_read(variable, text, now, problems) if text.strip() else ())]
    for exemption in granted:
        if now <= exemption.end and not any(exemption.covers(policy) for policy in policies):
            hint = nearest(exemption.policy, policies)
            problems.append(f"{exemption._name}: no policy is called {exemption.policy}{hint}")
    return Exemptions(granted, policies)


def _read(variable: str, text: str, now: datetime, problems: list[str]) -> Iterable[Exemption]:
    try:
        entries = from_json(text)
    except ValueError:
        entries = None
    if not isinstance(entries, list):
        problems.append(f'{variable} should be a JSON list: [{{"policy": …, "until": …, "owner": …, "reason": …}}]')
        return
    for number, entry in enumerate(entries, 1):
        try:
            exemption = exemption_from(entry)
            exemption.require_term(now)
        except RegistrationError as error:
            problems.append(f"{variable}, entry {number}: {error}")
        else:
            yield exemption


def exemption_from(entry: object) -> Exemption:
    """The exemption that a JSON object describes. Raises `RegistrationError`."""
    if not isinstance(entry, dict):
        raise RegistrationError(f"an exemption should be an object, got {type(entry).__name__}")
    missing = [name for name in _REQUIRED if name not in entry]
    if missing:
        raise RegistrationError(f"an exemption needs {', '.join(missing)}")
    for name in entry:
        if name not in _FIELDS:
            raise RegistrationError(f"an exemption has no {name!r}{nearest(name, _FIELDS)}")
    values: dict[str, Any] = {**entry, "until": moment_in(entry["until"])}
    return Exemption(values.pop("policy"), **values)


def moment_in(text: object) -> date | datetime:
    """`2027-01-31`, or a time with its zone, `2027-01-31T18:00+08:00`. Raises `RegistrationError`."""
    written = _MOMENT.fullmatch(text) if isinstance(text, str) else None
    if written:
        day, clock, zone = written.groups()
        with suppress(ValueError):  # such as the 31st of February
            if clock is None:
                return date.fromisoformat(day)
            return datetime.fromisoformat(f"{day}T{clock}{zone.replace('Z', '+00:00')}")
    expected = "a day, 2027-01-31, or a time with its zone, 2027-01-31T18:00+08:00"
    raise RegistrationError(f"until should be {expected}; got {text!r}")


def _rank(exemption: Exemption) -> tuple[object, ...]:
    """Those that last longest come first. What is equal in all of this is alike for a reader."""
    return (-exemption.end.timestamp(), exemption.owner, exemption.reason, repr(exemption))


def _value(event: Event | None, name: str) -> object:
    """The value of a field; None if there is none, or it cannot be read."""
    if event is None or name not in type(event).model_fields:
        return None
    try:
        value: object = getattr(event, name)
    except ExtensionError:
        return None
    return value


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    """Whether a value matches. Of several values, all have to."""
    if isinstance(value, (tuple, list, frozenset)):
        return bool(value) and all(_matches(pattern, item) for item in value)
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, bool):
        value = str(value).lower()
    if isinstance(value, (date, time)):
        value = str(value)
    return isinstance(value, (str, int)) and pattern.match(str(value)) is not None
