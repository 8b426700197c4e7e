"""What `make test` runs: every check, then the tests on every Python from 3.10 on that is here.

It is made for two cores. Two workers run the examples; then four parts run beside each other, since each waits now and
then for a server or a process. Tests that are about time wait more than they compute, so they run on all Pythons at
once, and nothing else then. It stops after a stage that failed, and ends with what each part said and how long it took.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parent.parent
BIN: Final = Path(sys.executable).parent
MAIN: Final = f"3.{sys.version_info.minor}"
_SUMMARY: Final = re.compile(r"\d+ \w+(?:, \d+ \w+)* in \d+\.\d+s")
"""What the last line of pytest says."""

_TWO_WORKERS: Final = ("-n", "2", "--dist", "loadfile", "--no-loadscope-reorder")
"""A file is tested by one of them, which sets up what its tests share."""

_ENVIRONMENT: Final = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
"""Hundreds of processes start, which would each compile everything that they import."""

Command = Sequence[str | Path]


class Part(NamedTuple):
    """Commands that run one after the other, up to one that fails."""

    name: str
    commands: Sequence[Command]


class Result(NamedTuple):
    """What came of a part."""

    name: str
    failed: bool
    seconds: float
    summary: str
    """What each pytest said last."""


# What runs


def stages() -> Iterator[list[Result]]:
    """One after the other, of parts that run beside each other."""
    others = dict(_other_pythons())
    examples = _coverage("run", "-m", "pytest", "-q", *_TWO_WORKERS, "-m", "not timed and not property")
    yield alone(Part(f"Python {MAIN}, two workers", [_coverage("erase"), examples]))
    properties = _pytest(BIN, "-m", "not timed and property")  # three times as slow with coverage
    checks = [_tool("ruff", "check"), _tool("ruff", "format", "--check"), _tool("mypy"), _tool("lint-imports")]
    policies = _pytest(BIN, "tests/policies", "cases", "--policy-coverage-fail-under=100")
    yield beside(
        [
            Part(f"Python {MAIN}, properties", [properties]),
            *(
                Part(f"Python {one}", [*_setup(one, command), _on(one, "not timed", "tests")])
                for one, command in others.items()
            ),
            Part("Static checks", checks),
            Part("Policy coverage", [policies]),
        ],
        at_once=4,
    )
    files = list(_timed_files())
    timed = _coverage("run", "-m", "pytest", "-q", "-m", "timed and not untraced", *files)
    yield beside(
        [
            Part(f"Python {MAIN}, about time", [timed, _pytest(BIN, "-m", "untraced", *files)]),
            *(Part(f"Python {one}, about time", [_on(one, "timed", *files)]) for one in others),
        ],
        at_once=1 + len(others),
    )
    yield alone(Part("Coverage", [_coverage("combine", "--quiet"), _coverage("report")]))


def _tool(name: str, *arguments: str) -> Command:
    return [BIN / name, *arguments]


def _coverage(*arguments: str) -> Command:
    return _tool("coverage", *arguments)


def _pytest(bin_: Path, *arguments: str) -> Command:
    return [bin_ / "python", "-m", "pytest", "-q", *arguments]


def _on(version: str, which: str, *files: str) -> Command:
    """The tests on another Python than the main one."""
    chosen = f"{which} and not main_python"
    return _pytest(_environment(version) / "bin", "-m", chosen, "--hypothesis-profile=quick", *files)


def _timed_files() -> Iterator[str]:
    """Those with a mark, so that pytest need not collect all the others every time."""
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if re.search(r"pytest\.mark\.(timed|untraced)\b", path.read_text(encoding="utf-8")):
            yield str(path.relative_to(ROOT))


def _environment(version: str) -> Path:
    return ROOT / f".venv-{version}"


def _setup(version: str, command: str) -> Iterator[Command]:
    """What makes the environment of another Python, unless it is there."""
    environment, installed = _environment(version), _environment(version) / ".installed"
    if not installed.exists() or installed.stat().st_mtime < (ROOT / "pyproject.toml").stat().st_mtime:
        options = ("--quiet", "--clear", "--seed", "--no-python-downloads", "--python", command)
        yield [BIN / "uv", "venv", *options, environment]
        yield [BIN / "python", "-m", "tests.uv", "--python", environment, "--editable", ".[dev]"]
        yield ["touch", installed]


def _other_pythons() -> Iterator[tuple[str, str]]:
    """Versions, and commands for them."""
    found = subprocess.run(["sh", ROOT / "tests" / "pythons.sh"], stdout=subprocess.PIPE, text=True, check=True)
    for line in found.stdout.splitlines():
        version, command = line.split(maxsplit=1)
        if version != MAIN:
            yield version, command


# How it runs


def run(part: Part, show: Callable[[str], None]) -> Result:
    """Run a part, and show each line that it prints."""
    begin = time.monotonic()
    summaries: list[str] = []
    failed = False
    for command in part.commands:
        show(f"\n[{part.name}] {' '.join(map(_short, command))}\n")
        with subprocess.Popen(
            command,
            cwd=ROOT,
            env=_ENVIRONMENT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as process:
            assert process.stdout is not None
            for line in process.stdout:
                show(line)
                summaries.extend(found[0] for found in _SUMMARY.finditer(line))
        if process.returncode:
            failed = True
            break
    return Result(part.name, failed, time.monotonic() - begin, "; ".join(summaries))


def alone(part: Part) -> list[Result]:
    """Run a part, and show what it prints as it comes."""
    return [run(part, _show)]


def beside(parts: Sequence[Part], *, at_once: int) -> list[Result]:
    """Run parts so many at a time, and show what each printed when it is over."""

    def run_quietly(part: Part) -> Result:
        printed: list[str] = []
        result = run(part, printed.append)
        _show("".join(printed))
        return result

    with ThreadPoolExecutor(max_workers=at_once) as pool:
        return list(pool.map(run_quietly, parts))


def _show(text: str) -> None:
    print(text, end="", flush=True)


def _short(word: str | Path) -> str:
    path = Path(word)
    text = str(path.relative_to(ROOT)) if path.is_absolute() and ROOT in path.parents else str(word)
    return f'"{text}"' if " " in text else text


def main() -> int:
    """Run the stages up to one that fails. Returns the exit status."""
    begin = time.monotonic()
    results: list[Result] = []
    for stage in stages():
        results += stage
        if any(result.failed for result in stage):
            break
    failed = any(result.failed for result in results)
    print(f"\n{'Part':<28} {'Time':>6}  Result")
    for result in results:
        said = f"{'FAILED' if result.failed else 'passed'}{result.summary and ': '}{result.summary}"
        print(f"{result.name:<28} {result.seconds:>4.0f} s  {said}")
    print(f"{'All':<28} {time.monotonic() - begin:>4.0f} s  {'FAILED' if failed else 'passed'}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
