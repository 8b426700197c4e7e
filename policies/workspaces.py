"""Which workspaces may be deleted, and by whom."""

from __future__ import annotations

from pydantic import BaseModel

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import DeleteProject


class WorkspaceSettings(BaseModel, defer_build=True):
    protected_workspaces: tuple[int, ...] = ()
    """Ids of workspaces that nobody may delete."""
    deleters: tuple[str, ...] = ()
    """UIDs of the people who may delete a workspace."""


workspaces = PolicyPack("workspaces", settings=WorkspaceSettings)
Context = PolicyContext[WorkspaceSettings]


@workspaces.policy(DeleteProject, needs="protected_workspaces")
def protected(event: DeleteProject, context: Context) -> Outcome | None:
    """Nobody deletes a protected workspace."""
    if event.project_id in context.settings.protected_workspaces:
        return deny(
            f"The workspace {event.project_id} is protected: it may not be deleted. Keep it.",
            zh=f"工作空间 {event.project_id} 受保护，不得删除，请保留。",
        )
    return None


@workspaces.policy(DeleteProject, needs="deleters")
def deleters(event: DeleteProject, context: Context) -> Outcome | None:
    """Workspaces are deleted by the named people only."""
    if event.operator in context.settings.deleters:
        return None
    return deny(
        "Workspaces are deleted by a few people only. Ask the owners of the platform to delete this one.",
        zh="只有指定人员可以删除工作空间，如需删除，请联系平台负责人。",
    )
