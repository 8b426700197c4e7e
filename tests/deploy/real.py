"""The package of the example extension, built once for all tests from the package index that pip knows."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import NamedTuple

import pytest

from dataworks_ext.deploy.build import Package
from dataworks_ext.deploy.interpreters import find_interpreter
from dataworks_ext.deploy.layout import PackagingError
from tests.packages import example_package

PYTHON = "3.10"


class Real(NamedTuple):
    """What was built, and what runs it."""

    package: Package
    unpacked: Path
    """The ZIP file, unpacked."""
    python: str
    """A command that is the target's interpreter without any installed package."""


def real_package(factory: pytest.TempPathFactory) -> Real:
    """Build it, or give what was built; skip where pip reaches no index or there is no interpreter."""
    interpreter = find_interpreter(PYTHON)
    if interpreter is None:
        pytest.skip(f"there is no Python {PYTHON} to run it")
    folder = factory.getbasetemp() / "real-package"
    if not folder.exists():
        folder.mkdir()
        try:
            package = example_package(factory, PYTHON)
        except PackagingError as error:
            if "no package index" in str(error):
                pytest.skip(str(error))
            raise
        with zipfile.ZipFile(package.zip) as archive:
            archive.extractall(folder / "unpacked")
        command = folder / "python"
        command.write_text(f'#!/bin/sh\nexec {interpreter.path} -E -s -S "$@"\n')
        command.chmod(0o755)
    return Real(example_package(factory, PYTHON), folder / "unpacked", str(folder / "python"))
