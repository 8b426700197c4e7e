"""What each policy said, as plain text."""

from __future__ import annotations

from collections.abc import Sequence

from ..decision import TEXT_LIMIT, Reason, shorten
from .table import aligned


def reason_lines(reasons: Sequence[Reason]) -> list[str]:
    """A line for each reason, in columns, below their heads; none for none."""
    rows = [(reason.policy, said_by(reason), reason.mode, text_of(reason)) for reason in reasons]
    return aligned([("Policy", "Says", "Mode", "Text"), *rows]) if rows else []


def said_by(reason: Reason) -> str:
    """Its verdict, or that the policy failed."""
    return reason.verdict.value if reason.error is None else "failed"


def text_of(reason: Reason) -> str:
    """Its text, or why the policy failed, and by whom it is exempted; in one piece, and not too long."""
    said = shorten(error_of(reason) or reason.message, TEXT_LIMIT)
    return said if reason.exempted_by is None else f"{said} [{exemption_of(reason)}]"


def exemption_of(reason: Reason) -> str:
    """Who granted the exemption that holds, until when and why; empty if there is none."""
    exemption = reason.exempted_by
    if exemption is None:
        return ""
    return shorten(f"exempted until {exemption.until} by {exemption.owner}: {exemption.reason}", TEXT_LIMIT)


def error_of(reason: Reason) -> str:
    """Why the policy failed; empty if it did not."""
    return "" if reason.error is None else f"{type(reason.error).__name__}: {reason.error}"
