"""A package is compared with its sources, so that no answer comes from an old one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dataworks_ext.deploy.build import build
from dataworks_ext.deploy.freshness import differences, out_of_date, sources_of
from tests.deploy.wheelhouse import Wheelhouse, only_index


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with policies, and the package of them. It is shared: change a copy."""
    folder = tmp_path_factory.mktemp("freshness")
    (folder / "wheels").mkdir()
    for name, version in (("pydantic", "2.12.0"), ("structlog", "25.1.0")):
        Wheelhouse(folder / "wheels").add(name, version)
    rules = folder / "work" / "rules"
    rules.mkdir(parents=True)
    (rules / "__init__.py").write_text("extension = None\n")
    (rules / "limits.json").write_text("{}")
    (rules / "requirements.txt").touch()
    with pytest.MonkeyPatch.context() as patch:
        only_index(patch, folder / "wheels")
        build([rules], "3.13", folder / "work" / "dist")
    return folder / "work"


@pytest.fixture
def rules(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of policies, as `build` packaged it into dist."""
    shutil.copytree(built, tmp_path / "work")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work" / "rules"


def test_a_package_that_is_up_to_date_has_no_differences(rules: Path) -> None:
    (rules / ".env").write_text("not deployed")
    (rules / "__pycache__").mkdir()
    for package in (Path("dist/function"), Path("dist/function.zip")):
        assert differences(package) == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda rules: (rules / "__init__.py").write_text("other"), "rules/__init__.py"),
        (lambda rules: (rules / "limits.json").unlink(), "rules/limits.json"),
        (lambda rules: (rules / "more.py").touch(), "rules/more.py"),
        (lambda rules: (rules / "requirements.txt").write_text("six"), "function-3.13.lock"),
        (lambda rules: (rules / "function-3.13.lock").write_text("# made anew"), "function-3.13.lock"),
    ],
)
def test_what_has_changed_since_is_named(rules: Path, change: object, found: str) -> None:
    assert callable(change)
    change(rules)
    for package in (Path("dist/function"), Path("dist/function.zip")):
        assert differences(package) == [found]


def test_what_was_changed_in_the_package_itself_is_named(rules: Path) -> None:
    Path("dist/function/dataworks_ext/function.py").write_text("other = True\n")
    assert differences(Path("dist/function")) == ["dataworks_ext/function.py"]


def test_a_package_knows_what_it_was_built_from(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is looked at from, as long as both are there."""
    package = Path("dist/function").resolve()
    monkeypatch.chdir("/")
    found = sources_of(package)
    assert found is not None
    assert (found.packages, found.python) == ((rules,), "3.13")
    rules.rename(rules.with_name("gone"))
    assert sources_of(package) is None


def test_a_package_that_came_from_elsewhere_is_compared_by_name(rules: Path) -> None:
    Path("dist/.function.json").unlink()
    (rules / "__init__.py").write_text("other")
    assert differences(Path("dist/function")) == ["rules/__init__.py"]


def test_the_first_is_told_and_how_many_more() -> None:
    assert out_of_date(["rules/a.py"]) == "out of date: rules/a.py changed"
    assert out_of_date(["rules/a.py", "rules/b.py"]) == "out of date: rules/a.py and 1 more changed"
