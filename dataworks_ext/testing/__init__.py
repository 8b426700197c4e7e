"""The kit for trying and testing policies: samples of every event, messages, and a runtime context."""

from __future__ import annotations

from .contexts import FunctionContext as FunctionContext
from .samples import eventbridge_message as eventbridge_message
from .samples import function_compute_message as function_compute_message
from .samples import sample_payload as sample_payload
