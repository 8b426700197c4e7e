"""The result of a case, compared with what was expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, cast

from ...decision import Decision, Verdict
from ...errors import SettingsError
from ...extension import Extension
from ...lookup import LookupFailedError
from ...policy import EVERY_EVENT, Policy
from ..canned import Canned
from ..deciding import decide, trial
from ..reasons import error_of, reason_lines
from ..table import printable
from .case import Case, CaseError, Problem

_NO_SNAPSHOT: Final = "the case gives no snapshot; give it one, such as snapshot: {file: code.sql}"


@dataclass(frozen=True)
class CaseResult:
    """What came of a case."""

    case: Case
    decision: Decision
    """What the extension said."""
    hints: tuple[str, ...]
    """What its author may not know: that nobody looked, or that a policy failed."""

    @property
    def passed(self) -> bool:
        """Whether the result is the expected one."""
        return self.decision.verdict is self.case.written.expect and not self.missing

    @property
    def missing(self) -> tuple[str, ...]:
        """The expected parts of the text that are missing."""
        return tuple(part for part in self.case.written.text if part not in self.decision.message)

    @property
    def differences(self) -> tuple[str, ...]:
        """What was expected and the result, for people; empty if they agree."""
        if self.passed:
            return ()
        written = self.case.written
        expected = f"expected  {written.expect}{_with(written.text)}"
        first, *others = self.decision.message.splitlines() or [""]
        got = f"got       {self.decision.verdict}{f': {first}' if first else ''}"
        moment = f"at        {written.now:%Y-%m-%d %H:%M} ({written.now.tzname()})"
        return (expected, got, *(f"          {line}" for line in others), moment)

    @property
    def problem(self) -> str:
        """Place and name, what was expected, what came, and each policy's reason; empty if it passed."""
        if self.passed:
            return ""
        lines = [*self.differences, *reason_lines(self.decision.reasons), *(f"Hint: {hint}" for hint in self.hints)]
        return printable("\n".join([self.case.title, *(f"  {line}" for line in lines)]))


def run_case(extension: Extension, case: Case) -> CaseResult:
    """Ask the extension. Neither the network nor the environment is asked.

    Raises:
        CaseError: The extension has no such setting or policy, or the value is none for it.
    """
    written = case.written
    try:
        decision = decide(
            extension,
            case.event,
            settings=written.settings,
            modes=written.modes,
            snapshot=case.snapshot or LookupFailedError(_NO_SNAPSHOT),
            parameters=written.parameters,
            options=written.options,
            answers=cast("Mapping[str, Canned]", written.answers),  # what is none fails the policy that asks
            now=written.now,
        )
    except SettingsError as error:
        raise CaseError(case.file, _culprits(extension, case) or [Problem(case.line, str(error))]) from None
    result = CaseResult(case, decision, tuple(_unasked(extension, case, decision)))
    return replace(result, hints=(*result.hints, *_failures(decision))) if result.passed else result


def policies_for(extension: Extension, code: str) -> list[Policy]:
    """The policies that are registered for an event code."""
    return [policy for policy in extension.policies if code in policy.events or EVERY_EVENT in policy.events]


def _culprits(extension: Extension, case: Case) -> list[Problem]:
    """What is wrong with each setting and each mode by itself; not what is missing beside it."""
    problems = []
    settings_alone = [(name, {name: value}, None) for name, value in case.written.settings.items()]
    modes_alone = [(name, None, {name: mode}) for name, mode in case.written.modes.items()]
    for name, settings, modes in (*settings_alone, *modes_alone):
        try:
            trial(extension, settings, modes)
        except SettingsError as error:
            if name in str(error):
                problems.append(Problem(case.lines.get(name, case.line), str(error)))
    return problems


def _unasked(extension: Extension, case: Case, decision: Decision) -> Iterator[str]:
    """Why no policy gave a reason, if none did."""
    code = case.event.event_code
    if not case.blocking:
        yield f"this {code} is not blocking, so no policy runs"
    elif not decision.reasons:
        idle = policies_for(extension, code)
        if idle:
            yield f"the policies of {code} are inactive here: {', '.join(_idleness(policy, case) for policy in idle)}"
        else:
            yield f"no policy handles {code}, so the verdict is the default"


def _failures(decision: Decision) -> Iterator[str]:
    """Which policies failed. An expected denial may come from a failure instead of the rule."""
    for reason in decision.reasons:
        if reason.error is not None and reason.effect is not Verdict.OK:
            yield f"{reason.policy} failed: {error_of(reason)}"


def _idleness(policy: Policy, case: Case) -> str:
    if case.written.modes.get(policy.id, policy.mode) == "off":
        return f"{policy.id} (off)"
    needs = " and ".join(f"{policy.pack}.{field}" for field in policy.needs)
    return f"{policy.id} (needs {needs})" if needs else policy.id


def _with(parts: Sequence[str]) -> str:
    return f" with {' and '.join(_quoted(part) for part in parts)}" if parts else ""


def _quoted(text: str) -> str:
    return f'"{" ".join(text.split())}"'
