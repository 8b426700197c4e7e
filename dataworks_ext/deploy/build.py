"""The package of a function: its code directory with dependencies and byte code, and the same as a ZIP file."""

from __future__ import annotations

import keyword
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from ..testing.discarded import discarded_outcomes, problem_of
from . import freshness, interpreters, plugins, pruning, wheels
from .dependencies import Dependencies, Inputs, Progress, compile_files, dependencies, requirements_of
from .layout import PackagingError, deployed_files, put_policies, unprotect
from .zipping import normalize, write_zip, zipped_sizes

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
    progress: Progress = lambda step: None,
) -> Package:
    """Build `function/` and `function.zip`, the same for the same code, lock file and interpreter.

    Args:
        packages: Folders of policies, whose names are what the function imports. The lock file is in the first.
        python: The function's Python, such as `3.10`.
        output: Where they are built. What is there is replaced at the end, or not at all.
        update_lock: Look for the newest dependencies, though there is a lock file.
        limits: The platform's by default.
        progress: Told what is being done.

    Raises:
        PackagingError: Something of it cannot be; nothing is replaced.
    """
    _check_python(python)
    packages = _distinct([_checked(package, output) for package in packages])
    lock = wheels.lock_path(packages[0], python)
    lock_is_new = update_lock or not lock.exists()
    if lock_is_new:
        progress("Locking the newest wheels")
        wheels.write_lock(lock, requirements_of(packages), python)
    output.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(prefix=".function-", dir=output))
    try:
        own = work / "own"
        _check_outcomes(packages)
        left_out = put_policies(own, packages)
        interpreter = interpreters.find_interpreter(python)
        lifted = pruning.lifted_by([own])
        inputs = Inputs(python, interpreter, lock, lock_is_new, requirements_of(packages), lifted)
        base = dependencies(inputs, output, progress)
        if not plugins.has_plugin(base.directory):
            index = own / "index.py"
            index.write_text(plugins.WITHOUT_PLUGINS + index.read_text("utf-8"), encoding="utf-8", newline="\n")
        progress("Putting the package together")
        if interpreter is not None:
            compile_files(own, interpreter, [path.name.partition(".")[0] for path in own.iterdir()])
        normalize(own)
        shares, total = _put_together(work, base)
        _check_limits(total, shares, limits or Limits())
        _replace(work, output)
        freshness.remember(output, packages, python)
    finally:
        unprotect(work)
        shutil.rmtree(work, ignore_errors=True)
    return Package(
        python,
        output / "function",
        output / "function.zip",
        lock,
        lock_is_new,
        interpreter and interpreter.version,
        tuple(left_out),
        base.pruned,
        shares,
        total,
    )


def _check_outcomes(packages: Sequence[Path]) -> None:
    files = (path for package in packages for path in deployed_files(package)[0].values() if path.suffix == ".py")
    problem = problem_of(discarded_outcomes(files))
    if problem:
        raise PackagingError(problem)


def _put_together(work: Path, base: Dependencies) -> tuple[tuple[Share, ...], Share]:
    """Make `function` and `function.zip` of the environment and what is `own`: its files come after the others."""
    own, code, zip_file = work / "own", work / "function", work / "function.zip"
    names = {path.name.partition(".")[0] for path in own.iterdir() if path.name != "__pycache__"}
    for path in sorted(base.directory.iterdir()):
        name = path.name.partition(".")[0]
        if name in names:
            raise PackagingError(f"the folder {name} has the name of a library that the function needs; rename it")
    shutil.copytree(base.directory, code)
    shutil.copyfile(base.zip, zip_file)
    shutil.copytree(own, code, dirs_exist_ok=True)
    normalize(code)
    write_zip(zip_file, own)
    shares = _shares(zipped_sizes(zip_file))
    return shares, _total(shares, zip_file)


def _distinct(packages: Sequence[Path]) -> Sequence[Path]:
    names = [package.name for package in packages]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise PackagingError(f"two folders are called {min(twice)}; the function can import one of them only")
    return packages


def _check_python(python: str) -> None:
    found = re.fullmatch(r"3\.([1-9][0-9])", python)
    if found is None or int(found[1]) < OLDEST_PYTHON:
        expected = f"expected 3.{OLDEST_PYTHON} or later, such as 3.{OLDEST_PYTHON}"
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


def _shares(sizes: Mapping[str, tuple[int, int]]) -> tuple[Share, ...]:
    shares: dict[str, Share] = {}
    for name, (size, compressed) in sizes.items():
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
