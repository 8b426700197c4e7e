"""A budget that needs no clock: what a start loads and builds, and how many calls a warm message makes.

`budget.toml` has the figures. tests/test_budget.py fails where one is exceeded. To change one on purpose:

    python benchmarks/counts.py --record
"""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import tomli

from dataworks_ext.testing import function_compute_message
from dataworks_ext.testing.samples import eventbridge_message
from dataworks_ext.testing.stub import DataWorksStub

HERE: Final = Path(__file__).parent
BUDGET: Final = HERE / "budget.toml"
PYTHON: Final = f"{sys.version_info[0]}.{sys.version_info[1]}"
_HEAD: Final = """\
# What a start loads and builds, and what a warm message calls, at most. tests/test_budget.py holds it.
# Change it on purpose: python benchmarks/counts.py --record, on each Python.
"""
_CALLBACK: Final = {"DATAWORKS_EXT_REGION": "cn-hangzhou", "WORKSPACES_PROTECTED_WORKSPACES": "1"}


class Counts(NamedTuple):
    """What was counted, by the names of `budget.toml`."""

    figures: Mapping[str, int]
    names: Mapping[str, list[str]]
    """What is behind a figure, where it has names."""


def count() -> Counts:
    """Count everything, in three processes of this Python."""
    direct = _run("start", function_compute_message("download-resources"), {})
    with DataWorksStub() as dataworks:
        callback = _run("start", eventbridge_message("delete-project"), {**_CALLBACK, **dataworks.environment})
        assert [reply["CheckResult"] for reply in dataworks.replies] == ["OK"]
    warm = _run("calls", function_compute_message("download-resources"), {})
    names = {
        f"{channel}_{what}": start[key]
        for channel, start in {"direct": direct, "callback": callback}.items()
        for what, key in {"own_modules": "ours", "other_modules": "others", "classes_built": "built"}.items()
    }
    figures = {name: len(found) for name, found in names.items()}
    return Counts({**figures, "warm_python_calls": warm["python"], "warm_c_calls": warm["c"]}, names)


def read_budget() -> Mapping[str, int] | None:
    """The figures of this Python; None if there are none."""
    figures: Mapping[str, int] | None = tomli.loads(BUDGET.read_text(encoding="utf-8")).get(PYTHON)
    return figures


def exceeded(counts: Counts, budget: Mapping[str, int]) -> list[str]:
    """A sentence for each figure that is above its budget, with what is behind it."""
    return [
        f"{name} is {found}, and the budget is {budget.get(name, 0)}: {', '.join(counts.names.get(name, []))}"
        for name, found in counts.figures.items()
        if found > budget.get(name, 0)
    ]


def record(counts: Counts) -> None:
    """Write the figures of this Python into the budget."""
    budget: dict[str, Mapping[str, int]] = {}
    if BUDGET.exists():
        budget.update(tomli.loads(BUDGET.read_text(encoding="utf-8")))
    budget[PYTHON] = counts.figures
    tables = [
        "".join([f'\n["{name}"]\n', *(f"{figure} = {value}\n" for figure, value in budget[name].items())])
        for name in sorted(budget, key=lambda version: int(version.partition(".")[2]))
    ]
    BUDGET.write_text(_HEAD + "".join(tables), encoding="utf-8")


def _run(what: str, message: bytes, environment: Mapping[str, str]) -> dict[str, Any]:
    path = [str(HERE.parent), str(HERE), sysconfig.get_path("platlib"), sysconfig.get_path("purelib")]
    setup = json.dumps({"count": what, "path": path, "message": message.decode()})
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(HERE / "counted.py"), setup],
        env={"PYDANTIC_DISABLE_PLUGINS": "__all__", **environment},
        stdout=subprocess.PIPE,
        check=True,
    )
    counted: dict[str, Any] = json.loads(done.stdout)
    return counted


if __name__ == "__main__":
    found = count()
    if "--record" in sys.argv[1:]:
        record(found)
    for name, figure in found.figures.items():
        print(f"{name:24} {figure:5}  {', '.join(found.names.get(name, []))}")
