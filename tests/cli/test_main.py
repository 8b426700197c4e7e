"""The command itself: its help, its entry, and what it says without its libraries."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

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


def _run_without(module: str) -> subprocess.CompletedProcess[str]:
    """The entry, in a process where a module is not installed."""
    return subprocess.run([sys.executable, "-c", _WITHOUT, module], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("library", ["typer", "rich"])
def test_without_its_libraries_the_command_says_how_to_get_them(library: str) -> None:
    done = _run_without(library)
    assert done.stderr == (
        f"dataworks-ext: the command needs {library}; install it with: pip install 'dataworks-ext[cli]'\n"
    )
    assert (done.returncode, done.stdout) == (1, "")


def test_another_missing_module_is_an_error_as_always() -> None:
    """What `pip install 'dataworks-ext[cli]'` would not mend is not blamed on it."""
    assert _run_without("structlog").stderr.endswith("ModuleNotFoundError: No module named 'structlog'\n")


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


@pytest.mark.parametrize("subcommand", ["events", "policies", "check"])
def test_every_subcommand_has_its_help(subcommand: str) -> None:
    result = CliRunner().invoke(app, [subcommand, "--help"])
    assert result.exit_code == 0
    assert "--json" in result.output


def test_the_exit_codes_of_check_are_in_its_help() -> None:
    text = " ".join(CliRunner().invoke(app, ["check", "--help"]).output.split())
    assert "Exit code 0: allowed. 1: at least one denied. 2: at least one could not be read." in text


def test_an_unknown_subcommand_ends_with_2() -> None:
    result = CliRunner().invoke(app, ["chek"])
    assert result.exit_code == 2
    assert "No such command 'chek'" in result.output
