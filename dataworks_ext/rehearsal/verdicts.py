"""What a decision says of each policy, before modes: of the candidate, of an archived line, of another version."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from ..decision import Reason, Verdict
from .archived_line import encoded


class Verdicts(NamedTuple):
    """Who denies a message, and who does not know."""

    denying: frozenset[str]
    """The policies that deny or fail closed. The empty name is the extension's own denial."""
    unknown: frozenset[str]
    """The policies that looked at what the archive does not hold."""

    @property
    def denied(self) -> bool:
        """Whether the message is denied, whoever does not know."""
        return bool(self.denying)

    @property
    def is_unknown(self) -> bool:
        """Whether nobody denies it, and somebody does not know."""
        return bool(self.unknown) and not self.denying


NO_OBJECTION: Final = Verdicts(frozenset(), frozenset())
EXTENSION: Final = ""
"""The extension's own denial: of a contradiction, or by its default."""


def is_denial(reason: Reason) -> bool:
    """Whether a reason stops the operation, whatever its mode is: a failure that fails closed does too."""
    return reason.verdict is Verdict.FAIL and reason.exempted_by is None


def verdicts_of(reasons: Iterable[Reason], verdict: Verdict, looked: Mapping[str, object]) -> Verdicts:
    """The verdicts of a decision that was made now."""
    reasons = tuple(reasons)
    denying = {reason.policy for reason in reasons if is_denial(reason) and reason.policy not in looked}
    if not reasons and verdict is Verdict.FAIL:
        denying.add(EXTENSION)
    return Verdicts(frozenset(denying), frozenset(looked))


def read_verdicts(text: str) -> Verdicts:
    """The verdicts in an archived decision, or in what a baseline kept. Raises ValueError."""
    decision = json.loads(text)
    reasons = decision["reasons"]
    denying = {
        str(reason["policy"])
        for reason in reasons
        if reason["verdict"] == Verdict.FAIL.value and reason.get("exempted_by") is None
    }
    if not reasons and decision["verdict"] == Verdict.FAIL.value:
        denying.add(EXTENSION)
    return Verdicts(frozenset(denying), frozenset(decision.get("unknown", ())))


def written(verdicts: Verdicts) -> str:
    """What a baseline keeps, for `read_verdicts`."""
    named = sorted(verdicts.denying - {EXTENSION})
    return encoded(
        {
            "verdict": "FAIL" if verdicts.denied else "OK",
            "reasons": [{"policy": policy, "verdict": "FAIL"} for policy in named],
            "unknown": sorted(verdicts.unknown),
        }
    )
