"""The parser loads where a policy asks for SQL, and nowhere else."""

from __future__ import annotations

import subprocess
import sys

LOADED = """
import contextlib, io, sys
from dataworks_ext import Extension, PolicyPack
from dataworks_ext.function import Function
from dataworks_ext.testing import function_compute_message

pack = PolicyPack("pack")

@pack.policy("download-resources")
def rule(event, context):
    if ASKS:
        context.sql

function = Function(Extension("extension", packs=[pack]))
with contextlib.redirect_stdout(io.StringIO()):
    function.handler(function_compute_message("download-resources"), None)
print(*sorted(name for name in sys.modules if "sqlglot" in name.split(".")[0] or name.startswith("dataworks_ext.sql")))
"""


def _loaded(asks: bool) -> list[str]:
    code = LOADED.replace("ASKS", str(asks))
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_a_function_whose_policies_ask_for_no_sql_loads_nothing_of_it() -> None:
    assert _loaded(asks=False) == []


def test_a_policy_that_asks_for_sql_loads_the_parser_of_its_dialect_only() -> None:
    loaded = _loaded(asks=True)
    assert "sqlglot.dialects.hive" in loaded
    assert "sqlglot.dialects.postgres" not in loaded
