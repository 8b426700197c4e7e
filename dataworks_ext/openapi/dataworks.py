"""The DataWorks of the function's region: who the extension is there, what it asks, and how it answers.

Source: the DataWorks OpenAPI of version 2020-05-18.
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from types import MappingProxyType
from typing import Final, Generic, TypeVar

from pydantic_core import from_json

from ..decision import Decision, Verdict
from ..errors import ExtensionError
from ..events.catalog import reply_operation
from ..lookup import LookupFailed
from ..message import Message
from ..snapshots import Snapshot, SnapshotError, read_snapshot
from .client import CallError, Client, EndpointError
from .signature import Credentials

CODE_VARIABLE: Final = "DATAWORKS_EXT_CODE"
ENDPOINT_VARIABLE: Final = "DATAWORKS_EXT_ENDPOINT"
REGION_VARIABLE: Final = "DATAWORKS_EXT_REGION"
KEY_ID_VARIABLE: Final = "ALIBABA_CLOUD_ACCESS_KEY_ID"
KEY_SECRET_VARIABLE: Final = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"  # noqa: S105 - a name, not a secret
TOKEN_VARIABLE: Final = "ALIBABA_CLOUD_SECURITY_TOKEN"  # noqa: S105 - a name, not a secret
KEPT_FOR: Final = 60.0
"""Seconds that parameters and options are kept."""
_REFRESH_LIMIT: Final = 1.0
"""Seconds that replacing an old answer may take, since there is the old one."""
_MOST_KEPT: Final = 256

T = TypeVar("T")


class NotSetUp(ExtensionError):
    """Something that a call needs and the environment lacks. The text names it and says where to get it."""


class DataWorks:
    """What the function knows of DataWorks, and says to it. Threads share it.

    Args:
        environment: The function's environment variables.
        context: Gives the runtime's context of the newest request, for region and credentials; None outside of one.
        client: Makes the client of an endpoint.
        clock: Moments in seconds, those of the deadlines.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        context: Callable[[], object],
        *,
        client: Callable[[str], Client] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._environment = environment
        self._context = context
        self._client_of = client or (lambda endpoint: Client(endpoint, credentials=self._credentials))
        self._client: Client | None = None
        self._connecting = threading.Lock()
        self._parameters: _Kept[Mapping[str, str]] = _Kept(clock)
        self._options: _Kept[Mapping[str, object]] = _Kept(clock)

    def problems(self) -> tuple[str, ...]:
        """What a call needs and is not there, a sentence each."""
        found = []
        for need in (lambda: self._code, lambda: self._connected()):
            try:
                need()
            except NotSetUp as error:
                found.append(str(error))
        return tuple(found)

    def reply(self, message: Message, message_id: str, decision: Decision, deadline: float) -> None:
        """Tell DataWorks the decision on a message.

        Operation Center knows no warning: a warning is `OK` there, with its text.

        Raises:
            CallError: DataWorks did not take it.
            NotSetUp: The environment lacks something.
        """
        operation = reply_operation(message.event_code)
        verdict = decision.verdict
        if operation == "UpdateWorkbenchEventResult" and verdict is Verdict.WARN:
            verdict = Verdict.OK
        text = decision.message or verdict.value  # two of the operations insist on a text
        parameters = {
            "MessageId": message_id,
            "ExtensionCode": self._code,
            "CheckResult": verdict.value,
            "CheckMessage" if operation == "CallbackExtension" else "CheckResultTip": text,
        }
        self._connected().call(operation, parameters, deadline=deadline)

    def snapshot(self, message: Message, workspace_id: int | None, until: float) -> Snapshot:
        """The file or table as it was when the event fired (GetIDEEventDetail).

        Raises:
            LookupFailed: It could not be had.
        """
        if message.message_id is None or workspace_id is None:
            raise LookupFailed("there is no snapshot of a message without an id or a workspace")
        parameters: dict[str, str | int] = {"MessageId": message.message_id, "ProjectId": workspace_id}
        try:
            return read_snapshot(self._connected().call("GetIDEEventDetail", parameters, deadline=until))
        except (CallError, NotSetUp, SnapshotError) as error:
            raise LookupFailed(f"the snapshot could not be had: {error}") from None

    def parameters(self, until: float) -> Mapping[str, str]:
        """The extension's parameters (GetExtension), by key. Of a key that occurs twice, the last counts.

        Raises:
            LookupFailed: They could not be had.
        """
        return self._parameters.get("", until, self._find_parameters)

    def options(self, workspace_id: int | None, until: float) -> Mapping[str, object]:
        """What a workspace chose of the extension's options (GetOptionValueForProject); empty for no workspace.

        Raises:
            LookupFailed: They could not be had.
        """
        if workspace_id is None:
            return MappingProxyType({})
        return self._options.get(workspace_id, until, lambda by: self._find_options(workspace_id, by))

    def _find_parameters(self, until: float) -> Mapping[str, str]:
        answer = self._connected().call("GetExtension", {"ExtensionCode": self._code}, deadline=until)
        extension = answer.get("Extension")
        setting = extension.get("ParameterSetting") if isinstance(extension, Mapping) else None
        return MappingProxyType(_read_parameters(setting if isinstance(setting, str) else ""))

    def _find_options(self, workspace_id: int, until: float) -> Mapping[str, object]:
        parameters: dict[str, str | int] = {"ExtensionCode": self._code, "ProjectId": workspace_id}
        answer = self._connected().call("GetOptionValueForProject", parameters, deadline=until)
        return MappingProxyType(_read_options(answer.get("OptionValue"), workspace_id))

    @property
    def _code(self) -> str:
        code = self._environment.get(CODE_VARIABLE, "").strip()
        if not code:
            raise NotSetUp(
                f"{CODE_VARIABLE} is not set: it is the extension's code, which the DataWorks console shows in the "
                f"list of extensions"
            )
        return code

    def _connected(self) -> Client:
        if self._client is None:
            with self._connecting:
                if self._client is None:
                    try:
                        self._client = self._client_of(self._endpoint)
                    except EndpointError as error:
                        raise NotSetUp(f"{ENDPOINT_VARIABLE}: {error}") from None
        return self._client

    @property
    def _endpoint(self) -> str:
        endpoint = self._environment.get(ENDPOINT_VARIABLE, "").strip()
        if endpoint:
            return endpoint
        region = self._environment.get(REGION_VARIABLE, "").strip() or getattr(self._context(), "region", None)
        if not isinstance(region, str) or not region:
            raise NotSetUp(f"{REGION_VARIABLE} is not set, and there is no context of Function Compute that says it")
        return f"https://dataworks.{region}.aliyuncs.com"

    def _credentials(self) -> Credentials:
        """Those of the newest request; the environment's where there is none."""
        given = getattr(self._context(), "credentials", None)
        names = ("access_key_id", "access_key_secret", "security_token")
        key_id, secret, token = (getattr(given, name, None) or "" for name in names)
        if not (key_id and secret):
            variables = (KEY_ID_VARIABLE, KEY_SECRET_VARIABLE, TOKEN_VARIABLE)
            key_id, secret, token = (self._environment.get(variable, "") for variable in variables)
        return Credentials(str(key_id), str(secret), str(token) or None)


def _read_parameters(text: str) -> dict[str, str]:
    lines = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip() for key, _, value in lines}


def _read_options(value: object, workspace_id: int) -> dict[str, object]:
    try:
        options: object = from_json(value) if isinstance(value, str) and value.strip() else value or {}
    except ValueError:
        options = None
    if not isinstance(options, dict):
        raise LookupFailed(f"the options of workspace {workspace_id} are no JSON object")
    return options


class _Kept(Generic[T]):
    """Answers, kept for a minute, and for longer while DataWorks throttles."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._answers: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, until: float, find: Callable[[float], T]) -> T:
        """The answer under the key, found anew if there is none or it is old. Raises `LookupFailed`."""
        with self._lock:
            kept = self._answers.get(key)
        now = self._clock()
        if kept is not None and now < kept[0]:
            return kept[1]
        try:
            answer = find(until if kept is None else min(until, now + _REFRESH_LIMIT))
        except CallError as error:
            if kept is None or not error.throttled:
                raise LookupFailed(str(error)) from None
            answer = kept[1]
        except NotSetUp as error:
            raise LookupFailed(str(error)) from None
        self._keep(key, answer)
        return answer

    def _keep(self, key: Hashable, answer: T) -> None:
        with self._lock:
            self._answers[key] = (self._clock() + KEPT_FOR, answer)
            self._answers.move_to_end(key)
            while len(self._answers) > _MOST_KEPT:
                self._answers.popitem(last=False)
