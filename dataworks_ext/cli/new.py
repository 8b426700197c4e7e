"""`dataworks-ext new`: a project of one's own, which runs and tests at once."""

from __future__ import annotations

import json
import keyword
import re
import shutil
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit
from urllib.request import url2pathname

import typer

from .. import __version__
from ._output import console, fail, plain

MAX_NAME: Final = 64
"""Characters of a function's name.

Source: Resource Orchestration Service, "ALIYUN::FC3::Function", FunctionName.
"""
MAX_PACK: Final = 20
"""Characters of a pack's name. Longer ones would make the lines of the new files too long."""
_TAKEN: Final = ("deny", "extension", "no_spreadsheets", "row_limit")
"""Names in the new files that a pack cannot have beside them."""
_TEMPLATES: Final = Path(__file__).with_name("project")
_SUFFIX: Final = ".template"
_LOCAL: Final = """# The framework of this machine. Not for the repository: elsewhere it comes from the package index.
FRAMEWORK_FROM := {}
"""
_COMMANDS: Final = ("make test", "make run")


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the folder, the extension and the function.")],
    pack: Annotated[str, typer.Option(metavar="PACK", help="Name of the first pack.")] = "downloads",
) -> None:
    """Create a project with policies, tests and deployment.

    The folder NAME gets a pack of policies, its tests and cases, s.yaml, a Makefile and CI. Nothing is overwritten, and
    after an error nothing is left behind.

    Exit status 0: created. 2: not created.
    """
    _check_name(name)
    _check_pack(pack, name)
    target = Path(name)
    _check_target(target)
    contents = _contents(name, pack)
    try:
        _write(target, contents)
    except OSError as error:
        fail(f"the folder {target} cannot be made: {error.strerror or error}")
    out = console()
    out.print(*plain(f"Made {target}:"))
    for path in sorted(contents):
        out.print(*plain(f"  {path}"))
    out.print(*plain("Next:"))
    for command in (f"cd {target}", *_COMMANDS):
        out.print(*plain(f"  {command}"))


def _check_name(name: str) -> None:
    if re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", name) and len(name) <= MAX_NAME:
        return
    fail(
        f"a function cannot be called {name!r}: letters, digits, - and _, beginning with a letter, {MAX_NAME} at most; "
        f"try: dataworks-ext new {_sensible(name)}"
    )


def _sensible(name: str) -> str:
    """The nearest name that can be."""
    words = re.sub(r"[^A-Za-z0-9_-]+", "-", name).lstrip("0123456789_-")
    return words[:MAX_NAME].rstrip("_-") or "data-guard"


def _check_pack(pack: str, name: str) -> None:
    if not re.fullmatch(r"[a-z][a-z0-9_]*", pack) or len(pack) > MAX_PACK:
        fail(
            f"a pack cannot be called {pack!r}, since it is a module too: lower-case letters, digits and _, beginning "
            f"with a letter, {MAX_PACK} at most; leave --pack out for downloads"
        )
    if keyword.iskeyword(pack) or pack in _TAKEN:
        fail(f"a pack cannot be called {pack}, which means something else in its module; try --pack my_{pack}")
    if pack == name.lower():
        fail(f"the extension and its pack cannot both be called {pack}; name the pack otherwise: --pack my_{pack}")


def _check_target(target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        if any(target.iterdir()):
            fail(f"the folder {target} is not empty, and nothing in it is overwritten; take another name")
    elif target.is_symlink() or target.exists():
        fail(f"{target} is there and is no folder; take another name, or move it away")


def _contents(name: str, pack: str) -> dict[str, str]:
    """The text of each file of the project, by its path."""
    words = {
        "<name>": name,
        "<extension>": name.lower(),
        "<pack>": pack,
        "<PACK>": pack.upper(),
        "<version>": __version__,
    }
    templates = sorted(path for path in _TEMPLATES.rglob(f"*{_SUFFIX}") if path.is_file())
    contents = {
        _path(template.relative_to(_TEMPLATES), pack): _filled(template.read_text(encoding="utf-8"), words)
        for template in templates
    }
    origin = _origin()
    if origin is not None:
        contents["local.mk"] = _LOCAL.format(str(origin).replace("$", "$$").replace("#", "\\#"))
    return contents


def _origin() -> Path | None:
    """The folder or file that this framework was installed from; None if it came from an index.

    Source: the packaging specification "Recording the Direct URL Origin of installed distributions".
    """
    try:
        recorded = distribution("dataworks-ext").read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    url = urlsplit("" if recorded is None else json.loads(recorded)["url"])
    path = Path(url2pathname(url.path))
    return path if url.scheme == "file" and path.exists() else None


def _path(template: Path, pack: str) -> str:
    """The path in the project: `dot-` is a dot, and `PACK` the pack. No tool takes a template for its own file."""
    return re.sub(r"(^|/)dot-", r"\1.", template.as_posix().removesuffix(_SUFFIX)).replace("PACK", pack)


def _filled(template: str, words: Mapping[str, str]) -> str:
    return re.sub("|".join(words), lambda found: words[found[0]], template)


def _write(target: Path, contents: Mapping[str, str]) -> None:
    """Write the files into a folder beside the target, which takes the target's place in one step."""
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        made = work / target.name
        for path, text in contents.items():
            file = made / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="\n")
        made.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
