"""The kit for testing policies: samples of every event, messages, decisions, snapshots, and a runtime context."""

from __future__ import annotations

from .changes import ChangeError as ChangeError
from .contexts import FunctionContext as FunctionContext
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
from .snapshots import committed_file as committed_file
from .snapshots import deleted_file as deleted_file
from .snapshots import file_execution as file_execution
from .snapshots import table_model as table_model
