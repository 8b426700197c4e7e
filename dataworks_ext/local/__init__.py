"""Function Compute on this machine, without Docker: its API on loopback, and its Python runtime in child processes."""

from __future__ import annotations

from ..deploy.interpreters import NoInterpreterError, interpreter_of, runtime_of, runtimes_at_hand
from .compute import Invocation, LocalFunctionCompute
from .errors import ApiError
from .logs import LogLine
from .watch import FolderWatch

__all__ = [
    "ApiError",
    "FolderWatch",
    "Invocation",
    "LocalFunctionCompute",
    "LogLine",
    "NoInterpreterError",
    "interpreter_of",
    "runtime_of",
    "runtimes_at_hand",
]
