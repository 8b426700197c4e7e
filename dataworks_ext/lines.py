"""Lines of JSON on stdout, whatever is written and whatever stdout is."""

from __future__ import annotations

import sys
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import Final, TextIO

from pydantic_core import to_json

DEPTH_LIMIT: Final = 16
"""Levels of what is logged, where it has to be made printable."""
LINE_LIMIT: Final = 96 * 1024
"""Characters of a line. Function Compute's log service cuts a line at 128 KiB."""
VALUE_LIMIT: Final = 2_000
"""Characters of a text in a line that would be longer than the limit."""
_SEPARATORS: Final = {code: f"\\u{code:04x}" for code in (0x7F, *range(0x80, 0xA0), 0x2028, 0x2029)}
"""Valid inside a JSON string, but terminals obey some of them, and many readers end a line at others."""
_MAY_SEPARATE: Final = frozenset(map(chr, _SEPARATORS))


class Lines:
    """Writes whole lines, one at a time.

    Args:
        stream: Where they go; whatever `sys.stdout` is at the time by default.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream
        self._lock = threading.Lock()
        self._is_torn = False

    def write(self, line: str) -> None:
        """Write a line and flush it: the instance is frozen when the handler returns."""
        stream = self._stream or sys.stdout
        with self._lock:
            # An alarm may interrupt a policy that writes a line. The next line then begins on its own.
            text = f"\n{line}\n" if self._is_torn else f"{line}\n"
            self._is_torn = True
            try:
                stream.write(text)
            except UnicodeEncodeError:
                stream.write(ascii_only(text))
            stream.flush()
            self._is_torn = False

    debug = info = warning = warn = error = critical = exception = write  # what structlog calls on the innermost logger


def to_line(record: Mapping[str, object]) -> str:
    """The record as JSON on one line, whatever its values are, and not longer than the limit."""
    line = _encode(record)
    if len(line) > LINE_LIMIT:
        line = _encode(_shortened(record))
    if len(line) > LINE_LIMIT:
        line = _encode({key: _short(value) for key, value in record.items() if _is_plain(value)} | {"cut": True})
    return line.translate(_SEPARATORS) if not line.isascii() and not _MAY_SEPARATE.isdisjoint(line) else line


def ascii_only(text: str) -> str:
    """JSON with everything beyond ASCII escaped."""
    return "".join(char if char.isascii() else _escape(char) for char in text)


def text_of(value: object) -> str:
    """The value as text, whatever its `__str__` does."""
    try:
        return str(value)
    except Exception:
        return f"a {type(value).__name__} that cannot be printed"


def _encode(record: Mapping[str, object]) -> str:
    try:
        return to_json(record, fallback=text_of, inf_nan_mode="null").decode()
    except (ValueError, RecursionError):  # a lone surrogate, a circle, keys that are no text
        return to_json(_printable(record, DEPTH_LIMIT), inf_nan_mode="null").decode()


def _escape(char: str) -> str:
    code = ord(char)
    if code < 0x10000:
        return f"\\u{code:04x}"
    code -= 0x10000
    return f"\\u{0xD800 + (code >> 10):04x}\\u{0xDC00 + (code & 0x3FF):04x}"


def _shortened(record: Mapping[str, object]) -> dict[str, object]:
    """Without the reasons that object to nothing, which are counted, and with short texts."""
    shortened: dict[str, object] = {}
    for key, value in record.items():
        if key == "reasons" and isinstance(value, list):
            telling = [reason for reason in value if reason.get("verdict") != "OK" or "error" in reason]
            shortened[key], shortened["reasons_left_out"] = telling, len(value) - len(telling)
        else:
            shortened[key] = _short(_printable(value, DEPTH_LIMIT))
    return shortened


def _short(value: object) -> object:
    if isinstance(value, str) and len(value) > VALUE_LIMIT:
        return value[: VALUE_LIMIT - 1] + "…"
    if isinstance(value, dict):
        return {key: _short(item) for key, item in value.items()}
    return [_short(item) for item in value] if isinstance(value, list) else value


def _is_plain(value: object) -> bool:
    return value is None or isinstance(value, (bool, int, float, str, datetime))


def _printable(value: object, depth: int) -> object:
    """The value as JSON can hold it."""
    if isinstance(value, (bool, int, float, datetime)) or value is None:
        return value
    if depth == 0:
        return "…"
    if isinstance(value, Mapping):
        return {_encodable(key): _printable(item, depth - 1) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_printable(item, depth - 1) for item in value]
    return _encodable(value)


def _encodable(value: object) -> str:
    return text_of(value).encode("utf-8", "backslashreplace").decode()
