"""Chinese for the texts that generated pages take from docstrings, which are English.

The catalogue is data of the site and no part of the package, so that no deployed function carries it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final, Protocol

from ruamel.yaml import YAML

CATALOGUE: Final = Path(__file__).parent.parent / "docs" / "zh" / "events.yaml"
"""From each English text of the reference of events to its Chinese."""
OPTIONS: Final = CATALOGUE.with_name("options.yaml")
"""From each English text of the help to its Chinese."""
API: Final = CATALOGUE.with_name("api.yaml")
"""From each English text of the reference of the Python API to its Chinese."""


class Translation(Protocol):
    """What a page says in its language."""

    def __call__(self, text: str) -> str:
        """The text of the page for one of a docstring."""
        ...

    def member(self, name: str) -> str:
        """What a value is whose English name says it all, by class and name, such as `InstanceStatus.FAILED`."""
        ...


class English:
    """The texts as they are."""

    def __call__(self, text: str) -> str:
        return text

    def member(self, name: str) -> str:
        """Nothing, for the name is English."""
        return ""


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

    def member(self, name: str) -> str:
        """Its Chinese; nothing if the catalogue has none."""
        self._asked[name] = None
        return self._texts.get(name) or ""

    @property
    def missing(self) -> list[str]:
        """What was asked for and has no Chinese, in the order of the pages."""
        return [text for text in self._asked if not self._texts.get(text)]

    @property
    def unused(self) -> list[str]:
        """What the catalogue has and no page shows any more."""
        return [text for text in self._texts if text not in self._asked]
