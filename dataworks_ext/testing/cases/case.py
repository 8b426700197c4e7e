"""A case: what happens, under which circumstances, and what should come of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...errors import ExtensionError
from ...events import Event, catalog
from ...message import Message
from ...snapshots import Snapshot

if TYPE_CHECKING:
    from .model import WrittenCase


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
    """A case that can be run."""

    file: Path
    """The file that it is in."""
    line: int
    """Where it begins, counted from 1."""
    lines: Mapping[str, int]
    """Where each setting and each mode is written."""
    written: WrittenCase
    """What it says."""
    event: Event | Message
    """What happens."""
    snapshot: Snapshot | None
    """What DataWorks keeps of the file or table; None for nothing."""

    @property
    def place(self) -> str:
        """File and line."""
        return place(self.file, self.line)

    @property
    def title(self) -> str:
        """File, line and name."""
        return f"{self.place}: {self.written.name}"

    @property
    def blocking(self) -> bool:
        """Whether DataWorks waits for an answer."""
        if isinstance(self.event, Message):
            return self.event.blocking
        return catalog[self.event.event_code].extension_point


def place(file: Path, line: int | None) -> str:
    """File and line: `cases/downloads.yaml:12`."""
    return f"{file}" if line is None else f"{file}:{line}"
