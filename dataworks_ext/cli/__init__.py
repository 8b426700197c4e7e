"""The command `dataworks-ext`."""

from __future__ import annotations

import sys
import traceback


def main() -> None:
    """Run the command; without its libraries, say how to get them."""
    try:
        from ._app import app
        from ._running import run
    except ModuleNotFoundError as error:
        if error.name in ("typer", "rich"):
            advice = "install it with: pip install 'dataworks-ext[cli]'"
            sys.stderr.write(f"dataworks-ext: the command needs {error.name}; {advice}\n")
        else:
            traceback.print_exception(error)
        sys.exit(2)  # 1 would mean denied
    sys.exit(run(app))
