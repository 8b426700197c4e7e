"""The command `dataworks-ext`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command; without its libraries, say how to get them."""
    try:
        from ._app import app
        from ._running import run
    except ModuleNotFoundError as error:
        if error.name not in ("typer", "rich"):
            raise
        sys.stderr.write(
            f"dataworks-ext: the command needs {error.name}; install it with: pip install 'dataworks-ext[cli]'\n"
        )
        sys.exit(2)
    sys.exit(run(app))
