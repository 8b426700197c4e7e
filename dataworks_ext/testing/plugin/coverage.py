"""Which policies the tests saw object, and which they saw let pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, Literal, NamedTuple

from ...decision import Reason, Verdict
from ..table import aligned
from .app import App, AppError

Said = Literal["allowed", "warned", "denied", "failed"]
_WORDS: Final[dict[Verdict, Said]] = {Verdict.OK: "allowed", Verdict.WARN: "warned", Verdict.FAIL: "denied"}
_HEAD: Final = ("Policy", "Allowed", "Warned", "Denied", "Failed", "Not seen")


def said(reason: Reason) -> Said:
    """What a policy said, before its mode; `failed` whatever a failure counts as."""
    return "failed" if reason.error is not None else _WORDS[reason.verdict]


class PolicyCount(NamedTuple):
    """How often a policy said what."""

    policy: str
    """Its id."""
    allowed: int
    warned: int
    denied: int
    failed: int

    @property
    def missing(self) -> str:
        """What no test saw; empty for a policy that is covered."""
        unseen = {"an objection": self.denied + self.warned, "a pass": self.allowed}
        return " and ".join(what for what, times in unseen.items() if not times)


class PolicyCoverage:
    """How often each policy said what in a run.

    A policy is covered if it was seen both to object (deny or warn) and to let pass.
    """

    def __init__(self) -> None:
        self._times: Counter[tuple[str, Said]] = Counter()

    def add(self, counts: Iterable[tuple[str, Said, int]]) -> None:
        """Count on."""
        for policy, word, times in counts:
            self._times[policy, word] += times

    def counts(self, policies: Iterable[str] | None) -> list[PolicyCount]:
        """Those that nobody saw deny first; else in the order given, or by id if there is none.

        Args:
            policies: The ids to count; None for all that were seen.
        """
        ids = sorted({policy for policy, _ in self._times}) if policies is None else policies
        counts = [
            PolicyCount(
                policy,
                allowed=self._times[policy, "allowed"],
                warned=self._times[policy, "warned"],
                denied=self._times[policy, "denied"],
                failed=self._times[policy, "failed"],
            )
            for policy in ids
        ]
        return sorted(counts, key=lambda count: (count.denied > 0, count.denied + count.warned > 0, not count.missing))


def summary(coverage: PolicyCoverage, app: App, least: float | None) -> tuple[list[str], bool]:
    """The table as lines of text, and whether the coverage is enough.

    Args:
        coverage: What was seen.
        app: The extension whose policies count; if it cannot be loaded, those that were seen.
        least: How many of a hundred policies should be covered.
    """
    try:
        counts, notes = coverage.counts([policy.id for policy in app.extension().policies]), []
    except AppError as error:
        counts, notes = coverage.counts(None), [f"Only policies that tests asked are counted: {error}."]
    covered = sum(not count.missing for count in counts)
    percentage = 100 * covered / len(counts) if counts else 0.0
    lines = [*_table(counts), *notes, f"{covered} of {len(counts)} policies covered ({int(percentage)} %)"]
    if least is None or percentage >= least:
        return lines, True
    return [*lines, f"Fewer than {least:g} % are covered: see Not seen, and test that."], False


def _table(counts: Sequence[PolicyCount]) -> list[str]:
    rows = [(*count, count.missing) for count in counts]
    return [*aligned([_HEAD, *rows], numbers=True), ""] if rows else []
