"""The package of a function: its code directory with dependencies and byte code, and the same as a ZIP file."""

from __future__ import annotations

import keyword
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from packaging.requirements import Requirement

from . import bytecode, interpreters, lock, pruning, wheels
from .code import PackagingError, lay_out, own_requirements, unprotect

MEGABYTE: Final = 1024 * 1024
MAX_ZIPPED: Final = 100 * MEGABYTE
"""Bytes of a ZIP file that is uploaded directly, through an SDK or the API.

Source: Function Compute, "Limits", "Size of a code package".
"""
MAX_UNZIPPED: Final = 500 * MEGABYTE
"""Bytes of a code package. The source has it for ZIP files that the console, tools and OSS upload; what is held against
it here is the directory, which is larger.

Source: as above.
"""
OLDEST_PYTHON: Final = 10
"""The minor version of the framework's oldest Python."""
_NOON: Final = 315_576_000
"""1980-01-01 12:00 UTC, in seconds: from 1980 on, where ZIP files begin, in every time zone."""
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)
_RESERVED: Final = ("dataworks_ext", "index")


class Limits(NamedTuple):
    """How large a package may be, in bytes."""

    zipped: int = MAX_ZIPPED
    unzipped: int = MAX_UNZIPPED


class Share(NamedTuple):
    """What one top-level package takes of the space."""

    name: str
    files: int
    bytes: int
    """Unzipped, byte code included."""
    byte_code: int
    """Bytes of it that are byte code."""
    zipped: int
    """Bytes in the ZIP file."""


class Package(NamedTuple):
    """What was built."""

    python: str
    directory: Path
    zip: Path
    lock: Path
    lock_is_new: bool
    """Whether the lock file was made or updated by this build."""
    compiled_by: str | None
    """The version of the interpreter that made the byte code, such as `3.10.13`; None if there is no byte code."""
    left_out: tuple[str, ...]
    """What of the policies' folders is not in it, for its name: `policies/.env`."""
    pruned: Mapping[str, int]
    """How many bytes of the dependencies are not in it, by the pattern of `pruning.RULES`."""
    shares: tuple[Share, ...]
    """By size, the largest first."""
    total: Share


def build(
    packages: Sequence[Path],
    python: str,
    output: Path,
    *,
    update_lock: bool = False,
    limits: Limits | None = None,
) -> Package:
    """Build `function/` and `function.zip`, the same for the same code, lock file and interpreter.

    Args:
        packages: Folders of policies, whose names are what the function imports. The lock file is in the first.
        python: The function's Python, such as `3.10`.
        output: Where they are built. What is there is replaced at the end, or not at all.
        update_lock: Look for the newest dependencies, though there is a lock file.
        limits: The platform's by default.

    Raises:
        PackagingError: Something of it cannot be; nothing is replaced.
    """
    _check_python(python)
    packages = [_checked(package, output) for package in packages]
    names = [package.name for package in packages]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise PackagingError(f"two folders are called {min(twice)}; the function can import one of them only")
    requirements = [Requirement(text) for text in own_requirements()]
    for package in packages:
        requirements += lock.read_requirements(package / "requirements.txt")
    lock_file = lock.lock_path(packages[0], python)
    lock_is_new = update_lock or not lock_file.exists()
    if lock_is_new:
        lock.write_lock(lock_file, lock.resolve(requirements, python), python)
    locked = lock.read_lock(lock_file)
    lock.check_lock(lock_file, locked, requirements, python)

    output.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".function-", dir=output))
    try:
        code, dependencies = work / "function", work / "dependencies"
        left_out = lay_out(code, packages)
        wheels.install(lock_file, python, dependencies)
        lock.check_wheels(lock_file, locked, requirements, pruning.requirements_of(dependencies), python)
        pruned = pruning.prune(dependencies, [code])
        _merge(dependencies, code)
        interpreter = interpreters.find_interpreter(python)
        if interpreter is not None:
            _compile(code, (*names, *_RESERVED), interpreter)
        _set_modes_and_times(code)
        zipped = write_zip(work / "function.zip", code)
        shares = _shares(code, zipped)
        total = _total(shares, work / "function.zip")
        _check_limits(total, shares, limits or Limits())
        _replace(work, output)
    finally:
        unprotect(work)
        shutil.rmtree(work, ignore_errors=True)
    return Package(
        python,
        output / "function",
        output / "function.zip",
        lock_file,
        lock_is_new,
        interpreter and interpreter.version,
        tuple(left_out),
        pruned,
        shares,
        total,
    )


def _check_python(python: str) -> None:
    found = re.fullmatch(r"3\.([1-9][0-9])", python)
    if found is None or int(found[1]) < OLDEST_PYTHON:
        expected = f"expected 3.{OLDEST_PYTHON} or later, as 3.{OLDEST_PYTHON}"
        raise PackagingError(f"there is no Python {python} to package for; {expected}")


def _checked(package: Path, output: Path) -> Path:
    if not package.is_dir():
        what = f"{package} is a file" if package.exists() else f"there is no folder {package}"
        raise PackagingError(f"{what}; name the folders of policies, such as: dataworks-ext package policies")
    name = package.resolve().name if package.name in ("", "..") else package.name
    if not name.isidentifier() or keyword.iskeyword(name) or name in _RESERVED:
        raise PackagingError(f"the function cannot import a folder called {name}; rename it")
    package = package.resolve().parent / name if package.name != name else package
    if not any(package.rglob("*.py")):
        raise PackagingError(f"the folder {package} holds no Python file; name the folders of policies")
    if output.resolve().is_relative_to(package.resolve()):
        raise PackagingError(f"{output} is inside {package}, and would become a part of it; name another --output")
    return package


def _merge(dependencies: Path, code: Path) -> None:
    own = {path.name.partition(".")[0] for path in code.iterdir()}
    for path in sorted(dependencies.iterdir()):
        if path.name.partition(".")[0] in own:
            name = path.name.partition(".")[0]
            raise PackagingError(f"the folder {name} has the name of a library that the function needs; rename it")
        path.rename(code / path.name)


def _compile(code: Path, own: Sequence[str], interpreter: interpreters.Interpreter) -> None:
    """Compile all Python files. A library's that cannot be, such as a template, goes without."""
    names = [path.relative_to(code).as_posix() for path in code.rglob("*.py")]
    try:
        failed = bytecode.compile_files(code, names, interpreter)
    except subprocess.CalledProcessError as error:
        raise PackagingError(f"{interpreter.path} failed to compile the package; what it said is above") from error
    for name, reason in sorted(failed.items()):
        if re.split(r"[/.]", name)[0] in own:
            raise PackagingError(f"Python {interpreter.version} cannot compile {name}: {reason}")


def _set_modes_and_times(directory: Path) -> None:
    for path in (*directory.rglob("*"), directory):
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)
        os.utime(path, (_NOON, _NOON))


def write_zip(target: Path, directory: Path) -> dict[str, int]:
    """Write the files of a directory into a ZIP file, the same for the same files; return their zipped bytes."""
    zipped = {}
    files = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    with ZipFile(target, "w") as archive:
        for name, path in sorted(files.items()):
            entry = ZipInfo(name, _ZIP_TIME)
            entry.create_system = 3  # Unix, whose modes follow
            entry.external_attr = path.stat().st_mode << 16
            archive.writestr(entry, path.read_bytes(), ZIP_DEFLATED, 9)
            zipped[name] = entry.compress_size
    return zipped


def _shares(code: Path, zipped: Mapping[str, int]) -> tuple[Share, ...]:
    shares: dict[str, Share] = {}
    for name, compressed in zipped.items():
        size = (code / name).stat().st_size
        top = _top_level(name)
        before = shares.get(top, Share(top, 0, 0, 0, 0))
        byte_code = size if name.endswith(".pyc") else 0
        shares[top] = Share(
            top, before.files + 1, before.bytes + size, before.byte_code + byte_code, before.zipped + compressed
        )
    return tuple(sorted(shares.values(), key=lambda share: (-share.zipped, share.name)))


def _total(shares: Sequence[Share], zip_file: Path) -> Share:
    return Share(
        "total",
        sum(share.files for share in shares),
        sum(share.bytes for share in shares),
        sum(share.byte_code for share in shares),
        zip_file.stat().st_size,
    )


def _top_level(name: str) -> str:
    """The package or module that a file belongs to; all of the metadata together."""
    first, _, rest = name.removeprefix("__pycache__/").partition("/")
    if first.endswith(".dist-info"):
        return "*.dist-info"
    return first if rest else first.partition(".")[0]


def _check_limits(total: Share, shares: Iterable[Share], limits: Limits) -> None:
    largest = ", ".join(share.name for share in list(shares)[:3])
    for size, limit, what in (
        (total.bytes, limits.unzipped, "unzipped"),
        (total.zipped, limits.zipped, "zipped"),
    ):
        if size > limit:
            raise PackagingError(
                f"the package would have {size} bytes {what}, but Function Compute takes {limit}; "
                f"the largest in it: {largest}"
            )


def _replace(work: Path, output: Path) -> None:
    """Put what was built in the place of what was there; on an error, put that back."""
    before = []
    try:
        for name in ("function", "function.zip"):
            if os.path.lexists(output / name):
                (output / name).rename(work / f"{name}.before")
                before.append(name)
        for name in ("function", "function.zip"):
            (work / name).rename(output / name)
    except OSError as error:
        for name in before:
            if os.path.lexists(output / name):
                (output / name).rename(work / f"{name}.failed")
            (work / f"{name}.before").rename(output / name)
        raise PackagingError(f"{output} cannot be written: {error.strerror}") from error
