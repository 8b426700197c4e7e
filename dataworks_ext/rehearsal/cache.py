"""What rehearsals keep: days that were read from raw objects, and what baselines decided. Others cannot read it."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from hashlib import blake2b
from pathlib import Path
from typing import Final

CACHE_VARIABLE: Final = "DATAWORKS_EXT_CACHE"
"""The folder; by default `dataworks-ext` in the user's own cache folder."""
_LONGEST_UNUSED: Final = 30 * 86_400
"""Seconds after which what is kept is removed."""


class Cache:
    """A folder of folders and files by key. What is under a key is whole.

    Args:
        environment: Names the folder.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        named = environment.get(CACHE_VARIABLE, "")
        base = environment.get("XDG_CACHE_HOME", "") or Path.home() / ".cache"
        self._root = Path(named) if named else Path(base) / "dataworks-ext" / "rehearsal"

    def folder(self, key: str) -> Path | None:
        """What is kept under a key; None if nothing is."""
        path = self._root / key
        if not path.is_dir():
            return None
        os.utime(path)
        return path

    @contextmanager
    def making(self, key: str) -> Iterator[Path]:
        """A new folder, which is kept under the key when the block ends without an error."""
        self._root.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._forget_unused()
        made = Path(tempfile.mkdtemp(prefix=".", suffix=".part", dir=self._root))
        try:
            yield made
            target = self._root / key
            if target.exists():  # another process was faster
                shutil.rmtree(made)
            else:
                os.replace(made, target)
        except BaseException:
            shutil.rmtree(made, ignore_errors=True)
            raise

    def _forget_unused(self) -> None:
        """Remove what nobody used for long, for it may hold what has expired in the archive."""
        for path in self._root.iterdir():
            with suppress(OSError):
                if time.time() - path.stat().st_mtime > _LONGEST_UNUSED:
                    shutil.rmtree(path)


def key_for(*parts: object) -> str:
    """The key of something that these parts make."""
    digest = blake2b(digest_size=16)
    for part in _texts(parts):
        digest.update(f"{len(part)}:{part}\n".encode(errors="backslashreplace"))
    return digest.hexdigest()


def _texts(parts: Iterable[object]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, (list, tuple)):
            yield from _texts(part)
        else:
            yield str(part)
