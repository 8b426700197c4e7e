"""Policy coverage: which policies the tests saw object, and which they saw let pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataworks_ext import Reason, Verdict
from dataworks_ext.testing.plugin.app import App
from dataworks_ext.testing.plugin.coverage import PolicyCount, PolicyCoverage, Said, said, summary

from .projects import INI, lines_after, run

RULES = """
from dataworks_ext import Extension, PolicyPack, deny, warn
from dataworks_ext.events import DownloadResources

exports = PolicyPack("exports")


@exports.policy(DownloadResources)
def row_limit(event):
    return deny("Too many rows.") if event.data_row_size > 100 else None


@exports.policy(DownloadResources)
def size_limit(event):
    return deny("Too large.") if event.data_row_size > 1000 else None


@exports.policy("commit-file")
def unasked(event):
    return None


@exports.policy(DownloadResources, mode="shadow")
def source(event):
    return warn("Mind the source.") if event.data_row_size > 100 else None


@exports.observer(DownloadResources)
def told(event):
    pass


extension = Extension("guard", [exports])
"""
TESTS = """
import pytest

@pytest.mark.parametrize("rows", [1, 1, 101])
def test_downloads(dataworks, rows):
    dataworks.send("download-resources", data_row_size=rows)
"""
TABLE = [
    "Policy              Allowed  Warned  Denied  Failed  Not seen",
    "exports.size_limit        3       0       0       0  an objection",
    "exports.unasked           0       0       0       0  an objection and a pass",
    "exports.source            2       1       0       0",
    "exports.row_limit         2       0       1       0",
    "",
    "2 of 4 policies covered (50 %)",
]


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with four policies, and tests that cover two of them."""
    pytester.makepyfile(rules=RULES, test_rules=TESTS)
    pytester.makeini(INI)
    return pytester


def table(result: pytest.RunResult) -> list[str]:
    """The section about policy coverage."""
    return lines_after(result, " policy coverage ")


def test_a_run_ends_with_a_table_that_has_the_gaps_first(project: pytest.Pytester) -> None:
    result = run(project, "--policy-coverage")
    assert table(result) == TABLE
    assert result.ret == pytest.ExitCode.OK


def test_a_run_without_the_option_has_no_table(project: pytest.Pytester) -> None:
    run(project).stdout.no_fnmatch_line("*policy coverage*")


def test_a_coverage_that_is_too_low_fails_the_run(project: pytest.Pytester) -> None:
    result = run(project, "--policy-coverage-fail-under=50.5")
    result.assert_outcomes(passed=3)
    assert table(result) == [*TABLE, "Fewer than 50.5 % are covered: see Not seen, and test that."]
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_a_coverage_that_is_enough_fails_nothing(project: pytest.Pytester) -> None:
    result = run(project, "--policy-coverage-fail-under=50")
    assert table(result) == TABLE
    assert result.ret == pytest.ExitCode.OK


@pytest.mark.parametrize("least", ["-1", "101", "all", "nan"])
def test_what_is_no_percentage_is_told(project: pytest.Pytester, least: str) -> None:
    result = run(project, f"--policy-coverage-fail-under={least}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert f"expected a percentage, from 0 to 100, got {least}" in str(result.stderr)


def test_only_collecting_covers_nothing_and_fails_nothing(project: pytest.Pytester) -> None:
    result = run(project, "--policy-coverage-fail-under=50", "--collect-only")
    result.stdout.no_fnmatch_line("*policy coverage*")
    assert result.ret == pytest.ExitCode.OK


def test_without_an_extension_the_policies_that_were_seen_are_counted(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_rules="""
        from dataworks_ext.testing import decide, sample
        from rules import row_limit

        def test_it(): assert decide(row_limit, sample("download-resources", data_row_size=1)).allowed
    """
    )
    result = run(project, "--policy-coverage", "--dataworks-app", "nowhere:extension")
    assert table(result) == [
        "Policy             Allowed  Warned  Denied  Failed  Not seen",
        "exports.row_limit        1       0       0       0  an objection",
        "",
        "Only policies that tests asked are counted: there is no module nowhere to load nowhere:extension from; "
        "name another with --dataworks-app, or with dataworks_app in the ini file.",
        "0 of 1 policies covered (0 %)",
    ]


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        (Reason("a.b", Verdict.OK, "", "enforce", 0.1), "allowed"),
        (Reason("a.b", Verdict.WARN, "Mind.", "enforce", 0.1), "warned"),
        (Reason("a.b", Verdict.FAIL, "No.", "shadow", 0.1), "denied"),
        (Reason("a.b", Verdict.FAIL, "It failed.", "enforce", 0.1, ValueError()), "failed"),
        (Reason("a.b", Verdict.OK, "It failed.", "enforce", 0.1, ValueError()), "failed"),
    ],
)
def test_what_a_policy_said_counts_before_its_mode(reason: Reason, word: Said) -> None:
    assert said(reason) == word


@pytest.mark.parametrize(
    ("count", "missing"),
    [
        (PolicyCount("a.b", 0, 0, 0, 0), "an objection and a pass"),
        (PolicyCount("a.b", 0, 0, 0, 9), "an objection and a pass"),
        (PolicyCount("a.b", 1, 0, 0, 0), "an objection"),
        (PolicyCount("a.b", 0, 0, 1, 0), "a pass"),
        (PolicyCount("a.b", 1, 1, 0, 0), ""),
        (PolicyCount("a.b", 1, 0, 1, 0), ""),
    ],
)
def test_a_policy_is_covered_that_was_seen_to_object_and_to_let_pass(count: PolicyCount, missing: str) -> None:
    assert count.missing == missing


def test_policies_that_nobody_saw_deny_come_first_and_then_the_uncovered() -> None:
    coverage = PolicyCoverage()
    coverage.add([("covered", "denied", 1), ("covered", "allowed", 2), ("strict", "denied", 1), ("mild", "warned", 1)])
    coverage.add([("mild", "allowed", 1), ("covered", "denied", 1), ("covered", "warned", 1)])
    counts = coverage.counts(["covered", "strict", "mild", "unseen", "unheard"])
    assert [count.policy for count in counts] == ["unseen", "unheard", "mild", "strict", "covered"]
    assert counts[-1] == PolicyCount("covered", allowed=2, warned=1, denied=2, failed=0)


def test_no_policy_at_all_is_no_coverage(tmp_path: Path) -> None:
    lines, is_enough = summary(PolicyCoverage(), App("nowhere:extension", tmp_path), 1)
    assert not is_enough
    assert lines[-2:] == ["0 of 0 policies covered (0 %)", "Fewer than 1 % are covered: see Not seen, and test that."]
