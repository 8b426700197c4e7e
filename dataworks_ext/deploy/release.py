"""Which code a version is: its digest, and the commit that it was built from."""

from __future__ import annotations

import re
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Final, NamedTuple

_DESCRIPTION: Final = re.compile(r"dataworks-ext sha256:([0-9a-f]{64}) commit:(\S+)")
_NO_COMMIT: Final = "none"
KEPT: Final = "dataworks-ext: as it was before the first deployment"
"""The description of a version that keeps what was there before."""


class Release(NamedTuple):
    """Code, by its digest."""

    digest: str
    """SHA-256 of the zip file, in hexadecimal."""
    commit: str
    """The Git commit, followed by `+changes` if files differed from it; empty without one."""

    @property
    def said(self) -> str:
        """As people read it."""
        commit, _, changes = self.commit.partition("+")
        more = f", commit {commit[:12]}{' with changes' if changes else ''}" if commit else ", without a commit"
        return f"code {self.digest[:12]}{more}"

    @property
    def description(self) -> str:
        """What the version is described by."""
        return f"dataworks-ext sha256:{self.digest} commit:{self.commit or _NO_COMMIT}"


def release_of(package: Path) -> Release:
    """The release that a zip file is."""
    return Release(sha256(package.read_bytes()).hexdigest(), _commit(package.resolve().parent))


def read_release(description: str) -> Release | None:
    """The release of a version; None if another tool published it."""
    found = _DESCRIPTION.match(description)
    return None if found is None else Release(found[1], "" if found[2] == _NO_COMMIT else found[2])


def _commit(folder: Path) -> str:
    head = _git(folder, "rev-parse", "HEAD")
    if not head:
        return ""
    return f"{head}+changes" if _git(folder, "status", "--porcelain") else head


def _git(folder: Path, *arguments: str) -> str:
    """What git says; empty without git, or outside a repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments],  # noqa: S607  # whichever git the developer uses
            capture_output=True,
            check=False,
            timeout=30,
            text=True,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
