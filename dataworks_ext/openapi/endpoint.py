"""Where DataWorks is called: the endpoint, and the proxy that the environment names."""

from __future__ import annotations

import os
import re
from base64 import b64encode
from typing import Final

_HOST: Final = r"\[[0-9a-f:.]+\]|(?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63}"
_URL: Final = rf"(https?)://(?:([^/?#@]*)@)?({_HOST})(?::([0-9]{{1,5}}))?"
_LOOPBACK: Final = r"localhost|\[::1\]|127(\.[0-9]{1,3}){3}"


class EndpointError(ValueError):
    """An endpoint or a proxy that cannot be called. The text says what was expected; it holds no user info."""


class Endpoint:
    """Where DataWorks is called."""

    def __init__(self, scheme: str, host: str, port: str | None) -> None:
        self.is_secure = scheme.lower() == "https"
        own_port = 443 if self.is_secure else 80
        self.host = host.lower()
        """An IPv6 address is in brackets."""
        self.port = int(port or own_port)
        self.authority = self.host if self.port == own_port else f"{self.host}:{self.port}"
        """The value of the header `Host`."""
        self.is_loopback = re.fullmatch(_LOOPBACK, self.host) is not None


class Proxy:
    """What connects to an endpoint, and what it wants to know before."""

    def __init__(self, host: str, port: str | None, user_info: str | None) -> None:
        from urllib.parse import unquote

        self.host = host.strip("[]")
        self.port = int(port or 80)
        self.headers: dict[str, str] = {}
        self.secrets: tuple[str, ...] = ()
        """What no text may repeat."""
        if user_info:
            decoded = unquote(user_info)
            basic = b64encode(decoded.encode()).decode()
            self.headers = {"Proxy-Authorization": f"Basic {basic}"}
            self.secrets = (decoded.partition(":")[2], basic)


def read_endpoint(url: str) -> Endpoint:
    """The endpoint at `https://host` or `https://host:port`; loopback may be `http://`.

    Raises:
        EndpointError: The URL is another one.
    """
    expected = "the endpoint should be https://host or https://host:port, as https://dataworks.cn-shanghai.aliyuncs.com"
    match = re.fullmatch(_URL, url, re.IGNORECASE)
    if match is None:
        raise EndpointError(f"{expected}, without a path, a query or anything else")
    scheme, user_info, host, port = match.groups()
    if user_info is not None:
        raise EndpointError(f"{expected}, without user info: credentials have an argument of their own")
    endpoint = Endpoint(scheme, host, port)
    if not 0 < endpoint.port < 65536:
        raise EndpointError(f"{expected}, with a port from 1 to 65535")
    if not endpoint.is_secure and not endpoint.is_loopback:
        raise EndpointError(f"{expected}; http:// is for loopback only, and {endpoint.host} is another host")
    return endpoint


def proxy_of_environment(endpoint: Endpoint) -> Proxy | None:
    """The proxy that https_proxy names, unless the endpoint is loopback or no_proxy has it.

    Raises:
        EndpointError: What https_proxy names is no proxy for HTTP.
    """
    url = _from_environment("https_proxy")
    if not url or endpoint.is_loopback or _is_bypassed(endpoint):
        return None
    match = re.fullmatch(_URL, (url if "://" in url else f"http://{url}").removesuffix("/"), re.IGNORECASE)
    if match is None or match[1].lower() != "http":
        raise EndpointError("https_proxy should be http://host:port or http://user:password@host:port")
    _, user_info, host, port = match.groups()
    return Proxy(host, port, user_info)


def _is_bypassed(endpoint: Endpoint) -> bool:
    """Whether no_proxy has the host, a domain that it is in, or `*`."""
    entries = [entry.strip().lstrip(".").lower() for entry in _from_environment("no_proxy").split(",")]
    names = (endpoint.host, f"{endpoint.host}:{endpoint.port}")
    return any(entry == "*" or f".{name}".endswith(f".{entry}") for entry in entries if entry for name in names)


def _from_environment(name: str) -> str:
    """The lower-case variable, even if it is empty, or else the one in capitals."""
    return os.environ.get(name, os.environ.get(name.upper(), ""))
