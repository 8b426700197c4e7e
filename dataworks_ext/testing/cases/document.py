"""YAML that means what is written, and whose values know their lines.

Of YAML's own guesses only `null`, `true`, `false` and plain numbers are left: `OK`, `on`, `10:00` and `2026-11-11` are
texts, and so is a number that Python would write differently, such as `007` or `1.10`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.tag import Tag

Path: TypeAlias = tuple[str | int, ...]
"""Where a value is: the names and numbers that lead to it."""

_MOST_VALUES: Final = 100_000
"""Aliases of aliases make a gigabyte of a dozen lines."""
_TEXT, _LIST, _NAMES = (
    VersionedResolver.DEFAULT_SCALAR_TAG,
    VersionedResolver.DEFAULT_SEQUENCE_TAG,
    VersionedResolver.DEFAULT_MAPPING_TAG,
)
_WORDS: Final = {
    Tag(suffix=f"tag:yaml.org,2002:{name}"): re.compile(words)
    for name, words in {
        "null": r"~|null|Null|NULL|",
        "bool": r"true|True|TRUE|false|False|FALSE",
        "int": r"0|-?[1-9][0-9]{0,39}",
        "float": r"-?(?:0\.(?:0|[0-9]{0,3}[1-9])|[1-9][0-9]{0,6}\.(?:0|[0-9]{0,7}[1-9]))",
    }.items()
}
_OWN_TAGS: Final = {id(tag) for tag in (_TEXT, _LIST, _NAMES, *_WORDS)}


class LineError(ValueError):
    """What is wrong in a line of a file. The text says what was expected."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        """Counted from 1."""


@dataclass(frozen=True)
class Document:
    """What a file says, and where."""

    value: object
    root: Node | None

    def line(self, path: Path) -> int:
        """The line of the value, or of the innermost value around it that is written."""
        place = node = self.root
        for part in path:
            if isinstance(node, MappingNode):
                place, node = next(((key, value) for key, value in node.value if key.value == part), (place, None))
            elif isinstance(node, SequenceNode) and isinstance(part, int):
                place = node = node.value[part]
        return 1 if place is None else _line(place)


def read_yaml(text: str) -> Document:
    """What the text says.

    Raises:
        LineError: It is not YAML, or has a name twice, a tag, a value within itself, or too many values.
    """
    yaml = YAML(typ="safe", pure=True)
    yaml.Resolver = _Resolver
    yaml.composer.warn_double_anchors = False
    try:
        root = yaml.compose(text)
        if root is None:
            return Document(None, None)
        _check(root, {})
        return Document(yaml.constructor.construct_document(root), root)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise LineError(1 if mark is None else mark.line + 1, _explain(error)) from None
    except YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise LineError(line, "this is not YAML: it holds a control character") from None
    except RecursionError:
        raise LineError(1, "this is nested too deeply") from None


class _Resolver(VersionedResolver):
    """Guesses what `_WORDS` names, and nothing else."""

    def resolve(self, kind: type[Node], value: str, implicit: tuple[bool, bool]) -> Tag:
        """The tag of a value without one."""
        if kind is ScalarNode and implicit[0]:
            return next((tag for tag, words in _WORDS.items() if words.fullmatch(value)), _TEXT)
        tag: Tag = super().resolve(kind, value, (False, True))
        return tag


def _check(node: Node, counts: dict[Node, int]) -> int:
    """How many values a node stands for, with those that its aliases repeat.

    Raises:
        LineError: They are too many, or one has a tag, holds itself, or is named by more than a word.
    """
    if node not in counts:
        if id(node.ctag) not in _OWN_TAGS:
            raise LineError(_line(node), f"expected a value, got the tag {node.tag}; leave the tag out")
        counts[node] = 0
        counts[node] = 1 + sum(_check(part, counts) for part in _parts(node))
    if not counts[node]:
        raise LineError(_line(node), "this holds itself")
    if counts[node] > _MOST_VALUES:
        raise LineError(_line(node), f"this is more than {_MOST_VALUES:,} values, those of aliases included")
    return counts[node]


def _parts(node: Node) -> list[Node]:
    if not isinstance(node, MappingNode):
        return list(node.value) if isinstance(node, SequenceNode) else []
    for name, _ in node.value:
        if not isinstance(name, ScalarNode):
            raise LineError(_line(name), "a name should be a word")
        name.ctag = _TEXT  # also where it looks like a number
    return [value for _, value in node.value]


def _line(node: Node) -> int:
    return int(node.start_mark.line) + 1


def _explain(error: MarkedYAMLError) -> str:
    problem = f"this is not YAML: {error.problem or error.context}"
    if "mapping values are not allowed" in problem:
        return (
            f"{problem}; names of one mapping begin in the same column, and a text with a colon and a space needs "
            'quotes: "limited: 10 rows"'
        )
    if "'\\t'" in problem:
        return f"{problem}; indent with spaces, not with tabs"
    return problem
