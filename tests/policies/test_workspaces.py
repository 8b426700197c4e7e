"""The rules of the example pack for workspaces: each with its setting, and without it."""

from __future__ import annotations

import pytest

from .asking import ask, policies_of, problems

DELETE = "delete-project"
PROTECTED = "The workspace 90004 is protected: it may not be deleted. Keep it."
NOT_YOU = "Workspaces are deleted by a few people only. Ask the owners of the platform to delete this one."


def test_without_settings_anybody_deletes_a_workspace() -> None:
    assert ask(DELETE, {}).reasons == ()


@pytest.mark.parametrize(
    ("protected", "workspace", "text"),
    [
        ("90004", 90004, PROTECTED),
        ("1, 90004", "90004", PROTECTED),
        ("90004", 9000, ""),
        ("90004", 900041, ""),
    ],
)
def test_a_protected_workspace_is_not_deleted(protected: str, workspace: object, text: str) -> None:
    decision = ask(DELETE, {"WORKSPACES_PROTECTED_WORKSPACES": protected}, projectId=workspace)
    assert (decision.denied, decision.message) == (bool(text), text)
    assert policies_of(decision) == ["workspaces.protected"]


@pytest.mark.parametrize(
    ("deleters", "operator", "text"),
    [
        ("1001", "1001", ""),
        ("1001, 1002", "1002", ""),
        ("1001", "1002", NOT_YOU),
        ("1001", "100", NOT_YOU),
        ("1001", "", NOT_YOU),
    ],
)
def test_only_deleters_delete_a_workspace(deleters: str, operator: str, text: str) -> None:
    decision = ask(DELETE, {"WORKSPACES_DELETERS": deleters}, operator=operator)
    assert (decision.denied, decision.message) == (bool(text), text)
    assert policies_of(decision) == ["workspaces.deleters"]


def test_a_protected_workspace_is_not_deleted_by_deleters_either() -> None:
    settings = {"WORKSPACES_PROTECTED_WORKSPACES": "90004", "WORKSPACES_DELETERS": "1001"}
    decision = ask(DELETE, settings, operator="1001")
    assert (decision.denied, decision.message) == (True, PROTECTED)


def test_a_setting_that_cannot_be_read_is_a_problem() -> None:
    """The problem names the variable, and every rule of the pack fails closed."""
    decision = ask(DELETE, {"WORKSPACES_PROTECTED_WORKSPACES": "production"})
    assert problems({"WORKSPACES_PROTECTED_WORKSPACES": "production"}) == (
        "WORKSPACES_PROTECTED_WORKSPACES: Input should be a valid integer, unable to parse string as an integer",
    )
    assert decision.message.splitlines() == [
        f"The rule workspaces.{name} could not be checked." for name in ("protected", "deleters")
    ]
