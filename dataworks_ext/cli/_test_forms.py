"""What `test` found, as JUnit, SARIF and Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from ..reporting.junit import JunitCase, junit_document
from ..reporting.markdown import markdown_table, markdown_text
from ..reporting.sarif import SarifResult, sarif_document
from ..testing.cases.case import place
from ._check_forms import UNREADABLE_RULE
from ._forms import Form

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..testing.cases.result import CaseResult
    from .test import Tested

FAILED_RULE: Final = "case-failed"


def forms_of(tested: Sequence[Tested], total: str) -> Mapping[Form, Callable[[], str]]:
    """The writers of each form.

    Args:
        tested: The files.
        total: The counts in words.
    """
    return {
        Form.JUNIT: lambda: junit_document("test", [case for file in tested for case in _junit(file)]),
        Form.SARIF: lambda: sarif_document("test", [found for file in tested for found in _sarif(file)]),
        Form.MARKDOWN: lambda: _markdown(tested, total),
    }


def _junit(tested: Tested) -> Iterator[JunitCase]:
    file = tested.file.as_posix()
    for line, problem in tested.problems:
        yield JunitCase(file, place(tested.file, line), error=problem)
    for result in tested.results:
        hints = "\n".join(f"Hint: {hint}" for hint in result.hints)
        yield JunitCase(file, result.case.written.name, None if result.passed else _said(result), output=hints)


def _sarif(tested: Tested) -> Iterator[SarifResult]:
    file = tested.file.as_posix()
    for line, problem in tested.problems:
        yield SarifResult(UNREADABLE_RULE, "error", problem, file, line or 0)
    for result in tested.results:
        if not result.passed:
            text = f"{result.case.written.name}: {_said(result)}"
            yield SarifResult(FAILED_RULE, "error", text, file, result.case.line)


def _markdown(tested: Sequence[Tested], total: str) -> str:
    """A row for each case that failed, and for each problem."""
    rows = [
        *(
            [markdown_text(place(file.file, line)), "", markdown_text(problem)]
            for file in tested
            for line, problem in file.problems
        ),
        *(
            [
                markdown_text(place(file.file, result.case.line)),
                markdown_text(result.case.written.name),
                markdown_text(_said(result)),
            ]
            for file in tested
            for result in file.failed
        ),
    ]
    table = f"\n\n{markdown_table(('Place', 'Case', 'What is not as expected'), rows)}" if rows else ""
    return f"## {total}{table}\n"


def _said(result: CaseResult) -> str:
    return "\n".join(result.differences)
