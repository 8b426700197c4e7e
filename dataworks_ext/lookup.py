"""What policies look up in DataWorks beside the event, and the answers for one message."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json

from .deadline import NO_LIMIT
from .errors import ExtensionError, SettingsError
from .events.base import to_wire

if TYPE_CHECKING:
    from .snapshots import Snapshot

S = TypeVar("S", bound=BaseModel)
T = TypeVar("T")
Answer: TypeAlias = Mapping[str, object]

READS: Final = re.compile(r"(?:Get|List|Search|Query)[A-Z][A-Za-z0-9]*\Z")
"""The name of an operation of DataWorks' OpenAPI that changes nothing."""
GET_SNAPSHOT: Final = "GetIDEEventDetail"
GET_PARAMETERS: Final = "GetExtension"
GET_OPTIONS: Final = "GetOptionValueForProject"


class LookupFailedError(ExtensionError):
    """DataWorks did not answer a lookup. The text says which, why, and what to do."""


class Lookups(Protocol):
    """Answers the read operations of DataWorks' OpenAPI."""

    def ask(
        self, operation: str, parameters: Mapping[str, str | int], until: float, keep: float = 0.0
    ) -> Mapping[str, object]:
        """The answer to an operation, as the JSON object that came.

        Args:
            operation: Its name: `GetIDEEventDetail`.
            parameters: Without `ExtensionCode`, which the one who asks does not know, and without what the message
                does not have.
            until: The moment of `time.monotonic()` at which the answer is no longer awaited.
            keep: Seconds for which a former answer to the same question is good enough.

        Raises:
            LookupFailedError: There is no answer.
        """
        ...


class MessageLookups:
    """The answers for one message: each question is asked once, for all policies. A failure is an answer, too."""

    __slots__ = ("_answers", "_lock", "_message_id", "_overridden", "_source", "_workspace_id")

    def __init__(self, source: Lookups | None, message_id: str | None, workspace_id: int | None) -> None:
        self._source = source
        self._message_id = message_id
        self._workspace_id = workspace_id
        self._answers: dict[str, object] = {}
        self._overridden: dict[str, tuple[BaseModel, BaseModel]] = {}
        """By pack: its settings, and what the options make of them."""
        self._lock = threading.Lock()

    def snapshot(self, until: float) -> Snapshot:
        """The file or table as it was when the event fired. Raises `LookupFailedError`."""
        return self._once("snapshot", until, self._ask_snapshot)

    def parameters(self, until: float) -> Mapping[str, str]:
        """The extension's parameters, by key. Raises `LookupFailedError`."""
        return self._once("parameters", until, self._ask_parameters)

    def options(self, until: float) -> Mapping[str, object]:
        """What the event's workspace chose of the extension's options. Raises `LookupFailedError`."""
        return self._once("options", until, self._ask_options)

    def ask(self, operation: str, parameters: Mapping[str, str | int], until: float, keep: float) -> Answer:
        """The answer to a question of a policy's own, once a message for equal questions.

        Raises:
            LookupFailedError: There is no answer.
            ValueError: The operation is none that reads.
        """
        if not READS.match(operation):
            raise ValueError(
                f"{operation!r} cannot be asked; only Get…, List…, Search… and Query… can, since they read"
            )
        question = f"{operation} {sorted(parameters.items())}"
        return self._once(
            question, until, lambda source, limit: MappingProxyType({**source.ask(operation, parameters, limit, keep)})
        )

    def settings(self, pack: str, settings: S, until: float) -> S:
        """The settings of a pack, overridden by the options of the workspace.

        Raises:
            LookupFailedError: There is no answer about the options.
            SettingsError: An option is invalid for its setting.
        """
        known = self._overridden.get(pack)
        if known is not None and known[0] is settings:
            return known[1]  # type: ignore[return-value]  # it was made of these settings
        options = self.options(until)
        key = (pack, str(self._answers[_OPTION_TEXT]), self._workspace_id)
        kept = _overridden.get(key)
        if kept is None or kept[0] is not settings:
            if len(_overridden) >= _MOST_OVERRIDDEN:
                _overridden.clear()
            kept = _overridden[key] = settings, _settings_or_error(pack, settings, options, self._workspace_id)
        made = kept[1]
        if isinstance(made, SettingsError):
            raise SettingsError(*made.args)  # anew, since an exception keeps every traceback it was raised with
        assert isinstance(made, type(settings))
        self._overridden[pack] = settings, made
        return made

    def _ask_snapshot(self, source: Lookups, until: float) -> Snapshot:
        from .snapshots import SnapshotError, read_snapshot  # policies that need no snapshot load no model of it

        try:
            return read_snapshot(source.ask(GET_SNAPSHOT, self._parameters("MessageId", "ProjectId"), until))
        except SnapshotError as error:
            raise LookupFailedError(f"there is no snapshot: {error}") from None

    def _ask_parameters(self, source: Lookups, until: float) -> Mapping[str, str]:
        extension = source.ask(GET_PARAMETERS, {}, until).get("Extension")
        if not isinstance(extension, Mapping):
            raise LookupFailedError(f"the answer to {GET_PARAMETERS} has no Extension")
        text = extension.get("ParameterSetting")
        return MappingProxyType(_read_parameters(text if isinstance(text, str) else ""))

    def _ask_options(self, source: Lookups, until: float) -> Mapping[str, object]:
        answer = source.ask(GET_OPTIONS, self._parameters("ProjectId"), until)
        value = answer.get("OptionValue")
        self._answers[_OPTION_TEXT] = value if isinstance(value, str) else repr(value)
        return MappingProxyType(_read_options(value, self._workspace_id))

    def _parameters(self, *names: str) -> dict[str, str | int]:
        """What the message says of these parameters; a parameter that it does not have is missing."""
        known = {"MessageId": self._message_id, "ProjectId": self._workspace_id}
        return {name: value for name in names if (value := known[name]) is not None}

    def _once(self, what: str, until: float, ask: Callable[[Lookups, float], T]) -> T:
        """The answer, or what one thread asks now while the others wait. What is interrupted is asked again."""
        if self._source is None:
            raise LookupFailedError(_NO_SOURCE.format(what))
        if what not in self._answers:  # an answer never changes
            self._ask_once(what, until, ask, self._source)
        found = self._answers[what]
        if isinstance(found, LookupFailedError):
            raise found.with_traceback(None)
        answer: T = found  # type: ignore[assignment]  # what is kept under a key is what its `ask` returns
        return answer

    def _ask_once(self, what: str, until: float, ask: Callable[[Lookups, float], object], source: Lookups) -> None:
        if not self._lock.acquire(timeout=-1 if until == NO_LIMIT else max(until - time.monotonic(), 0)):
            raise LookupFailedError(f"the time was over before DataWorks had answered about the {what}")
        try:
            if what not in self._answers:
                self._answers[what] = _answer_or_failure(ask, source, until)
        finally:
            self._lock.release()


_OPTION_TEXT: Final = "options as they came"
"""The key under which they are kept: what tells the settings that they make from others."""
_MOST_OVERRIDDEN: Final = 256
_overridden: Final[dict[tuple[str, str, int | None], tuple[BaseModel, BaseModel | SettingsError]]] = {}
"""By pack, options and workspace: the settings that were overridden, and what came of it. Validating takes long."""


def _settings_or_error(
    pack: str, settings: BaseModel, options: Mapping[str, object], workspace_id: int | None
) -> BaseModel | SettingsError:
    try:
        return settings_with(pack, settings, options, workspace_id)
    except SettingsError as error:
        return error.with_traceback(None)


_NO_SOURCE: Final = (
    "context.{} asks DataWorks, which cannot be reached here; outside a function, give decide() a Request with lookups"
)


def _answer_or_failure(ask: Callable[[Lookups, float], T], source: Lookups, until: float) -> T | LookupFailedError:
    try:
        return ask(source, until)
    except LookupFailedError as error:
        return error


def _read_parameters(text: str) -> dict[str, str]:
    """`key=value` lines. Of a key that occurs twice, the last counts."""
    lines = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, _, value in lines}


def _read_options(value: object, workspace_id: int | None) -> dict[str, object]:
    try:
        options: object = from_json(value) if isinstance(value, str) and value.strip() else value or {}
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise LookupFailedError(f"the options of workspace {workspace_id} are no JSON object")
    return options


def built(settings_class: type[S]) -> type[S]:
    """The class, ready to read. Pydantic's own building at first use (`defer_build`) is not safe across threads."""
    if not settings_class.__pydantic_complete__:
        with _BUILDING:
            settings_class.model_rebuild()
    return settings_class


_BUILDING: Final = threading.Lock()


def settings_with(pack: str, settings: S, options: Mapping[str, object], workspace_id: int | None) -> S:
    """The settings, overridden by the options of a workspace.

    Args:
        pack: Its name. Options under this name are the pack's; without any, those with the names of its settings.
        settings: What the environment says.
        options: By name, in snake_case or camelCase.
        workspace_id: For the error.

    Raises:
        SettingsError: An option is invalid for its setting, or an option under the pack's name has no setting.
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
        values.update({fields[name]: own[name] for name in own})
        return built(type(settings)).model_validate(values, by_name=True)
    except ValidationError as error:
        problems = [f"{problem['loc'][0]}: {problem['msg']}" for problem in error.errors(include_input=False)]
        raise SettingsError(f"{where}: {'; '.join(problems)}") from None
