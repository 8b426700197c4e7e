"""Spark counts what one machine counts."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path

import pytest
from pyspark import SparkContext

from dataworks_ext.cli._counting import Asked, Counted, count_here, count_with
from dataworks_ext.rehearsal.report import Circumstances, Report, report_of
from dataworks_ext.rehearsal.task import Candidate
from dataworks_ext.rehearsal.workers import identify_in_process

from .quarter import write_archive, write_project

MESSAGES = int(os.environ.get("REHEARSED_MESSAGES", "200000"))
_DECIDED = 20_000
AS_OF = datetime(2026, 11, 21, tzinfo=timezone.utc)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two versions of rules, and an archive with all that may be wrong with one."""
    folder = tmp_path_factory.mktemp("quarter") / "project"
    write_project(folder)
    write_archive(folder / "archive", min(MESSAGES, _DECIDED), max(MESSAGES // _DECIDED, 1))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATAWORKS_EXT_CACHE", str(folder.parent / "cache"))
        yield folder


def asked(project: Path, against: str, since: str | None = None) -> Asked:
    candidate = Candidate("rules:extension", str(project), {})
    identity = identify_in_process(candidate)
    return Asked([str(project / "archive")], candidate, identity, against, since, None, AS_OF)


def report(asked: Asked, counted: Counted) -> Report:
    circumstances = Circumstances("archive", asked.against, asked.identity, counted.duplicates, AS_OF, with_people=True)
    return report_of(counted.summary, circumstances)


def quiet(*_: object) -> None:
    pass


@pytest.mark.parametrize("against", ["recorded", "HEAD"])
def test_every_field_of_the_report_is_the_same(project: Path, session: SparkContext, against: str) -> None:
    question = asked(project, against)
    here = report(question, count_here(question, 2, quiet))
    assert report(question, count_with(session, question, quiet)) == here
    assert here["messages"] > 0.95 * MESSAGES
    for name in ("duplicates", "unread", "unknown", "denied", "newly_denied", "people"):
        assert here[name] > 0, name
    assert len(here["unread_causes"]) == (6 if against == "recorded" else 5)  # nobody reads the decisions of then


def test_the_last_days_are_the_same_days(project: Path, session: SparkContext) -> None:
    question = asked(project, "recorded", "2026-10-27")
    here = report(question, count_here(question, 2, quiet))
    assert report(question, count_with(session, question, quiet)) == here
    assert 0 < here["messages"] < MESSAGES / 10
