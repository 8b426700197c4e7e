"""Noticing that a folder has changed."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from dataworks_ext.local import FolderWatch
from dataworks_ext.local.watch import state_of

from .functions import PATIENCE


@pytest.fixture
def changed() -> threading.Semaphore:
    return threading.Semaphore(0)


@pytest.mark.parametrize("change", ["content", "time", "new", "removed"])
def test_a_change_is_told_once(tmp_path: Path, changed: threading.Semaphore, change: str) -> None:
    (tmp_path / "a.py").write_text("a = 1")
    (tmp_path / "b.py").write_text("b = 1")
    with FolderWatch(tmp_path, changed.release, interval=0.01):
        if change == "content":
            (tmp_path / "a.py").write_text("a = 10")
        elif change == "time":
            os.utime(tmp_path / "a.py", (0, 0))
        elif change == "new":
            (tmp_path / "c.py").write_text("c = 1")
        else:
            (tmp_path / "a.py").unlink()
        assert changed.acquire(timeout=PATIENCE)
    assert not changed.acquire(blocking=False)


def test_a_folder_that_appears_is_a_change(tmp_path: Path, changed: threading.Semaphore) -> None:
    with FolderWatch(tmp_path / "later", changed.release, interval=0.01):
        (tmp_path / "later").mkdir()
        (tmp_path / "later/a.py").write_text("a = 1")
        assert changed.acquire(timeout=PATIENCE)


def test_caches_are_no_change(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = 1")
    before = state_of(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__/a.pyc").write_text("x")
    assert state_of(tmp_path) == before
