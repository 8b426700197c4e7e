"""Deciding archived messages again, by the extension's own way."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from pydantic_core import from_json

from ..context import Request
from ..deadline import DeadlineError, Guard, Guarded, guard
from ..decision import Decision
from ..extension import Extension
from ..message import MessageError, parse_json, read_envelope
from .archived_scope import ArchivedAnswers, ArchivedScope, NotingScope, archived_runtime, no_logger
from .days import Batch

TIME_LIMIT: Final = 5.0
"""Seconds that the policies of one message may take: one that hangs must not hang a rehearsal."""
PATIENCE: Final = 3
"""Messages that are late twice before one that is late is not decided again."""
CHUNK: Final = 50
"""Messages that share a guard as long as all of them together stay within `TIME_LIMIT`. Of many more, what they hold
in memory no longer fits the processor's cache."""
_NOTHING: Final[frozenset[str]] = frozenset()

Answer = tuple[ArchivedScope, Decision]
"""The decision on a message, and the scope that notes who asked for what is missing, if somebody did."""


class Decider:
    """Decides rows of batches.

    Args:
        extension: The candidate, configured.
        now: When a message came that does not say it: microseconds since 1970.
        as_of: When exemptions are judged.
    """

    def __init__(self, extension: Extension, *, now: int, as_of: datetime) -> None:
        self._extension = extension
        self._now = now
        self._as_of = as_of
        self._patience = PATIENCE
        self._left_out: dict[str, frozenset[str]] = {}
        self._runtimes: dict[tuple[str | None, str | None], object] = {}

    def decide_all(self, batch: Batch, rows: Sequence[int]) -> Iterator[list[tuple[int, Answer | None]]]:
        """Each of the rows with its answer, in lists; None for a message that cannot be read."""
        for start in range(0, len(rows), CHUNK):
            yield self._decided_together(batch, rows[start : start + CHUNK])

    def decide(self, batch: Batch, row: int) -> Answer | None:
        """The answer to one row, under a guard of its own."""
        scope = self._scope(batch, row)
        if scope is None:
            return None
        decision = self._extension.decide(scope)
        if time.monotonic() > scope.deadline and self._patience:  # it may have been the machine that stood still
            scope = self._scope(batch, row)
            assert scope is not None
            decision = self._extension.decide(scope)
            if time.monotonic() > scope.deadline:
                self._patience -= 1
        return self._noted(scope, decision, batch, row, None)

    def _decided_together(self, batch: Batch, rows: Sequence[int]) -> list[tuple[int, Answer | None]]:
        """The rows under one guard, which costs a tenth of the time less than one for each. Where all of them take
        longer than one may, those from there on are decided one by one."""
        until = time.monotonic() + TIME_LIMIT
        decided: list[tuple[int, Answer | None]] = []
        try:
            with guard(until) as guarded:
                guarded.run(until, self._decide_until, until, batch, rows, decided)
        except DeadlineError:
            pass
        decided = decided[:]  # a helper that was left behind has the other one
        decided.extend((row, self.decide(batch, row)) for row in rows[len(decided) :])
        return decided

    def _decide_until(
        self, until: float, batch: Batch, rows: Sequence[int], decided: list[tuple[int, Answer | None]]
    ) -> None:
        """Decide rows until that moment. What is done by then was not interrupted."""
        guarded, decide, scope_of, clock = Guarded(until), self._extension.decide, self._scope, time.monotonic
        for row in rows:
            scope = scope_of(batch, row, guarded)
            answer = None
            if scope is not None:
                decision = decide(scope)
                missed = scope.request.lookups.was_missed  # type: ignore[union-attr]  # a scope of ours has them of ours
                answer = self._noted(scope, decision, batch, row, guarded) if missed else (scope, decision)
            if clock() > until:
                return
            decided.append((row, answer))

    def _noted(self, scope: ArchivedScope, decision: Decision, batch: Batch, row: int, guarded: Guard | None) -> Answer:
        """The answer; decided once more if somebody asked for what is missing, to know who it was."""
        answers = scope.request.lookups
        if not (isinstance(answers, ArchivedAnswers) and answers.was_missed):
            return scope, decision
        noting = self._scope(batch, row, guarded, noting=True)
        assert noting is not None
        return noting, self._extension.decide(noting)

    def _scope(
        self, batch: Batch, row: int, guarded: Guard | None = None, *, noting: bool = False
    ) -> ArchivedScope | None:
        """The scope of a row; None if its message cannot be read."""
        columns = batch.columns
        text = columns["message"][row]
        try:
            try:
                envelope: object = from_json(text)
            except ValueError:
                envelope = parse_json(text)
            message = read_envelope(envelope)
        except MessageError:
            return None
        consulted = columns["consulted"][row]
        left_out = columns["left_out"][row]
        moment = columns["time"][row]
        where = (columns["account_id"][row], columns["region"][row])
        runtime = self._runtimes.get(where)
        if runtime is None:
            runtime = self._runtimes[where] = archived_runtime(*where)
        request: Request = tuple.__new__(  # a third of the time of calling Request
            Request,
            (
                columns["request_id"][row],
                time.monotonic() + TIME_LIMIT,
                None,
                ArchivedAnswers({} if consulted is None else _object(consulted)),
                no_logger,
                runtime,
                self._as_of,
                True,
            ),
        )
        moment = self._now if moment is None else moment
        if left_out is None and not noting:
            return ArchivedScope(message, request, moment, guarded)
        return NotingScope(message, request, moment, guarded, _NOTHING if left_out is None else self._names(left_out))

    def _names(self, text: str) -> frozenset[str]:
        found = self._left_out.get(text)
        if found is None:
            found = self._left_out[text] = frozenset(map(str, json.loads(text)))
        return found


def _object(text: str) -> Mapping[str, object]:
    try:
        found: object = from_json(text)
    except ValueError:
        found = parse_json(text)
    return found if isinstance(found, dict) else {}
