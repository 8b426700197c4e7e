"""Who may delete files."""

from __future__ import annotations

from pydantic import BaseModel

from dataworks_ext import Outcome, PolicyContext, PolicyPack, deny
from dataworks_ext.events import DeleteFile


class DeletionSettings(BaseModel, defer_build=True):
    owners_only: bool = False
    """Whether files are deleted by their owners only."""
    deleters: tuple[str, ...] = ()
    """UIDs of the people who may delete files as well."""


deletion = PolicyPack("deletion", settings=DeletionSettings)
Context = PolicyContext[DeletionSettings]


def _is_limited(_event: DeleteFile, context: Context) -> bool:
    return context.settings.owners_only or bool(context.settings.deleters)


@deletion.policy(DeleteFile, when=_is_limited)
def deleters(event: DeleteFile, context: Context) -> Outcome | None:
    """Files are deleted by their owners, or by the named people, only."""
    settings = context.settings
    if event.operator in settings.deleters:
        return None
    if not settings.owners_only:
        return deny(
            "Files are deleted by the named people only. Ask one of them to delete this one.",
            zh="只有指定人员可以删除文件，请联系他们删除。",
        )
    if event.operator == event.file_owner:
        return None
    return deny(
        "Files are deleted by their owners only. Ask the owner to delete this one.",
        zh="只有文件责任人可以删除文件，请联系责任人删除。",
    )
