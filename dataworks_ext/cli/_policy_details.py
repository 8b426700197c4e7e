"""What the subcommands show of a policy beside its id: its mode by time and workspace, who answers, where it is."""

from __future__ import annotations

import inspect
import os
from datetime import datetime, timedelta
from functools import partial

from ..modes import Modes
from ..policy import Registration


def mode_text(entry: Registration, modes: Modes, now: datetime) -> str:
    """The mode in force, what it is in the code, how it changes by itself, and where it is another one."""
    mode = modes.of(entry.id, now).mode
    lines: list[str] = [mode]
    rollout = modes.rollouts.get(entry.id)
    if rollout is not None and mode != "enforce":
        announced = rollout.enforce_from - timedelta(days=rollout.announce_days)
        lines += [f"announced from {announced}"] if mode == "shadow" and rollout.announce_days else []
        lines += [f"enforced from {rollout.enforce_from}"]
    elif rollout is None and mode != entry.mode:
        lines = [f"{mode} (set; {entry.mode} in code)"]
    lines += [f"{other} in {workspace}" for workspace, other in modes_by_workspace(entry, modes).items()]
    return "\n".join(lines)


def modes_by_workspace(entry: Registration, modes: Modes) -> dict[str, str]:
    """The modes that the environment says for single workspaces."""
    return {str(workspace): own[entry.id] for workspace, own in modes.in_workspaces.items() if entry.id in own}


def details_text(entry: Registration) -> str:
    """Who answers for it, and what else there is to it, on one line; its page on another."""
    workspaces = "" if entry.workspaces is None else ", ".join(map(str, sorted(entry.workspaces)))
    said = {
        "owner": entry.owner,
        "severity": entry.severity,
        "workspaces": workspaces,
        "timeout": "" if entry.timeout is None else f"{entry.timeout:g} s",
        "source": source_of(entry),
    }
    line = "; ".join(f"{name}: {value}" for name, value in said.items() if value)
    return "\n".join(text for text in (line, entry.url) if text)


def details_as_json(entry: Registration, modes: Modes) -> dict[str, object]:
    """The same for other programs."""
    return {
        "severity": entry.severity,
        "owner": entry.owner,
        "url": entry.url,
        "workspaces": None if entry.workspaces is None else sorted(entry.workspaces),
        "timeout": entry.timeout,
        "source": source_of(entry) or None,
        "enforce_from": None if entry.rollout is None else str(entry.rollout.enforce_from),
        "announce_days": None if entry.rollout is None else entry.rollout.announce_days,
        "modes_by_workspace": modes_by_workspace(entry, modes),
    }


def source_of(entry: Registration) -> str:
    """The file and line of its function, from the current folder if it is below that; empty if it has none."""
    function = inspect.unwrap(entry.function)
    while isinstance(function, partial):
        function = function.func
    code = getattr(function, "__code__", None)
    if code is None:
        return ""
    path = os.path.relpath(code.co_filename)
    shown = code.co_filename if path.startswith(os.pardir) else path
    return f"{shown}:{code.co_firstlineno}"
