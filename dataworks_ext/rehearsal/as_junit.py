"""A report as JUnit has it: a test case for each policy, which fails where it newly denies, and one for each limit."""

from __future__ import annotations

from xml.etree.ElementTree import Element, SubElement, indent, tostring

from .report import Report, ReportedPolicy


def junit(report: Report) -> str:
    """The XML. Only a limit that is exceeded fails: what a policy newly denies is in its output."""
    suites = Element("testsuites")
    policies, limits = report["policies"], report["limits"]
    suite = SubElement(
        suites,
        "testsuite",
        name=f"rehearsal of {report['extension']}",
        tests=str(len(policies) + len(limits)),
        failures=str(sum(limit["exceeded"] for limit in limits)),
        errors="0",
        skipped="0",
    )
    for name in ("messages", "unread", "unknown", "newly_denied", "newly_allowed", "people"):
        properties = suite.find("properties")
        if properties is None:
            properties = SubElement(suite, "properties")
        SubElement(properties, "property", name=name, value=str(report[name]))
    for policy in policies:
        case = SubElement(suite, "testcase", classname=policy["file"] or "policies", name=policy["policy"])
        SubElement(case, "system-out").text = _counts(policy)
    for limit in limits:
        case = SubElement(suite, "testcase", classname="limits", name=f"at most {limit['most']} {limit['limit']}")
        if limit["exceeded"]:
            SubElement(case, "failure", message=f"{limit['found']} of at most {limit['most']} {limit['limit']}")
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _counts(policy: ReportedPolicy) -> str:
    counts = {name: value for name, value in policy.items() if isinstance(value, int) and name != "line"}
    return ", ".join(f"{name}: {count}" for name, count in counts.items())
