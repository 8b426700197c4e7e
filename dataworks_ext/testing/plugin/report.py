"""What a failing test shows of decisions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ...decision import TEXT_LIMIT, Decision, Reason, Verdict, shorten
from ..reasons import reason_lines, said_by, text_of
from ..sent import Sent
from ..table import aligned, printable
from .decisions import Seen

TITLE: Final = "DataWorks decisions"


def decisions_text(seen: Sequence[Seen], total: int) -> str:
    """Event, verdict and what each policy said, of each decision.

    Args:
        seen: The last decisions.
        total: How many there were.
    """
    left_out = total - len(seen)
    earlier = [f"{left_out} earlier decisions are left out."] if left_out else []
    return printable("\n".join([*earlier, *(line for one in seen for line in _decision(one))]))


def comparison(operator: str, left: object, right: object) -> list[str] | None:
    """What is compared, in the words of DataWorks; None if it is something else."""
    if isinstance(left, Verdict) and isinstance(right, str):
        return [f"{left} {operator} {_word(right)}"]
    if isinstance(right, Verdict) and isinstance(left, str):
        return [f"{_word(left)} {operator} {right}"]
    kinds = (Decision, Sent)
    if isinstance(left, kinds) and isinstance(right, kinds):
        return [f"{_name(left)} {operator} {_name(right)}", *_side_by_side(left, right)]
    if isinstance(left, kinds) or isinstance(right, kinds):
        return [f"{_name(left)} {operator} {_name(right)}", "Compare its verdict, its message or its reasons."]
    return None


def _decision(seen: Seen) -> Iterable[str]:
    yield f"{seen.event_code}: {seen.decision.verdict}"
    yield from (f"  {line}" for line in reason_lines(seen.decision.reasons) or ["No policy looked at it."])


def _word(text: str) -> str:
    return str(text) if text in (*Verdict,) else repr(text)


def _name(value: object) -> str:
    if isinstance(value, (Decision, Sent)):
        return f"{type(value).__name__} {value.verdict}"
    return _word(value) if isinstance(value, str) else repr(value)


def _side_by_side(left: Decision | Sent, right: Decision | Sent) -> list[str]:
    rows = [
        ("verdict", left.verdict, right.verdict),
        ("message", shorten(left.message, TEXT_LIMIT), shorten(right.message, TEXT_LIMIT)),
    ]
    of_left, of_right = _by_policy(left.reasons), _by_policy(right.reasons)
    rows += [(policy, of_left.get(policy, "-"), of_right.get(policy, "-")) for policy in {**of_left, **of_right}]
    differing = [row for row in rows if row[1] != row[2]]
    if not differing:
        return ["They differ in times or ids only; compare their verdicts, messages or reasons."]
    return aligned([("", "Left", "Right"), *differing])


def _by_policy(reasons: Iterable[Reason]) -> dict[str, str]:
    return {reason.policy: f"{said_by(reason)} ({reason.mode}) {text_of(reason)}".rstrip() for reason in reasons}
