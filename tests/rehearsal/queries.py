"""The documented queries on an archive, and what they answer about a small one."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Final

from dataworks_ext.rehearsal.compaction import compact_day, days_of
from dataworks_ext.rehearsal.places import FolderPlace
from website.markdown import blocks, read

from .archives import NOW, Archive
from .test_kernel import download, limiting

PAGE: Final = Path(__file__).parents[2] / "docs" / "en" / "archive-queries.md"
_PEOPLE: Final = 3


def statements(section: str) -> list[str]:
    """The statements under a heading that are to be run."""
    parts = re.split(r"^## (.+)$", read(PAGE), flags=re.MULTILINE)
    text = dict(zip(parts[1::2], parts[2::2], strict=True))[section]
    found = (block.text for block in blocks(text) if block.language == "sql" and not block.shown)
    return [one.strip() for sql in found for one in sql.split(";") if one.strip()]


def write_archive(folder: Path) -> Counter[tuple[str, str]]:
    """Archive two compacted days of what a limit of a hundred rows decides, in which each message came twice.

    Returns:
        How often each person was denied by which policy.
    """
    archive = Archive(folder, limiting(100))
    denied: Counter[tuple[str, str]] = Counter()
    for number in range(40):
        rows, person = number * 10, f"person-{number % _PEOPLE}"
        for later in (0, 1):
            archive.receive(download(number, dataRowSize=rows, operatorUid=person), now=NOW + timedelta(days=later))
        if rows > 100:
            denied[person, "guard.row_limit"] += 1
    place = FolderPlace(folder)
    for day, raw in days_of(place.entries()).items():
        compact_day(place, day, raw, None, delete=True)
    return denied
