"""Workers that die, and Spark that cannot be used."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil
import pytest
from pyspark import SparkContext

from dataworks_ext.cli._counting import Asked, count_here, count_with
from dataworks_ext.rehearsal.spark_session import SparkError
from dataworks_ext.rehearsal.task import Candidate
from dataworks_ext.rehearsal.workers import identify_in_process

from .command import rehearse
from .quarter import OLDER, write_archive
from .test_equal import AS_OF, quiet, report

DYING = """

import os, signal
from pathlib import Path


@extension.policy(DownloadResources)
def dying(event: DownloadResources):
    deaths = len(list(Path({folder!r}).iterdir()))
    if deaths < {times}:
        (Path({folder!r}) / f"{{deaths}}-{{os.getpid()}}").touch()
        os.kill({victim}, signal.SIGKILL)
"""
VICTIMS = {"Spark's Python worker": "os.getppid()", "the process that decides": "os.getpid()"}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "archive"
    write_archive(folder, 600, days=9)
    return folder


def dying(folder: Path, archive: Path, victim: str, times: int) -> Asked:
    """A candidate that kills so many processes."""
    (folder / "deaths").mkdir()
    text = OLDER + DYING.format(folder=str(folder / "deaths"), victim=victim, times=times)
    (folder / "rules.py").write_text(text, encoding="utf-8")
    candidate = Candidate("rules:extension", str(folder), {})
    return Asked([str(archive)], candidate, identify_in_process(candidate), "recorded", None, None, AS_OF)


@pytest.mark.parametrize("victim", VICTIMS)
def test_a_task_that_dies_is_tried_again_and_counted_once(
    archive: Path, tmp_path: Path, session: SparkContext, victim: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_CACHE", str(tmp_path / "cache"))
    asked = dying(tmp_path, archive, VICTIMS[victim], 2)
    found = report(asked, count_with(session, asked, quiet))
    deaths = [int(path.name.partition("-")[2]) for path in (tmp_path / "deaths").iterdir()]
    assert len(deaths) >= 2  # two workers may see one death less than there was
    assert found == report(asked, count_here(asked, 2, quiet))
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in deaths if psutil.pid_exists(pid)], timeout=10)
    assert alive == []


def test_workers_that_always_die_end_it_with_a_sentence(archive: Path, tmp_path: Path, session: SparkContext) -> None:
    with pytest.raises(SparkError, match="the workers ended 4 times: they were killed or had too little memory"):
        count_with(session, dying(tmp_path, archive, "os.getpid()", 1_000), quiet)


def test_an_extension_that_needs_what_the_workers_lack_is_named(
    archive: Path, tmp_path: Path, session: SparkContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file beside the package is no part of a function, and does not go to the workers."""
    (tmp_path / "limit.txt").write_text("10", encoding="utf-8")
    (tmp_path / "rules.py").write_text(f"open('limit.txt').close()\n{OLDER}", encoding="utf-8")
    candidate = Candidate("rules:extension", str(tmp_path), {})
    asked = Asked([str(archive)], candidate, identify_in_process(candidate), "recorded", None, None, AS_OF)
    with pytest.raises(SparkError, match="on the workers, rules:extension cannot be imported: FileNotFoundError"):
        count_with(session, asked, quiet)


ERRORS = {
    "no Java": (["--spark", "local[2]"], {"PATH": "/nowhere", "JAVA_HOME": ""}, "Spark needs Java 17"),
    "JAVA_HOME is wrong": (["--spark", "local[2]"], {"JAVA_HOME": "/nowhere"}, "JAVA_HOME is /nowhere, where there is"),
    "nobody answers": (["--spark", "spark://127.0.0.1:9"], {}, "nothing answers at spark://127.0.0.1:9"),
    "no such master": (["--spark", "lokal"], {}, "lokal is no master of Spark; expected local[2], spark://host:7077"),
    "no such environment": (["--spark", "yarn", "--environment", "e.tar.gz"], {}, "there is no e.tar.gz; make it with"),
    "an environment for this machine": (
        ["--spark", "local[2]", "--environment", sys.executable],
        {},
        "--environment is for a cluster",
    ),
    "no such archive": (["--spark", "local[2]", "--last", "many"], {}, "--last should be a number of days"),
}


@pytest.mark.parametrize("case", ERRORS)
def test_what_cannot_be_used_is_a_sentence_with_status_2(archive: Path, tmp_path: Path, case: str) -> None:
    arguments, variables, said = ERRORS[case]
    (tmp_path / "rules.py").write_text(OLDER, encoding="utf-8")
    done = rehearse(tmp_path, str(archive), *arguments, **variables)
    assert (done.returncode, done.stdout) == (2, "")
    assert " ".join(done.stderr.split()).startswith(f"dataworks-ext: {said}")
    assert len(done.stderr) < 500
    assert "Traceback" not in done.stderr


def test_without_pyspark_the_extra_is_named(archive: Path, tmp_path: Path) -> None:
    (tmp_path / "rules.py").write_text(OLDER, encoding="utf-8")
    hidden = tmp_path / "hidden"
    hidden.mkdir()
    (hidden / "pyspark.py").write_text("raise ModuleNotFoundError(name='pyspark')", encoding="utf-8")
    done = rehearse(tmp_path, str(archive), "--spark", "local[2]", PYTHONPATH=str(hidden))
    assert done.returncode == 2
    assert "pip install 'dataworks-ext[spark]'" in " ".join(done.stderr.split())
