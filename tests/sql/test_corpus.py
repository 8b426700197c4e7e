"""What statements of every dialect read, write, call and filter."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from dataworks_ext.sql import Dialect, read_sql

from .corpus import CORPUS, Sample
from .summary import summary


@pytest.mark.parametrize("sample", CORPUS, ids=lambda sample: f"{sample.dialect}-{sample.text[:60]}")
def test_a_script_does_what_the_corpus_says(sample: Sample) -> None:
    assert summary(read_sql(sample.text, sample.dialect)) == sample.summary


def test_the_corpus_covers_every_dialect() -> None:
    counts = Counter(sample.dialect for sample in CORPUS)
    assert {dialect for dialect, count in counts.items() if count >= 10} == set(get_args(Dialect))
    assert len({sample.text for sample in CORPUS}) >= 200
