"""Every error text of the framework, found in its source.

A text is what an exception, `fail` of the command, a finding of `doctor` or a problem of the environment is made with,
and what a function of advice, explanations or problems returns. What is filled in is `…`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

PACKAGE: Final = Path(__file__).parent.parent / "dataworks_ext"
GAP: Final = "…"
_MAKERS: Final = {"fail": 0, "Finding": 2, "Problem": 1, "append": 0}
"""What a text is passed to beside exceptions, and at which place; `append` counts for lists of problems only."""
_TYPES: Final = re.compile(r"\w+(?:Error|Disconnected|TooLarge|GarbledAnswer|ArgumentTypeError)\Z")
_TELLERS: Final = re.compile(r"\w*(?:advice|explain|problem|mistake|undelivered|what_came)\w*\Z")
"""Functions that return texts."""
_WORDS: Final = re.compile(r"[a-z]{2,}.* .*[a-z]{2,}", re.IGNORECASE)
"""A text has two words; what has fewer is a name that is passed on."""


class ErrorText(NamedTuple):
    """One text and where it is made."""

    module: str
    """The module within the package: `openapi/client`."""
    text: str
    """With `…` for what is filled in."""


@cache
def error_texts() -> tuple[ErrorText, ...]:
    """All texts, each once, by their modules and in their order there."""
    found = (
        ErrorText(path.relative_to(PACKAGE).with_suffix("").as_posix(), text)
        for path in sorted(PACKAGE.rglob("*.py"))
        for text in texts_of(path.read_text(encoding="utf-8"))
    )
    return tuple(dict.fromkeys(found))


def texts_of(source: str) -> list[str]:
    """The error texts of a module."""
    module = ast.parse(source)
    constants = {**_shared(), **_assigned(module.body)}
    texts = []
    for scope in _scopes(module):
        nodes = _within(scope)
        known = {**constants, **_assigned(nodes)}
        for node in nodes:
            forms = [text for expression in _told(node, scope) for text in _forms(expression, known)]
            texts += [text for text in forms if _WORDS.search(text)]
    return list(dict.fromkeys(texts))


@cache
def _shared() -> dict[str, list[ast.expr]]:
    """The names of variables, which modules import from each other."""
    modules = (ast.parse(path.read_text(encoding="utf-8")) for path in sorted(PACKAGE.rglob("*.py")))
    constants = (_assigned(module.body) for module in modules)
    return {name: value for found in constants for name, value in found.items() if name.endswith("_VARIABLE")}


def _scopes(module: ast.Module) -> Iterator[ast.AST]:
    yield module
    yield from (node for node in ast.walk(module) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))


def _within(scope: ast.AST) -> list[ast.AST]:
    """What is in a scope, without the functions in it, in the order of the source."""
    found: list[ast.AST] = []
    waiting = [*ast.iter_child_nodes(scope)][::-1]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            found.append(node)
            waiting.extend([*ast.iter_child_nodes(node)][::-1])
    return found


def _assigned(nodes: Sequence[ast.AST]) -> dict[str, list[ast.expr]]:
    """What each name stands for, wherever that is written out."""
    found: dict[str, list[ast.expr]] = {}
    for node in nodes:
        if isinstance(node, ast.Assign):
            targets: list[ast.expr] = node.targets
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets = [node.target]
        else:
            continue
        assert node.value is not None
        for target in targets:
            if isinstance(target, ast.Name):
                found.setdefault(target.id, []).append(node.value)
    return found


def _told(node: ast.AST, scope: ast.AST) -> list[ast.expr]:
    """The expressions of a node that may be error texts."""
    if isinstance(node, ast.Call):
        return _text_arguments(node)
    tells = isinstance(scope, (ast.FunctionDef, ast.AsyncFunctionDef)) and _TELLERS.match(scope.name)
    if tells and isinstance(node, (ast.Return, ast.Yield)) and node.value is not None:
        return [node.value]
    if tells and isinstance(node, ast.Dict):
        return node.values
    return []


def _text_arguments(call: ast.Call) -> list[ast.expr]:
    """Where a call may have a text; empty for a call that makes no error."""
    function = call.func
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    if _TYPES.match(name) or name == "__init__":
        return call.args
    if name == "append" and not (isinstance(function, ast.Attribute) and "problem" in ast.unparse(function.value)):
        return []
    place = _MAKERS.get(name, len(call.args))
    return [*call.args[place : place + 1], *(word.value for word in call.keywords if word.arg == "problem")]


def _forms(node: ast.expr, known: dict[str, list[ast.expr]], depth: int = 0) -> list[str]:
    """The texts that an expression may give, with gaps."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [re.sub(r"\{\w*\}", GAP, node.value)]
    if isinstance(node, ast.JoinedStr):
        parts = (_filled_in(value, known) for value in node.values)
        return [re.sub(f"{GAP}+", GAP, "".join(parts))]
    if isinstance(node, ast.IfExp):
        return _forms(node.body, known, depth) + _forms(node.orelse, known, depth)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [
            re.sub(f"{GAP}+", GAP, first + last)
            for first in _forms(node.left, known, depth) or [GAP]
            for last in _forms(node.right, known, depth) or [GAP]
        ]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        return _forms(node.func.value, known, depth)
    if isinstance(node, ast.Name) and depth < 2:
        return [text for value in known.get(node.id, ()) for text in _forms(value, known, depth + 1)]
    return []


def _filled_in(node: ast.expr, known: dict[str, list[ast.expr]]) -> str:
    """A part of a formatted text: as it is written, by the constant that it names, or a gap."""
    value = node.value if isinstance(node, ast.FormattedValue) else node
    if isinstance(value, ast.Name) and value.id.isupper():
        texts = [one.value for one in known.get(value.id, ()) if isinstance(one, ast.Constant)]
        return texts[0] if len(texts) == 1 and isinstance(texts[0], str) else GAP
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else GAP
