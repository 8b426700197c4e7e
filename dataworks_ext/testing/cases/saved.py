"""What people save in files: messages, payloads, and snapshots."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from ...errors import ExtensionError
from ...message import ENVELOPE_KEYS, Message, MessageError, is_blocking, read_envelope
from ...snapshots import Snapshot, SnapshotError, read_snapshot

_ANSWER_KEYS: Final = frozenset({"EventDetail", "CommittedFile", "DeletedFile", "FileExecutionCommand", "TableModel"})
"""Keys of an answer of GetIDEEventDetail. Another object is code: that of a synchronization node is JSON, too."""


class SavedError(ExtensionError):
    """A file that cannot be read. The text names it, and says why."""


def read_text(file: Path) -> str:
    """The text of a file.

    Raises:
        SavedError: The file cannot be read. The text is what a sentence about the file ends with.
    """
    try:
        data = file.read_bytes()
        return data.decode("utf-8-sig")
    except OSError as error:
        raise SavedError(f"cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SavedError(f"is {_encoding_of(data)}; save it as UTF-8") from None


def read_message_or_payload(parsed: object) -> Message:
    """The message; a payload by itself is a message as far as policies are concerned.

    Raises:
        MessageError: It is neither.
    """
    if not isinstance(parsed, dict) or ENVELOPE_KEYS & parsed.keys():
        return read_envelope(parsed)
    code = parsed.get("eventCode")
    if not isinstance(code, str):
        raise MessageError("neither a message (it has no messageBody or data) nor a payload (it has no eventCode)")
    return Message(None, code, parsed, blocking=is_blocking(parsed.get("blockBusiness"), code, "function-compute"))


def read_snapshot_or_code(file: Path) -> Snapshot | str:
    """The snapshot in an answer of GetIDEEventDetail, else the text of the file, which is code.

    Raises:
        SavedError: The file cannot be read, or the answer holds no snapshot.
    """
    try:
        text = read_text(file)
    except SavedError as error:
        raise SavedError(f"the snapshot {file} {error}") from None
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(answer, dict) or not _ANSWER_KEYS & answer.keys():
        return text
    try:
        return read_snapshot(answer if "EventDetail" in answer else {"EventDetail": answer})
    except SnapshotError as error:
        raise SavedError(f"{file}: {error}; expected the answer of GetIDEEventDetail, or code") from None


def _encoding_of(data: bytes) -> str:
    """The encoding that editors on a Chinese Windows save in, if it may be that."""
    try:
        data.decode("gb18030")
    except UnicodeDecodeError:
        return "not UTF-8"
    return "GBK"
