"""Variables of DataWorks in SQL, and what an engine reads otherwise than the parser: mended without moving anything.

DataWorks puts values in the place of variables before the engine sees the code. Each character of a variable becomes
one letter that no name has, so that a variable is part of the name that it stands in, and all places stay.
"""

from __future__ import annotations

import re
from typing import Final

from .script import Dialect

MARK: Final = "\ua66e"
"""Stands for each character of a variable: a letter of one manuscript of the 15th century."""

_VARIABLE: Final = re.compile(
    r"""\$\{[^{}$'"`;()\n\r]{1,200}\}"""  # ${bizdate}
    r"""|\$\[[^\[\]$'"`;()\n\r]{1,200}\]"""  # $[yyyymmdd-1]
    r"""|@@\{[^{}@'"`;()\n\r]{1,200}\}"""  # @@{p1}, a parameter of a component
)
_COMMENT_MARK: Final = re.compile(r"--|/\*|\*/|#")

_QUOTED: Final = (
    r"'[^'\\]*(?:\\.[^'\\]*)*\\?(?:'|\Z)"
    r'|"[^"\\]*(?:\\.[^"\\]*)*\\?(?:"|\Z)'
    r"|`[^`]*(?:`|\Z)"
)
"""Literals and names. What is not closed goes on to the end, so that nobody looks for an end again and again."""
_COMMENT: Final = r"/\*.*?(?:\*/|\Z)"
_MAXCOMPUTE: Final = re.compile(
    rf"{_QUOTED}|{_COMMENT}|--[^\n]*|(?P<code>\#CODE\b.*?\#END\s+CODE\b)", re.DOTALL | re.IGNORECASE
)
_CODE_END: Final = re.compile(r"\#END\s+CODE\b", re.IGNORECASE)
_SPARK: Final = re.compile(rf"{_QUOTED}|{_COMMENT}|(?P<joined>--(?:\\\n|[^\r\n])*)", re.DOTALL)
_MYSQL: Final = re.compile(
    rf"{_QUOTED}|--(?=\s)[^\n]*|\#[^\n]*|(?P<open>/\*!\d*)(?P<code>.*?)(?P<close>\*/|\Z)|{_COMMENT}", re.DOTALL
)


def with_marks(text: str, dialect: Dialect) -> str:
    """The script as the parser should see it, of the same length."""
    text = _VARIABLE.sub(_marks, text)
    if dialect == "maxcompute" and "#" in text:
        end = max((found.end() for found in _CODE_END.finditer(text)), default=0)
        return _MAXCOMPUTE.sub(_without_code, text[:end]) + text[end:]
    if dialect == "spark":
        return _SPARK.sub(_one_comment, text)
    if dialect in ("mysql", "starrocks", "adb"):
        return _MYSQL.sub(_executed_comment, text)
    return text


def holds_variable(name: str) -> bool:
    """Whether a name of the marked script has a variable in it."""
    return MARK in name


def is_variable(name: str) -> bool:
    """Whether a name of the marked script is nothing but variables."""
    return bool(name) and not name.strip(MARK)


def _marks(found: re.Match[str]) -> str:
    text = found[0]
    return text if _COMMENT_MARK.search(text) else MARK * len(text)


def _without_code(found: re.Match[str]) -> str:
    """`CREATE TEMPORARY FUNCTION … USING #CODE (…) … #END CODE` holds Java or Python, which is no SQL."""
    text = found[0]
    return text if found["code"] is None else f"''{' ' * (len(text) - 2)}"


def _one_comment(found: re.Match[str]) -> str:
    """In Spark, a line comment that ends with a backslash goes on in the next line."""
    return found[0].replace("\\\n", "\\ ") if found["joined"] else found[0]


def _executed_comment(found: re.Match[str]) -> str:
    """MySQL executes what stands in `/*!50000 … */`."""
    if found["open"] is None:
        return found[0]
    return f"{' ' * len(found['open'])}{found['code']}{' ' * len(found['close'])}"
