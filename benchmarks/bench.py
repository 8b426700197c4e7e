"""Speed side by side with peers, in one run: `make bench`. Compare the ratios; the speed of machines differs.

Every round calls each handler once, in random order, so that caches and changes of the machine's speed affect all of
them alike. Processes are timed from outside, in rounds as well.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

import bare
import ours
import powertools
from dataworks_ext.deploy.build import build
from dataworks_ext.deploy.layout import protect, unprotect
from dataworks_ext.deploy.process import FunctionProcess
from dataworks_ext.testing import FunctionContext, function_compute_message

HERE = Path(__file__).parent
ROUNDS = 20_000
PROCESSES = 25
WARM_UP = 2_000
TARGETS = {"bare": 3.5, "powertools": 0.5, "process": 1.1, "package": 0.65}

Handler = Callable[[bytes, FunctionContext], str]


def main() -> None:
    """Measure and print the ratios with their targets."""
    message = function_compute_message("download-resources")
    handlers: dict[str, Handler] = {
        "dataworks-ext": ours.handler,
        "bare": bare.handler,
        "powertools": powertools.handler,
    }
    times = time_calls(handlers, message)
    processes = time_processes({"dataworks-ext": "start_ours.py", "by hand": "start_by_hand.py"})
    table = Table(box=SIMPLE_HEAD, pad_edge=False, title_justify="left")
    for column in ("What", "Median", "Against", "Median", "Ratio", "Target"):
        table.add_column(column, justify="left" if column in ("What", "Against") else "right")
    mine = times["dataworks-ext"]
    for peer, name in (("bare", "a bare handler"), ("powertools", "Powertools for AWS Lambda")):
        row(table, "a message, three policies and its record", mine, name, times[peer], 1e6, "µs", TARGETS[peer])
    row(
        table,
        "a process from start to first reply",
        processes["dataworks-ext"],
        "pydantic, structlog and one model by hand",
        processes["by hand"],
        1e3,
        "ms",
        TARGETS["process"],
    )
    packages = time_packages(message)
    row(
        table,
        "a cold start of the packaged function",
        packages["packaged"],
        "the same files, byte code stale from unpacking",
        packages["stale"],
        1e3,
        "ms",
        TARGETS["package"],
    )
    console = Console(highlight=False)
    console.width = max(console.width, 120)
    console.print(table)
    console.print(f"Python {sys.version.split()[0]}; {ROUNDS:,} calls and {PROCESSES} processes of each, in turns.")


def row(
    table: Table,
    what: str,
    mine: Sequence[float],
    peer: str,
    theirs: Sequence[float],
    scale: float,
    unit: str,
    target: float,
) -> None:
    """One comparison. The ratio is the median of the ratios of each round."""
    ratio = statistics.median(a / b for a, b in zip(mine, theirs, strict=True))
    cells = [f"{statistics.median(mine) * scale:.1f} {unit}", peer, f"{statistics.median(theirs) * scale:.1f} {unit}"]
    table.add_row(what, *cells, f"{ratio:.2f}", f"≤ {target}", style=None if ratio <= target else "red")


def time_calls(handlers: dict[str, Handler], message: bytes) -> dict[str, list[float]]:
    """Seconds of each call, in turns. Their log lines are discarded."""
    context = FunctionContext()
    order = random.Random(0)
    times: dict[str, list[float]] = {name: [] for name in handlers}
    out, sys.stdout = sys.stdout, open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    try:
        powertools.log_to(sys.stdout)
        turns = list(handlers.items())
        for round_number in range(WARM_UP + ROUNDS):
            order.shuffle(turns)
            for name, handler in turns:
                started = time.perf_counter()
                handler(message, context)
                if round_number >= WARM_UP:
                    times[name].append(time.perf_counter() - started)
    finally:
        sys.stdout, _ = out, sys.stdout.close()
    return times


def time_packages(message: bytes) -> dict[str, list[float]]:
    """Seconds of each process of the example's package, from start to first reply, in turns.

    One has the package as it is built. The other has byte code that is checked by time, as compilers write it, in files
    whose times were lost: unpacking gives every file the time of unpacking, so no byte code fits its source.
    """
    python = f"{sys.version_info[0]}.{sys.version_info[1]}"
    times: dict[str, list[float]] = {"packaged": [], "stale": []}
    with tempfile.TemporaryDirectory() as folder:
        codes = {"packaged": build([HERE.parent / "policies"], python, Path(folder)).directory}
        codes["stale"] = Path(folder) / "stale"
        shutil.copytree(codes["packaged"], codes["stale"])
        compileall.compile_dir(
            codes["stale"], quiet=2, force=True, invalidation_mode=py_compile.PycInvalidationMode.TIMESTAMP
        )
        for source in codes["stale"].rglob("*.py"):
            os.utime(source)
        for code in codes.values():
            protect(code)
        try:
            for round_number in range(PROCESSES + 2):
                for name, code in codes.items():
                    started = time.perf_counter()
                    with FunctionProcess(code, {}) as function:
                        function.invoke(message, FunctionContext())
                        if round_number >= 2:
                            times[name].append(time.perf_counter() - started)
        finally:
            for code in codes.values():
                unprotect(code)
    return times


def time_processes(scripts: dict[str, str]) -> dict[str, list[float]]:
    """Seconds of each process from start to end, in turns."""
    times: dict[str, list[float]] = {name: [] for name in scripts}
    environment = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    for folder in (HERE, HERE.parent / "dataworks_ext", HERE.parent / "policies"):
        compileall.compile_dir(folder, quiet=2)
    for round_number in range(PROCESSES + 2):
        for name, script in scripts.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, str(HERE / script)], env=environment, check=True, stdout=subprocess.DEVNULL)
            if round_number >= 2:  # the first two warm the file cache
                times[name].append(time.perf_counter() - started)
    return times


if __name__ == "__main__":
    main()
