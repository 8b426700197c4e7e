"""What goes to Spark's workers: the code of an extension, and the libraries that it needs."""

from __future__ import annotations

import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

from dataworks_ext.rehearsal.packing import PackingError, pack_environment, required_distributions
from dataworks_ext.rehearsal.shipping import write_code
from dataworks_ext.rehearsal.task import Candidate, Identity
from dataworks_ext.rehearsal.workers import identify_in_process

RULES = """\
from dataworks_ext import Extension, PolicyPack
from helpers import Settings

extension = Extension("rules", packs=[PolicyPack("guard", settings=Settings)])
"""
HELPERS = """\
from pydantic import BaseModel


class Settings(BaseModel):
    max_rows: int = 10
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package, a module that it imports, one that it does not, and what is nobody's business."""
    folder = tmp_path_factory.mktemp("project")
    for name, text in {
        "rules/__init__.py": RULES,
        "rules/limits.json": "{}",
        "rules/.env": "SECRET=1",
        "rules/requirements.txt": "structlog>=24  # for logs\n-r other.txt\n",
        "helpers.py": HELPERS,
        "unused.py": "",
        ".venv/lib/site-packages/library.py": "",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def identity(project: Path) -> Identity:
    """What the extension says of itself, in a process of its own."""
    return identify_in_process(Candidate("rules:extension", str(project), {}))


def test_what_an_extension_loads_of_its_folder_is_shipped_without_secrets(
    project: Path, identity: Identity, tmp_path: Path
) -> None:
    write_code(tmp_path / "code.zip", project, identity.modules)
    with ZipFile(tmp_path / "code.zip") as written:
        assert sorted(written.namelist()) == ["helpers.py", "rules/__init__.py", "rules/limits.json"]


def test_an_extension_reads_the_variables_of_its_settings_and_no_others(identity: Identity) -> None:
    assert identity.variables == (
        "DATAWORKS_EXT_MODES",
        "DATAWORKS_EXT_EXEMPTIONS",
        "DATAWORKS_EXT_LANGUAGE",
        "GUARD_MAX_ROWS",
    )


def test_libraries_come_with_what_they_require_and_without_spark_and_tools() -> None:
    names = {one.metadata["Name"] for one in required_distributions(["dataworks-ext[cli,rehearsal]"])}
    assert {"dataworks-ext", "pydantic", "pydantic_core", "pyarrow", "obstore", "typer", "rich"} <= names
    assert names.isdisjoint({"pyspark", "py4j", "uv", "pytest", "mypy"})


@pytest.mark.parametrize(
    ("requirement", "said"),
    [
        ("no-such-library>=1", "the extension requires no-such-library, which is not installed here; install it"),
        ("./wheels/x.whl", "the extension requires ./wheels/x.whl, which names no package; write name==version"),
    ],
)
def test_a_requirement_that_cannot_be_packed_is_named(requirement: str, said: str) -> None:
    with pytest.raises(PackingError) as found:
        list(required_distributions([requirement]))
    assert str(found.value) == said


def test_an_archive_is_a_tar_file_packed_on_linux(
    project: Path, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(PackingError, match=r"writes a \.tar\.gz file, got environment\.zip"):
        pack_environment(project / "environment.zip", identity, project, {})
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(PackingError, match="Spark's workers run Linux"):
        pack_environment(project / "environment.tar.gz", identity, project, {})
    assert not list(project.glob("*.gz*"))
