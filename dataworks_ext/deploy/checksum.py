"""The checksum of code that Function Compute reports and accepts: CRC-64/XZ.

Source: Function Compute, "CreateFunction", `checksum`.
"""

from __future__ import annotations

from typing import Final

_POLYNOMIAL: Final = 0xC96C5795D7870F42
_MASK: Final = 0xFFFFFFFFFFFFFFFF


def crc64(data: bytes) -> int:
    """CRC-64/XZ."""
    value = _MASK
    for byte in data:
        value = _TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ _MASK


def _entry(byte: int) -> int:
    for _ in range(8):
        byte = (byte >> 1) ^ (_POLYNOMIAL if byte & 1 else 0)
    return byte


_TABLE: Final = tuple(map(_entry, range(256)))
