"""Other versions of an extension: of a commit of git, in a worktree for as long as they are asked, or another one."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import quote

from ..errors import ExtensionError
from .rehearsal import Baseline
from .task import Candidate
from .workers import WorkerError, identify_in_process

RECORDED: Final = "recorded"
"""The baseline of what was decided then."""
PACKED_VERSIONS: Final = "versions"
"""The folder of a packed environment that has other versions, beside that of the extension."""
_APP: Final = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")


class BaselineError(ExtensionError):
    """A baseline that cannot be used. The text names it and says what to do."""


@contextmanager
def baseline_of(against: str, app: str, folder: Path, environment: Mapping[str, str]) -> Iterator[Baseline | None]:
    """What a rehearsal is compared with; None for what was decided then.

    Args:
        against: `recorded`, a commit of git by any name, or `module:attribute`.
        app: The extension, which a commit has as well.
        folder: Where extensions are looked for.
        environment: Settings and modes of the baseline.

    Raises:
        BaselineError: There is no such commit, or no extension in it.
    """
    if against == RECORDED:
        yield None
    elif _APP.fullmatch(against):
        yield _loaded(against, Candidate(against, str(folder), environment))
    elif (packed := folder.parent / PACKED_VERSIONS / quote(against, safe="")).is_dir():
        yield _loaded(against, Candidate(app, str(packed), environment))
    else:
        with _worktree(against, folder) as worktree:
            yield _loaded(against, Candidate(app, str(worktree), environment))


def _loaded(name: str, candidate: Candidate) -> Baseline:
    try:
        return Baseline(name, candidate, identify_in_process(candidate))
    except WorkerError as error:
        raise BaselineError(f"the baseline {name} cannot be used: {error}") from None


@contextmanager
def _worktree(ref: str, folder: Path) -> Iterator[Path]:
    """The folder as it is in a commit."""
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    if commit is None:
        raise BaselineError(
            f"there is no commit {ref} here; --against takes {RECORDED}, a commit, branch or tag of git, or module:name"
        )
    inside = _git(folder, "rev-parse", "--show-prefix") or ""
    temporary = Path(tempfile.mkdtemp(prefix="dataworks-ext-"))
    path = temporary / "worktree"
    try:
        if _git(folder, "worktree", "add", "--quiet", "--detach", str(path), commit) is None:
            raise BaselineError(f"git could not check out {ref}; try: git worktree add ../baseline {ref}")
        yield path / inside
    finally:
        _git(folder, "worktree", "remove", "--force", str(path))
        shutil.rmtree(temporary, ignore_errors=True)
        _git(folder, "worktree", "prune")


def _git(folder: Path, *arguments: str) -> str | None:
    """What git says; None if it fails."""
    try:
        done = subprocess.run(  # noqa: S603 - the arguments are ours, and a name that git verifies
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - git is wherever the user has it
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise BaselineError("there is no git here; --against recorded needs none") from None
    return done.stdout.strip() if done.returncode == 0 else None
