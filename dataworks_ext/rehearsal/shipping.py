"""The code of an extension as a ZIP file, for machines that have nothing of it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile

from ..deploy.layout import deployed_files

APP_FOLDER: Final = "app"
"""The folder of a packed environment that has the extension's code."""


def write_code(target: Path, folder: Path, modules: Iterable[str]) -> None:
    """Write what a version of an extension is made of.

    Args:
        target: The ZIP file.
        folder: Where the modules are.
        modules: Top-level packages and modules. What is no part of a function, secrets above all, stays behind.

    Raises:
        PackagingError: A file of them cannot be shipped.
    """
    with ZipFile(target, "w", ZIP_DEFLATED) as written:
        for name, path in code_files(folder, modules).items():
            written.write(path, name)


def code_files(folder: Path, modules: Iterable[str]) -> dict[str, Path]:
    """The files of modules by their names below the folder. Raises `PackagingError`."""
    found: dict[str, Path] = {}
    for module in sorted(modules):
        package = folder / module
        if package.is_dir():
            found.update({f"{module}/{name}": path for name, path in deployed_files(package)[0].items()})
        else:
            found[f"{module}.py"] = folder / f"{module}.py"
    return found
