"""What statements of every dialect read, write, call and filter."""

from __future__ import annotations

from collections import Counter
from typing import get_args

import pytest

from dataworks_ext.sql import Dialect, read_sql

from .corpus import BY_HAND, CORPUS, Judgement, Sample, bare_name
from .summary import summary


@pytest.mark.parametrize("sample", CORPUS, ids=lambda sample: f"{sample.dialect}-{sample.text[:60]}")
def test_a_script_does_what_the_corpus_says(sample: Sample) -> None:
    assert summary(read_sql(sample.text, sample.dialect)) == sample.summary


def test_the_corpus_covers_every_dialect() -> None:
    counts = Counter(sample.dialect for sample in CORPUS)
    assert {dialect for dialect, count in counts.items() if count >= 10} == set(get_args(Dialect))
    assert len({sample.text for sample in CORPUS}) >= 200


LISTS_TAKEN_FOR_CALLS = {
    "to shop.target (id": "shop.target",
    "MergeTree()": "mergetree",
    "read ods.orders (": "ods.orders",
}
"""What is known to be wrong: names before the columns of a view, of READ, and before the parameters of an engine."""


@pytest.mark.parametrize("judgement", BY_HAND, ids=lambda judgement: f"{judgement.dialect}-{judgement.text[:60]}")
def test_a_script_reads_and_calls_what_people_say(judgement: Judgement) -> None:
    script = read_sql(judgement.text, judgement.dialect)
    wrong = {name for part, name in LISTS_TAKEN_FOR_CALLS.items() if part in judgement.text}
    assert {bare_name(str(table)) for table in script.reads} == judgement.reads
    assert {bare_name(call.name) for call in script.calls} == judgement.calls | wrong
