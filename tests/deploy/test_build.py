"""The package of a function: the same bytes for the same input, all or nothing, and small."""

from __future__ import annotations

import itertools
import os
import shutil
import stat
import subprocess
import sys
import sysconfig
import zipfile
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

import pytest

import dataworks_ext
from dataworks_ext.deploy import build as building
from dataworks_ext.deploy import interpreters, wheels
from dataworks_ext.deploy.build import MEGABYTE, Limits, Package, build
from dataworks_ext.deploy.layout import INDEX, PackagingError, protect
from dataworks_ext.deploy.plugins import WITHOUT_PLUGINS
from tests.deploy.real import Real, real_package
from tests.deploy.wheelhouse import ROOT, Wheelhouse, only_index

PYTHON = ".".join(map(str, sys.version_info[:2]))
_BUILD = """
import sys
from pathlib import Path
from dataworks_ext.deploy.build import build
build([Path("rules")], sys.argv[1], Path("dist"))
"""


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Real:
    return real_package(tmp_path_factory)


@pytest.fixture
def wheelhouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheelhouse:
    """An index with what the framework needs, by name."""
    return _index(tmp_path / "wheels", monkeypatch)


def _index(folder: Path, patch: pytest.MonkeyPatch) -> Wheelhouse:
    folder.mkdir()
    only_index(patch, folder)
    made = Wheelhouse(folder)
    made.add("pydantic", "2.12.0", files={"pydantic/__init__.py": "", "pydantic/v1/__init__.py": "old = 1\n"})
    made.add("structlog", "25.1.0")
    return made


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A build to look at, of policies with a mode of their own and stale byte code."""
    folder = tmp_path_factory.mktemp("built")
    rules = folder / "rules"
    (rules / "__pycache__").mkdir(parents=True)
    (rules / "__pycache__" / f"gone.{sys.implementation.cache_tag}.pyc").write_bytes(b"stale")
    (rules / "__init__.py").write_text("extension = None\n")
    os.chmod(rules / "__init__.py", 0o700)
    with pytest.MonkeyPatch.context() as patch:
        _index(folder / "wheels", patch)
        return build([rules], PYTHON, folder / "dist")


@pytest.fixture
def rules(tmp_path: Path, wheelhouse: Wheelhouse, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of policies in the current folder."""
    folder = tmp_path / "work" / "rules"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("extension = None\n")
    monkeypatch.chdir(folder.parent)
    return folder


@pytest.fixture
def uncompiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """No interpreter of the function's Python."""
    monkeypatch.setattr(interpreters, "find_interpreter", lambda python: None)


def _build(*packages: str, python: str = PYTHON, limits: Limits | None = None, lock: bool = False) -> Package:
    folders = [Path(one) for one in packages or ("rules",)]
    return build(folders, python, Path("dist"), update_lock=lock, limits=limits)


def _files(directory: Path) -> dict[str, bytes]:
    return {
        path.relative_to(directory).as_posix(): path.read_bytes() for path in directory.rglob("*") if path.is_file()
    }


def _names(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir()}


# What is in it


def test_it_has_index_policies_framework_and_dependencies(built: Package) -> None:
    assert (built.directory / "index.py").read_text() == WITHOUT_PLUGINS + INDEX
    names = {name for name in _names(built.directory) if not name.endswith(".dist-info")}
    assert names == {"index.py", "rules", "dataworks_ext", "pydantic", "structlog.py", "__pycache__"}


def test_its_index_lets_pydantic_look_for_plugins_if_a_dependency_is_one(rules: Path, wheelhouse: Wheelhouse) -> None:
    entry_points = "[pydantic]\nseer = seer:plugin\n"
    wheelhouse.add("seer", files={"seer.py": "", "seer-1.0.dist-info/entry_points.txt": entry_points})
    (rules / "requirements.txt").write_text("seer\n")
    assert (_build().directory / "index.py").read_text() == INDEX


def test_the_zip_file_has_what_the_directory_has(built: Package) -> None:
    with zipfile.ZipFile(built.zip) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == _files(built.directory)


def test_entries_are_sorted_with_fixed_times_and_modes(built: Package) -> None:
    """The policies come last, after what is kept between builds."""
    with zipfile.ZipFile(built.zip) as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    own = [name for name in names if name.startswith(("index.py", "rules/", "__pycache__/index."))]
    assert names == sorted(set(names) - set(own)) + sorted(own)
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}
    assert {entry.external_attr >> 16 for entry in entries} == {stat.S_IFREG | 0o644}
    assert {stat.S_IMODE(path.stat().st_mode) for path in built.directory.rglob("*")} == {0o644, 0o755}
    assert len({path.stat().st_mtime for path in (built.directory, *built.directory.rglob("*"))}) == 1


def test_every_file_has_its_byte_code(built: Package) -> None:
    assert built.compiled_by == sys.version.split()[0]
    sources = {(path.parent, path.stem) for path in built.directory.rglob("*.py")}
    compiled = {(path.parent.parent, path.name.partition(".")[0]) for path in built.directory.rglob("*.pyc")}
    assert compiled == sources


@pytest.mark.usefixtures("uncompiled")
def test_without_an_interpreter_there_is_no_byte_code(rules: Path) -> None:
    built = _build()
    assert built.compiled_by is None
    assert (list(built.directory.rglob("*.pyc")), built.total.byte_code) == ([], 0)


@pytest.mark.usefixtures("uncompiled")
def test_the_dependencies_are_those_of_all_folders(rules: Path, wheelhouse: Wheelhouse) -> None:
    """The lock file is in the first."""
    (rules.parent / "more").mkdir()
    (rules.parent / "more" / "rules.py").touch()
    for folder, name in (("rules", "six"), ("more", "zones")):
        wheelhouse.add(name)
        (rules.parent / folder / "requirements.txt").write_text(f"{name}\n")
    built = _build("rules", "more")
    assert {"six.py", "zones.py", "rules", "more"} <= _names(built.directory)
    assert built.lock == Path("rules/function-" + PYTHON + ".lock")
    assert not list(built.directory.rglob("requirements.txt")) + list(built.directory.rglob("*.lock"))


@pytest.mark.usefixtures("uncompiled")
def test_a_pack_that_depends_on_the_framework_gets_the_one_that_is_here(rules: Path, wheelhouse: Wheelhouse) -> None:
    """No index has to have it, and what one has under its name is not taken."""
    wheelhouse.add("dataworks-ext", "99.0", files={"dataworks_ext/evil.py": ""})
    wheelhouse.add("acme-pack", requires=["dataworks-ext>=0.1"])
    (rules / "requirements.txt").write_text("acme-pack\n")
    built = _build()
    assert (built.directory / "acme_pack.py").exists()
    assert (built.directory / "dataworks_ext" / "function.py").exists()
    assert not (built.directory / "dataworks_ext" / "evil.py").exists()
    assert "dataworks-ext==" not in built.lock.read_text()
    [found] = metadata.distributions(name="dataworks-ext", path=[str(built.directory)])
    assert found.version == dataworks_ext.__version__


@pytest.mark.usefixtures("uncompiled")
def test_a_certificate_of_a_library_is_kept_and_a_key_of_the_policies_is_not(
    rules: Path, wheelhouse: Wheelhouse
) -> None:
    wheelhouse.add("certifi", files={"certifi/__init__.py": "", "certifi/cacert.pem": "public"})
    (rules / "requirements.txt").write_text("certifi\n")
    (rules / "server.pem").write_text("secret")
    built = _build()
    assert [path.name for path in built.directory.rglob("*.pem")] == ["cacert.pem"]
    assert built.left_out == ("rules/server.pem",)


@pytest.mark.usefixtures("uncompiled")
def test_scripts_of_libraries_are_not_in_it(rules: Path, wheelhouse: Wheelhouse) -> None:
    """Their first line is the path of this machine's Python."""
    wheelhouse.add("six", scripts=["six = six:main"])
    (rules / "requirements.txt").write_text("six\n")
    assert "bin" not in _names(_build().directory)


@pytest.mark.usefixtures("uncompiled")
def test_what_policies_name_is_not_pruned(rules: Path) -> None:
    assert not (_build().directory / "pydantic" / "v1").exists()
    (rules / "__init__.py").write_text("from pydantic.v1 import BaseModel\n")
    assert (_build().directory / "pydantic" / "v1").exists()


@pytest.mark.usefixtures("uncompiled")
def test_the_space_is_told_by_top_level_package(rules: Path) -> None:
    built = _build()
    files = _files(built.directory)
    shares = {share.name: share for share in built.shares}
    assert shares.keys() == {"index", "rules", "dataworks_ext", "pydantic", "structlog", "*.dist-info"}
    assert shares["rules"].bytes == len((rules / "__init__.py").read_bytes())
    assert sum(share.bytes for share in built.shares) == built.total.bytes == sum(map(len, files.values()))
    assert sum(share.files for share in built.shares) == built.total.files == len(files)
    assert built.total.zipped == built.zip.stat().st_size


def test_byte_code_counts_for_its_module(built: Package) -> None:
    shares = {share.name: share for share in built.shares}
    assert (shares["structlog"].files, shares["index"].files) == (2, 2)
    assert 0 < shares["structlog"].byte_code < shares["structlog"].bytes


# The same again


@pytest.mark.usefixtures("wheelhouse")
def test_two_checkouts_in_different_folders_give_the_same_bytes(tmp_path: Path) -> None:
    """Whatever the times and modes of their files, the order they came in, and the Python that builds."""
    hosts = [found.path for minor in range(10, 14) if (found := interpreters.find_interpreter(f"3.{minor}"))]
    archives = []
    for number, (place, host) in enumerate(itertools.zip_longest(("a", "another/longer place", "b", "c"), hosts)):
        checkout = tmp_path / place
        shutil.copytree(
            ROOT / "dataworks_ext", checkout / "dataworks_ext", ignore=shutil.ignore_patterns("__pycache__")
        )
        shutil.copytree(ROOT / "policies", checkout / "rules", ignore=shutil.ignore_patterns("*.lock", "*.txt"))
        for path in checkout.rglob("*.py"):
            os.utime(path, (10**9 + number, 10**9 + number))
            path.chmod(0o600 if number % 2 else 0o777)
        modules = os.pathsep.join([str(checkout), sysconfig.get_path("purelib")])
        environment = {**os.environ, "PYTHONPATH": modules, "PYTHONHASHSEED": str(number + 1)}
        command = [host or sys.executable, "-c", _BUILD, "3.10"]
        subprocess.run(command, cwd=checkout, env=environment, check=True)
        archives.append((checkout / "dist" / "function.zip").read_bytes())
    assert [archive == archives[0] for archive in archives] == [True] * 4


def test_a_build_that_changes_nothing_changes_no_byte(rules: Path) -> None:
    first = _build().zip.read_bytes()
    assert _build().zip.read_bytes() == first


@pytest.mark.usefixtures("uncompiled")
def test_an_unchanged_environment_is_not_fetched_again(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A changed policy asks no index."""
    _build()
    monkeypatch.setattr(wheels, "_uv", None)
    (rules / "more.py").write_text("limit = 1\n")
    built = _build()
    assert (built.directory / "rules" / "more.py").exists()
    assert (built.directory / "structlog.py").exists()


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize("changed", ["requirements.txt", "more.txt", "lock"])
def test_a_changed_environment_is(rules: Path, wheelhouse: Wheelhouse, changed: str) -> None:
    (rules / "requirements.txt").write_text("-r more.txt\n")
    (rules / "more.txt").touch()
    lock = _build().lock
    wheelhouse.add("six")
    file = lock if changed == "lock" else rules / changed
    file.write_text(file.read_text() + "six==1.0\n")
    with pytest.raises(PackagingError, match="is out of date"):
        _build()


@pytest.mark.usefixtures("uncompiled")
def test_what_is_kept_of_a_build_may_be_broken(rules: Path) -> None:
    """It is made anew."""
    first = _build().zip.read_bytes()
    kept = Path("dist") / f".dependencies-{PYTHON}"
    for break_it in (
        lambda: (kept / "notes.json").write_text("{"),
        lambda: (kept / "files.zip").unlink(),
        lambda: shutil.rmtree(kept),
    ):
        break_it()
        assert _build().zip.read_bytes() == first


# The lock file


@pytest.mark.usefixtures("uncompiled")
def test_the_lock_file_is_made_once_and_then_used(rules: Path, wheelhouse: Wheelhouse) -> None:
    built = _build()
    wheelhouse.add("structlog", "26.0.0")
    again = _build()
    assert (built.lock_is_new, again.lock_is_new) == (True, False)
    assert "structlog==25.1.0 " in again.lock.read_text()


@pytest.mark.usefixtures("uncompiled")
def test_an_update_takes_the_newest(rules: Path, wheelhouse: Wheelhouse) -> None:
    _build()
    wheelhouse.add("structlog", "26.0.0")
    updated = _build(lock=True)
    assert updated.lock_is_new
    assert (updated.directory / "structlog.py").read_text() == 'version = "26.0.0"\n'


@pytest.mark.usefixtures("uncompiled")
def test_each_python_has_its_lock_file(rules: Path) -> None:
    _build(python="3.10")
    _build(python="3.12")
    assert {"function-3.10.lock", "function-3.12.lock"} <= _names(rules)


@pytest.mark.usefixtures("uncompiled")
def test_only_wheels_with_the_hash_of_the_lock_file_are_taken(
    rules: Path, wheelhouse: Wheelhouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On another machine, that is: this one has kept the right one."""
    _build()
    shutil.rmtree("dist")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "another-cache"))
    wheelhouse.add("structlog", "25.1.0", files={"structlog.py": "evil = True\n"})
    with pytest.raises(PackagingError, match=r"^the wheel of structlog has another hash than the lock file"):
        _build()


@pytest.mark.usefixtures("uncompiled")
@pytest.mark.parametrize(
    ("requirements", "text"),
    [
        ("six\nzones\n", "it has no zones"),
        ("six>=1.2\n", "it has six 1.0, but 1.5 is what goes with the requirements"),
        ("", "nothing needs six any more"),
    ],
)
def test_a_lock_file_that_is_out_of_date_is_an_error(
    rules: Path, wheelhouse: Wheelhouse, requirements: str, text: str
) -> None:
    wheelhouse.add("six")
    (rules / "requirements.txt").write_text("six\n")
    _build()
    wheelhouse.add("six", "1.5")
    wheelhouse.add("zones")
    (rules / "requirements.txt").write_text(requirements)
    with pytest.raises(PackagingError, match=rf"function-{PYTHON}.lock is out of date: {text}; run with --lock$"):
        _build()


# All or nothing


@pytest.fixture
def before(built: Package, rules: Path) -> Iterator[dict[str, bytes]]:
    """An earlier build, which has to be there afterwards, and nothing else; what is kept for it is of another build."""
    shutil.copytree(built.zip.parent, "dist")
    shutil.copy(built.lock, rules)
    _build()
    earlier = _files(Path("dist"))
    yield earlier
    assert _files(Path("dist")) == earlier
    assert {name for name in _names(Path("dist")) if not name.startswith(".")} == {"function", "function.zip"}


@pytest.mark.usefixtures("before")
@pytest.mark.parametrize(
    ("limits", "text"),
    [
        (Limits(zipped=1000), r"bytes zipped, but Function Compute takes 1000; the largest in it: dataworks_ext"),
        (Limits(unzipped=2000), r"bytes unzipped, but Function Compute takes 2000; the largest in it: dataworks_ext"),
    ],
)
def test_a_package_over_the_limit_replaces_nothing(limits: Limits, text: str) -> None:
    with pytest.raises(PackagingError, match=text):
        _build(limits=limits)


def test_the_limits_are_the_platforms() -> None:
    assert Limits() == (100 * MEGABYTE, 500 * MEGABYTE)


@pytest.mark.usefixtures("before")
def test_a_module_that_the_python_of_the_function_cannot_compile_replaces_nothing(rules: Path) -> None:
    (rules / "broken.py").write_text("x = 1\nclass:\n")
    with pytest.raises(PackagingError, match=rf"^Python {PYTHON}\S* cannot compile rules/broken.py: line 2: "):
        _build()


def test_a_template_of_a_library_goes_without_byte_code(rules: Path, wheelhouse: Wheelhouse) -> None:
    wheelhouse.add("six", files={"six/__init__.py": "", "six/template.py": "class {{name}}:\n"})
    (rules / "requirements.txt").write_text("six\n")
    names = _files(_build().directory / "six")
    assert "template.py" in names
    assert not [name for name in names if name.startswith("__pycache__/template")]


@pytest.mark.usefixtures("before")
def test_a_compiler_that_fails_replaces_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        interpreters, "find_interpreter", lambda python: interpreters.Interpreter("/bin/false", "3.10.0")
    )
    with pytest.raises(PackagingError, match=r"^/bin/false failed to compile the package"):
        _build()


@pytest.mark.usefixtures("before")
def test_an_index_that_cannot_be_reached_replaces_nothing(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    only_index(monkeypatch, None)
    with pytest.raises(PackagingError, match=r"^no package index can be reached"):
        _build(lock=True)


@pytest.mark.usefixtures("before")
def test_what_cannot_be_put_in_place_puts_the_earlier_back(monkeypatch: pytest.MonkeyPatch) -> None:
    rename = Path.rename

    def failing(self: Path, target: Path) -> Path:
        if target == Path("dist/function.zip") and self.name == "function.zip":
            raise PermissionError(13, "Permission denied")
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(PackagingError, match=r"^dist cannot be written: Permission denied"):
        _build()


@pytest.mark.usefixtures("uncompiled")
def test_an_earlier_build_that_cannot_be_written_is_replaced(rules: Path) -> None:
    protect(_build().directory)
    (rules / "new.py").touch()
    assert (_build().directory / "rules" / "new.py").exists()
    assert {name for name in _names(Path("dist")) if not name.startswith(".")} == {"function", "function.zip"}


@pytest.mark.usefixtures("uncompiled")
def test_a_first_build_needs_no_output_folder(rules: Path) -> None:
    built = build([rules], PYTHON, Path("build/deep"))
    assert (built.directory, built.zip) == (Path("build/deep/function"), Path("build/deep/function.zip"))


# What cannot be


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong is found before uv is asked."""
    monkeypatch.setattr(wheels, "_uv", None)


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize(
    ("folders", "text"),
    [
        (["rulez"], "there is no folder rulez; name the folders of policies, such as: dataworks-ext package policies"),
        (["rules/__init__.py"], "rules/__init__.py is a file; name the folders of policies"),
        (["empty"], "empty holds no Python file; name the folders of policies"),
        (["my-rules"], "the function cannot import a folder called my-rules; rename it"),
        (["class"], "the function cannot import a folder called class; rename it"),
        (["index"], "the function cannot import a folder called index; rename it"),
        (["rules", "other/rules"], "two folders are called rules; the function can import one of them only"),
        (["."], "dist is inside .*work, and would become a part of it; name another --output"),
    ],
)
def test_a_folder_that_cannot_be_deployed_is_an_error(rules: Path, folders: Sequence[str], text: str) -> None:
    for name in ("my-rules", "class", "index", "other/rules"):
        shutil.copytree(rules, rules.parent / name)
    (rules.parent / "empty").mkdir()
    with pytest.raises(PackagingError, match=text):
        _build(*folders)
    assert not Path("dist").exists()


@pytest.mark.usefixtures("offline")
@pytest.mark.parametrize("python", ["3", "3.9", "2.7", "3.10.13", "python3.10", "3.010", "newest", ""])
def test_a_version_that_is_none_is_an_error(rules: Path, python: str) -> None:
    with pytest.raises(
        PackagingError, match=r"^there is no Python .* to package for; expected 3.10 or later, such as 3.10"
    ):
        _build(python=python)


@pytest.mark.usefixtures("uncompiled")
def test_a_folder_with_the_name_of_a_library_is_an_error(rules: Path) -> None:
    rules.rename("structlog")
    with pytest.raises(PackagingError, match=r"^the folder structlog has the name of a library"):
        _build("structlog")


@pytest.mark.usefixtures("uncompiled")
def test_the_folder_may_be_named_from_within(rules: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(rules)
    built = build([Path(".")], PYTHON, Path("../dist"))
    assert (built.directory / "rules" / "__init__.py").exists()


# The example


def test_the_example_has_at_most_seven_megabytes_and_four_without_the_libraries_for_sql(real: Real) -> None:
    """Byte code included."""
    assert real.package.compiled_by is not None
    assert real.package.total.zipped <= 7 * MEGABYTE
    with zipfile.ZipFile(real.package.zip) as archive:
        rest = [entry for entry in archive.infolist() if not entry.filename.startswith("sqlglot")]
    headers = sum(76 + 2 * len(entry.filename.encode()) for entry in rest)  # each entry has two
    assert sum(entry.compress_size for entry in rest) + headers <= 4 * MEGABYTE


def test_the_lock_file_of_the_example_is_used(real: Real) -> None:
    assert not real.package.lock_is_new


def test_the_example_has_native_code_of_the_platform_only(real: Real) -> None:
    native = [path.name for path in real.package.directory.rglob("*.so")]
    assert native == ["_pydantic_core.cpython-310-x86_64-linux-gnu.so"]


def test_the_limits_name_the_largest_first() -> None:
    shares = [building.Share(name, 1, 10, 0, 5) for name in "abcd"]
    with pytest.raises(PackagingError, match=r"have 40 bytes unzipped, but .* takes 30; the largest in it: a, b, c$"):
        building._check_limits(building.Share("total", 4, 40, 0, 20), shares, Limits(100, 30))
