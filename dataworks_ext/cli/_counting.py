"""Counting what a candidate does to archived messages: on this machine, or on Spark."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ._archives import places

if TYPE_CHECKING:
    from pyspark import SparkContext

    from ..rehearsal.cache import Cache
    from ..rehearsal.rehearsal import Progress
    from ..rehearsal.sources import Sources
    from ..rehearsal.summary import Summary
    from ..rehearsal.task import Candidate, Identity


class Asked(NamedTuple):
    """What is to be rehearsed."""

    sources: list[str]
    candidate: Candidate
    identity: Identity
    """What the candidate is."""
    against: str
    since: str | None
    events: frozenset[str] | None
    moment: datetime
    """When exemptions are judged."""

    @property
    def now(self) -> int:
        """Microseconds since 1970."""
        return int(self.moment.timestamp() * 1_000_000)


class Counted(NamedTuple):
    """What was counted."""

    summary: Summary
    duplicates: int
    """How many messages that came several times were left out."""
    compared: Identity | None
    """What the baseline is if it is another version."""


def opened_here(asked: Asked, cache: Cache, progress: Progress) -> Sources:
    """The archive, as files of this machine."""
    from ..rehearsal.sources import open_sources

    return open_sources(places(asked.sources), cache, since=asked.since, progress=progress)


def count_here(asked: Asked, jobs: int, progress: Progress) -> Counted:
    """Count on this machine."""
    from ..rehearsal.baseline import baseline_of
    from ..rehearsal.cache import Cache
    from ..rehearsal.rehearsal import plan_of, run

    cache = Cache()
    opened = opened_here(asked, cache, progress)
    plan = plan_of(opened.parts, progress)
    with baseline_of(asked.against, asked.candidate.app, Path(asked.candidate.folder), dict(os.environ)) as baseline:
        summary = run(
            plan,
            asked.candidate,
            events=asked.events,
            now=asked.now,
            as_of=asked.moment,
            jobs=jobs,
            progress=progress,
            baseline=baseline,
            cache=cache,
        )
    summary.damage.merge(opened.damage)
    return Counted(summary, plan.duplicates, baseline.identity if baseline else None)


def count_on_spark(asked: Asked, master: str, environment: str | None, progress: Progress) -> Counted:
    """Count on Spark that is started for it."""
    from ..rehearsal.spark_session import spark_context

    places(asked.sources)  # what cannot be used is told before Spark starts
    with spark_context(master, environment) as context:
        return count_with(context, asked, progress)


def count_with(context: SparkContext, asked: Asked, progress: Progress) -> Counted:
    """Count on Spark."""
    from ..rehearsal.baseline import baseline_of
    from ..rehearsal.spark import rehearse_on_spark

    with baseline_of(asked.against, asked.candidate.app, Path(asked.candidate.folder), dict(os.environ)) as baseline:
        summary, duplicates = rehearse_on_spark(
            context,
            asked.sources,
            asked.candidate,
            asked.identity,
            baseline=baseline,
            since=asked.since,
            events=asked.events,
            now=asked.now,
            as_of=asked.moment,
            progress=progress,
        )
    return Counted(summary, duplicates, baseline.identity if baseline else None)
