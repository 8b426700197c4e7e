"""The memory of a process after so many messages. Run by itself: it prints a line of JSON after each number."""

from __future__ import annotations

import json
import os
import sys

import psutil

from ours import handler
from warm import CONTEXT, MESSAGE

NUMBERS = (1, 10_000, 1_000_000)


def main() -> None:
    """Answer messages, and print the bytes that the process holds after each of the numbers."""
    answers = os.fdopen(os.dup(1), "w")
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - where the records go
    process = psutil.Process()
    answered = 0
    for number in NUMBERS:
        while answered < number:
            handler(MESSAGE, CONTEXT)
            answered += 1
        print(json.dumps([number, process.memory_info().rss]), file=answers, flush=True)


if __name__ == "__main__":
    main()
