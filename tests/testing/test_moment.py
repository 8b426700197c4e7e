"""A moment as people write it."""

from __future__ import annotations

import pytest

from dataworks_ext.testing.cases.moment import read_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-11", "2026-11-11T00:00:00+08:00"),
        ("2026-11-11 10:00", "2026-11-11T10:00:00+08:00"),
        ("2026-11-11T10:00:05", "2026-11-11T10:00:05+08:00"),
        (" 2026-11-11 9:30 ", "2026-11-11T09:30:00+08:00"),
        ("2026-11-11 10:00 +01:00", "2026-11-11T10:00:00+01:00"),
        ("2026-11-11T10:00Z", "2026-11-11T10:00:00+00:00"),
    ],
)
def test_a_moment_without_a_zone_is_that_of_shanghai(text: str, moment: str) -> None:
    assert read_moment(text).isoformat() == moment


@pytest.mark.parametrize("text", ["", "10:00", "11.11.2026", "2026-02-30", "2026-11-11 25:00", "2026-W01-1"])
def test_anything_else_is_told_how_to_write_one(text: str) -> None:
    with pytest.raises(ValueError, match="expected a day or a moment, such as 2026-11-11 or 2026-11-11 10:00, got"):
        read_moment(text)
