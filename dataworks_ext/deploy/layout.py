"""The code directory of a function: `index.py`, the policies and the framework."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Collection, Iterable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Final

import dataworks_ext

from ..errors import ExtensionError

INDEX: Final = 'from dataworks_ext.function import handler, initializer\n\n__all__ = ["handler", "initializer"]\n'
"""`index.py`, whose `index.handler` the platform looks up."""
FRAMEWORK: Final = Path(dataworks_ext.__file__).parent
"""The folder of the framework."""
JUNK: Final = (
    ".*",  # .git, .venv, .vscode, .DS_Store, .index.py.swp, caches of tools; .env and .netrc are secrets, too
    "tests",
    "*~",
    "#*#",
    "*.sw[op]",
    "*.ipynb",  # with the results of its cells
    "thumbs.db",
    "desktop.ini",
)
"""Names of what editors, tools and tests keep beside code, in lower case. None is deployed."""
SECRETS: Final = (
    *("*.env", "env.*", "*.env.*", "local.mk", "*.local.mk", "secret.*", "secrets.*"),
    *("*accesskey*.csv", "*access_key*", "*accesskeys*", "credential*", "*credentials.*", "client_secret*", "token.*"),
    *("*service_account*", "*service-account*", "kubeconfig", "*.kubeconfig", "htpasswd", "*.ovpn", "*.rdp"),
    *("*.pem", "*.key", "*.p8", "*.p12", "*.pkcs12", "*.pfx", "*.jks", "*.keystore", "*.ppk", "*.kdbx", "*.kdb"),
    *("*.gpg", "*.pgp", "id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "ssh_host_*"),
    *("*.tfstate", "*.tfstate.*", "*.tfvars", "*.tfvars.json"),
)
"""Names of secrets, in lower case. None is deployed, unless it is a Python module: what it holds is code."""
_SECRET_TEXT: Final = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY|\bLTAI[0-9A-Za-z]{12,}")
"""A private key, or the id of an access key of Alibaba Cloud."""
_SEARCHED: Final = 1_000_000
"""Bytes of a file that are looked at for a secret."""
NOT_DEPLOYED: Final = ("__pycache__", "*.py[co]", "*.pyi", "py.typed", "requirements*.txt", "function-*.lock")
"""Names of what is left out without a word: it is made anew, or means something to type checkers and builders only."""
_NOT_OF_THE_FRAMEWORK: Final = (
    "__main__.py",
    "_decorators.py",
    "cli",
    "deploy",
    "local",
    "rehearsal",
    "reporting",
    "testing",
)


class PackagingError(ExtensionError):
    """A package that cannot be built. The text names what is wrong, and what to do; it names no host."""


def lay_out(target: Path, packages: Iterable[Path]) -> list[str]:
    """Put a code directory together without its dependencies: `put_policies` and `put_framework`."""
    left_out = put_policies(target, packages)
    put_framework(target)
    return left_out


def put_policies(target: Path, packages: Iterable[Path]) -> list[str]:
    """Put `index.py` and packages of policies into a code directory.

    Args:
        target: The directory, which is made if it is not there.
        packages: Folders; their names are what the function imports.

    Returns:
        What was left out of the packages (`JUNK`, `SECRETS`), such as `policies/.env`.

    Raises:
        PackagingError: A symbolic link leads out of its package or in a circle, a name is not UTF-8, or something is
            neither file nor folder.
    """
    target.mkdir(parents=True, exist_ok=True)
    (target / "index.py").write_text(INDEX, encoding="utf-8", newline="\n")
    left_out = []
    for package in packages:
        files, others = deployed_files(package)
        _copy(files, target / package.name)
        left_out += [f"{package.name}/{name}" for name in others]
    return left_out


def put_framework(target: Path) -> None:
    """Put what a deployed function runs of the framework into a code directory, and which version it is.

    A pack from another distribution may ask importlib.metadata for the version.
    """
    _copy(framework_files(), target / FRAMEWORK.name)
    info = target / f"{FRAMEWORK.name}-{dataworks_ext.__version__}.dist-info"
    info.mkdir()
    metadata = f"Metadata-Version: 2.1\nName: dataworks-ext\nVersion: {dataworks_ext.__version__}\n"
    (info / "METADATA").write_text(metadata, encoding="utf-8", newline="\n")


def framework_files() -> dict[str, Path]:
    """The files of the framework that are deployed, by their names below its folder."""
    return deployed_files(FRAMEWORK, _NOT_OF_THE_FRAMEWORK)[0]


def deployed_files(source: Path, besides: Collection[str] = ()) -> tuple[dict[str, Path], list[str]]:
    """The files of a folder that are deployed, by their names below it, and the names of what is left out.

    Args:
        source: The folder.
        besides: Names at its top that are not looked at.

    Raises:
        PackagingError: As `put_policies`.
    """
    left_out: list[str] = []
    root = source.resolve()

    def walk(folder: Path, above: Collection[Path], besides: Collection[str]) -> Iterator[Path]:
        for path in sorted(folder.iterdir()):
            if path.name in besides or _matches(path.name, NOT_DEPLOYED):
                continue
            name = path.relative_to(source).as_posix()
            _check_name(f"{source.name}/{name}")
            if is_left_out(path) or (path / "pyvenv.cfg").is_file():
                left_out.append(name)
                continue
            real = _followed(path, source, root)
            if path.is_dir():
                if real in above:
                    raise PackagingError(
                        f"{source.name}/{name} is a symbolic link to a folder that holds it; remove it"
                    )
                yield from walk(path, {*above, real}, ())
            elif not path.is_file():
                raise PackagingError(f"{source.name}/{name} is neither a file nor a folder; remove it")
            elif path.suffix != ".py" and _holds_secret(path):
                left_out.append(name)
            else:
                yield path

    files = {path.relative_to(source).as_posix(): path for path in walk(source, {root}, besides)}
    return files, left_out


def _copy(files: dict[str, Path], target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        copy = target / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)


def _check_name(name: str) -> None:
    try:
        name.encode()
    except UnicodeEncodeError as error:
        shown = os.fsencode(name).decode("utf-8", "backslashreplace")
        raise PackagingError(f"{shown} has a name that is not UTF-8; rename it") from error


def _followed(path: Path, source: Path, root: Path) -> Path:
    """Where a path leads. What is deployed is inside the folder, and not left out under another name."""
    where = f"{source.name}/{path.relative_to(source).as_posix()}"
    try:
        real = path.resolve()
        is_there = path.exists()
    except (RuntimeError, OSError) as error:  # which of them a circle is depends on the Python
        raise PackagingError(f"{where} is a symbolic link that leads in a circle; remove it") from error
    if not path.is_symlink():
        return real
    if _is_circle(path):
        raise PackagingError(f"{where} is a symbolic link that leads in a circle; remove it")
    if not (real.is_relative_to(root) and is_there):
        raise PackagingError(f"{where} is a symbolic link that leads out of {source.name}; put a copy there")
    if any(map(is_left_out, [real, *real.parents][: len(real.relative_to(root).parts)])):
        inside = f"{source.name}/{real.relative_to(root).as_posix()}"
        raise PackagingError(f"{where} is a symbolic link to {inside}, which is left out; remove it")
    return real


def _is_circle(link: Path) -> bool:
    seen = set()
    while link.is_symlink():
        if link in seen:
            return True
        seen.add(link)
        link = Path(os.path.normpath(link.parent / os.readlink(link)))
    return False


def is_left_out(path: Path) -> bool:
    """Whether a file or folder stays behind for its name, with a word."""
    return _matches(path.name, JUNK) or (path.suffix != ".py" and _matches(path.name, SECRETS) and not path.is_dir())


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name.lower(), pattern) for pattern in patterns)


def _holds_secret(path: Path) -> bool:
    with path.open("rb") as file:
        return _SECRET_TEXT.search(file.read(_SEARCHED)) is not None


def protect(directory: Path) -> None:
    """Take away the permission to write, as Function Compute does."""
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)


def unprotect(directory: Path) -> None:
    """Give the permission to write back, so that the directory can be removed."""
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
