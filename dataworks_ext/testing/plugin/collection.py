"""Case files as pytest sees them: a file of cases, each of them a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ...errors import ExtensionError
from ..table import printable
from . import app_of

if TYPE_CHECKING:
    from _pytest._code.code import ExceptionInfo, TerminalRepr

    from ..cases.case import Case


class CaseFailed(Exception):
    """A case whose result is not the expected one. The text says all that there is to say."""


class CaseWarning(pytest.PytestWarning):
    """A case that passes, perhaps for another reason than its author thinks of."""


class CaseFile(pytest.File):
    """A case file."""

    def collect(self) -> Iterator[CaseItem]:
        """Each case as a test. A file that cannot be read is an error of collection."""
        try:
            from ..cases.case import CaseError
            from ..cases.reading import read_cases  # who has no case files needs no YAML
        except ModuleNotFoundError as error:
            if not str(error.name).startswith("ruamel"):
                raise
            text = f"{self.path.name}: case files need ruamel.yaml; install it with: pip install 'dataworks-ext[test]'"
            raise self.CollectError(text) from None
        try:
            cases = read_cases(_as_seen_from(Path.cwd(), self.path))
        except CaseError as error:
            raise self.CollectError(printable(str(error))) from None
        for case in cases:
            yield CaseItem.from_parent(self, name=printable(case.written.name), case=case)


class CaseItem(pytest.Item):
    """A case."""

    def __init__(self, *, case: Case, **arguments: object) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type]  # pytest's own, which it passes on
        self.case = case

    def runtest(self) -> None:
        """Ask the extension, and compare."""
        from ..cases.result import run_case

        result = run_case(app_of(self.config).extension(), self.case)
        if not result.passed:
            raise CaseFailed(result.problem)
        for hint in result.hints:
            self.warn(CaseWarning(hint))

    def repr_failure(self, excinfo: ExceptionInfo[BaseException], style: object = None) -> str | TerminalRepr:
        """The text of what is wrong with the case; a traceback for anything else."""
        if isinstance(excinfo.value, (CaseFailed, ExtensionError)):
            return printable(str(excinfo.value))
        if isinstance(excinfo.value, CaseWarning):
            return printable(f"{self.case.title}\n  {excinfo.value}")
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """File, line and name."""
        return self.path, self.case.line - 1, self.name


def _as_seen_from(folder: Path, path: Path) -> Path:
    return path.relative_to(folder) if folder in path.parents else path
