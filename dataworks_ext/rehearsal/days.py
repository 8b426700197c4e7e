"""Compacted days: the lines of a day as Parquet, each message once, in the order of time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Final, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from .archived_line import ArchivedLine

GROUP: Final = 50_000
"""Rows of a row group."""
BATCH: Final = 2_000
"""Rows that are Python objects at a time."""
DAY_SCHEMA: Final = 1
_REPEATED: Final = ("event_code", "account_id", "region", "decision", "left_out", "code", "settings")
"""Columns with few values, which are read once for each value."""
SCHEMA: Final = pa.schema(
    [
        pa.field("key", pa.int64(), nullable=False),
        pa.field("time", pa.timestamp("us", tz="UTC")),
        pa.field("request_id", pa.string()),
        pa.field("account_id", pa.string()),
        pa.field("region", pa.string()),
        pa.field("message_id", pa.string()),
        pa.field("event_code", pa.string()),
        pa.field("message", pa.string(), nullable=False),
        pa.field("decision", pa.string()),
        pa.field("consulted", pa.string()),
        pa.field("left_out", pa.string()),
        pa.field("code", pa.string()),
        pa.field("settings", pa.string()),
    ],
    metadata={"dataworks_ext_schema": str(DAY_SCHEMA)},
)


class DayFileError(Exception):
    """A Parquet file that is no compacted day. The text says why."""


class Batch(NamedTuple):
    """Rows of a day, as columns."""

    first: int
    """The number of its first row in the row group."""
    columns: dict[str, list[Any]]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values())))


class DayWriter:
    """Writes one compacted day; the file is there when it is whole.

    Args:
        path: Where it will be.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._part = path.with_name(f".{path.name}.{os.getpid()}.part")
        self._rows: list[ArchivedLine] = []
        self._keys: set[int] = set()
        self._writer = pq.ParquetWriter(
            self._part, SCHEMA, compression="zstd", use_dictionary=list(_REPEATED), write_statistics=["key", "time"]
        )
        self.count = 0
        """How many messages it has."""
        self.duplicates = 0

    def add(self, line: ArchivedLine) -> None:
        """Add a line, unless its message is there already."""
        if line.key in self._keys:
            self.duplicates += 1
            return
        self._keys.add(line.key)
        self._rows.append(line)
        self.count += 1
        if len(self._rows) == GROUP:
            self.flush()

    @property
    def waiting(self) -> int:
        """How many rows are in memory."""
        return len(self._rows)

    def finish(self, notes: Mapping[str, str] = MappingProxyType({})) -> None:
        """Let the file be there, with notes beside its rows."""
        self.flush()
        self._writer.add_key_value_metadata(dict(notes))
        self._writer.close()
        os.replace(self._part, self._path)

    def abandon(self) -> None:
        """Leave nothing behind."""
        self._writer.close()
        self._part.unlink(missing_ok=True)

    def flush(self) -> None:
        """Write what is in memory as a row group."""
        if self._rows:
            columns = zip(*self._rows, strict=True)
            arrays = [pa.array(column, field.type) for column, field in zip(columns, SCHEMA, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=SCHEMA), row_group_size=GROUP)
            self._rows = []


class Day:
    """A compacted day. Raises `DayFileError` if the file is none.

    Args:
        file: The file, or an open one of another machine.
    """

    def __init__(self, file: Path | BinaryIO) -> None:
        try:
            is_here = isinstance(file, Path)
            self._file = pq.ParquetFile(
                file, read_dictionary=list(_REPEATED), memory_map=is_here, pre_buffer=not is_here
            )
        except (pa.ArrowException, OSError) as error:
            raise DayFileError(f"{type(error).__name__}: it is no Parquet file, or it is damaged") from None
        written = (self._file.schema_arrow.metadata or {}).get(b"dataworks_ext_schema")
        if written is None or not written.isdigit():
            raise DayFileError("it is a Parquet file, but no compacted day")
        if int(written) > DAY_SCHEMA:
            raise DayFileError(f"its schema is {int(written)}, which this version does not know")

    @property
    def notes(self) -> dict[str, str]:
        """What was noted beside its rows."""
        found = self._file.metadata.metadata or {}
        return {key.decode(): value.decode(errors="replace") for key, value in found.items()}

    @property
    def group_sizes(self) -> list[int]:
        """The rows of each row group."""
        metadata = self._file.metadata
        return [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]

    def group_keys(self) -> Iterator[pa.ChunkedArray]:
        """The keys of each row group."""
        for number in range(self._file.metadata.num_row_groups):
            yield self._file.read_row_group(number, columns=["key"]).column("key")

    def batches(self, group: int, columns: Sequence[str]) -> Iterator[Batch]:
        """The rows of a row group. A column with few values shares its objects."""
        first = 0
        for batch in self._file.iter_batches(BATCH, row_groups=[group], columns=list(columns), use_threads=False):
            yield Batch(first, {name: _values(batch.column(name)) for name in columns})
            first += batch.num_rows

    def lines(self) -> Iterator[ArchivedLine]:
        """All rows."""
        for number in range(self._file.metadata.num_row_groups):
            for batch in self.batches(number, SCHEMA.names):
                for row in zip(*batch.columns.values(), strict=True):
                    yield ArchivedLine._make(row)


def _values(column: Any) -> list[Any]:
    """The values of a column as Python objects. pyarrow's `to_pylist` makes one for each, twenty times as slowly."""
    if pa.types.is_dictionary(column.type):
        return _shared(column.dictionary.to_pylist(), column.indices)
    if pa.types.is_integer(column.type) or pa.types.is_timestamp(column.type):
        return _numbers(column.cast(pa.int64()))
    values: list[str | None] = column.to_pylist()
    return values


def _shared(values: list[str], indices: Any) -> list[str | None]:
    """The values that the indices stand for: one object for equal ones."""
    count = len(indices)
    if indices.null_count == count:
        return [None] * count
    if len(values) == 1 and not indices.null_count:  # such as the account, or the version of the code
        return [values[0]] * count
    return [None if index is None else values[index] for index in _numbers(indices.cast(pa.int64()))]


def _numbers(column: Any) -> list[Any]:
    """The numbers of a column of 64 bits, straight from its memory if none is missing."""
    if column.null_count:
        values: list[int | None] = column.to_pylist()
        return values
    return memoryview(column.buffers()[1]).cast("q")[column.offset : column.offset + len(column)].tolist()
