"""What was looked up for one message: a source of answers that notes them, and one that gives them again."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Final

from ..lookup import GET_OPTIONS, GET_PARAMETERS, GET_SNAPSHOT, LookupFailedError, Lookups

NAMES: Final = {GET_SNAPSHOT: "snapshot", GET_PARAMETERS: "parameters", GET_OPTIONS: "options"}
"""What an archived line calls the operations that stand behind `context.snapshot` and its like."""


class Consulted:
    """Answers from a source, and notes each answer and each failure as it came.

    Args:
        source: What answers.
    """

    def __init__(self, source: Lookups) -> None:
        self._source = source
        self.answers: dict[str, dict[str, object]] = {}
        """By the name of the lookup: `answer`, or why it `failed`."""

    def ask(
        self, operation: str, parameters: Mapping[str, str | int], until: float, keep: float = 0.0
    ) -> Mapping[str, object]:
        """The source's answer. Raises what the source raises."""
        name = name_of(operation, parameters)
        try:
            answer = self._source.ask(operation, parameters, until, keep)
        except LookupFailedError as error:
            self.answers[name] = {"failed": str(error)}
            raise
        self.answers[name] = {"answer": answer}
        return answer


def name_of(operation: str, parameters: Mapping[str, str | int]) -> str:
    """What an archived line calls a lookup: `snapshot`, or an operation with its parameters."""
    return NAMES.get(operation) or f"{operation} {json.dumps(parameters, sort_keys=True)}"


def without_content(answer: object) -> object:
    """A snapshot's answer without the code in it, at any depth."""
    if isinstance(answer, Mapping):
        return {key: without_content(value) for key, value in answer.items() if str(key).lower() != "content"}
    return [without_content(item) for item in answer] if isinstance(answer, list) else answer


def is_left_out(name: str, without: Collection[str]) -> bool:
    """Whether a lookup is left out as a whole."""
    return name.partition(" ")[0].replace("_", "").lower() in without
