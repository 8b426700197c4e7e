"""The pytest plugin: its options, fixtures and hooks.

What they do is in the files beside it. pytest imports this one in every run, also where nobody asks for policies, so
the others, and the framework, are imported when they are needed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from ...extension import Extension
    from ..dataworks import DataWorks
    from .app import App
    from .coverage import PolicyCoverage
    from .decisions import DecisionLog

_FRAMEWORK: Final = "dataworks_ext.extension"
_MARKER: Final = (
    "dataworks_events(*events): run the test once with each event code as its argument `event_code`; events are codes "
    "or classes, and without any all that can be refused."
)
_APP: Final[pytest.StashKey[App]] = pytest.StashKey()
_LISTENER: Final[pytest.StashKey[_Listener]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """What the plugin can be told."""
    group = parser.getgroup("dataworks-ext", "policies for DataWorks")
    group.addoption(
        "--dataworks-app",
        metavar="MODULE:ATTRIBUTE",
        help="The extension under test; by default what the ini option dataworks_app or the variable DATAWORKS_EXT_APP "
        "says, or policies:extension.",
    )
    group.addoption(
        "--policy-coverage", action="store_true", help="End with a table of how often each policy said what."
    )
    group.addoption(
        "--policy-coverage-fail-under",
        type=_percentage,
        metavar="PERCENT",
        help="Fail if tests saw fewer policies both object and let pass. Implies --policy-coverage.",
    )
    parser.addini("dataworks_app", "The extension under test, as MODULE:ATTRIBUTE.", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Make ready what the options ask for."""
    config.addinivalue_line("markers", _MARKER)
    config.stash[_LISTENER] = _Listener()
    is_counting = config.option.policy_coverage or config.option.policy_coverage_fail_under is not None
    if is_counting and not config.option.collectonly and not hasattr(config, "workerinput"):
        from .coverage import PolicyCoverage

        config.pluginmanager.register(_Counting(config, PolicyCoverage()))


def pytest_sessionstart(session: pytest.Session) -> None:
    """Refuse policies that forget to return what they decide: no test need notice, for they let everything pass."""
    if _chosen_app(session.config) and not hasattr(session.config, "workerinput"):
        problem = app_of(session.config).problem_in_source()
        if problem:
            raise pytest.UsageError(problem)


@pytest.fixture
def extension(pytestconfig: pytest.Config) -> Extension:
    """The extension under test: a copy, with the settings and modes that its authors chose."""
    from ..deciding import trial
    from .app import AppError

    try:
        loaded = app_of(pytestconfig).extension()
    except AppError as error:
        problem = str(error)
    else:
        return trial(loaded)
    pytest.fail(problem, pytrace=False)


@pytest.fixture
def dataworks(extension: Extension) -> Iterator[DataWorks]:
    """DataWorks, which sends messages to the extension under test and takes its replies."""
    from ..dataworks import DataWorks

    with DataWorks(extension) as running:
        yield running


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """Collect a case file, in a project that says which extension it tests."""
    if file_path.suffix not in (".yaml", ".yml") or not _chosen_app(parent.config):
        return None
    root = parent.config.rootpath
    if root not in file_path.parents or "cases" not in file_path.relative_to(root).parts[:-1]:
        return None
    from .collection import CaseFile

    collected: pytest.Collector = CaseFile.from_parent(parent, path=file_path)
    return collected


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a marked test with each event code of its mark."""
    mark = metafunc.definition.get_closest_marker("dataworks_events")
    if mark is None:
        return
    from .marker import MarkerError, codes_of

    try:
        codes = codes_of(mark.args)
    except MarkerError as error:
        raise pytest.Collector.CollectError(f"{metafunc.definition.nodeid}: dataworks_events: {error}") from None
    metafunc.parametrize("event_code", codes)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, bool, bool]:
    """Listen to decisions while tests run, and only then."""
    listener = session.config.stash[_LISTENER]
    try:
        return (yield)
    finally:
        listener.end()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> None:
    """Forget the decisions of the test before."""
    if log := item.config.stash[_LISTENER].log():
        log.clear()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Listen, also if the first policy of the run came with a fixture of this test."""
    item.config.stash[_LISTENER].log()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Write into the report what was decided. The counts go with it because pytest-xdist sends it elsewhere."""
    report = yield
    log = item.config.stash[_LISTENER].log()
    if log is not None and log.total:
        vars(report)["policies_said"] = log.take_counts()
        add_section = getattr(report.longrepr, "addsection", None)
        if report.failed and add_section is not None:
            from .report import TITLE, decisions_text

            add_section(TITLE, decisions_text(log.latest, log.total))
    return report


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Say in the words of DataWorks what differs."""
    if _FRAMEWORK not in sys.modules:
        return None
    from .report import comparison

    return comparison(op, left, right)


def _percentage(text: str) -> float:
    """For argparse."""
    try:
        percentage = float(text)
    except ValueError:
        percentage = -1
    if 0 <= percentage <= 100:
        return percentage
    raise argparse.ArgumentTypeError(f"expected a percentage, from 0 to 100, got {text}")


class _Listener:
    """Listens to decisions as soon as there can be any: when the framework is imported."""

    def __init__(self) -> None:
        self._log: DecisionLog | None = None
        self._stop_listening: Callable[[], None] | None = None

    def log(self) -> DecisionLog | None:
        """What was decided; None if there can be no decision yet."""
        if self._log is None and _FRAMEWORK in sys.modules:
            from ...extension import listen
            from .decisions import DecisionLog

            self._log = DecisionLog()
            self._stop_listening = listen(self._log.add)
        return self._log

    def end(self) -> None:
        """Listen no more."""
        if self._stop_listening is not None:
            self._stop_listening()


class _Counting:
    """The hooks of a run that counts what policies say."""

    def __init__(self, config: pytest.Config, coverage: PolicyCoverage) -> None:
        self._config = config
        self._coverage = coverage
        self._lines: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count on."""
        self._coverage.add(getattr(report, "policies_said", ()))

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Sum up, and fail the run if the coverage is too low."""
        from .coverage import summary

        least: float | None = self._config.option.policy_coverage_fail_under
        self._lines, is_enough = summary(self._coverage, app_of(self._config), least)
        if not is_enough and exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the table."""
        terminalreporter.write_sep("=", "policy coverage")
        for line in self._lines:
            terminalreporter.write_line(line)


def app_of(config: pytest.Config) -> App:
    """The extension under test."""
    from .app import App

    if _APP not in config.stash:
        config.stash[_APP] = App(_chosen_app(config), config.rootpath)
    return config.stash[_APP]


def _chosen_app(config: pytest.Config) -> str:
    """What option or ini file name; empty if neither does."""
    option: str | None = config.option.dataworks_app
    return option or str(config.getini("dataworks_app"))
