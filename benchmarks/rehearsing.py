"""How fast archived messages are decided: from compacted days to a summary, on one core.

`python benchmarks/rehearsing.py [MESSAGES]` makes the days first, in a folder of its own.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from dataworks_ext.archive.consulted import Consulted
from dataworks_ext.archive.line import LineWriter
from dataworks_ext.archive.options import read_options
from dataworks_ext.context import MessageScope, Request, utc_now
from dataworks_ext.lookup import LookupFailedError
from dataworks_ext.message import read_message
from dataworks_ext.rehearsal.archived_line import read_line
from dataworks_ext.rehearsal.days import DayWriter
from dataworks_ext.rehearsal.rehearsal import plan_of, run
from dataworks_ext.rehearsal.sources import ArchivePart
from dataworks_ext.rehearsal.task import COLLECTING, Candidate, Manner, kernel_of, loaded, summary_of
from dataworks_ext.testing.canned import CannedLookups
from demo.quarter import messages
from policies import extension

ROOT: Final = Path(__file__).parent.parent
EVERY_SETTING: Final = {
    "DOWNLOADS_MAX_BYTES": "500MB",
    "DOWNLOADS_ALLOWED_NETWORKS": "198.51.100.0/24",
    "DOWNLOADS_WORKING_HOURS": "08:00-22:00",
    "DOWNLOADS_DENIED_SOURCES": "dw_excel",
    "DOWNLOADS_DENIED_DATASOURCES": "secrets",
    "UPLOADS_MAX_BYTES": "500MB",
    "UPLOADS_ALLOWED_PROJECTS": "mc_project",
    "UPLOADS_ALLOWED_SOURCES": "LOCAL",
    "FILES_FREEZE_DATES": "2026-10-01/2026-10-07",
    "FILES_DEPLOYERS": "191223248874735",
    "NODES_PROTECTED_NODES": "2,3",
    "NODES_MAX_BACKFILL_NODES": "20",
    "NODES_MAX_BACKFILL_DAYS": "30",
    "WORKSPACES_PROTECTED_WORKSPACES": "90004",
    "WORKSPACES_DELETERS": "191223248874735",
    "PERMISSIONS_MAX_VALIDITY_DAYS": "90",
}
TARGETS: Final = {"the example's defaults": 50_000, "every setting made": 25_000}


def make_days(folder: Path, count: int) -> list[ArchivePart]:
    """Compacted days with the example's decisions on an imaginary quarter."""
    extension.configure({})
    options = read_options({"DATAWORKS_EXT_ARCHIVE": "oss://the-archive"})
    assert options is not None
    writer = LineWriter(options, ("data-guard", ""), "0", {})
    runtime = SimpleNamespace(account_id="1234567890980001", region="cn-hangzhou")
    parts: list[ArchivePart] = []
    day = None
    for moment, message, snapshot in messages(count):
        name = f"{moment:%Y-%m-%d}"
        if day is None or parts[-1].day != name:
            if day is not None:
                day.finish()
            parts.append(ArchivePart(name, folder / f"{name}.parquet", "made"))
            day = DayWriter(parts[-1].path)
        lookups = Consulted(CannedLookups(snapshot or LookupFailedError("no snapshot"), {}, {}))
        scope = MessageScope(read_message(message), Request("1-abc", now=moment, lookups=lookups, runtime=runtime))
        day.add(read_line(writer.line(scope, extension.decide(scope))))
    if day is not None:
        day.finish()
    return parts


def speed(parts: list[ArchivePart], environment: Mapping[str, str]) -> tuple[float, int]:
    """Messages a second of CPU, and differences from what was decided."""
    candidate = Candidate("policies:extension", str(ROOT), environment)
    plan = plan_of(parts, lambda *_: None)
    gc.set_threshold(*COLLECTING)
    kernel = kernel_of(loaded(candidate), Manner(None, 32, 0, utc_now()))
    before = time.process_time()
    newly = done = 0
    for work in plan.works:
        summary = summary_of(kernel, work)
        newly += summary.newly_denied + summary.newly_allowed
        done += summary.messages
    assert done == plan.messages
    return done / (time.process_time() - before), newly


def main() -> None:
    """Print the speeds with their targets."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 60_000
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        parts = make_days(Path(folder), count)
        size = sum(part.path.stat().st_size for part in parts)
        print(f"{count:,} messages of {len(parts)} days: {size / 1e6:.1f} MB")
        for name, environment in {"the example's defaults": {}, "every setting made": EVERY_SETTING}.items():
            found, differences = speed(parts, environment)
            print(f"{name}: {found:,.0f} events a second and core (at least {TARGETS[name]:,}); {differences} differ")
        started = time.perf_counter()
        plan = plan_of(parts, lambda *_: None)
        candidate = Candidate("policies:extension", str(ROOT), {})
        summary = run(plan, candidate, events=None, now=0, as_of=utc_now(), jobs=2, progress=lambda *_: None)
        taken = time.perf_counter() - started
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"two processes: {summary.messages:,} messages in {taken:.1f} s; {memory:.0f} MB a worker (at most 300)")


if __name__ == "__main__":
    main()
