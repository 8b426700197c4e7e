"""The first pages, done as a reader does them: every file written, every command run, every output seen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from dataworks_ext.deploy.wheels import lock_path

from .pages import DOCS, LANGUAGES, ROOT, blocks

_PATH: Final = ("first-refusal.md", "own-policy.md")
_INSTALLING: Final = ("python3 -m venv", ". venv/", "pip install")
"""What a reader does first, and these tests have behind them."""
_TESTING: Final = f"{sys.executable} -m pytest --policy-coverage-fail-under=100"
"""What `make test` runs once it has set up the project's environment, of which `tests/cli/test_new.py` takes care."""
_PYTHON: Final = "3.10"
"""The new function's."""


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[str, str]]]:
    """By language and page: what a page says is printed, and what was. Both languages have the same blocks."""
    folder = tmp_path_factory.mktemp("path")
    return {page: list(_follow(DOCS / LANGUAGES[0] / page, folder)) for page in _PATH}


def _follow(page: Path, folder: Path) -> Iterator[tuple[str, str]]:
    """Do what the page says in the folder, or in the project that is there already."""
    output = ""
    for block in blocks(page):
        project = folder / "my-guard"
        if block.title is not None:
            (project / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "sh":
            output = _run(block.text, project if project.exists() else folder)
            if project.exists():
                _lock(project / "policies")
        elif block.language == "text":
            yield block.text, output


def _run(commands: str, folder: Path) -> str:
    """What the commands print; each is done, or says that something is denied."""
    lines = [line for line in commands.splitlines() if not line.startswith(_INSTALLING)]
    script = "\n".join(_TESTING if line == "make test" else line for line in lines)
    own = ("COV", "DATAWORKS_EXT_", "DOWNLOADS_", "BACKFILLS_", "PYTEST", "FORCE_COLOR")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    environment["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), environment["PATH"]))
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        cwd=folder,
        env=environment,
        stdout=-1,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode in (0, 1), done.stdout
    return done.stdout


def _lock(policies: Path) -> None:
    """Lock to the versions of the example's, so that uv need not look for the newest ones."""
    lock, example = lock_path(policies, _PYTHON), ROOT / "policies"
    if lock.exists():
        return
    text = lock_path(example, _PYTHON).read_text(encoding="utf-8")
    for name in re.findall(r"^[\w-]+", (example / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE):
        text = re.sub(rf"^{name}==.*\n(?:    .*\n)+", "", text, flags=re.MULTILINE)
    lock.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("page", _PATH)
def test_what_a_page_says_is_printed_is_printed(printed: dict[str, list[tuple[str, str]]], page: str) -> None:
    """Line by line and in order; times differ."""
    assert printed[page]
    for said, output in printed[page]:
        lines = iter(_steady(output).splitlines())
        assert [line for line in _steady(said).splitlines() if line not in lines] == [], output


def _steady(text: str) -> str:
    return re.sub(r"[0-9.]+ m?s\b", "… ms", "\n".join(line.rstrip() for line in text.splitlines()))
