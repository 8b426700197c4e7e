"""Small wheels in a folder that takes the place of every package index."""

from __future__ import annotations

import hashlib
import io
import re
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import pytest

from dataworks_ext.deploy.lock import read_lock
from dataworks_ext.deploy.wheels import Wheel

ROOT: Final = Path(__file__).parent.parent.parent
NO_TAGS: Final = "py3-none-any"


class Wheelhouse:
    """A folder of wheels.

    Args:
        folder: Where they are.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self,
        name: str,
        version: str = "1.0",
        *,
        requires: Sequence[str] = (),
        files: Mapping[str, str] | None = None,
        tags: str = NO_TAGS,
        scripts: Sequence[str] = (),
    ) -> str:
        """Make a wheel, with one module unless other files are given. Returns its sha256."""
        module = name.replace("-", "_")
        info = f"{module}-{version}.dist-info"
        lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {one}" for one in requires)]
        entries = {
            **(files or {f"{module}.py": f'version = "{version}"\n'}),
            f"{info}/METADATA": "\n".join(["Metadata-Version: 2.1", *lines, "", "A description.", ""]),
            f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: {tags}\n",
        }
        if scripts:
            entries[f"{info}/entry_points.txt"] = "[console_scripts]\n" + "\n".join(scripts) + "\n"
        entries[f"{info}/RECORD"] = "".join(f"{name},,\n" for name in (*entries, f"{info}/RECORD"))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for path, text in entries.items():
                archive.writestr(zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)), text)
        (self.folder / f"{module}-{version}-{tags}.whl").write_bytes(packed.getvalue())
        return hashlib.sha256(packed.getvalue()).hexdigest()

    def add_source(self, name: str, version: str = "1.0") -> None:
        """Make a source distribution."""
        with tarfile.open(self.folder / f"{name}-{version}.tar.gz", "w:gz") as archive:
            text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
            entry = tarfile.TarInfo(f"{name}-{version}/PKG-INFO")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))

    def resolve(self, requirements: Sequence[str], python: str) -> list[Wheel]:
        """As pip does for wheels that require nothing."""
        names = {re.split(r"[^\w-]", requirement)[0] for requirement in requirements}
        wheels = []
        for path in sorted(self.folder.glob("*.whl")):
            name, version, *_ = path.name.split("-")
            if name in names:
                wheels.append(Wheel(name, version, hashlib.sha256(path.read_bytes()).hexdigest(), ()))
        return wheels

    def install(self, lock: Path, python: str, target: Path) -> None:
        """As pip does, without looking at hashes."""
        for name, version, _ in read_lock(lock):
            with zipfile.ZipFile(self.folder / f"{name}-{version}-{NO_TAGS}.whl") as archive:
                archive.extractall(target)


def only_index(monkeypatch: pytest.MonkeyPatch, folder: Path | None) -> None:
    """Have pip look into a folder and nowhere else, or, without a folder, at an index that does not answer."""
    for variable in ("PIP_FIND_LINKS", "PIP_EXTRA_INDEX_URL", "PIP_INDEX_URL", "PIP_NO_INDEX", "PIP_CONSTRAINT"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    if folder is None:
        monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
        monkeypatch.setenv("PIP_RETRIES", "0")
    else:
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
