"""The code directory of a function: `index.py`, the policies and the framework."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterable
from importlib.metadata import requires
from pathlib import Path
from typing import Final

import dataworks_ext

INDEX: Final = 'from dataworks_ext.function import handler, initializer\n\n__all__ = ["handler", "initializer"]\n'
"""`index.py`, whose `index.handler` the platform looks up."""
_NOT_DEPLOYED: Final = ("__pycache__", "cli", "deploy", "testing")


def lay_out(target: Path, packages: Iterable[Path]) -> None:
    """Put a code directory together from packages of policies and the framework, without its dependencies."""
    target.mkdir(parents=True)
    (target / "index.py").write_text(INDEX, encoding="utf-8")
    for package in packages:
        shutil.copytree(package, target / package.name, ignore=shutil.ignore_patterns("__pycache__"))
    framework = Path(dataworks_ext.__file__).parent
    shutil.copytree(framework, target / framework.name, ignore=shutil.ignore_patterns(*_NOT_DEPLOYED))


def add_dependencies(target: Path, requirements: Iterable[str], python: str) -> None:
    """Install requirements as wheels for that Python on Function Compute (x86-64 Linux) into a code directory."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-compile",
        "--target",
        str(target),
    ]
    platform = ["--only-binary=:all:", "--platform=manylinux2014_x86_64", f"--python-version={python}"]
    subprocess.run([*command, *platform, *requirements], check=True)


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


def main() -> None:
    """`python -m dataworks_ext.deploy.code PACKAGE TARGET [PYTHON]`: the code directory with its dependencies."""
    package, target = Path(sys.argv[1]), Path(sys.argv[2])
    python = sys.argv[3] if len(sys.argv) > 3 else "3.10"
    if target.exists():
        shutil.rmtree(target)
    lay_out(target, [package])
    listed = package / "requirements.txt"
    theirs = ["--requirement", str(listed)] if listed.exists() else []
    add_dependencies(target, [*own_requirements(), *theirs], python)


if __name__ == "__main__":
    main()
