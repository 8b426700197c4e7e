"""Environment variables that are named on the command line, without values in the list of processes."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ._output import fail


def read_variables(
    pairs: Sequence[str], file: Path | None, environment: Mapping[str, str] = os.environ
) -> dict[str, str]:
    """The variables of a file and of `--env`, which override the file's; ends the command if one cannot be read.

    Args:
        pairs: `NAME=VALUE`, or `NAME` for the value that the variable has here.
        file: Lines of `NAME=VALUE`; see `_of_file`.
        environment: Where a `NAME` is looked up.
    """
    variables = {} if file is None else _of_file(file)
    for pair in pairs:
        name, separator, value = pair.partition("=")
        if not name:
            fail("--env has a value without a name; expected NAME=VALUE, or NAME")
        if not separator and name not in environment:
            fail(f"--env {name}: there is no such environment variable; set it, or write --env {name}=VALUE")
        variables[name] = value if separator else environment[name]
    return variables


def _of_file(file: Path) -> dict[str, str]:
    """Lines of `NAME=VALUE`, with or without `export` before it and quotes around the value. `#` begins a comment."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        fail(f"--env-file {file} cannot be read: {error.strerror}")
    except UnicodeDecodeError:
        fail(f"--env-file {file} is no text in UTF-8")
    variables = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, separator, value = text.removeprefix("export ").partition("=")
        name, value = name.strip(), value.strip()
        if not name or not separator or " " in name:
            fail(f"--env-file {file}, line {number}: expected NAME=VALUE")
        is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "'\""
        variables[name] = value[1:-1] if is_quoted else value
    return variables
