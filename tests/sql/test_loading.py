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
    ASKS

function = Function(Extension("extension", packs=[pack]))
with contextlib.redirect_stdout(io.StringIO()):
    function.handler(function_compute_message("download-resources"), None)
print(*sorted(name for name in sys.modules if "sqlglot" in name.split(".")[0] or name.startswith("dataworks_ext.sql")))
"""


def _loaded(asks: str) -> list[str]:
    code = LOADED.replace("ASKS", asks)
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()


def test_a_function_whose_policies_ask_for_no_sql_loads_nothing_of_it() -> None:
    assert _loaded(asks="pass") == []


def test_a_policy_that_asks_for_sql_loads_the_parser_of_its_dialect_only() -> None:
    loaded = _loaded(asks="context.sql.calls")
    assert "sqlglot.dialects.hive" in loaded
    assert "sqlglot.dialects.postgres" not in loaded


def test_to_know_that_a_function_is_not_called_no_parser_is_needed() -> None:
    loaded = _loaded(asks="assert not context.sql.may_call(['max_pt'])")
    assert not [name for name in loaded if name.startswith("sqlglot")]
    assert "dataworks_ext.sql.lazy_script" in loaded


STARTED = """
import contextlib, io, sys
from dataworks_ext import Extension
from dataworks_ext.function import Function
from dataworks_ext.testing import function_compute_message
from policies.uploads import uploads

function = Function(Extension("extension", packs=[uploads]))
with contextlib.redirect_stdout(io.StringIO()):
    function.handler(function_compute_message("upload-data-to-table"), None)
print(*sorted(sys.modules))
"""
WITHOUT_THE_EXTRA = """
import sys

class Missing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("sqlglot", "sqlglot_maxcompute"):
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Missing())
"""


def _modules(code: str) -> set[str]:
    return set(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split())


def test_a_start_without_sql_is_the_same_to_the_module_with_and_without_the_extra() -> None:
    with_extra = _modules(STARTED)
    assert with_extra == _modules(WITHOUT_THE_EXTRA + STARTED)
    assert "dataworks_ext.function" in with_extra


def test_the_packs_about_sql_load_no_parser_until_a_rule_looks() -> None:
    packs = STARTED.replace("policies.uploads import uploads", "policies import extension").replace(
        'Extension("extension", packs=[uploads])', "extension"
    )
    found = _modules(packs)
    assert {"policies.sql", "policies.sql_rules"} <= found
    assert not [name for name in found if name.startswith(("sqlglot", "dataworks_ext.sql", "dataworks_ext.code"))]
