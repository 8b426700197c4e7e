"""The pytest plugin under pytest-xdist: tests run in two workers, and the run is told as one."""

from __future__ import annotations

import pytest

from .projects import INI, lines_after

pytestmark = pytest.mark.main_python  # a run of workers takes seconds, and does not depend on the Python

RULES = """
from dataworks_ext import Extension, PolicyPack, deny
from dataworks_ext.events import DownloadResources

exports = PolicyPack("exports")


@exports.policy(DownloadResources)
def row_limit(event):
    return deny("Too many rows.") if event.data_row_size > 100 else None


@exports.policy(DownloadResources)
def unseen(event):
    return None


extension = Extension("guard", [exports])
"""
TESTS = """
import pytest

@pytest.mark.parametrize("rows", range(1, 201, 10))
def test_downloads(dataworks, rows, worker_id):
    print(worker_id)
    assert dataworks.send("download-resources", data_row_size=rows).allowed == (rows <= 100)

def test_that_fails(dataworks):
    assert dataworks.send("download-resources", data_row_size=101).allowed
"""


def test_decisions_and_policy_coverage_are_those_of_all_workers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(rules=RULES, test_rules=TESTS)
    pytester.makeini(INI)
    result = pytester.runpytest_subprocess("-n", "2", "-rP", "--policy-coverage-fail-under=51")
    result.assert_outcomes(passed=20, failed=1)
    assert {"gw0", "gw1"} <= set(result.stdout.lines)
    assert lines_after(result, " policy coverage ") == [
        "Policy             Allowed  Warned  Denied  Failed  Not seen",
        "exports.unseen          21       0       0       0  an objection",
        "exports.row_limit       10       0      11       0",
        "",
        "1 of 2 policies covered (50 %)",
        "Fewer than 51 % are covered: see Not seen, and test that.",
    ]
    result.stdout.fnmatch_lines(["*DataWorks decisions*", "download-resources: FAIL"])


def test_a_policy_coverage_that_is_too_low_fails_a_run_of_workers(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(rules=RULES, test_rules=TESTS)
    pytester.makeini(INI)
    result = pytester.runpytest_subprocess("-n", "2", "-k", "test_downloads", "--policy-coverage-fail-under=51")
    result.assert_outcomes(passed=20)
    assert result.ret == pytest.ExitCode.TESTS_FAILED
