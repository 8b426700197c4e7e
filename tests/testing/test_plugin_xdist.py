"""The pytest plugin under pytest-xdist. That all workers make one table of policies is in `test_coverage.py`."""

from __future__ import annotations

import pytest

from .projects import INI

pytestmark = pytest.mark.main_python  # a run of workers takes seconds, and does not depend on the Python

RULES = """
from dataworks_ext import Extension, deny
from dataworks_ext.events import DownloadResources

extension = Extension("guard")


@extension.policy(DownloadResources)
def row_limit(event):
    return deny("Too many rows.")
"""
TESTS = """
def test_that_fails(dataworks):
    assert dataworks.send("download-resources").allowed
"""


def test_a_test_that_fails_in_a_worker_shows_its_decisions(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(rules=RULES, test_rules=TESTS)
    pytester.makeini(INI)
    result = pytester.runpytest_subprocess("-n", "1")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*DataWorks decisions*", "download-resources: FAIL", "  Policy *"])
