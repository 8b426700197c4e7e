"""Reading case files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from ...decision import Verdict
from .case import Case, CaseError, Problem
from .circumstances import CasePlaceError, event_of, snapshot_of
from .document import Document, LineError, read_yaml
from .model import WrittenCase, kind_of, mistakes_in
from .saved import SavedError, read_text

SUFFIXES: Final = (".yaml", ".yml")


def find_case_files(paths: Iterable[Path]) -> list[Path]:
    """Files as they are named, and what is in folders: everything that ends in .yaml or .yml, by name.

    Raises:
        CaseError: A path leads nowhere.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            files = (file for file in path.rglob("*") if file.suffix in SUFFIXES and file.is_file())
            found.update(dict.fromkeys(sorted(files)))
        elif path.exists():
            found[path] = None
        else:
            raise CaseError(path, [Problem(None, "there is no such file or folder")])
    return list(found)


def read_cases(file: Path) -> list[Case]:
    """The cases of a file, in their order.

    Raises:
        CaseError: The file cannot be read, or at least one of its cases.
    """
    try:
        document = read_yaml(read_text(file))
    except SavedError as error:
        raise CaseError(file, [Problem(None, f"this file {error}")]) from None
    except LineError as error:
        raise CaseError(file, [Problem(error.line, str(error))]) from None
    value = document.value or []
    if not isinstance(value, list):
        text = f'expected a list of cases, each beginning with "- name:", got {kind_of(value)}'
        raise CaseError(file, [Problem(document.line(()), text)])
    cases: dict[str, Case] = {}
    problems: list[tuple[int, str]] = []
    for number, item in enumerate(value):
        try:
            case = _case(file, document, number, item)
            if first := cases.get(case.written.name):
                raise CasePlaceError(f"the case in line {first.line} has this name; give each case its own")
            cases[case.written.name] = case
        except ValidationError as error:
            for path, text in mistakes_in(error):
                problems.append((document.line((number, *path)), text))
        except CasePlaceError as error:
            problems.append((document.line((number, *error.path)), str(error)))
    if problems:
        raise CaseError(file, [Problem(line, text) for line, text in sorted(problems)])
    return list(cases.values())


def _case(file: Path, document: Document, number: int, value: object) -> Case:
    written = WrittenCase.model_validate(value)
    if written.text and written.expect is Verdict.OK:
        raise CasePlaceError("nobody sees a text with OK; leave the text out, or expect WARN or FAIL", "text")
    event, fields = event_of(file.parent, written), written.snapshot
    snapshot = None if fields is None else snapshot_of(file.parent, event.event_code, fields)
    places = [("settings", name) for name in written.settings] + [("modes", name) for name in written.modes]
    lines = {name: document.line((number, field, name)) for field, name in places}
    return Case(file, document.line((number,)), lines, written, event, snapshot)
