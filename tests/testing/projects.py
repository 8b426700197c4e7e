"""Running the tests of a project that a test has written, in this process.

What such a run imports is forgotten afterwards, so all that it may import of the framework is imported here before:
a class that is there twice would not be an instance of itself.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import Final

import pytest

import dataworks_ext.testing
from dataworks_ext.events import catalog, event_class

INI: Final = "[pytest]\ndataworks_app = rules:extension\naddopts = --strict-markers -p no:cacheprovider\n"
"""Says that the extension under test is `rules:extension`."""

for _module in pkgutil.walk_packages(dataworks_ext.testing.__path__, "dataworks_ext.testing."):
    import_module(_module.name)
for _code in catalog:
    event_class(_code)


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    """Run its tests, with warnings as errors."""
    return project.runpytest_inprocess("-W", "error", *arguments)


def lines_after(result: pytest.RunResult, start: str) -> list[str]:
    """The lines after the first one that has this in it, up to the next section."""
    lines = result.stdout.lines
    first = next(number for number, line in enumerate(lines) if start in line) + 1
    end = next(number for number, line in enumerate(lines) if line.startswith("====") and number >= first)
    return lines[first:end]
