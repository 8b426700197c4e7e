"""Plugins of pydantic, which a function looks for at every start, though hardly any has one.

Source: pydantic, "Plugins".
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

WITHOUT_PLUGINS: Final = (
    '"""The function. Its package has no plugin of pydantic, so that nobody needs to look for one."""\n\n'
    "import os\n\n"
    'os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")\n\n'
)
"""What comes first in `index.py` where no dependency is a plugin.

A variable of the function with another value, also an empty one, lets pydantic look.
"""
_LOADER: Final = Path("pydantic", "plugin", "_loader.py")
_IMPORT: Final = "from importlib.metadata import entry_points\n"
_USE: Final = "            for entry_point in entry_points("
"""The only use of what is imported."""


def has_plugin(directory: Path) -> bool:
    """Whether a distribution in the directory is a plugin, such as logfire."""
    lists = directory.glob("*.dist-info/entry_points.txt")
    return any(re.search(r"^\[pydantic\]", path.read_text(encoding="utf-8"), re.MULTILINE) for path in lists)


def postpone_search(directory: Path) -> bool:
    """Let pydantic import importlib.metadata when it looks for plugins, and not before it knows that it need not.

    That is a tenth of a start: importlib.metadata brings email, zipfile, csv and socket. Pydantic does the same in any
    case. A release in which the two lines read otherwise stays as it is.

    Returns:
        Whether it was changed.
    """
    loader = directory / _LOADER
    text = loader.read_text(encoding="utf-8") if loader.is_file() else ""
    if (text.count(_IMPORT), text.count("entry_points("), text.count(_USE)) != (1, 1, 1):
        return False
    postponed = text.replace(_IMPORT, "").replace(_USE, f"            {_IMPORT}\n{_USE}")
    loader.write_text(postponed, encoding="utf-8", newline="\n")
    for record in directory.glob("pydantic-*.dist-info/RECORD"):
        listed = record.read_text(encoding="utf-8")
        unsigned = re.sub(rf"^({_LOADER.as_posix()}),.*$", r"\1,,", listed, flags=re.MULTILINE)
        record.write_text(unsigned, encoding="utf-8", newline="\n")
    return True
