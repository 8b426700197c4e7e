"""Packing the environment that a rehearsal has on Spark."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..rehearsal.task import Identity


def pack(target: Path, identity: Identity, against: str) -> None:
    """Pack this environment with the extension, and say how it is used."""
