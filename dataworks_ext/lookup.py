"""What policies can ask of DataWorks beside the event, and what was answered for one message."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from .deadline import NO_LIMIT
from .errors import ExtensionError, SettingsError
from .events.base import to_wire
from .message import Message

if TYPE_CHECKING:
    from .snapshots import Snapshot

S = TypeVar("S", bound=BaseModel)
T = TypeVar("T")


class LookupFailed(ExtensionError):
    """What DataWorks was asked for could not be had. The text says what, why, and what to do."""


class Lookup(Protocol):
    """Asks DataWorks. Moments are those of `time.monotonic()`; each method raises `LookupFailed`."""

    def snapshot(self, message: Message, workspace_id: int | None, until: float) -> Snapshot:
        """The file or table as it was when the event fired."""
        ...

    def parameters(self, until: float) -> Mapping[str, str]:
        """The extension's parameters."""
        ...

    def options(self, workspace_id: int | None, until: float) -> Mapping[str, object]:
        """The extension's options in a workspace."""
        ...


class Findings:
    """What was asked for one message: each thing once, for all policies. A failure is kept as well."""

    __slots__ = ("_found", "_lock", "_lookup", "_message", "_workspace_id")

    def __init__(self, lookup: Lookup | None, message: Message, workspace_id: int | None) -> None:
        self._lookup = lookup
        self._message = message
        self._workspace_id = workspace_id
        self._found: dict[str, object] = {}
        self._lock = threading.Lock()

    def snapshot(self, until: float) -> Snapshot:
        """The file or table as it was when the event fired. Raises `LookupFailed`."""
        return self._once("snapshot", until, lambda ask: ask.snapshot(self._message, self._workspace_id, until))

    def parameters(self, until: float) -> Mapping[str, str]:
        """The extension's parameters. Raises `LookupFailed`."""
        return self._once("parameters", until, lambda ask: ask.parameters(until))

    def options(self, until: float) -> Mapping[str, object]:
        """The extension's options in the event's workspace. Raises `LookupFailed`."""
        return self._once("options", until, lambda ask: ask.options(self._workspace_id, until))

    def settings(self, pack: str, settings: S, until: float) -> S:
        """The settings of a pack, with what the options of the workspace say in their place.

        Raises:
            LookupFailed: The options could not be had.
            SettingsError: They do not fit.
        """
        return settings_with(pack, settings, self.options(until), self._workspace_id)

    def _once(self, what: str, until: float, find: Callable[[Lookup], T]) -> T:
        """What was found, or what somebody finds now while the others wait. What is interrupted is tried again."""
        if self._lookup is None:
            raise LookupFailed(_NOBODY_TO_ASK.format(what))
        if not self._lock.acquire(timeout=-1 if until == NO_LIMIT else max(until - time.monotonic(), 0)):
            raise LookupFailed(f"the time was over before DataWorks had said the {what}")
        try:
            if what not in self._found:
                self._found[what] = _result(self._lookup, find)
            found = self._found[what]
        finally:
            self._lock.release()
        if isinstance(found, LookupFailed):
            raise found.with_traceback(None)
        answer: T = found  # type: ignore[assignment]  # what is kept under a key is what its `find` returns
        return answer


_NOBODY_TO_ASK: Final = (
    "context.{} asks DataWorks, and there is nobody to ask here: outside a function, give decide() a lookup"
)


def _result(lookup: Lookup, find: Callable[[Lookup], T]) -> T | LookupFailed:
    try:
        return find(lookup)
    except LookupFailed as error:
        return error


def settings_with(pack: str, settings: S, options: Mapping[str, object], workspace_id: int | None) -> S:
    """The settings with the options of a workspace in their place.

    Args:
        pack: Its name. Options under this name are the pack's; without any, those that are called like its settings.
        settings: What the environment says.
        options: By name, in snake_case or camelCase.
        workspace_id: For the error.

    Raises:
        SettingsError: An option does not fit its setting, or there is no setting for one under the pack's name.
    """
    own = options.get(pack)
    fields = {name: field for field in type(settings).model_fields for name in (field, to_wire(field))}
    where = f"the options of workspace {workspace_id}"
    if isinstance(own, Mapping):
        unknown = [name for name in own if name not in fields]
        if unknown:
            raise SettingsError(f"{where}: {pack} has no setting for {', '.join(map(str, unknown))}")
        where = f"{where}: {pack}"
    else:
        own = {name: value for name, value in options.items() if name in fields}
    values = {field: getattr(settings, field) for field in type(settings).model_fields}
    try:
        return type(settings).model_validate({**values, **{fields[name]: own[name] for name in own}}, by_name=True)
    except ValidationError as error:
        problems = [f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors(include_input=False)]
        raise SettingsError(f"{where}: {'; '.join(problems)}") from None
