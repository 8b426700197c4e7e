"""Wheels for Function Compute, by pip: which there are, and their files."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from packaging.utils import canonicalize_name

from .code import PackagingError

PLATFORMS: Final = ("manylinux2014_x86_64", "manylinux_2_17_x86_64")
"""Two names of one platform: x86-64 Linux with glibc from 2.17 on. Newer wheels may have the second only.

Source: PEP 600, "Legacy manylinux tags".
"""
_UNREACHABLE: Final = re.compile(
    r"connection broken by|connection error: |Max retries exceeded|problem confirming the ssl certificate"
    r"|Could not fetch URL \S+: (?:40[137]|5\d\d) "
)
"""What pip says, on standard error or in its log only, of an index that does not answer, or not to us."""
_MISSING: Final = re.compile(r"No matching distribution found for ([^\s(]+(?:[^(\n]*[^(\s])?)")
_MISMATCH: Final = re.compile(r"^ {4}(\S+?)(?:==\S+)? from .*?:\s*\n\s+Expected sha256", re.MULTILINE)
_CONFLICT: Final = re.compile(r"Cannot install (.+?) because these package versions have conflicting dependencies")
_DEPENDS: Final = re.compile(r"depends on ([\w.-]*\w)")
_ADDRESS: Final = re.compile(r"\w[\w+.-]*://\S+|host='[^']*'|\b[\w-]+(?:\.[\w-]+)+:\d+\b")


class Wheel(NamedTuple):
    """A wheel that pip would install."""

    name: str
    """As PEP 503 writes it: `pydantic-core`."""
    version: str
    sha256: str
    requires: tuple[str, ...]
    """Its requirements, with their markers."""


def resolve(requirements: Sequence[str], python: str) -> list[Wheel]:
    """Which wheels pip would install for requirements, with all that they need.

    Markers in the wheels' own requirements are judged by the Python that runs pip, not by the function's.

    Raises:
        PackagingError: There is no such set of wheels, or no index to ask.
    """
    with tempfile.TemporaryDirectory(prefix="dataworks-ext-") as folder:
        report = Path(folder, "report.json")
        options = ["--dry-run", "--ignore-installed", "--report", str(report), "--target", str(Path(folder, "none"))]
        _pip([*options, *_platform(python), *requirements], python)
        items = json.loads(report.read_text(encoding="utf-8"))["install"]
    return [_wheel(item) for item in items]


def install(lock: Path, python: str, target: Path) -> None:
    """Unpack the wheels of a lock file into a new directory. pip keeps what it downloads in its own cache.

    Raises:
        PackagingError: A wheel has another hash than the lock, cannot be found, or there is no index to ask.
    """
    options = ["--require-hashes", "--no-deps", "--no-compile", "--target", str(target), "--requirement", str(lock)]
    _pip([*options, *_platform(python)], python)


def _platform(python: str) -> list[str]:
    platforms = [f"--platform={platform}" for platform in PLATFORMS]
    return ["--only-binary=:all:", *platforms, f"--python-version={python}", "--implementation=cp"]


def _wheel(item: Mapping[str, Mapping[str, object]]) -> Wheel:
    metadata = item["metadata"]
    name, requires = canonicalize_name(str(metadata["name"])), metadata.get("requires_dist")
    sha256 = _sha256(item["download_info"].get("archive_info"))
    if not sha256:
        raise PackagingError(f"pip tells no sha256 of the wheel of {name}; update it with: pip install --upgrade pip")
    return Wheel(
        name, str(metadata["version"]), sha256, tuple(map(str, requires)) if isinstance(requires, list) else ()
    )


def _sha256(archive: object) -> str:
    """In hexadecimal digits, from `hashes`, or from `hash`, which is all that pip before 23.1 has for a local file."""
    if not isinstance(archive, dict):
        return ""
    hashes = archive.get("hashes")
    found = hashes.get("sha256") if isinstance(hashes, dict) else None
    algorithm, _, digest = str(archive.get("hash")).partition("=")
    return str(found or (digest if algorithm == "sha256" else ""))


def _pip(arguments: Sequence[str], python: str) -> None:
    """Run this Python's pip as it is configured. Raises PackagingError if it fails."""
    environment = {**os.environ, "PIP_USER": "0"}  # whose default on some systems cannot be had with --target
    with tempfile.TemporaryDirectory(prefix="dataworks-ext-") as folder:
        log = Path(folder, "log")
        options = ["--no-input", "--disable-pip-version-check", "--quiet", "--log", str(log)]
        command = [sys.executable, "-m", "pip", "install", *options, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, env=environment)
        if done.returncode != 0:
            told = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
            raise PackagingError(explain(done.stderr, told, python))


def explain(said: str, log: str, python: str) -> str:
    """What pip said on standard error and in its log, as one sentence without addresses."""
    if "No module named pip" in said:
        return f"{Path(sys.executable).name} has no pip; install it with: python -m ensurepip"
    mismatch = _MISMATCH.search(said)
    if mismatch is not None or "DO NOT MATCH THE HASHES" in said:
        named = mismatch[1] if mismatch is not None else "a package"
        return f"the wheel of {named} has another hash than the lock file; find out why, or run with --lock to take it"
    missing = _MISSING.search(said)
    if _UNREACHABLE.search(said + log) and (missing is None or "from versions: none" in said):
        return "no package index can be reached; name one in PIP_INDEX_URL, and look at: pip config list"
    if missing is not None:
        return (
            f"there is no wheel of {_ADDRESS.sub('…', missing[1])} for Python {python} on x86-64 Linux "
            f"({PLATFORMS[0]}); take another version or another library"
        )
    conflict = _CONFLICT.search(said)
    if conflict is not None:
        asked = dict.fromkeys(re.split(r"[^\w.-]", one)[0] for one in re.split(r", | and ", conflict[1]))
        causes = dict.fromkeys(_DEPENDS.findall(log.partition("The conflict is caused by")[2]))
        needing = ", ".join(name for name in causes if name not in asked)
        return (
            f"no wheels of {', '.join(asked)}{needing and f', which need {needing},'} go together "
            f"for Python {python} on x86-64 Linux ({PLATFORMS[0]}); take other versions or another Python"
        )
    errors = [line.removeprefix("ERROR: ").strip() for line in said.splitlines() if line.startswith("ERROR: ")]
    lines = errors or [line.strip() for line in said.splitlines() if line.strip()] or ["it said nothing"]
    return f"pip failed: {_ADDRESS.sub('…', lines[0] if errors else lines[-1])}"
