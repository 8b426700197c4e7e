"""What pip is configured for, in terms of uv, which does not read it: most mirrors of the index are named there."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from configparser import Error, RawConfigParser
from pathlib import Path
from typing import Final

from .layout import PackagingError

_LISTS: Final = {
    "extra-index-url": ("UV_INDEX", " "),
    "find-links": ("UV_FIND_LINKS", ","),
    "trusted-host": ("UV_INSECURE_HOST", " "),
    "constraint": ("UV_CONSTRAINT", " "),
}
"""pip separates by white space; uv by what stands here."""
_VALUES: Final = {
    "index-url": "UV_DEFAULT_INDEX",
    "cert": "SSL_CERT_FILE",
    "client-cert": "SSL_CLIENT_CERT",
    "proxy": "ALL_PROXY",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "timeout": "UV_HTTP_TIMEOUT",
    "retries": "UV_HTTP_RETRIES",
}
_TRUE: Final = ("1", "true", "yes", "on", "y", "t")


def uv_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment variables that tell uv what pip's configuration says. A variable of uv's own that is set wins.

    Credentials in addresses go through the environment too: arguments would be in the list of processes.

    Raises:
        PackagingError: A configuration file of pip's cannot be read.
    """
    settings = pip_settings(environment)
    variables = {"UV_INDEX_STRATEGY": "unsafe-best-match"}  # as pip: the best version, whichever index has it
    for name, (variable, separator) in _LISTS.items():
        if items := settings.get(name, "").split():
            variables[variable] = separator.join(items)
    for name, variable in _VALUES.items():
        if value := settings.get(name, "").strip():
            variables[variable] = value
    if is_on(settings, "pre"):
        variables["UV_PRERELEASE"] = "allow"
    if settings.get("keyring-provider") == "subprocess":  # uv knows no other
        variables["UV_KEYRING_PROVIDER"] = "subprocess"
    return {name: environment.get(name, value) for name, value in variables.items()}


def is_on(settings: Mapping[str, str], name: str) -> bool:
    """Whether a setting that says yes or no says yes."""
    return settings.get(name, "").strip().lower() in _TRUE


def pip_settings(environment: Mapping[str, str]) -> dict[str, str]:
    """The options of `pip install` by name, such as `index-url`: of its files, and of the environment, which wins.

    Source: pip, "Configuration".

    Raises:
        PackagingError: A configuration file cannot be read.
    """
    settings: dict[str, str] = {}
    for file in _files(environment):
        settings.update(_read(file))
    for variable, value in environment.items():
        if variable.startswith("PIP_") and value:
            settings[_name(variable.removeprefix("PIP_"))] = value
    return settings


def _read(file: Path) -> dict[str, str]:
    parser = RawConfigParser()
    try:
        parser.read(file, encoding="utf-8")  # a file that is not there is none
    except (Error, OSError, UnicodeDecodeError) as error:
        raise PackagingError(f"{file}, which configures pip, cannot be read: {type(error).__name__}") from None
    sections = [parser[name] for name in ("global", "install") if parser.has_section(name)]
    return {_name(key): value for section in sections for key, value in section.items() if value}


def _name(key: str) -> str:
    return key.lower().replace("_", "-").removeprefix("--")


def _files(environment: Mapping[str, str]) -> Iterator[Path]:
    """pip's configuration files; a later one wins."""
    named = environment.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    home = Path(environment.get("HOME") or Path.home())
    if sys.platform == "win32":
        yield Path(environment.get("PROGRAMDATA", "C:\\ProgramData"), "pip", "pip.ini")
        users = [home / "pip" / "pip.ini", Path(environment.get("APPDATA", ""), "pip", "pip.ini")]
    else:
        shared = environment.get("XDG_CONFIG_DIRS") or "/etc/xdg"
        library = Path("Library", "Application Support", "pip", "pip.conf")
        yield Path("/", library) if sys.platform == "darwin" else Path("/etc/xdg/pip/pip.conf")
        yield from (Path(folder, "pip", "pip.conf") for folder in reversed(shared.split(os.pathsep)) if folder)
        yield Path("/etc/pip.conf")
        own = Path(environment.get("XDG_CONFIG_HOME") or home / ".config", "pip", "pip.conf")
        users = [home / ".pip" / "pip.conf", home / library if (home / library.parent).is_dir() else own]
    if not (named and Path(named).exists()):  # pip reads the user's files only where no other is named
        yield from users
    yield Path(sys.prefix, "pip.ini" if sys.platform == "win32" else "pip.conf")
    if named:
        yield Path(named)
