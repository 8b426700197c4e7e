"""A rehearsal on Spark: tasks get names of objects and days, and only summaries come back.

`spark-submit` runs this file, or a copy of it, with the arguments of `dataworks-ext rehearse`.
"""

from __future__ import annotations

import os
import runpy
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from secrets import token_hex
from typing import Final, NamedTuple, TypeVar

from pyspark import SparkContext

# Absolute, for a copy of this file is in no package.
from dataworks_ext.archive.options import ENDPOINT_VARIABLE
from dataworks_ext.openapi.api import KEY_ID_VARIABLE, KEY_SECRET_VARIABLE, REGION_VARIABLE, TOKEN_VARIABLE
from dataworks_ext.rehearsal.damage import Damage
from dataworks_ext.rehearsal.days import Day
from dataworks_ext.rehearsal.kernel import SAMPLE
from dataworks_ext.rehearsal.places import BUCKET, Entry, FolderPlace, Place, place_of
from dataworks_ext.rehearsal.rehearsal import Baseline, Progress, framework_digest, manner_of, plan_with
from dataworks_ext.rehearsal.shipping import APP_FOLDER, write_code
from dataworks_ext.rehearsal.sources import compacted_days, entries_of, in_order_of_days, raw_groups, wanted
from dataworks_ext.rehearsal.spark_session import SUBMITTED, SparkError
from dataworks_ext.rehearsal.spark_tasks import (
    Chunk,
    Neighbours,
    RawGroup,
    StoredDay,
    Version,
    each,
    find_repeated,
    identify_here,
    read_group,
    rehearse_chunk,
)
from dataworks_ext.rehearsal.summary import Summary
from dataworks_ext.rehearsal.task import Candidate, Events, Identity, Manner, Work

Task = TypeVar("Task")
Result = TypeVar("Result")

_GROUPS: Final = 8
"""Row groups of a task at most: some ten seconds, which is what is lost when a task dies."""
_TASKS: Final = 4
"""Tasks for each core, if there is enough to do: the last ones end at about the same time."""
_POLL: Final = 0.5
"""Seconds between looks at how far Spark is."""
_REACHING: Final = (KEY_ID_VARIABLE, KEY_SECRET_VARIABLE, TOKEN_VARIABLE, REGION_VARIABLE, ENDPOINT_VARIABLE)
"""What workers need to reach a bucket."""


class Counted(NamedTuple):
    """What was counted."""

    summary: Summary
    duplicates: int


def rehearse_on_spark(
    context: SparkContext,
    sources: Sequence[str],
    candidate: Candidate,
    identity: Identity,
    *,
    baseline: Baseline | None,
    since: str | None,
    events: Events,
    now: int,
    as_of: datetime,
    progress: Progress,
) -> Counted:
    """Rehearse a candidate; the counts are those of one machine.

    Args:
        context: Where it runs.
        sources: `oss://bucket/prefix`, or folders and files that all workers have under the same path.
        candidate: The extension here, whose code goes to the workers.
        identity: What it is here.
        baseline: The version to compare with; None for what was decided then.
        since: The first day that is wanted.
        events: The event codes that are of interest; None for all.
        now: When a message came that does not say it: microseconds since 1970.
        as_of: When exemptions are judged.
        progress: Told how many tasks are done.

    Raises:
        ExtensionError: A source cannot be used, or the workers cannot run the extension.
    """
    named = tuple(source if source.startswith(BUCKET) else os.path.abspath(source) for source in sources)
    cluster = _Cluster(context, progress)
    with tempfile.TemporaryDirectory(prefix="dataworks-ext-") as temporary:
        shipped = _ship(context, Path(temporary), "candidate", candidate, identity)
        compared = (
            _ship(context, Path(temporary), "baseline", baseline.candidate, baseline.identity) if baseline else None
        )
        usual = Manner(events, SAMPLE, now, as_of)
        cluster.check(shipped, identity, usual, named)
        if baseline and compared:
            cluster.check(compared, baseline.identity, usual, named)
        parts, damage = _parts(cluster, named, since, progress)
        chunks = _chunks(cluster, parts)
        plan = plan_with([work for chunk in chunks for work in chunk.works])
        function = partial(rehearse_chunk, shipped, compared, manner_of(plan, events, now, as_of))
        divided = _divided(chunks, cluster.cores)
        summary = Summary()
        for found in cluster.run("tasks", function, divided, len(plan.works) // _GROUPS):
            summary.merge(found)
    summary.damage.merge(damage)
    return Counted(summary, plan.duplicates)


class _Cluster:
    """Runs functions on the workers."""

    def __init__(self, context: SparkContext, progress: Progress) -> None:
        self._context = context
        self._progress = progress
        self._variables = {name: os.environ[name] for name in _REACHING if os.environ.get(name)}

    @property
    def cores(self) -> int:
        """How many tasks run at a time."""
        cores: int = self._context.defaultParallelism
        return max(cores, 1)

    def run(
        self, what: str, function: Callable[[Task], Result], tasks: Sequence[Task], at_least: int = 1
    ) -> list[Result]:
        """The results in the order of the tasks, which Spark runs in slices.

        Args:
            what: What the slices are, for who waits.
            function: What is done with each task.
            tasks: What it is done with.
            at_least: Slices that there should be, if there are as many tasks.

        Raises:
            SparkError: A slice failed as often as Spark tries.
        """
        if not tasks:
            return []
        slices = min(len(tasks), max(self.cores * _TASKS, at_least))
        rdd = self._context.parallelize(tasks, slices).mapPartitions(partial(each, function, self._variables))
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(rdd.collect)
            try:
                while not wait([future], _POLL).done:
                    self._progress(what, self._done(), slices)
                results: list[Result] = future.result()
                return results
            except KeyboardInterrupt:
                self._context.cancelAllJobs()
                raise
            except Exception as error:
                raise SparkError.of(error) from None

    def check(self, version: Version, identity: Identity, manner: Manner, sources: tuple[str, ...]) -> None:
        """Raise `SparkError` unless the workers can run the version, and run the same code as this machine."""
        ((framework, found),) = self.run("workers", partial(identify_here, version, manner), [sources])
        if isinstance(found, str):
            raise SparkError(found)
        if framework != framework_digest():
            raise SparkError(
                "the workers have another version of dataworks-ext than this machine; pack the environment again with: "
                "dataworks-ext rehearse --pack-environment"
            )
        if found.code != identity.code:
            raise SparkError(f"the workers load other code of {version.app} than this machine does")

    def _done(self) -> int:
        tracker = self._context.statusTracker()
        stages = (tracker.getStageInfo(stage) for stage in tracker.getActiveStageIds())
        return sum(stage.numCompletedTasks for stage in stages if stage is not None)


def _ship(context: SparkContext, folder: Path, name: str, candidate: Candidate, identity: Identity) -> Version:
    """Send the code of a version to the workers. Only variables that it reads go with it."""
    name = f"{name}-{token_hex(4)}"  # a session may have seen another one
    path = folder / f"{name}.zip"
    write_code(path, Path(candidate.folder), identity.modules)
    context.addArchive(f"{path}#{name}")
    return Version(candidate.app, name, _chosen(candidate.environment, identity.variables))


def _chosen(environment: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    return {name: environment[name] for name in names if name in environment}


def _parts(
    cluster: _Cluster, sources: Sequence[str], since: str | None, progress: Progress
) -> tuple[list[StoredDay], Damage]:
    """The parts of all sources in the order of days; raw files are read by the workers."""
    parts: list[StoredDay] = []
    damage = Damage()
    for source in sources:
        place = place_of(source)
        entries = wanted(entries_of(place), since)
        compacted = compacted_days(entries, partial(_open, place), damage, progress)
        parts.extend(StoredDay(one.day, source, (one.entry,), tuple(one.file.group_sizes)) for one in compacted)
        groups = [RawGroup(source, tuple(group)) for group in raw_groups(entries, compacted)]
        for read in cluster.run("folders of raw files", read_group, groups):
            parts.extend(read.days)
            damage.merge(read.damage)
    return in_order_of_days(parts, since), damage


def _open(place: Place, entry: Entry) -> Day:
    return Day(place.path(entry.name) if isinstance(place, FolderPlace) else place.open(entry.name))


def _chunks(cluster: _Cluster, parts: Sequence[StoredDay]) -> list[Chunk]:
    """What is decided, part by part, without repeated messages."""
    days = [tuple(found) for _, found in groupby(parts, key=lambda part: part.day)]
    neighbours = [Neighbours(before, today) for before, today in zip([(), *days], days, strict=False)]
    chunks = []
    for today, repeated in zip(days, cluster.run("days", find_repeated, neighbours), strict=True):
        skipped = iter(repeated)
        for part in today:
            works = (Work("", number, rows, next(skipped), None) for number, rows in enumerate(part.sizes))
            chunks.append(Chunk(part, tuple(works)))
    return chunks


def _divided(chunks: Sequence[Chunk], cores: int) -> list[Chunk]:
    """The same in pieces that cores can share; raw files are read once, and stay together."""
    groups = sum(len(chunk.works) for chunk in chunks)
    most = min(max(groups // (cores * _TASKS), 1), _GROUPS)
    return [
        chunk._replace(works=chunk.works[first : first + size])
        for chunk in chunks
        for size in [most if chunk.part.is_compacted else max(len(chunk.works), 1)]
        for first in range(0, len(chunk.works), size)
    ]


def submit() -> None:
    """What `spark-submit` runs: the command, in the session that there is.

    A packed environment has the extension's code beside its libraries.
    """
    packed = Path(sys.prefix) / APP_FOLDER
    if packed.is_dir():
        os.chdir(packed)
    sys.argv = ["dataworks-ext", "rehearse", *sys.argv[1:], "--spark", SUBMITTED]
    runpy.run_module("dataworks_ext", run_name="__main__")  # the command is above this room, and not imported from it


if __name__ == "__main__":
    submit()
