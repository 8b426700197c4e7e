"""What `check` found, as JUnit, SARIF and Markdown."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ..decision import Reason, Verdict
from ..reporting.junit import JunitCase, junit_document
from ..reporting.markdown import markdown_table, markdown_text
from ..reporting.sarif import SarifLevel, SarifResult, sarif_document
from ..testing.reasons import error_of
from ._forms import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from .check import Checked

UNREADABLE_RULE: Final = "unreadable"


def forms_of(checked: Sequence[Checked]) -> Mapping[Form, Callable[[], str]]:
    """The writers of each form."""
    return {
        Form.JUNIT: lambda: junit_document("check", list(map(_junit, checked))),
        Form.SARIF: lambda: sarif_document("check", [found for one in checked for found in _sarif(one)]),
        Form.MARKDOWN: lambda: _markdown(checked),
    }


def _junit(one: Checked) -> JunitCase:
    """A test case for each message, which fails if it is denied."""
    if one.message is None or one.decision is None:
        return JunitCase(one.file, one.name, error=one.problem)
    said = "\n".join(
        f"{reason.policy}: {reason.verdict.value} {_text_of(reason)}".rstrip() for reason in one.decision.reasons
    )
    name = one.message.event_code if one.place is None else f"{one.message.event_code} [{one.place}]"
    return JunitCase(one.file, name, one.decision.message if one.decision.denied else None, output=said)


def _sarif(one: Checked) -> Iterator[SarifResult]:
    """A result for each policy that objects, as far as its mode lets it."""
    if one.message is None or one.decision is None:
        yield SarifResult(UNREADABLE_RULE, "error", one.problem, one.file)
        return
    place = "" if one.place is None else f" Message {one.place} of the array."
    for reason in one.decision.reasons:
        if reason.verdict is not Verdict.OK or reason.error is not None:
            yield SarifResult(reason.policy, _level(reason), f"{_text_of(reason)}{place}", one.file)


def _level(reason: Reason) -> SarifLevel:
    """How far the objection reaches."""
    if reason.exempted_by is not None or reason.mode not in ("enforce", "warn") or reason.verdict is Verdict.OK:
        return "note"
    return "error" if reason.verdict is Verdict.FAIL and reason.mode == "enforce" else "warning"


def _markdown(checked: Sequence[Checked]) -> str:
    """A row for each message, with the policies that object."""
    counts = Counter("unreadable" if one.decision is None else one.decision.verdict.value for one in checked)
    told = ", ".join(f"{count} {what}" for what, count in counts.items())
    rows = [_row(one) for one in checked]
    table = markdown_table(("File", "Event", "Verdict", "Policies", "Text"), rows)
    return f"## {len(checked)} checked: {told}\n\n{table}\n"


def _row(one: Checked) -> list[str]:
    if one.message is None or one.decision is None:
        return [markdown_text(one.name), "", "unreadable", "", markdown_text(one.problem)]
    objecting = [reason for reason in one.decision.reasons if reason.verdict is not Verdict.OK or reason.error]
    policies = ", ".join(f"`{reason.policy}`" for reason in objecting)
    texts = " ".join(map(_text_of, objecting))
    verdict = one.decision.verdict.value
    return [markdown_text(one.name), markdown_text(one.message.event_code), verdict, policies, markdown_text(texts)]


def _text_of(reason: Reason) -> str:
    """What the policy says, or what became of it."""
    return " ".join(part for part in (reason.message, error_of(reason)) if part)
