"""The command itself: its help, its entry, and what it says without its libraries."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dataworks_ext import __version__
from dataworks_ext.cli import main
from dataworks_ext.cli._app import app

_WITHOUT = """
import sys

class NotInstalled:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[1]:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, NotInstalled())
from dataworks_ext.cli import main
main()
"""

_SUBCOMMANDS = ("new", "events", "policies", "check", "test", "package", "doctor", "local", "deploy", "invoke")


def _run_without(module: str) -> subprocess.CompletedProcess[str]:
    """The entry, in a process where a module is not installed."""
    return subprocess.run([sys.executable, "-c", _WITHOUT, module], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("library", ["typer", "rich"])
def test_without_its_libraries_the_command_says_how_to_get_them(library: str) -> None:
    done = _run_without(library)
    assert done.stderr == (
        f"dataworks-ext: the command needs {library}; install it with: pip install 'dataworks-ext[cli]'\n"
    )
    assert (done.returncode, done.stdout) == (2, "")


def test_another_missing_module_is_an_error_as_always() -> None:
    """What `pip install 'dataworks-ext[cli]'` would not mend is not blamed on it."""
    done = _run_without("pydantic")
    assert done.stderr.endswith("ModuleNotFoundError: No module named 'pydantic'\n")
    assert done.returncode == 2


def test_the_entry_runs_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["dataworks-ext", "events", "commit-file", "--sample"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    assert '"eventCode": "commit-file"' in capsys.readouterr().out


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_without_a_subcommand_the_help_is_shown(arguments: list[str]) -> None:
    shown = CliRunner().invoke(app, arguments, prog_name="dataworks-ext").output
    assert shown.startswith("Usage: dataworks-ext [OPTIONS] COMMAND [ARGS]...")
    listed = shown.partition("Commands:")[2].split()
    assert {"events", "policies", "check"} <= set(listed)


@pytest.mark.parametrize("subcommand", ["", *_SUBCOMMANDS])
@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_fits_80_columns_without_a_cut(subcommand: str, option: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """No line is longer, and no sentence of the overview ends in an ellipsis."""
    monkeypatch.setenv("COLUMNS", "80")
    result = CliRunner().invoke(app, [*subcommand.split(), option], prog_name="dataworks-ext")
    assert result.exit_code == 0
    assert [line for line in result.output.splitlines()[1:] if len(line) > 80 or line.endswith("...")] == []


@pytest.mark.parametrize("subcommand", sorted({*_SUBCOMMANDS} - {"events", "policies", "local"}))
def test_exit_statuses_are_in_the_help(subcommand: str) -> None:
    text = " ".join(CliRunner().invoke(app, [subcommand, "--help"]).output.split())
    assert re.search(r"Exit status 0: .+ 2: .+\.", text)


def test_the_version_is_printed() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"dataworks-ext {__version__}\n"


def test_the_command_runs_as_a_module() -> None:
    done = subprocess.run([sys.executable, "-m", "dataworks_ext", "--version"], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == (f"dataworks-ext {__version__}\n", "")


@pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
def test_bash_completes_subcommands_options_and_codes(tmp_path: Path) -> None:
    """By the script that the command prints, in a real shell."""
    command = tmp_path / "dataworks-ext"
    command.write_text(f"#!{sys.executable}\nfrom dataworks_ext.cli import main\nmain()\n")
    command.chmod(0o755)
    typed = """
source <(dataworks-ext --show-completion bash)
complete() {
    COMP_WORDS=(dataworks-ext "$@") COMP_CWORD=$#
    _dataworks_ext_completion dataworks-ext
    echo ${COMPREPLY[@]}
}
complete pol
complete check --s
complete events commit-
"""
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1",  # the shell of this test is named
    }
    done = subprocess.run(["bash", "-c", typed], capture_output=True, text=True, env=environment)
    assert done.stdout.splitlines() == ["policies", "--snapshot --set", "commit-file commit-table"], done.stderr


def test_an_unknown_subcommand_ends_with_2() -> None:
    result = CliRunner().invoke(app, ["chek"])
    assert result.exit_code == 2
    assert "No such command 'chek'" in result.output
