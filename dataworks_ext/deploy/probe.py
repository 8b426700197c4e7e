"""One message to a deployed function, to see that it answers."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from ..decision import Verdict
from ..message import PROBE
from ..testing import function_compute_message
from .function_store import FunctionStore

_EVENT: Final = "download-resources"
"""An event of the direct channel, where the reply is what the function returns: nobody at DataWorks is answered."""
_UNLOADED: Final = "unloaded"
"""The extension that denies everything where the real one cannot be loaded."""


class Probed(NamedTuple):
    """What came of a probe."""

    problem: str
    """Why the function is not fit to answer; empty if it is."""
    verdict: str
    """What it said of the sample; that may well be FAIL."""
    warning: str = ""
    """What its settings lack, as it tells itself."""


def probe(store: FunctionStore, qualifier: str = "") -> Probed:
    """Send a sample with an id that begins with `probe-`, which is recorded as a probe and never counted.

    Raises:
        RemoteError: It was never called.
    """
    message_id = f"{PROBE}{secrets.token_hex(8)}"
    invoked = store.invoke(function_compute_message(_EVENT, message_id=message_id), qualifier)
    lines = list(_records(invoked.log))
    if invoked.error is not None:
        return Probed(_function_error(invoked.body) or invoked.error, "")
    try:
        verdict = Verdict(json.loads(invoked.body)["checkResult"]).value
    except (ValueError, KeyError, TypeError):
        return Probed(f"it answered with what is no reply: {invoked.body[:80].decode('utf-8', 'replace')}", "")
    if any(line.get("extension") == _UNLOADED for line in lines):
        reasons = [str(line.get("problem")) for line in lines if line.get("kind") == "loading"]
        return Probed(": ".join(["the extension cannot be loaded", *reasons]), verdict)
    return Probed("", verdict, "; ".join(_problems(lines)))


def _records(log: str) -> Iterator[Mapping[str, object]]:
    """The records in the end of a log, whose first line may be cut."""
    for line in log.split("\n"):
        try:
            record = json.loads(line) if line.startswith("{") else None
        except ValueError:
            continue
        if isinstance(record, dict):
            yield record


def _problems(lines: list[Mapping[str, object]]) -> Iterator[str]:
    for line in lines:
        if line.get("kind") == "configuration":
            problems = line.get("problems", line.get("problem"))
            yield from map(str, problems) if isinstance(problems, list) else [str(problems)]


def _function_error(body: bytes) -> str:
    try:
        return str(json.loads(body)["errorMessage"])
    except (ValueError, KeyError, TypeError):
        return ""
