"""The code directory of a function: `index.py`, the policies and the framework."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase
from importlib.metadata import requires
from pathlib import Path
from typing import Final

import dataworks_ext

from ..errors import ExtensionError

INDEX: Final = 'from dataworks_ext.function import handler, initializer\n\n__all__ = ["handler", "initializer"]\n'
"""`index.py`, whose `index.handler` the platform looks up."""
LEFT_OUT: Final = (
    ".*",  # .env, .git, .venv, .vscode, .DS_Store, .netrc, .index.py.swp, caches of tools
    "*.env",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.ppk",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "tests",
    "*~",
    "#*#",
    "*.sw[op]",
    "thumbs.db",
    "desktop.ini",
)
"""Names of secrets and of what editors, tools and tests keep beside code, in lower case. None is deployed."""
NOT_DEPLOYED: Final = ("__pycache__", "*.py[co]", "*.pyi", "py.typed", "requirements*.txt", "function-*.lock")
"""Names of what is left out without a word: it is made anew, or means something to type checkers and builders only."""
_NOT_OF_THE_FRAMEWORK: Final = ("cli", "deploy", "testing")


class PackagingError(ExtensionError):
    """A package that cannot be built. The text names what is wrong, and what to do; it names no host."""


def lay_out(target: Path, packages: Iterable[Path]) -> list[str]:
    """Put a code directory together from packages of policies and the framework, without its dependencies.

    Args:
        target: The directory to make.
        packages: Folders; their names are what the function imports.

    Returns:
        What was left out of the packages for its name (`LEFT_OUT`), such as `policies/.env`.

    Raises:
        PackagingError: A symbolic link leads out of its package, or something is neither file nor folder.
    """
    target.mkdir(parents=True)
    (target / "index.py").write_text(INDEX, encoding="utf-8")
    left_out = []
    for package in packages:
        left_out += [f"{package.name}/{name}" for name in _copy(package, target / package.name)]
    framework = Path(dataworks_ext.__file__).parent
    _copy(framework, target / framework.name, _NOT_OF_THE_FRAMEWORK)
    return left_out


def _copy(source: Path, target: Path, besides: Collection[str] = ()) -> list[str]:
    """Copy a folder without what is not deployed, nor what is named besides; return what was left out for its name."""
    left_out: list[str] = []
    root = source.resolve()

    def walk(folder: Path, above: Collection[Path], besides: Collection[str]) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            if path.name in besides or any(fnmatchcase(path.name.lower(), pattern) for pattern in NOT_DEPLOYED):
                continue
            if _is_left_out(path.name) or (path / "pyvenv.cfg").is_file():
                left_out.append(path.relative_to(source).as_posix())
                continue
            where = f"{source.name}/{path.relative_to(source).as_posix()}"
            real = path.resolve()
            if path.is_symlink() and not (real.is_relative_to(root) and real.exists()):
                raise PackagingError(f"{where} is a symbolic link that leads out of {source.name}; put a copy there")
            if path.is_symlink() and any(map(_is_left_out, real.relative_to(root).parts)):
                inside = f"{source.name}/{real.relative_to(root).as_posix()}"
                raise PackagingError(f"{where} is a symbolic link to {inside}, which is left out; remove it")
            if path.is_dir():
                if real in above:
                    raise PackagingError(f"{where} is a symbolic link to a folder that holds it; remove it")
                yield from walk(path, {*above, real}, ())
            elif path.is_file():
                yield path
            else:
                raise PackagingError(f"{where} is neither a file nor a folder; remove it")

    target.mkdir()
    for path in walk(source, {root}, besides):
        copy = target / path.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
    return left_out


def _is_left_out(name: str) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in LEFT_OUT)


def own_requirements() -> list[str]:
    """What the framework itself needs in a deployed function."""
    return [requirement for requirement in requires("dataworks-ext") or () if "extra ==" not in requirement]


def protect(directory: Path) -> None:
    """Take away the permission to write, as Function Compute does."""
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def unprotect(directory: Path) -> None:
    """Give the permission to write back, so that the directory can be removed."""
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
