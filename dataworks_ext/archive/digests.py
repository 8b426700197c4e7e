"""Digests that tell one version of an extension's code and settings from another."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from ..extension import Extension

_LENGTH: Final = 16
"""Hexadecimal digits: enough to tell versions apart, and few in each line."""


def code_digest(extension: Extension) -> str:
    """Of the loaded modules of the packages that policies and observers are in."""
    registered = (*extension.policies, *extension.observers)
    packages = {entry.function.__module__.partition(".")[0] for entry in registered}
    digest = hashlib.sha256()
    for name in sorted(sys.modules):
        if name.partition(".")[0] in packages and (file := getattr(sys.modules[name], "__file__", None)):
            digest.update(f"{name}\n".encode())
            digest.update(_content(file))
    return digest.hexdigest()[:_LENGTH]


def settings_digests(extension: Extension) -> dict[str, str]:
    """Of the settings of each pack that has any."""
    settings = extension.configuration.settings
    return {
        pack: hashlib.sha256(_plain(found).encode()).hexdigest()[:_LENGTH]
        for pack, found in settings.items()
        if not isinstance(found, BaseModel) or type(found).model_fields
    }


def _content(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError:  # a module in a ZIP file, or one that was made by hand
        return b"?"


def _plain(value: object) -> str:
    """A text that is the same in every process: a set has no order of its own."""
    if isinstance(value, BaseModel):
        return _plain({field: getattr(value, field) for field in type(value).model_fields})
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_plain(key)}: {_plain(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (set, frozenset)):
        return f"{{{_joined(sorted(map(_plain, value)))}}}"
    if isinstance(value, (list, tuple)):
        return f"[{_joined(map(_plain, value))}]"
    return f"{type(value).__name__} {value}"


def _joined(texts: Iterable[str]) -> str:
    return ", ".join(texts)
