"""Statements in every dialect, each with what it does in the line below: see `tests/sql/summary.py`.

`by_hand.txt` is apart from them: before each statement, people wrote which tables it reads and which functions it
calls, from the references of the engines, without looking at what any parser says.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, cast, get_args

from dataworks_ext.sql import Dialect


class Sample(NamedTuple):
    """A script of one line, and its summary."""

    dialect: Dialect
    text: str
    summary: str


class Judgement(NamedTuple):
    """What people say of a script."""

    dialect: Dialect
    text: str
    reads: frozenset[str]
    """The tables whose rows it reads: no CTE, no variable, nothing that it only writes."""
    calls: frozenset[str]
    """The functions that it calls."""


def _read(dialect: Dialect) -> list[Sample]:
    lines = (Path(__file__).parent / f"{dialect}.txt").read_text(encoding="utf-8").splitlines()
    return [Sample(dialect, text, does.strip()) for text, does in zip(lines[::2], lines[1::2], strict=True)]


CORPUS: tuple[Sample, ...] = tuple(sample for dialect in get_args(Dialect) for sample in _read(dialect))


def _judged() -> list[Judgement]:
    lines = (Path(__file__).parent / "by_hand.txt").read_text(encoding="utf-8").splitlines()
    found = []
    for judgement, text in zip(lines[::2], lines[1::2], strict=True):
        dialect, reads, calls = (part.strip() for part in judgement.split("|"))
        assert dialect in get_args(Dialect)
        names = (frozenset(bare_name(name) for name in part.split() if name != "-") for part in (reads, calls))
        found.append(Judgement(cast("Dialect", dialect), text, *names))
    return found


def bare_name(name: str) -> str:
    """A name as everybody may write it: without quotes, in lower case."""
    return name.replace("`", "").replace('"', "").casefold()


BY_HAND: tuple[Judgement, ...] = tuple(_judged())
