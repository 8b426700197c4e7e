"""What tests of the deadline need: that nobody else's code runs inside what they interrupt."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _no_collection() -> Iterator[None]:
    """The collector would run finalizers of other tests' garbage there. Interrupted, they are errors of this test."""
    gc.disable()
    yield
    gc.enable()
