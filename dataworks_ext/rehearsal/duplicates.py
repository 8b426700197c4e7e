"""Which rows repeat a message that came before: on the same day, or on the day before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

NO_KEYS: Final = pa.chunked_array([], pa.int64())


def repeated(groups: Sequence[pa.ChunkedArray], before: pa.ChunkedArray) -> list[frozenset[int]]:
    """The numbers of the rows of each row group that repeat a message.

    EventBridge redelivers for a day, so two days are enough, however long an archive is. Nothing depends on how the
    day before was judged: the days of an archive can be looked at in any order, and on different machines.

    Args:
        groups: The keys of a day, in the order of its files and row groups.
        before: All keys of the day before.
    """
    keys = pa.chunked_array([chunk for group in groups for chunk in group.chunks], pa.int64()).combine_chunks()
    if not len(keys):
        return [frozenset()] * len(groups)
    numbered = keys.dictionary_encode().indices  # by the order in which they come first
    newest = pc.cumulative_max(numbered)
    came_again = pa.concat_arrays([pa.array([False]), pc.equal(newest[1:], newest[:-1])])
    rows: list[int] = pc.indices_nonzero(pc.or_(came_again, pc.is_in(keys, value_set=before))).to_pylist()
    found: list[set[int]] = [set() for _ in groups]
    ends, number, first = [len(group) for group in groups], 0, 0
    for row in rows:
        while row - first >= ends[number]:
            first += ends[number]
            number += 1
        found[number].add(row - first)
    return [frozenset(skipped) for skipped in found]
