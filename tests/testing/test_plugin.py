"""The pytest plugin as its users meet it: in a project of their own, in a process of its own."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest

from dataworks_ext.events import catalog

from .projects import INI, lines_after, run

RULES = """
from dataworks_ext import Extension, PolicyPack, deny
from dataworks_ext.events import DownloadResources, FreezeNode

exports = PolicyPack("exports")


@exports.policy(DownloadResources)
def row_limit(event):
    return deny("At most 100 rows.") if event.data_row_size > 100 else None


@exports.policy(DownloadResources, mode="shadow")
def hours(event):
    raise LookupError("no clock")


@exports.policy(FreezeNode)
def freeze(event):
    return deny("Nodes stay.")


extension = Extension("guard", [exports])
"""

_FAILED = "rules:extension cannot be imported"


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project with an extension, `rules:extension`, that its ini file names."""
    pytester.makepyfile(rules=RULES)
    pytester.makeini(INI)
    return pytester


# Fixtures


def test_the_extension_is_the_one_that_the_ini_file_names(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(extension): assert extension.name == 'guard'")
    run(project).assert_outcomes(passed=1)


def test_the_option_comes_before_the_ini_file(project: pytest.Pytester) -> None:
    project.makepyfile(other="from dataworks_ext import Extension\napp = Extension('other')")
    project.makepyfile("def test_it(extension): assert extension.name == 'other'")
    run(project, "--dataworks-app", "other:app").assert_outcomes(passed=1)


def test_without_option_and_ini_file_the_environment_names_it(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    project.makeini("[pytest]")
    monkeypatch.setenv("DATAWORKS_EXT_APP", "rules:extension")
    project.makepyfile("def test_it(extension): assert extension.name == 'guard'")
    run(project).assert_outcomes(passed=1)


def test_by_default_it_is_the_one_of_policies(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    project.makeini("[pytest]")
    monkeypatch.delenv("DATAWORKS_EXT_APP", raising=False)
    for name in [name for name in sys.modules if name.partition(".")[0] == "policies"]:
        monkeypatch.delitem(sys.modules, name)
    project.makepyfile(policies=RULES)
    project.makepyfile("def test_it(extension): assert extension.name == 'guard'")
    run(project).assert_outcomes(passed=1)


def test_neither_the_environment_nor_another_test_configures_the_extension(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_MODES", "exports.row_limit=off")
    project.makepyfile("""
        import pytest
        import rules

        @pytest.mark.parametrize("time", [1, 2])
        def test_it(extension, time):
            assert extension.configuration.modes["exports.row_limit"] == "enforce"
            extension.configure({"DATAWORKS_EXT_MODES": "exports.row_limit=warn"})

        def test_the_original_is_as_it_was():
            assert rules.extension.configuration.modes["exports.row_limit"] == "off"
    """)
    run(project).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("rules", "sentence"),
    [
        (
            "",
            "module rules has no extension; write extension = Extension(…) there; "
            "name another with --dataworks-app, or with dataworks_app in the ini file",
        ),
        ("import nowhere", f"{_FAILED}: ModuleNotFoundError: No module named 'nowhere' (rules.py, line 1)"),
        ("x = 1\n1 +", f"{_FAILED}: SyntaxError: invalid syntax (rules.py, line 2)"),
        ("raise SystemExit(3)", f"{_FAILED}: SystemExit: 3 (rules.py, line 1)"),
        (
            "from dataworks_ext import Extension\nextension = Extension('guard')\n"
            "def rows(event: 'DownloadResources'): ...\nextension.policy('download-resources')(rows)",
            f"{_FAILED}: policy guard.rows: the annotation of event names DownloadResources, which is not defined; "
            "import it: from dataworks_ext.events import DownloadResources (rules.py, line 4)",
        ),
    ],
)  # fmt: skip
def test_an_extension_that_cannot_be_loaded_is_one_sentence(
    project: pytest.Pytester, rules: str, sentence: str
) -> None:
    project.makepyfile(rules=rules)
    project.makepyfile("def test_it(extension): pass")
    result = run(project, "--show-capture=no")
    result.assert_outcomes(errors=1)
    assert lines_after(result, "ERROR at setup of test_it") == [sentence]


def test_a_message_goes_through_the_function_on_either_channel(project: pytest.Pytester) -> None:
    project.makepyfile("""
        def test_direct(dataworks):
            sent = dataworks.send("download-resources", data_row_size=101)
            assert (sent.denied, sent.message, sent.state) == (True, "At most 100 rows.", "Failed")

        def test_eventbridge(dataworks):
            sent = dataworks.send("freeze-node")
            assert (sent.denied, sent.message, sent.state) == (True, "Nodes stay.", "Failed")
    """)
    run(project).assert_outcomes(passed=2)


# The mark


def test_a_marked_test_runs_with_each_event(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest
        from dataworks_ext.events import DeployFile

        @pytest.mark.dataworks_events("commit-file", DeployFile, "deploy-file")
        def test_it(event_code):
            assert event_code in ("commit-file", "deploy-file")
    """)
    result = run(project, "--collect-only", "-q")
    assert result.stdout.lines[:2] == [
        f"{name}::test_it[{code}]"
        for name in ["test_a_marked_test_runs_with_each_event.py"]
        for code in ("commit-file", "deploy-file")
    ]


def test_a_mark_without_events_means_all_that_can_be_refused(project: pytest.Pytester) -> None:
    project.makepyfile("""
        import pytest

        @pytest.mark.dataworks_events
        def test_it(event_code, dataworks):
            assert dataworks.send(event_code).state in ("Passed", "Failed")
    """)
    run(project).assert_outcomes(passed=sum(entry.extension_point for entry in catalog.values()))


@pytest.mark.parametrize(
    ("event", "sentence"),
    [
        ('"commit-fiel"', 'there is no event "commit-fiel"; did you mean "commit-file"?'),
        ('"nothing-like-it"', 'there is no event "nothing-like-it"; `dataworks-ext events` lists them all'),
        ("dict, 1", "dict stands for no event; name codes or classes of events, one by one"),
        ('["commit-file"]', "['commit-file'] stands for no event; name codes or classes of events, one by one"),
    ],
)
def test_a_mark_with_what_is_no_event_is_an_error_of_collection(
    project: pytest.Pytester, event: str, sentence: str
) -> None:
    project.makepyfile(
        test_marked=f"import pytest\n@pytest.mark.dataworks_events({event})\ndef test_it(event_code): pass"
    )
    result = run(project)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert f"test_marked.py::test_it: dataworks_events: {sentence}" in result.stdout.lines


# What a failing test shows


def failure(result: pytest.RunResult) -> list[str]:
    """What follows the line that fails."""
    return lines_after(result, ">       assert")


def test_a_failing_test_shows_event_verdict_and_reasons(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_rules="""
        def test_it(dataworks):
            sent = dataworks.send("download-resources", data_row_size=101)
            assert sent.allowed
    """
    )
    assert failure(run(project, "--show-capture=no")) == [
        "E       assert False",
        "E        +  where False = <Sent download-resources, Failed, FAIL: At most 100 rows.>.allowed",
        "",
        "test_rules.py:3: AssertionError",
        "----------------------------- DataWorks decisions ------------------------------",
        "download-resources: FAIL",
        "  Policy             Says    Mode     Text",
        "  exports.row_limit  FAIL    enforce  At most 100 rows.",
        "  exports.hours      failed  shadow   LookupError: no clock",
    ]


def test_it_shows_the_decisions_of_the_kit_and_of_the_extension_alike(project: pytest.Pytester) -> None:
    """Whoever asks whom, also in a fixture, and without a word about the plugin."""
    project.makeini("[pytest]")
    project.makepyfile(
        test_rules="""
        import pytest
        from dataworks_ext.testing import decide, sample
        from rules import extension, row_limit

        @pytest.fixture
        def allowed():
            return decide(row_limit, sample("download-resources", data_row_size=1))

        def test_it(allowed):
            extension.decide(sample("commit-file"))
            assert allowed.verdict == "FAIL"
    """
    )
    assert failure(run(project)) == [
        "E       assert OK == FAIL",
        "",
        "test_rules.py:11: AssertionError",
        "----------------------------- DataWorks decisions ------------------------------",
        "download-resources: OK",
        "  Policy             Says  Mode     Text",
        "  exports.row_limit  OK    enforce",
        "commit-file: OK",
        "  No policy looked at it.",
    ]


def test_it_shows_its_own_decisions_only(project: pytest.Pytester) -> None:
    project.makepyfile("""
        def test_one(dataworks): dataworks.send("download-resources")
        def test_two(): assert False
    """)
    result = run(project)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.no_fnmatch_line("*DataWorks decisions*")


def test_it_shows_the_last_decisions_of_many(project: pytest.Pytester) -> None:
    project.makepyfile("""
        def test_it(dataworks):
            for _ in range(12):
                dataworks.send("freeze-node")
            assert False
    """)
    lines = failure(run(project, "--show-capture=no"))
    assert "2 earlier decisions are left out." in lines
    assert lines.count("freeze-node: FAIL") == 10


def test_two_decisions_are_compared_side_by_side(project: pytest.Pytester) -> None:
    project.makepyfile(
        test_rules="""
        from dataworks_ext.testing import decide, sample
        from rules import row_limit, extension

        def test_it():
            one = decide(row_limit, sample("download-resources", data_row_size=101))
            assert one == decide(extension, sample("download-resources", data_row_size=1))
    """
    )
    assert failure(run(project))[:6] == [
        "E       assert Decision FAIL == Decision OK",
        "E                            Left                              Right",
        "E         verdict            FAIL                              OK",
        "E         message            At most 100 rows.",
        "E         exports.row_limit  FAIL (enforce) At most 100 rows.  OK (enforce)",
        "E         exports.hours      -                                 failed (shadow) LookupError: no clock",
    ]


def test_decisions_that_differ_in_times_only_are_told_so(project: pytest.Pytester) -> None:
    project.makepyfile("""
        def test_it(dataworks):
            assert dataworks.send("freeze-node") == dataworks.send("freeze-node")
    """)
    assert failure(run(project))[:2] == [
        "E       assert Sent FAIL == Sent FAIL",
        "E         They differ in times or ids only; compare their verdicts, messages or reasons.",
    ]


def test_a_decision_is_not_compared_with_a_word(project: pytest.Pytester) -> None:
    project.makepyfile("""
        def test_it(dataworks):
            assert "FAIL" == dataworks.send("freeze-node")
    """)
    assert failure(run(project))[:2] == [
        "E       assert FAIL == Sent FAIL",
        "E         Compare its verdict, its message or its reasons.",
    ]


# A project that does not use it


def test_a_mistake_of_the_test_shows_its_own_lines_only(project: pytest.Pytester) -> None:
    project.makepyfile("""
        from dataworks_ext.testing import decide, sample
        from rules import row_limit

        def test_field(): sample("download-resources", data_row_sise=1)
        def test_code(dataworks): dataworks.send("download-resource")
        def test_setting(): decide(row_limit, sample("download-resources"), settings={"max": 1})
    """)
    result = run(project)
    result.assert_outcomes(failed=3)
    assert "dataworks_ext/" not in str(result.stdout)
    assert 'download-resources has no field data_row_sise; did you mean "data_row_size"?' in str(result.stdout)


def comparable(result: pytest.RunResult) -> list[str]:
    """What was printed, without times and the list of plugins."""
    lines = [re.sub(r"\d+\.\d+s", "0s", line) for line in result.stdout.lines]
    return [line for line in lines if not line.startswith("plugins:")]


def test_nothing_changes_for_a_project_that_does_not_use_it(pytester: pytest.Pytester) -> None:
    """Its YAML files are its own, its marks and fixtures too, and it prints what it printed."""
    cases = pytester.mkdir("cases")
    (cases / "one.yaml").write_text("- [what, it, likes\n")
    pytester.makepyfile(
        test_own="""
        import pytest

        @pytest.fixture
        def extension(): return ".txt"

        @pytest.fixture
        def dataworks(): return "works"

        def test_passes(extension, dataworks): assert extension + dataworks == ".txtworks"
        def test_fails(): assert {"a": 1} == {"a": 2}
        @pytest.mark.skip
        def test_is_skipped(): pass
    """
    )
    arguments = ("-W", "error", "--strict-markers", "-p", "no:cacheprovider", "-v")
    with_it = pytester.runpytest_subprocess(*arguments)
    without_it = pytester.runpytest_subprocess(*arguments, "-p", "no:dataworks-ext")
    with_it.assert_outcomes(passed=1, failed=1, skipped=1)
    assert comparable(with_it) == comparable(without_it)


def test_yaml_files_elsewhere_are_left_alone(project: pytest.Pytester) -> None:
    """Also in a project that uses it: case files are those of a folder `cases`."""
    (project.path / "compose.yaml").write_text("- [not, a, case\n")
    project.makepyfile("def test_it(): pass")
    run(project).assert_outcomes(passed=1)


def test_case_files_are_collected_where_an_app_is_chosen(project: pytest.Pytester) -> None:
    cases = project.mkdir("cases")
    (cases / "downloads.yaml").write_text(
        "- name: Large downloads are denied\n"
        "  event: download-resources\n"
        "  with: {data_row_size: 101}\n"
        "  expect: FAIL\n"
    )
    run(project).assert_outcomes(passed=1)


def test_case_files_may_be_in_folders_of_the_folder(project: pytest.Pytester) -> None:
    (project.path / "cases" / "team").mkdir(parents=True)
    (project.path / "cases" / "team" / "downloads.yml").write_text(
        "- {name: it passes, event: download-resources, with: {data_row_size: 1}, expect: OK}\n"
    )
    run(project).assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("code", "absent"),
    [
        ("import dataworks_ext.testing.plugin", ["pydantic", "structlog", "yaml", "dataworks_ext.extension"]),
        (
            "import dataworks_ext.testing as kit; [getattr(kit, name) for name in dir(kit)]",
            ["pytest", "yaml", "typer"],
        ),
    ],
)
def test_what_is_not_needed_is_not_imported(code: str, absent: list[str]) -> None:
    """pytest imports the plugin in every run, and whoever tests with unittest needs no pytest."""
    code = f"{code}; import sys; print([name for name in {absent} if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_options_are_explained(project: pytest.Pytester) -> None:
    result = run(project, "--help")
    result.stdout.fnmatch_lines(
        ["policies for DataWorks:", "*--dataworks-app=MODULE:ATTRIBUTE*", "*--policy-coverage*"]
    )
    assert "@pytest.mark.dataworks_events(*events): " in run(project, "--markers").stdout.str()
