"""Speed side by side with peers, in one run: `make bench`. It prints each figure and writes the pages.

Compare the ratios; the speed of machines differs. All that is compared runs in turns, so that what changes the speed of
the machine changes all of it alike.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import page
import starts
import warm
from page_texts import TEXTS

HERE = Path(__file__).parent
DOCS = HERE.parent / "docs"


def main() -> None:
    """Measure everything, and write the page."""
    begin = time.monotonic()
    _say("cold starts")
    with tempfile.TemporaryDirectory() as folder:
        cold = starts.time_starts(Path(folder))
    with warm.records_discarded():
        _say("warm messages, in a loop")
        calls = warm.contenders()
        loop = warm.in_a_loop(calls)
        _say("warm messages, in turns")
        turns = warm.in_turns({name: calls[name] for name in ("bare", "powertools", "cedarpy", "3 policies")})
        _say("waiting policies")
        waiting = warm.waiting()
        _say("payload sizes")
        sizes = warm.by_size()
        _say("parts of a message")
        parts = warm.parts()
    _say("memory")
    memory = subprocess.run([sys.executable, HERE / "memory.py"], stdout=subprocess.PIPE, text=True, check=True)
    held = dict(map(json.loads, memory.stdout.splitlines()))
    measured = page.Measured(cold, loop, turns, waiting, sizes, parts, held, time.monotonic() - begin)
    for language, texts in TEXTS.items():
        (DOCS / language / "performance.md").write_text(page.page(measured, language), encoding="utf-8")
        (DOCS / "assets" / texts.chart_file).write_text(page.chart(measured, language), encoding="utf-8")
    print(page.page(measured, "en"))


def _say(what: str) -> None:
    print(f"{what} …", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
