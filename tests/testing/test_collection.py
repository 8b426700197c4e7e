"""Case files as pytest shows them."""

from __future__ import annotations

import sys

import pytest

from .projects import INI, run

RULES = """
from dataworks_ext import Extension, deny

extension = Extension("guard")

@extension.policy("download-resources")
def row_limit(event):
    return deny("At most 100 rows.") if event.data_row_size > 100 else None

@extension.policy("download-resources-execute")
def fails(event):
    raise LookupError("no limit")
"""
CASE = "- {name: a few rows, event: download-resources, with: {data_row_size: 100}, expect: OK}\n"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with a folder of cases."""
    pytester.makeini(INI)
    pytester.makepyfile(rules=RULES)
    pytester.mkdir("cases")
    return pytester


def save(project: pytest.Pytester, text: str) -> None:
    """Write its case file."""
    (project.path / "cases" / "downloads.yaml").write_text(text)


def test_each_case_is_a_test_with_its_name(project: pytest.Pytester) -> None:
    save(project, CASE)
    run(project, "-v").stdout.fnmatch_lines(["cases/downloads.yaml::a few rows PASSED*"])


def test_a_case_that_fails_is_shown_with_its_line_and_without_a_traceback(project: pytest.Pytester) -> None:
    save(project, CASE.replace("OK", "FAIL"))
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "cases/downloads.yaml:1: a few rows",
            "  expected  FAIL",
            "  got       OK",
            "  at        2026-03-02 12:00 (Asia/Shanghai)",
            "  Policy           Says  Mode     Text",
            "  guard.row_limit  OK    enforce",
            "=*",
        ],
        consecutive=True,
    )


@pytest.mark.parametrize("change", ["", "expect: FAIL", "event: none", "modes: {none: off}"])
def test_escape_sequences_of_a_case_do_not_reach_the_terminal(project: pytest.Pytester, change: str) -> None:
    """Whether it passes, fails, or cannot be read or run."""
    fields = {"name": r'"\e[31mred\u009bm"', "event": "download-resources", "expect": "OK"}
    name, _, value = change.partition(": ")
    save(project, f"- {{{', '.join(f'{n}: {v}' for n, v in {**fields, name: value}.items() if n)}}}\n")
    shown = run(project, "-v", "--color=no").stdout.str()
    assert "\x1b" not in shown
    assert "\x9b" not in shown
    assert r"\x1b[31mred\x9bm" in shown or change == "event: none"


def test_a_file_that_cannot_be_read_is_an_error_of_collection(project: pytest.Pytester) -> None:
    """Every mistake in it is told, and nothing else."""
    save(project, CASE.replace("resources", "resource") + CASE.replace("OK", "YES"))
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            'cases/downloads.yaml:1: there is no event "download-resource"; did you mean "download-resources"?',
            'cases/downloads.yaml:2: expect should be OK, WARN or FAIL, got "YES"',
            "=*",
        ],
        consecutive=True,
    )


@pytest.mark.parametrize(
    ("setting", "problem"),
    [("modes: {guard.row_limits: off}", "guard.row_limits"), ("settings: {guard.max: 1}", "guard.max")],
)
def test_what_the_extension_has_not_is_told_without_a_traceback(
    project: pytest.Pytester, setting: str, problem: str
) -> None:
    save(project, CASE.replace("}\n", f", {setting}}}\n"))
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([f"cases/downloads.yaml:1: *{problem}*"])
    result.stdout.no_fnmatch_line("*Error*rules.py*")


def test_an_extension_that_cannot_be_loaded_is_told_without_a_traceback(project: pytest.Pytester) -> None:
    project.makepyfile(rules="import nowhere")
    save(project, CASE)
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["rules:extension cannot be imported: *'nowhere' (rules.py, line 1)"])


def test_a_case_that_passes_for_another_reason_is_a_warning(project: pytest.Pytester) -> None:
    save(project, "- {name: it is denied, event: download-resources-execute, expect: FAIL}\n")
    result = run(project, "-W", "default")
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*cases/downloads.yaml:1: CaseWarning: guard.fails failed: LookupError: no limit"])


def test_such_a_warning_can_be_an_error(project: pytest.Pytester) -> None:
    save(project, "- {name: it is denied, event: download-resources-execute, expect: FAIL}\n")
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["cases/downloads.yaml:1: it is denied", "  guard.fails failed: LookupError: no limit", "=*"], consecutive=True
    )


def test_a_mistake_of_the_framework_has_its_traceback(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dataworks_ext.testing.cases.result.run_case", lambda *_: 1 / 0)
    save(project, CASE)
    result = run(project)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*ZeroDivisionError*"])


def test_without_ruamel_yaml_it_is_said_what_to_install(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith("dataworks_ext.testing.cases.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "ruamel.yaml", None)
    save(project, CASE)
    result = run(project)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["downloads.yaml: case files need ruamel.yaml; install it with: pip install *"])
