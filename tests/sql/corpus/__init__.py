"""Statements in every dialect, each with what it does in the line below: see `tests/sql/summary.py`."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, get_args

from dataworks_ext.sql import Dialect


class Sample(NamedTuple):
    """A script of one line, and its summary."""

    dialect: Dialect
    text: str
    summary: str


def _read(dialect: Dialect) -> list[Sample]:
    lines = (Path(__file__).parent / f"{dialect}.txt").read_text(encoding="utf-8").splitlines()
    return [Sample(dialect, text, does.strip()) for text, does in zip(lines[::2], lines[1::2], strict=True)]


CORPUS: tuple[Sample, ...] = tuple(sample for dialect in get_args(Dialect) for sample in _read(dialect))
