"""What a function depends on: the requirements, and the lock file with the exact wheels for them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from . import wheels
from .code import PackagingError

_COMMENT: Final = re.compile(r"(^|\s)#.*$")
_INCLUDE: Final = re.compile(r"(?:-r|--requirement)[\s=]*(\S.*)")
_ENTRY: Final = re.compile(r"([\w.-]+)==(\S+)((?:\s+--hash=sha256:[0-9a-f]{64})+)")
_ROUNDS: Final = 20


class Locked(NamedTuple):
    """One line of a lock file."""

    name: str
    """As PEP 503 writes it: `pydantic-core`."""
    version: str
    hashes: tuple[str, ...]
    """SHA-256, in hexadecimal digits."""


def lock_path(package: Path, python: str) -> Path:
    """Where the lock file is: beside the requirements of the first package, one for each Python."""
    return package / f"function-{python}.lock"


def read_requirements(file: Path) -> list[Requirement]:
    """The requirements in a file, and in those that it includes with `-r`; none if there is no such file.

    Raises:
        PackagingError: A line is no requirement by name. Indexes are pip's to know, and local paths have no hash.
    """
    return list(_requirements(file, ())) if file.exists() else []


def _requirements(file: Path, above: Sequence[Path]) -> Iterator[Requirement]:
    for number, line in _lines(file):
        include = _INCLUDE.fullmatch(line)
        if include is not None:
            included = file.parent / include[1].strip()
            if not included.is_file() or included.resolve() in (*above, file.resolve()):
                raise PackagingError(f"{file}, line {number}: includes {include[1].strip()}, which cannot be read")
            yield from _requirements(included, (*above, file.resolve()))
            continue
        where = f"{file}, line {number}"
        if line.startswith("-"):
            option = re.split(r"[\s=]", line)[0]
            raise PackagingError(f"{where}: {option} is not read here; an index is set by PIP_INDEX_URL or pip config")
        try:
            requirement = Requirement(line)
        except InvalidRequirement as error:
            raise PackagingError(f"{where} is no requirement; expected one such as tzdata>=2025.1") from error
        if requirement.url is not None:
            raise PackagingError(f"{where}: {requirement.name} has an address; name a version from an index instead")
        yield requirement


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    """Lines that say something, with their numbers; those that end with `\\` are joined."""
    joined, first = "", 0
    for number, line in enumerate(_text(file).splitlines(), 1):
        first = first if joined else number
        joined += _COMMENT.sub("", line).strip()
        if joined.endswith("\\"):
            joined = joined[:-1].rstrip() + " "
            continue
        if joined:
            yield first, joined
        joined = ""
    if joined.strip():
        yield first, joined.strip()


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no UTF-8"
        raise PackagingError(f"{file} cannot be read: {reason}") from error


def environment_of(python: str) -> dict[str, str]:
    """What markers see on Function Compute with that Python. Source: PEP 508, "Environment Markers"."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }


def resolve(requirements: Iterable[Requirement], python: str) -> list[Locked]:
    """The newest wheels that satisfy requirements on that Python, with all that they need there, by name.

    pip judges the markers of the wheels' requirements by the Python that it runs on. So what the function's Python
    needs beside is asked for in a further round, and what it does not need is left out.

    Raises:
        PackagingError: There is no such set of wheels, or no index to ask.
    """
    roots = list(requirements)
    asked = [_unmarked(root) for root in roots if _holds(root, python, "")]
    for _ in range(_ROUNDS):
        found = {wheel.name: wheel for wheel in wheels.resolve(sorted(set(asked)), python)} if asked else {}
        needed = _needed(roots, {name: wheel.requires for name, wheel in found.items()}, python)
        missing = [one for name, ones in needed.items() for one in ones if name not in found]
        if not missing:
            return [Locked(name, found[name].version, (found[name].sha256,)) for name in sorted(needed)]
        asked += map(_unmarked, missing)
    raise PackagingError(f"no set of wheels was found in {_ROUNDS} rounds; name versions in the requirements")


def _unmarked(requirement: Requirement) -> str:
    copy = Requirement(str(requirement))
    copy.marker = None
    return str(copy)


def _holds(requirement: Requirement, python: str, extra: str) -> bool:
    marker = requirement.marker
    return marker is None or marker.evaluate({**environment_of(python), "extra": extra})


def _needed(
    roots: Iterable[Requirement], requires: Mapping[str, Iterable[str]], python: str
) -> dict[str, list[Requirement]]:
    """Each package that is needed on that Python, by name, with the requirements that ask for it."""
    needed: dict[str, list[Requirement]] = {}
    seen: set[tuple[str, str]] = set()
    waiting = [root for root in roots if _holds(root, python, "")]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        needed.setdefault(name, []).append(requirement)
        for extra in {"", *requirement.extras} - {extra for one, extra in seen if one == name}:
            seen.add((name, extra))
            waiting += [one for text in requires.get(name, ()) if _holds(one := Requirement(text), python, extra)]
    return needed


def write_lock(file: Path, locked: Iterable[Locked], python: str) -> None:
    """Write a lock file, in the format of requirements, in one step."""
    lines = [
        f"# The wheels of the function on Python {python}, x86-64 Linux. Made by:",
        f"# dataworks-ext package --lock --python {python}",
    ]
    for name, version, hashes in sorted(locked):
        lines.append(
            " \\\n".join([f"{name}=={version}", *(f"    --hash=sha256:{digest}" for digest in sorted(hashes))])
        )
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    beside.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
    beside.replace(file)


def read_lock(file: Path) -> list[Locked]:
    """The lines of a lock file.

    Raises:
        PackagingError: A line is no `name==version` with hashes.
    """
    locked = []
    for number, line in _lines(file):
        entry = _ENTRY.fullmatch(line)
        if entry is None:
            expected = "expected name==version --hash=sha256:…; make it anew with --lock"
            raise PackagingError(f"{file}, line {number} cannot be read; {expected}")
        hashes = re.findall(r"sha256:(\w+)", entry[3])
        locked.append(Locked(canonicalize_name(entry[1]), entry[2], tuple(hashes)))
    return locked


def check_lock(file: Path, locked: Iterable[Locked], requirements: Iterable[Requirement], python: str) -> None:
    """Hold a lock against the requirements themselves.

    Raises:
        PackagingError: A requirement is missing, or its version is outside the range.
    """
    _satisfy(file, {one.name: one.version for one in locked}, _needed(requirements, {}, python))


def check_wheels(
    file: Path,
    locked: Iterable[Locked],
    requirements: Iterable[Requirement],
    requires: Mapping[str, Iterable[str]],
    python: str,
) -> None:
    """Hold a lock against the requirements and what the wheels require in turn, by name: `pydantic-core`.

    Raises:
        PackagingError: Something is missing, has a version outside its range, or is needed by nothing.
    """
    versions, needed = {one.name: one.version for one in locked}, _needed(requirements, requires, python)
    _satisfy(file, versions, needed)
    spare = sorted(versions.keys() - needed.keys())
    if spare:
        raise PackagingError(f"{file} is out of date: nothing needs {', '.join(spare)} any more; run with --lock")


def _satisfy(file: Path, versions: Mapping[str, str], needed: Mapping[str, Iterable[Requirement]]) -> None:
    for name, requirements in sorted(needed.items()):
        for requirement in requirements:
            if name not in versions:
                raise PackagingError(f"{file} is out of date: it has no {_unmarked(requirement)}; run with --lock")
            if not requirement.specifier.contains(versions[name], prereleases=True):
                raise PackagingError(
                    f"{file} is out of date: it has {name} {versions[name]}, but {_unmarked(requirement)} is required; "
                    "run with --lock"
                )
