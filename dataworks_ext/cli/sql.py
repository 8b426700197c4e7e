"""`dataworks-ext sql`: what a script reads, writes and calls, and which policies object to it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Final, NamedTuple, get_args

import typer

from ..decision import Decision, Verdict
from ..errors import SettingsError
from ..events import NodeType
from ..extension import Extension
from ..sql import Dialect, Script, SqlError, SqlTooLongError, Table, read_sql, unread_script
from ..testing import committed_file, decide, sample
from ._output import DEFAULT, App, Json, console, fail, load, plain, print_json, read_stdin, table, verdict_text
from ._screen import inline
from ._tables import TableColumn

DENIED: Final = 1
"""The exit status for at least one script that is denied."""
_KINDS: Final[dict[Dialect, NodeType]] = {
    "maxcompute": NodeType.ODPS_SQL,
    "hologres": NodeType.HOLOGRES_SQL,
    "hive": NodeType.EMR_HIVE,
    "spark": NodeType.EMR_SPARK_SQL,
    "presto": NodeType.EMR_PRESTO,
    "trino": NodeType.EMR_TRINO,
    "impala": NodeType.EMR_IMPALA,
    "clickhouse": NodeType.CLICK_SQL,
    "starrocks": NodeType.STARROCKS,
    "mysql": NodeType.MYSQL,
    "adb": NodeType.ADB_FOR_MYSQL,
}


class Shown(NamedTuple):
    """A script and what came of it."""

    file: str
    script: Script
    decision: Decision


def sql(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Scripts; - is standard input.")],
    dialect: Annotated[
        str, typer.Option("--dialect", metavar="DIALECT", help=f"One of {', '.join(get_args(Dialect))}.")
    ] = "maxcompute",
    app: App = DEFAULT,
    as_json: Json = False,
) -> None:
    """Show what a script does, and which policies object.

    By line: what it reads, writes, calls and drops; then what the policies say to its commit. Needs the extra sql.
    Settings are those of the current environment. DataWorks is not asked.

    Exit status 0: allowed. 1: at least one script denied. 2: a file cannot be read.
    """
    if dialect not in _KINDS:
        fail(f"there is no dialect {dialect}; use one of {', '.join(_KINDS)}")
    extension = load(app)
    shown = [_shown(extension, file, dialect) for file in files]
    if as_json:
        print_json([_as_json(one) for one in shown])
    else:
        for one in shown:
            _print(one)
    if any(one.decision.denied for one in shown):
        raise typer.Exit(DENIED)


def _shown(extension: Extension, file: str, dialect: Dialect) -> Shown:
    text = _text_of(file)
    try:
        script = read_sql(text, dialect)
    except SqlTooLongError as error:
        fail(f"{file} is not read: {error.sentence}")
    except SqlError as error:
        script = unread_script(text, dialect, error)
    except ModuleNotFoundError:
        fail("reading SQL needs the extra sql: pip install 'dataworks-ext[sql]'")
    event = sample("commit-file", file_type=_KINDS[dialect])
    try:
        decision = decide(extension, event, snapshot=committed_file(content=text), environment=os.environ)
    except SettingsError as error:
        fail(str(error))
    return Shown(file, script, decision)


def _text_of(file: str) -> str:
    try:
        return (read_stdin() if file == "-" else Path(file).read_bytes()).decode("utf-8-sig")
    except OSError as error:
        fail(f"{file} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        fail(f"{file} is not UTF-8; save it as UTF-8")


def _print(shown: Shown) -> None:
    out = console()
    out.print(*plain(inline(shown.file)), style="bold")
    facts = table("Line", "What", TableColumn("Name", "below"))
    for line, what, name in _facts(shown.script):
        facts.add_row(line, what, name)
    out.print(facts)
    if shown.decision.reasons:
        objections = table("Policy", "Says", TableColumn("Text", "below"))
        for reason in shown.decision.reasons:
            objections.add_row(reason.policy, verdict_text(reason.verdict), reason.message)
        out.print(objections)


def _facts(script: Script) -> Iterator[tuple[int, str, str]]:
    """What the script does, by line."""
    found = [
        *((table.line, "reads", _read(script, table)) for table in script.reads),
        *((table.line, "writes", str(table)) for table in script.writes),
        *((drop.line, "drops", f"{drop.kind} {_joined(drop.tables)}") for drop in script.drops),
        *((star.line, "selects *", _joined(star.tables)) for star in script.stars),
        *((join.line, "joins without a condition", _joined(join.tables)) for join in script.cartesian_joins),
        *((call.line, "calls", call.name) for call in script.calls),
        *((place.line, "not understood", place.reason) for place in script.unread),
    ]
    yield from sorted(found, key=lambda fact: fact[0])


def _read(script: Script, table: Table) -> str:
    columns, filters = script.columns(table), sorted(script.filters(table))
    listed = "all columns" if columns is None else ", ".join(sorted(columns)) or "no column"
    return f"{table}: {listed}" + (f"; filtered by {', '.join(filters)}" if filters else "")


def _joined(tables: Iterable[Table]) -> str:
    return ", ".join(map(str, tables)) or "columns of a subquery"


def _as_json(shown: Shown) -> dict[str, object]:
    script, decision = shown.script, shown.decision
    return {
        "file": shown.file,
        "dialect": script.dialect,
        "statements": [{"kind": statement.kind, "line": statement.line} for statement in script.statements],
        "reads": [
            {
                "table": str(table),
                "line": table.line,
                "columns": None if (columns := script.columns(table)) is None else sorted(columns),
                "filters": sorted(script.filters(table)),
            }
            for table in script.reads
        ],
        "writes": [{"table": str(table), "line": table.line} for table in script.writes],
        "calls": [call._asdict() for call in script.calls],
        "drops": [
            {"kind": drop.kind, "line": drop.line, "tables": list(map(str, drop.tables))} for drop in script.drops
        ],
        "stars": [{"line": star.line, "tables": list(map(str, star.tables))} for star in script.stars],
        "cartesian_joins": [
            {"line": join.line, "tables": list(map(str, join.tables))} for join in script.cartesian_joins
        ],
        "limit": script.limit,
        "unread": [place._asdict() for place in script.unread],
        "verdict": decision.verdict.value,
        "reasons": [
            {"policy": reason.policy, "verdict": reason.verdict.value, "message": reason.message}
            for reason in decision.reasons
            if reason.verdict is not Verdict.OK
        ],
    }
