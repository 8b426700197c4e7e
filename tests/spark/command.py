"""`dataworks-ext rehearse`, as it is run."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def environment_of(project: Path, **variables: str) -> dict[str, str]:
    """The variables of the command."""
    return {
        **os.environ,
        "DATAWORKS_EXT_CACHE": str(project / "cache"),
        "DATAWORKS_EXT_APP": "rules:extension",
        "SPARK_LOCAL_IP": "127.0.0.1",
        **variables,
    }


def rehearse(project: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run it in the folder of a project."""
    command = [sys.executable, "-m", "dataworks_ext", "rehearse", *arguments]
    environment = environment_of(project, **variables)
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, timeout=300)
