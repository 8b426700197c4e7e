"""The fields of a case. Each raises `LineError` for a value that it cannot be."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from ...decision import Mode, Verdict
from ...spelling import nearest
from .located import Fields, Items, LineError, Located, Scalar
from .moment import read_moment

_EXAMPLES: Final = {
    "name": ", such as name: a small download is allowed",
    "expect": ": OK, WARN or FAIL",
}
_MODES: Final[tuple[Mode, ...]] = ("enforce", "warn", "shadow", "off")


def needed(case: Fields, name: str) -> Located:
    """The value under the name, which a case cannot do without."""
    if name not in case.fields:
        raise LineError(case.line, f"a case needs {name}{_EXAMPLES[name]}")
    return case.fields[name]


def fields_of(case: Mapping[str, Located], name: str) -> Fields:
    """The mapping under the name; an empty one without it."""
    located = case.get(name)
    if located is None or (isinstance(located, Scalar) and located.value is None):
        return Fields(0 if located is None else located.line, {}, {})
    if isinstance(located, Fields):
        return located
    raise LineError(located.line, f"{name} should be names with values, got {kind_of(located)}")


def text_of(located: Located, name: str) -> str:
    """The text as it is written, also where YAML sees a number in it."""
    if isinstance(located, Scalar) and located.value is not None and located.text.strip():
        return located.text.strip()
    raise LineError(located.line, f"{name} should be a text, got {kind_of(located)}")


def name_of(located: Located) -> str:
    """The name, in one line."""
    return " ".join(text_of(located, "name").split())


def verdict_of(located: Located) -> Verdict:
    """The verdict that is expected."""
    text = text_of(located, "expect")
    try:
        return Verdict(text)
    except ValueError:
        raise LineError(located.line, f'expect should be OK, WARN or FAIL, got "{text}"') from None


def parts_of(located: Located, expect: Verdict) -> tuple[str, ...]:
    """The parts of the text that are expected."""
    items = located.items if isinstance(located, Items) else (located,)
    if expect is Verdict.OK:
        raise LineError(located.line, "nobody sees a text with OK; leave the text out, or expect WARN or FAIL")
    if not items:
        raise LineError(located.line, "text should be a text or a list of them, got an empty list")
    return tuple(text_of(item, "text") for item in items)


def mode_of(located: Located) -> Mode:
    """The mode of a policy."""
    text = text_of(located, "a mode")
    for mode in _MODES:
        if text == mode:
            return mode
    raise LineError(located.line, f'a mode is one of {", ".join(_MODES)}, got "{text}"{nearest(text, _MODES)}')


def moment_of(located: Located) -> datetime:
    """The moment of the case."""
    text = text_of(located, "now")
    try:
        return read_moment(text)
    except ValueError as error:
        raise LineError(located.line, f"now: {error}") from None


def kind_of(located: Located) -> str:
    """What was written instead, in words."""
    if isinstance(located, Fields):
        return "names with values"
    if isinstance(located, Items):
        return "a list"
    return "nothing" if located.value is None or not located.text.strip() else f'"{located.text}"'
