"""Words and codes that the events of several modules take."""

from __future__ import annotations

from .base import Code


class Environment(Code):
    """Where something is or runs."""

    DEV = 0
    """Development."""
    PROD = 1
    """Production."""


class SchedulerType(Code):
    """What the scheduler does with a node or instance: `schedulerType` by name, `taskType` by number."""

    NORMAL = 0
    """Runs it on schedule."""
    MANUAL = 1
    """Runs it only when somebody starts it."""
    PAUSE = 2
    """Frozen: schedules it and sets it to failed at once."""
    SKIP = 3
    """Dry run: schedules it and sets it to succeeded at once."""
    SKIP_UNCHOOSE = 4
    """Not selected in a temporary workflow: set to succeeded at once."""
    SKIP_CYCLE = 5
    """Weekly or monthly and not due: set to succeeded at once."""
    CONDITION_UNCHOOSE = 6
    """Not chosen by a branch node in front of it: a dry run."""
    REALTIME_DEPRECATED = 7
    """An instance made in real time that has expired: set to succeeded at once."""
