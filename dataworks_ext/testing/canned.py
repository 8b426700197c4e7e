"""Answers to lookups that a test, a case file or a person gives, in the form that DataWorks writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias, TypeVar

from ..lookup import GET_OPTIONS, GET_PARAMETERS, GET_SNAPSHOT, LookupFailedError
from ..snapshots import FileExecution, Snapshot

Canned: TypeAlias = Mapping[str, object] | Sequence[Mapping[str, object]] | Exception
"""An answer to any parameters; or several, `{"parameters": …, "answer": …}`, of which the first that fits counts."""
T = TypeVar("T", bound=Snapshot | Mapping[str, object])


class CannedLookups:
    """Answers every message alike. An exception stands for an answer that DataWorks does not give.

    Args:
        snapshot: Of the file or table, as an object or as `EventDetail` of GetIDEEventDetail; empty for none.
        parameters: Of the extension.
        options: Of the extension, in any workspace.
        answers: To `context.ask`, by operation: an answer, or a list of them, each with the `parameters` it is for.
    """

    def __init__(
        self,
        snapshot: Snapshot | Mapping[str, object] | Exception,
        parameters: Mapping[str, str] | Exception,
        options: Mapping[str, object] | Exception,
        answers: Mapping[str, Canned] = {},
    ) -> None:
        self._snapshot = snapshot
        self._parameters = parameters
        self._options = options
        self._answers = answers

    def ask(
        self, operation: str, parameters: Mapping[str, str | int], until: float, keep: float = 0.0
    ) -> Mapping[str, object]:
        """The answer to an operation. Raises `LookupFailedError` if there is none."""
        if operation == GET_SNAPSHOT:
            return {"EventDetail": event_detail(_given(self._snapshot))}
        if operation == GET_PARAMETERS:
            lines = (f"{key}={value}" for key, value in _given(self._parameters).items())
            return {"Extension": {"ParameterSetting": "\n".join(lines)}}
        if operation == GET_OPTIONS:
            return {"OptionValue": json.dumps(_given(self._options))}
        return _answer_in(self._answers, operation, parameters)


def _answer_in(
    answers: Mapping[str, Canned], operation: str, parameters: Mapping[str, str | int]
) -> Mapping[str, object]:
    found = answers.get(operation)
    if isinstance(found, Sequence):
        for entry in found:
            wanted = entry.get("parameters")
            if isinstance(wanted, Mapping) and wanted.items() <= parameters.items():
                answer = entry.get("answer")
                return answer if isinstance(answer, Mapping) else {}
        found = None
    if found is None:
        raise LookupFailedError(f"there is no answer to {operation} here; give one in answers={{{operation!r}: …}}")
    return _given(found)


def event_detail(snapshot: Snapshot | Mapping[str, object]) -> Mapping[str, object]:
    """`EventDetail`, as DataWorks writes it."""
    if isinstance(snapshot, Mapping):
        return snapshot
    kind = "FileExecutionCommand" if isinstance(snapshot, FileExecution) else type(snapshot).__name__
    return {kind: snapshot.model_dump(mode="json", by_alias=True, exclude_none=True)}


def _given(answer: T | Exception) -> T:
    if isinstance(answer, LookupFailedError):
        raise answer.with_traceback(None)
    if isinstance(answer, Exception):
        raise LookupFailedError(str(answer) or type(answer).__name__)
    return answer
