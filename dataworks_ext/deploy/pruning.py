"""What the wheels hold that a function never reads."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable
from fnmatch import fnmatchcase
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Final, NamedTuple


class PruningRule(NamedTuple):
    """Files of wheels that are left out."""

    pattern: str
    """Of their paths; `*` stands for `/` too."""
    reason: str
    unless: str | None = None
    """What keeps them: a regular expression of Python code, of other packages if the pattern names one."""
    word: str = ""
    """In lower case, what such code contains: to look for it first is quick."""

    def is_lifted_by(self, text: str) -> bool:
        """Whether Python code keeps the files."""
        return self.unless is not None and self.word in text.lower() and re.search(self.unless, text) is not None


RULES: Final = (
    PruningRule(
        "*.pyi", "Type checkers read stubs; the import system does not know the suffix.", r"attach_stub|\.pyi\b"
    ),
    PruningRule("*py.typed", "A mark for type checkers."),
    PruningRule("*.dist-info/INSTALLER", "A mark of the installer's."),
    PruningRule("*.dist-info/REQUESTED", "A mark of the installer's."),
    PruningRule("*.dist-info/uv_cache.json", "uv's own notes, with the times of files on this machine."),
    PruningRule("*.dist-info/direct_url.json", "Where the wheel came from, which may be a folder of this machine."),
    PruningRule("*.dist-info/sboms/*", "Lists of components, for auditors; the wheels have them."),
    PruningRule(
        "pydantic/v1/*",
        "pydantic 1, for those who import it; pydantic 2 itself does for a class with __get_validators__.",
        r"pydantic\b.*\bv1\b|__get_validators__",
    ),
    PruningRule("pydantic/mypy.py", "A plugin for mypy, which is not deployed.", r"pydantic\b.*\bmypy\b"),
    PruningRule("annotated_types/test_cases.py", "Examples for tests of libraries like it.", r"\btest_cases\b"),
    PruningRule(
        "tzdata/zoneinfo/tzdata.zi",
        "All zones as text, for compilers of zones; zoneinfo reads one binary file a zone.",
        r"tzdata\.zi",
    ),
    PruningRule("tzdata/zoneinfo/leapseconds", "A table for compilers of zones.", r"\bleapseconds\b"),
    PruningRule("tzdata/zoneinfo/*.tab", "Zones by country, for choosing one; zoneinfo reads none.", r"\b\w+\.tab\b"),
)
"""Each is held by tests/deploy/test_pruning.py: what is left imports, answers, and tells its versions and zones.

The rest of `*.dist-info` stays: importlib.metadata reads METADATA, RECORD and top_level.txt, pydantic finds plugins by
entry_points.txt, and some libraries print their license or look at their tags.
"""
_OTHER_DIALECTS: Final = (
    *("athena", "bigquery", "databricks", "dax", "doris", "dremio", "drill", "druid", "duckdb", "dune", "exasol"),
    *("fabric", "materialize", "oracle", "prql", "redshift", "risingwave", "singlestore", "snowflake", "solr"),
    *("sqlite", "tableau", "teradata", "tsql"),
)
SQL_RULES: Final = (
    *(
        PruningRule(
            f"sqlglot/*/{dialect}.py",
            "A dialect that dataworks_ext.sql does not read, which sqlglot loads by name.",
            rf"(?i)sqlglot[^\n]*\b{dialect}\b|(?:read|write|dialect)\s*=\s*[\"']{dialect}\b",
            dialect,
        )
        for dialect in _OTHER_DIALECTS
    ),
    PruningRule("sqlglot/executor/*", "Runs SQL; dataworks_ext.sql reads it.", r"sqlglot[. ]*(?:import )?executor"),
)
"""For those who deploy the extra `sql`; held by tests/deploy/test_pruning_sql.py."""
TESTS: Final = PruningRule(
    "*/tests/*",
    "A library's tests of itself.",
    r"""(?m)^\s*(?:from|import)\b[^#\n]*\btests\b|["'](?:[^"'\n]*[/\\.])?tests(?:[/\\.][^"'\n]*)?["']""",
)
"""Library by library: one that names its `tests`, in an import or a path, may read them when it runs."""


def lifted_by(folders: Iterable[Path]) -> frozenset[str]:
    """The patterns of the rules that do not hold, for the code in some folders uses what they would remove."""
    texts = [_text(path) for folder in folders for path in folder.rglob("*.py") if path.is_file()]
    rules = (*RULES, *SQL_RULES, TESTS)
    return frozenset(rule.pattern for rule in rules if any(map(rule.is_lifted_by, texts)))


def prune(directory: Path, lifted: Collection[str] = ()) -> dict[str, int]:
    """Remove what a function never reads from a directory with wheels' files, and the wheels' scripts.

    Args:
        directory: What was installed there.
        lifted: The patterns of rules that do not hold, see `lifted_by`; code in the directory may lift others.

    Returns:
        How many bytes each rule has removed, by its pattern.
    """
    for distribution in distributions(path=[str(directory)]):
        _remove_scripts(distribution, directory)
    names = {path.relative_to(directory).as_posix(): path for path in directory.rglob("*") if path.is_file()}
    sources = {name: _text(path) for name, path in names.items() if path.suffix == ".py"}
    removed: dict[str, int] = {}
    for rule in (*RULES, *SQL_RULES):
        matching = {name for name in names if fnmatchcase(name, rule.pattern)}
        if matching and rule.pattern not in lifted and not _is_used(rule, sources):
            removed[rule.pattern] = _remove(matching, names, sources)
    tests = _unread_tests(names, sources) if TESTS.pattern not in lifted else set()
    if tests:
        removed[TESTS.pattern] = _remove(tests, names, sources)
    for record in directory.glob("*.dist-info/RECORD"):
        _rewrite(record, names)
    for folder in sorted((path for path in directory.rglob("*") if path.is_dir()), reverse=True):
        if not any(folder.iterdir()):
            folder.rmdir()
    return removed


def _remove(matching: Collection[str], names: dict[str, Path], sources: dict[str, str]) -> int:
    size = 0
    for name in matching:
        path = names.pop(name)
        sources.pop(name, None)
        size += path.stat().st_size
        path.unlink()
    return size


def _remove_scripts(distribution: Distribution, directory: Path) -> None:
    """An installer puts scripts into `bin`, with the path of this machine's Python in their first line."""
    record = distribution.read_text("RECORD") or ""
    for name in re.findall(r"^(?:\.\./)*bin/([^,/\n]+),", record, re.MULTILINE):
        script = directory / "bin" / name
        if script.is_file() and script.read_bytes().startswith(b"#!"):
            script.unlink()


def _rewrite(record: Path, names: Collection[str]) -> None:
    """Files that are not there any more go from the list; scripts' hashes would differ between machines."""
    lines = record.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if next(iter(csv.reader([line])), [""])[0] in names]
    record.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8", newline="\n")


def _is_used(rule: PruningRule, sources: dict[str, str]) -> bool:
    """Whether code of other packages than the rule's own uses what it would remove."""
    own = rule.pattern.partition("/")[0]
    others = (text for name, text in sources.items() if not _is_of(name, own) and not fnmatchcase(name, rule.pattern))
    return any(map(rule.is_lifted_by, others))


def _unread_tests(names: Collection[str], sources: dict[str, str]) -> set[str]:
    assert TESTS.unless is not None
    tests = {name for name in names if fnmatchcase(name, TESTS.pattern)}
    unread = set()
    for library in {name.partition("/")[0] for name in tests}:
        foreign = rf"\b{re.escape(library)}[./]tests\b"
        is_read = any(
            re.search(TESTS.unless if _is_of(name, library) else foreign, text)
            for name, text in sources.items()
            if name not in tests
        )
        if not is_read:
            unread |= {name for name in tests if _is_of(name, library)}
    return unread


def _is_of(name: str, library: str) -> bool:
    return name.partition("/")[0] == library


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")
