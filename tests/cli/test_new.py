"""`dataworks-ext new`: a project that is whole, clean, and passes its own tests."""

from __future__ import annotations

import hashlib
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dataworks_ext import __version__
from dataworks_ext.cli import new
from dataworks_ext.cli._app import app
from dataworks_ext.deploy.wheels import lock_path
from dataworks_ext.events import catalog
from dataworks_ext.local import runtimes_at_hand

ROOT = Path(__file__).parent.parent.parent
PYPROJECT = str(ROOT / "pyproject.toml")
WHEEL = f"vendor/dataworks_ext-{__version__}-py3-none-any.whl"
FILES = [
    ".github/workflows/ci.yml",
    ".gitignore",
    ".gitlab-ci.yml",
    "Makefile",
    "README.md",
    "cases/downloads.yaml",
    "policies/__init__.py",
    "policies/downloads.py",
    "policies/requirements.txt",
    "pyproject.toml",
    "requirements.txt",
    "s.yaml",
    "tests/test_downloads.py",
    WHEEL,
    "vendor/requirements.txt",
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


def _mypy(factory: pytest.TempPathFactory) -> list[str]:
    """What checks the types of a project. It looks through the framework once in a run."""
    return ["mypy", "--config-file", PYPROJECT, "--cache-dir", str(factory.getbasetemp() / "mypy"), "."]


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
        texts = [(here / "data-guard" / name).read_text() for name in FILES if name != WHEEL]
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

    def test_its_code_is_typed_as_strictly_as_ours(self, here: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
        _new("data-guard")
        _run_tool("data-guard", *_mypy(tmp_path_factory))


class TestWhereTheFrameworkComesFrom:
    """A project whose framework is from no index has it as a wheel, so that it installs on any machine."""

    def test_from_an_index_it_is_a_requirement(self, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.metadata.PathDistribution.read_text", lambda *_: None)
        _new("data-guard")
        assert _files(here / "data-guard") == [name for name in FILES if not name.startswith("vendor")]
        lines = (here / "data-guard" / "requirements.txt").read_text().splitlines()
        assert f"dataworks-ext[cli,test]>={__version__}" in lines
        assert "vendor" not in (here / "data-guard" / "README.md").read_text()

    def test_otherwise_it_is_a_wheel_with_its_hash(self, here: Path) -> None:
        """The project says how to change to the index. No path of this machine is in it."""
        _new("data-guard")
        wheel = (here / "data-guard" / WHEEL).read_bytes()
        lines = (here / "data-guard" / "requirements.txt").read_text().splitlines()
        assert f"./{WHEEL}[cli,test]" in lines
        assert any(line.endswith(f"delete vendor/ and write: dataworks-ext[cli,test]>={__version__}") for line in lines)
        hashes = (here / "data-guard" / "vendor" / "requirements.txt").read_text()
        assert hashes == f"./{WHEEL} --hash=sha256:{hashlib.sha256(wheel).hexdigest()}\n"
        with zipfile.ZipFile(here / "data-guard" / WHEEL) as archive:
            assert [name for name in archive.namelist() if str(ROOT).encode() in archive.read(name)] == []

    def test_the_wheel_is_reproducible(self, here: Path) -> None:
        _new("one")
        _new("two")
        assert (here / "one" / WHEEL).read_bytes() == (here / "two" / WHEEL).read_bytes()

    def test_a_wheel_that_was_changed_is_not_installed(self, here: Path, environment: dict[str, str]) -> None:
        _new("data-guard")
        with zipfile.ZipFile(here / "data-guard" / WHEEL, "a") as archive:
            archive.writestr("dataworks_ext/more.py", "")
        done = _make(here / "data-guard", environment, "--dry-run", "test")
        found = re.search(r"^.venv/bin/pip (install .*--require-hashes .*vendor/requirements.txt)$", done, re.MULTILINE)
        assert found is not None
        pip = [sys.executable, "-m", "pip", *found[1].split(), "--dry-run"]
        refused = subprocess.run(pip, cwd="data-guard", capture_output=True, text=True, env=environment)
        assert "THESE PACKAGES DO NOT MATCH THE HASHES" in refused.stderr


_CHANGED_BY_THE_ENVIRONMENT = ("DATAWORKS_EXT_MODES", "DATAWORKS_EXT_EXEMPTIONS", "DATAWORKS_EXT_CODE")


class TestEvents:
    """`--events`: a pack with a rule for each."""

    def test_every_extension_point_has_a_rule_that_is_tested(
        self, here: Path, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        """Clean, typed strictly, and covered by its own tests and cases."""
        codes = [entry.code for entry in catalog.values() if entry.extension_point]
        _new("guard", "--events", ",".join(codes))
        _run_tool("guard", "ruff", "check", "--no-cache", "--config", PYPROJECT, ".")
        _run_tool("guard", "ruff", "format", "--no-cache", "--check", "--config", PYPROJECT, ".")
        _run_tool("guard", *_mypy(tmp_path_factory))
        _run_tool("guard", "pytest", "-q", "-p", "no:cacheprovider", "--policy-coverage-fail-under=100")

    def test_its_s_yaml_has_what_the_events_need(self, here: Path) -> None:
        """The doctor misses what the console gives, and the package."""
        _new("guard", "--events", "commit-file, backfill-data，upload-data-to-table")
        offered = (here / "guard" / "s.yaml").read_text()
        assert [name for name in _CHANGED_BY_THE_ENVIRONMENT if f"{name}: ${{env('{name}', '')}}" not in offered] == []
        command = [sys.executable, "-m", "dataworks_ext", "doctor", "--json"]
        found = json.loads(subprocess.run(command, cwd="guard", capture_output=True, env=_environment()).stdout)
        assert [finding["check"] for finding in found] == ["code", "role", "package"]
        given = {"DATAWORKS_EXT_CODE": "guard", "FC_ROLE": "acs:ram::1:role/guard"}
        environment = {**_environment(), **given}
        found = json.loads(subprocess.run(command, cwd="guard", capture_output=True, env=environment).stdout)
        assert [finding["check"] for finding in found] == ["package"]

    def test_its_readme_says_how_its_messages_reach_it(self, here: Path) -> None:
        _new("called", "--events", "commit-file")
        _new("direct", "--events", "upload-data-to-table")
        _new("both", "--events", "commit-file,upload-data-to-table")
        texts = [(here / name / "README.md").read_text() for name in ("called", "direct", "both")]
        assert ["EventBridge" in text for text in texts] == [True, False, True]
        assert ["waits for what it returns" in text for text in texts] == [False, True, True]
        assert ["DATAWORKS_EXT_EVENT_BUS" in text for text in texts] == [True, False, True]

    @pytest.mark.parametrize(
        ("codes", "said"),
        [
            ("commit-fiel", 'there is no event "commit-fiel"; did you mean "commit-file"?'),
            ("freeze-instance", '"freeze-instance" is not a blocking event, so no rule can refuse it'),
            (" , ", "--events names no event; write --events commit-file,backfill-data"),
        ],
    )
    def test_what_is_no_event_to_decide(self, here: Path, codes: str, said: str) -> None:
        assert said in _new("guard", "--events", codes, code=2)
        assert list(here.iterdir()) == []

    @pytest.mark.parametrize(("typed", "pack"), [("commit-file", "rules"), ("", "downloads")])
    def test_a_terminal_is_asked_for_them(self, here: Path, typed: str, pack: str) -> None:
        """Without an answer, the pack is about downloads."""
        ours, theirs = pty.openpty()
        os.write(ours, f"{typed}\n".encode())
        command = [sys.executable, "-m", "dataworks_ext", "new", "guard"]
        done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, env=_environment())
        assert "Event codes, separated by commas [download-resources,download-resources-execute]" in done.stdout
        assert done.returncode == 0, done.stderr
        assert (here / "guard" / "policies" / f"{pack}.py").is_file()


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
        write = Path.write_bytes

        def write_some(path: Path, *arguments: object, **options: object) -> int:
            if path.name == "s.yaml":
                raise OSError(28, "No space left on device")
            return write(path, *arguments, **options)  # type: ignore[arg-type]  # passed on as they came

        monkeypatch.setattr(Path, "write_bytes", write_some)
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
    own = ("COV", "DATAWORKS_EXT_", "DOWNLOADS_", "MAKE", "MFLAGS", "PYTEST", "PYTHON", "VIRTUAL_ENV")
    return {name: value for name, value in os.environ.items() if not name.startswith(own)}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """That of a machine with a Python and a package index, and nothing else of this one."""
    indexes = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_"))}
    configured = [
        path for path in (Path.home() / ".config/pip/pip.conf", Path.home() / ".pip/pip.conf") if path.exists()
    ]
    home = tmp_path_factory.mktemp("home")
    if configured:
        indexes.setdefault("PIP_CONFIG_FILE", str(configured[0]))
    wheels = tmp_path_factory.mktemp("wheels")
    _write_distribution(wheels)
    _write_installed(wheels, "aliyun-fc2")
    indexes["PIP_FIND_LINKS"] = f"{wheels} {indexes.get('PIP_FIND_LINKS', '')}".strip()
    path = os.pathsep.join([str(Path(sys.base_prefix) / "bin"), "/usr/bin", "/bin"])
    return {"HOME": str(home), "PATH": path, **indexes}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A clone of a new project's repository, whose first `make` sets it up. It is shared: change a copy.

    Its policies require another distribution, which depends on the framework: that is in no index.
    """
    folder = tmp_path_factory.mktemp("new")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        _new("data-guard")
    (folder / "data-guard" / "policies" / "requirements.txt").write_text("shared-rules>=1\n")
    git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
    for arguments in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "Begin"], ["clone", "-q", ".", "../a clone"]):
        subprocess.run([*git, *arguments], cwd=folder / "data-guard", check=True, env=_environment())
    yield folder / "a clone"
    shutil.rmtree(folder / "a clone" / ".venv", ignore_errors=True)


@pytest.fixture
def copy(made: Path, tmp_path: Path, environment: dict[str, str]) -> Path:
    """A copy of the new project to change, with the libraries of the one that was set up."""
    _make(made, environment, ".venv/.installed")
    copy = tmp_path / made.name
    shutil.copytree(made, copy, ignore=shutil.ignore_patterns(".venv"))
    (copy / ".venv").symlink_to(made / ".venv")
    requirements = copy / "policies" / "requirements.txt"
    requirements.write_text("")
    os.utime(requirements, (0, 0))  # or make would set it up again
    return copy


def _make(project: Path, environment: dict[str, str], *arguments: str, code: int = 0) -> str:
    """What `make` prints."""
    done = subprocess.run(["make", *arguments], cwd=project, capture_output=True, text=True, env=environment)
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    return said


def _write_distribution(folder: Path) -> None:
    """A wheel with a pack, whose metadata name the framework."""
    pack = (
        "from dataworks_ext import PolicyPack, deny\n"
        "shared = PolicyPack('shared')\n"
        "@shared.policy('delete-project')\n"
        "def nobody_deletes(event):\n"
        "    return deny('No.')\n"
    )
    metadata = "Metadata-Version: 2.1\nName: shared-rules\nVersion: 1.0\nRequires-Dist: dataworks-ext>=0.1\n"
    wheel = "Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / "shared_rules-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr("shared_rules.py", pack)
        archive.writestr("shared_rules-1.0.dist-info/METADATA", metadata)
        archive.writestr("shared_rules-1.0.dist-info/WHEEL", wheel)
        archive.writestr("shared_rules-1.0.dist-info/RECORD", "")


def _write_installed(folder: Path, name: str) -> None:
    """A wheel of a library that is here: an index may have only its source, which takes long to build."""
    found = distribution(name)
    with zipfile.ZipFile(folder / f"{name.replace('-', '_')}-{found.version}-py3-none-any.whl", "w") as archive:
        for file in found.files or ():
            if "__pycache__" not in file.parts:
                archive.write(str(found.locate_file(file)), str(file))


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
        assert "build it: dataworks-ext package" in " ".join(before.stdout.split())
        _lock(copy / "policies")
        _make(copy, environment, "package")
        assert (copy / "dist" / "function" / "dataworks_ext" / "function.py").is_file()
        after = subprocess.run(doctor, cwd=copy, capture_output=True, text=True, env=environment)
        assert after.stdout.startswith("Passed: ")
        assert after.returncode == 0

    def test_a_pack_of_another_distribution_is_tested_with_it(self, copy: Path, environment: dict[str, str]) -> None:
        """One that depends on the framework, which is in no index."""
        module = copy / "policies" / "__init__.py"
        _change(module, "packs=[downloads]", "packs=[downloads, shared]")
        _change(module, "from .downloads", "from shared_rules import shared\n\nfrom .downloads")
        said = _make(copy, environment, "test", code=2)
        assert re.search(r"^shared\.nobody_deletes +0 +0 +0 +0 ", said, re.MULTILINE), said
        assert "2 of 3 policies covered" in said

    def test_the_commands_of_the_tutorial_work(self, copy: Path, environment: dict[str, str]) -> None:
        """Those after the first three, which made the project. The last one is denied, as its page says."""
        text = (ROOT / "docs" / "en" / "testing.md").read_text(encoding="utf-8")
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
                command,
                shell=True,
                cwd=copy,
                capture_output=True,
                text=True,
                env={**environment, "PATH": path},
            )
            denied = command == commands[-1]
            assert done.returncode == denied, f"{command}\n{done.stdout}{done.stderr}"

    @pytest.mark.parametrize(
        ("python", "said"),
        [
            ("python2.0", "python2.0 is not there, or older than 3.10"),
            ("./python3.9", "./python3.9 is not there, or older than 3.10"),
            ("", "no Python from 3.10 on is here"),
        ],
    )
    def test_without_a_python_make_says_what_it_needs(self, here: Path, python: str, said: str) -> None:
        """In one sentence."""
        _new("data-guard")
        old = here / "data-guard" / "python3.9"
        old.write_text("#!/bin/sh\nexit 1\n")  # what any of its programs that ask for the version ends with
        old.chmod(0o755)
        command = ["make", "test", f"PYTHON={python}"]
        done = subprocess.run(command, cwd="data-guard", capture_output=True, text=True, env=_environment())
        assert done.returncode == 2
        assert done.stdout == f"make: {said}; name one: make PYTHON=/path/to/python test\n"
        assert len(done.stderr.splitlines()) == 1

    @pytest.mark.parametrize("name", ["python3", "python3.12"])
    def test_make_takes_any_python_that_is_there(self, here: Path, name: str) -> None:
        """The first from 3.10 on, whatever it is called."""
        _new("data-guard")
        (here / "bin").mkdir()
        (here / "bin" / name).symlink_to(Path(sys.base_prefix) / "bin" / "python3")
        for tool in ("sh", "make"):
            (here / "bin" / tool).symlink_to(shutil.which(tool) or tool)
        command = ["make", "--dry-run", ".venv/.installed"]
        environment = {"PATH": str(here / "bin"), "HOME": str(here)}
        done = subprocess.run(command, cwd="data-guard", capture_output=True, text=True, env=environment)
        assert f'"{name}" -m venv --clear .venv' in done.stdout
