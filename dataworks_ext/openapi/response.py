"""What an answer of DataWorks says: the JSON object of a success, or a failure. Only a call loads this module."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .failures import Failure

_CONFIRMED: Final = frozenset({"CallbackExtension", "UpdateWorkbenchEventResult"})
"""Operations whose answer has `Success`. The pages and the SDK show a `RequestId` alone, or with data, for the others,
`UpdateIDEEventResult` among them."""
_MOST_PARTS: Final = 100_000
"""Objects and arrays of the largest answer that is read: it is they that cost memory, twenty times their bytes."""
_READING_RATE: Final = 2e-7
"""Seconds that a byte of JSON takes to read at most, with a third of a core."""


def read_answer(action: str, status: int, body: bytes, seconds: float) -> dict[str, object] | Failure:
    """The answer to an operation, if that has been done.

    Args:
        action: The operation.
        status: The answer's HTTP status.
        body: What came with it.
        seconds: How long reading may take.

    Raises:
        TooLarge: Reading would take more time or memory than there is.
    """
    _check_size(body, seconds)
    answer = _json_object(body)
    if answer is not None and 200 <= status < 300 and _is_success(action, answer):
        return answer
    from .failures import failure_of_answer

    return failure_of_answer(status, answer)


def _check_size(body: bytes, seconds: float) -> None:
    parts = body.count(b"{") + body.count(b"[")
    if parts > _MOST_PARTS or len(body) * _READING_RATE > seconds:
        from .failures import TooLarge

        raise TooLarge("the answer is too large, or came too late, to be read in time")


def _is_success(action: str, answer: Mapping[str, object]) -> bool:
    """Whether an answer says that what was asked is done. `Success` is a boolean by the pages, a text by the SDK."""
    if action in _CONFIRMED or "Success" in answer:
        success = answer.get("Success")
        return success is True or success == "true"
    return bool(answer.get("RequestId")) and not (answer.get("Code") or answer.get("ErrorCode"))


def _json_object(body: bytes) -> dict[str, object] | None:
    try:
        answer: object = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return answer if isinstance(answer, dict) else None
