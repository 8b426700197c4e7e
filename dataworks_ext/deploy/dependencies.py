"""What a function needs beside its policies: the framework and the wheels, pruned, compiled and kept between builds."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from . import bytecode, plugins, pruning, wheels
from .interpreters import Interpreter
from .layout import FRAMEWORK, PackagingError, put_framework
from .zipping import normalize, write_zip

_INCLUDE: Final = re.compile(r"^\s*(?:-r|-c|--requirements?|--constraints?)[\s=]*([^\s#]+)", re.MULTILINE)

Progress = Callable[[str], None]
"""Told what is being done: `Fetching wheels`."""


class Inputs(NamedTuple):
    """What dependencies are made from."""

    python: str
    """The function's, such as `3.10`."""
    interpreter: Interpreter | None
    """What compiles it; None leaves byte code out."""
    lock: Path
    lock_is_new: bool
    """Whether it was made for this build, and so has what the requirements need."""
    requirements: tuple[Path, ...]
    lifted: frozenset[str]
    """Rules of pruning that do not hold, see `pruning.lifted_by`."""


class Dependencies(NamedTuple):
    """What was made."""

    directory: Path
    """The files, with byte code."""
    zip: Path
    """The same, as the beginning of a package's ZIP file."""
    pruned: dict[str, int]
    """How many bytes of the wheels are not in it, by the pattern of the rule."""


def dependencies(inputs: Inputs, output: Path, progress: Progress) -> Dependencies:
    """The dependencies: what is in the output folder, if lock file, framework and Python are the same; else made anew.

    Raises:
        PackagingError: The lock file is out of date, or the wheels cannot be downloaded.
    """
    kept = output / f".dependencies-{inputs.python}"
    found = Dependencies(kept / "files", kept / "files.zip", {})
    notes, key = kept / "notes.json", _key(inputs)
    try:
        made = json.loads(notes.read_text(encoding="utf-8"))
        if made["key"] == key and found.directory.is_dir() and found.zip.is_file():
            return found._replace(pruned=made["pruned"])
    except (OSError, ValueError, KeyError, TypeError):
        pass  # there is none, or it is not whole: another is made
    work = Path(tempfile.mkdtemp(prefix=".dependencies-", dir=output))
    try:
        pruned = _make(inputs, work, progress)
        (work / "notes.json").write_text(json.dumps({"key": key, "pruned": pruned}), encoding="utf-8")
        shutil.rmtree(kept, ignore_errors=True)
        work.rename(kept)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return found._replace(pruned=pruned)


def _make(inputs: Inputs, work: Path, progress: Progress) -> dict[str, int]:
    files = work / "files"
    if not inputs.lock_is_new:
        progress("Checking the lock file")
        wheels.check_lock(inputs.lock, inputs.requirements, inputs.python)
    progress("Fetching wheels")
    wheels.install(inputs.lock, inputs.python, files)
    progress("Pruning and compiling")
    pruned = pruning.prune(files, inputs.lifted)
    plugins.postpone_search(files)
    if (files / FRAMEWORK.name).exists():
        raise PackagingError(f"{inputs.lock} has the framework itself; make it anew with --lock")
    put_framework(files)
    if inputs.interpreter is not None:
        compile_files(files, inputs.interpreter, (FRAMEWORK.name,))
    normalize(files)
    write_zip(work / "files.zip", files)
    return pruned


def compile_files(directory: Path, interpreter: Interpreter, own: Collection[str]) -> None:
    """Compile all Python files. A library's that cannot be, such as a template, goes without.

    Raises:
        PackagingError: The interpreter fails, or cannot compile a file of the packages that are one's own.
    """
    names = [path.relative_to(directory).as_posix() for path in directory.rglob("*.py")]
    try:
        failed = bytecode.compile_files(directory, names, interpreter)
    except (OSError, subprocess.CalledProcessError) as error:
        raise PackagingError(f"{interpreter.path} failed to compile the package; what it said is above") from error
    for name, reason in sorted(failed.items()):
        if re.split(r"[/.]", name)[0] in own:
            raise PackagingError(f"Python {interpreter.version} cannot compile {name}: {reason}")


def requirements_of(packages: Sequence[Path]) -> tuple[Path, ...]:
    """The files of requirements that packages have."""
    files = (package / "requirements.txt" for package in packages)
    return tuple(file for file in files if file.is_file())


def dependencies_digest(lock: Path, requirements: Iterable[Path]) -> str:
    """What changes when the lock file, a file of requirements or one that it includes does."""
    digest = hashlib.sha256()
    for file in (lock, *_included(requirements, set())):
        digest.update(b"\0" + (file.read_bytes() if file.is_file() else b""))
    return digest.hexdigest()


def _included(files: Iterable[Path], seen: set[Path]) -> Iterator[Path]:
    for file in files:
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        yield file
        names = _INCLUDE.findall(file.read_text(encoding="utf-8", errors="replace"))
        yield from _included([file.parent / name for name in names], seen)


def _key(inputs: Inputs) -> str:
    """What changes when the dependencies would come out otherwise."""
    local = [Path(word) for line in _lines(inputs.lock) for word in line.split()[:1] if Path(word).is_file()]
    parts = [
        inputs.python,
        str(inputs.interpreter and inputs.interpreter.version),
        dependencies_digest(inputs.lock, inputs.requirements),
        *sorted(inputs.lifted),
        *(hashlib.sha256(path.read_bytes()).hexdigest() for path in (*local, *sorted(FRAMEWORK.rglob("*.py")))),
    ]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8", errors="replace").splitlines()
