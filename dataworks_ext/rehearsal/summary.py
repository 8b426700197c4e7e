"""What a rehearsal counts. Summaries of parts add up to that of the whole, in whatever order."""

from __future__ import annotations

import heapq
from collections import Counter
from hashlib import blake2b
from typing import Final, Literal, NamedTuple

from .damage import Damage

EXAMPLES: Final = 5
"""Examples of a kind that are kept for each policy."""
_MOST_CAUSES: Final = 100

Kind = Literal["newly_denied", "newly_allowed", "denied", "unknown", "failed", "unstable"]


class Example(NamedTuple):
    """One message that shows what a policy does."""

    rank: int
    """A hash of the message's key: the lowest are kept, so that every run shows the same."""
    message_id: str | None
    event_code: str
    micros: int
    operator: str | None
    workspace_id: int | None
    text: str
    """What the policy says; of an unknown one, what it looked at; of one that failed, the class of the error."""


class Tally:
    """What one policy did."""

    def __init__(self) -> None:
        self.allows = 0
        self.warns = 0
        self.denies = 0
        self.fails = 0
        self.unknown = 0
        self.exempted = 0
        self.newly_denied = 0
        self.newly_allowed = 0
        self.unstable = 0
        self.people: set[str] = set()
        """Whom it denies."""
        self.by_hour: Counter[int] = Counter()
        """Denials by the hour since 1970 in which the message came."""
        self.causes: Counter[str] = Counter()
        """What it looked at that the archive does not hold."""
        self.errors: Counter[str] = Counter()
        """The classes of its errors."""
        self.examples: dict[Kind, list[Example]] = {}
        """By kind: those with the lowest ranks."""

    def show(self, kind: Kind, example: Example) -> None:
        """Keep an example, if its rank is among the lowest."""
        kept = self.examples.setdefault(kind, [])
        if example in kept:
            return
        kept.append(example)
        if len(kept) > 4 * EXAMPLES:
            self.examples[kind] = heapq.nsmallest(EXAMPLES, kept)

    def best(self, kind: Kind) -> list[Example]:
        """The examples of a kind."""
        return heapq.nsmallest(EXAMPLES, self.examples.get(kind, ()))

    def merge(self, other: Tally) -> None:
        """Count what another has counted."""
        for name in _COUNTS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.people |= other.people
        self.by_hour.update(other.by_hour)
        self.causes.update(other.causes)
        self.errors.update(other.errors)
        for kind, examples in other.examples.items():
            for example in examples:
                self.show(kind, example)

    def note_cause(self, cause: str) -> None:
        """Count what was looked at, of which there may be many."""
        self.causes[cause if cause in self.causes or len(self.causes) < _MOST_CAUSES else "others"] += 1


_COUNTS: Final = (
    *("allows", "warns", "denies", "fails", "unknown", "exempted"),
    *("newly_denied", "newly_allowed", "unstable"),
)


class Summary:
    """What a rehearsal counted of a part of an archive."""

    def __init__(self) -> None:
        self.messages = 0
        self.unknown = 0
        """Messages with an unknown and no denial."""
        self.denied = 0
        """Messages that the candidate denies, before modes."""
        self.baseline_denied = 0
        self.newly_denied = 0
        self.newly_allowed = 0
        self.not_compared = 0
        """Messages without a baseline, or of which the baseline does not know."""
        self.people: set[str] = set()
        """Those who are newly denied."""
        self.first: int | None = None
        """When the first message came: microseconds since 1970."""
        self.last: int | None = None
        self.tallies: dict[str, Tally] = {}
        self.codes: Counter[str] = Counter()
        """Versions of the code that decided then, by digest."""
        self.settings: Counter[str] = Counter()
        """Versions of the settings then: digests by pack, as JSON."""
        self.damage = Damage()

    def tally(self, policy: str) -> Tally:
        """The policy's."""
        found = self.tallies.get(policy)
        if found is None:
            found = self.tallies[policy] = Tally()
        return found

    def merge(self, other: Summary) -> None:
        """Count what another has counted."""
        for name in _TOTALS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.people |= other.people
        self.first = min((moment for moment in (self.first, other.first) if moment is not None), default=None)
        self.last = max((moment for moment in (self.last, other.last) if moment is not None), default=None)
        for policy, tally in other.tallies.items():
            self.tally(policy).merge(tally)
        self.codes.update(other.codes)
        self.settings.update(other.settings)
        self.damage.merge(other.damage)


_TOTALS: Final = (
    *("messages", "unknown", "denied", "baseline_denied"),
    *("newly_denied", "newly_allowed", "not_compared"),
)


def rank_of(key: int) -> int:
    """Where a message stands among the examples: the same in every run, and of no other meaning."""
    return int.from_bytes(blake2b(key.to_bytes(8, "big", signed=True), digest_size=7).digest(), "big")
