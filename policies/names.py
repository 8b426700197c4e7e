"""Names as settings: regular expressions of the standard, and bare names of functions."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator


def _name_pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"a name is written as a regular expression, such as ods_[a-z0-9_]+: {error}") from None
    return text


def _bare_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise ValueError("a function is written by its bare name: MAX_PT")
    return name


NamePattern = Annotated[str, AfterValidator(_name_pattern)]
"""A regular expression that a whole name fits, in any case: `ods_[a-z0-9_]+`."""
FunctionName = Annotated[str, AfterValidator(_bare_name)]
"""The name of a function without its project: `MAX_PT`."""


def fits(name: str, patterns: tuple[str, ...]) -> bool:
    """Whether the whole name fits one of the patterns."""
    return any(re.fullmatch(pattern, name, re.IGNORECASE) for pattern in patterns)
