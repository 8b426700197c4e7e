"""From what was named to days: compacted ones as they are, raw lines compacted into the cache first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Final, NamedTuple, Protocol, TypeVar

from .cache import Cache, key_for
from .compacting import UNDATED, compact_into, damage_of
from .damage import Damage
from .days import DAY_SCHEMA, Day, DayFileError
from .places import Entry, FolderPlace, Place, PlaceError

_DAY: Final = re.compile(r"(?:^|/)day=(\d{4}-\d{2}-\d{2})/")
_RAW: Final = re.compile(r"(?:^|/)raw/v\d+/day=")

Progress = Callable[[str, int, int], None]
"""Told what is done, how much of it, and how much there is in all."""


class ArchivePart(NamedTuple):
    """A file of compacted lines."""

    day: str
    """`2026-11-21`, or `undated`."""
    path: Path
    source: str
    """What was named, for the report."""


class CompactedDay(NamedTuple):
    """A compacted file of an archive."""

    day: str
    entry: Entry
    file: Day


class HasDay(Protocol):
    """Something of a day."""

    @property
    def day(self) -> str:
        """`2026-11-21`, or `undated`."""
        ...


DayPart = TypeVar("DayPart", bound=HasDay)


class Sources(NamedTuple):
    """All that was named, as files of compacted lines in the order of days."""

    parts: tuple[ArchivePart, ...]
    damage: Damage


def _quiet(what: str, done: int, total: int) -> None:
    pass


def open_sources(
    places: Sequence[Place],
    cache: Cache,
    *,
    since: str | None = None,
    progress: Progress = _quiet,
) -> Sources:
    """The days of all places.

    Args:
        places: Where archived lines are.
        cache: Where raw ones are compacted.
        since: The first day that is wanted.
        progress: Told about what takes long.

    Raises:
        PlaceError: A place cannot be read at all, or holds nothing.
    """
    parts: list[ArchivePart] = []
    damage = Damage()
    for place in places:
        entries = entries_of(place)
        parts.extend(_parts_of(place, wanted(entries, since), cache, damage, progress))
    return Sources(tuple(in_order_of_days(parts, since)), damage)


def in_order_of_days(parts: Iterable[DayPart], since: str | None) -> list[DayPart]:
    """The parts from the first day that is wanted on; those of a day in the order in which they were named."""
    return sorted((part for part in parts if since is None or part.day >= since), key=lambda part: part.day)


def since_of(last: str | None, today: date | None = None) -> str | None:
    """The first of the last days: `90d`. Raises `PlaceError`."""
    if last is None:
        return None
    match = re.fullmatch(r"([1-9]\d{0,4})d", last.strip())
    if match is None:
        raise PlaceError(f"--last should be a number of days, such as 90d; got {last!r}")
    return str((today or datetime.now(timezone.utc).date()) - timedelta(days=int(match[1])))


def compacted_name(day: str) -> str:
    """The name of a compacted day in an archive."""
    return f"daily/v{DAY_SCHEMA}/day={day}/part-0.parquet"


def day_in(name: str) -> str | None:
    """The day that a name says."""
    match = _DAY.search(name)
    return match[1] if match else None


def is_raw(name: str) -> bool:
    """Whether an object is one that a function stored."""
    return _RAW.search(name) is not None


def digest_of(names: Iterable[str]) -> str:
    """What tells one set of raw objects from another."""
    return key_for(sorted(name.rpartition("/")[2] for name in names))


RAW_NOTE: Final = "raw"
"""The note of a compacted day that says of which raw objects it was made."""


def entries_of(place: Place) -> list[Entry]:
    """What a place holds. Raises `PlaceError` if that is nothing."""
    entries = place.entries()
    if not entries:
        raise PlaceError(f"{place} holds no archived lines; they end in .ndjson, .gz, .zst, .parquet or .json")
    return entries


def wanted(entries: Sequence[Entry], since: str | None) -> list[Entry]:
    """The entries of which something may have come from the first day that is wanted on."""
    return [entry for entry in entries if since is None or (day_in(entry.name) or since) >= since]


def compacted_days(
    entries: Sequence[Entry], opened: Callable[[Entry], Day], damage: Damage, progress: Progress
) -> list[CompactedDay]:
    """The compacted files among the entries; those that are none are counted as damaged."""
    found = []
    compacted = [entry for entry in entries if entry.name.endswith(".parquet")]
    for number, entry in enumerate(compacted):
        progress("compacted days", number, len(compacted))
        try:
            day = opened(entry)
        except DayFileError as error:
            damage.add(str(error), entry.name)
            continue
        damage.merge(damage_of(day))
        found.append(CompactedDay(day_in(entry.name) or _first_day(day), entry, day))
    return found


def raw_groups(entries: Sequence[Entry], compacted: Sequence[CompactedDay]) -> list[list[Entry]]:
    """The raw files of each folder of a day, but for those of which a compacted file was made."""
    included = {one.file.notes.get(RAW_NOTE) for one in compacted}
    by_day: dict[str, list[Entry]] = {}
    for entry in entries:
        if not entry.name.endswith(".parquet"):
            by_day.setdefault(day_in(entry.name) or "", []).append(entry)
    return [found for found in by_day.values() if digest_of(one.name for one in found) not in included]


def _parts_of(
    place: Place, entries: Sequence[Entry], cache: Cache, damage: Damage, progress: Progress
) -> list[ArchivePart]:
    paths = {}

    def opened(entry: Entry) -> Day:
        paths[entry] = _local(place, entry, cache)
        return Day(paths[entry])

    compacted = compacted_days(entries, opened, damage, progress)
    parts = [ArchivePart(one.day, paths[one.entry], f"{place}") for one in compacted]
    waiting = raw_groups(entries, compacted)
    total, read = sum(map(len, waiting)), 0

    def tell(files: int) -> None:
        nonlocal read
        read += files
        progress("raw files", read, total)

    for found in waiting:
        for day_name, path in compacted_into(cache, place, found, tell).items():
            damage.merge(damage_of(Day(path)))
            parts.append(ArchivePart(day_name, path, f"{place}"))
    return parts


def compacted_into(
    cache: Cache, place: Place, entries: Sequence[Entry], progress: Callable[[int], None] = lambda files: None
) -> dict[str, Path]:
    """Raw files as compacted ones by day, which the cache keeps. What could not be read is a note of the first."""
    key = f"days-{key_for(place, [tuple(entry) for entry in entries], DAY_SCHEMA)}"
    if cache.folder(key) is None:
        with cache.making(key) as folder:
            compact_into(folder, place, [entry.name for entry in entries], progress=progress)
    kept = cache.folder(key)
    assert kept is not None
    return {path.stem: path for path in sorted(kept.glob("*.parquet"))}


def _local(place: Place, entry: Entry, cache: Cache) -> Path:
    """A file of this machine with the entry's content."""
    if isinstance(place, FolderPlace):
        return place.path(entry.name)
    key = f"object-{key_for(place, tuple(entry))}"
    if cache.folder(key) is None:
        with cache.making(key) as folder:
            (folder / "day.parquet").write_bytes(place.read(entry.name))
    kept = cache.folder(key)
    assert kept is not None
    return kept / "day.parquet"


def _first_day(day: Day) -> str:
    """The day of the first line of a file whose name says none."""
    from .compacting import day_of

    line = next(iter(day.lines()), None)
    return UNDATED if line is None else day_of(line)
