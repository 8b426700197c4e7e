"""Columns in chains of calls, `new java.math.BigInteger(amount).add(…)`, which the parser takes for names."""

from __future__ import annotations

from typing import Final

from sqlglot import exp

_NAMED: Final = (
    exp.Dot,
    exp.Column,
    exp.Table,
    exp.TableAlias,
    exp.Parameter,
    exp.Schema,
    exp.PropertyEQ,
    exp.Kwarg,
)
"""What has a name that is no column."""
_NAMES: Final = frozenset(("alias", "columns", "using", "unit", "kind", "to", "zone"))
"""The arguments in which a name is no column."""


def restore_columns(chain: exp.Dot) -> None:
    """Put columns in the place of names in the arguments of calls, also in the queries among them."""
    for part in list(chain.walk()):
        if part is chain or part.arg_key in _NAMES or isinstance(part.parent, _NAMED):
            continue
        names = _names_in(part)
        if names:
            column, *rest = reversed(names[:4])
            part.replace(exp.Column(this=column, **dict(zip(("table", "db", "catalog"), rest, strict=False))))


def _names_in(part: exp.Expr) -> list[exp.Identifier]:
    """The parts of a dotted name; none if it is no name."""
    names: list[exp.Identifier] = []
    while isinstance(part, exp.Dot):
        if not isinstance(part.expression, exp.Identifier):
            return []
        names.insert(0, part.expression.copy())
        part = part.this
    return [part.copy(), *names] if isinstance(part, exp.Identifier) else []
