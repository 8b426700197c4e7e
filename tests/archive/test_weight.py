"""What the archive loads: nothing where it is not configured."""

from __future__ import annotations

import os
import subprocess
import sys

_HANDLES = """
import sys
from dataworks_ext import Extension
from dataworks_ext.function import Function
from dataworks_ext.testing import FunctionContext, function_compute_message
message = function_compute_message("download-resources")
extension = Extension("guard")
extension.policy("download-resources", id="never")(lambda event: None)
before = set(sys.modules)
function = Function(extension)
function.initializer(FunctionContext())
assert function.handler(message, FunctionContext()) == '{"checkResult": "OK"}'
sys.stderr.write(" ".join(sorted(set(sys.modules) - before)))
"""
_OF_STORING = {"dataworks_ext.archive.writer", "dataworks_ext.openapi.connection", "http.client", "ssl"}


def loaded_by_a_message(**archive: str) -> set[str]:
    """The modules that a function of its own process loads for its first message."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATAWORKS_EXT_")}
    command = [sys.executable, "-c", _HANDLES]
    done = subprocess.run(command, env={**environment, **archive}, capture_output=True, text=True, check=True)
    return set(done.stderr.split())


def test_a_function_that_archives_nothing_loads_nothing_of_it() -> None:
    nothing = loaded_by_a_message()
    assert not [name for name in nothing if name.startswith("dataworks_ext.archive")]
    assert not nothing & _OF_STORING
    assert loaded_by_a_message(DATAWORKS_EXT_ARCHIVE="") == nothing


def test_a_function_that_archives_loads_what_storing_needs() -> None:
    """So that the test above compares with something."""
    endpoint = "http://127.0.0.1:9"
    found = loaded_by_a_message(DATAWORKS_EXT_ARCHIVE="oss://bucket", DATAWORKS_EXT_ARCHIVE_ENDPOINT=endpoint)
    assert found >= _OF_STORING
    assert not {name for name in found if name.startswith("dataworks_ext.rehearsal")}
