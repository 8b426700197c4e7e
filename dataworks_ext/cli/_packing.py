"""Packing the environment that a rehearsal has on Spark."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from ._archives import explained
from ._output import console, plain
from ._screen import inline

if TYPE_CHECKING:
    from ..rehearsal.task import Identity


def pack(target: Path, app: str, identity: Identity, against: str) -> None:
    """Pack this environment with the extension, and the version that it will be compared with."""
    with explained():
        from ..rehearsal.baseline import baseline_of
        from ..rehearsal.packing import pack_environment

        out = console(error=True)
        with baseline_of(against, app, Path.cwd(), dict(os.environ)) as baseline:
            others = {baseline.name: (baseline.identity, Path(baseline.candidate.folder))} if baseline else {}
            size = pack_environment(
                target, identity, Path.cwd(), others, lambda step: out.print(*plain(f"Packing {step}"))
            )
    console().print(f"{inline(str(target))} is written: {size / 1e6:,.0f} MB.")
