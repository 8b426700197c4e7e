"""Which tests run where, how many examples Hypothesis tries, and pytest's own fixture for plugins.

Tests run on every Python, but for those of what no deployed function loads, and of pure logic that has many examples:
they run on the main Python, which is that of the development environment. What differs between Pythons runs on all of
them: the deadline, threads, loading, enumerations, times, the handler, packages, and the kit for tests. A test of the
main Python that is about the Python all the same has the mark `every_python`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, is_hypothesis_test, settings

from dataworks_ext.deadline._interruption import Interrupted

pytest_plugins = ["pytester"]

_HERE: Final = Path(__file__).parent
_MAIN_PYTHON: Final = (
    "archive/test_faults_of_storage.py",
    "cli",
    "deploy",
    "docs",
    "e2e",
    "events/test_cron.py",
    "events/test_properties.py",
    "events/test_unread.py",
    "local",
    "rehearsal",
    "sql",
    "test_budget.py",
    "test_code.py",
    "test_exemption.py",
    "test_model.py",
    "test_performance_pages.py",
    "test_s_yaml.py",
    "test_typing.py",
)
"""Folders and files beside this one whose tests run on the main Python only."""

os.environ.pop("COLUMNS", None)  # what is printed must not depend on the terminal, whose width pytest-xdist sets

for _profile, _examples in {"quick": 25, "full": 200, "deep": 5_000}.items():
    settings.register_profile(
        _profile,
        max_examples=_examples,
        deadline=None,  # how long an example takes says more about the machine
        suppress_health_check=[HealthCheck.too_slow],
        print_blob=True,
    )
settings.load_profile("full")


def pytest_collection_modifyitems(items: Sequence[pytest.Item]) -> None:
    """Mark what runs on the main Python only, what runs alone, and what tries many examples."""
    for item in items:
        if _runs_on_main_python(item):
            item.add_marker("main_python")
        if item.get_closest_marker("untraced") is not None:
            item.add_marker("timed")
        if isinstance(item, pytest.Function) and is_hypothesis_test(item.obj):
            item.add_marker("property")


def _runs_on_main_python(item: pytest.Item) -> bool:
    if item.get_closest_marker("every_python") is not None or _HERE not in item.path.parents:
        return False
    return _is_main(item.path)


@cache
def _is_main(path: Path) -> bool:
    """Whether it is one of those, or within one."""
    return any(path == main or main in path.parents for main in map(_HERE.joinpath, _MAIN_PYTHON))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Another Python need not even read what it does not run."""
    if "not main_python" not in config.option.markexpr or collection_path.suffix != ".py":
        return None
    return (_is_main(collection_path) and "every_python" not in collection_path.read_text(encoding="utf-8")) or None


@pytest.fixture(scope="session", autouse=True)
def _interrupted_callbacks() -> Iterator[None]:
    """Nobody hears of an interruption that hits a callback of the garbage collector: Hypothesis has one."""
    report = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_type is not Interrupted:
            report(unraisable)

    sys.unraisablehook = hook
    yield
    sys.unraisablehook = report
