"""A local DataWorks that the environment names."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import dataworks as local


@pytest.fixture
def dataworks(monkeypatch: pytest.MonkeyPatch) -> Iterator[local.LocalDataWorks]:
    """Knows the extension, and the credentials of the runtime's context."""
    with local.LocalDataWorks() as running:
        monkeypatch.setenv("DATAWORKS_EXT_CODE", local.EXTENSION_CODE)
        monkeypatch.setenv("DATAWORKS_EXT_ENDPOINT", running.endpoint)
        monkeypatch.delenv("DATAWORKS_EXT_REGION", raising=False)
        yield running
