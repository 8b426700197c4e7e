"""Installs with uv what pip would: `python tests/uv.py --python .venv-3.12 --editable '.[dev]'`.

uv does not read what pip is told by its files and its environment. This passes it on: indexes, links, certificates,
trusted hosts, constraints, proxy and timeout.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

_SECTIONS: Final = ("global", "install", ":env:")
"""Of pip's configuration; the later goes first."""
_OPTIONS: Final = {"find-links": "--find-links", "trusted-host": "--allow-insecure-host", "constraint": "--constraints"}
_VARIABLES: Final = {
    "index-url": "UV_DEFAULT_INDEX",  # no option, for it may have a password, and all see what a command is called with
    "extra-index-url": "UV_INDEX",
    "cert": "SSL_CERT_FILE",
    "proxy": "ALL_PROXY",
    "timeout": "UV_HTTP_TIMEOUT",
}
_TRUE: Final = ("1", "true", "yes", "on", "y", "t")


def pip_configuration() -> dict[str, str]:
    """What pip is told, by the long names of its options."""
    listed = subprocess.run([sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=True)
    found: dict[str, dict[str, str]] = {}
    for line in listed.stdout.splitlines():
        name, _, value = line.partition("=")
        section, _, option = name.rpartition(".")
        found.setdefault(section, {})[option] = ast.literal_eval(value)
    configuration = {option: value for section in _SECTIONS for option, value in found.get(section, {}).items()}
    configuration.setdefault("timeout", configuration.get("default-timeout", ""))
    configuration.setdefault("cert", os.environ.get("REQUESTS_CA_BUNDLE", ""))
    return configuration


def options(configuration: Mapping[str, str]) -> Iterator[str]:
    """The same, as options of `uv pip install`."""
    yield from ("--index-strategy", "unsafe-best-match", "--no-python-downloads")
    if configuration.get("no-index", "").lower() in _TRUE:
        yield "--no-index"
    for name, option in _OPTIONS.items():
        for value in configuration.get(name, "").split():
            yield from (option, value)


def variables(configuration: Mapping[str, str]) -> dict[str, str]:
    """And as variables, where there is no option, or a secret in it."""
    found = {name: " ".join(configuration.get(option, "").split()) for option, name in _VARIABLES.items()}
    return {name: value for name, value in found.items() if value}


def main() -> int:
    """Run `uv pip install`."""
    configuration = pip_configuration()
    command = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", *options(configuration)]
    environment = {**os.environ, **variables(configuration)}
    return subprocess.run([*command, *sys.argv[1:]], env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
