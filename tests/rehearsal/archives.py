"""Archives on this machine, of functions that run here, and rehearsals of them in this process."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from dataworks_ext import Extension
from dataworks_ext.archive.consulted import Consulted
from dataworks_ext.archive.digests import settings_digests
from dataworks_ext.archive.line import LineWriter
from dataworks_ext.archive.options import read_options
from dataworks_ext.context import MessageScope, Request
from dataworks_ext.lookup import Lookups
from dataworks_ext.message import read_message
from dataworks_ext.rehearsal.cache import Cache
from dataworks_ext.rehearsal.days import Day
from dataworks_ext.rehearsal.kernel import COLUMNS, Kernel
from dataworks_ext.rehearsal.places import place_of
from dataworks_ext.rehearsal.rehearsal import plan_of
from dataworks_ext.rehearsal.report import Circumstances, Report, report_of
from dataworks_ext.rehearsal.sources import open_sources
from dataworks_ext.rehearsal.summary import Summary
from dataworks_ext.rehearsal.task import identity_of

NOW: Final = datetime(2026, 11, 21, 2, 30, tzinfo=timezone.utc)
RUNTIME: Final = SimpleNamespace(account_id="1234567890980001", region="cn-hangzhou")


class Archive:
    """A folder that a function archives into.

    Args:
        folder: The folder.
        extension: What decides.
        variables: Of the archive, such as `DATAWORKS_EXT_ARCHIVE_WITHOUT`.
    """

    def __init__(self, folder: Path, extension: Extension, **variables: str) -> None:
        self.folder = folder
        self._extension = extension
        options = read_options({"DATAWORKS_EXT_ARCHIVE": "oss://bucket", **variables})
        assert options is not None
        digests = settings_digests(extension)
        self._writer = LineWriter(options, (extension.name, extension.version), "0", digests)
        self._count = 0

    def receive(self, message: bytes, lookups: Lookups | None = None, now: datetime = NOW) -> dict[str, Any]:
        """Decide a message and archive it. Returns the line."""
        source = None if lookups is None else Consulted(lookups)
        request = Request(f"1-{self._count}", now=now, lookups=source, runtime=RUNTIME, deployed=True)
        scope = MessageScope(read_message(message), request)
        line = self._writer.line(scope, self._extension.decide(scope))
        self.put([line], now)
        found: dict[str, Any] = json.loads(line)
        return found

    def put(self, lines: Iterable[bytes], now: datetime = NOW) -> Path:
        """Put an object with these lines."""
        self._count += 1
        name = f"{now:%Y%m%dT%H%M%S}.{now.microsecond:06}Z-{self._count:06}.ndjson.gz"
        path = self.folder / "raw" / "v1" / f"day={now:%Y-%m-%d}" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(b"".join(lines), 1))
        return path


def rehearsed(
    source: Path | str,
    extension: Extension,
    cache: Path,
    *,
    environment: Mapping[str, str] | None = None,
    now: datetime = NOW,
) -> Report:
    """The report of a rehearsal in this process, compared with what was decided then."""
    extension.configure(environment or {})
    opened = open_sources([place_of(str(source))], Cache({"DATAWORKS_EXT_CACHE": str(cache)}))
    plan = plan_of(opened.parts, quiet)
    kernel = Kernel(extension, events=None, sample=1, now=int(now.timestamp() * 10**6), as_of=now)
    summary = Summary()
    for work in plan.works:
        for batch in Day(Path(work.path)).batches(work.group, COLUMNS):
            summary.merge(kernel.rehearse(batch, work.skipped, None))
    summary.damage.merge(opened.damage)
    identity = identity_of(extension, str(source))
    return report_of(summary, Circumstances(str(source), "recorded", identity, plan.duplicates, now))


def policy_of(report: Report, policy: str) -> dict[str, Any]:
    """What a policy did."""
    return next(dict(found) for found in report["policies"] if found["policy"] == policy)


def quiet(what: str, done: int, total: int) -> None:
    """Show nothing of how far it is."""
