"""The kit for testing policies: samples of every event, messages, decisions, snapshots, and a runtime context."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._on_demand import names_on_demand

if TYPE_CHECKING:
    from .changes import ChangeError as ChangeError
    from .contexts import FunctionContext as FunctionContext
    from .dataworks import DataWorks as DataWorks
    from .deciding import NOON as NOON
    from .deciding import SubjectError as SubjectError
    from .deciding import decide as decide
    from .deciding import trial as trial
    from .samples import NoSampleError as NoSampleError
    from .samples import eventbridge_message as eventbridge_message
    from .samples import function_compute_message as function_compute_message
    from .samples import message as message
    from .samples import sample as sample
    from .samples import sample_payload as sample_payload
    from .sent import Sent as Sent
    from .snapshots import committed_file as committed_file
    from .snapshots import deleted_file as deleted_file
    from .snapshots import file_execution as file_execution
    from .snapshots import table_model as table_model

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
        "snapshots": "committed_file deleted_file file_execution table_model",
    },
)
if not TYPE_CHECKING:  # only the names above exist for type checkers
    __getattr__ = _load
