"""A report as JUnit has it: a test case for each policy with its counts, and one for each limit."""

from __future__ import annotations

from collections.abc import Iterator

from ..reporting.junit import JunitCase, junit_document
from .report import Report, ReportedPolicy

_COUNTS = ("messages", "unread", "unknown", "newly_denied", "newly_allowed", "people")


def junit(report: Report) -> str:
    """The XML. Only a limit that is exceeded fails: what a policy newly denies is in its output."""
    counts = {name: value for name, value in report.items() if name in _COUNTS}
    return junit_document(f"rehearsal of {report['extension']}", list(_cases(report)), counts)


def _cases(report: Report) -> Iterator[JunitCase]:
    for policy in report["policies"]:
        yield JunitCase(policy["file"] or "policies", policy["policy"], output=_counts(policy))
    for limit in report["limits"]:
        most = f"at most {limit['most']} {limit['limit']}"
        yield JunitCase("limits", most, f"{limit['found']} of {most}" if limit["exceeded"] else None)


def _counts(policy: ReportedPolicy) -> str:
    counts = {name: value for name, value in policy.items() if isinstance(value, int) and name != "line"}
    return ", ".join(f"{name}: {count}" for name, count in counts.items())
