"""The kit for testing policies: samples of every event, messages, decisions, snapshots, and a runtime context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._on_demand import names_on_demand

if TYPE_CHECKING:
    from .changes import ChangeError
    from .contexts import FunctionContext
    from .dataworks import DataWorks
    from .deciding import NOON, SubjectError, decide, trial
    from .samples import NoSampleError, eventbridge_message, function_compute_message, message, sample, sample_payload
    from .sent import Sent
    from .snapshot_samples import committed_file, deleted_file, file_execution, table_model

__all__ = [
    "NOON",
    "ChangeError",
    "DataWorks",
    "FunctionContext",
    "NoSampleError",
    "Sent",
    "SubjectError",
    "committed_file",
    "decide",
    "deleted_file",
    "eventbridge_message",
    "file_execution",
    "function_compute_message",
    "message",
    "sample",
    "sample_payload",
    "table_model",
    "trial",
]

# pytest imports this package in every run, for its plugin, so names are imported at first use
_load, __dir__ = names_on_demand(
    globals(),
    {
        "changes": "ChangeError",
        "contexts": "FunctionContext",
        "dataworks": "DataWorks",
        "deciding": "NOON SubjectError decide trial",
        "samples": "NoSampleError eventbridge_message function_compute_message message sample sample_payload",
        "sent": "Sent",
        "snapshot_samples": "committed_file deleted_file file_execution table_model",
    },
)
if not TYPE_CHECKING:  # only the names above exist for type checkers
    __getattr__ = _load
