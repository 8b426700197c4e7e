"""`dataworks-ext rehearse` and `dataworks-ext archive`, as they are run."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from dataworks_ext.rehearsal.compaction import compact_day, days_of
from dataworks_ext.rehearsal.days import Day
from dataworks_ext.rehearsal.places import FolderPlace, PlaceError, place_of
from dataworks_ext.rehearsal.sources import compacted_name
from dataworks_ext.testing.cases.reading import read_cases
from tests.archive.s3 import Bucket, s3_server
from tests.rehearsal.archives import NOW, Archive
from tests.rehearsal.test_kernel import download, limiting

POLICIES = """\
from dataworks_ext import Extension, deny
from dataworks_ext.events import DownloadResources

extension = Extension("guard")


@extension.policy(DownloadResources)
def row_limit(event: DownloadResources):
    return deny("too many") if event.data_row_size > {limit} else None
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Rules that deny more than ten rows, and an archive of what a limit of a hundred decided."""
    (tmp_path / "rules.py").write_text(POLICIES.format(limit=10), encoding="utf-8")
    archive = Archive(tmp_path / "archive", limiting(100))
    for number, size in enumerate((5, 50, 60, 500)):
        archive.receive(download(number, dataRowSize=size, operatorUid=f"person-{number}"))
    return tmp_path


def run(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "DATAWORKS_EXT_CACHE": str(project / "cache"),
        "DATAWORKS_EXT_APP": "rules:extension",
        "COLUMNS": "80",
        **variables,
    }
    command = [sys.executable, "-m", "dataworks_ext", *arguments]
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=120)


def report(done: subprocess.CompletedProcess[str]) -> Any:
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def git(project: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    subprocess.run(["git", "-C", str(project), *identity, *arguments], check=True, capture_output=True)


def test_the_table_fits_eighty_columns(project: Path) -> None:
    done = run(project, "rehearse", "archive")
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 messages: 3 denied, 2 newly denied (2 people), 0 newly allowed" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "row_limit" in done.stdout.splitlines()[3]


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        (["--max-newly-denied", "2"], 0),
        (["--max-people", "1"], 1),
        (["--max-people", "2", "--max-newly-denied", "2"], 0),
    ],
)
def test_a_limit_that_is_exceeded_is_the_status(project: Path, limits: list[str], status: int) -> None:
    assert run(project, "rehearse", "archive", *limits).returncode == status


def test_another_version_of_git_is_a_baseline_and_is_kept(project: Path) -> None:
    git(project, "init", "--quiet")
    git(project, "add", "rules.py")
    git(project, "commit", "--quiet", "-m", "The rules")
    (project / "rules.py").write_text(POLICIES.format(limit=55), encoding="utf-8")
    for _ in range(2):
        found = report(run(project, "rehearse", "archive", "--against", "HEAD", "--format", "json"))
        assert (found["newly_denied"], found["newly_allowed"], found["baseline"]) == (0, 1, "HEAD")
    assert len(list((project / "cache").glob("baseline-*"))) == 1
    worktrees = subprocess.run(["git", "-C", str(project), "worktree", "list"], capture_output=True, check=True)
    assert len(worktrees.stdout.splitlines()) == 1


def test_another_app_is_a_baseline(project: Path) -> None:
    (project / "others.py").write_text(POLICIES.format(limit=1000), encoding="utf-8")
    found = report(run(project, "rehearse", "archive", "--against", "others:extension", "--format", "json"))
    assert found["newly_denied"] == 3


def test_what_policies_say_is_in_the_language_that_is_asked_for(project: Path) -> None:
    (project / "rules.py").write_text(
        POLICIES.format(limit=10).replace('deny("too many")', 'deny("too many", zh="行数过多")'), encoding="utf-8"
    )
    chinese, english = (
        report(run(project, "rehearse", "archive", "--format", "json", *language))
        for language in (["--language", "zh"], [])
    )
    assert {example["text"] for example in chinese["policies"][0]["examples"]} == {"行数过多"}
    assert {example["text"] for example in english["policies"][0]["examples"]} == {"too many"}


WRONG = {
    "no language": (["archive", "--language", "fr"], "--language should be en or zh, got fr"),
    "no source": (["nothing"], "there is no nothing; name oss://bucket/prefix"),
    "no commit": (["archive", "--against", "no-such-commit"], "no-such-commit"),
    "no app": (["archive", "--against", "nowhere:extension"], "the baseline nowhere:extension cannot be used"),
    "no setting": (["archive", "--set", "guard.max_rows=1"], "--set guard.max_rows"),
    "no policy": (["archive", "--modes", "guard.nothing=off"], "--modes: no policy is called guard.nothing"),
    "no days": (["archive", "--last", "soon"], "--last should be a number of days"),
    "no date": (["archive", "--as-of", "soon"], "--as-of"),
}


@pytest.mark.parametrize(("arguments", "said"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_used_is_named_with_status_2(project: Path, arguments: list[str], said: str) -> None:
    done = run(project, "rehearse", *arguments)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert said in done.stderr


def test_a_message_is_saved_as_a_case_that_passes(project: Path) -> None:
    assert run(project, "rehearse", "archive", "--save-case", "m-1").returncode == 0
    (case,) = read_cases(project / "cases" / "rehearsed-m-1.yaml")
    assert case.written.expect.value == "FAIL"
    assert run(project, "test").returncode == 0


def test_a_worker_that_is_killed_ends_the_command_with_a_sentence(project: Path) -> None:
    text = POLICIES.format(limit=10).replace(
        "    return deny", "    import os; os.kill(os.getpid(), 9)\n    return deny"
    )
    (project / "rules.py").write_text(text, encoding="utf-8")
    done = run(project, "rehearse", "archive")
    assert done.returncode == 2
    assert "a worker process ended" in done.stderr


def test_a_policy_that_hangs_fails_and_does_not_hang_the_rehearsal(project: Path) -> None:
    text = (
        POLICIES.format(limit=10)
        .replace("def row_limit", "def row_limit")
        .replace("    return deny", "    while event.data_row_size == 5:\n        pass\n    return deny")
    )
    (project / "rules.py").write_text(text, encoding="utf-8")
    found = report(run(project, "rehearse", "archive", "--format", "json"))
    assert found["policies"][0]["fails"] == 1


@pytest.mark.timed
def test_an_interruption_ends_it_soon_and_leaves_nothing(project: Path) -> None:
    text = POLICIES.format(limit=10).replace("    return deny", "    __import__('time').sleep(4)\n    return deny")
    (project / "rules.py").write_text(text, encoding="utf-8")
    environment = {**os.environ, "DATAWORKS_EXT_CACHE": str(project / "cache"), "DATAWORKS_EXT_APP": "rules:extension"}
    command = [sys.executable, "-m", "dataworks_ext", "rehearse", "archive"]
    silent = subprocess.DEVNULL
    running = subprocess.Popen(command, cwd=project, env=environment, stderr=silent, start_new_session=True)
    while not list((project / "cache").glob("days-*")):
        time.sleep(0.05)
    time.sleep(1)
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(timeout=10) == 130
    assert [path for path in (project / "cache").iterdir() if path.name.startswith(".")] == []


# archive


@pytest.fixture(scope="module")
def s3() -> Any:
    with s3_server() as url:
        yield url


def test_an_archive_in_a_bucket_is_listed_rehearsed_and_compacted(project: Path, s3: str) -> None:
    bucket = Bucket(s3)
    function = bucket.function(limiting(100))
    for number, size in enumerate((5, 50, 500)):
        function.handler(download(number, dataRowSize=size), bucket.context(request_id=f"1-{number}"))
    variables = {
        **bucket.environment(),
        "ALIBABA_CLOUD_ACCESS_KEY_ID": "owner",
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "owner",
    }
    source = variables["DATAWORKS_EXT_ARCHIVE"]
    (day,) = json.loads(run(project, "archive", "ls", source, "--json", **variables).stdout)
    assert (day["messages"], day["events"]) == (3, {"download-resources": 3})
    first = report(run(project, "rehearse", source, "--format", "json", **variables))
    done = run(project, "archive", "compact", source, "--day", day["day"], "--delete", "--json", **variables)
    (compacted,) = json.loads(done.stdout)
    assert (compacted["messages"], compacted["deleted"]) == (3, 3)
    assert bucket.keys == [f"guard/daily/v1/day={day['day']}/part-0.parquet"]
    second = report(run(project, "rehearse", source, "--format", "json", **variables))
    assert (first["newly_denied"], first["messages"]) == (1, 3)
    assert second == first


def test_a_day_in_a_bucket_is_read_without_a_copy(project: Path, s3: str) -> None:
    """As Spark's workers do, each of them some row groups."""
    place = FolderPlace(project / "archive")
    ((day, raw),) = days_of(place.entries()).items()
    compact_day(place, day, raw, None, delete=False)
    bucket = Bucket(s3)
    bucket.client.upload_file(str(place.path(compacted_name(day))), bucket.name, f"guard/{compacted_name(day)}")
    keys = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "owner", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "owner"}
    there = place_of(f"oss://{bucket.name}/guard", {**bucket.environment(), **keys})
    found = list(Day(there.open(compacted_name(day))).lines())
    assert found == list(Day(place.path(compacted_name(day))).lines())
    assert len(found) == 4
    with pytest.raises(PlaceError, match=r"nothing\.parquet cannot be read"):
        there.open("nothing.parquet")


def test_messages_are_saved_as_files_that_check_reads(project: Path) -> None:
    done = run(project, "archive", "get", "archive", "m-1", "--output", "saved")
    assert done.stdout == "1 message in saved\n"
    assert run(project, "check", "saved/m-1.json").returncode == 1
    by_person = run(project, "archive", "get", "archive", "--person", "person-3", "--day", f"{NOW:%Y-%m-%d}")
    assert (by_person.stdout, (project / "saved" / "m-3.json").exists()) == ("1 message in saved\n", True)
    assert run(project, "archive", "get", "archive", "nobody").returncode == 1
