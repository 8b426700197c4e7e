"""What all events share, and how one is read."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar

from pydantic import AliasChoices, AliasPath, Field, ValidationError

from ..errors import ExtensionError
from .model import Model, slot, unread_within
from .model import to_wire as to_wire

if TYPE_CHECKING:
    from typing_extensions import Self

E = TypeVar("E", bound="Event")

UNREAD_LIMIT: Final = 10
"""Fields that `unread_fields` and `problems_of` tell of, at most."""


class EventError(ExtensionError, ValueError):
    """A payload that is no object. The text says what came."""


class Part(Model):
    """An object inside an event. Immutable. A look at a field that its payload lacks or garbles is a `FieldError`."""


class Event(Model):
    """One thing that DataWorks says happened or is about to happen. Immutable.

    A code without a class of its own reads into a plain `Event`; its payload is in `raw`. A look at a field that the
    payload lacks or garbles raises `FieldError`; an optional field that it lacks is None.
    """

    __slots__ = ("_payload",)  # where `read_event` keeps it; unset in an event that was made by hand

    forms: ClassVar[tuple[type[Event], ...]] = ()
    """The classes that this one reads into, where the payloads of one code differ in their fields."""

    event_code: str
    """The event code; messages without one get their envelope's."""
    tenant_id: int | None = None
    """The tenant: one for each Alibaba Cloud account."""
    extension_biz_id: str | None = None
    """The id of the check that DataWorks runs for this operation."""
    block_business: bool | None = None
    """Whether DataWorks waits for an answer, where the payload says so."""
    workspace_id: int | None = Field(
        default=None,
        exclude=True,
        validation_alias=AliasChoices(
            *("projectId", "project_id", "appId", "app_id", "queryDwProjectId", "query_dw_project_id")
        ),
    )
    """The workspace, whatever the wire calls it: `projectId`, else `appId`, else `queryDwProjectId`."""
    operator: str | None = Field(
        default=None,
        exclude=True,
        validation_alias=AliasChoices(
            *("operator", "operatorUid", "operator_uid", "createUser", "create_user"),
            AliasPath("process", "applicant"),
            "owner",
        ),
    )
    """The UID of the acting user: `operator`, `operatorUid`, `createUser`, `process.applicant` or `owner`."""

    @classmethod
    def form_of(cls, payload: Mapping[str, object]) -> type[Event]:
        """The class that a payload, by wire or Python names, reads into."""
        return cls

    @property
    def raw(self) -> dict[str, object]:
        """The payload as it came, unknown fields included: plain JSON, a copy of one's own."""
        payload: Mapping[str, object] | None = slot(self, "_payload")
        if payload is None:
            payload = self.model_dump(by_alias=True, mode="json", exclude_none=True)
        return {key: _copied(value) for key, value in payload.items()}

    @property
    def unread_fields(self) -> tuple[str, ...]:
        """The first ten fields, at any depth, that the payload lacks or garbles: `dataRowSize`, `rules.1.name`.

        A look at one of them raises `FieldError`. An optional field that is not there is none of them.
        """
        if slot(self, "_unread") is None:  # every field was read
            return ()
        return _first(wire for wire, _ in unread_within(self))

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy. With other values in it, its `raw` is what they say, as that of an event made by hand."""
        made = super().model_copy(update=update, deep=deep)
        if update and slot(made, "_payload") is not None:
            object.__delattr__(made, "_payload")
        return made


def problems_of(event: Event) -> tuple[str, ...]:
    """What `unread_fields` lists, each with what was expected: `dataRowSize: Field required`. No value is in it."""
    return _first(f"{wire}: {problem}" for wire, problem in unread_within(event))


def _first(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(islice(_distinct(texts), UNREAD_LIMIT))


def _distinct(texts: Iterable[str]) -> Iterator[str]:
    seen = set()  # one name on the wire may stand for several fields
    for text in texts:
        if text not in seen:
            seen.add(text)
            yield text


def _copied(value: object) -> object:
    """A copy of JSON, of whatever depth."""
    copy: list[object] = [None]
    waiting: list[tuple[Any, Any, object]] = [(copy, 0, value)]
    while waiting:
        target, key, found = waiting.pop()
        if isinstance(found, Mapping):
            target[key] = made = dict(found)
            waiting.extend((made, name, item) for name, item in found.items() if isinstance(item, (Mapping, list)))
        elif isinstance(found, list):
            target[key] = items = list(found)
            waiting.extend((items, n, item) for n, item in enumerate(found) if isinstance(item, (Mapping, list)))
        else:
            target[key] = found
    return copy[0]


def read_event(
    event_class: type[E],
    payload: Mapping[str, object],
    *,
    event_code: str | None = None,
    extension_biz_id: str | None = None,
) -> E:
    """The payload as an event of that class. What the payload does not say, the envelope's values do.

    What it lacks or garbles costs nothing but itself: a look at that field raises `FieldError`, and the event lists
    it in `unread_fields`. Numbers in strings do, and so do unknown fields.

    Raises:
        EventError: The payload is no object.
    """
    if payload.__class__ is not dict and not isinstance(payload, Mapping):
        raise EventError(f"expected an object as payload, got {type(payload).__name__}")
    complete = dict(payload)  # a copy of a dictionary costs next to nothing; a display with ** inserts item by item
    if None in complete.values():  # null is as good as absent: it must not hide another name of the same field
        complete = {key: value for key, value in complete.items() if value is not None}
    if event_code is not None and not complete.get("eventCode"):
        complete["eventCode"] = event_code
    if extension_biz_id is not None:
        complete.setdefault("extensionBizId", extension_biz_id)
    if not event_class.__pydantic_complete__:
        build(event_class)
    try:
        event: E = event_class.__pydantic_validator__.validate_python(complete)
    except (ValidationError, RecursionError):
        from .unread import read_what_fits  # a payload that is whole does not need it

        event = read_what_fits(event_class, complete)
    object.__setattr__(event, "_payload", payload)
    return event


def build(event_class: type[Event]) -> None:
    """Make a class ready to read. Pydantic's own building at first use is not safe across threads."""
    with _building:
        for form in (*event_class.forms, event_class):
            form.model_rebuild()


_building: Final = threading.Lock()
