"""Chinese for the texts that generated pages take from docstrings, which are English.

The catalogue is data of the site and no part of the package, so that no deployed function carries it.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from ruamel.yaml import YAML

CATALOGUE: Final = Path(__file__).parent.parent / "docs" / "zh" / "events.yaml"
"""From each English text to its Chinese."""

Translate = Callable[[str], str]
"""From an English text to that of the page."""


class Chinese:
    """Looks texts up, and remembers what it was asked for. A text that has no Chinese stays English."""

    def __init__(self, catalogue: Path = CATALOGUE) -> None:
        read: dict[str, str] | None = YAML(typ="safe").load(catalogue) if catalogue.exists() else None
        self._texts: Final = read or {}
        self._asked: Final[dict[str, None]] = {}

    def __call__(self, text: str) -> str:
        if text:
            self._asked[text] = None
        return self._texts.get(text) or text

    @property
    def missing(self) -> list[str]:
        """What was asked for and has no Chinese, in the order of the pages."""
        return [text for text in self._asked if not self._texts.get(text)]

    @property
    def unused(self) -> list[str]:
        """What the catalogue has and no page shows any more."""
        return [text for text in self._texts if text not in self._asked]


def english(text: str) -> str:
    """The text itself."""
    return text
