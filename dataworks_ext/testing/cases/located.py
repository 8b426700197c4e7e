"""YAML whose values know their lines, and mean what is written.

Of YAML's own guesses only `null`, `true`, `false` and plain numbers are left: `OK`, `on`, `10:00` and `2026-11-11` are
texts, and so is a number that Python would write differently, such as `007` or `1.10`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

import yaml

_TAG: Final = "tag:yaml.org,2002:"
_WORDS: Final[Mapping[str, object]] = {"null": None, "true": True, "false": False}


class LineError(ValueError):
    """What is wrong in a line of a file. The text says what was expected."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(text)
        self.line = line
        """Counted from 1."""


@dataclass(frozen=True)
class Scalar:
    """A word, a text or a number."""

    line: int
    """Where it is written, counted from 1."""
    text: str
    """As it is written, without quotes."""
    value: object
    """The text, unless it is null, a boolean or a number."""


@dataclass(frozen=True)
class Items:
    """A list."""

    line: int
    items: tuple[Located, ...]

    @property
    def value(self) -> list[object]:
        """Without lines."""
        return [item.value for item in self.items]


@dataclass(frozen=True)
class Fields:
    """A mapping. Its names are texts."""

    line: int
    fields: Mapping[str, Located]
    lines: Mapping[str, int]
    """Where each name is written."""

    @property
    def value(self) -> dict[str, object]:
        """Without lines."""
        return {name: field.value for name, field in self.fields.items()}


Located: TypeAlias = Scalar | Items | Fields


class _Loader(yaml.SafeLoader):
    """Guesses nothing but what is registered below."""

    yaml_implicit_resolvers = {}  # noqa: RUF012  # a class attribute of PyYAML's, which declares it so


_Loader.add_implicit_resolver(f"{_TAG}null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver(f"{_TAG}bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF"))
_Loader.add_implicit_resolver(f"{_TAG}int", re.compile(r"^-?[0-9]{1,40}$"), list("-0123456789"))
_Loader.add_implicit_resolver(f"{_TAG}float", re.compile(r"^-?[0-9]{1,40}\.[0-9]{1,40}$"), list("-0123456789"))


def read_yaml(text: str) -> Located | None:
    """The value that the text holds; None if it holds none.

    Raises:
        LineError: It is no YAML, or has a name twice, a tag, or a value within itself.
    """
    try:
        node = yaml.compose(text, Loader=_Loader)
        return None if node is None else _located(node, ())
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = 1 if mark is None else mark.line + 1
        raise LineError(line, _explain(error)) from None
    except yaml.YAMLError as error:
        place = getattr(error, "position", 0)
        raise LineError(text.count("\n", 0, place) + 1, "this is no YAML: it holds a control character") from None
    except RecursionError:
        raise LineError(1, "this is nested too deeply") from None


def _explain(error: yaml.MarkedYAMLError) -> str:
    problem = f"this is no YAML: {error.problem or error.context}"
    if "mapping values are not allowed" in problem:
        return f'{problem}; a text with a colon and a space needs quotes: "limited: 10 rows"'
    if "'\\t'" in problem:
        return f"{problem}; indent with spaces, not with tabs"
    return problem


def _located(node: yaml.Node, around: tuple[yaml.Node, ...]) -> Located:
    line = node.start_mark.line + 1
    if any(node is outer for outer in around):
        raise LineError(line, "this holds itself")
    if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
        return Items(line, tuple(_located(item, (*around, node)) for item in node.value))
    if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
        return _fields(node, line, (*around, node))
    if isinstance(node, yaml.ScalarNode) and node.tag.startswith(_TAG):
        return Scalar(line, node.value, _value(node.tag.removeprefix(_TAG), node.value, line))
    raise LineError(line, f"expected a value, got the tag {node.tag}; leave the tag out")


def _fields(node: yaml.MappingNode, line: int, around: tuple[yaml.Node, ...]) -> Fields:
    fields: dict[str, Located] = {}
    lines: dict[str, int] = {}
    for key, value in node.value:
        name, place = key.value, key.start_mark.line + 1
        if not isinstance(name, str):
            raise LineError(place, "a name should be a word")
        if name in lines:
            raise LineError(place, f"{name} is in line {lines[name]} already; write it once")
        fields[name] = _located(value, around)
        lines[name] = place
    return Fields(line, fields, lines)


def _value(tag: str, text: str, line: int) -> object:
    if tag == "str":
        return text
    if tag in ("null", "bool"):
        return _WORDS.get(text.lower())
    if tag in ("int", "float"):
        try:
            number = int(text) if tag == "int" else float(text)
        except ValueError:
            raise LineError(line, f"expected a number, got {text!r}") from None
        return number if str(number) == text else text
    raise LineError(line, f"expected a value, got the tag {_TAG}{tag}; leave the tag out")
