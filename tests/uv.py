"""Installs with uv what pip would: `python -m tests.uv --python .venv-3.12 --editable '.[dev]'`.

uv takes from pip's configuration what it takes when it packages. It runs before anything but uv is installed.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from dataworks_ext.deploy.pip_settings import is_on, pip_settings, uv_variables


def main() -> int:
    """Run `uv pip install`."""
    command = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--no-python-downloads"]
    if is_on(pip_settings(os.environ), "no-index"):
        command.append("--no-index")
    environment = {**os.environ, **uv_variables(os.environ)}
    return subprocess.run([*command, *sys.argv[1:]], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
