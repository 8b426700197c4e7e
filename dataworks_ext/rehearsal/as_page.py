"""A report as one page of HTML: no script, no other file, in light and dark, on paper and on a phone."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Final, NamedTuple

from ..texts import Language
from .report import Report, ReportedPolicy, examples_of, telling
from .wording import WORDING, limits_of, subtitle_of, title_of, warnings_of

_MOST_BARS: Final = 120
"""Bars that a chart by day has; of a longer time, each is several days."""


class Bar(NamedTuple):
    """A bar of a chart, in the units of its drawing."""

    x: float
    width: float
    height: float
    """Of 100."""
    label: str


def page(report: Report, language: Language = "en") -> str:
    """The page."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("dataworks_ext.rehearsal", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["count"] = lambda number: f"{number:,}"
    environment.filters["breakable"] = _breakable
    words = WORDING[language]
    return environment.get_template("page.html.jinja").render(
        report=report,
        words=words,
        language="zh-CN" if language == "zh" else "en",
        title=title_of(report, words),
        subtitle=subtitle_of(report, words),
        limits=limits_of(report, words),
        warnings=warnings_of(report, words),
        policies=telling(report),
        silent=[policy["policy"] for policy in report["policies"] if policy not in telling(report)],
        examples_of=examples_of,
        by_day=lambda policy: bars_by_day(policy, report["since"], report["until"]),
        by_hour=bars_by_hour,
    )


def _breakable(policy: str) -> str:
    """The id of a policy as HTML, with places where a line may end."""
    from markupsafe import Markup, escape

    return Markup(re.sub(r"(?<=[._])", "<wbr>", str(escape(policy))))  # noqa: S704 - it is escaped


def bars_by_day(policy: ReportedPolicy, since: str | None, until: str | None) -> list[Bar]:
    """Denials by day, from the first message of the archive to its last."""
    if not policy["by_day"] or since is None or until is None:
        return []
    first, last = date.fromisoformat(since[:10]), date.fromisoformat(until[:10])
    days = (last - first).days + 1
    step = -(-days // _MOST_BARS)
    starts = [first + timedelta(days=number) for number in range(0, days, step)]
    counts = [
        sum(policy["by_day"].get((start + timedelta(days=day)).isoformat(), 0) for day in range(step))
        for start in starts
    ]
    return _bars(counts, [f"{start.isoformat()}: {count}" for start, count in zip(starts, counts, strict=True)])


def bars_by_hour(policy: ReportedPolicy) -> list[Bar]:
    """Denials by the hour of the day."""
    counts = policy["by_hour"]
    if not any(counts):
        return []
    return _bars(counts, [f"{hour:02}:00: {count}" for hour, count in enumerate(counts)])


def _bars(counts: list[int], labels: list[str]) -> list[Bar]:
    highest, width = max(counts, default=0) or 1, 600 / max(len(counts), 1)
    return [
        Bar(
            round(number * width, 2),
            round(width * 0.82, 2),
            round(max(100 * count / highest, 2 if count else 0), 2),
            label,
        )
        for number, (count, label) in enumerate(zip(counts, labels, strict=True))
    ]
