"""What the whole ways share."""

from __future__ import annotations

import sys

import pytest

from dataworks_ext.deploy.build import Package
from tests.packages import example_package


@pytest.fixture(scope="session")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The example extension, for the Python that runs this."""
    return example_package(tmp_path_factory, ".".join(map(str, sys.version_info[:2])))
