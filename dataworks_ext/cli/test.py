"""`dataworks-ext test`: case files, put to the policies of an extension."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from ..extension import Extension
from ..testing.cases.case import CaseError, Problem, place
from ..testing.cases.reading import find_case_files, read_cases
from ..testing.cases.result import CaseResult, run_case
from ..testing.discarded import discarded_outcomes, problem_of, sources_of
from ._forms import Form, Formatted, Output, Written, write
from ._output import DEFAULT, UNREADABLE, App, Json, console, fail, load
from ._screen import inline
from ._test_forms import forms_of
from .check import print_failures, reasons_as_json, reasons_table

FAILED: Final = 1
"""The exit status for a result that is not the expected one."""

Paths = Annotated[
    list[Path] | None, typer.Argument(metavar="PATH", help="Case files or folders of them; cases by default.")
]
_DEFAULT: Final = Path("cases")


class Tested(NamedTuple):
    """One case file and what came of it."""

    file: Path
    results: tuple[CaseResult, ...] = ()
    problems: tuple[Problem, ...] = ()
    """What could not be read, or asked."""

    @property
    def failed(self) -> list[CaseResult]:
        """The results of the cases that failed."""
        return [result for result in self.results if not result.passed]


def run_cases(
    paths: Paths = None, app: App = DEFAULT, form: Formatted = Form.TABLE, output: Output = None, as_json: Json = False
) -> None:
    """Run case files and compare the decisions with the expected ones.

    The environment is ignored: a case has the settings and modes that it names itself, and DataWorks is not asked.

    Exit status 0: all cases passed. 1: at least one failed. 2: a file cannot be read, or there is no case.
    """
    extension = load(app)
    discarded = discarded_outcomes(sources_of(extension, app))
    if discarded:
        fail(problem_of(discarded))
    tested = [_test(extension, file) for file in _files(paths or [_DEFAULT])]
    written = Written(
        lambda: _print_all(tested),
        lambda: [one for file in tested for one in _as_json(file)],
        forms_of(tested, _total(tested)),
    )
    write(Form.JSON if as_json else form, output, written)
    if not any(file.results or file.problems for file in tested):
        fail("there is no case in these files; a case begins with - name:")
    if any(file.problems for file in tested):
        raise typer.Exit(UNREADABLE)
    if any(file.failed for file in tested):
        raise typer.Exit(FAILED)


def _files(paths: Sequence[Path]) -> list[Path]:
    try:
        files = find_case_files(paths)
    except CaseError as error:
        fail(f"{error}; name case files, or folders of them, or make the folder {_DEFAULT}")
    if not files:
        fail(f"there is no case file in {', '.join(map(str, paths))}; a case file ends in .yaml or .yml")
    return files


def _test(extension: Extension, file: Path) -> Tested:
    try:
        cases = read_cases(file)
    except CaseError as error:
        return Tested(file, problems=error.problems)
    results: list[CaseResult] = []
    problems: list[Problem] = []
    for case in cases:
        try:
            results.append(run_case(extension, case))
        except CaseError as error:
            problems.extend(error.problems)
    return Tested(file, tuple(results), tuple(problems))


def _print_all(tested: Sequence[Tested]) -> None:
    for file in tested:
        _print(file)
    console().print(_total(tested), style="bold")


def _print(tested: Tested) -> None:
    out = console()
    style = "red" if tested.failed or tested.problems else "green"
    out.print(f"{inline(str(tested.file))}: {_counts([tested])}", style=style)
    for line, problem in tested.problems:
        console(error=True).print(f"{inline(place(tested.file, line))}: {problem}", style="red")
    for result in tested.results:
        if not result.passed:
            _print_failed(result)
        for hint in result.hints if result.passed else ():
            out.print(f"{inline(result.case.title)}\n  Hint: {hint}", style="yellow")


def _print_failed(result: CaseResult) -> None:
    out = console()
    out.print(inline(result.case.title), style="red")
    for line in result.differences:
        out.print(f"  {line}")
    if result.decision.reasons:
        out.print(reasons_table(result.decision))
    for hint in result.hints:
        out.print(f"  Hint: {hint}")
    print_failures(out, result.decision)


def _total(tested: Sequence[Tested]) -> str:
    files = "1 file" if len(tested) == 1 else f"{len(tested)} files"
    return f"{files}: {_counts(tested)}"


def _counts(tested: Sequence[Tested]) -> str:
    failed = sum(len(file.failed) for file in tested)
    passed = sum(len(file.results) for file in tested) - failed
    problems = sum(len(file.problems) for file in tested)
    counts = [f"{passed} passed"]
    if failed:
        counts.append(f"{failed} failed")
    if problems:
        counts.append("1 problem" if problems == 1 else f"{problems} problems")
    return ", ".join(counts)


def _as_json(tested: Tested) -> list[dict[str, object]]:
    file = str(tested.file)
    problems: list[dict[str, object]] = [
        {"file": file, "line": line, "problem": problem} for line, problem in tested.problems
    ]
    return [*problems, *({"file": file, **_result_as_json(result)} for result in tested.results)]


def _result_as_json(result: CaseResult) -> dict[str, object]:
    case, decision = result.case, result.decision
    return {
        "line": case.line,
        "name": case.written.name,
        "event_code": case.event.event_code,
        "passed": result.passed,
        "expected": case.written.expect.value,
        "expected_text": case.written.text,
        "verdict": decision.verdict.value,
        "message": decision.message,
        "reasons": reasons_as_json(decision),
        "hints": result.hints,
    }
