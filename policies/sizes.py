"""Sizes as people write them."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import BeforeValidator, ByteSize


def _read_size(value: object) -> object:
    if isinstance(value, str) and not re.fullmatch(r"\d+(\.\d+)?\s*([kmgt]i?)?b?", value.strip(), re.IGNORECASE):
        raise ValueError("a size is a number of bytes, or written as 500MB, 1.5GB, 2GiB")
    return value


Size = Annotated[ByteSize, BeforeValidator(_read_size)]
