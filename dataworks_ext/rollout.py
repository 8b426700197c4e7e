"""Policies that grow up by themselves: in shadow at first, then announced, then enforced."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Final, Literal, NamedTuple

LOCAL_TIME: Final = timezone(timedelta(hours=8))
"""By whose days rules begin and exemptions end: UTC+8, as everywhere in China."""


class Rollout(NamedTuple):
    """When a policy is announced and enforced."""

    enforce_from: date
    """The first day on which it is enforced, in UTC+8."""
    announce_days: int = 7
    """Days before that on which its denials are warnings that announce it."""

    def mode_at(self, moment: datetime) -> Literal["shadow", "warn", "enforce"]:
        """The mode at an aware moment."""
        days_left = self.enforce_from.toordinal() - moment.astimezone(LOCAL_TIME).toordinal()
        if days_left <= 0:
            return "enforce"
        return "warn" if days_left <= self.announce_days else "shadow"
