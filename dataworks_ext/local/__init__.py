"""Function Compute and EventBridge on this machine, without Docker: their APIs on loopback, functions in processes.

The command, the demo and the tests use it; nothing else of the package does.
"""

from __future__ import annotations

from ..deploy.interpreters import NoInterpreterError, interpreter_of, runtime_of, runtimes_at_hand
from .api_error import ApiError
from .compute import LocalFunctionCompute
from .event_bridge import new_rule
from .event_delivery import RETRY_PAUSES, FailedDelivery
from .instances import FunctionResponse
from .logs import LogLine

__all__ = [
    "RETRY_PAUSES",
    "ApiError",
    "FailedDelivery",
    "FunctionResponse",
    "LocalFunctionCompute",
    "LogLine",
    "NoInterpreterError",
    "interpreter_of",
    "new_rule",
    "runtime_of",
    "runtimes_at_hand",
]
