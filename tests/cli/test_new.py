"""`dataworks-ext new`: a project that is whole, clean, and passes its own tests."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dataworks_ext.cli import new
from dataworks_ext.cli._app import app
from dataworks_ext.deploy.wheels import lock_path
from dataworks_ext.local import runtimes_at_hand

ROOT = Path(__file__).parent.parent.parent
PYPROJECT = str(ROOT / "pyproject.toml")
FILES = [
    ".github/workflows/ci.yml",
    ".gitignore",
    "Makefile",
    "README.md",
    "cases/downloads.yaml",
    "local.mk",
    "policies/__init__.py",
    "policies/downloads.py",
    "policies/requirements.txt",
    "pyproject.toml",
    "requirements.txt",
    "s.yaml",
    "tests/test_downloads.py",
]
PYTHON = "3.10"
"""The new function's."""
LONGEST = ["g" * new.MAX_NAME, "--pack", "p" * new.MAX_PACK]
SHORTEST = ["G", "--pack", "d"]


def _new(*arguments: str, code: int = 0) -> str:
    """What the command prints, as one line."""
    result = CliRunner().invoke(app, ["new", *arguments])
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def _files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def _run_tool(folder: str, *command: str) -> None:
    arguments = [sys.executable, "-m", *command]
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, env=_environment())
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


class TestWhatIsMade:
    def test_all_files_are_there_and_named(self, here: Path) -> None:
        said = _new("data-guard")
        assert _files(here / "data-guard") == FILES
        assert [name for name in FILES if name not in said] == []

    def test_the_next_commands_are_named(self, here: Path) -> None:
        assert _new("data-guard").endswith("Next: cd data-guard make test make run")

    def test_nothing_else_is_left(self, here: Path) -> None:
        _new("data-guard")
        assert [path.name for path in here.iterdir()] == ["data-guard"]

    def test_no_placeholder_is_left(self, here: Path) -> None:
        _new("data-guard")
        texts = [path.read_text() for path in (here / "data-guard").rglob("*") if path.is_file()]
        assert [found for text in texts for found in re.findall(r"<\w+>|PACK", text)] == []

    def test_the_function_and_the_extension_have_the_name(self, here: Path) -> None:
        """An extension's is in lower case."""
        _new("Data_Guard1")
        assert "'Data_Guard1'" in (here / "Data_Guard1" / "s.yaml").read_text()
        assert 'Extension("data_guard1"' in (here / "Data_Guard1" / "policies" / "__init__.py").read_text()

    def test_the_pack_can_be_named(self, here: Path) -> None:
        _new("data-guard", "--pack", "exports")
        assert _files(here / "data-guard") == sorted(name.replace("downloads", "exports") for name in FILES)
        assert 'exports = PolicyPack("exports"' in (here / "data-guard" / "policies" / "exports.py").read_text()
        assert "EXPORTS_MAX_ROWS:" in (here / "data-guard" / "s.yaml").read_text()

    def test_an_empty_folder_is_filled(self, here: Path) -> None:
        (here / "data-guard").mkdir()
        _new("data-guard")
        assert _files(here / "data-guard") == FILES

    def test_everybody_may_read_it_who_may_read_a_new_folder(self, here: Path) -> None:
        _new("data-guard")
        (here / "other").mkdir()
        assert (here / "data-guard").stat().st_mode == (here / "other").stat().st_mode

    @pytest.mark.parametrize("arguments", [SHORTEST, LONGEST], ids=["short names", "long names"])
    def test_its_code_is_as_clean_as_ours(self, here: Path, arguments: list[str]) -> None:
        """Formatted, and without a finding."""
        _new(*arguments)
        _run_tool(arguments[0], "ruff", "check", "--no-cache", "--config", PYPROJECT, ".")
        _run_tool(arguments[0], "ruff", "format", "--no-cache", "--check", "--config", PYPROJECT, ".")

    def test_its_code_is_typed_as_strictly_as_ours(self, here: Path) -> None:
        _new("data-guard")
        _run_tool("data-guard", "mypy", "--config-file", PYPROJECT, ".")


class TestWhereTheFrameworkComesFrom:
    """A project whose framework is from a checkout installs it from there; what says so is not for the repository."""

    @pytest.mark.parametrize(
        "recorded",
        [
            None,
            '{"url": "https://github.com/example/dataworks-ext.git", "vcs_info": {}}',
            '{"url": "file:///nowhere/dataworks-ext", "dir_info": {}}',
        ],
        ids=["an index", "a repository", "a folder that is gone"],
    )
    def test_elsewhere_it_comes_from_the_index(
        self, here: Path, recorded: str | None, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("importlib.metadata.PathDistribution.read_text", lambda *_: recorded)
        _new("data-guard")
        assert _files(here / "data-guard") == [name for name in FILES if name != "local.mk"]

    def test_it_is_kept_out_of_the_repository(self, here: Path) -> None:
        _new("data-guard")
        assert "local.mk" in (here / "data-guard" / ".gitignore").read_text().splitlines()

    @pytest.mark.parametrize("name", ["with space", "with $HOME", "with #1", "with 'quotes'"])
    def test_make_knows_it_whatever_it_is_called(self, here: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
        origin = here / name
        origin.mkdir()
        recorded = json.dumps({"url": origin.as_uri(), "dir_info": {}})
        monkeypatch.setattr("importlib.metadata.PathDistribution.read_text", lambda *_: recorded)
        _new("data-guard")
        with (here / "data-guard" / "Makefile").open("a") as file:
            file.write('\nshow:\n\t@echo "$$FRAMEWORK_FROM"\n')
        command = ["make", "--no-print-directory", "show"]
        done = subprocess.run(command, cwd="data-guard", capture_output=True, text=True, env=_environment())
        assert done.stdout == f"{origin}\n"

    def test_it_is_installed_from_there(self, here: Path) -> None:
        """Nothing has to be in an index but what it needs itself."""
        _new("data-guard")
        (here / "data-guard" / "requirements.txt").write_text("dataworks-ext\n")
        command = ["make", f"PYTHON={sys.executable}", ".venv/.installed"]
        done = subprocess.run(command, cwd="data-guard", capture_output=True, text=True, env=_environment())
        assert done.returncode == 0, done.stdout + done.stderr
        shown = [".venv/bin/pip", "show", "--files", "dataworks-ext"]
        said = subprocess.run(shown, cwd="data-guard", capture_output=True, text=True, env=_environment()).stdout
        assert "direct_url.json" in said


class TestWhatIsRefused:
    @pytest.mark.parametrize(
        ("name", "better"),
        [
            ("data guard", "data-guard"),
            ("teams/guard.v2", "teams-guard-v2"),
            ("2nd-guard", "nd-guard"),
            ("数据", "data-guard"),
            ("", "data-guard"),
            ("g" * 65, "g" * 64),
            ("guard\n", "guard"),
        ],
    )
    def test_a_name_that_no_function_can_have(self, here: Path, name: str, better: str) -> None:
        """The error says what a name is made of, and suggests one."""
        said = _new(name, code=2)
        assert "letters, digits, - and _, beginning with a letter, 64 at most" in said
        assert said.endswith(f"try: dataworks-ext new {better}")
        _new(better)

    @pytest.mark.parametrize("pack", ["Exports", "ex-ports", "1st", "", "p" * 21])
    def test_a_pack_that_no_module_can_be(self, here: Path, pack: str) -> None:
        assert "lower-case letters, digits and _, beginning with a letter" in _new("guard", "--pack", pack, code=2)

    @pytest.mark.parametrize("pack", ["import", "deny", "extension"])
    def test_a_pack_whose_name_means_something_else(self, here: Path, pack: str) -> None:
        assert f"try --pack my_{pack}" in _new("guard", "--pack", pack, code=2)
        _new("guard", "--pack", f"my_{pack}")

    def test_a_project_that_is_called_like_its_pack(self, here: Path) -> None:
        assert "name the pack otherwise: --pack my_downloads" in _new("downloads", code=2)

    def test_a_folder_that_holds_something(self, here: Path) -> None:
        """Not even a hidden file is overwritten."""
        (here / "guard").mkdir()
        (here / "guard" / ".gitignore").write_text("mine")
        assert "the folder guard is not empty, and nothing in it is overwritten" in _new("guard", code=2)
        assert _files(here) == ["guard/.gitignore"]
        assert (here / "guard" / ".gitignore").read_text() == "mine"

    def test_a_file_in_its_place(self, here: Path) -> None:
        (here / "guard").write_text("mine")
        assert "guard is there and is no folder" in _new("guard", code=2)

    def test_a_link_in_its_place(self, here: Path) -> None:
        """Also one that leads nowhere."""
        (here / "guard").symlink_to("nowhere")
        assert "guard is there and is no folder" in _new("guard", code=2)


class TestAllOrNothing:
    def test_a_folder_that_cannot_be_written(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Root may write anywhere, so the current folder is gone instead."""
        (here / "gone").mkdir()
        monkeypatch.chdir(here / "gone")
        (here / "gone").rmdir()
        assert "the folder guard cannot be made: No such file or directory" in _new("guard", code=2)

    def test_a_disk_that_is_full(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """What was written until then is taken away."""
        write = Path.write_text

        def write_some(path: Path, *arguments: object, **options: object) -> int:
            if path.name == "s.yaml":
                raise OSError(28, "No space left on device")
            return write(path, *arguments, **options)  # type: ignore[arg-type]  # passed on as they came

        monkeypatch.setattr(Path, "write_text", write_some)
        assert "the folder guard cannot be made: No space left on device" in _new("guard", code=2)
        assert list(here.iterdir()) == []

    def test_a_folder_that_is_filled_in_the_meantime(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(new, "_check_target", lambda target: None)
        (here / "guard").mkdir()
        (here / "guard" / "notes").write_text("mine")
        assert "the folder guard cannot be made" in _new("guard", code=2)
        assert _files(here) == ["guard/notes"]


def _environment() -> dict[str, str]:
    """This one without what belongs to this project and to the run of its tests."""
    own = ("COV", "DATAWORKS_EXT_", "DOWNLOADS_", "FRAMEWORK_", "MAKE", "MFLAGS", "PYTEST", "PYTHON", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose pip finds this framework as a wheel, as it would in an index."""
    wheels = tmp_path_factory.mktemp("wheels")
    environment = _environment()
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if "No matching distribution found for hatchling" in done.stderr:
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stderr
    links = f"{wheels} {environment.get('PIP_FIND_LINKS', '')}".strip()
    return {**environment, "PIP_FIND_LINKS": links}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A new project, whose first `make` sets it up. It is shared: change a copy."""
    folder = tmp_path_factory.mktemp("new")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        _new("data-guard")
    yield folder / "data-guard"
    shutil.rmtree(folder / "data-guard" / ".venv", ignore_errors=True)


@pytest.fixture
def copy(made: Path, tmp_path: Path, environment: dict[str, str]) -> Path:
    """A copy of the new project to change, with the libraries of the one that was set up."""
    _make(made, environment, ".venv/.installed")
    copy = tmp_path / made.name
    shutil.copytree(made, copy, ignore=shutil.ignore_patterns(".venv"))
    (copy / ".venv").symlink_to(made / ".venv")
    return copy


def _make(project: Path, environment: dict[str, str], target: str, code: int = 0) -> str:
    """What `make` prints."""
    command = ["make", target, f"PYTHON={sys.executable}", "FRAMEWORK_FROM="]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, env=environment)
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    return said


def _change(file: Path, before: str, after: str) -> None:
    text = file.read_text()
    assert text.count(before) == 1
    file.write_text(text.replace(before, after))


def _lock(policies: Path) -> None:
    """Lock the new policies to the versions of the example's, so that uv need not look for the newest ones."""
    example = ROOT / "policies"
    text = lock_path(example, PYTHON).read_text(encoding="utf-8")
    for name in re.findall(r"^[\w-]+", (example / "requirements.txt").read_text(encoding="utf-8"), re.MULTILINE):
        text = re.sub(rf"^{name}==.*\n(?:    .*\n)+", "", text, flags=re.MULTILINE)
    lock_path(policies, PYTHON).write_text(text, encoding="utf-8")


class TestTheProject:
    def test_it_passes_its_own_tests(self, made: Path, environment: dict[str, str]) -> None:
        """`make test` runs its tests and its cases, and every policy is covered."""
        said = _make(made, environment, "test")
        assert re.search(r"=+ \d+ passed in ", said)

    def test_its_tests_notice_a_broken_policy(self, copy: Path, environment: dict[str, str]) -> None:
        """The test and the line of the case say what went wrong."""
        _change(copy / "policies" / "downloads.py", "event.data_row_size > limit", "event.data_row_size < 0")
        said = _make(copy, environment, "test", code=2)
        assert "test_a_large_download_is_denied" in said
        line = (copy / "cases" / "downloads.yaml").read_text().split("- name: a large download")[0].count("\n") + 1
        assert f"cases/downloads.yaml:{line}" in said

    def test_its_tests_notice_a_policy_that_no_test_knows(self, copy: Path, environment: dict[str, str]) -> None:
        """`make test` wants every policy to be covered."""
        policy = (
            "@downloads.policy(DownloadResources)\ndef unknown(event: DownloadResources) -> None:\n    return None\n"
        )
        with (copy / "policies" / "downloads.py").open("a") as file:
            file.write(policy)
        assert "downloads.unknown" in _make(copy, environment, "test", code=2)

    def test_it_shows_what_the_policies_say(self, copy: Path, environment: dict[str, str]) -> None:
        """`make run` puts a sample to them. The environment has its say."""
        said = _make(copy, environment, "run")
        assert "-: download-resources FAIL" in said
        assert "downloads.no_spreadsheets" in said
        assert "-: download-resources OK" in _make(copy, {**environment, "DOWNLOADS_MAX_ROWS": "200000"}, "run")

    def test_its_cases_run_by_themselves(self, copy: Path, environment: dict[str, str]) -> None:
        command = [str(copy / ".venv" / "bin" / "dataworks-ext"), "test"]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr

    def test_it_is_packaged_and_healthy(self, copy: Path, environment: dict[str, str]) -> None:
        """The framework comes from its wheel. The doctor finds nothing, as soon as there is a package."""
        doctor = [str(copy / ".venv" / "bin" / "dataworks-ext"), "doctor"]
        before = subprocess.run(doctor, cwd=copy, capture_output=True, text=True, env=environment)
        assert before.stdout.count("problem") == 1
        assert "build it: dataworks-ext package" in before.stdout
        _lock(copy / "policies")
        _make(copy, environment, "package")
        assert (copy / "dist" / "function" / "dataworks_ext" / "function.py").is_file()
        after = subprocess.run(doctor, cwd=copy, capture_output=True, text=True, env=environment)
        assert after.stdout.startswith("Passed: ")
        assert after.returncode == 0

    def test_the_commands_of_the_tutorial_work(self, copy: Path, environment: dict[str, str]) -> None:
        """Those after the first three, which made the project. The last one is denied, as its page says."""
        text = (ROOT / "docs" / "testing.md").read_text(encoding="utf-8")
        commands = "".join(re.findall(r"^```sh\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)).splitlines()
        assert commands[:3] == [
            "pip install 'dataworks-ext[cli,test]'",
            "dataworks-ext new data-guard",
            "cd data-guard",
        ]
        assert commands[-1] == "dataworks-ext invoke download-resources"
        _lock(copy / "policies")
        path = f"{copy / '.venv' / 'bin'}{os.pathsep}{environment['PATH']}"
        for command in commands[3:] if PYTHON in runtimes_at_hand() else commands[3:-1]:
            done = subprocess.run(
                command.replace("make ", f"make PYTHON={sys.executable} "),
                shell=True,
                cwd=copy,
                capture_output=True,
                text=True,
                env={**environment, "PATH": path},
            )
            denied = command == commands[-1]
            assert done.returncode == denied, f"{command}\n{done.stdout}{done.stderr}"

    def test_a_python_that_is_not_there_is_named(self, here: Path) -> None:
        _new("data-guard")
        command = ["make", "test", "PYTHON=python2.0"]
        done = subprocess.run(command, cwd="data-guard", capture_output=True, text=True, env=_environment())
        assert done.returncode == 2
        assert "make: python2.0 is not there, or older than 3.10" in done.stdout
