"""Plays real DataWorks messages through the packaged example, in Function Compute on this machine."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import NamedTuple

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataworks_ext.deploy.build import build
from dataworks_ext.deploy.layout import PackagingError
from dataworks_ext.local import ApiError, LocalFunctionCompute, runtimes_at_hand
from dataworks_ext.testing import eventbridge_message, function_compute_message
from dataworks_ext.testing.stub import DataWorksStub

ROOT = Path(__file__).parent.parent
FUNCTION = "data-guard"
CODE = {
    "CommittedFile": {"Content": "INSERT OVERWRITE TABLE dwd_orders\nSELECT * FROM ods WHERE ds = MAX_PT('ods');\n"}
}
SETTINGS = {
    "DOWNLOADS_ALLOWED_NETWORKS": "198.51.100.0/24",
    "DOWNLOADS_DENIED_SOURCES": "dw_excel",
    "UPLOADS_ALLOWED_PROJECTS": "mc_project",
    "UPLOADS_MAX_BYTES": "500MB",
    "NODES_PROTECTED_NODES": "2",
    "DATAWORKS_EXT_MODES": "uploads.size_limit=warn",
}
MESSAGES: list[tuple[str, bytes]] = [
    ("download-resources, as published", function_compute_message("download-resources")),
    ("download-resources-execute, as published", function_compute_message("download-resources-execute")),
    ("upload-data-to-table, as published", function_compute_message("upload-data-to-table")),
    (
        "download-resources, 2,500,000 rows from a spreadsheet",
        function_compute_message("download-resources", dataRowSize="2500000", moduleType="dw_excel"),
    ),
    (
        "download-resources-execute, from elsewhere",
        function_compute_message("download-resources-execute", ip="203.0.113.9"),
    ),
    (
        "upload-data-to-table, over an existing table",
        function_compute_message("upload-data-to-table", optTableType="IMPORT", tableGuid="odps.finance.ledger"),
    ),
    ("upload-data-to-table, 2 GB", function_compute_message("upload-data-to-table", fileSize=2_000_000_000)),
    ("commit-file, code that calls MAX_PT", eventbridge_message("commit-file", message_id="m-1")),
    ("freeze-node, a protected node among them", eventbridge_message("freeze-node", message_id="m-2")),
    ("node-change-created, a notification", eventbridge_message("node-change-created", message_id="m-3")),
    ("download-resources, an unreadable row count", function_compute_message("download-resources", dataRowSize="many")),
    ("not a message at all", b"[]"),
]
_STYLES = {"OK": "green", "WARN": "yellow", "FAIL": "red"}


class Played(NamedTuple):
    """A message and what came of it."""

    title: str
    verdict: str
    text: str
    elapsed_ms: float
    log: str


def main() -> None:
    """Package the example, and print a table of event, verdict, message and time, and the last record."""
    console = Console(highlight=False)
    console.width = max(console.width, 80)
    runtime = next(iter(runtimes_at_hand()))
    console.print(f"Packaging policies/ for {runtime}, and starting Function Compute on this machine.")
    try:
        played = play(runtime)
    except (PackagingError, ApiError) as error:
        sys.exit(f"play: {error}")
    console.print(tabulate(played))
    console.print("The first message takes longer: it is the cold start.")
    console.print("Each message leaves a record, one line of JSON. That of the unreadable row count:")
    console.print(Text(next(line for line in played[-2].log.splitlines() if line.startswith("{"))), soft_wrap=True)


def play(runtime: str) -> list[Played]:
    """Send all messages to the packaged function."""
    package = build([ROOT / "policies"], runtime.removeprefix("python"), ROOT / "dist")
    with DataWorksStub(CODE) as dataworks, LocalFunctionCompute() as compute:
        compute.create_function(
            FUNCTION,
            package.directory,
            runtime=runtime,
            initializer="index.initializer",
            timeout=10,
            environment={**SETTINGS, **dataworks.environment},
        )
        return [send(compute, title, message) for title, message in MESSAGES]


def send(compute: LocalFunctionCompute, title: str, message: bytes) -> Played:
    """Send one message and wait for the answer."""
    started = time.perf_counter()
    invocation = compute.invoke(FUNCTION, message)
    elapsed_ms = (time.perf_counter() - started) * 1_000
    reply = json.loads(invocation.body)
    return Played(title, reply["checkResult"], reply.get("errorMessage", ""), elapsed_ms, invocation.log)


def tabulate(played: list[Played]) -> Table:
    """The answers as the person in DataWorks sees them."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in ("Event", "Verdict", "What the person in DataWorks sees"):
        table.add_column(column, overflow="fold")
    table.add_column("Time", justify="right", no_wrap=True)
    for one in played:
        verdict = Text(one.verdict, style=_STYLES[one.verdict])
        table.add_row(one.title, verdict, Text(one.text), f"{one.elapsed_ms:.1f} ms")
    return table


if __name__ == "__main__":
    main()
