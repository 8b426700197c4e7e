"""Messages that came several times."""

from __future__ import annotations

import pyarrow as pa

from dataworks_ext.rehearsal.duplicates import NO_KEYS, repeated


def keys(*values: int) -> pa.ChunkedArray:
    return pa.chunked_array([values], pa.int64())


def test_a_message_counts_once_on_a_day_whatever_its_file() -> None:
    assert repeated([keys(1, 2, 1), keys(), keys(3, 2, 4, 4)], NO_KEYS) == [{2}, set(), {1, 3}]


def test_a_message_of_the_day_before_does_not_count_again() -> None:
    assert repeated([keys(7, 1), keys(2)], keys(2, 1)) == [{1}, {0}]


def test_a_day_is_judged_by_what_came_the_day_before_and_not_by_what_counted_there() -> None:
    monday, tuesday, wednesday = keys(1), keys(1), keys(1)
    assert repeated([tuesday], monday) == repeated([wednesday], tuesday) == [{0}]


def test_a_day_without_messages_has_no_repetitions() -> None:
    assert repeated([keys(), NO_KEYS], keys(1)) == [set(), set()]
