"""What the official clients of Function Compute 3.0 and EventBridge have in common.

They are in the extra `deploy`, on a developer's machine only.
"""

from __future__ import annotations

import logging
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from alibabacloud_tea_openapi.exceptions import (  # type: ignore[import-untyped]  # it has no types
    AlibabaCloudException,
)
from alibabacloud_tea_openapi.utils_models import Config  # type: ignore[import-untyped]  # it has no types
from darabonba.core import DaraCore  # type: ignore[import-untyped]  # it has no types
from darabonba.runtime import RuntimeOptions  # type: ignore[import-untyped]  # it has no types

from .remote_access import Access, checked_endpoint
from .remote_error import THROTTLED, refused, unanswered

PAUSES: Sequence[float] = (1.0, 2.0, 4.0)
"""Seconds before a call is made again that was throttled."""
_CONNECT: Final = 10_000
"""Milliseconds."""
_READ: Final = 300_000
"""Milliseconds: an upload of 100 MB takes its time."""
_Result = TypeVar("_Result")


class Caller:
    """Makes calls with an official client: throttled ones again, and what fails explained.

    Args:
        access: Whose cloud, and where.
        client: The client's class.
    """

    def __init__(self, access: Access, client: Callable[[Any], Any]) -> None:
        config = Config(
            access_key_id=access.access_key_id,
            access_key_secret=access.access_key_secret,
            security_token=access.security_token or None,
            region_id=access.region,
            protocol="https",
        )
        if access.endpoint:
            address = checked_endpoint(access.endpoint, "https://fcv3.{region}.aliyuncs.com")
            config.endpoint, config.protocol = address.netloc, address.scheme
        self.client = client(config)
        self.runtime = RuntimeOptions(connect_timeout=_CONNECT, read_timeout=_READ)
        self._secrets = access.secrets

    def call(self, what: str, call: Callable[[], _Result]) -> _Result:
        """Make a call.

        Args:
            what: What it does, for an error: `update function guard`.
            call: Makes it.

        Raises:
            NotThereError: What it is about is not there.
            RemoteError: It was refused, or there was no answer.
        """
        for pause in (*PAUSES, None):
            try:
                return _quietly(call)
            except AlibabaCloudException as error:
                status = int(error.status_code or 0)
                if status in THROTTLED and pause is not None:
                    time.sleep(pause)
                    continue
                problem = refused(what, status, str(error.code or ""), _message(error), self._secrets)
            except Exception as error:
                problem = unanswered(what, self.client._endpoint, error)
            raise problem
        raise AssertionError("the last attempt returns or raises")

    def succeeded(self, what: str, body: Any) -> Any:
        """The data of an answer that may be a failure with HTTP status 200. Raises as `call` does."""
        code = str(body.code or "")
        if code != "Success" or body.success is False:
            raise refused(what, 200, code, str(body.message or ""), self._secrets)
        return getattr(body, "data", None)


def _quietly(call: Callable[[], _Result]) -> _Result:
    """The clients log, and warn of their own habits."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return call()
    finally:
        logging.disable(before)


def _message(error: Any) -> str:
    data = error.data if isinstance(error.data, dict) else {}
    return str(data.get("Message") or data.get("message") or error.message or "")


def _without_redirects() -> None:
    """The clients would follow a redirect to any host, with variables and code, and offer no way to say otherwise."""
    make = DaraCore._get_session

    def make_session(*arguments: Any, **options: Any) -> Any:
        session = make(*arguments, **options)
        session.max_redirects = 0
        return session

    DaraCore._get_session = staticmethod(make_session)


_without_redirects()
