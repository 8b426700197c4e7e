"""The decisions that are made while a test runs."""

from __future__ import annotations

from collections import Counter, deque
from typing import Final, NamedTuple

from ...decision import Decision
from ...message import Message
from .coverage import Said, said

_MOST_SHOWN: Final = 10
"""Decisions of one test that are kept. A test that makes more is about the last ones, as when Hypothesis has shrunk."""


class Seen(NamedTuple):
    """A decision, and the event that it is about."""

    event_code: str
    decision: Decision


class DecisionLog:
    """The decisions since the last test began."""

    def __init__(self) -> None:
        self.latest: deque[Seen] = deque(maxlen=_MOST_SHOWN)
        """The last decisions."""
        self.total = 0
        """How many there were."""
        self._said: Counter[tuple[str, Said]] = Counter()

    def clear(self) -> None:
        """Begin with another test."""
        self.latest.clear()
        self.total = 0
        self._said.clear()

    def take_counts(self) -> list[tuple[str, Said, int]]:
        """How often which policy said what since this was last asked."""
        counts = [(policy, word, times) for (policy, word), times in self._said.items()]
        self._said.clear()
        return counts

    def add(self, message: Message, decision: Decision) -> None:
        """Take note of a decision, as the listener of all extensions."""
        self.total += 1
        self.latest.append(Seen(str(message.event_code), decision))
        self._said.update((reason.policy, said(reason)) for reason in decision.reasons)
