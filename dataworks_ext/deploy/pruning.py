"""What the wheels hold that a function never reads."""

from __future__ import annotations

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final, NamedTuple

from packaging.utils import canonicalize_name


class Rule(NamedTuple):
    """Files of wheels that are left out."""

    pattern: str
    """Of their paths; `*` stands for `/` too."""
    reason: str
    unless: str | None = None
    """What keeps them: a regular expression of Python code, of other packages if the pattern names one."""


RULES: Final = (
    Rule("*.pyi", "Type checkers read stubs; the import system does not know the suffix."),
    Rule("*py.typed", "A mark for type checkers."),
    Rule("*.dist-info/RECORD", "Which files were installed, for uninstalling."),
    Rule("*.dist-info/INSTALLER", "A mark of pip's."),
    Rule("*.dist-info/REQUESTED", "A mark of pip's."),
    Rule("*.dist-info/WHEEL", "How the wheel was made, for installing it."),
    Rule(
        "*.dist-info/top_level.txt", "A list for installers. importlib.metadata falls back on it only without RECORD."
    ),
    Rule("*.dist-info/licenses/*", "Texts that no code reads; the wheels have them."),
    Rule("*.dist-info/LICENSE*", "Likewise."),
    Rule("*.dist-info/sboms/*", "Lists of components, for auditors; the wheels have them."),
    Rule("*/tests/*", "A library's tests of itself.", r"(?m)^\s*(from|import)\b[^#\n]*\btests\b"),
    Rule(
        "pydantic/v1/*",
        "pydantic 1, for those who import it; pydantic 2 itself does for a class with __get_validators__.",
        r"pydantic\b.*\bv1\b|__get_validators__",
    ),
    Rule("pydantic/mypy.py", "A plugin for mypy, which is not deployed.", r"pydantic\b.*\bmypy\b"),
    Rule("annotated_types/test_cases.py", "Examples for tests of libraries like it.", r"\btest_cases\b"),
    Rule(
        "tzdata/zoneinfo/tzdata.zi",
        "All zones as text, for compilers of zones; zoneinfo reads one binary file a zone.",
        r"tzdata\.zi",
    ),
    Rule("tzdata/zoneinfo/leapseconds", "A table for compilers of zones.", r"\bleapseconds\b"),
    Rule("tzdata/zoneinfo/*.tab", "Zones by country, for choosing one; zoneinfo reads none.", r"\b\w+\.tab\b"),
)
"""Each is held by tests/deploy/test_pruning.py: what is left imports, answers, and tells its versions and zones.

What stays of `*.dist-info` is what importlib.metadata reads: METADATA, for versions, without the description; and
entry_points.txt, by which pydantic finds plugins.
"""


def prune(directory: Path, others: Iterable[Path]) -> dict[str, int]:
    """Remove what a function never reads from a directory with wheels' files, and the wheels' scripts.

    Args:
        directory: What pip installed there.
        others: Directories with the code that uses it; code in either may keep files, see `Rule.unless`.

    Returns:
        How many bytes each rule has removed, by its pattern.
    """
    for distribution in distributions(path=[str(directory)]):
        _remove_scripts(distribution, directory)
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    names = {path: path.relative_to(directory).as_posix() for path in files}
    sources = {names[path]: _text(path) for path in files if path.suffix == ".py"}
    using = [_text(path) for other in others for path in other.rglob("*.py")]
    removed: dict[str, int] = {}
    for rule in RULES:
        matching = [path for path in files if fnmatchcase(names[path], rule.pattern)]
        if matching and not _is_used(rule, sources, using):
            removed[rule.pattern] = sum(path.stat().st_size for path in matching)
            for path in matching:
                path.unlink()
            files = [path for path in files if path not in set(matching)]
            sources = {name: text for name, text in sources.items() if not fnmatchcase(name, rule.pattern)}
    for path in files:
        if fnmatchcase(names[path], "*.dist-info/METADATA"):
            path.write_bytes(re.split(rb"\r?\n\r?\n", path.read_bytes(), maxsplit=1)[0] + b"\n")
    for folder in sorted((path for path in directory.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return removed


def requirements_of(directory: Path) -> dict[str, list[str]]:
    """What the distributions in a directory require, with markers, by name as PEP 503 writes it."""
    return {canonicalize_name(one.metadata["Name"]): one.requires or [] for one in distributions(path=[str(directory)])}


def _remove_scripts(distribution: Distribution, directory: Path) -> None:
    """pip puts scripts into `bin`, with the path of this machine's Python in their first line."""
    record = distribution.read_text("RECORD") or ""
    for name in re.findall(r"^(?:\.\./)+bin/([^,/\n]+),", record, re.MULTILINE):
        (directory / "bin" / name).unlink(missing_ok=True)


def _is_used(rule: Rule, sources: dict[str, str], using: list[str]) -> bool:
    if rule.unless is None:
        return False
    own = rule.pattern.partition("/")[0]
    within = (
        text for name, text in sources.items() if name.partition("/")[0] != own and not fnmatchcase(name, rule.pattern)
    )
    return any(re.search(rule.unless, text) for text in (*using, *within))


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
