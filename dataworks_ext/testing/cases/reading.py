"""Reading case files."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from ...spelling import nearest
from ..deciding import NOON
from .case import Case, CaseError, Problem
from .event import event_of
from .fields import fields_of, kind_of, mode_of, moment_of, name_of, needed, parts_of, text_of, verdict_of
from .located import Fields, Items, LineError, Located, read_yaml
from .snapshot import snapshot_of

SUFFIXES: Final = (".yaml", ".yml")

_NAMES: Final = (
    *("name", "event", "with", "message", "settings", "modes", "now"),
    *("snapshot", "options", "parameters", "expect", "text"),
)


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
        located = read_yaml(file.read_bytes().decode("utf-8-sig"))
        items = () if located is None else _items(located)
    except OSError as error:
        raise CaseError(file, [Problem(None, f"cannot be read: {error.strerror}")]) from None
    except UnicodeDecodeError:
        raise CaseError(file, [Problem(None, "cannot be read: it is no UTF-8")]) from None
    except LineError as error:
        raise CaseError(file, [Problem(error.line, str(error))]) from None
    cases: list[Case] = []
    problems: list[Problem] = []
    for item in items:
        try:
            case = _case(file, item)
            cases.append(_distinct(case, cases))
        except LineError as error:
            problems.append(Problem(error.line, str(error)))
    if problems:
        raise CaseError(file, problems)
    return cases


def _items(located: Located) -> tuple[Located, ...]:
    if isinstance(located, Items):
        return located.items
    raise LineError(located.line, f'expected a list of cases, each beginning with "- name:", got {kind_of(located)}')


def _distinct(case: Case, cases: Iterable[Case]) -> Case:
    for other in cases:
        if other.name == case.name:
            raise LineError(case.line, f"the case in line {other.line} has this name; give each case its own")
    return case


def _case(file: Path, located: Located) -> Case:
    if not isinstance(located, Fields):
        raise LineError(located.line, f'expected a case, beginning with "- name:", got {kind_of(located)}')
    for name in located.fields:
        if name not in _NAMES:
            raise LineError(located.lines[name], f"a case has no {name}{nearest(name, _NAMES)}")
    case = located.fields
    event = event_of(file.parent, located)
    expect = verdict_of(needed(located, "expect"))
    settings, modes = fields_of(case, "settings"), fields_of(case, "modes")
    return Case(
        file=file,
        line=located.line,
        name=name_of(needed(located, "name")),
        event=event,
        expect=expect,
        text=parts_of(case["text"], expect) if "text" in case else (),
        settings=settings.value,
        modes={name: mode_of(mode) for name, mode in modes.fields.items()},
        now=moment_of(case["now"]) if "now" in case else NOON,
        snapshot=snapshot_of(file.parent, event.event_code, case["snapshot"]) if "snapshot" in case else None,
        options=fields_of(case, "options").value,
        parameters={name: text_of(value, name) for name, value in fields_of(case, "parameters").fields.items()},
        lines={**settings.lines, **modes.lines},
    )
