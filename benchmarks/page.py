"""The page of `make bench`: targets with their ratios, the figures behind them, and a chart of the starts."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from starts import Start
from warm import slope

_HEAD: Final = """\
# Performance

`make bench` writes this page. It measures everything side by side in one run, in turns; compare the ratios, since \
machines differ. A ratio is the median of the ratios of each round; behind it are its quartiles.

This run: Python {python}, {cores} cores, {seconds:.0f} s.

![Cold starts, in milliseconds of CPU time](../assets/performance.svg)

## Targets
"""
_STARTS: Final = """
## Cold starts

A process from start to first reply, outside of a virtual environment, with byte code that needs no check. All have \
the same wheels of pydantic. The function instance of `s.yaml` has a third of a core, so a wait is about three times \
the CPU time here.

- `bare`: JSON in, one comparison, JSON out.
- `pydantic`: one model by hand, one line of log.
- `pydantic, no plugins`: the same, with what [`dataworks-ext package`](package.md#what-is-excluded) changes in a \
package: pydantic does not look for plugins.
- `powertools`: the parser of Powertools for AWS Lambda with that model, and its Logger with one line.
- The others are packages of this framework: the example's `downloads` (for a callback `workspaces`), its six packs, \
and every pack in `policies/`. A callback replies through the OpenAPI, on loopback.
"""
_WARM: Final = """
## Warm messages

All write their log or record, flushed, to nowhere. `bare` and `cedarpy` write none and keep no deadline. `powertools` \
reads the same event class, has three functions for policies, and logs a line with the same fields.
"""
_PARTS: Final = """
## Where the time of a warm message goes

What every message needs, by itself. The rest is the framework: its reasons with their times, what policies share, and \
the calls from one to the next (`benchmarks/budget.toml` counts them, and CI holds the number). Each further policy \
takes an entry under the alarm, a context, two times, a reason, and its share of the record.
"""
_NAMES: Final = {"0 policies": "no policies"}


class Measured(NamedTuple):
    """All figures of a run, in seconds and bytes."""

    starts: Mapping[str, Sequence[Start]]
    loop: Mapping[str, Sequence[float]]
    turns: Mapping[str, Sequence[float]]
    waiting: Mapping[str, Sequence[float]]
    sizes: Mapping[int, Sequence[float]]
    parts: Mapping[str, Sequence[float]]
    memory: Mapping[int, int]
    seconds: float


class Target(NamedTuple):
    """A ratio, and what it should be at most."""

    what: str
    ratios: Sequence[float]
    most: float
    unit: str = ""


def targets(measured: Measured) -> Iterator[Target]:
    """All targets, in order."""
    cpu = {name: [start.cpu for start in taken] for name, taken in measured.starts.items()}
    wall = {name: [start.wall for start in taken] for name, taken in measured.starts.items()}
    loop, waiting, memory = measured.loop, measured.waiting, measured.memory
    three = loop["3 policies"]
    yield Target("start, one pack, against pydantic with one model (CPU)", _ratios(cpu, "one pack", "pydantic"), 1.2)
    yield Target("start, six packs, the same", _ratios(cpu, "six packs", "pydantic"), 1.4)
    yield Target("start, one pack, against Powertools (wall)", _ratios(wall, "one pack", "powertools"), 1.0)
    yield Target("warm, 3 policies and the record, against bare", _ratios(loop, "3 policies", "bare"), 2.6)
    yield Target("the same against Powertools", _ratios(loop, "3 policies", "powertools"), 0.38)
    yield Target("the same against cedarpy", _ratios(loop, "3 policies", "cedarpy"), 0.2)
    others = _ratios(loop, "3 policies, 500 on other events", "3 policies")
    yield Target("500 policies on other events, against none", others, 1.02)
    yield Target("64 waiting messages at once, against one", _ratios(waiting, "64 messages", "1 message"), 1.2)
    yield Target("memory after 1,000,000 messages, against 10,000", [memory[1_000_000] / memory[10_000]], 1.01)
    yield Target("each KB of payload", [slope(measured.sizes)[0] * 1e6], 0.25, " µs")
    further = [(many - few) / 197 * 1e6 for many, few in zip(loop["200 policies"], three, strict=True)]
    yield Target("each further policy, of 200", further, 1.0, " µs")


def _ratios(times: Mapping[str, Sequence[float]], ours: str, theirs: str) -> list[float]:
    return [mine / other for mine, other in zip(times[ours], times[theirs], strict=True)]


def page(measured: Measured) -> str:
    """The page in Markdown."""
    python, cores = ".".join(map(str, sys.version_info[:3])), os.cpu_count()
    kilobyte, fit = slope(measured.sizes)
    sizes = {f"{size:,} KB": times for size, times in measured.sizes.items()}
    memory = [[f"{count:,}", f"{held / 2**20:.1f} MB"] for count, held in measured.memory.items()]
    return "".join(
        [
            _HEAD.format(python=python, cores=cores, seconds=measured.seconds),
            _table(["What", "At most", "Measured", "Quartiles", ""], map(_target_row, targets(measured))),
            _STARTS,
            _table(["", "CPU", "Quartiles", "Against pydantic", "Wall"], _start_rows(measured.starts)),
            _WARM,
            _table(["In a tight loop", "Median", "Quartiles", "Against bare"], _rows(measured.loop, "bare")),
            "\nOne after one of another, so that the caches are cold:\n",
            _table(["In turns", "Median", "Quartiles", "Against bare"], _rows(measured.turns, "bare")),
            _PARTS,
            _table(["Part", "Median", "Quartiles"], _rows(measured.parts)),
            "\n## Many at once\n\nMessages whose policy waits 20 ms, all at the same time:\n",
            _table(["", "Until all are answered", "Quartiles", "Against one"], _rows(measured.waiting, "1 message")),
            f"\n## Large payloads\n\nSQL of so many KB in a download. A line fits with R² = {fit:.3f}; its slope is "
            f"{kilobyte * 1e6:.2f} µs a KB.\n",
            _table(["SQL", "Median", "Quartiles"], _rows(sizes)),
            "\n## Memory\n\nWhat the process holds:\n",
            _table(["Messages", "Memory"], memory),
        ]
    )


def _target_row(target: Target) -> list[str]:
    what, ratios, most, unit = target
    found = statistics.median(ratios)
    met = "met" if round(found, 2) <= most else "**missed**"
    return [what, f"{most:g}{unit}", f"{found:.2f}{unit}", _quartiles(ratios), met]


def _start_rows(taken: Mapping[str, Sequence[Start]]) -> Iterator[list[str]]:
    cpu = {name: [start.cpu for start in starts] for name, starts in taken.items()}
    for name, starts in taken.items():
        wall = statistics.median(start.wall for start in starts)
        ratio = statistics.median(_ratios(cpu, name, "pydantic"))
        yield [name, _time(statistics.median(cpu[name])), _quartiles(cpu[name], 1e3), f"{ratio:.2f}", _time(wall)]


def _rows(times: Mapping[str, Sequence[float]], base: str | None = None) -> Iterator[list[str]]:
    for name, taken in times.items():
        median = statistics.median(taken)
        row = [_NAMES.get(name, name), _time(median), _quartiles(taken, 1e3 if median >= 1e-3 else 1e6)]
        yield row if base is None else [*row, f"{statistics.median(_ratios(times, name, base)):.2f}"]


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} µs"


def _quartiles(values: Sequence[float], scale: float = 1) -> str:
    if len(values) == 1:
        return ""
    low, _, high = statistics.quantiles(values, n=4)
    return f"{low * scale:.2f} to {high * scale:.2f}" if scale == 1 else f"{low * scale:.1f} to {high * scale:.1f}"


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n" + "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


_BAR: Final = 22
"""Pixels from one bar of the chart to the next."""


def chart(measured: Measured) -> str:
    """The CPU time of the starts as bars, in SVG."""
    medians = {name: statistics.median(start.cpu for start in taken) for name, taken in measured.starts.items()}
    scale = 420 / max(medians.values())
    bars = []
    for number, (name, seconds) in enumerate(medians.items()):
        top, width = number * _BAR + 8, round(seconds * scale)
        color = "#2f6feb" if "pack" in name else "#9aa4b2"
        bars += [
            f'<text x="150" y="{top + 11}" text-anchor="end">{name}</text>',
            f'<rect x="158" y="{top}" width="{width}" height="15" fill="{color}"/>',
            f'<text x="{164 + width}" y="{top + 11}">{seconds * 1e3:.0f} ms</text>',
        ]
    height = len(medians) * _BAR + 12
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {height}" font-family="sans-serif" font-size="12" '
        'fill="#57606a" role="img" aria-label="Cold starts, in milliseconds of CPU time">'
    )
    return "\n".join([head, *bars, "</svg>\n"])
