"""Every class of the events and every field of one says what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from dataworks_ext import events

_PACKAGE = Path(events.__file__).parent


def _classes() -> Iterator[tuple[str, ast.ClassDef]]:
    for path in sorted(_PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                yield path.relative_to(_PACKAGE).with_suffix("").as_posix(), node


_CLASSES = {f"{home}.{node.name}": node for home, node in _classes()}
_PUBLIC = [name for name, node in _CLASSES.items() if not node.name.startswith("_")]


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _undocumented(node: ast.ClassDef) -> list[str]:
    """The public fields without a docstring. A code that a class gives to `event_code` needs none of its own."""
    found = []
    for statement, following in zip(node.body, [*node.body[1:], None], strict=True):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            name = statement.target.id
            inherited = name == "event_code" and statement.value is not None
            if not name.startswith("_") and not inherited and not _is_text(following):
                found.append(name)
    return found


def test_there_are_classes_to_look_at() -> None:
    """51 codes, and what they share and consist of."""
    assert len(_PUBLIC) > 100


def test_public_classes_have_docstrings() -> None:
    first_lines = {name: (ast.get_docstring(_CLASSES[name]) or "").partition("\n")[0].rstrip() for name in _PUBLIC}
    assert [name for name, line in first_lines.items() if not line.endswith((".", ":"))] == []


def test_public_fields_have_docstrings() -> None:
    names = [name for name in _PUBLIC if not name.startswith(("catalog.", "cron."))]
    assert {name: fields for name in names if (fields := _undocumented(_CLASSES[name]))} == {}


def test_the_code_of_every_event_is_explained_once() -> None:
    """The base has the docstring of `event_code`, for all."""
    assert _undocumented(_CLASSES["base.Event"]) == []
    assert any(
        isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "event_code"
        for node in _CLASSES["base.Event"].body
    )
