"""Outcomes that nobody returns: `deny("…")` as a statement decides nothing, and the policy lets everything pass."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Mapping
from inspect import unwrap
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from ..extension import Extension

_OUTCOMES: Final = frozenset({"allow", "warn", "deny"})
_HOMES: Final = ("dataworks_ext", "dataworks_ext.decision")
_NOT_POLICIES: Final = ("__pycache__", "tests", "node_modules", "site-packages")


class Discarded(NamedTuple):
    """A call of `deny`, `warn` or `allow` whose outcome goes nowhere."""

    file: Path
    line: int
    call: str
    """As it is written: `deny`, `dataworks_ext.deny`."""

    def __str__(self) -> str:
        here = Path.cwd()
        file = self.file.relative_to(here) if self.file.is_relative_to(here) else self.file
        return (
            f"{file}, line {self.line}: {self.call}(…) is not returned, so it decides nothing; "
            f"write return {self.call}(…)"
        )


def discarded_outcomes(paths: Iterable[Path]) -> list[Discarded]:
    """What the source of policies discards, in files and in the modules of folders. Nothing is imported.

    A file that cannot be read as Python is passed over: importing it tells more.
    """
    modules = _Modules()
    files = dict.fromkeys(file for path in paths for file in _python_files(path))
    return [found for file in files for found in _discarded_in(file, modules)]


def sources_of(extension: Extension, app: str) -> list[Path]:
    """Where the policies of an extension that is loaded are written: its package, and their modules.

    Args:
        extension: The extension.
        app: Its name, `module:attribute`.
    """
    package = sys.modules.get(app.partition(":")[0].partition(".")[0])
    folders = [Path(folder) for folder in getattr(package, "__path__", ())]
    modules = (sys.modules.get(unwrap(entry.function).__module__) for entry in extension.policies)
    files = dict.fromkeys(Path(file) for module in modules if (file := getattr(module, "__file__", None)))
    return [*folders, *(file for file in files if not any(folder in file.parents for folder in folders))]


def problem_of(discarded: list[Discarded]) -> str:
    """The first of them as a sentence, and how many more there are; empty for none."""
    if not discarded:
        return ""
    more = f" (and {len(discarded) - 1} more)" if len(discarded) > 1 else ""
    return f"{discarded[0]}{more}"


def _python_files(path: Path) -> Iterator[Path]:
    if path.is_file():
        yield path
        return
    for file in sorted(path.rglob("*.py")):
        parts = file.relative_to(path).parts
        if file.is_file() and not any(part.startswith(".") or part in _NOT_POLICIES for part in parts):
            yield file


def _discarded_in(file: Path, modules: _Modules) -> Iterator[Discarded]:
    tree = modules.tree(file)
    if tree is None:
        return
    names = modules.names(file)
    for statement, hidden in _statements(tree, frozenset()):
        for call in _calls(statement.value):
            written = _dotted(call.func)
            if names.get(written, "") in _OUTCOMES and written.partition(".")[0] not in hidden:
                yield Discarded(file, call.lineno, written)


def _statements(node: ast.AST, hidden: frozenset[str]) -> Iterator[tuple[ast.Expr, frozenset[str]]]:
    """The expression statements, each with the names that the functions around it give another meaning."""
    if isinstance(node, ast.Expr):
        yield node, hidden
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        arguments = node.args
        every = (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg)
        hidden |= {one.arg for one in every if one is not None}
    for child in ast.iter_child_nodes(node):
        yield from _statements(child, hidden)


def _calls(value: ast.expr) -> Iterator[ast.Call]:
    """The calls whose value a statement may throw away."""
    if isinstance(value, ast.Call):
        yield value
    elif isinstance(value, ast.IfExp):
        yield from _calls(value.body)
        yield from _calls(value.orelse)
    elif isinstance(value, ast.BoolOp):
        for part in value.values:
            yield from _calls(part)
    elif isinstance(value, (ast.Await, ast.Yield)) and value.value is not None:
        yield from _calls(value.value)
    elif isinstance(value, (ast.Tuple, ast.List)):
        for element in value.elts:
            yield from _calls(element)


def _dotted(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return f"{_dotted(function.value)}.{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


class _Modules:
    """Modules by their files, and what is an outcome in each."""

    def __init__(self) -> None:
        self._trees: dict[Path, ast.Module | None] = {}
        self._names: dict[Path, Mapping[str, str]] = {}

    def tree(self, file: Path) -> ast.Module | None:
        """The module; None if it cannot be read."""
        if file not in self._trees:
            try:
                self._trees[file] = ast.parse(file.read_bytes())
            except (OSError, SyntaxError, ValueError, RecursionError):
                self._trees[file] = None
        return self._trees[file]

    def names(self, file: Path) -> Mapping[str, str]:
        """The names of outcomes in a module, as they are called there: `{"no": "deny", "dataworks_ext.deny": "deny"}`.

        A name that the module defines itself is not among them; one that it imports from a module beside it may be.
        """
        if file not in self._names:
            self._names[file] = {}  # for modules that import each other
            tree = self.tree(file)
            self._names[file] = {} if tree is None else self._imported(file, tree)
        return self._names[file]

    def _imported(self, file: Path, tree: ast.Module) -> dict[str, str]:
        names: dict[str, str] = {}
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for alias in node.names:
                    if alias.name in _HOMES:
                        names |= {f"{alias.asname or alias.name}.{outcome}": outcome for outcome in _OUTCOMES}
            elif isinstance(node, ast.ImportFrom):
                offered = self._offered(file, node)
                for alias in node.names:
                    if alias.name == "*":
                        names |= offered
                    elif alias.name in offered:
                        names[alias.asname or alias.name] = offered[alias.name]
                    elif node.module == "dataworks_ext" and alias.name == "decision":
                        names |= {f"{alias.asname or alias.name}.{outcome}": outcome for outcome in _OUTCOMES}
        for node in tree.body:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.pop(node.name, None)
            elif isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
                names.pop(node.targets[0].id, None)
                if (meant := names.get(_dotted(node.value))) is not None:
                    names[node.targets[0].id] = meant
        return names

    def _offered(self, file: Path, node: ast.ImportFrom) -> Mapping[str, str]:
        """The outcomes that the module imported from has."""
        if node.module in _HOMES and node.level == 0:
            return {outcome: outcome for outcome in _OUTCOMES}
        steps = node.module.split(".") if node.module else []
        around = list(file.absolute().parents)
        if node.level:
            folder = around[min(node.level, len(around)) - 1]
        else:
            folder = next((parent.parent for parent in around if parent.name == steps[0]), Path())
        module = folder.joinpath(*steps)
        for candidate in (module.with_suffix(".py"), module / "__init__.py"):
            if candidate.is_file() and candidate != file:
                return self.names(candidate)
        return {}
