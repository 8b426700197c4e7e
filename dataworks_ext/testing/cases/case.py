"""A case: what happens, under which circumstances, and what should come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from ...decision import Mode, Verdict
from ...errors import ExtensionError
from ...events import Event, catalog
from ...message import Message
from ...snapshots import Snapshot
from ..deciding import NOON


class Problem(NamedTuple):
    """What is wrong in a case file."""

    line: int | None
    """Counted from 1; None for the file as a whole."""
    text: str


class CaseError(ExtensionError):
    """A case file that cannot be read, or a case that the extension cannot be asked. One line for each problem."""

    def __init__(self, file: Path, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(f"{place(file, line)}: {text}" for line, text in problems))
        self.file = file
        """The case file."""
        self.problems = tuple(problems)
        """In the order of their lines."""


@dataclass(frozen=True)
class Case:
    """What happens, under which circumstances, and what should come of it."""

    file: Path
    """The file that it is in."""
    line: int
    """Where it begins, counted from 1."""
    name: str
    """What it says; no other case of the file has this name."""
    event: Event | Message
    """What happens."""
    expect: Verdict
    """The verdict that should come of it."""
    text: tuple[str, ...] = ()
    """Parts of the text that the person should see."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """By pack and field: `downloads.max_rows`."""
    modes: Mapping[str, Mode] = field(default_factory=dict)
    """By policy."""
    now: datetime = NOON
    """When it happens."""
    snapshot: Snapshot | None = None
    """What DataWorks keeps of the file or table; None for nothing."""
    options: Mapping[str, object] = field(default_factory=dict)
    """What the workspace chose."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """What the owner of the extension set in DataWorks."""
    lines: Mapping[str, int] = field(default_factory=dict)
    """Where each setting and each mode is written."""

    @property
    def place(self) -> str:
        """File and line."""
        return place(self.file, self.line)

    @property
    def blocking(self) -> bool:
        """Whether somebody waits for an answer."""
        return (
            self.event.blocking if isinstance(self.event, Message) else catalog[self.event.event_code].extension_point
        )


def place(file: Path, line: int | None) -> str:
    """File and line: `cases/downloads.yaml:12`."""
    return f"{file}" if line is None else f"{file}:{line}"
