"""What is left out of the parser of SQL, and the proof that no dialect misses it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest

from dataworks_ext.deploy.layout import put_framework
from dataworks_ext.deploy.pruning import SQL_RULES, prune
from tests.sql.corpus import CORPUS

LIBRARIES = ("sqlglot", "sqlglot-maxcompute")
NEEDED = ("pydantic", "pydantic-core", "typing-extensions", "typing-inspection", "annotated-types")
READ_ALL = """
import json, sys
sys.path.insert(0, sys.argv[1])
from dataworks_ext.sql import SqlError, read_sql
read = 0
for dialect, text in json.load(sys.stdin):
    read += bool(read_sql(text, dialect).statements)
print(read)
"""


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A code directory with the libraries, pruned."""
    target = tmp_path_factory.mktemp("function")
    for name in (*LIBRARIES, *NEEDED):
        _copy(name, target)
    return target


def _copy(name: str, target: Path) -> None:
    found = distribution(name)
    for file in found.files or ():
        source = Path(str(found.locate_file(file)))
        if ".." not in file.parts and "__pycache__" not in file.parts and source.is_file():
            (target / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target / file)


def test_the_dialects_that_are_left_read_all_that_they_should(directory: Path) -> None:
    removed = prune(directory)
    assert {rule.pattern for rule in SQL_RULES} <= removed.keys()
    assert sum(removed[rule.pattern] for rule in SQL_RULES) > 600_000
    put_framework(directory)
    corpus = json.dumps([(sample.dialect, sample.text) for sample in CORPUS])
    command = [sys.executable, "-I", "-S", "-B", "-c", READ_ALL, str(directory)]
    done = subprocess.run(command, input=corpus, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (str(len(CORPUS)), "")


def test_a_dialect_that_a_pack_names_stays(tmp_path: Path) -> None:
    for name, text in (("sqlglot/dialects/snowflake.py", ""), ("pack/rules.py", "parse_one(text, read='snowflake')")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    prune(tmp_path)
    assert (tmp_path / "sqlglot/dialects/snowflake.py").exists()
