"""What tests of the packs share: how the extension is asked, and whom it asks in the place of DataWorks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, Protocol

from dataworks_ext import Decision
from dataworks_ext.lookup import Lookup, LookupFailed
from dataworks_ext.message import Message
from dataworks_ext.snapshots import Snapshot

NO_OPTIONS: Final[Mapping[str, object]] = {}


class Ask(Protocol):
    """What the extension says to a published payload with changes, in an environment of these settings."""

    def __call__(
        self,
        code: str,
        settings: dict[str, str],
        /,
        *,
        lookup: Lookup | None = None,
        now: datetime | None = None,
        **changes: Any,
    ) -> Decision: ...


class StandInLookup:
    """Says what a test gave it, and counts the questions. What is None cannot be had."""

    def __init__(self, snapshot: Snapshot | None = None, options: Mapping[str, object] | None = NO_OPTIONS) -> None:
        self._snapshot = snapshot
        self._options = options
        self.asked: Counter[str] = Counter()

    def snapshot(self, message: Message, workspace_id: int | None, until: float) -> Snapshot:
        """The snapshot of the test."""
        self.asked["snapshot"] += 1
        if self._snapshot is None:
            raise LookupFailed("DataWorks does not say the snapshot today")
        return self._snapshot

    def parameters(self, until: float) -> Mapping[str, str]:
        """None."""
        self.asked["parameters"] += 1
        return {}

    def options(self, workspace_id: int | None, until: float) -> Mapping[str, object]:
        """The options of the test, in any workspace."""
        self.asked["options"] += 1
        if self._options is None:
            raise LookupFailed("DataWorks does not say the options today")
        return self._options


def policies_of(decision: Decision) -> list[str]:
    """The policies that looked."""
    return [reason.policy for reason in decision.reasons]
