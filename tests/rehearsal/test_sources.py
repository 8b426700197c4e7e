"""Where archived lines come from, and what is damaged there."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from dataworks_ext.rehearsal.archived_line import read_line
from dataworks_ext.rehearsal.cache import Cache
from dataworks_ext.rehearsal.compaction import compact_day, days_of
from dataworks_ext.rehearsal.days import Day, DayFileError, DayWriter
from dataworks_ext.rehearsal.places import FolderPlace, PlaceError, place_of
from dataworks_ext.rehearsal.rehearsal import plan_of
from dataworks_ext.rehearsal.sources import compacted_name, open_sources, since_of

from .archives import NOW, Archive, quiet, rehearsed
from .test_kernel import download, limiting

DAY = f"{NOW:%Y-%m-%d}"


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "archive", limiting())


def line(archive: Archive, number: int, **changes: Any) -> bytes:
    """A line that is archived nowhere else."""
    found = archive.receive(download(number, **changes))
    for path in archive.folder.rglob("*.gz"):
        path.unlink()
    return json.dumps(found).encode() + b"\n"


@pytest.mark.parametrize("suffix", [".ndjson", ".ndjson.gz", ".ndjson.zst", ".jsonl"])
def test_lines_are_read_in_every_form(archive: Archive, tmp_path: Path, suffix: str) -> None:
    content = line(archive, 1, dataRowSize=50) + b"\n" + line(archive, 2)
    written = {
        ".ndjson.gz": gzip.compress(content),
        ".ndjson.zst": pa.Codec("zstd").compress(content, asbytes=True),
    }.get(suffix, content)
    (tmp_path / f"lines{suffix}").write_bytes(written)
    report = rehearsed(tmp_path / f"lines{suffix}", limiting(), tmp_path / "cache")
    assert (report["messages"], report["denied"], report["unread"], report["newly_denied"]) == (2, 1, 0, 0)


def test_saved_messages_are_decided_and_not_compared(tmp_path: Path) -> None:
    (tmp_path / "one.json").write_bytes(download(1, dataRowSize=50))
    (tmp_path / "two.json").write_bytes(b"[" + download(2) + b"," + download(3) + b"]")
    report = rehearsed(tmp_path, limiting(), tmp_path / "cache")
    assert (report["messages"], report["denied"], report["newly_denied"], report["not_compared"]) == (3, 1, 0, 3)


DAMAGE = {
    "a line that is no JSON": b"{]\n",
    "a line that is no object": b"[1]\n",
    "an object that is no archived line": b'{"kind": "message"}\n',
    "a line of a schema that this version does not know": b'{"schema": 9, "message": {}, "decision": {}}\n',
    "a line whose message cannot be read": b'{"schema": 1, "message": {}, "decision": {}}\n',
}


@pytest.mark.parametrize("cause", DAMAGE)
def test_a_damaged_line_is_counted_and_named_and_the_others_are_read(
    archive: Archive, tmp_path: Path, cause: str
) -> None:
    good = line(archive, 1), line(archive, 2)
    archive.put([good[0], DAMAGE[cause], good[1]])
    report = rehearsed(archive.folder, limiting(), tmp_path / "cache")
    assert (report["messages"], report["unread"]) == (2, 1)
    (found,) = report["unread_causes"]
    assert (found["cause"], found["first"].rpartition(":")[2]) == (cause, "2")


def test_every_decision_that_cannot_be_read_is_counted(archive: Archive, tmp_path: Path) -> None:
    """However many messages share its text, and whichever process sees them."""
    writer = DayWriter(tmp_path / "days" / compacted_name(DAY))
    for number in range(3):
        writer.add(read_line(line(archive, number))._replace(decision="{"))
    writer.finish()
    report = rehearsed(tmp_path / "days", limiting(), tmp_path / "cache")
    assert (report["messages"], report["not_compared"], report["unread"]) == (3, 3, 3)


def test_a_truncated_object_is_counted_and_what_is_before_is_read(archive: Archive, tmp_path: Path) -> None:
    lines = [line(archive, number, sqlText=os.urandom(3_000).hex()) for number in range(20)]
    path = archive.put(lines)
    path.write_bytes(path.read_bytes()[:-2_000])
    report = rehearsed(archive.folder, limiting(), tmp_path / "cache")
    assert 10 < report["messages"] < 20
    assert "a file that is damaged or ends early" in {found["cause"] for found in report["unread_causes"]}


def test_an_empty_object_and_an_empty_day_do_no_harm(archive: Archive, tmp_path: Path) -> None:
    archive.put([])
    DayWriter(archive.folder / compacted_name("2026-11-20")).finish()
    archive.receive(download())
    assert rehearsed(archive.folder, limiting(), tmp_path / "cache")["messages"] == 1


def test_unknown_codes_are_counted_without_a_list_of_them(archive: Archive, tmp_path: Path) -> None:
    archive.put(line(archive, number).replace(b"download-resources", b"code-%d" % number) for number in range(500))
    report = rehearsed(archive.folder, limiting(), tmp_path / "cache")
    assert (report["messages"], report["unread"], len(report["unread_causes"])) == (0, 500, 1)


def test_a_file_that_is_no_compacted_day_is_counted(archive: Archive, tmp_path: Path) -> None:
    archive.receive(download())
    (archive.folder / "other.parquet").write_bytes(b"PAR1")
    report = rehearsed(archive.folder, limiting(), tmp_path / "cache")
    assert (report["messages"], report["unread"]) == (1, 1)


def test_what_is_not_there_is_an_error_that_says_what_to_name(tmp_path: Path) -> None:
    with pytest.raises(PlaceError, match="name oss://bucket/prefix, a folder, or a file"):
        place_of(str(tmp_path / "nothing"))
    with pytest.raises(PlaceError, match="holds no archived lines"):
        open_sources([FolderPlace(tmp_path)], Cache({"DATAWORKS_EXT_CACHE": str(tmp_path / "cache")}))


def test_the_last_days_are_counted_in_days() -> None:
    assert since_of("90d", NOW.date()) == "2026-08-23"
    with pytest.raises(PlaceError, match="such as 90d"):
        since_of("3 months")


# The cache, and compaction


def opened(archive: Archive, tmp_path: Path) -> int:
    cache = Cache({"DATAWORKS_EXT_CACHE": str(tmp_path / "cache")})
    return plan_of(open_sources([FolderPlace(archive.folder)], cache).parts, quiet).messages


def test_raw_days_are_kept_and_read_again_when_they_grow(archive: Archive, tmp_path: Path) -> None:
    archive.receive(download(1))
    assert opened(archive, tmp_path) == 1
    kept = {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.parquet")}
    assert opened(archive, tmp_path) == 1
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "cache").rglob("*.parquet")} == kept
    archive.receive(download(2))
    assert opened(archive, tmp_path) == 2


def compact(archive: Archive, *, delete: bool = False) -> Any:
    place = FolderPlace(archive.folder)
    entries = place.entries()
    before = next((entry for entry in entries if entry.name == compacted_name(DAY)), None)
    return compact_day(place, DAY, days_of(entries).get(DAY, []), before, delete=delete)


def test_compacting_keeps_raw_objects_and_is_safe_to_repeat(archive: Archive, tmp_path: Path) -> None:
    for number in range(3):
        archive.receive(download(number, dataRowSize=50))
    assert (compact(archive).messages, compact(archive).written) == (3, False)
    assert len(list(archive.folder.rglob("*.gz"))) == 3
    report = rehearsed(archive.folder, limiting(), tmp_path / "cache")
    assert (report["messages"], report["duplicates"]) == (3, 0)


def test_what_came_after_compacting_is_read_beside_it_and_compacted_with_it(archive: Archive, tmp_path: Path) -> None:
    archive.receive(download(1))
    compact(archive)
    archive.receive(download(2))
    assert rehearsed(archive.folder, limiting(), tmp_path / "cache")["messages"] == 2
    assert compact(archive, delete=True).messages == 2
    assert list(archive.folder.rglob("*.gz")) == []
    assert rehearsed(archive.folder, limiting(), tmp_path / "cache")["messages"] == 2


def test_a_day_whose_raw_objects_are_gone_keeps_its_lines_when_others_come(archive: Archive) -> None:
    archive.receive(download(1))
    compact(archive, delete=True)
    archive.receive(download(2))
    assert compact(archive, delete=True).messages == 2


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_an_interrupted_compaction_leaves_no_half_file_and_deletes_nothing(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    archive.receive(download(1))

    def fail(*_: object) -> None:
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(DayWriter, "flush", fail)
        with pytest.raises(type(error)):
            compact(archive, delete=True)
    assert [path.suffix for path in archive.folder.rglob("*") if path.is_file()] == [".gz"]
    assert compact(archive, delete=True).messages == 1


def test_an_interrupted_rehearsal_leaves_nothing_in_the_cache(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive.receive(download(1))

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(DayWriter, "finish", fail)
        with pytest.raises(KeyboardInterrupt):
            opened(archive, tmp_path)
    assert list((tmp_path / "cache").iterdir()) == []
    assert opened(archive, tmp_path) == 1


def test_half_a_parquet_file_is_no_day(archive: Archive, tmp_path: Path) -> None:
    archive.receive(download(1))
    compact(archive)
    path = archive.folder / compacted_name(DAY)
    half = tmp_path / "half.parquet"
    half.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(DayFileError):
        Day(half)
