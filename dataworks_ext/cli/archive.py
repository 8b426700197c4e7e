"""`dataworks-ext archive`: what a function archived; listed, looked up, compacted."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._archives import ProgressLine, explained, places
from ._output import Json, console, fail, plain, print_json, table
from ._screen import inline
from ._tables import TableColumn

if TYPE_CHECKING:
    from ..rehearsal.archived_line import ArchivedLine

archive = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="List, look up and compact what a function archived.",
)

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="oss://bucket/prefix, a folder, or a file.")]
Last = Annotated[str | None, typer.Option(metavar="DAYS", help="Of the last days only: 90d.")]


@archive.command("ls")
def ls(source: Source, last: Last = None, as_json: Json = False) -> None:
    """List the days of an archive, with their messages, events and bytes.

    Exit status 0: listed. 2: the archive cannot be read.
    """
    with explained():
        days = _days(source, last)
    if as_json:
        print_json(days)
        return
    listed = table("Day", *(TableColumn(name, right=True) for name in ("Messages", "Unread", "Bytes")), "Events")
    for day in days:
        events = ", ".join(f"{code} {count:,}" for code, count in day["events"].items())  # type: ignore[attr-defined]
        listed.add_row(day["day"], f"{day['messages']:,}", f"{day['unread']:,}", f"{day['bytes']:,}", events)
    console().print(listed)


def _days(source: str, last: str | None) -> list[dict[str, object]]:
    from ..rehearsal.cache import Cache
    from ..rehearsal.compacting import damage_of
    from ..rehearsal.days import Day
    from ..rehearsal.sources import open_sources, since_of

    progress = ProgressLine()
    parts = open_sources(places([source]), Cache(), since=since_of(last), progress=progress).parts
    progress.end()
    found: dict[str, dict[str, object]] = {}
    for part in parts:
        day = Day(part.path)
        events: Counter[str] = Counter()
        for group in range(len(day.group_sizes)):
            for batch in day.batches(group, ["event_code"]):
                events.update(code or "unclear" for code in batch.columns["event_code"])
        kept = found.setdefault(part.day, {"day": part.day, "messages": 0, "unread": 0, "bytes": 0, "events": {}})
        before = Counter(kept["events"])  # type: ignore[call-overload]  # counts, as below
        kept["events"] = dict((before + events).most_common())
        kept["messages"] += sum(day.group_sizes)  # type: ignore[operator]
        kept["unread"] += len(damage_of(day))  # type: ignore[operator]
        kept["bytes"] += part.path.stat().st_size  # type: ignore[operator]
    return [found[day] for day in sorted(found)]


@archive.command("get")
def get(
    source: Source,
    ids: Annotated[list[str] | None, typer.Argument(metavar="ID", help="Ids of messages.")] = None,
    event: Annotated[str | None, typer.Option(metavar="CODE", help="Of an event code.")] = None,
    person: Annotated[str | None, typer.Option(metavar="UID", help="Of a person.")] = None,
    day: Annotated[str | None, typer.Option(metavar="DAY", help="Of a day: 2026-11-21.")] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FOLDER", help="Where files go.")] = Path("saved"),
    most: Annotated[int, typer.Option("--most", min=1, help="Messages, at most.")] = 100,
) -> None:
    """Save messages as files that `check` reads, with their snapshots.

    Exit status 0: saved. 1: no message is meant. 2: the archive cannot be read.
    """
    if not (ids or event or person or day):
        fail("name messages by their ids, or by --event, --person or --day")
    with explained():
        count = _save(source, set(ids or ()), event, person, day, output, most)
    console().print(f"{count} {'message' if count == 1 else 'messages'} in {inline(str(output))}")
    if count == 0:
        raise typer.Exit(1)


def _save(
    source: str, ids: set[str], event: str | None, person: str | None, day: str | None, output: Path, most: int
) -> int:
    from ..rehearsal.cache import Cache
    from ..rehearsal.days import Day
    from ..rehearsal.saving import file_name, message_json, snapshot_json
    from ..rehearsal.sources import open_sources

    progress = ProgressLine()
    parts = open_sources(places([source]), Cache(), since=day, progress=progress).parts
    progress.end()
    count = 0
    for part in parts:
        if day is not None and part.day != day:
            continue
        for line in Day(part.path).lines():
            if (ids and line.message_id not in ids) or (event and line.event_code != event):
                continue
            if person is not None and _operator(line) != person:
                continue
            output.mkdir(parents=True, exist_ok=True)
            (output / f"{file_name(line)}.json").write_text(message_json(line), encoding="utf-8")
            if (snapshot := snapshot_json(line)) is not None:
                (output / f"{file_name(line)}.snapshot.json").write_text(snapshot, encoding="utf-8")
            count += 1
            if count == most:
                return count
    return count


def _operator(line: ArchivedLine) -> str | None:
    from ..errors import ExtensionError
    from ..events import Event, read_event
    from ..message import parse_json, read_envelope

    try:
        return read_event(Event, read_envelope(parse_json(line.message)).payload, event_code="?").operator
    except ExtensionError:
        return None


@archive.command("compact")
def compact(
    source: Source,
    day: Annotated[str | None, typer.Option(metavar="DAY", help="A day; by default all that are over.")] = None,
    delete: Annotated[
        bool, typer.Option("--delete", help="Delete raw objects whose lines are in the compacted day.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Compact the raw objects of each day into one Parquet file.

    It can be repeated and interrupted at any moment. Nothing is deleted without --delete.

    Exit status 0: compacted. 2: the archive cannot be read or written.
    """
    with explained():
        from ..rehearsal.compaction import compact_day, days_of
        from ..rehearsal.sources import compacted_name

        (place,) = places([source])
        entries = place.entries()
        by_name = {entry.name: entry for entry in entries}
        today = f"{datetime.now(timezone.utc):%Y-%m-%d}"
        days = {name: raw for name, raw in days_of(entries).items() if (name == day if day else name < today)}
        progress, done, total = ProgressLine(), 0, sum(map(len, days.values()))

        def tell(files: int) -> None:
            nonlocal done
            done += files
            progress("raw objects", done, total)

        found = [
            compact_day(place, name, raw, by_name.get(compacted_name(name)), delete=delete, progress=tell)
            for name, raw in days.items()
        ]
        progress.end()
    if as_json:
        print_json([one._asdict() for one in found])
        return
    if not found:
        console().print(f"There are no raw objects of {day or 'a day that is over'} in {inline(source)}.")
        return
    listed = table("Day", *(TableColumn(name, right=True) for name in ("Objects", "Messages", "Unread", "Deleted")))
    for one in found:
        cells = (one.day, f"{one.objects:,}", f"{one.messages:,}", f"{one.unread:,}", f"{one.deleted:,}")
        listed.add_row(*plain(*cells))
    console().print(listed)
