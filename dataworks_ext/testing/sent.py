"""What came of a message that a test sent."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..decision import Decision, Reason, Verdict
from ..message import Channel

State = Literal["Checking", "Passed", "Failed"]
"""What DataWorks shows of an operation: it waits, it went on, or it was stopped."""


@dataclass(frozen=True, repr=False)
class Sent:
    """What the person in DataWorks sees of one operation."""

    event_code: str
    """Empty for what is no message."""
    message_id: str | None
    channel: Channel
    """The way the message came, and the way its reply went."""
    verdict: Verdict
    """The answer as it reached DataWorks. Operation Center knows no warning: one is `OK` there, with its text."""
    message: str
    """The text of the answer; empty for none."""
    state: State | None
    """The state of the operation: still `Checking` if no answer arrived. None if the message is not blocking."""
    decision: Decision | None
    """What was decided; None if nothing was, as for a message that came once more."""

    @property
    def denied(self) -> bool:
        """Whether the operation was stopped."""
        return self.state == "Failed"

    @property
    def allowed(self) -> bool:
        """Whether the operation went on, with or without a warning."""
        return self.state in ("Passed", None)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """What each policy said."""
        return () if self.decision is None else self.decision.reasons

    def __repr__(self) -> str:
        text = f": {self.message}" if self.message else ""
        return f"<Sent {self.event_code or 'no message'}, {self.state or 'not blocking'}, {self.verdict}{text}>"
