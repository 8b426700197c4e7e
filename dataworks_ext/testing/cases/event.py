"""What happens in a case: the sample of an event with changes, or a saved message."""

from __future__ import annotations

from pathlib import Path

from ...events import Event
from ...message import Message, MessageError, read_messages
from ..samples import NoSampleError, sample
from .changes import at_culprit
from .fields import fields_of, text_of
from .located import Fields, LineError, Located
from .saved import read_message_or_payload


def event_of(folder: Path, case: Fields) -> Event | Message:
    """The event or the message. Files are looked up from the folder.

    Raises:
        LineError: There is neither, or both, or it cannot be.
    """
    event, saved = case.fields.get("event"), case.fields.get("message")
    if event is not None and saved is not None:
        raise LineError(case.lines["message"], "a case has an event or a message, not both; leave one out")
    if event is not None:
        return _sample(text_of(event, "event"), event.line, fields_of(case.fields, "with"))
    if saved is None:
        raise LineError(case.line, "what happens in this case? Give it an event, such as event: download-resources")
    if "with" in case.fields:
        raise LineError(case.lines["with"], '"with" changes the sample of an event; change a message itself')
    return _saved_message(folder, saved)


def _sample(code: str, line: int, changes: Fields) -> Event:
    try:
        return at_culprit(changes, lambda values: sample(code, **values))
    except NoSampleError as error:
        raise LineError(line, str(error)) from None


def _saved_message(folder: Path, saved: Located) -> Message:
    if isinstance(saved, Fields):
        try:
            return read_message_or_payload(saved.value)
        except MessageError as error:
            raise LineError(saved.line, str(error)) from None
    file = folder / text_of(saved, "message")
    try:
        messages = read_messages(file.read_bytes(), read_message_or_payload)
    except OSError as error:
        raise LineError(saved.line, f"the message {file} cannot be read: {error.strerror}") from None
    except MessageError as error:
        raise LineError(saved.line, f"{file}: {error}") from None
    if isinstance(messages, Message):
        return messages
    [first, *others] = messages
    if others:
        raise LineError(saved.line, f"{file} holds {len(messages)} messages; a case is about one")
    if isinstance(first, MessageError):
        raise LineError(saved.line, f"{file}: {first}")
    return first
