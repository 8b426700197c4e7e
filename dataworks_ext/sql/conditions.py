"""Conditions: which columns they restrict, and which sides of a join they connect."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from sqlglot import exp

from .variables import is_variable

_COMPARISONS = (exp.EQ, exp.NullSafeEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)


def restricted(condition: exp.Expr | None) -> list[exp.Column]:
    """The columns that the condition compares bare with what is no column, however it comes out."""
    if condition is None:
        return []
    found: list[exp.Column] = []
    for part in conjuncts(condition):
        if isinstance(part, exp.Or):
            found += _in_all([restricted(branch) for branch in _branches(part, exp.Or)])
        else:
            found += _compared(part)
    return found


class Links(NamedTuple):
    """Which sources of a FROM the comparisons of a condition connect, however it comes out."""

    anything: bool
    """Whether a comparison has columns that may be of any source."""
    nearest: Mapping[int, int]
    """By the place of a source: the place of the first one that it is connected to, if that is before it."""

    def connect_any(self, places: Iterable[int], count: int) -> bool:
        """Whether one of the sources at some places is connected with one of the first sources."""
        return self.anything or any(self.nearest.get(place, count) < count for place in places)


def links(condition: exp.Expr | None, places: Callable[[exp.Column], Sequence[int]]) -> Links:
    """What a condition connects.

    Args:
        condition: Of a join, or of a WHERE.
        places: The places of the sources that a column may be of.
    """
    anything, nearest = False, dict[int, int]()
    for part in conjuncts(condition) if condition is not None else ():
        if isinstance(part, exp.Or):
            found = _in_all_branches([links(branch, places) for branch in _branches(part, exp.Or)])
        else:
            found = _compared_sources([places(column) for column in part.find_all(exp.Column)])
        anything = anything or found.anything
        for place, other in found.nearest.items():
            nearest[place] = min(other, nearest.get(place, other))
    return Links(anything, nearest)


def _in_all_branches(branches: Sequence[Links]) -> Links:
    certain = [branch.nearest for branch in branches if not branch.anything]
    if not certain:
        return Links(True, {})
    common = set(certain[0]).intersection(*certain[1:])
    return Links(False, {place: max(branch[place] for branch in certain) for place in common})


def _compared_sources(columns: Sequence[Sequence[int]]) -> Links:
    known = [places for places in columns if places]
    if len(known) > 1 and any(len(places) > 1 for places in known):
        return Links(True, {})
    sources = {places[0] for places in known}
    first = min(sources, default=0)
    return Links(False, {place: first for place in sources if place != first})


def conjuncts(condition: exp.Expr) -> Iterator[exp.Expr]:
    """What is joined by AND, without parentheses around it."""
    return _branches(condition, exp.And)


def _branches(condition: exp.Expr, kind: type[exp.Expr]) -> Iterator[exp.Expr]:
    """What the condition joins by AND, or by OR; chains of thousands do not nest here."""
    waiting = [condition]
    while waiting:
        part = waiting.pop()
        while isinstance(part, exp.Paren):
            part = part.this
        if isinstance(part, kind):
            waiting += (part.args["expression"], part.this)
        else:
            yield part


def _in_all(branches: list[list[exp.Column]]) -> list[exp.Column]:
    keys = [{_key(column) for column in branch} for branch in branches]
    common = set.intersection(*keys)
    return [column for column in branches[0] if _key(column) in common]


def _key(column: exp.Column) -> str:
    return ".".join(part.name for part in column.parts).casefold()


def _compared(part: exp.Expr) -> list[exp.Column]:
    if isinstance(part, _COMPARISONS):
        left, right = _bare(part.this), _bare(part.args["expression"])
        return [*_restricted_by(left, right), *_restricted_by(right, left)]
    if isinstance(part, exp.Between):
        return [
            column
            for column in _columns_of(_bare(part.this))
            if _is_fixed(part.args["low"]) and _is_fixed(part.args["high"])
        ]
    if isinstance(part, exp.In):
        values = part.expressions
        return _columns_of(_bare(part.this)) if all(_is_fixed(value) for value in values) else []
    if isinstance(part, exp.Like):
        pattern = part.args["expression"]
        anchored = not (isinstance(pattern, exp.Literal) and pattern.name[:1] in ("%", "_", ""))
        return _columns_of(_bare(part.this)) if anchored and _is_fixed(pattern) else []
    return []


def _restricted_by(side: exp.Expr, other: exp.Expr) -> list[exp.Column]:
    if isinstance(side, exp.Tuple) and isinstance(other, exp.Tuple):
        pairs = zip(side.expressions, other.expressions, strict=False)
        return [column for one, two in pairs for column in _restricted_by(_bare(one), _bare(two))]
    return _columns_of(side) if _is_fixed(other) else []


def _columns_of(side: exp.Expr) -> list[exp.Column]:
    parts = side.expressions if isinstance(side, exp.Tuple) else [side]
    return [part for part in map(_bare, parts) if isinstance(part, exp.Column) and not is_value(part)]


def _bare(part: exp.Expr) -> exp.Expr:
    while isinstance(part, exp.Paren):
        part = part.this
    return part


def _is_fixed(part: exp.Expr) -> bool:
    """Whether it has no column of the rows that are compared: a value, a variable, a function of them, a subquery."""
    waiting = [part]
    while waiting:
        part = waiting.pop()
        if isinstance(part, exp.Column) and not is_value(part):
            return False
        if not isinstance(part, (exp.Query, exp.Star)):
            waiting.extend(part.iter_expressions())
    return True


def is_value(column: exp.Column) -> bool:
    """Whether it is nothing but a variable, which stands for a value."""
    return all(is_variable(part.name) for part in column.parts)
