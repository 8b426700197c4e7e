"""The first pack of a project: a rule for each of the events that somebody named, with its tests and cases."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from ..events import CatalogEntry, catalog, class_name
from ..spelling import nearest
from ..testing import sample

DIRECT: Final = "Upload and Download"
"""The module whose events reach the function directly; others come through EventBridge."""


class Limit(NamedTuple):
    """What a rule compares with a number, where an event has something to count."""

    setting: str
    default: int
    meaning: str
    measured: str
    """The expression, of the event."""
    field: str
    within: str
    beyond: str
    """Values of the field, as Python and as YAML."""


_ROWS: Final = Limit(
    "max_rows", 100_000, "Rows that one download may have.", "event.data_row_size", "data_row_size", "10", "100001"
)
_LIMITS: Final = {
    "download-resources": _ROWS,
    "download-resources-execute": _ROWS,
    "upload-data-to-table": Limit(
        "max_bytes", 1_000_000, "Bytes that one upload may have.", "event.file_size", "file_size", "10", "1000001"
    ),
    "backfill-data": Limit(
        "max_nodes",
        2,
        "Nodes that one backfill may have.",
        "len(event.include_node_ids)",
        "include_node_ids",
        "[1, 2]",
        "[1, 2, 3]",
    ),
}


class StarterRule(NamedTuple):
    """A rule for an event: about a number, or about who may do it."""

    entry: CatalogEntry

    @property
    def code(self) -> str:
        """The event code."""
        return self.entry.code

    @property
    def cls(self) -> str:
        """The name of the event's class."""
        return class_name(self.code)

    @property
    def name(self) -> str:
        """The name of its function."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", self.cls).lower()

    @property
    def limit(self) -> Limit | None:
        """What it limits; None if it is about people."""
        return _LIMITS.get(self.code)

    @property
    def setting(self) -> str:
        """Its setting."""
        return f"{self.name}_{self.limit.setting}" if self.limit else f"{self.name}_by"


def rules_of(codes: Sequence[str]) -> list[StarterRule]:
    """A rule for each event code. Raises `ValueError` for a code that nobody can refuse, with what to do."""
    for code in codes:
        if code not in catalog:
            raise ValueError(f'there is no event "{code}"{nearest(code, catalog)}; `dataworks-ext events` lists them')
        if not catalog[code].extension_point:
            raise ValueError(
                f'"{code}" is not a blocking event, so no rule can refuse it; write an observer of it by hand, '
                f"and name a blocking one here: `dataworks-ext events` lists them"
            )
    return [StarterRule(catalog[code]) for code in dict.fromkeys(codes)]


def policies_module(pack: str, rules: Sequence[StarterRule]) -> str:
    """The module of the pack."""
    return "\n".join(_module_lines(pack, rules)) + "\n"


def _module_lines(pack: str, rules: Sequence[StarterRule]) -> Iterator[str]:
    yield from ('"""What people may do, and how much of it."""', "", "from __future__ import annotations", "")
    yield "from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny"
    yield from _imports("dataworks_ext.events", [rule.cls for rule in rules])
    yield f"from pydantic import BaseModel{', PositiveInt' if any(rule.limit for rule in rules) else ''}"
    yield from ("", "", "class Settings(BaseModel):")
    for rule in rules:
        if rule.limit:
            yield f"    {rule.setting}: PositiveInt = {rule.limit.default:_}"
            yield f'    """{rule.limit.meaning}"""'
        else:
            yield f"    {rule.setting}: tuple[str, ...] = ()"
            yield f'    """UIDs of the people who may do it ({rule.code}); everybody if empty."""'
    yield from ("", "", f'{pack} = PolicyPack("{pack}", settings=Settings)')
    for rule in rules:
        yield from ("", "")
        yield from _policy(pack, rule)


def _policy(pack: str, rule: StarterRule) -> Iterator[str]:
    needs = "" if rule.limit else f', needs="{rule.setting}"'
    yield f"@{pack}.policy({rule.cls}{needs})"
    yield from (f"def {rule.name}(", f"    event: {rule.cls},", "    context: PolicyContext[Settings],")
    yield ") -> Outcome | None:"
    if rule.limit:
        yield f'    """{rule.limit.meaning}"""'
        yield f"    limit, wanted = context.settings.{rule.setting}, {rule.limit.measured}"
        yield "    if wanted > limit:"
        yield "        return deny("
        yield '            f"At most {limit:,} are allowed; this has {wanted:,}. Ask for less at once.",'
        yield '            zh=f"最多允许 {limit:,}，本次为 {wanted:,}，请减少后重试。",'
        yield "        )"
    else:
        yield f'    """Only people who are named may do it: {rule.code}."""'
        yield f"    if event.operator not in context.settings.{rule.setting}:"
        yield "        return deny("
        yield '            "You are not among the people who may do this. Ask one of them.",'
        yield '            zh="您无权执行此操作，请联系有权限的人员。",'
        yield "        )"
    yield "    return None"


def tests_module(pack: str, rules: Sequence[StarterRule]) -> str:
    """The tests of the pack, in Python."""
    return "\n".join(_test_lines(pack, rules)) + "\n"


def _test_lines(pack: str, rules: Sequence[StarterRule]) -> Iterator[str]:
    yield from ('"""What each policy stops, and what it lets pass."""', "", "from __future__ import annotations", "")
    yield from _imports("dataworks_ext.events", [rule.cls for rule in rules])
    yield from ("from dataworks_ext.testing import decide, sample", "")
    yield from _imports(f"policies.{pack}", [rule.name for rule in rules])
    for rule in rules:
        for does, verdict in (("stops", "denied"), ("lets_pass", "allowed")):
            yield from ("", "", f"def test_{rule.name}_{does}() -> None:")
            if rule.limit:
                value = rule.limit.beyond if verdict == "denied" else rule.limit.within
                yield f"    event = sample({rule.cls}, {rule.limit.field}={value})"
                yield f"    assert decide({rule.name}, event).{verdict}"
            else:
                people = '"somebody else"' if verdict == "denied" else "event.operator"
                yield f"    event = sample({rule.cls})"
                yield f'    settings = {{"{rule.setting}": [{people}]}}'
                yield f"    assert decide({rule.name}, event, settings=settings).{verdict}"


def _imports(module: str, names: Sequence[str]) -> Iterator[str]:
    yield from (f"from {module} import (", *(f"    {name}," for name in sorted(names)), ")")


def case_file(pack: str, rules: Sequence[StarterRule]) -> str:
    """The tests of the pack, in YAML."""
    comment = '# What people do in DataWorks, and the expected verdict. "with" changes a sample of the event.\n'
    return comment + "".join(f"\n{case}" for rule in rules for case in _cases(pack, rule))


def _cases(pack: str, rule: StarterRule) -> Iterator[str]:
    for verdict in ("FAIL", "OK"):
        if rule.limit:
            name = "too much" if verdict == "FAIL" else "little"
            value = rule.limit.beyond if verdict == "FAIL" else rule.limit.within
            change = f"  with:\n    {rule.limit.field}: {value}\n"
        else:
            name = "somebody else" if verdict == "FAIL" else "somebody who is named"
            people = ["somebody else"] if verdict == "FAIL" else [sample(rule.code).operator]
            change = f"  settings:\n    {pack}.{rule.setting}: {json.dumps(people)}\n"
        yield f'- name: "{rule.code}: {name}"\n  event: {rule.code}\n{change}  expect: {verdict}\n'
