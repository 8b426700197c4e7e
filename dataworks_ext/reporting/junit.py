"""JUnit's XML, as CI systems read it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple
from xml.etree.ElementTree import Element, SubElement, indent, tostring

_NO_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML has, not even escaped."""


class JunitCase(NamedTuple):
    """One test case."""

    group: str
    """What it belongs to, such as its file: `classname`."""
    name: str
    failure: str | None = None
    """What is not as it should be; None if all is."""
    error: str | None = None
    """Why it could not be run."""
    output: str = ""
    """Further lines."""


def junit_document(suite: str, cases: Sequence[JunitCase], properties: Mapping[str, object] | None = None) -> str:
    """The XML of one suite."""
    suites = Element("testsuites")
    counts = {
        "tests": len(cases),
        "failures": sum(case.failure is not None for case in cases),
        "errors": sum(case.error is not None for case in cases),
        "skipped": 0,
    }
    made = SubElement(suites, "testsuite", name=_text(suite))
    for name, count in counts.items():
        made.set(name, f"{count}")
    if properties:
        named = SubElement(made, "properties")
        for name, value in properties.items():
            SubElement(named, "property", name=name, value=_text(f"{value}"))
    for case in cases:
        _add(made, case)
    indent(suites)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suites, encoding="unicode") + "\n"


def _add(suite: Element, case: JunitCase) -> None:
    added = SubElement(suite, "testcase", classname=_text(case.group), name=_text(case.name))
    for kind, text in (("failure", case.failure), ("error", case.error)):
        if text is not None:
            SubElement(added, kind, message=_text(text.partition("\n")[0])).text = _text(text)
    if case.output:
        SubElement(added, "system-out").text = _text(case.output)


def _text(text: str) -> str:
    return _NO_XML.sub("\ufffd", text)
