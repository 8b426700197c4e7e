"""A project with two versions of its rules, and an archive of the older one that has seen better days."""

from __future__ import annotations

import gzip
import subprocess
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataworks_ext import Extension
from dataworks_ext.archive.consulted import Consulted
from dataworks_ext.archive.line import LineWriter
from dataworks_ext.archive.options import read_options
from dataworks_ext.context import MessageScope, Request
from dataworks_ext.lookup import LookupFailedError
from dataworks_ext.message import read_message
from dataworks_ext.rehearsal.archived_line import read_line
from dataworks_ext.rehearsal.days import GROUP, SCHEMA, DayWriter
from dataworks_ext.rehearsal.sources import compacted_name
from dataworks_ext.testing.canned import CannedLookups
from demo.quarter import Sent, messages

OLDER: Final = '''\
"""Rules of an imaginary platform."""

from dataworks_ext import Extension, PolicyContext, deny
from dataworks_ext.events import CommitFile, DeployFile, DownloadResources

extension = Extension("guard")


@extension.policy(DownloadResources, owner="data-office")
def row_limit(event: DownloadResources):
    return deny(f"{event.data_row_size} rows") if event.data_row_size > 50_000 else None


@extension.policy(DownloadResources)
def narrow(event: DownloadResources):
    return deny("many columns") if (event.sql_text or "").count(",") > 20 else None


@extension.policy(DeployFile)
def fixed_partition(event: DeployFile, context: PolicyContext):
    return deny("max_pt") if "max_pt" in str(context.snapshot) else None
'''
NEWER: Final = (
    OLDER.replace("50_000", "20_000")
    + """

@extension.policy(CommitFile)
def fixed_partition_early(event: CommitFile, context: PolicyContext):
    return deny("max_pt") if "max_pt" in str(context.snapshot) else None
"""
)
_RAW_DAYS: Final = 3
"""The last days, which nobody has compacted."""


def write_project(folder: Path) -> None:
    """A repository whose last commit has the older rules, and whose working tree has the newer ones."""
    folder.mkdir(parents=True)
    rules = folder / "rules.py"
    rules.write_text(OLDER, encoding="utf-8")
    who = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    for arguments in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "-m", "Older rules"]):
        subprocess.run(["git", "-C", str(folder), *arguments], check=True)
    rules.write_text(NEWER, encoding="utf-8")


def write_archive(folder: Path, count: int, copies: int = 1, days: int | None = None) -> None:
    """Archive what the older rules decide on a quarter: with fields that were left out, repetitions and damage.

    Args:
        folder: Where it goes.
        count: How many messages are decided.
        copies: How often each of them is archived, under a key of its own each time.
        days: How many days are archived; all of the quarter if not given.
    """
    found = {day: list(lines) for day, lines in groupby(_lines(count), key=lambda one: f"{one[0].moment:%Y-%m-%d}")}
    names = sorted(found)[:days]
    for number, day in enumerate(names):
        lines = [line for _, line in found[day]]
        again = [line for _, line in found[names[number - 1]][:7]] if number else []
        if number < len(names) - _RAW_DAYS:
            _write_day(folder / compacted_name(day), [*lines, *_as_of(again, day), lines[0]], copies)
            _write_raw(folder, day, [lines[0], b"{]\n", lines[-1].replace(b"-resources", b"-nothing")])
        else:
            for part in range(0, len(lines), 20):
                _write_raw(folder, day, [*lines[part : part + 20], *_as_of(again, day)])
    _write_raw(folder, names[-1], lines[:9])
    broken = _write_raw(folder, names[-1], [line.replace(b'"message', b'"massage') for line in lines])
    broken.write_bytes(broken.read_bytes()[:-30])
    (folder / compacted_name(names[0])).with_name("part-1.parquet").write_bytes(b"PAR1")


def _lines(count: int) -> Iterator[tuple[Sent, bytes]]:
    module = ModuleType("rules")
    exec(OLDER, module.__dict__)
    extension: Extension = module.__dict__["extension"]
    extension.configure({})
    writers = []
    for without in ("", "sqlText"):
        options = read_options({"DATAWORKS_EXT_ARCHIVE": "oss://bucket", "DATAWORKS_EXT_ARCHIVE_WITHOUT": without})
        assert options is not None
        writers.append(LineWriter(options, ("guard", ""), "0", {}))
    runtime = SimpleNamespace(account_id="1234567890980001", region="cn-hangzhou")
    for number, sent in enumerate(messages(count)):
        lookups = Consulted(CannedLookups(sent.snapshot or LookupFailedError("no snapshot"), {}, {}))
        request = Request(f"1-{number}", now=sent.moment, lookups=lookups, runtime=runtime)
        scope = MessageScope(read_message(sent.message), request)
        yield sent, writers[number % 10 == 0].line(scope, extension.decide(scope))


def _as_of(lines: list[bytes], day: str) -> list[bytes]:
    """The lines as they came again on another day."""
    return [line[: line.index(b'"time":"') + 8] + day.encode() + line[line.index(b'"time":"') + 18 :] for line in lines]


def _write_day(path: Path, lines: list[bytes], copies: int) -> None:
    writer = DayWriter(path)
    for number, line in enumerate(map(read_line, lines)):
        writer.add(line._replace(decision="{") if number % 500 == 3 else line)
    writer.finish()
    if copies > 1:
        _multiply(path, copies)


def _multiply(path: Path, copies: int) -> None:
    """Give the rows of a day company with other keys."""
    table = pq.read_table(path, schema=SCHEMA)
    with pq.ParquetWriter(path, SCHEMA, compression="zstd") as writer:
        for copy in range(copies):
            keys = pc.bit_wise_xor(table.column("key"), pa.scalar(copy << 40, pa.int64()))
            writer.write_table(table.set_column(0, SCHEMA.field("key"), keys), row_group_size=GROUP)


def _write_raw(folder: Path, day: str, lines: list[bytes]) -> Path:
    path = folder / "raw" / "v1" / f"day={day}"
    path.mkdir(parents=True, exist_ok=True)
    path /= f"{len(list(path.iterdir())):04}.ndjson.gz"
    path.write_bytes(gzip.compress(b"".join(lines), 1))
    return path
