"""Reading archived lines out of files and objects, of whatever form, with what is damaged counted."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import PurePosixPath
from typing import BinaryIO, Final, cast

import pyarrow as pa

from ..context import in_utc
from ..events.values import read_moment
from ..message import Message, MessageError, read_messages
from .archived_line import ArchivedLine, UnreadLineError, read_line, saved_line
from .damage import Damage

LONGEST_LINE: Final = 64 * 1024 * 1024


def read_lines(name: str, content: bytes, damage: Damage) -> Iterator[ArchivedLine]:
    """The lines of a file. What cannot be read is counted, and the rest is read.

    Args:
        name: Its name, which tells the form: `.ndjson`, `.jsonl` or `.json`, with `.gz` or `.zst`.
        content: Its bytes.
        damage: Where that is counted.
    """
    plain = PurePosixPath(name.removesuffix(".gz").removesuffix(".zst"))
    stream = _opened(name, content)
    try:
        if plain.suffix == ".json":
            yield from _saved(name, stream.read(), damage)
            return
        yield from _lines(name, stream, damage)
    except (EOFError, OSError, zlib.error, pa.ArrowException):
        damage.add("a file that is damaged or ends early", name)


def _lines(name: str, stream: io.BufferedReader, damage: Damage) -> Iterator[ArchivedLine]:
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if line.isspace():
            continue
        try:
            yield read_line(line)
        except UnreadLineError as error:
            damage.add(str(error), f"{name}:{number}")


def _saved(name: str, data: bytes, damage: Damage) -> Iterator[ArchivedLine]:
    """Messages as `check` reads them."""
    try:
        messages = read_messages(data)
    except MessageError:
        damage.add("a file that holds neither archived lines nor messages", name)
        return
    for place, message in enumerate([messages] if isinstance(messages, Message) else messages):
        if isinstance(message, MessageError):
            damage.add("an element that is no message", f"{name}[{place}]")
        else:
            yield saved_line(message, _moment(message))


def _moment(message: Message) -> datetime | None:
    try:
        return in_utc(read_moment(message.envelope["time"])).astimezone(timezone.utc)
    except (KeyError, ValueError):
        return None


def _opened(name: str, content: bytes) -> io.BufferedReader:
    raw = io.BytesIO(content)
    if name.endswith(".gz"):
        return io.BufferedReader(cast("io.RawIOBase", gzip.GzipFile(fileobj=raw)))
    if name.endswith(".zst"):
        return io.BufferedReader(cast("io.RawIOBase", pa.CompressedInputStream(pa.BufferReader(content), "zstd")))
    return io.BufferedReader(cast("io.RawIOBase", cast("BinaryIO", raw)))
