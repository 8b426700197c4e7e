"""The package of the example extension, built once for all tests of a run."""

from __future__ import annotations

import fcntl
import os
import pickle
from pathlib import Path
from typing import Final

import pytest

from dataworks_ext.deploy.build import Package, build

_POLICIES: Final = Path(__file__).parent.parent / "policies"


def example_package(factory: pytest.TempPathFactory, python: str) -> Package:
    """Build it for a Python, or give what another test, or another worker of pytest-xdist, has built.

    Raises:
        PackagingError: It cannot be built.
    """
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / f"example-{python}"
    folder.mkdir(exist_ok=True)
    built = folder / "package.pickle"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not built.exists():
            built.write_bytes(pickle.dumps(build([_POLICIES], python, folder / "dist")))
    package = pickle.loads(built.read_bytes())  # it is our own
    assert isinstance(package, Package)
    return package
