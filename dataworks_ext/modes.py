"""The modes in force: the authors', those that change by themselves, and those that the environment says."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from typing import Final, NamedTuple, get_args

from .decision import Mode
from .policy import Registration
from .rollout import Rollout

MODES_VARIABLE: Final = "DATAWORKS_EXT_MODES"
_SEPARATOR: Final = "[,，、；;]"  # compiled at first use: with characters beyond ASCII that takes 0.4 ms
"""Between the items of a list: a comma, or what a Chinese keyboard has for it."""


class InForce(NamedTuple):
    """The mode of a policy at some time in some workspace."""

    mode: Mode
    announced: date | None = None
    """From when on the policy is enforced, where the mode is a warning that announces it."""


class Modes(Mapping[str, Mode]):
    """The mode of each policy and observer, by id, at all times and in all workspaces unless there is more to it.

    Args:
        general: The mode in the code, or what the environment says for all workspaces.
        rollouts: Of the policies whose mode changes by itself, which the environment overrides.
        in_workspaces: What the environment says for a workspace, which overrides all else.
    """

    def __init__(
        self,
        general: Mapping[str, Mode],
        rollouts: Mapping[str, Rollout],
        in_workspaces: Mapping[int, Mapping[str, Mode]],
    ) -> None:
        self._general = general
        self.rollouts = rollouts
        self.in_workspaces = in_workspaces

    def __getitem__(self, policy: str) -> Mode:
        return self._general[policy]

    def __iter__(self) -> Iterator[str]:
        return iter(self._general)

    def __len__(self) -> int:
        return len(self._general)

    @property
    def vary(self) -> bool:
        """Whether the mode of any policy depends on the time or on the workspace."""
        return bool(self.rollouts or self.in_workspaces)

    def of(self, policy: str, now: datetime, workspace_id: int | None = None) -> InForce:
        """The mode of a policy at a moment, in a workspace."""
        of_workspace = self.in_workspaces.get(workspace_id, {}) if workspace_id is not None else {}
        if policy in of_workspace:
            return InForce(of_workspace[policy])
        rollout = self.rollouts.get(policy)
        if rollout is None:
            return InForce(self._general[policy])
        mode = rollout.mode_at(now)
        return InForce(mode, rollout.enforce_from if mode == "warn" else None)

    def variant(self, now: datetime, workspace_id: int | None) -> tuple[object, ...]:
        """Equal for two messages if every policy has the same mode for both."""
        workspace = workspace_id if workspace_id in self.in_workspaces else None
        return (workspace, *(rollout.mode_at(now) for rollout in self.rollouts.values()))

    def overridden(self, modes: Mapping[str, Mode]) -> Modes:
        """The modes, with others for some policies at all times and in all workspaces."""
        return Modes(
            {**self._general, **modes},
            {policy: rollout for policy, rollout in self.rollouts.items() if policy not in modes},
            {
                workspace: {policy: mode for policy, mode in own.items() if policy not in modes}
                for workspace, own in self.in_workspaces.items()
            },
        )


def items_in(text: str) -> list[str]:
    """The items of a list that is written with separators, without blank ones."""
    return [item.strip() for item in re.split(_SEPARATOR, text) if item.strip()] if text else []


class _Rule(NamedTuple):
    """An entry of the variable."""

    pattern: str
    workspace: int | None
    mode: Mode


def read_modes(registered: Collection[Registration], text: str, problems: list[str]) -> Modes:
    """The modes in the code and in the variable. Of its entries for a policy, the most specific wins, then the last."""
    general: dict[str, Mode] = {entry.id: entry.mode for entry in registered}
    rollouts = {entry.id: entry.rollout for entry in registered if entry.rollout is not None}
    in_workspaces: dict[int, dict[str, Mode]] = {}
    for pattern, workspace, mode in sorted(_rules(text, problems), key=lambda rule: _specificity(rule.pattern)):
        matching = [entry.id for entry in registered if pattern in ("*", f"{entry.pack}.*", entry.id)]
        if not matching:
            problems.append(f"{MODES_VARIABLE}: no policy is called {pattern}; `dataworks-ext policies` lists them")
        elif workspace is None:
            general.update(dict.fromkeys(matching, mode))
            for policy in matching:
                rollouts.pop(policy, None)
        else:
            in_workspaces.setdefault(workspace, {}).update(dict.fromkeys(matching, mode))
    return Modes(general, rollouts, in_workspaces)


def _rules(text: str, problems: list[str]) -> Iterator[_Rule]:
    for item in items_in(text):
        if rule := _rule(item, problems):
            yield rule


def _rule(item: str, problems: list[str]) -> _Rule | None:
    named, _, word = (part.strip() for part in item.partition("="))
    pattern, at, workspace = (part.strip() for part in named.partition("@"))
    for mode in get_args(Mode):
        if word == mode and pattern and (not at or re.fullmatch(r"[0-9]{1,18}", workspace)):
            return _Rule(pattern, int(workspace) if at else None, mode)
    expected = f"an entry is policy=mode, or policy@workspace=mode, with a mode of {', '.join(get_args(Mode))}"
    problems.append(f"{MODES_VARIABLE}: {expected}; got {item!r}")
    return None


def _specificity(pattern: str) -> int:
    if pattern == "*":
        return 0
    return 1 if pattern.endswith(".*") else 2
