"""ZIP files that are the same for the same files, and directories that unpack to the same."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

_LEVEL: Final = 6
"""Level 9 takes twice the time for half a percent."""
_NOON: Final = 315_576_000
"""1980-01-01 12:00 UTC, in seconds: from 1980 on, where ZIP files begin, in every time zone."""
_ZIP_TIME: Final = (1980, 1, 1, 0, 0, 0)


def normalize(directory: Path) -> None:
    """Give everything in a directory the mode and the time that it has in every build."""
    for path in (*directory.rglob("*"), directory):
        executable = path.is_dir() or path.stat().st_mode & stat.S_IXUSR
        path.chmod(0o755 if executable else 0o644)
        os.utime(path, (_NOON, _NOON))


def write_zip(target: Path, directory: Path) -> None:
    """Put the files of a directory into a ZIP file by name, after what is in it already."""
    files = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    with ZipFile(target, "a") as archive:
        for name, path in sorted(files.items()):
            entry = ZipInfo(name, _ZIP_TIME)
            entry.create_system = 3  # Unix, whose modes follow
            entry.external_attr = path.stat().st_mode << 16
            archive.writestr(entry, path.read_bytes(), ZIP_DEFLATED, _LEVEL)


def zipped_sizes(file: Path) -> dict[str, tuple[int, int]]:
    """The bytes of each file in a ZIP file, unzipped and zipped, by name."""
    with ZipFile(file) as archive:
        return {entry.filename: (entry.file_size, entry.compress_size) for entry in archive.infolist()}
