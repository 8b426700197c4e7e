"""Steps of a deployment: each is done at once or not at all, and can be done again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from .remote_error import RemoteError


class Change(NamedTuple):
    """One thing that is, or will be, other than it was."""

    what: str
    """`function data-guard: timeout`."""
    before: str
    after: str


class DeploymentStep(NamedTuple):
    """Something that is done at once or not at all, as far as can be told."""

    text: str
    run: Callable[[], None]


class StoppedError(RemoteError):
    """A step failed."""

    def __init__(self, problem: str, done: Sequence[str], left: Sequence[str]) -> None:
        super().__init__(problem)
        self.done = tuple(done)
        self.left = tuple(left)
        """What was not done, the step that failed first: that one may be done or not if there was no answer."""


def carry_out(steps: Sequence[DeploymentStep], told: Callable[[str], None]) -> None:
    """Do the steps in order.

    Args:
        steps: What is to be done.
        told: Called with the text of each when it is done.

    Raises:
        StoppedError: One failed; nothing after it was tried.
    """
    for number, step in enumerate(steps):
        try:
            step.run()
        except RemoteError as error:
            done = [one.text for one in steps[:number]]
            raise StoppedError(str(error), done, [one.text for one in steps[number:]]) from None
        told(step.text)
