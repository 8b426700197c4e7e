"""What Spark costs beside one machine: `python benchmarks/on_spark.py [MESSAGES…]`, 100,000 and 1,000,000 by default.

Both decide the same compacted days with two processes. Seconds of CPU are those of all processes, Java's included, so
they mean something on a busy machine as well. The session is counted for itself.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Final

import psutil
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from dataworks_ext.cli._counting import Asked, Counted, count_here, count_with
from dataworks_ext.rehearsal.days import GROUP, SCHEMA
from dataworks_ext.rehearsal.report import Circumstances, report_of
from dataworks_ext.rehearsal.sources import compacted_name
from dataworks_ext.rehearsal.spark_session import spark_context
from dataworks_ext.rehearsal.task import Candidate
from dataworks_ext.rehearsal.workers import identify_in_process
from rehearsing import ROOT, make_days

DECIDED: Final = 20_000
"""Messages that are decided; an archive repeats them under other keys."""
AS_OF: Final = datetime(2026, 11, 21, tzinfo=timezone.utc)
STRICTER: Final = {"DOWNLOADS_MAX_ROWS": "400000"}


class Meter:
    """Adds up the time and the CPU of this process and all that it starts."""

    def __init__(self) -> None:
        self._used: dict[int, float] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()

    def _sample(self) -> None:
        while not self._stop.wait(0.1):
            self._look()

    def _look(self) -> None:
        me = psutil.Process()
        for process in (me, *me.children(recursive=True)):
            try:
                spent = process.cpu_times()
            except psutil.Error:
                continue
            self._used[process.pid] = spent.user + spent.system

    @contextmanager
    def measured(self, name: str) -> Iterator[list[float]]:
        """Give seconds and seconds of CPU at the end of the block."""
        self._look()
        before, started = sum(self._used.values()), time.perf_counter()
        found: list[float] = []
        yield found
        self._look()
        found += [time.perf_counter() - started, sum(self._used.values()) - before]
        print(f"  {name}: {found[0]:.1f} s, {found[1]:.1f} s of CPU", flush=True)


def write_archive(folder: Path, source: list[Path], copies: int) -> float:
    """Write the days with other keys so often. Returns megabytes."""
    for path in source:
        table = pq.read_table(path, schema=SCHEMA)
        target = folder / compacted_name(path.stem)
        target.parent.mkdir(parents=True)
        with pq.ParquetWriter(target, SCHEMA, compression="zstd") as writer:
            for first in range(0, copies, max(GROUP // table.num_rows, 1)):
                keys = table.column("key")
                some = [
                    table.set_column(0, SCHEMA.field("key"), pc.bit_wise_xor(keys, pa.scalar(copy << 40, pa.int64())))
                    for copy in range(first, min(first + max(GROUP // table.num_rows, 1), copies))
                ]
                writer.write_table(pa.concat_tables(some).combine_chunks(), row_group_size=GROUP)
    return sum(path.stat().st_size for path in folder.rglob("*.parquet")) / 1e6


def main() -> None:
    """Print the times, and what Spark takes of one machine's."""
    sizes = [int(size) for size in sys.argv[1:]] or [100_000, 1_000_000]
    os.chdir(ROOT)
    candidate = Candidate("policies:extension", str(ROOT), STRICTER)
    identity = identify_in_process(candidate)
    meter = Meter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["DATAWORKS_EXT_CACHE"] = str(folder / "cache")
        source = [part.path for part in make_days(folder / "source", DECIDED)]
        with meter.measured("session"):
            session = spark_context("local[2]")
            context = session.__enter__()
        try:
            for size in sizes:
                archive = folder / f"{size}"
                megabytes = write_archive(archive, source, size // DECIDED)
                asked = Asked([str(archive)], candidate, identity, "recorded", None, None, AS_OF)
                print(f"{size:,} messages, {megabytes:.0f} MB:")
                with meter.measured("one machine") as here:
                    one = count_here(asked, 2, lambda *_: None)
                with meter.measured("Spark") as there:
                    other = count_with(context, asked, lambda *_: None)
                assert report(asked, one) == report(asked, other)
                assert one.summary.messages == size
                print(
                    f"  Spark takes {there[0] / here[0]:.2f} of the time, {there[1] / here[1]:.2f} of the CPU",
                    flush=True,
                )
        finally:
            session.__exit__(None, None, None)


def report(asked: Asked, counted: Counted) -> object:
    """All fields of the report."""
    circumstances = Circumstances("archive", asked.against, asked.identity, counted.duplicates, AS_OF)
    return report_of(counted.summary, circumstances)


if __name__ == "__main__":
    main()
