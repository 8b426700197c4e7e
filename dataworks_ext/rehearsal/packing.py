"""The environment of Spark's workers as an archive: this Python, what the command and the extension need, and its code.

It is whole: the workers need no Python of their own. `bin/python` in it runs from wherever it is unpacked.
"""

from __future__ import annotations

import io
import re
import sys
import sysconfig
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from importlib.util import cache_from_source
from pathlib import Path, PurePosixPath
from typing import Final
from urllib.parse import quote

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from ..deploy.layout import FRAMEWORK
from ..errors import ExtensionError
from .baseline import PACKED_VERSIONS
from .shipping import APP_FOLDER, code_files
from .task import Identity

_ROOT: Final = "dataworks-ext[cli,rehearsal]"
_NOT_PACKED: Final = ("pyspark", "py4j", "uv")
"""Spark is there already, and nothing is deployed from there."""
_LEFT_OUT: Final = ("site-packages", "dist-packages", "test", "tests", "idlelib", "ensurepip", "tkinter")
"""Folders of the standard library that nobody imports here."""
_LAUNCHER: Final = """\
#!/bin/sh
# Runs the Python beside it, with the libraries that came with it.
here=$(cd "$(dirname "$0")/.." && pwd)
LD_LIBRARY_PATH="$here/lib${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
PYTHONPATH="$here/{packages}${{PYTHONPATH:+:$PYTHONPATH}}"
export LD_LIBRARY_PATH PYTHONPATH
exec "$here/bin/{python}" "$@"
"""
_COMPRESSION: Final = 4


class PackingError(ExtensionError):
    """An environment that cannot be packed. The text says what to do."""


def pack_environment(
    target: Path,
    identity: Identity,
    folder: Path,
    others: Mapping[str, tuple[Identity, Path]],
    progress: Callable[[str], None] = lambda step: None,
) -> int:
    """Write the archive. Returns its bytes.

    Args:
        target: A `.tar.gz` file.
        identity: The extension.
        folder: Where its modules are.
        others: Other versions of it by their names, to compare with.
        progress: Told what is being packed.

    Raises:
        PackingError: This is not Linux, or something that is needed is not installed.
        PackagingError: A file of the extension cannot be shipped.
    """
    if sys.platform != "linux":
        raise PackingError("Spark's workers run Linux; pack the environment there, such as in a container")
    if not target.name.endswith((".tar.gz", ".tgz")):
        raise PackingError(f"--pack-environment writes a .tar.gz file, got {target.name}")
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    packages = f"lib/{version}/site-packages"
    distributions = list(required_distributions([_ROOT, *_requirements(folder, identity.modules)]))
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    try:
        with tarfile.open(part, "w:gz", compresslevel=_COMPRESSION) as written:
            progress("Python")
            for name, path in _interpreter(version):
                written.add(path, name, recursive=False)
            _add(written, "bin/python", _LAUNCHER.format(packages=packages, python=version), 0o755)
            for found in distributions:
                progress(found.metadata["Name"])
                for name, path in _files(found):
                    written.add(path, f"{packages}/{name}", recursive=False)
            progress("the extension")
            for name, path in code_files(folder, identity.modules).items():
                written.add(path, f"{APP_FOLDER}/{name}")
            for ref, (other, where) in others.items():
                for name, path in code_files(where, other.modules).items():
                    written.add(path, f"{PACKED_VERSIONS}/{quote(ref, safe='')}/{name}")
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def _interpreter(version: str) -> Iterator[tuple[str, Path]]:
    """The files of this Python, without its libraries' environments."""
    yield f"bin/{version}", Path(getattr(sys, "_base_executable", sys.executable)).resolve()
    library = sysconfig.get_config_var("INSTSONAME")
    shared = Path(sysconfig.get_config_var("LIBDIR") or "", str(library))
    if sysconfig.get_config_var("Py_ENABLE_SHARED") and shared.is_file():
        yield f"lib/{library}", shared.resolve()
    root = Path(sysconfig.get_path("stdlib"))
    for path in sorted(root.rglob("*")):
        inside = path.relative_to(root)
        if path.is_file() and not any(part in _LEFT_OUT or part.startswith("config-") for part in inside.parts):
            yield f"lib/{version}/{inside.as_posix()}", path.resolve()


def _requirements(folder: Path, modules: Iterable[str]) -> Iterator[str]:
    """What the extension's packages require."""
    for module in modules:
        path = folder / module / "requirements.txt"
        if path.is_file():
            lines = (re.sub(r"(^|\s)#.*|\s--hash=.*|\\$", "", line) for line in path.read_text("utf-8").splitlines())
            yield from (line.strip() for line in lines if line.strip() and not line.startswith("-"))


def required_distributions(requirements: Iterable[str]) -> Iterator[Distribution]:
    """What is installed of the requirements, and of what those require. Raises `PackingError`."""
    waiting = [(requirement, "the extension") for requirement in requirements]
    seen: set[tuple[str, frozenset[str]]] = set()
    packed: set[str] = set()
    while waiting:
        text, needed_by = waiting.pop()
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            raise PackingError(f"{needed_by} requires {text}, which names no package; write name==version") from None
        name = canonicalize_name(requirement.name)
        key = name, frozenset(requirement.extras)
        if key in seen or name in _NOT_PACKED:
            continue
        seen.add(key)
        try:
            found = distribution(name)
        except PackageNotFoundError:
            raise PackingError(f"{needed_by} requires {name}, which is not installed here; install it") from None
        if name not in packed:
            packed.add(name)
            yield found
        for line in found.requires or ():
            required = Requirement(line)
            if required.marker is None or any(
                required.marker.evaluate({"extra": extra}) for extra in ("", *requirement.extras)
            ):
                required.marker = None
                waiting.append((str(required), name))


def _files(found: Distribution) -> Iterator[tuple[str, Path]]:
    """The installed files of a distribution; the framework's from where it is, which may be a checkout."""
    if canonicalize_name(found.metadata["Name"]) == "dataworks-ext":
        for path in sorted(FRAMEWORK.rglob("*")):
            if path.is_file():
                yield f"{FRAMEWORK.name}/{path.relative_to(FRAMEWORK).as_posix()}", path
    for file in found.files or ():
        inside = PurePosixPath(file)
        path = Path(str(file.locate()))
        is_own = inside.parts[0] not in ("..", FRAMEWORK.name) and inside.suffix != ".pth"
        if is_own and path.is_file():
            yield from _with_byte_code(inside, path)


def _with_byte_code(inside: PurePosixPath, path: Path) -> Iterator[tuple[str, Path]]:
    """A file, and its byte code if this Python has made it: Spark's workers write none, and would compile each time."""
    if "__pycache__" not in inside.parts:
        yield inside.as_posix(), path
        compiled = Path(cache_from_source(str(path)))
        if inside.suffix == ".py" and compiled.is_file():
            yield (inside.parent / "__pycache__" / compiled.name).as_posix(), compiled


def _add(written: tarfile.TarFile, name: str, text: str, mode: int) -> None:
    content = text.encode()
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = len(content), mode
    written.addfile(entry, io.BytesIO(content))
