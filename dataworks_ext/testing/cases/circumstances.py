"""What happens in a case, and what DataWorks keeps of it: samples with changes, or what was saved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, TypeVar

from ...events import Event
from ...message import Message, MessageError, read_messages
from ...snapshots import CommittedFile, DeletedFile, FileExecution, Snapshot, TableModel
from ..changes import ChangeError
from ..samples import NoSampleError, sample
from ..snapshot_samples import committed_file, deleted_file, file_execution, snapshot_kind, table_model
from . import document
from .model import WrittenCase, kind_of
from .saved import SavedError, read_message_or_payload, read_snapshot_or_code, read_text

T = TypeVar("T")
_BUILDERS: Final[Mapping[type[Snapshot], Callable[..., Snapshot]]] = {
    CommittedFile: committed_file,
    DeletedFile: deleted_file,
    FileExecution: file_execution,
    TableModel: table_model,
}


class CasePlaceError(ValueError):
    """What cannot be in a case. The text says what was expected."""

    def __init__(self, text: str, *path: str) -> None:
        super().__init__(text)
        self.path: document.Path = path
        """Where in the case."""


def event_of(folder: Path, case: WrittenCase) -> Event | Message:
    """The event or the message. Files are looked up from the folder.

    Raises:
        CasePlaceError: There is neither, or both, or it cannot be.
    """
    code, saved = case.event, case.message
    try:
        if code is not None and saved is not None:
            raise CasePlaceError("a case has an event or a message, not both; leave one out", "message")
        if code is not None:
            return _changed("with", case.changes, lambda changes: sample(code, **changes))
        if saved is None:
            raise CasePlaceError("what happens in this case? Give it an event, such as event: download-resources")
        if case.changes:
            raise CasePlaceError('"with" changes the sample of an event; change a message itself', "with")
        if isinstance(saved, dict):
            return read_message_or_payload(saved)
        return _saved_message(folder / _file_name("message", saved))
    except NoSampleError as error:
        raise CasePlaceError(str(error), "event") from None
    except (MessageError, SavedError) as error:
        raise CasePlaceError(str(error), "message") from None


def snapshot_of(folder: Path, code: str, fields: Mapping[str, object]) -> Snapshot:
    """The snapshot of the event with that code. Files are looked up from the folder.

    Raises:
        CasePlaceError: The event has none, or it cannot be.
    """
    kind, file = snapshot_kind(code), fields.get("file")
    if kind is None:
        raise CasePlaceError(f"DataWorks keeps no snapshot of {code}; leave the snapshot out", "snapshot")
    if "file" not in fields:
        return _changed("snapshot", fields, lambda changes: _BUILDERS[kind](**changes))
    if len(fields) > 1:
        raise CasePlaceError("a snapshot has a file or fields, not both; leave one out", "snapshot")
    path = folder / _file_name("snapshot", file)
    try:
        found = read_snapshot_or_code(path)
    except SavedError as error:
        raise CasePlaceError(str(error), "snapshot", "file") from None
    if isinstance(found, str) and kind is not TableModel:
        return _BUILDERS[kind](content=found)
    if isinstance(found, kind):
        return found
    holds = "code" if isinstance(found, str) else f"a {type(found).__name__}"
    raise CasePlaceError(f"{path} holds {holds}; the snapshot of this event is a {kind.__name__}", "snapshot")


def _changed(where: str, changes: Mapping[str, object], change: Callable[[Mapping[str, object]], T]) -> T:
    """The result of the changes. An error names the change that cannot be, by itself or with the others."""
    try:
        return change(changes)
    except ChangeError as error:
        for name, value in changes.items():
            try:
                change({name: value})
            except ChangeError as own:
                raise CasePlaceError(str(own), where, name) from None
        raise CasePlaceError(str(error), where) from None


def _file_name(where: str, value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise CasePlaceError(f"a file has a name, got {kind_of(value)}", where)


def _saved_message(file: Path) -> Message:
    try:
        messages = read_messages(read_text(file).encode(), read_message_or_payload)
    except SavedError as error:
        raise SavedError(f"the message {file} {error}") from None
    except MessageError as error:
        raise SavedError(f"{file}: {error}") from None
    found = messages if isinstance(messages, list) else [messages]
    if len(found) != 1:
        raise SavedError(f"{file} holds {len(found)} messages; a case is about one")
    if isinstance(found[0], MessageError):
        raise SavedError(f"{file}: {found[0]}")
    return found[0]
