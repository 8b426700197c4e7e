"""The fixture of the packs whose events come over EventBridge."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from dataworks_ext import Decision
from dataworks_ext.lookup import Lookup
from dataworks_ext.message import read_message
from dataworks_ext.testing import eventbridge_message
from policies import extension

from .asking import Ask


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Asks the extension; what it was configured with goes with the test."""

    def ask(
        code: str,
        settings: dict[str, str],
        /,
        *,
        lookup: Lookup | None = None,
        now: datetime | None = None,
        **changes: Any,
    ) -> Decision:
        extension.configure(settings)
        return extension.decide(read_message(eventbridge_message(code, **changes)), now=now, lookup=lookup)

    yield ask
    extension.configure(os.environ)
