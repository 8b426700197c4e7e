"""Whether a text can call a function at all, by its letters alone: most texts need not be read to be sure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

_NAME: Final = r"""[^\s.:,;()'=<>+*/|&~^%!?\\#-]*"""
"""Whatever may stand in a name without quotes, and quotes, and what variables begin and end with."""
_SUSPECT: Final = re.compile(
    rf"""[$@{{}}\[\]"`]{_NAME}"""  # a variable, or its end, or a quote
    rf"""(?:\s*[.:]\s*{_NAME})*"""  # further parts of a name
    r"""\s*(\(|/\*|\*/|--|\#)?"""  # what is called, or a comment, after which it may be
)
"""A name that a variable may be part of. Each character is looked at a few times, however long the text is: a match
never fails, and the next one begins after it."""
_ESCAPE: Final = re.compile(r"u&[\"`]", re.IGNORECASE)
"""`U&"\\006dax"` spells a name by its numbers."""


def may_call(text: str, functions: Iterable[str]) -> bool:
    """Whether a text, in any dialect, may call one of these functions, or one whose name holds a variable.

    False is certain. A call needs the name of its function in the text, and a variable in that name is followed by
    the rest of the name and a parenthesis, with nothing but spaces and comments between.

    Args:
        text: A script.
        functions: Bare names, without quotes.
    """
    folded = text.casefold()
    if any(name.casefold() in folded for name in functions) or _ESCAPE.search(text):
        return True
    return any(found[1] for found in _SUSPECT.finditer(text))
