"""Plays real DataWorks messages through the example policies, in a process that calls them as Function Compute does."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dataworks_ext.deploy.code import lay_out, protect, unprotect
from dataworks_ext.deploy.process import FunctionProcess, Invocation
from dataworks_ext.testing import FunctionContext, function_compute_message

ROOT = Path(__file__).parent.parent
SETTINGS = {
    "DOWNLOADS_ALLOWED_NETWORKS": "198.51.100.0/24",
    "DOWNLOADS_DENIED_SOURCES": "dw_excel",
    "UPLOADS_ALLOWED_PROJECTS": "mc_project",
    "UPLOADS_MAX_BYTES": "500MB",
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
    ("download-resources, an unreadable row count", function_compute_message("download-resources", dataRowSize="many")),
    ("not a message at all", b"[]"),
]
_STYLES = {"OK": "green", "WARN": "yellow", "FAIL": "red"}


def main() -> None:
    """Print a table of event, verdict, message and time, and the last record."""
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "code"
        lay_out(code, [ROOT / "policies"])
        protect(code)
        try:
            with FunctionProcess(code, SETTINGS) as function:
                played = [(title, function.invoke(message, FunctionContext())) for title, message in MESSAGES]
                record = function.log()[-2]
        finally:
            unprotect(code)
    console = Console(highlight=False)
    console.width = max(console.width, 110)
    console.print(tabulate(played))
    console.print("The first message takes longer: it is the cold start.")
    console.print("Each message leaves a record, one line of JSON. That of the unreadable row count:")
    console.print(Text(record), soft_wrap=True)


def tabulate(played: list[tuple[str, Invocation]]) -> Table:
    """The invocations as the people in DataWorks see them."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, header_style="bold")
    for column in ("Event", "Verdict", "What the person in DataWorks sees"):
        table.add_column(column, overflow="fold")
    table.add_column("Time", justify="right", no_wrap=True)
    for title, invocation in played:
        reply = json.loads(invocation.body)
        verdict = Text(reply["checkResult"], style=_STYLES[reply["checkResult"]])
        message = Text(reply.get("errorMessage", ""))
        table.add_row(title, verdict, message, f"{invocation.elapsed_ms:.1f} ms")
    return table


if __name__ == "__main__":
    main()
