"""The child process of `FunctionProcess`: it calls a function as the Function Compute Python runtime does.

It is run by its path and imports nothing but the standard library, so that what the function imports is what the code
directory and the interpreter give it. Requests come as lines of JSON on standard input, answers go as lines of JSON to
the file descriptor that is named first; standard output belongs to the function.

Source: Function Compute, "Python runtimes": the handler gets bytes and a context object, the initializer runs before
the first request, a returned `str` or `bytes` is the response as it is, anything else is passed to `json.dumps`, and an
exception becomes a function error with `errorMessage`, `errorType` and `stackTrace`.
"""

from __future__ import annotations

import base64
import ctypes
import importlib
import json
import os
import sys
import threading
import time
import traceback
from types import SimpleNamespace
from typing import Any

_CAPABILITIES_VERSION_3 = 0x20080522
_OVERRIDES = (1, 2, 3)  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH, CAP_FOWNER
_SEND = threading.Lock()


def main() -> None:
    """Serve requests until standard input ends. Arguments: file descriptor, code directory, handler, initializer."""
    descriptor, code_directory, handler_name, initializer_name = sys.argv[1:]
    give_up_override()
    sys.path[0] = code_directory
    os.chdir(code_directory)
    with os.fdopen(int(descriptor), "w", encoding="utf-8") as answers:
        handler: Any = None
        for line in sys.stdin:
            request = json.loads(line)
            answer: dict[str, Any]
            started = time.perf_counter()
            try:
                context = context_of(request["context"])
                if handler is None:
                    handler = attribute(handler_name)
                    if initializer_name:
                        attribute(initializer_name)(context)
                answer = {"body": body_of(handler(base64.b64decode(request["event"]), context))}
            except BaseException as error:
                answer = {"error": function_error(error)}
            answer["elapsed_ms"] = (time.perf_counter() - started) * 1000
            with _SEND:
                answers.write(json.dumps(answer) + "\n")
                answers.flush()


def give_up_override() -> None:
    """Give up the privilege by which root writes where it may not. Linux only; elsewhere file modes must do."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES_VERSION_3, 0)
    sets = (ctypes.c_uint32 * 6)()  # effective, permitted, inheritable: for capabilities 0-31, then for the others
    if libc.capget(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capget")
    for capability in _OVERRIDES:
        for index in range(3):
            sets[index] &= ~(1 << capability) & 0xFFFFFFFF
    if libc.capset(header, sets) != 0:
        raise OSError(ctypes.get_errno(), "capset")


def attribute(name: str) -> Any:
    """What `index.handler` names. Raises what the import raises."""
    module, _, attribute_name = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute_name)


def context_of(fields: dict[str, Any]) -> SimpleNamespace:
    """The context object of a request, objects within objects."""
    return SimpleNamespace(
        **{key: context_of(value) if isinstance(value, dict) else value for key, value in fields.items()}
    )


def body_of(returned: Any) -> str:
    """The response body, in base 64."""
    if isinstance(returned, str):
        returned = returned.encode()
    if not isinstance(returned, bytes):
        returned = json.dumps(returned).encode()
    return base64.b64encode(returned).decode()


def function_error(error: BaseException) -> dict[str, Any]:
    """What the caller of the function gets for an exception."""
    return {
        "errorMessage": str(error),
        "errorType": type(error).__name__,
        "stackTrace": traceback.format_exception(type(error), error, error.__traceback__),
    }


if __name__ == "__main__":
    main()
