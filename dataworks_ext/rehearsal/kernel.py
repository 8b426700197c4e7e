"""Counting what a candidate decides about archived messages, and what it changes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final

from ..decision import Decision, Reason, Verdict, shorten
from ..errors import ExtensionError, FieldError
from ..events import Event
from ..extension import Extension
from ..message import MessageError
from ..policy import EVERY_EVENT
from .archived_line import ArchivedLine, is_known
from .archived_scope import ArchivedScope, NotingScope
from .days import Batch
from .deciding import Answer, Decider
from .summary import Example, Kind, Summary, Tally, rank_of
from .verdicts import NO_OBJECTION, Verdicts, is_denial, read_verdicts, verdicts_of, written

COLUMNS: Final = (
    *("key", "time", "request_id", "account_id", "region", "message_id", "event_code"),
    *("message", "decision", "consulted", "left_out", "code", "settings"),
)
"""The columns of a day that are read."""
SAMPLE: Final = 32
"""One message in so many is decided twice, of an archive that is larger than `SMALL`."""
SMALL: Final = 2_000
_OK: Final = Verdict.OK
_TEXT: Final = 200
"""Characters of a text of an example."""


class Kernel:
    """Decides the messages of batches, and counts.

    Args:
        extension: The candidate, configured.
        events: The event codes that are of interest; None for all.
        sample: One message in so many is decided twice; 1 for all of them.
        now: When a message came that does not say it: microseconds since 1970.
        as_of: When exemptions are judged.
    """

    def __init__(
        self, extension: Extension, *, events: Collection[str] | None, sample: int, now: int, as_of: datetime
    ) -> None:
        self.extension = extension
        self._decider = Decider(extension, now=now, as_of=as_of)
        exemptions = extension.configuration.exemptions
        self._exemptions = () if exemptions is None else exemptions.granted
        self._events = events
        self._sample = sample
        registered = {code for policy in extension.policies for code in policy.events}
        self._looks_at_all = EVERY_EVENT in registered or extension.default != "allow"
        self._registered = registered
        self._knows_any_code = EVERY_EVENT in registered
        self._baselines: dict[str, Verdicts | None] = {}

    def rehearse(self, batch: Batch, skipped: Collection[int], baseline: Sequence[str | None] | None) -> Summary:
        """Count what the candidate does to the messages of a batch.

        Args:
            batch: Rows.
            skipped: The numbers of rows that are duplicates.
            baseline: What another version decided, by row; None to compare with the archived decisions.
        """
        summary = Summary()
        columns = batch.columns
        decisions = columns["decision"] if baseline is None else baseline
        events, registered, looks_at_all = self._events, self._registered, self._looks_at_all
        rows: list[int] = []
        compared: dict[int, Verdicts | None] = {}
        first, last, known = summary.first, summary.last, self._baselines
        codes, then = columns["event_code"], columns["time"]
        for number, (code, moment, decision) in enumerate(zip(codes, then, decisions, strict=True)):
            if skipped and batch.first + number in skipped:
                continue
            if events is not None and code is not None and code not in events:
                continue
            if moment is not None:  # a call for each message would take as long as all of this
                first = moment if first is None or moment < first else first
                last = moment if last is None or moment > last else last
            before = None if decision is None else known[decision] if decision in known else self._baseline(decision)
            if before is None and decision is not None:
                summary.damage.add("a decision that cannot be read", decision[:100])
            is_idle = not looks_at_all and code is not None and code not in registered and before is NO_OBJECTION
            if is_idle and is_known(code):
                summary.messages += 1
                continue
            if code is not None and not self._knows_any_code and not is_known(code):
                summary.damage.add("a message of an event code that this version does not know", code[:100])
                continue
            rows.append(number)
            compared[number] = before
        summary.first, summary.last = first, last
        sampled: dict[int, Answer] = {}
        keys = columns["key"]
        for decided in self._decider.decide_all(batch, rows):
            for row, answer in decided:
                self._count_one(summary, batch, row, answer, compared[row])
                if answer is not None and keys[row] % self._sample == 0:
                    sampled[row] = answer
        for decided in self._decider.decide_all(batch, list(sampled)):
            for row, again in decided:
                _check_stability(summary, keys[row], sampled[row], again)
        _count_versions(summary, columns)
        return summary

    def verdicts(self, batch: Batch, skipped: Collection[int]) -> list[str | None]:
        """What the candidate decides, by row, for a comparison with another version; None for what is not decided."""
        kept: list[str | None] = [None] * len(batch)
        rows = [row for row in range(len(batch)) if batch.first + row not in skipped]
        for decided in self._decider.decide_all(batch, rows):
            for row, answer in decided:
                if answer is not None:
                    scope, decision = answer
                    kept[row] = written(verdicts_of(decision.reasons, decision.verdict, scope.looked))
        return kept

    def _count_one(
        self, summary: Summary, batch: Batch, row: int, answer: Answer | None, before: Verdicts | None
    ) -> None:
        if answer is None:
            summary.damage.add("a message that cannot be read", f"{batch.columns['message_id'][row]}")
            return
        summary.messages += 1
        scope, decision = answer
        key = batch.columns["key"][row]
        if self._exemptions and isinstance(scope, NotingScope):
            self._note_exemptions(scope, decision)
        tallies, is_plain, objected = summary.tallies, not scope.looked, False
        for reason in decision.reasons:
            if reason[1] is _OK and reason[5] is None and is_plain:
                tally = tallies.get(reason[0])
                if tally is None:
                    tally = summary.tally(reason[0])
                tally.allows += 1
            else:
                objected = True
                self._count(summary, scope, reason, key)
        if objected or not is_plain or before is not NO_OBJECTION or decision.verdict is not _OK:
            self._compare(summary, scope, decision, before, key)

    def _note_exemptions(self, scope: NotingScope, decision: Decision) -> None:
        """Note each policy that somebody may be exempt from, by a field that was left out."""
        for reason in decision.reasons:
            if (reason.verdict is not _OK or reason.error is not None) and reason.exempted_by is None:
                for exemption in self._exemptions:
                    fields = (
                        *(["operator"] if exemption.operators else ()),
                        *(["workspace_id"] if exemption.workspaces else ()),
                        *exemption.match,
                    )
                    if exemption.covers(reason.policy) and any(map(scope.is_missing, fields)):
                        scope.note(reason.policy, "exemption")

    def _count(self, summary: Summary, scope: ArchivedScope, reason: Reason, key: int) -> None:
        """Count what one policy said."""
        tally = summary.tally(reason.policy)
        if reason.policy in scope.looked:
            causes = scope.looked[reason.policy]
            tally.unknown += 1
            for cause in causes:
                tally.note_cause(cause)
            tally.show("unknown", _example(scope, key, ", ".join(causes)))
        elif reason.exempted_by is not None:
            tally.exempted += 1
        elif reason.error is not None:
            name = type(reason.error).__name__
            tally.fails += 1
            tally.errors[name] += 1
            tally.show("failed", _example(scope, key, name))
        elif reason.verdict is Verdict.FAIL:
            tally.denies += 1
            example = _example(scope, key, reason.message)
            if example.operator is not None:
                tally.people.add(example.operator)
            tally.by_hour[scope.micros // 3_600_000_000] += 1
            tally.show("denied", example)
        elif reason.verdict is Verdict.WARN:
            tally.warns += 1
        else:
            tally.allows += 1

    def _compare(
        self, summary: Summary, scope: ArchivedScope, decision: Decision, before: Verdicts | None, key: int
    ) -> None:
        after = verdicts_of(decision.reasons, decision.verdict, scope.looked)
        summary.denied += after.denied
        summary.unknown += after.is_unknown
        if before is None:
            summary.not_compared += 1
            return
        summary.baseline_denied += before.denied
        texts = {reason.policy: reason.message for reason in decision.reasons if is_denial(reason)}
        for policy in after.denying - before.denying - before.unknown:
            if policy:
                _change(summary.tally(policy), "newly_denied", _example(scope, key, texts.get(policy, "")))
        for policy in before.denying - after.denying - after.unknown:
            if policy:
                _change(summary.tally(policy), "newly_allowed", _example(scope, key, ""))
        if before.is_unknown or after.is_unknown:
            summary.not_compared += before.is_unknown
        elif after.denied and not before.denied:
            summary.newly_denied += 1
            operator = scope.operator()
            if operator is not None:
                summary.people.add(operator)
        elif before.denied and not after.denied:
            summary.newly_allowed += 1

    def _baseline(self, text: str) -> Verdicts | None:
        """What was decided, None if it cannot be read. It is kept, since many messages share a text."""
        found: Verdicts | None
        try:
            found = read_verdicts(text)
        except (ValueError, TypeError, KeyError, AttributeError):
            found = None
        if found == NO_OBJECTION:
            found = NO_OBJECTION
        if len(self._baselines) > 10_000:
            self._baselines.clear()
        self._baselines[text] = found
        return found


def decision_on(extension: Extension, line: ArchivedLine, moment: datetime) -> Decision:
    """The decision on one archived line. Raises `MessageError`."""
    now = int(moment.timestamp() * 1_000_000)
    columns = {name: [value] for name, value in zip(COLUMNS, line, strict=True)}
    answer = Decider(extension, now=now, as_of=moment).decide(Batch(0, columns), 0)
    if answer is None:
        raise MessageError("the archived message cannot be read")
    return answer[1]


def _check_stability(summary: Summary, key: int, first: Answer, again: Answer | None) -> None:
    """Count each policy that answered differently the second time."""
    assert again is not None  # what could be read can be read again
    scope, decision = first
    second = {reason.policy: reason for reason in again[1].reasons}
    for reason in decision.reasons:
        other = second.get(reason.policy)
        if other is None or (other.verdict, other.message) != (reason.verdict, reason.message):
            tally = summary.tally(reason.policy)
            tally.unstable += 1
            tally.show("unstable", _example(scope, key, reason.message))


def _change(tally: Tally, kind: Kind, example: Example) -> None:
    if kind == "newly_denied":
        tally.newly_denied += 1
    else:
        tally.newly_allowed += 1
    tally.show(kind, example)


def _example(scope: ArchivedScope, key: int, text: str) -> Example:
    message = scope.message
    return Example(
        rank_of(key),
        message.message_id,
        message.event_code,
        scope.micros,
        scope.operator(),
        _workspace(scope),
        shorten(text, _TEXT),
    )


def _workspace(scope: ArchivedScope) -> int | None:
    try:
        return scope.event(Event).workspace_id
    except (ExtensionError, FieldError):
        return None


def _count_versions(summary: Summary, columns: Mapping[str, Sequence[str | None]]) -> None:
    summary.codes.update(code for code in columns["code"] if code is not None)
    summary.settings.update(settings for settings in columns["settings"] if settings is not None)
