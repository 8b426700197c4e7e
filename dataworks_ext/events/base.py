"""What all events share, and how one is read."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, Final, TypeVar

from pydantic import (
    AliasChoices,
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
)
from pydantic_core import from_json

from ..errors import ExtensionError

E = TypeVar("E", bound="Event")


class EventError(ExtensionError, ValueError):
    """A payload that does not read into its event class. The text names fields by their wire names, and no value."""


def to_wire(name: str) -> str:
    """The wire name of a field: `data_row_size` is `dataRowSize`."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


_CONFIG: Final = ConfigDict(
    frozen=True,
    alias_generator=to_wire,
    validate_by_alias=True,
    validate_by_name=True,
    coerce_numbers_to_str=True,
    allow_inf_nan=False,
)


class Part(BaseModel):
    """An object inside an event. Immutable."""

    model_config = _CONFIG


class Event(BaseModel):
    """One thing that DataWorks says happened or is about to happen. Immutable.

    A code without a class of its own reads into a plain `Event`; its payload is in `raw`.
    """

    __slots__ = ("_payload",)  # where `read_event` keeps it; unset in an event that was made by hand

    model_config = ConfigDict(**_CONFIG, defer_build=True)

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

    @property
    def raw(self) -> Mapping[str, object]:
        """The payload as it came, unknown fields included, read-only. JSON arrays are tuples."""
        payload: Mapping[str, object] | None = getattr(self, "_payload", None)
        if payload is None:
            payload = self.model_dump(by_alias=True, mode="json", exclude_none=True)
        return MappingProxyType({key: _frozen(value) for key, value in payload.items()})


def _frozen(value: object) -> object:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(item) for key, item in value.items()})
    if isinstance(value, list):
        return tuple(_frozen(item) for item in value)
    return value


def read_event(
    event_class: type[E],
    payload: Mapping[str, object],
    *,
    event_code: str | None = None,
    extension_biz_id: str | None = None,
) -> E:
    """The payload as an event of that class. What the payload does not say, the envelope's values do.

    Raises:
        EventError: The payload does not fit. Numbers in strings do, and so do unknown fields.
    """
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
    except ValidationError as error:
        raise EventError(_explain(error, complete)) from None
    object.__setattr__(event, "_payload", payload)
    return event


def build(event_class: type[Event]) -> None:
    """Make a class ready to read. Pydantic's own building at first use is not safe across threads."""
    with _building:
        for form in (*event_class.forms, event_class):
            form.model_rebuild()


_building: Final = threading.Lock()
_UNION_MEMBERS: Final = frozenset({"str", "int"})  # pydantic names them behind the field


def _explain(error: ValidationError, payload: Mapping[str, object]) -> str:
    problems: dict[str, str] = {}
    for problem in error.errors(include_url=False, include_context=False, include_input=False):
        missing = problem["type"] == "missing"
        problems[_wire_path(problem["loc"], payload, missing)] = problem["msg"].removeprefix("Value error, ")
    return "; ".join(f"{field}: {text}" for field, text in problems.items())


def _wire_path(location: Sequence[str | int], payload: object, missing: bool) -> str:
    """The place as the payload has it: `rules.0.name`. Pydantic's has steps into members of unions besides."""
    path: list[str] = []
    for number, step in enumerate(location, start=1):
        if isinstance(payload, str):
            payload = _parsed(payload)  # JSON in a string, or ids with commas
        if step in _UNION_MEMBERS and number == len(location):
            continue
        if isinstance(payload, Mapping) and step in payload:
            payload = payload[str(step)]
        elif isinstance(payload, Sequence) and isinstance(step, int) and step < len(payload):
            payload = payload[step]
        elif not (missing and number == len(location)):
            continue
        path.append(str(step))
    return ".".join(path)


def _parsed(text: str) -> object:
    try:
        parsed: object = from_json(text)
    except (ValueError, TypeError):  # the latter for a lone surrogate
        return text.split(",")
    return parsed
