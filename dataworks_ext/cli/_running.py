"""Running the command to its exit status: 0 and 1 are answers, 2 and more say that there is none."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import traceback
from typing import Final

import typer

from ._output import UNREADABLE, print_error
from ._screen import end_quietly

_INTERRUPTED: Final = 130
_DEFECT: Final = 3
"""The exit status for an error of the command itself."""


def run(app: typer.Typer) -> int:
    """Run the command with the arguments of the process, and return its exit status."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # whatever the encoding, a character is no error
    if sys.stdout is None:
        print_error("standard output is closed")
        return UNREADABLE
    stdout = sys.stdout
    try:
        status = _status(app)
        stdout.flush()
    except BrokenPipeError:
        end_quietly()
    except SystemExit:
        if sys.stdout is stdout:
            raise
        sys.stdout = stdout  # typer replaces it where a pipe is closed, and exits with 1, which would be an answer
        end_quietly()
    except OSError as error:
        return _failed(error)
    return status


def _status(app: typer.Typer) -> int:
    try:
        status = app(standalone_mode=False)
    except typer.Abort:
        return _INTERRUPTED
    except OSError:
        raise
    except Exception as error:
        return _explained(error)
    return status if isinstance(status, int) else 0


def _explained(error: Exception) -> int:
    """A usage error is shown as such; anything else is a defect."""
    status, show, message = (getattr(error, name, None) for name in ("exit_code", "show", "format_message"))
    if isinstance(status, int) and callable(message) and callable(show):
        if "--json" in sys.argv:
            print_error(str(message()), as_json=True)
        else:
            show()
        return status if status > 1 else UNREADABLE
    traceback.print_exception(error)
    print_error(f"this is a defect of dataworks-ext: {type(error).__name__}. Please report it with the lines above")
    return _DEFECT


def _failed(error: OSError) -> int:
    """Something cannot be written or read, such as a full disk. What is left of the output goes nowhere."""
    with contextlib.suppress(OSError):
        print_error(f"{error.filename or 'input or output failed'}: {error.strerror or error}")
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return UNREADABLE
