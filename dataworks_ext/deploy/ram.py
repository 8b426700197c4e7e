"""The smallest RAM policy that lets the role of a function call what its extension needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..events import catalog
from ..extension import Extension
from ..lookup import GET_OPTIONS, GET_SNAPSHOT
from ..policy import EVERY_EVENT

_WITH_SNAPSHOT: Final = ("file", "table")
"""The last words of the events that DataWorks keeps a snapshot of."""


def ram_policy(extension: Extension) -> dict[str, object]:
    """The document of the policy: replies, snapshots, options where they override settings, and what the packs ask.

    A policy that looks at `context.parameters` or `context.options` names `GetExtension` or `GetOptionValueForProject`
    in the `asks` of its pack.
    """
    actions = sorted({f"dataworks:{operation}" for operation in _operations(extension)})
    statement = {"Effect": "Allow", "Action": actions, "Resource": "*"}
    return {"Version": "1", "Statement": [statement] if actions else []}


def _operations(extension: Extension) -> Iterator[str]:
    codes = {code for policy in extension.policies for code in policy.events}
    if EVERY_EVENT in codes:
        codes = set(catalog)
    for code in codes:
        entry = catalog[code]
        if entry.operation is not None and not entry.is_direct:
            yield entry.operation
            if code.rpartition("-")[2] in _WITH_SNAPSHOT:
                yield GET_SNAPSHOT
    for pack in (*extension.packs, extension):
        if pack.options_override:
            yield GET_OPTIONS
        yield from pack.asks
