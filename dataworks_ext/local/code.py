"""The code of a function: a folder that its instances cannot write."""

from __future__ import annotations

import io
import shutil
import stat
import threading
import zipfile
from pathlib import Path, PurePosixPath
from typing import Final

from ..deploy.checksum import crc64
from .errors import ApiError, invalid

LARGEST: Final = 500 * 1024 * 1024
"""Bytes of unpacked code, at most (Function Compute, "Limits")."""


class Code:
    """Write-protected code, removed when its last holder has released it.

    Args:
        folder: Its own, which holds nothing yet. The code is put into `code` in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.directory = folder / "code"
        """Where `sys.path` begins."""
        self._holders = 1
        self._lock = threading.Lock()
        self._package: bytes | None = None
        self._checksum: str | None = None

    @classmethod
    def from_package(cls, package: bytes, folder: Path) -> Code:
        """The code in a zip file. Raises `ApiError` (400 InvalidArgument) if it is none."""
        code = cls(folder)
        folder.mkdir()
        try:
            unpack(package, code.directory)
        except BaseException:
            remove(folder)
            raise
        code._package = package
        protect(code.directory)
        return code

    @classmethod
    def from_directory(cls, directory: Path, folder: Path) -> Code:
        """A copy of the code in a folder. Raises `OSError` if it cannot be read."""
        code = cls(folder)
        folder.mkdir()
        try:
            shutil.copytree(directory, code.directory, symlinks=True)
        except BaseException:
            remove(folder)
            raise
        protect(code.directory)
        return code

    def hold(self) -> Code:
        """This code, with one holder more."""
        with self._lock:
            self._holders += 1
        return self

    def release(self) -> None:
        """One holder less. The last one removes the folder."""
        with self._lock:
            self._holders -= 1
            last = self._holders == 0
        if last:
            remove(self._folder)

    @property
    def package(self) -> bytes:
        """A zip file: the one that came, or one of the folder."""
        with self._lock:
            if self._package is None:
                self._package = pack(self.directory)
            return self._package

    @property
    def size(self) -> int:
        """Bytes of the zip file."""
        return len(self.package)

    @property
    def checksum(self) -> str:
        """CRC-64/XZ of the zip file, in decimal."""
        if self._checksum is None:
            self._checksum = str(crc64(self.package))
        return self._checksum


def unpack(package: bytes, directory: Path) -> None:
    """Unpack a zip file into a new folder. Raises `ApiError` (400 InvalidArgument) for what cannot or must not be."""
    try:
        with zipfile.ZipFile(io.BytesIO(package)) as archive:
            members = archive.infolist()
            if sum(member.file_size for member in members) > LARGEST:
                raise invalid(
                    f"code.zipFile holds more than {LARGEST} bytes; leave out what the function does not need"
                )
            directory.mkdir()
            for member in members:
                _unpack_member(archive, member, directory)
    except ApiError:
        raise
    except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise invalid(f"code.zipFile cannot be unpacked: {error}; expected a zip file in base 64") from None


def _unpack_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, directory: Path) -> None:
    target = _inside(directory, PurePosixPath(), member.filename, member.filename)
    mode = member.external_attr >> 16
    if member.is_dir():
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    if stat.S_ISLNK(mode):
        link = archive.read(member).decode()
        _inside(directory, PurePosixPath(member.filename).parent, link, member.filename)
        target.symlink_to(link)
        return
    with archive.open(member) as source, target.open("wb") as copy:
        shutil.copyfileobj(source, copy)
    target.chmod(0o755 if mode & 0o111 else 0o644)


def _inside(directory: Path, base: PurePosixPath, path: str, name: str) -> Path:
    """Where the path leads from the base. Raises `ApiError` if that is outside, or beyond a link."""
    joined = base / path
    depth = 0
    for part in joined.parts:
        depth += -1 if part == ".." else 1
        if depth < 0 or joined.is_absolute() or "\\" in part:
            raise invalid(f"code.zipFile holds {name!r}, which leads out of it; pack paths below the code's own folder")
    target = directory / joined
    if any(parent.is_symlink() for parent in target.parents if parent.is_relative_to(directory)):
        raise invalid(f"code.zipFile holds {name!r} behind a link; pack the files themselves")
    return target


def pack(directory: Path) -> bytes:
    """A zip file of a folder, the same for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(directory.rglob("*")):
            name = path.relative_to(directory).as_posix()
            if path.is_symlink():
                link = zipfile.ZipInfo(name)
                link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
                archive.writestr(link, str(path.readlink()))
            elif path.is_file():
                member = zipfile.ZipInfo(name)
                member.compress_type = zipfile.ZIP_DEFLATED
                member.create_system, member.external_attr = 3, path.stat().st_mode << 16
                archive.writestr(member, path.read_bytes())
    return buffer.getvalue()


def protect(directory: Path) -> None:
    """Take away the permission to write. What could be executed still can be."""
    for path in (directory, *directory.rglob("*")):
        if path.is_symlink():
            continue
        path.chmod(0o555 if path.is_dir() or path.stat().st_mode & 0o111 else 0o444)


def remove(folder: Path) -> None:
    """Remove a folder, write-protected or not."""
    for path in (folder, *folder.rglob("*")):
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder)
