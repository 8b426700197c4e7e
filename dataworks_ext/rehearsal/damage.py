"""What could not be read: how often, why, and where it was first."""

from __future__ import annotations

import json
from typing import Final

_MOST_CAUSES: Final = 50
_OTHERS: Final = "other causes"


class Damage:
    """Counts of what could not be read, by cause."""

    def __init__(self) -> None:
        self.causes: dict[str, tuple[int, str]] = {}
        """How often, and where it was first."""

    def __len__(self) -> int:
        return sum(count for count, _ in self.causes.values())

    def add(self, cause: str, place: str, count: int = 1) -> None:
        """Count something that could not be read."""
        if cause not in self.causes and len(self.causes) >= _MOST_CAUSES:
            cause = _OTHERS
        before, first = self.causes.get(cause, (0, place))
        self.causes[cause] = before + count, first

    def merge(self, other: Damage) -> None:
        """Count what another has counted."""
        for cause, (count, place) in other.causes.items():
            self.add(cause, place, count)

    def to_json(self) -> str:
        """As text, for `from_json`."""
        return json.dumps(self.causes)

    @classmethod
    def from_json(cls, text: str) -> Damage:
        """What `to_json` wrote."""
        made = cls()
        for cause, (count, place) in json.loads(text).items():
            made.add(cause, place, count)
        return made
