"""Wheels for Function Compute, by uv: the lock file that names them, and their files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from importlib.metadata import distribution
from pathlib import Path
from typing import Final

from .layout import PackagingError
from .pip_settings import is_on, pip_settings, uv_variables

PLATFORM: Final = "x86_64-manylinux2014"
"""x86-64 Linux with glibc 2.17, and so the wheels for older ones as well. Source: PEP 600, "Legacy manylinux tags"."""
_FRAMEWORK: Final = "dataworks-ext"
_NOT_OURS: Final = ("UV_NO_VERIFY_HASHES", "UV_REQUIRE_HASHES", "UV_COMPILE_BYTECODE")
"""What would have uv do something else than it is asked here."""
_UNREACHABLE: Final = re.compile(r"Failed to fetch|error sending request|authentication credentials|Could not connect")
_MISMATCH: Final = re.compile(r"Hash mismatch for `([^`=@ ]+)")
_CAUSE: Final = re.compile(r"\n\W*(?:cause|Caused by): ")
_MARKS: Final = re.compile(r"^\W*(?:error: )?", re.MULTILINE)
_ADDRESS: Final = re.compile(r"\w[\w+.-]*://[^\s`]+|\b[\w-]+(?:\.[\w-]+)+:\d+\b")
_CREDENTIALS: Final = re.compile(r"://[^/\s]*@")
_LOCK_LINE: Final = re.compile(r"\s*(?:$|#|--hash=sha256:|[\w.-]+(?:\[[^]]*\])?==|[\w.-]+ @ |\S+\.whl\b)")
_INDEX_OPTION: Final = re.compile(
    r"^\s*(-i|-f|--(?:extra-)?index-url|--find-links|--no-index|--trusted-host)\b", re.MULTILINE
)


def lock_path(package: Path, python: str) -> Path:
    """Where the lock file is: beside the requirements of the first package, one for each Python."""
    return package / f"function-{python}.lock"


def write_lock(file: Path, requirements: Sequence[Path], python: str) -> None:
    """Lock the newest wheels that the framework and files of requirements allow, with all that they need.

    Raises:
        PackagingError: There is no such set of wheels, or no index to ask; a requirement cannot be locked.
    """
    text = _compile(requirements, python, "")
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_text(text, encoding="utf-8", newline="\n")
    beside.replace(file)


def check_lock(file: Path, requirements: Sequence[Path], python: str) -> None:
    """Whether the lock file has what the requirements need, and no more: uv would lock the same versions again.

    Raises:
        PackagingError: It is out of date, or there is no index to ask.
    """
    before = file.read_text(encoding="utf-8", errors="replace")
    for number, line in enumerate(before.splitlines(), 1):
        if not _LOCK_LINE.match(line):
            raise PackagingError(f"{file}, line {number}, cannot be read; make it anew with --lock")
    locked, needed = _pins(before), _pins(_compile(requirements, python, before))
    for name in sorted({*locked, *needed}):
        if locked.get(name) == needed.get(name):
            continue
        if name not in locked:
            problem = f"it has no {name}"
        elif name not in needed:
            problem = f"nothing needs {name} any more"
        else:
            problem = f"it has {name} {locked[name]}, but {needed[name]} is what goes with the requirements"
        raise PackagingError(f"{file} is out of date: {problem}; run with --lock")


def install(lock: Path, python: str, target: Path) -> None:
    """Unpack the wheels of a lock file into a new directory. uv keeps what it downloads in its own cache.

    Raises:
        PackagingError: A wheel has another hash than the lock, cannot be found, or there is no index to ask.
    """
    options = ["--require-hashes", "--no-deps", "--requirements", str(lock), "--target", str(target)]
    _uv(["install", *options, "--link-mode", "copy"], python, without=("UV_CONSTRAINT",))  # links would be to the cache
    (target / ".lock").unlink(missing_ok=True)  # uv's own


def _compile(requirements: Sequence[Path], python: str, preferred: str) -> str:
    """The text of a lock file. The versions that another prefers stay, if the requirements allow them."""
    for file in requirements:
        _check_requirements(file)
    with tempfile.TemporaryDirectory(prefix="dataworks-ext-") as folder:
        own, output = _framework(Path(folder)), Path(folder, "function.lock")
        output.write_text(preferred, encoding="utf-8")
        options = ["--generate-hashes", "--no-header", "--no-annotate", "--no-emit-package", _FRAMEWORK]
        _uv(["compile", *options, "--output-file", str(output), str(own), *map(str, requirements)], python)
        locked = output.read_text(encoding="utf-8")
    if _CREDENTIALS.search(locked):
        raise PackagingError("a requirement has an address with a password, which the lock file would keep; use .netrc")
    head = f"# The wheels of the function on Python {python}, x86-64 Linux. Made by:\n"
    return f"{head}# dataworks-ext package --lock --python {python}\n{locked}"


def _check_requirements(file: Path) -> None:
    """Where wheels come from is said for a machine, not for a project: the lock file is installed on any."""
    try:
        found = _INDEX_OPTION.search(file.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError as error:
        raise PackagingError(f"{file} cannot be read: it is no UTF-8") from error
    if found is not None:
        raise PackagingError(f"{file}: {found[1]} is not read here; an index is set by PIP_INDEX_URL or pip config")


def _framework(folder: Path) -> Path:
    """A requirement of the framework as it is installed here, whatever an index has under its name.

    The function gets its code from here as well, so a wheel without code says what it needs, and which version it is.
    """
    metadata = distribution(_FRAMEWORK)
    stem = f"dataworks_ext-{metadata.version}"
    wheel = folder / f"{stem}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        text = metadata.read_text("METADATA") or str(metadata.metadata)  # the latter takes a second to fold its lines
        archive.writestr(f"{stem}.dist-info/METADATA", text)
        tags = "Wheel-Version: 1.0\nGenerator: dataworks-ext\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{stem}.dist-info/WHEEL", tags)
        archive.writestr(f"{stem}.dist-info/RECORD", "")
    own = folder / "framework.txt"
    own.write_text(f"{_FRAMEWORK} @ {wheel.as_uri()}\n", encoding="utf-8")
    return own


def _pins(lock: str) -> dict[str, str]:
    """The version of each library in a lock file; none for one with an address."""
    lines = (line.strip().removesuffix("\\").strip() for line in lock.splitlines() if not line.startswith((" ", "#")))
    return {name: version for name, _, version in (line.partition("==") for line in lines if line)}


def _uv(arguments: Sequence[str], python: str, without: Iterable[str] = ()) -> None:
    """Run `uv pip`, as pip is configured. Raises PackagingError if it fails."""
    environment = {**os.environ, **uv_variables(os.environ)}
    for name in (*_NOT_OURS, *without):
        environment.pop(name, None)
    options = [f"--python-version={python}", f"--python-platform={PLATFORM}", "--only-binary=:all:"]
    # It runs on this Python and needs no other; without the option, it looks on the network for one first.
    options += [f"--python={sys.executable}", "--no-python-downloads", "--quiet", "--color=never"]
    if is_on(pip_settings(os.environ), "no-index"):
        options.append("--no-index")
    done = subprocess.run([_command(), "pip", *arguments, *options], capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        raise PackagingError(explain(done.stderr, python))


def _command() -> str:
    """The program of uv's package; else one on PATH."""
    try:
        from uv import find_uv_bin

        return find_uv_bin()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        found = shutil.which("uv")
        if found is None:
            raise PackagingError("uv is not here; install it with: pip install 'dataworks-ext[cli]'") from error
        return found


def explain(said: str, python: str) -> str:
    """What uv said on standard error, as one sentence without addresses."""
    text = _CAUSE.sub(": ", _ADDRESS.sub("…", said))
    text = " ".join(_MARKS.sub("", text).split()) or "it said nothing"
    if (mismatch := _MISMATCH.search(text)) is not None:
        return f"the wheel of {mismatch[1]} has another hash than the lock file; find out why, or run with --lock"
    if _UNREACHABLE.search(text) and "requirements file" not in text:
        return "no package index can be reached; name one in PIP_INDEX_URL, and look at: pip config list"
    if text.startswith("No solution found"):
        reason = text.removeprefix("No solution found when resolving dependencies").lstrip(": ")
        return f"there is no set of wheels for Python {python} on x86-64 Linux ({PLATFORM}): {reason}"
    return f"uv failed: {text}"
