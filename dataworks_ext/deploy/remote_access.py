"""Whose cloud is called, where, and over what: nothing goes out unencrypted, and no redirect is followed."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

import requests

from .remote_error import RemoteError

_DOWNLOAD: Final = 120.0
"""Seconds of silence while code is got."""


class Access(NamedTuple):
    """Whose cloud, and where."""

    access_key_id: str
    access_key_secret: str
    security_token: str
    region: str
    endpoint: str
    """With its scheme; empty for the region's own."""
    values: tuple[str, ...] = ()
    """What must not be shown beside the credentials, such as the values of variables."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """What must not be shown."""
        return (self.access_key_secret, self.security_token, *self.values)


def download(url: str) -> bytes:
    """The zip file at an address that is signed already. Raises `RemoteError`."""
    try:
        response = requests.get(url, timeout=_DOWNLOAD, allow_redirects=False)
    except requests.RequestException as error:
        raise RemoteError(f"the code of the version cannot be got: {type(error).__name__}") from None
    if response.status_code != 200:
        raise RemoteError(f"the code of the version cannot be got: HTTP {response.status_code}")
    return response.content


def checked_endpoint(endpoint: str, expected: str) -> SplitResult:
    """The address in its parts: credentials, variables and code go there.

    Args:
        endpoint: An address with its scheme.
        expected: An example, for the error.

    Raises:
        RemoteError: It is no address, or somebody could read what is sent on its way.
    """
    try:
        address = urlsplit(endpoint)
        host = address.hostname or ""
    except ValueError:
        host = ""
    if not host or address.scheme not in ("http", "https") or "@" in address.netloc:
        raise RemoteError(f"the endpoint is no address; expected {expected}")
    if address.scheme == "http" and not _is_loopback(host):
        raise RemoteError(f"the endpoint http://{host} is not encrypted; use https, or an address of this machine")
    return address


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
