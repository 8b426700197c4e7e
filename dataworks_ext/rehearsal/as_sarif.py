"""A report as SARIF 2.1.0 has it: results at the line of the policy, for code review."""

from __future__ import annotations

from ..reporting.sarif import SarifLevel, SarifResult, sarif_document
from .report import Report, ReportedPolicy


def sarif(report: Report) -> str:
    """The JSON. A policy that newly denies is a warning, or an error where a limit is exceeded."""
    level: SarifLevel = "error" if any(limit["exceeded"] for limit in report["limits"]) else "warning"
    results = [result for policy in report["policies"] for result in _results(policy, level)]
    rules = [policy["policy"] for policy in report["policies"]]
    properties = {
        "messages": report["messages"],
        "unread": report["unread"],
        "unknown": report["unknown"],
        "baseline": report["baseline"],
    }
    return sarif_document("rehearse", results, rules, properties)


def _results(policy: ReportedPolicy, level: SarifLevel) -> list[SarifResult]:
    findings: list[tuple[SarifLevel, str]] = []
    if policy["newly_denied"]:
        text = f"It newly denies {policy['newly_denied']:,} messages, and denies {policy['denies']:,} in all, of "
        findings.append((level, f"{text}{policy['people']:,} people."))
    if policy["newly_allowed"]:
        findings.append(("note", f"It newly allows {policy['newly_allowed']:,} messages."))
    if policy["fails"]:
        findings.append(("warning", f"It fails on {policy['fails']:,} messages: {', '.join(policy['errors'])}."))
    if policy["unstable"]:
        findings.append(("warning", "It answers differently when it is asked twice."))
    if policy["unknown"]:
        causes = ", ".join(policy["unknown_causes"])
        findings.append(("note", f"Its verdict on {policy['unknown']:,} messages is unknown; not archived: {causes}."))
    place = (policy["file"] or "", policy["line"])
    return [SarifResult(policy["policy"], found, text, *place) for found, text in findings]
