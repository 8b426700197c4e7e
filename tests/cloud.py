"""The official clients of Function Compute 3.0 and of EventBridge, for a local Function Compute."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest
from alibabacloud_eventbridge20200401.client import Client as EventBridgeClient
from alibabacloud_fc20230330.client import Client as FunctionClient
from alibabacloud_tea_openapi.utils_models import Config  # type: ignore[import-untyped]  # there are no stubs

from dataworks_ext.local import LocalFunctionCompute

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy")


def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clients would send what is for this machine through a proxy as well."""
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)


def function_client(compute: LocalFunctionCompute, secret: str = "") -> Any:
    """The client of Function Compute 3.0."""
    return FunctionClient(_config(compute, secret))


def event_client(compute: LocalFunctionCompute, secret: str = "") -> Any:
    """The client of EventBridge."""
    return EventBridgeClient(_config(compute, secret))


def _config(compute: LocalFunctionCompute, secret: str) -> Config:
    return Config(
        access_key_id=compute.access_key_id,
        access_key_secret=secret or compute.access_key_secret,
        endpoint=urlsplit(compute.endpoint).netloc,
        protocol="http",
    )
