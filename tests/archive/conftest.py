"""A bucket for each test, in one server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .s3 import Bucket, s3_server


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with s3_server() as url:
        yield url


@pytest.fixture
def bucket(s3: str) -> Bucket:
    return Bucket(s3)
