"""The exit status of the command, and what it does where the output is no UTF-8, is full or closed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from dataworks_ext.testing import sample_payload

_ALLOWS = """
from dataworks_ext import Extension, allow

extension = Extension("house")


@extension.policy("download-resources")
def rows(event):
    \"\"\"看一看\\u00e9\U0001f600\"\"\"
    return allow("可以\\u00e9\U0001f600")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The current folder of the command, with an extension that allows in Chinese, and a message."""
    (tmp_path / "polite.py").write_text(_ALLOWS, encoding="utf-8")
    (tmp_path / "sample.json").write_text(json.dumps(sample_payload("download-resources")))
    return tmp_path


def _run(
    folder: Path, command: str, environment: Mapping[str, str] | None = None, stdout: int = subprocess.PIPE
) -> subprocess.CompletedProcess[bytes]:
    """The command in a shell, by the name it has there."""
    shell = f'dataworks-ext() {{ {sys.executable} -m dataworks_ext "$@"; }}\n{command}'
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("LC_", "PYTHONIO", "LANG"))}
    variables = {**inherited, "DATAWORKS_EXT_APP": "polite:extension", **(environment or {})}
    pipe = subprocess.PIPE
    return subprocess.run(["bash", "-c", shell], cwd=folder, stdout=stdout, stderr=pipe, env=variables, check=False)


@pytest.mark.parametrize(
    "environment",
    [{"LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "gbk"}],
    ids=["LANG=C", "gbk"],
)
def test_an_allowed_message_is_allowed_whatever_the_encoding(folder: Path, environment: dict[str, str]) -> None:
    """What cannot be encoded is escaped, for programs as JSON has it."""
    done = _run(folder, "dataworks-ext check sample.json", environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"\\U0001f600" in done.stdout
    done = _run(folder, "dataworks-ext check sample.json --json", environment)
    encoding = environment.get("PYTHONIOENCODING", "ascii")
    assert json.loads(done.stdout.decode(encoding))[0]["reasons"][0]["message"] == "可以é😀"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", ["events", "check sample.json --json"])
def test_a_full_disk_ends_with_2(folder: Path, arguments: str) -> None:
    """1 would mean denied."""
    done = _run(folder, f"dataworks-ext {arguments} > /dev/full")
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"dataworks-ext: input or output failed: No space left on device\n"


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("dataworks-ext check - <&-", b"standard input is closed; name a file instead of -\n"),
        ("dataworks-ext policies >&-", b"standard output is closed\n"),
    ],
)
def test_a_closed_stream_ends_with_2(folder: Path, command: str, said: bytes) -> None:
    done = _run(folder, command)
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", b"dataworks-ext: " + said)


@pytest.mark.parametrize("arguments", ["events", "events --json", "-h"], ids=["a table", "JSON", "help"])
def test_a_pipe_that_nobody_reads_ends_it_quietly(folder: Path, arguments: str) -> None:
    """With the status that the shell has for it."""
    reading, writing = os.pipe()
    os.close(reading)
    done = _run(folder, f"dataworks-ext {arguments}", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_pipe_gets_lines_of_eighty_columns(folder: Path) -> None:
    done = _run(folder, "unset COLUMNS; dataworks-ext events backfill-data < /dev/null 2> /dev/null")
    assert max(map(len, done.stdout.decode().splitlines())) <= 80


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ("--jso", "No such option: --jso"),
        ("--app nowhere:extension", "there is no module nowhere to load nowhere:extension from."),
    ],
    ids=["usage", "another"],
)
def test_errors_are_json_where_json_was_asked_for(folder: Path, arguments: str, error: str) -> None:
    """For people they are on stderr as well."""
    done = _run(folder, f"dataworks-ext policies {arguments} --json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"].startswith(error)
    assert done.stderr.startswith(f"dataworks-ext: {error}".encode())


def test_a_defect_of_the_command_is_no_verdict(folder: Path) -> None:
    (folder / "defect.py").write_text("from dataworks_ext.cli import events, main\nevents.catalog = None\nmain()\n")
    done = _run(folder, f"{sys.executable} defect.py events")
    assert done.returncode == 3
    assert done.stderr.endswith(
        b"dataworks-ext: this is a defect of dataworks-ext: AttributeError. Please report it with the lines above\n"
    )
