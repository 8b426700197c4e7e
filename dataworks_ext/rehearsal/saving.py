"""Archived messages as files: for `check`, and as cases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from ..errors import ExtensionError
from ..message import parse_json
from .archived_line import ArchivedLine
from .days import Day
from .report import SHANGHAI
from .sources import ArchivePart

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=timezone.utc)


class NotFoundError(ExtensionError):
    """No archived message has the id."""


def find_line(parts: tuple[ArchivePart, ...], message_id: str) -> ArchivedLine:
    """The archived line of a message. Raises `NotFoundError`."""
    for line in _lines(parts):
        if line.message_id == message_id:
            return line
    raise NotFoundError(f"no archived message has the id {message_id}")


def file_name(line: ArchivedLine) -> str:
    """A name for the file of a message, without its suffix."""
    return re.sub(r"[^\w-]+", "-", line.message_id or f"{line.key & 0xFFFFFFFFFFFFFFFF:016x}").strip("-")


def message_json(line: ArchivedLine) -> str:
    """The message as `check` reads it."""
    return json.dumps(parse_json(line.message), indent=2, ensure_ascii=False) + "\n"


def snapshot_json(line: ArchivedLine) -> str | None:
    """The answer of GetIDEEventDetail as `check` reads it; None if it is not archived."""
    found = parse_json(line.consulted) if line.consulted else {}
    snapshot = found.get("snapshot") if isinstance(found, dict) else None
    answer = snapshot.get("answer") if isinstance(snapshot, Mapping) else None
    return None if answer is None else json.dumps(answer, indent=2, ensure_ascii=False) + "\n"


def save_case(line: ArchivedLine, folder: Path, verdict: str) -> Path:
    """Write a message as a case that expects the verdict, with its files in `saved`.

    Raises:
        FileExistsError: There is such a case.
    """
    name = file_name(line)
    path = folder / f"rehearsed-{name}.yaml"
    if path.exists():
        raise FileExistsError(f"{path} exists; remove it, or save another message")
    saved = folder / "saved"
    saved.mkdir(parents=True, exist_ok=True)
    (saved / f"{name}.json").write_text(message_json(line), encoding="utf-8")
    moment = (_EPOCH + timedelta(microseconds=line.micros or 0)).astimezone(SHANGHAI)
    text = [f"- name: {line.event_code} {name}, as it came", f"  message: saved/{name}.json"]
    if line.micros is not None:
        text.append(f'  now: "{moment:%Y-%m-%d %H:%M}"')
    if (snapshot := snapshot_json(line)) is not None:
        (saved / f"{name}.snapshot.json").write_text(snapshot, encoding="utf-8")
        text.append(f"  snapshot: {{file: saved/{name}.snapshot.json}}")
    text.append(f"  expect: {verdict}")
    path.write_text("\n".join(text) + "\n", encoding="utf-8")
    return path


def _lines(parts: tuple[ArchivePart, ...]) -> Iterator[ArchivedLine]:
    for part in parts:
        yield from Day(part.path).lines()
