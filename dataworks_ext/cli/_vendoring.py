"""The framework as a wheel in a project, for as long as no package index has it."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Final, NamedTuple
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import dataworks_ext

_NAME: Final = "dataworks-ext"
_WHEEL: Final = "Wheel-Version: 1.0\nGenerator: dataworks-ext\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_METADATA: Final = ("METADATA", "entry_points.txt", "licenses/LICENSE")
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)


class Vendored(NamedTuple):
    """A wheel that a project has of its own."""

    path: str
    """Where it is in the project."""
    content: bytes

    @property
    def requirement(self) -> str:
        """The line of `requirements.txt`."""
        return f"./{self.path}[cli,test]"

    @property
    def hashed(self) -> str:
        """The same with its hash, for a file of its own: pip wants the hashes of all lines of a file, or of none."""
        return f"./{self.path} --hash=sha256:{hashlib.sha256(self.content).hexdigest()}"


def vendored() -> Vendored | None:
    """This framework as a wheel; None if it was installed from an index, where everybody gets it.

    The same code makes the same bytes. Sources: "Recording the Direct URL Origin of installed distributions" and
    "Binary distribution format" of the packaging specifications.
    """
    try:
        installed = distribution(_NAME)
    except PackageNotFoundError:
        return None
    if installed.read_text("direct_url.json") is None:
        return None
    stem = f"{_NAME.replace('-', '_')}-{installed.version}"
    info = {name: (installed.read_text(name) or "").encode() for name in _METADATA}
    files = {**_code(), **{f"{stem}.dist-info/{name}": content for name, content in info.items()}}
    files[f"{stem}.dist-info/WHEEL"] = _WHEEL.encode()
    record = f"{stem}.dist-info/RECORD"
    files[record] = "".join([*map(_recorded, files.items()), f"{record},,\n"]).encode()
    return Vendored(f"vendor/{stem}-py3-none-any.whl", _zipped(files))


def _code() -> dict[str, bytes]:
    package = Path(dataworks_ext.__path__[0])
    paths = sorted(path for path in package.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {path.relative_to(package.parent).as_posix(): path.read_bytes() for path in paths}


def _recorded(file: tuple[str, bytes]) -> str:
    name, content = file
    digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
    return f"{name},sha256={digest},{len(content)}\n"


def _zipped(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with ZipFile(buffer, "w", ZIP_DEFLATED) as archive:
        for name, content in files.items():
            entry = ZipInfo(name, _ZIP_TIME)
            entry.create_system = 3  # Unix, whose modes follow
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, content, ZIP_DEFLATED)
    return buffer.getvalue()
