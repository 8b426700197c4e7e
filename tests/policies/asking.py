"""How the tests of the packs ask the example extension."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from dataworks_ext import Decision
from dataworks_ext.snapshots import Snapshot
from dataworks_ext.testing import decide, eventbridge_message, function_compute_message, trial
from policies import extension


def ask(
    code: str,
    environment: Mapping[str, str],
    /,
    *,
    snapshot: Snapshot | Exception | None = None,
    options: Mapping[str, object] | Exception | None = None,
    now: datetime | None = None,
    **changes: Any,
) -> Decision:
    """What the extension says, in an environment, to the sample of an event with changes by wire name.

    They go by wire name because a sample has no field that cannot be read, and the packs must do with such as well.
    """
    write = function_compute_message if code.startswith(("download-", "upload-")) else eventbridge_message
    message = write(code, **changes)
    return decide(extension, message, environment=environment, snapshot=snapshot, options=options, now=now)


def problems(environment: Mapping[str, str]) -> tuple[str, ...]:
    """What the extension finds wrong with an environment."""
    return trial(extension, environment=environment).configuration.problems


def policies_of(decision: Decision) -> list[str]:
    """The policies that looked."""
    return [reason.policy for reason in decision.reasons]
