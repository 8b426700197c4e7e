"""The OpenAPI of DataWorks in the function's region, called as the extension that the environment names.

Source: the DataWorks OpenAPI of version 2020-05-18.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Final

from ..errors import ExtensionError
from ..events import catalog
from ..lookup import GET_OPTIONS, GET_PARAMETERS, GET_SNAPSHOT, LookupFailedError
from ..policy import EVERY_EVENT, Policy

if TYPE_CHECKING:
    from .answers import Answers
    from .client import Client
    from .signature import Credentials

CODE_VARIABLE: Final = "DATAWORKS_EXT_CODE"
ENDPOINT_VARIABLE: Final = "DATAWORKS_EXT_ENDPOINT"
REGION_VARIABLE: Final = "DATAWORKS_EXT_REGION"
KEY_ID_VARIABLE: Final = "ALIBABA_CLOUD_ACCESS_KEY_ID"
KEY_SECRET_VARIABLE: Final = "ALIBABA_CLOUD_ACCESS_KEY_SECRET"  # noqa: S105 - a name, not a secret
TOKEN_VARIABLE: Final = "ALIBABA_CLOUD_SECURITY_TOKEN"  # noqa: S105 - a name, not a secret
_OF_THE_EXTENSION: Final = frozenset({GET_PARAMETERS, GET_OPTIONS})
"""Lookups that name the extension. They answer the same for every message, so their answers are kept for a while."""


class SetupError(ExtensionError):
    """The environment lacks something that a call needs. The text names it and says where to get it."""


class OpenApi:
    """Calls DataWorks' OpenAPI, and answers lookups with it. Threads share it.

    Args:
        environment: Where `DATAWORKS_EXT_CODE`, `DATAWORKS_EXT_ENDPOINT`, `DATAWORKS_EXT_REGION` and, outside Function
            Compute, credentials are.
        client: Makes the client of an endpoint.
        clock: Moments in seconds, those of the deadlines.
    """

    def __init__(
        self,
        environment: Mapping[str, str],
        *,
        client: Callable[[str], Client] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._environment = environment
        self._context: object = None
        self._client_of = client or self._new_client
        self._clock = clock
        self._client: Client | None = None
        self._answers: Answers | None = None
        self._making = threading.Lock()

    def attend(self, context: object) -> None:
        """Take region and credentials from the runtime's context of this request: credentials are fresh in each."""
        self._context = context

    def problems(self) -> tuple[str, ...]:
        """What a call needs and the environment lacks, a sentence each."""
        found = []
        for need in (lambda: self.extension_code, self._check_endpoint):
            try:
                need()
            except SetupError as error:
                found.append(str(error))
        return tuple(found)

    @property
    def extension_code(self) -> str:
        """The extension's code in DataWorks. Raises `SetupError`."""
        code = self._environment.get(CODE_VARIABLE, "").strip()
        if not code:
            raise SetupError(
                f"{CODE_VARIABLE} is not set: it is the extension's code, which the DataWorks console shows in the "
                f"list of extensions"
            )
        return code

    def call(self, operation: str, parameters: Mapping[str, str | int], until: float) -> dict[str, object]:
        """The answer to an operation.

        Raises:
            CallError: DataWorks refused, or no useful answer came in time.
            SetupError: The environment lacks something.
        """
        return self._connected().call(operation, parameters, deadline=until)

    def ask(
        self, operation: str, parameters: Mapping[str, str | int], until: float, keep: float = 0.0
    ) -> Mapping[str, object]:
        """The answer to a lookup. Those about the extension itself are kept for a minute, others for as long as asked.

        Raises:
            LookupFailedError: There is no answer.
        """
        from .client import CallError

        if operation == GET_OPTIONS and "ProjectId" not in parameters:
            return {}  # an event of the whole tenant: there is no workspace that could have chosen anything
        if operation == GET_SNAPSHOT and len(parameters) < 2:
            raise LookupFailedError("a message without an id or a workspace has no snapshot")
        try:
            key = (operation, *sorted(parameters.items()))
            if operation not in _OF_THE_EXTENSION:
                if keep <= 0:
                    return self.call(operation, parameters, until)
                return self._kept().get(key, until, lambda limit: self.call(operation, parameters, limit), keep)
            complete = {"ExtensionCode": self.extension_code, **parameters}
            return self._kept().get(key, until, lambda limit: self.call(operation, complete, limit))
        except (CallError, SetupError) as error:
            raise LookupFailedError(str(error)) from None

    def _kept(self) -> Answers:
        if self._answers is None:
            with self._making:
                if self._answers is None:
                    from .answers import Answers

                    self._answers = Answers(self._clock)
        return self._answers

    def _check_endpoint(self) -> None:
        """Raise `SetupError` if the endpoint cannot be called.

        The client takes 2 ms to load, and a direct message needs none: what a region makes of it needs no check.
        """
        written = self._environment.get(ENDPOINT_VARIABLE, "").strip()
        has_proxy = "https_proxy" in os.environ or "HTTPS_PROXY" in os.environ
        region = (self.region or "").replace("-", "")
        if written or has_proxy or not (region.isascii() and region.isalnum()):
            self._connected()

    def _connected(self) -> Client:
        if self._client is None:
            with self._making:
                if self._client is None:
                    from .endpoint import EndpointError

                    try:
                        self._client = self._client_of(self._endpoint)
                    except EndpointError as error:
                        raise SetupError(f"{ENDPOINT_VARIABLE}: {error}") from None
        return self._client

    def _new_client(self, endpoint: str) -> Client:
        from .client import Client

        return Client(endpoint, credentials=self.credentials)

    @property
    def region(self) -> str | None:
        """The region that the environment or the runtime's context names, such as `cn-hangzhou`."""
        region = self._environment.get(REGION_VARIABLE, "").strip() or getattr(self._context, "region", None)
        return region if isinstance(region, str) and region else None

    @property
    def _endpoint(self) -> str:
        endpoint = self._environment.get(ENDPOINT_VARIABLE, "").strip()
        if endpoint:
            return endpoint
        region = self.region
        if region is None:
            raise SetupError(f"{REGION_VARIABLE} is not set, and Function Compute's context does not say it either")
        return f"https://dataworks.{region}.aliyuncs.com"

    def credentials(self) -> Credentials:
        """Those of the newest request; the environment's where there is none."""
        from .signature import Credentials

        given = getattr(self._context, "credentials", None)
        names = ("access_key_id", "access_key_secret", "security_token")
        key_id, secret, token = (getattr(given, name, None) or "" for name in names)
        if not (key_id and secret):
            variables = (KEY_ID_VARIABLE, KEY_SECRET_VARIABLE, TOKEN_VARIABLE)
            key_id, secret, token = (self._environment.get(variable, "") for variable in variables)
        return Credentials(str(key_id), str(secret), str(token) or None)


def replies_through_openapi(policies: Iterable[Policy]) -> bool:
    """Whether any of the policies looks at events whose reply goes through the OpenAPI."""
    return any(code == EVERY_EVENT or not catalog[code].is_direct for policy in policies for code in policy.events)
