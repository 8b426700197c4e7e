"""Compacting an archive where it is: the raw objects of a day become one Parquet file beside them."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from .compacting import UNREAD_NOTE, compact_into, damage_of
from .damage import Damage
from .days import Day, DayWriter
from .places import Entry, Place, PlaceError
from .sources import RAW_NOTE, compacted_name, day_in, digest_of, is_raw


class Compacted(NamedTuple):
    """What became of a day."""

    day: str
    objects: int
    """Raw objects that were read."""
    messages: int
    unread: int
    deleted: int
    written: bool
    """Whether there was anything new."""


def days_of(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """The raw objects of each day."""
    days: dict[str, list[Entry]] = {}
    for entry in entries:
        day = day_in(entry.name)
        if day is not None and is_raw(entry.name):
            days.setdefault(day, []).append(entry)
    return dict(sorted(days.items()))


def compact_day(
    place: Place,
    day: str,
    raw: list[Entry],
    compacted: Entry | None,
    *,
    delete: bool,
    progress: Callable[[int], None] = lambda files: None,
) -> Compacted:
    """Write the compacted file of a day. What it holds already stays in it; raw objects stay unless they are to go.

    It is safe to repeat, and to interrupt at any moment: the file is put whole, and objects are removed after that.

    Raises:
        PlaceError: The place cannot be read or written, or what was written does not read as it should.
    """
    names = [entry.name for entry in raw]
    with tempfile.TemporaryDirectory(prefix="dataworks-ext-") as temporary:
        folder = Path(temporary)
        before = _fetched(place, compacted, folder / "before.parquet")
        if before is not None and before.notes.get(RAW_NOTE) == digest_of(names):
            return Compacted(day, len(raw), sum(before.group_sizes), 0, _delete(place, names, delete), False)
        found = compact_into(folder / "days", place, names, extra=before.lines() if before else (), progress=progress)
        whole = folder / "whole.parquet"
        damage = Damage() if before is None else damage_of(before)
        messages = _joined(whole, found, digest_of(names), damage)
        place.write(compacted_name(day), whole)
        if place.read(compacted_name(day)) != whole.read_bytes():
            raise PlaceError(f"{compacted_name(day)} is not what was written; nothing was deleted")
    return Compacted(day, len(raw), messages, len(damage), _delete(place, names, delete), True)


def _joined(path: Path, found: dict[str, Path], raw: str, damage: Damage) -> int:
    """One file of what was found: lines of an array may have come after midnight."""
    writer = DayWriter(path)
    try:
        for _, part in sorted(found.items()):
            day = Day(part)
            damage.merge(damage_of(day))
            for line in day.lines():
                writer.add(line)
        writer.finish({RAW_NOTE: raw, UNREAD_NOTE: damage.to_json()})
    except BaseException:
        writer.abandon()
        raise
    return writer.count


def _fetched(place: Place, entry: Entry | None, path: Path) -> Day | None:
    if entry is None:
        return None
    path.write_bytes(place.read(entry.name))
    return Day(path)


def _delete(place: Place, names: list[str], wanted: bool) -> int:
    if wanted:
        place.delete(names)
    return len(names) if wanted else 0
