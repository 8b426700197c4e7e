"""The code of a function: a write-protected folder, from a zip file or from another folder."""

from __future__ import annotations

import io
import lzma
import shutil
import stat
import struct
import threading
import unicodedata
import zipfile
import zlib
from functools import cached_property
from pathlib import Path
from typing import Final

from ..deploy.checksum import crc64
from ..deploy.zipping import write_zip
from .api_error import ApiError

LARGEST: Final = 500 * 1024 * 1024
"""Bytes of unpacked code, at most (Function Compute, "Limits")."""
_UNREADABLE: Final = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(OSError, EOFError, NotImplementedError, RuntimeError, ValueError),
)


class CodeFolder:
    """Write-protected code.

    Args:
        folder: Its own, which does not exist yet.
        package: A zip file.
        source: A folder to copy, instead of the zip file.

    Raises:
        ApiError: 400; the package cannot be unpacked, or holds what leads out of it.
        OSError: The source cannot be read.
    """

    def __init__(self, folder: Path, *, package: bytes = b"", source: Path | None = None) -> None:
        self.directory = folder
        """Where `sys.path` begins."""
        self._zip = folder.with_suffix(".zip")
        self._lock = threading.Lock()
        try:
            if source is None:
                unpack(package, folder)
                self._zip.write_bytes(package)
            else:
                shutil.copytree(source, folder, symlinks=True)
        except BaseException:
            self.remove()
            raise
        _protect(folder)

    @property
    def package(self) -> Path:
        """The zip file. That of a folder is made when somebody asks for it."""
        with self._lock:
            if not self._zip.exists():
                write_zip(self._zip, self.directory)
        return self._zip

    @cached_property
    def size(self) -> int:
        """Bytes of the zip file."""
        return self.package.stat().st_size

    @cached_property
    def checksum(self) -> str:
        """CRC-64/XZ of the zip file, in decimal."""
        return str(crc64(self.package.read_bytes()))

    def remove(self) -> None:
        """Remove the folder, and the zip file."""
        self._zip.unlink(missing_ok=True)
        if self.directory.exists():
            remove(self.directory)


def unpack(package: bytes, directory: Path) -> None:
    """Unpack a zip file into a new folder.

    Raises:
        ApiError: 400; it is no zip file, is too large, or holds a name or a link that could lead out of the folder.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > LARGEST:
                raise ApiError.invalid(f"code.zipFile holds more than {LARGEST} bytes; leave out what is not needed")
            _check(members)
            directory.mkdir()
            for member in members:
                path = Path(archive.extract(member, directory))
                if member.external_attr >> 16 & 0o111:
                    path.chmod(0o755)
    except _UNREADABLE as error:
        raise ApiError.invalid(f"code.zipFile cannot be unpacked: {error}; expected a zip file in base 64") from None


def _check(members: list[zipfile.ZipInfo]) -> None:
    """Let plain files and folders pass whose names stay inside, and of which none is another one's.

    A link could lead out together with others, so that none is followed, and none made.
    """
    seen = set()
    for member in members:
        name = member.filename.removesuffix("/")
        same = unicodedata.normalize("NFC", name).casefold()  # as file systems may compare names
        if any(part in ("", ".", "..") or "\\" in part or ":" in part for part in name.split("/")):
            why = "leads out of the package, or is no plain path"
        elif stat.S_IFMT(member.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
            why = "is a link, or neither a file nor a folder"
        elif same in seen:
            why = "has the name of another one"
        else:
            seen.add(same)
            continue
        raise ApiError.invalid(f"code.zipFile: {member.filename!r} {why}; pack plain files and folders, each once")


def _protect(directory: Path) -> None:
    """Take away the permission to write. What could be executed still can be."""
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o555 if path.is_dir() or path.stat().st_mode & 0o111 else 0o444)


def remove(folder: Path) -> None:
    """Remove a folder, write-protected or not."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder)
