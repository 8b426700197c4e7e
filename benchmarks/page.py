"""The page of `make bench`: targets with their ratios, the figures behind them, and a chart of the starts."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from page_texts import TEXTS, Language, Texts
from starts import Start
from warm import slope


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


def page(measured: Measured, language: Language) -> str:
    """The page in Markdown."""
    texts = TEXTS[language]
    kilobyte, fit = slope(measured.sizes)
    tables = _Tables(texts)
    sizes = {f"{size:,} KB": times for size, times in measured.sizes.items()}
    memory = [[f"{count:,}", f"{held / 2**20:.1f} MB"] for count, held in measured.memory.items()]
    python, cores = ".".join(map(str, sys.version_info[:3])), os.cpu_count()
    return "".join(
        [
            texts.head.format(
                python=python,
                cores=cores,
                seconds=measured.seconds,
                chart=texts.chart,
                chart_file=texts.chart_file,
            ),
            tables.of(["What", "At most", "Measured", "Quartiles", ""], map(tables.target, targets(measured))),
            texts.starts,
            tables.of(["", "CPU", "Quartiles", "Against pydantic", "Wall"], tables.starts(measured.starts)),
            texts.warm,
            tables.of(["In a tight loop", "Median", "Quartiles", "Against bare"], tables.times(measured.loop, "bare")),
            texts.turns,
            tables.of(["In turns", "Median", "Quartiles", "Against bare"], tables.times(measured.turns, "bare")),
            texts.parts,
            tables.of(["Part", "Median", "Quartiles"], tables.times(measured.parts)),
            texts.waiting,
            tables.of(
                ["", "Until all are answered", "Quartiles", "Against one"], tables.times(measured.waiting, "1 message")
            ),
            texts.sizes.format(fit=fit, kilobyte=kilobyte * 1e6),
            tables.of(["SQL", "Median", "Quartiles"], tables.times(sizes)),
            texts.memory,
            tables.of(["Messages", "Memory"], memory),
        ]
    )


class _Tables:
    """The tables of the page in one language."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def of(self, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
        """A table, with the words of the language wherever it has them."""
        lines = [head, ["---"] * len(head), *rows]
        return "\n" + "".join(f"| {' | '.join(map(self._named, cells))} |\n" for cells in lines)

    def target(self, target: Target) -> list[str]:
        what, ratios, most, unit = target
        found = statistics.median(ratios)
        met = "met" if round(found, 2) <= most else "**missed**"
        return [what, f"{most:g}{unit}", f"{found:.2f}{unit}", self._quartiles(ratios), met]

    def starts(self, taken: Mapping[str, Sequence[Start]]) -> Iterator[list[str]]:
        cpu = {name: [start.cpu for start in starts] for name, starts in taken.items()}
        for name, starts in taken.items():
            wall = statistics.median(start.wall for start in starts)
            ratio = statistics.median(_ratios(cpu, name, "pydantic"))
            median = _time(statistics.median(cpu[name]))
            yield [name, median, self._quartiles(cpu[name], 1e3), f"{ratio:.2f}", _time(wall)]

    def times(self, times: Mapping[str, Sequence[float]], base: str | None = None) -> Iterator[list[str]]:
        for name, taken in times.items():
            median = statistics.median(taken)
            row = [name, _time(median), self._quartiles(taken, 1e3 if median >= 1e-3 else 1e6)]
            yield row if base is None else [*row, f"{statistics.median(_ratios(times, name, base)):.2f}"]

    def _named(self, cell: str) -> str:
        return self._texts.names.get(cell, cell)

    def _quartiles(self, values: Sequence[float], scale: float = 1) -> str:
        if len(values) == 1:
            return ""
        low, _, high = statistics.quantiles(values, n=4)
        digits = 2 if scale == 1 else 1
        return self._texts.quartiles.format(low=f"{low * scale:.{digits}f}", high=f"{high * scale:.{digits}f}")


def _time(seconds: float) -> str:
    return f"{seconds * 1e3:.1f} ms" if seconds >= 1e-3 else f"{seconds * 1e6:.1f} µs"


_BAR: Final = 22
"""Pixels from one bar of the chart to the next."""


def chart(measured: Measured, language: Language) -> str:
    """The CPU time of the starts as bars, in SVG."""
    texts = TEXTS[language]
    medians = {name: statistics.median(start.cpu for start in taken) for name, taken in measured.starts.items()}
    scale = 420 / max(medians.values())
    bars = []
    for number, (name, seconds) in enumerate(medians.items()):
        top, width = number * _BAR + 8, round(seconds * scale)
        color = "#2f6feb" if "pack" in name else "#9aa4b2"
        bars += [
            f'<text x="150" y="{top + 11}" text-anchor="end">{texts.names.get(name, name)}</text>',
            f'<rect x="158" y="{top}" width="{width}" height="15" fill="{color}"/>',
            f'<text x="{164 + width}" y="{top + 11}">{seconds * 1e3:.0f} ms</text>',
        ]
    height = len(medians) * _BAR + 12
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 640 {height}" font-family="sans-serif" font-size="12" '
        f'fill="#57606a" role="img" aria-label="{texts.chart}">'
    )
    return "\n".join([head, *bars, "</svg>\n"])
