"""Compacting lines into days: by the UTC day on which they came, each message once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from itertools import islice
from pathlib import Path
from typing import Final

from .archived_line import ArchivedLine
from .damage import Damage
from .days import GROUP, Day, DayFileError, DayWriter
from .places import Place
from .reading import read_lines

UNREAD_NOTE: Final = "unread"
"""The note of a day that says what could not be read when it was made."""
UNDATED: Final = "undated"
"""The day of messages that were saved by hand, and do not say when they came."""
_AT_ONCE: Final = 16
"""Objects that are fetched at a time: each takes a round trip."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


def compact_into(
    folder: Path,
    place: Place,
    names: Iterable[str],
    *,
    extra: Iterable[ArchivedLine] = (),
    progress: Callable[[int], None] = lambda files: None,
) -> dict[str, Path]:
    """Write the lines of files as one compacted file for each day.

    Args:
        folder: Where `{day}.parquet` are written.
        place: Where the files are.
        names: The files.
        extra: Lines that come first.
        progress: Told how many files were read since it was told last.

    Returns:
        The files by day. What could not be read is a note of the first.
    """
    writers = _Writers(folder)
    damage = Damage()
    try:
        for line in extra:
            writers.add(line)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="read") as pool:
            for name, content in _read_ahead(pool, place, iter(names)):
                for line in read_lines(name, content, damage):
                    writers.add(line)
                progress(1)
        return writers.finish(damage)
    except BaseException:
        writers.abandon()
        raise


def damage_of(day: Day) -> Damage:
    """What could not be read when the day was made."""
    return Damage.from_json(day.notes.get(UNREAD_NOTE, "{}"))


def lines_of_day(path: Path) -> Iterable[ArchivedLine]:
    """The lines of a compacted day. Raises `DayFileError`."""
    return Day(path).lines()


def day_of(line: ArchivedLine) -> str:
    """The UTC day on which a line came."""
    if line.micros is None:
        return UNDATED
    return f"{_EPOCH + timedelta(microseconds=line.micros):%Y-%m-%d}"


def _read_ahead(pool: ThreadPoolExecutor, place: Place, names: Iterable[str]) -> Iterable[tuple[str, bytes]]:
    """Names and contents in order, while the next ones are being fetched."""
    remaining = iter(names)
    while chunk := list(islice(remaining, _AT_ONCE)):
        yield from zip(chunk, pool.map(place.read, chunk), strict=True)


class _Writers:
    """A writer for each day, of which not more than a row group is in memory."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, DayWriter] = {}
        self._count = 0

    def add(self, line: ArchivedLine) -> None:
        day = day_of(line)
        writer = self._writers.get(day)
        if writer is None:
            writer = self._writers[day] = DayWriter(self._folder / f"{day}.parquet")
        writer.add(line)
        self._count += 1
        if self._count % GROUP == 0:
            largest = max(self._writers.values(), key=lambda one: one.waiting)
            largest.flush()

    def finish(self, damage: Damage) -> dict[str, Path]:
        if len(damage) and not self._writers:
            self._writers[UNDATED] = DayWriter(self._folder / f"{UNDATED}.parquet")
        notes = {UNREAD_NOTE: damage.to_json()}
        for writer in self._writers.values():
            writer.finish(notes)
            notes = {}
        return {day: self._folder / f"{day}.parquet" for day in self._writers}

    def abandon(self) -> None:
        for writer in self._writers.values():
            writer.abandon()


__all__ = ["UNDATED", "UNREAD_NOTE", "DayFileError", "compact_into", "damage_of", "day_of", "lines_of_day"]
