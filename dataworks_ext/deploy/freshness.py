"""Whether a package is built from its sources as they are now."""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from .dependencies import dependencies_digest, requirements_of
from .layout import FRAMEWORK, deployed_files, framework_files
from .wheels import lock_path

_NOTES: Final = ".function.json"


class BuildSources(NamedTuple):
    """What a package was built from."""

    packages: tuple[Path, ...]
    python: str
    dependencies: str
    """A digest of the lock file and the requirements."""


def remember(output: Path, packages: Sequence[Path], python: str) -> None:
    """Note beside a package what it is built from."""
    notes = {
        "packages": [os.path.relpath(package, output) for package in packages],
        "python": python,
        "dependencies": _dependencies(packages, python),
    }
    (output / _NOTES).write_text(json.dumps(notes), encoding="utf-8")


def sources_of(package: Path) -> BuildSources | None:
    """What a package, a folder or a ZIP file, was built from; None if nobody noted it, or it is not here any more."""
    try:
        notes = json.loads((package.parent / _NOTES).read_text(encoding="utf-8"))
        folders = tuple(Path(os.path.normpath(package.parent / folder)) for folder in notes["packages"])
        sources = BuildSources(folders, str(notes["python"]), str(notes["dependencies"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return sources if folders and all(map(Path.is_dir, folders)) else None


def differences(package: Path, folders: Sequence[Path] = ()) -> list[str]:
    """What a package has otherwise than its sources have it now, by name, such as `policies/files.py`.

    Args:
        package: A folder or a ZIP file.
        folders: The folders of policies that it should hold, beside those that it was built from. If nobody noted
            those, they are looked for in the current folder, by name.

    Raises:
        PackagingError: A source could not be packaged, see `layout.put_policies`.
    """
    sources = sources_of(package)
    found: list[str] = []
    with _Packaged(package) as packaged:
        known = packaged.folders_here() if sources is None else sources.packages
        for folder in {folder.name: folder for folder in (*folders, *known)}.values():
            found += _differing(packaged, folder.name, deployed_files(folder)[0])
        if sources is not None or folders or any(packaged.names(FRAMEWORK.name)):
            found += _differing(packaged, FRAMEWORK.name, framework_files())
    if sources is not None and sources.dependencies != _dependencies(sources.packages, sources.python):
        found.append(lock_path(sources.packages[0], sources.python).name)
    return sorted(set(found))


def out_of_date(stale: Sequence[str]) -> str:
    """What `differences` found, as the end of a sentence about the package."""
    more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
    return f"out of date: {stale[0]}{more} changed"


class _Packaged:
    """The files of a package, by name. A context manager."""

    def __init__(self, package: Path) -> None:
        self._package = package

    def __enter__(self) -> _Packaged:
        self._zip = None if self._package.is_dir() else zipfile.ZipFile(self._package)
        return self

    def __exit__(self, *details: object) -> None:
        if self._zip is not None:
            self._zip.close()

    def folders_here(self) -> list[Path]:
        """The folders of the current one that have the name of a package in it: probably it is built from them."""
        folders = [path for path in sorted(Path().iterdir()) if path.is_dir() and path.name != FRAMEWORK.name]
        return [folder for folder in folders if f"{folder.name}/__init__.py" in set(self.names(folder.name))]

    def names(self, folder: str) -> Iterator[str]:
        """The files below a folder but byte code, with the folder's name."""
        if self._zip is not None:
            names = [name for name in self._zip.namelist() if name.startswith(f"{folder}/")]
        else:
            paths = (self._package / folder).rglob("*")
            names = [path.relative_to(self._package).as_posix() for path in paths if path.is_file()]
        return (name for name in names if not name.endswith(".pyc"))

    def read(self, name: str) -> bytes:
        return (self._package / name).read_bytes() if self._zip is None else self._zip.read(name)


def _differing(packaged: _Packaged, name: str, files: dict[str, Path]) -> Iterator[str]:
    """The files that the package has not, has otherwise, or has still."""
    sources = {f"{name}/{inner}": path for inner, path in files.items()}
    inside = set(packaged.names(name))
    yield from inside ^ sources.keys()
    yield from (one for one in inside & sources.keys() if packaged.read(one) != sources[one].read_bytes())


def _dependencies(packages: Sequence[Path], python: str) -> str:
    return dependencies_digest(lock_path(packages[0], python), requirements_of(packages))
