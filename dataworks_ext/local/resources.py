"""What the API creates, changes and shows: services, functions, versions and aliases.

Source: Function Compute API 2016-08-15, "CreateService", "CreateFunction", "PublishServiceVersion", "CreateAlias".
"""

from __future__ import annotations

import re
import reprlib
from collections.abc import Mapping
from datetime import datetime, timezone
from random import random
from typing import Annotated, Final, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import from_json

from ..deploy.interpreters import NoInterpreterError, interpreter_of
from .api_error import ApiError

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,127}")
_HANDLER: Final = re.compile(r"[^\s./\\\0]+(\.[^\s./\\\0]+)+")
_RUNTIME: Final = re.compile(r"python3\.[0-9]{1,2}")
_RESERVED: Final = "FC_"
_SECRET: Final = "environmentVariables"  # noqa: S105  # the field whose values may be secrets
_AnyResource = TypeVar("_AnyResource", bound="Resource")


def now() -> str:
    """The time, as the API has it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def read_object(body: bytes) -> Mapping[str, object]:
    """The JSON object of a request's body; null fields are left out. Raises `ApiError` (400) if it is none."""
    try:
        values = from_json(body or b"{}")
    except ValueError as error:
        raise ApiError.invalid(f"the body is no JSON: {error}") from None
    if not isinstance(values, dict):
        raise ApiError.invalid("the body is no JSON object")
    return {name: value for name, value in values.items() if value is not None}


def _checked_name(value: str) -> str:
    if not _NAME.fullmatch(value):
        raise ValueError("expected a letter or _, then letters, digits, _ or -, at most 128")
    return value


def _checked_handler(value: str) -> str:
    if value and not _HANDLER.fullmatch(value):
        raise ValueError("expected module.attribute, such as index.handler")
    return value


def _checked_runtime(value: str) -> str:
    if not _RUNTIME.fullmatch(value):
        raise ValueError("cannot be run here; expected a Python, such as python3.10")
    try:
        interpreter_of(value)
    except NoInterpreterError as error:
        raise ValueError(str(error)) from None
    return value


def _checked_variables(values: dict[str, str]) -> dict[str, str]:
    for name, value in values.items():
        if name.startswith(_RESERVED) or not name or "=" in name or "\0" in name + value:
            expected = f"expected a name without = that does not begin with {_RESERVED}, and no null characters"
            raise ValueError(f"{name!r} cannot be a variable; {expected}")
    return values


def _checked_weights(values: dict[str, float]) -> dict[str, float]:
    if len(values) > 1 or not all(0 <= weight <= 1 for weight in values.values()):
        raise ValueError("expected one version at most, with a weight from 0 to 1")
    return values


Name = Annotated[str, AfterValidator(_checked_name)]
Handler = Annotated[str, AfterValidator(_checked_handler)]


class Resource(BaseModel):
    """One thing of the API, with its names (camel case) and its rules."""

    model_config = ConfigDict(alias_generator=to_camel, frozen=True, strict=True)

    @classmethod
    def read(cls: type[_AnyResource], sent: Mapping[str, object]) -> _AnyResource:
        """The resource of these fields; unknown ones are ignored. Raises `ApiError` (400), which names the field."""
        try:
            return cls.model_validate(sent)
        except ValidationError as error:
            problem = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in problem["loc"])
        is_told = problem["type"] != "missing" and problem["loc"][0] != _SECRET
        value = f" is {reprlib.repr(problem['input'])}" if is_told else ""
        raise ApiError.invalid(f"{field}{value}: {problem['msg'].removeprefix('Value error, ')}")

    def changed(self: _AnyResource, sent: Mapping[str, object]) -> _AnyResource:
        """The resource with what was sent. Raises `ApiError` (400), as `read` does."""
        return self.read({**self.shown(), **sent})

    def shown(self) -> dict[str, object]:
        """As the API shows it."""
        return self.model_dump(by_alias=True, exclude_none=True)


class ServiceSettings(Resource):
    """What a service is set to. It has no effect here."""

    service_name: Name
    description: str = ""
    role: str | None = None
    internet_access: bool | None = None
    vpc_config: dict[str, object] | None = None
    log_config: dict[str, object] | None = None


class FunctionSettings(Resource):
    """What a function is set to."""

    function_name: Name
    runtime: Annotated[str, AfterValidator(_checked_runtime)]
    """`python3.10`."""
    handler: Handler = "index.handler"
    initializer: Handler = ""
    """Empty where there is none."""
    timeout: int = Field(3, ge=1, le=86_400)
    """Seconds for one request."""
    initialization_timeout: int = Field(3, ge=1, le=300)
    """Seconds for importing the module and running the initializer."""
    memory_size: int = Field(512, ge=64, le=32_768)
    """Megabytes."""
    instance_concurrency: int = Field(1, ge=1, le=200)
    """Requests that an instance takes at once."""
    environment_variables: Annotated[dict[str, str], AfterValidator(_checked_variables)] = {}
    description: str = ""
    role: str | None = None
    """This and what follows has no effect here."""
    cpu: float | None = None
    disk_size: int | None = None
    internet_access: bool | None = None
    log_config: dict[str, object] | None = None
    vpc_config: dict[str, object] | None = None


class ReservedConcurrency(Resource):
    """Requests at once that are kept for a function. It has no effect here."""

    reserved_concurrency: int = Field(ge=0)


class Version(Resource):
    """The number under which a service, or a function of 3.0, was published."""

    version_id: str
    description: str = ""
    created_time: str
    last_modified_time: str
    """In ISO 8601."""

    @classmethod
    def new(cls, number: int, sent: Mapping[str, object]) -> Version:
        """One that is published now."""
        when = now()
        return cls.read({**sent, "versionId": str(number), "createdTime": when, "lastModifiedTime": when})


class Alias(Resource):
    """A name for a version, and perhaps for another one that gets a share of the requests."""

    alias_name: Name
    version_id: str
    description: str = ""
    additional_version_weight: Annotated[dict[str, float], AfterValidator(_checked_weights)] = {}

    def chosen(self) -> str:
        """The number of the version that gets the next request, by chance."""
        point = random()  # noqa: S311  # shares, not secrets
        for number, weight in self.additional_version_weight.items():
            point -= weight
            if point < 0:
                return number
        return self.version_id
