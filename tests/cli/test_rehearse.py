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
from typer.testing import CliRunner, Result

from dataworks_ext.cli._app import app
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
    return deny("too many", zh="行数过多") if event.data_row_size > {limit} else None
"""


KEYS = {"ALIBABA_CLOUD_ACCESS_KEY_ID": "owner", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "owner"}
COMMAND = [sys.executable, "-m", "dataworks_ext"]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder: rules that deny more than ten rows, and an archive of what a limit of a hundred decided."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)  # a module is written anew within a second
    monkeypatch.setenv("DATAWORKS_EXT_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DATAWORKS_EXT_APP", "rules:extension")
    (tmp_path / "rules.py").write_text(POLICIES.format(limit=10), encoding="utf-8")
    archive = Archive(tmp_path / "archive", limiting(100))
    for number, size in enumerate((5, 50, 60, 500)):
        archive.receive(download(number, dataRowSize=size, operatorUid=f"person-{number}"))
    return tmp_path


def run(*arguments: str) -> Result:
    """Run the command in this process. What it loads of the rules, another run loads anew."""
    try:
        return CliRunner().invoke(app, list(arguments))
    finally:
        sys.modules.pop("rules", None)


def run_process(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=120)


def report(done: Result) -> Any:
    assert done.exit_code in (0, 1), done.stderr
    return json.loads(done.stdout)


def texts_of(found: Any) -> set[str]:
    """What people read."""
    return {example["text"] for example in found["policies"][0]["examples"]}


def git(project: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    subprocess.run(["git", "-C", str(project), *identity, *arguments], check=True, capture_output=True)


def test_the_table_fits_eighty_columns(project: Path) -> None:
    done = run_process("rehearse", "archive")
    assert (done.returncode, done.stderr) == (0, "")
    assert "4 messages: 3 denied, 2 newly denied (2 people), 0 newly allowed" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "row_limit" in done.stdout.splitlines()[3]


@pytest.mark.parametrize(
    ("limits", "status"),
    [
        (["--max-people", "1", "--max-newly-denied", "2"], 1),
        (["--max-people", "2", "--max-newly-denied", "2"], 0),
    ],
)
def test_a_limit_that_is_exceeded_is_the_status(project: Path, limits: list[str], status: int) -> None:
    assert run("rehearse", "archive", *limits).exit_code == status


def test_another_version_of_git_is_a_baseline_and_is_kept(project: Path) -> None:
    git(project, "init", "--quiet")
    git(project, "add", "rules.py")
    git(project, "commit", "--quiet", "-m", "The rules")
    (project / "rules.py").write_text(POLICIES.format(limit=55), encoding="utf-8")
    for _ in range(2):
        found = report(run("rehearse", "archive", "--against", "HEAD", "--format", "json"))
        assert (found["newly_denied"], found["newly_allowed"], found["baseline"]) == (0, 1, "HEAD")
    assert len(list((project / "cache").glob("baseline-*"))) == 1
    worktrees = subprocess.run(["git", "-C", str(project), "worktree", "list"], capture_output=True, check=True)
    assert len(worktrees.stdout.splitlines()) == 1


def test_another_app_is_a_baseline(project: Path) -> None:
    (project / "others.py").write_text(POLICIES.format(limit=1000), encoding="utf-8")
    found = report(run("rehearse", "archive", "--against", "others:extension", "--format", "json"))
    assert (found["newly_denied"], texts_of(found)) == (3, {"too many"})


def test_what_policies_say_is_in_the_language_that_is_asked_for(project: Path) -> None:
    found = report(run("rehearse", "archive", "--format", "json", "--language", "zh"))
    assert texts_of(found) == {"行数过多"}


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
    done = run("rehearse", *arguments)
    assert (done.exit_code, type(done.exception)) == (2, SystemExit)
    assert said in done.stderr


def test_a_message_is_saved_as_a_case_that_passes(project: Path) -> None:
    assert run("rehearse", "archive", "--save-case", "m-1").exit_code == 0
    (case,) = read_cases(project / "cases" / "rehearsed-m-1.yaml")
    assert case.written.expect.value == "FAIL"
    assert run("test").exit_code == 0


def test_a_worker_that_is_killed_ends_the_command_with_a_sentence(project: Path) -> None:
    text = POLICIES.format(limit=10).replace(
        "    return deny", "    import os; os.kill(os.getpid(), 9)\n    return deny"
    )
    (project / "rules.py").write_text(text, encoding="utf-8")
    done = run("rehearse", "archive")
    assert done.exit_code == 2
    assert "a worker process ended" in done.stderr


def test_a_policy_that_hangs_fails_and_does_not_hang_the_rehearsal(project: Path) -> None:
    """Its worker interrupts it, after a time that these rules shorten there."""
    text = POLICIES.format(limit=10).replace(
        "    return deny", "    while event.data_row_size == 5:\n        pass\n    return deny"
    )
    shorter = "from dataworks_ext.rehearsal import deciding\n\ndeciding.TIME_LIMIT = 0.3\n"
    (project / "rules.py").write_text(shorter + text, encoding="utf-8")
    found = report(run("rehearse", "archive", "--format", "json"))
    assert found["policies"][0]["fails"] == 1


@pytest.mark.timed
def test_an_interruption_ends_it_soon_and_leaves_nothing(project: Path) -> None:
    text = POLICIES.format(limit=10).replace("    return deny", "    __import__('time').sleep(4)\n    return deny")
    (project / "rules.py").write_text(text, encoding="utf-8")
    command = [*COMMAND, "rehearse", "archive"]
    running = subprocess.Popen(command, stderr=subprocess.DEVNULL, start_new_session=True)
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


@pytest.mark.usefixtures("project")
def test_an_archive_in_a_bucket_is_listed_rehearsed_and_compacted(s3: str, monkeypatch: pytest.MonkeyPatch) -> None:
    bucket = Bucket(s3)
    function = bucket.function(limiting(100))
    for number, size in enumerate((5, 50, 500)):
        function.handler(download(number, dataRowSize=size), bucket.context(request_id=f"1-{number}"))
    variables = {**bucket.environment(), **KEYS}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    source = variables["DATAWORKS_EXT_ARCHIVE"]
    (day,) = json.loads(run("archive", "ls", source, "--json").stdout)
    assert (day["messages"], day["events"]) == (3, {"download-resources": 3})
    first = report(run("rehearse", source, "--format", "json"))
    done = run("archive", "compact", source, "--day", day["day"], "--delete", "--json")
    (compacted,) = json.loads(done.stdout)
    assert (compacted["messages"], compacted["deleted"]) == (3, 3)
    assert bucket.keys == [f"guard/daily/v1/day={day['day']}/part-0.parquet"]
    second = report(run("rehearse", source, "--format", "json"))
    assert (first["newly_denied"], first["messages"]) == (1, 3)
    assert second == first


def test_a_day_in_a_bucket_is_read_without_a_copy(project: Path, s3: str) -> None:
    """As Spark's workers do, each of them some row groups."""
    place = FolderPlace(project / "archive")
    ((day, raw),) = days_of(place.entries()).items()
    compact_day(place, day, raw, None, delete=False)
    bucket = Bucket(s3)
    bucket.client.upload_file(str(place.path(compacted_name(day))), bucket.name, f"guard/{compacted_name(day)}")
    there = place_of(f"oss://{bucket.name}/guard", {**bucket.environment(), **KEYS})
    found = list(Day(there.open(compacted_name(day))).lines())
    assert found == list(Day(place.path(compacted_name(day))).lines())
    assert len(found) == 4
    with pytest.raises(PlaceError, match=r"nothing\.parquet cannot be read"):
        there.open("nothing.parquet")


def test_messages_are_saved_as_files_that_check_reads(project: Path) -> None:
    done = run("archive", "get", "archive", "m-1", "--output", "saved")
    assert done.stdout == "1 message in saved\n"
    assert run("check", "saved/m-1.json").exit_code == 1
    by_person = run("archive", "get", "archive", "--person", "person-3", "--day", f"{NOW:%Y-%m-%d}")
    assert (by_person.stdout, (project / "saved" / "m-3.json").exists()) == ("1 message in saved\n", True)
    assert run("archive", "get", "archive", "nobody").exit_code == 1
