"""Plugins of pydantic: a package without any does not look for them, and one with a plugin has it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pydantic
import pytest

from dataworks_ext.deploy.plugins import WITHOUT_PLUGINS, has_plugin, postpone_search

_MAKE_A_MODEL = """
import sys
from pydantic import BaseModel

class Model(BaseModel):
    number: int

print("importlib.metadata" in sys.modules)
"""
_PLUGIN = """
print("asked")

class Plugin:
    def new_schema_validator(self, *arguments, **options):
        return None, None, None

plugin = Plugin()
"""


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A code directory with pydantic, whose search for plugins is postponed, and the index of a package without any."""
    shutil.copytree(Path(pydantic.__file__).parent, tmp_path / "pydantic")
    assert postpone_search(tmp_path)
    (tmp_path / "index.py").write_text(WITHOUT_PLUGINS + _MAKE_A_MODEL)
    return tmp_path


def _run(directory: Path, **variables: str) -> list[str]:
    script = f"import sys; sys.path.insert(0, {str(directory)!r}); import index"
    done = subprocess.run([sys.executable, "-c", script], env=variables, stdout=subprocess.PIPE, text=True, check=True)
    return done.stdout.split()


def _add_plugin(directory: Path) -> None:
    (directory / "seer.py").write_text(_PLUGIN)
    (directory / "seer-1.0.dist-info").mkdir()
    (directory / "seer-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: seer\nVersion: 1.0\n")
    (directory / "seer-1.0.dist-info" / "entry_points.txt").write_text("[pydantic]\nseer = seer:plugin\n")


def test_a_start_without_plugins_does_not_import_what_looks_for_them(directory: Path) -> None:
    assert _run(directory) == ["False"]


def test_pydantic_finds_a_plugin_where_a_variable_of_the_function_lets_it_look(directory: Path) -> None:
    _add_plugin(directory)
    assert _run(directory, PYDANTIC_DISABLE_PLUGINS="") == ["asked", "True"]


def test_a_distribution_with_the_entry_point_is_a_plugin(directory: Path) -> None:
    assert not has_plugin(directory)
    _add_plugin(directory)
    assert has_plugin(directory)


@pytest.mark.parametrize("text", [None, "import importlib.metadata\n", "from importlib.metadata import entry_points\n"])
def test_a_pydantic_that_looks_in_another_way_stays_as_it_is(tmp_path: Path, text: str | None) -> None:
    loader = tmp_path / "pydantic" / "plugin" / "_loader.py"
    if text is not None:
        loader.parent.mkdir(parents=True)
        loader.write_text(text)
    assert not postpone_search(tmp_path)
    assert text is None or loader.read_text() == text
