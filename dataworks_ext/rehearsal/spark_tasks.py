"""What Spark's workers do: read days, find repetitions, and decide row groups, as one machine does.

A worker decides in processes of its own, one for each version of the extension, which live as long as it does.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import pyarrow as pa
from pyspark import SparkFiles

from ..errors import ExtensionError
from .cache import CACHE_VARIABLE, Cache
from .compacting import damage_of
from .damage import Damage
from .days import Day
from .duplicates import NO_KEYS, repeated
from .places import BUCKET, Entry, FolderPlace, place_of
from .rehearsal import framework_digest
from .sources import compacted_into
from .summary import Summary
from .task import Candidate, Identity, Manner, Work, decide, identify_loaded, opened, rehearse
from .workers import identify_in_process, pool_of

Task = TypeVar("Task")
Result = TypeVar("Result")


class Version(NamedTuple):
    """A version of the extension, as it comes to the workers."""

    app: str
    archive: str
    """The name of the archive that has its code."""
    environment: Mapping[str, str]
    """Its settings and modes."""


class StoredDay(NamedTuple):
    """A part of an archive, by the names of its objects."""

    day: str
    source: str
    """What was named: `oss://bucket/prefix`, or a folder or file that every worker has."""
    entries: tuple[Entry, ...]
    """A compacted file, or the raw ones that become days together."""
    sizes: tuple[int, ...]
    """The rows of each row group."""

    @property
    def is_compacted(self) -> bool:
        """Whether it is a file; otherwise raw files become it."""
        return self.entries[0].name.endswith(".parquet")


class RawGroup(NamedTuple):
    """Raw files that become days together."""

    source: str
    entries: tuple[Entry, ...]


class ReadGroup(NamedTuple):
    """What raw files hold."""

    days: tuple[StoredDay, ...]
    damage: Damage


class Neighbours(NamedTuple):
    """The parts of a day, and those of the day before."""

    before: tuple[StoredDay, ...]
    today: tuple[StoredDay, ...]


class Chunk(NamedTuple):
    """Row groups to decide, of one part."""

    part: StoredDay
    works: tuple[Work, ...]
    """Without paths, which each worker has its own of."""


def each(function: Callable[[Task], Result], variables: Mapping[str, str], tasks: Iterable[Task]) -> Iterator[Result]:
    """The result of each task. The variables say how to reach the archive."""
    os.environ.update(variables)
    return map(function, tasks)


def identify_here(version: Version, manner: Manner, sources: tuple[str, ...]) -> tuple[str, Identity | str]:
    """The framework of this worker, and the extension as it is here; a sentence if it cannot be used."""
    for source in sources:
        if not source.startswith(BUCKET) and not Path(source).exists():
            return framework_digest(), f"the workers have no {source}; name a bucket, or a folder that they share"
    try:
        return framework_digest(), _submit(version, manner, identify_loaded).result()
    except BrokenProcessPool:
        _pools.clear()
    try:  # another process says why
        return framework_digest(), identify_in_process(_candidate(version))
    except ExtensionError as error:
        return framework_digest(), f"on the workers, {error}"


def read_group(group: RawGroup) -> ReadGroup:
    """Read raw files."""
    paths = compacted_into(_cache(), place_of(group.source), group.entries)
    damage = Damage()
    days = []
    for name, path in paths.items():
        day = Day(path)
        damage.merge(damage_of(day))
        days.append(StoredDay(name, group.source, group.entries, tuple(day.group_sizes)))
    return ReadGroup(tuple(days), damage)


def find_repeated(neighbours: Neighbours) -> tuple[frozenset[int], ...]:
    """The rows of each row group of a day that repeat a message."""
    groups = [keys for part in neighbours.today for keys in opened(_path(part)).group_keys()]
    before = [chunk for part in neighbours.before for keys in opened(_path(part)).group_keys() for chunk in keys.chunks]
    return tuple(repeated(groups, pa.chunked_array(before, pa.int64()) if before else NO_KEYS))


def rehearse_chunk(candidate: Version, baseline: Version | None, manner: Manner, chunk: Chunk) -> Summary:
    """Decide row groups by both versions, and count."""
    path = _path(chunk.part)
    works = [work._replace(path=path) for work in chunk.works]
    summary = Summary()
    earlier = iter(()) if baseline is None else _ahead(partial(_submit, baseline, manner, decide), works)

    def compare(work: Work) -> Future[Summary]:
        before = next(earlier, None)
        return _submit(candidate, manner, rehearse, work, None if before is None else before.result())

    try:
        for future in _ahead(compare, works):
            summary.merge(future.result())
    except BrokenProcessPool:
        _pools.clear()  # the next attempt may come to this worker
        raise
    return summary


def _ahead(submit: Callable[[Work], Future[Result]], works: Iterable[Work]) -> Iterator[Future[Result]]:
    """The futures of pieces of work, of which the next one is always under way."""
    under_way: list[Future[Result]] = []
    for work in works:
        under_way.append(submit(work))
        if len(under_way) > 1:
            yield under_way.pop(0)
    yield from under_way


_pools: dict[tuple[str, str, Manner], ProcessPoolExecutor] = {}


def _submit(version: Version, manner: Manner, function: Callable[..., Result], *arguments: object) -> Future[Result]:
    candidate = _candidate(version)
    key = (candidate.app, candidate.folder, manner)
    pool = _pools.get(key)
    if pool is None:
        pool = _pools[key] = pool_of(candidate, manner, 1)
    return pool.submit(function, *arguments)


def _candidate(version: Version) -> Candidate:
    return Candidate(version.app, os.path.abspath(SparkFiles.get(version.archive)), version.environment)


def _path(part: StoredDay) -> str:
    """Where this worker finds a part."""
    place = place_of(part.source)
    name = part.entries[0].name
    if not part.is_compacted:
        return str(compacted_into(_cache(), place, part.entries)[part.day])
    return str(place.path(name)) if isinstance(place, FolderPlace) else f"{part.source}#{name}"


def _cache() -> Cache:
    """What ends with the application."""
    return Cache({CACHE_VARIABLE: os.path.abspath(os.path.join(SparkFiles.getRootDirectory(), "rehearsal"))})
