"""What a case may say, and what is wrong with one that says something else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from ...decision import Mode, Verdict
from ...spelling import nearest
from ..deciding import NOON
from .document import Path
from .moment import read_moment

_EXAMPLES: Final = {"name": ", such as name: a small download is allowed", "expect": ": OK, WARN or FAIL"}
_EXPECTED: Final = {
    "dict_type": "names with values",
    "string_too_short": "a text",
    "string_type": "a text",
    "too_short": "a text or a list of them",
}
"""What was expected, by pydantic's types of errors."""

T = TypeVar("T")
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Name = Annotated[Text, AfterValidator(lambda name: " ".join(name.split()))]
Names = Annotated[dict[str, T], BeforeValidator(lambda value: {} if value is None else value)]
Moment = Annotated[datetime, BeforeValidator(lambda value: read_moment(str("" if value is None else value)))]
Parts = Annotated[
    tuple[Text, ...], BeforeValidator(lambda value: value if isinstance(value, list) else [value]), Field(min_length=1)
]


class WrittenCase(BaseModel):
    """A case as it is written."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True)

    name: Name
    """What it shows; unique in the file."""
    event: Text | None = None
    """An event code, whose sample it is about."""
    changes: Names[object] = Field({}, alias="with")
    """Of the sample."""
    message: object = None
    """What it is about instead: a message or a payload, or the name of a file with one."""
    settings: Names[object] = {}
    """By pack and field: `downloads.max_rows`."""
    modes: Names[Mode] = {}
    """By policy."""
    now: Moment = NOON
    """When it happens."""
    snapshot: Names[object] | None = None
    """What DataWorks keeps of the file or table; None for nothing."""
    options: Names[object] = {}
    """What the workspace chose."""
    answers: Names[object] = {}
    """What DataWorks answers to questions of policies, by operation."""
    parameters: Names[Text] = {}
    """What the owner of the extension set in DataWorks."""
    expect: Verdict
    """The verdict that should come of it."""
    text: Parts = ()
    """Parts of the text that the person should see."""


def mistakes_in(error: ValidationError) -> Iterator[tuple[Path, str]]:
    """What is wrong with a case, and where in it."""
    for details in error.errors(include_url=False):
        yield details["loc"], _explain(details)


def kind_of(value: object) -> str:
    """What was written instead, in words."""
    if isinstance(value, dict):
        return "names with values"
    if isinstance(value, list):
        return "a list" if value else "an empty list"
    if isinstance(value, bool):
        return f"{str(value).lower()}; write it in quotes"
    return f'"{value}"' if str(value or "").strip() else "nothing"


def _explain(details: ErrorDetails) -> str:
    kind, got = details["type"], kind_of(details["input"])
    name = next((part for part in reversed(details["loc"]) if isinstance(part, str)), "")
    if kind == "model_type":
        return f'expected a case, beginning with "- name:", got {got}'
    if kind == "missing":
        return f"a case needs {name}{_EXAMPLES[name]}"
    if kind == "extra_forbidden":
        return f"a case has no {name}{nearest(name, [field.alias or name for name, field in _FIELDS.items()])}"
    if kind in _EXPECTED:
        return f"{name} should be {_EXPECTED[kind]}, got {got}"
    if expected := details.get("ctx", {}).get("expected"):
        choices = re.findall(r"'(\w+)'", expected)
        expected = f"{', '.join(choices[:-1])} or {choices[-1]}"
        return f"{name} should be {expected}, got {got}{nearest(str(details['input']), choices)}"
    return f"{name}: {details['msg'].removeprefix('Value error, ')}"


_FIELDS: Final = WrittenCase.model_fields
