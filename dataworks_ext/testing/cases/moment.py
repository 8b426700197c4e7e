"""A moment as people write it."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Final

from ...events.values import SHANGHAI

_WRITTEN: Final = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ Tt](\d\d?:\d\d(?::\d\d)?)(?: ?([Zz]|[+-]\d\d:\d\d))?)?")


def read_moment(text: str) -> datetime:
    """The moment that a date or a date with a time of ISO 8601 names.

    A day by itself is its midnight. Without a zone, the clock is that of Asia/Shanghai.

    Raises:
        ValueError: It is neither, with what was expected.
    """
    written = _WRITTEN.fullmatch(text.strip())
    try:
        if written is None:
            raise ValueError
        day, time, zone = written[1], written[2] or "00:00", written[3] or ""
        zone = "+00:00" if zone in ("Z", "z") else zone
        moment = datetime.fromisoformat(f"{day} {time.zfill(5) if time.count(':') == 1 else time.zfill(8)}{zone}")
    except ValueError:
        raise ValueError(f'expected a day or a moment, such as 2026-11-11 or 2026-11-11 10:00, got "{text}"') from None
    return moment.replace(tzinfo=SHANGHAI) if moment.tzinfo is None else moment
