"""Console: workspaces.

Source: the DataWorks event reference, "Console".
"""

from __future__ import annotations

from .base import Event
from .values import Milliseconds


class DeleteProject(Event):
    """A workspace is about to be deleted."""

    event_code: str = "delete-project"
    project_id: int
    """The id of the workspace."""
    operator: str
    """The UID of the person who acts."""


class ProjectDeleted(Event):
    """A workspace was deleted."""

    event_code: str = "project-deleted"
    project_id: int
    """The id of the workspace."""
    project_name: str
    """The name of the workspace."""
    timestamp: Milliseconds
    """When the message was sent."""
    operator: str
    """The UID of the person who acted."""
