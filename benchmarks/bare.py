"""The least that a handler can do: JSON in, one comparison, JSON out. No checks, no deadline, no record."""

from __future__ import annotations

import json


def handler(event: bytes, _context: object) -> str:
    """Answer a download by its row count."""
    message = json.loads(event)
    if int(message["messageBody"]["dataRowSize"]) > 1_000_000:
        return json.dumps({"checkResult": "FAIL", "errorMessage": "Too many rows."})
    return json.dumps({"checkResult": "OK"})
