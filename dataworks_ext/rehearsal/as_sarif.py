"""A report as SARIF 2.1.0 has it: results at the line of the policy, for code review."""

from __future__ import annotations

import json
from typing import Final, Literal

from .. import __version__
from .report import Report, ReportedPolicy

_SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
Level = Literal["error", "warning", "note"]


def sarif(report: Report) -> str:
    """The JSON. A policy that newly denies is a warning, or an error where a limit is exceeded."""
    level: Level = "error" if any(limit["exceeded"] for limit in report["limits"]) else "warning"
    results = [result for policy in report["policies"] for result in _results(policy, level)]
    rules = [{"id": policy["policy"], "name": policy["policy"]} for policy in report["policies"]]
    driver = {
        "name": "dataworks-ext rehearse",
        "version": __version__,
        "informationUri": "https://pypi.org/project/dataworks-ext/",
        "rules": rules,
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {name: report[name] for name in ("messages", "unread", "unknown", "baseline")},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, ensure_ascii=False, indent=2) + "\n"


def _results(policy: ReportedPolicy, level: Level) -> list[dict[str, object]]:
    findings: list[tuple[Level, str]] = []
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
    return [_result(policy, found, text) for found, text in findings]


def _result(policy: ReportedPolicy, level: Level, text: str) -> dict[str, object]:
    result: dict[str, object] = {"ruleId": policy["policy"], "level": level, "message": {"text": text}}
    if policy["file"] and policy["line"]:
        place = {
            "artifactLocation": {"uri": policy["file"], "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": policy["line"]},
        }
        result["locations"] = [{"physicalLocation": place}]
    return result
