"""The report of a rehearsal: plain values, which the writers of all formats share, and which are its JSON."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from types import MappingProxyType
from typing import Final, Literal, NamedTuple, TypedDict

from .summary import Example, Kind, Summary, Tally
from .task import Identity

REPORT_SCHEMA: Final = 1
"""The version of the schema. It grows when a field changes its meaning or goes; a new field does not count."""
SHANGHAI: Final = timezone(timedelta(hours=8))
"""The zone of days and hours in a report."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)
_KINDS: Final[tuple[Kind, ...]] = ("newly_denied", "newly_allowed", "denied", "unknown", "failed", "unstable")
_UID: Final = re.compile(r"(?<!\d)\d{10,}(?!\d)")


class ReportedExample(TypedDict):
    """One message that shows what a policy does."""

    kind: Kind
    message_id: str | None
    event_code: str
    time: str
    workspace_id: int | None
    person: str | None
    text: str


class ReportedPolicy(TypedDict):
    """What one policy does."""

    policy: str
    mode: str
    owner: str | None
    file: str
    line: int
    allows: int
    warns: int
    denies: int
    fails: int
    unknown: int
    exempted: int
    people: int
    newly_denied: int
    newly_allowed: int
    unstable: int
    by_day: dict[str, int]
    by_hour: list[int]
    unknown_causes: dict[str, int]
    errors: dict[str, int]
    examples: list[ReportedExample]


class ReportedCause(TypedDict):
    """Why something could not be read."""

    cause: str
    count: int
    first: str


class ReportedLimit(TypedDict):
    """A limit, and whether it holds."""

    limit: Literal["newly_denied", "people"]
    most: int
    found: int
    exceeded: bool


class Report(TypedDict):
    """All of it."""

    schema: int
    source: str
    since: str | None
    until: str | None
    as_of: str
    extension: str
    version: str
    messages: int
    duplicates: int
    unread: int
    unread_causes: list[ReportedCause]
    unknown: int
    denied: int
    baseline: str
    baseline_denied: int
    not_compared: int
    policies: list[ReportedPolicy]
    newly_denied: int
    newly_allowed: int
    people: int
    limits: list[ReportedLimit]
    differing_settings: dict[str, int]
    warnings: list[str]


class Circumstances(NamedTuple):
    """What a report says beside the counts."""

    source: str
    baseline: str
    candidate: Identity
    duplicates: int
    as_of: datetime
    max_newly_denied: int | None = None
    max_people: int | None = None
    with_people: bool = False
    """Whether it names people; otherwise they have pseudonyms that mean nothing outside of it."""
    differing_settings: Mapping[str, int] = MappingProxyType({})
    warnings: Sequence[str] = ()


def report_of(summary: Summary, circumstances: Circumstances) -> Report:
    """The report of a rehearsal."""
    identity = circumstances.candidate
    names = _Names(summary, circumstances.with_people)
    policies = [
        _policy(policy, summary.tallies.get(policy) or Tally(), identity, names)
        for policy in dict.fromkeys((*identity.modes, *summary.tallies))
    ]
    return {
        "schema": REPORT_SCHEMA,
        "source": circumstances.source,
        "since": _moment(summary.first),
        "until": _moment(summary.last),
        "as_of": f"{circumstances.as_of:%Y-%m-%d}",
        "extension": identity.name,
        "version": identity.version,
        "messages": summary.messages,
        "duplicates": circumstances.duplicates,
        "unread": len(summary.damage),
        "unread_causes": [
            {"cause": cause, "count": count, "first": first}
            for cause, (count, first) in sorted(summary.damage.causes.items(), key=lambda item: -item[1][0])
        ],
        "unknown": summary.unknown,
        "denied": summary.denied,
        "baseline": circumstances.baseline,
        "baseline_denied": summary.baseline_denied,
        "not_compared": summary.not_compared,
        "policies": policies,
        "newly_denied": summary.newly_denied,
        "newly_allowed": summary.newly_allowed,
        "people": len(summary.people),
        "limits": [
            *_limit("newly_denied", circumstances.max_newly_denied, summary.newly_denied),
            *_limit("people", circumstances.max_people, len(summary.people)),
        ],
        "differing_settings": dict(circumstances.differing_settings),
        "warnings": list(circumstances.warnings),
    }


def differing_settings(summary: Summary, identity: Identity) -> dict[str, int]:
    """The packs whose settings are not those of the messages' time, and for how many messages."""
    differing: Counter[str] = Counter()
    for text, count in summary.settings.items():
        then: dict[str, str] = json.loads(text)
        differing.update({pack: count for pack, digest in identity.settings.items() if then.get(pack) != digest})
    return dict(sorted(differing.items()))


def examples_of(policy: ReportedPolicy, kind: Kind) -> list[ReportedExample]:
    """The examples of a kind."""
    return [example for example in policy["examples"] if example["kind"] == kind]


def telling(report: Report) -> list[ReportedPolicy]:
    """The policies that objected, failed, or could not tell."""
    return [
        policy
        for policy in report["policies"]
        if policy["denies"]
        or policy["warns"]
        or policy["fails"]
        or policy["unknown"]
        or policy["newly_denied"]
        or policy["newly_allowed"]
        or policy["unstable"]
    ]


def exceeded(report: Report) -> bool:
    """Whether a limit is exceeded."""
    return any(limit["exceeded"] for limit in report["limits"])


class _Names:
    """What people are called in one report."""

    def __init__(self, summary: Summary, with_people: bool) -> None:
        shown = {example.operator for example in _shown(summary) if example.operator is not None}
        ordered = sorted(shown, key=lambda uid: blake2b(uid.encode(errors="replace")).digest())
        self._names = {uid: uid if with_people else f"P{number}" for number, uid in enumerate(ordered, 1)}
        self._with_people = with_people

    def person(self, uid: str | None) -> str | None:
        return None if uid is None else self._names.get(uid)

    def text(self, text: str) -> str:
        """The text without the ids of people."""
        if self._with_people:
            return text
        return _UID.sub(lambda found: self._names.get(found[0], "…"), text)


def _shown(summary: Summary) -> Iterable[Example]:
    for tally in summary.tallies.values():
        for kind in _KINDS:
            yield from tally.best(kind)


def _policy(policy: str, tally: Tally, identity: Identity, names: _Names) -> ReportedPolicy:
    by_day: dict[str, int] = {}
    by_hour = [0] * 24
    for hour, count in sorted(tally.by_hour.items()):
        moment = (_EPOCH + timedelta(hours=hour)).astimezone(SHANGHAI)
        by_day[f"{moment:%Y-%m-%d}"] = by_day.get(f"{moment:%Y-%m-%d}", 0) + count
        by_hour[moment.hour] += count
    file, line = identity.sources.get(policy, ("", 0))
    return {
        "policy": policy,
        "mode": identity.modes.get(policy, "gone"),
        "owner": identity.owners.get(policy),
        "file": file,
        "line": line,
        "allows": tally.allows,
        "warns": tally.warns,
        "denies": tally.denies,
        "fails": tally.fails,
        "unknown": tally.unknown,
        "exempted": tally.exempted,
        "people": len(tally.people),
        "newly_denied": tally.newly_denied,
        "newly_allowed": tally.newly_allowed,
        "unstable": tally.unstable,
        "by_day": by_day,
        "by_hour": by_hour,
        "unknown_causes": dict(tally.causes.most_common()),
        "errors": dict(tally.errors.most_common()),
        "examples": [_example(kind, example, names) for kind in _KINDS for example in tally.best(kind)],
    }


def _example(kind: Kind, example: Example, names: _Names) -> ReportedExample:
    return {
        "kind": kind,
        "message_id": example.message_id,
        "event_code": example.event_code,
        "time": _moment(example.micros) or "",
        "workspace_id": example.workspace_id,
        "person": names.person(example.operator),
        "text": names.text(example.text),
    }


def _limit(name: Literal["newly_denied", "people"], most: int | None, found: int) -> list[ReportedLimit]:
    return [] if most is None else [{"limit": name, "most": most, "found": found, "exceeded": found > most}]


def _moment(micros: int | None) -> str | None:
    if micros is None:
        return None
    return (_EPOCH + timedelta(microseconds=micros)).astimezone(SHANGHAI).isoformat(timespec="seconds")
