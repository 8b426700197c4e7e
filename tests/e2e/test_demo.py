"""`make run`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def test_it_plays_the_published_messages_and_refused_ones() -> None:
    played = subprocess.run(
        [sys.executable, ROOT / "demo" / "play.py"], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout
    assert played.count(" OK ") == 4  # three as published, and a notification
    assert played.count(" FAIL ") == 7
    assert played.count(" WARN ") == 1
    assert '"kind":"message"' in played
