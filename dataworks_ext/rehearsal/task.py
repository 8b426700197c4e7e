"""What a worker process does: it loads an extension once, and decides the row groups that it is given."""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Thread
from typing import Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from ..archive.digests import code_digest, settings_digests
from ..context import utc_now
from ..errors import ExtensionError
from ..extension import Extension
from ..loading import load_extension
from ..modes import MODES_VARIABLE
from ..settings import EXEMPTIONS_VARIABLE, LANGUAGE_VARIABLE, variable_of
from .days import Day
from .kernel import COLUMNS, Kernel
from .places import BUCKET, place_of
from .summary import Summary

Events = frozenset[str] | None
COLLECTING: Final = (100_000, 50, 1_000)
"""When a worker collects garbage: what a message makes holds no circles, but for an exception now and then."""
_FRAMEWORK: Final = __name__.partition(".")[0]


class Candidate(NamedTuple):
    """An extension as it is to be rehearsed."""

    app: str
    """`module:attribute`."""
    folder: str
    """Where it is looked for."""
    environment: Mapping[str, str]
    """Its settings and modes."""


class Work(NamedTuple):
    """A row group to decide."""

    path: str
    """A file of this machine, or `oss://bucket/prefix#name`."""
    group: int
    rows: int
    skipped: frozenset[int]
    """The numbers of rows that are duplicates."""
    baseline: str | None
    """The file of another version's decisions, in the same row groups."""


class Manner(NamedTuple):
    """How all of them are decided."""

    events: Events
    sample: int
    now: int
    """When a message came that does not say it: microseconds since 1970."""
    as_of: datetime
    """When exemptions are judged."""


class Identity(NamedTuple):
    """What tells one version of an extension from another, and what is wrong with it."""

    name: str
    version: str
    code: str
    settings: Mapping[str, str]
    """Digests by pack."""
    modes: Mapping[str, str]
    """The mode of each policy."""
    sources: Mapping[str, tuple[str, int]]
    """The file and line of each policy."""
    owners: Mapping[str, str]
    """The owner of each policy that has one."""
    problems: tuple[str, ...]
    variables: tuple[str, ...]
    """The variables of the environment that it reads."""
    modules: tuple[str, ...]
    """The top-level packages and modules of the folder that it consists of."""


_kernel: Kernel | None = None


def loaded(candidate: Candidate) -> Extension:
    """The extension, configured. Raises what its module raises."""
    if candidate.folder not in sys.path:
        sys.path.insert(0, candidate.folder)
    extension = load_extension(candidate.app)
    extension.configure(candidate.environment)
    return extension


def begin(candidate: Candidate, manner: Manner) -> None:
    """What a worker does first. Ctrl-C is its parent's to handle."""
    global _kernel
    gc.set_threshold(*COLLECTING)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    devnull = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    sys.stdout = devnull  # what a policy prints is no part of the report
    os.chdir(candidate.folder)
    Thread(target=_end_with_parent, daemon=True).start()
    _kernel = kernel_of(loaded(candidate), manner)


def _end_with_parent() -> None:
    """A parent that is killed ends nobody."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def kernel_of(extension: Extension, manner: Manner) -> Kernel:
    """The kernel of an extension."""
    return Kernel(extension, events=manner.events, sample=manner.sample, now=manner.now, as_of=manner.as_of)


def rehearse(work: Work, before: Sequence[str | None] | None = None) -> Summary:
    """Decide a row group, and count.

    Args:
        work: The row group.
        before: What another version decided, by row, if no file has it.
    """
    assert _kernel is not None
    return summary_of(_kernel, work, before)


def summary_of(kernel: Kernel, work: Work, before: Sequence[str | None] | None = None) -> Summary:
    """What a kernel counts of a row group."""
    summary = Summary()
    if work.baseline is not None:
        before = _kept(work.baseline, work.group)
    for batch in opened(work.path).batches(work.group, COLUMNS):
        part = None if before is None else before[batch.first : batch.first + len(batch)]
        summary.merge(kernel.rehearse(batch, work.skipped, part))
    return summary


def decide(work: Work) -> list[str | None]:
    """What this version decides, by row."""
    assert _kernel is not None
    found: list[str | None] = []
    for batch in opened(work.path).batches(work.group, COLUMNS):
        found.extend(_kernel.verdicts(batch, work.skipped))
    return found


def opened(path: str) -> Day:
    """The compacted day of a piece of work. Raises `DayFileError`, `PlaceError`."""
    if not path.startswith(BUCKET):
        return Day(Path(path))
    source, _, name = path.partition("#")
    return Day(place_of(source).open(name))


def identify(candidate: Candidate) -> Identity | str:
    """What the extension is; a sentence if it cannot be loaded. For a process of its own."""
    try:
        os.chdir(candidate.folder)
        return identity_of(loaded(candidate), candidate.folder)
    except ExtensionError as error:
        return str(error)
    except BaseException as error:
        return f"{candidate.app} cannot be imported: {type(error).__name__}: {error}"


def identify_loaded() -> Identity:
    """What this worker has loaded."""
    assert _kernel is not None
    return identity_of(_kernel.extension, os.getcwd())


def identity_of(extension: Extension, folder: str) -> Identity:
    """What tells this version of the extension from another."""
    configuration = extension.configuration
    return Identity(
        extension.name,
        extension.version,
        code_digest(extension),
        settings_digests(extension),
        {policy.id: configuration.modes.of(policy.id, utc_now(), None).mode for policy in extension.policies},
        {policy.id: _source(policy.function, folder) for policy in extension.policies},
        {policy.id: owner for policy in extension.policies if (owner := policy.owner)},
        configuration.problems,
        _variables(extension),
        _modules(Path(folder)),
    )


def write_kept(path: Path, groups: list[list[str | None]]) -> None:
    """Keep what another version decided, in the row groups of the day."""
    schema = pa.schema([pa.field("decision", pa.string())])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for group in groups:
            writer.write_table(pa.table([pa.array(group, pa.string())], schema=schema), row_group_size=len(group) or 1)


def _kept(path: str, group: int) -> list[str | None]:
    column = pq.ParquetFile(path).read_row_group(group, columns=["decision"]).column("decision")
    values: list[str | None] = column.to_pylist()
    return values


def _variables(extension: Extension) -> tuple[str, ...]:
    settings = (
        variable_of(pack.name, field)
        for pack in (*extension.packs, extension)
        for field in pack.settings_class.model_fields
    )
    return (MODES_VARIABLE, EXEMPTIONS_VARIABLE, LANGUAGE_VARIABLE, *settings)


def _modules(folder: Path) -> tuple[str, ...]:
    """What is loaded from the folder itself: not from an environment in it, and not the framework."""
    found = set()
    for name, module in tuple(sys.modules.items()):
        top = name.partition(".")[0]
        file = getattr(module, "__file__", None)
        if file is not None and top not in found and top not in (_FRAMEWORK, "__main__", "__mp_main__"):
            path = Path(file)
            if path == folder / f"{top}.py" or folder / top in path.parents:
                found.add(top)
    return tuple(sorted(found))


def _source(function: object, folder: str) -> tuple[str, int]:
    """Where a policy is written, as it is called from the folder."""
    code = getattr(getattr(function, "__wrapped__", function), "__code__", None)
    if code is None:
        return "", 0
    file = Path(code.co_filename)
    shown = file.relative_to(folder).as_posix() if file.is_relative_to(folder) else file.name
    return shown, code.co_firstlineno
