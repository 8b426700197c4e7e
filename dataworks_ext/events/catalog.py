"""The catalog: every event code that DataWorks sends, and how it is answered.

Source: the DataWorks event reference ("event types" tables, one a module).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

Module = Literal[
    "DataStudio",
    "Data Integration",
    "Operation Center",
    "Security Center",
    "Data Quality",
    "Console",
    "Upload and Download",
]
Level = Literal["workspace", "tenant"]
Operation = Literal["UpdateIDEEventResult", "UpdateWorkbenchEventResult", "CallbackExtension"]


class CatalogEntry(NamedTuple):
    """One event code and its facts."""

    code: str
    """The event code, `eventCode` on the wire."""
    type: str
    """The CloudEvents type that EventBridge filters by: `dataworks:{Category}:{Action}`."""
    title: str
    """What happened, or is about to happen."""
    module: Module
    """The DataWorks module that sends it."""
    level: Level
    """Whether it belongs to a workspace or to the whole tenant."""
    extension_point: bool
    """Whether DataWorks pauses the operation for an answer; a regular event is only a notification."""
    operation: Operation | None
    """The OpenAPI operation that answers it over EventBridge; None for a regular event."""

    @property
    def is_direct(self) -> bool:
        """Whether DataWorks calls the function itself and reads the reply from its return value."""
        return self.module == "Upload and Download"


_OPERATIONS: Final[Mapping[Module, Operation]] = {
    "DataStudio": "UpdateIDEEventResult",
    "Operation Center": "UpdateWorkbenchEventResult",
}
_TENANT_MODULES: Final = frozenset[Module]({"Console", "Upload and Download"})
_ACTIONS: Final = {"unfreeze-node": "UnFreezeNode"}  # the one action that is not the code in PascalCase
_POINT, _REGULAR = True, False

# module: (category, code, extension point?, title)
_TABLE: Final[Mapping[Module, tuple[tuple[str, str, bool, str], ...]]] = {
    "DataStudio": (
        ("NodeChange", "node-change-created", _REGULAR, "A node was created in production"),
        ("NodeChange", "node-change-updated", _REGULAR, "A node was updated"),
        ("FileChange", "delete-file", _POINT, "A file is about to be deleted"),
        ("FileChange", "commit-file", _POINT, "A file is about to be committed"),
        ("FileChange", "deploy-file", _POINT, "A file is about to be deployed"),
        ("FileChange", "run-file", _POINT, "The code of a file is about to run"),
        ("TableChange", "commit-table", _POINT, "A table is about to be committed to development"),
        ("TableChange", "deploy-table", _POINT, "A table is about to be deployed to production"),
    ),
    "Data Integration": (
        ("NodeChange", "start-diJob", _POINT, "A synchronization job is about to start"),
        ("NodeChange", "batch-start-diJob", _POINT, "Several synchronization jobs are about to start"),
    ),
    "Operation Center": (
        ("NodeChange", "node-change-deleted", _REGULAR, "A node was undeployed or deleted"),
        ("NodeChange", "undeploy-node", _POINT, "A node is about to be undeployed"),
        ("NodeChange", "freeze-node", _POINT, "A node is about to be frozen"),
        ("NodeChange", "unfreeze-node", _POINT, "A node is about to be unfrozen"),
        ("BackfillDataOperate", "backfill-data", _POINT, "Data of nodes is about to be backfilled"),
        ("InstanceStatusChanges", "instance-status-changes", _REGULAR, "The status of an instance changed"),
        ("InstanceChange", "freeze-instance", _REGULAR, "Instances were frozen"),
        ("InstanceChange", "unfreeze-instance", _REGULAR, "Instances were unfrozen"),
        ("InstanceChange", "kill-instance", _REGULAR, "Instances were stopped"),
        ("InstanceChange", "rerun-instance", _REGULAR, "Instances were run again"),
        ("InstanceChange", "set-instance-success", _REGULAR, "Instances were marked as succeeded"),
        ("InstanceChange", "delete-task-instance-dependencies", _REGULAR, "Upstream dependencies of an instance were removed"),
        ("InstanceChange", "pre-freeze-instance", _POINT, "Instances are about to be frozen"),
        ("InstanceChange", "pre-unfreeze-instance", _POINT, "Instances are about to be unfrozen"),
        ("InstanceChange", "pre-rerun-instance", _POINT, "Instances are about to run again"),
        ("InstanceChange", "pre-set-instance-success", _POINT, "Instances are about to be marked as succeeded"),
        ("InstanceChange", "pre-kill-instance", _POINT, "Instances are about to be stopped"),
        ("InstanceChange", "expired-task-instances-deleted", _REGULAR, "Expired instances were cleaned up"),
        ("DagStatusChanges", "dag-status-changes", _REGULAR, "The status of a workflow changed"),
        ("MonitorAlert", "workbench-monitor-alert", _REGULAR, "A monitor sent an alert"),
    ),
    "Security Center": (
        ("ApprovalChange", "approval-change-created", _REGULAR, "A permission request was submitted"),
        ("ApprovalChange", "approval-change-finished", _REGULAR, "A permission request was decided"),
        ("ApprovalChange", "approval-change-before-create", _POINT, "A table permission request is about to be submitted"),
    ),
    "Data Quality": (
        ("DqcCheck", "dqc-check-feedback-event", _REGULAR, "Somebody commented on the result of a quality check"),
        ("DqcCheck", "dqc-check-finished-event", _REGULAR, "A quality check finished"),
        ("DqcCheck", "batch-create-data-quality-rules", _POINT, "Quality rules are about to be created"),
        ("DqcCheck", "batch-update-data-quality-rules", _POINT, "Quality rules are about to be updated"),
        ("DqcCheck", "batch-delete-data-quality-rules", _POINT, "Quality rules are about to be deleted"),
        ("DqcCheck", "update-data-quality-rule", _POINT, "A quality rule is about to be updated"),
        ("DqcCheck", "create-data-quality-evaluation-task", _POINT, "A quality monitor is about to be created"),
        ("DqcCheck", "update-data-quality-evaluation-task", _POINT, "A quality monitor is about to be updated"),
        ("DqcCheck", "clone-data-quality-evaluation-task", _POINT, "A quality monitor is about to be cloned"),
        ("DqcCheck", "batch-delete-data-quality-evaluation-tasks", _POINT, "Quality monitors are about to be deleted"),
        ("DqcCheck", "create-data-quality-evaluation-task-notification", _POINT, "An alert subscription is about to be created"),
        ("DqcCheck", "update-data-quality-evaluation-task-notification", _POINT, "An alert subscription is about to be updated"),
        ("DqcCheck", "delete-data-quality-evaluation-task-notification", _POINT, "An alert subscription is about to be deleted"),
    ),
    "Console": (
        ("ProjectChange", "delete-project", _POINT, "A workspace is about to be deleted"),
        ("ProjectChange", "project-deleted", _REGULAR, "A workspace was deleted"),
    ),
    "Upload and Download": (
        ("ResourcesDownload", "download-resources", _POINT, "A file is about to be generated for download"),
        ("ResourcesDownload", "download-resources-execute", _POINT, "A generated file is about to be downloaded"),
        ("ResourcesUpload", "upload-data-to-table", _POINT, "Data is about to be uploaded to a table"),
    ),
}  # fmt: skip


def class_name(code: str) -> str:
    """The name of the class of an event code: the code in PascalCase (`start-diJob` is `StartDiJob`)."""
    return "".join(word[:1].upper() + word[1:] for word in code.split("-"))


def reply_operation(code: str) -> Operation:
    """The operation that answers an event of that code, if it is blocking."""
    entry = catalog.get(code)
    return "CallbackExtension" if entry is None else _OPERATIONS.get(entry.module, "CallbackExtension")


def _entries() -> Iterator[CatalogEntry]:
    for module, rows in _TABLE.items():
        level: Level = "tenant" if module in _TENANT_MODULES else "workspace"
        operation = _OPERATIONS.get(module, "CallbackExtension")
        for category, code, extension_point, title in rows:
            event_type = f"dataworks:{category}:{_ACTIONS.get(code) or class_name(code)}"
            yield CatalogEntry(
                code, event_type, title, module, level, extension_point, operation if extension_point else None
            )


catalog: Final[Mapping[str, CatalogEntry]] = MappingProxyType({entry.code: entry for entry in _entries()})
"""Every known event code, by code."""
