"""A rehearsal: parts of an archive put to a candidate, compared with what was decided then or by another version."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby
from typing import Final, NamedTuple

import pyarrow as pa

from .cache import Cache, key_for
from .compacting import UNDATED
from .days import DAY_SCHEMA, Day
from .duplicates import NO_KEYS, repeated
from .kernel import SAMPLE, SMALL
from .sources import ArchivePart
from .summary import Summary
from .task import Candidate, Events, Identity, Manner, Work, decide, rehearse, write_kept
from .workers import in_order, in_workers

Progress = Callable[[str, int, int], None]
BASELINE_SCHEMA: Final = 1


class Baseline(NamedTuple):
    """Another version, which decides the same messages."""

    name: str
    """As it was asked for."""
    candidate: Candidate
    identity: Identity


class RehearsalPlan(NamedTuple):
    """The work of a rehearsal, without duplicates."""

    works: tuple[Work, ...]
    messages: int
    duplicates: int


def plan_of(parts: Sequence[ArchivePart], progress: Progress) -> RehearsalPlan:
    """The row groups of all parts, in the order of days. A message that came several times is decided once."""
    works: list[Work] = []
    before = NO_KEYS
    done = 0
    for _, found in groupby(parts, key=lambda part: part.day):
        paths = [part.path for part in found]
        progress("duplicates", done, len(parts))
        done += len(paths)
        groups = [(path, list(Day(path).group_keys())) for path in paths]
        today = [keys for _, found_keys in groups for keys in found_keys]
        skipped = iter(repeated(today, before))
        works.extend(
            Work(str(path), number, len(keys), next(skipped), None)
            for path, found_keys in groups
            for number, keys in enumerate(found_keys)
        )
        before = pa.chunked_array([chunk for keys in today for chunk in keys.chunks], pa.int64())
    return plan_with(works)


def plan_with(works: Sequence[Work]) -> RehearsalPlan:
    """The plan of the work."""
    duplicates = sum(len(work.skipped) for work in works)
    return RehearsalPlan(tuple(works), sum(work.rows for work in works) - duplicates, duplicates)


def run(
    plan: RehearsalPlan,
    candidate: Candidate,
    *,
    events: Events,
    now: int,
    as_of: datetime,
    jobs: int,
    progress: Progress,
    baseline: Baseline | None = None,
    cache: Cache | None = None,
) -> Summary:
    """Rehearse the candidate.

    Args:
        plan: What is decided.
        candidate: The extension.
        events: The event codes that are of interest; None for all.
        now: When a message came that does not say it: microseconds since 1970.
        as_of: When exemptions are judged.
        jobs: How many processes work at a time.
        progress: Told how many messages are decided.
        baseline: The version to compare with; None for what was decided then.
        cache: Where the baseline's decisions are kept.

    Raises:
        WorkerError: A worker ended.
    """
    manner = manner_of(plan, events, now, as_of)
    works = plan.works
    if baseline is not None:
        assert cache is not None
        works = _with_baseline(plan, baseline, manner, cache, jobs, progress)
    summary = Summary()
    done = 0
    progress("messages", 0, plan.messages)
    for number, found in enumerate(in_order(in_workers(candidate, manner, rehearse, works, jobs=jobs))):
        summary.merge(found)
        done += works[number].rows - len(works[number].skipped)
        progress("messages", done, plan.messages)
    return summary


def manner_of(plan: RehearsalPlan, events: Events, now: int, as_of: datetime) -> Manner:
    """How the messages of a plan are decided: all of a small one are decided twice."""
    return Manner(events, 1 if plan.messages <= SMALL else SAMPLE, now, as_of)


def _with_baseline(
    plan: RehearsalPlan, baseline: Baseline, manner: Manner, cache: Cache, jobs: int, progress: Progress
) -> tuple[Work, ...]:
    """The work, with the files of what the baseline decides; those that are not kept yet are made."""
    identity = baseline.identity
    by_path: dict[str, list[Work]] = {}
    for work in plan.works:
        by_path.setdefault(work.path, []).append(work)
    key = key_for(
        *(BASELINE_SCHEMA, DAY_SCHEMA, framework_digest(), identity.code, sorted(identity.settings.items())),
        *(
            sorted(identity.modes.items()),
            f"{manner.as_of:%Y-%m-%d}",
            manner.now if any(UNDATED in path for path in by_path) else "",
        ),
        [(path, _version(path), [sorted(work.skipped) for work in works]) for path, works in sorted(by_path.items())],
    )
    key = f"baseline-{key}"
    if cache.folder(key) is None:
        with cache.making(key) as folder:
            found: dict[int, list[str | None]] = {}
            done = 0
            for number, rows in in_workers(baseline.candidate, manner, decide, plan.works, jobs=jobs):
                found[number] = rows
                done += plan.works[number].rows
                progress(f"messages by {baseline.name}", done, plan.messages)
            for place, path in enumerate(by_path):
                groups = [found[number] for number, work in enumerate(plan.works) if work.path == path]
                write_kept(folder / f"{place}.parquet", groups)
    kept = cache.folder(key)
    assert kept is not None
    files = {path: str(kept / f"{place}.parquet") for place, path in enumerate(by_path)}
    return tuple(work._replace(baseline=files[work.path]) for work in plan.works)


def _version(path: str) -> tuple[int, int]:
    from pathlib import Path

    status = Path(path).stat()
    return status.st_size, status.st_mtime_ns


def framework_digest() -> str:
    """A digest of the framework's own code: another version of it may decide otherwise."""
    from hashlib import blake2b
    from pathlib import Path

    folder = Path(__file__).parent.parent
    digest = blake2b(digest_size=8)
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
