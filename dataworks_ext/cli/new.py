"""`dataworks-ext new`: a project of one's own, which runs and tests at once."""

from __future__ import annotations

import keyword
import re
import shutil
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Final

import typer

from ._output import console, fail
from ._project import DOWNLOADS, Choice, contents_of
from ._starter import StarterRule, rules_of
from .events import complete_code

MAX_NAME: Final = 64
"""Characters of a function's name.

Source: Resource Orchestration Service, "ALIYUN::FC3::Function", FunctionName.
"""
MAX_PACK: Final = 20
"""Characters of a pack's name. Longer ones would make the lines of the new files too long."""
_TAKEN: Final = ("deny", "extension", "no_spreadsheets", "row_limit", "sample", "decide")
"""Names in the new files that a pack cannot have beside them."""
_COMMANDS: Final = ("make test", "make run")


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the folder, the extension and the function.")],
    events: Annotated[
        str | None,
        typer.Option(metavar="CODES", autocompletion=complete_code, help="Event codes, separated by commas."),
    ] = None,
    pack: Annotated[str | None, typer.Option(metavar="PACK", help="Name of the first pack.")] = None,
) -> None:
    """Create a project with policies, tests and deployment.

    The folder NAME gets a pack with a policy for each event, its tests and cases, s.yaml, a Makefile and CI. Without
    --events, a terminal is asked for them, and the pack is about downloads. Nothing is overwritten, and after an error
    nothing is left behind.

    Exit status 0: created. 2: not created.
    """
    _check_name(name)
    target = Path(name)
    _check_target(target)
    rules = _rules(events)
    choice = Choice(name, ("rules" if rules else "downloads") if pack is None else pack, rules)
    _check_pack(choice)
    contents = contents_of(choice)
    try:
        _write(target, contents)
    except OSError as error:
        fail(f"the folder {target} cannot be made: {error.strerror or error}")
    out = console()
    out.print(f"Made {target}:")
    for path in sorted(contents):
        out.print(f"  {path}")
    out.print("Next:")
    for command in (f"cd {target}", *_COMMANDS):
        out.print(f"  {command}")


def _rules(events: str | None) -> list[StarterRule]:
    """The rules that are asked for, on a terminal by a question."""
    if events is None and sys.stdin is not None and sys.stdin.isatty():
        console().print("Which events should it decide? `dataworks-ext events` lists them.")
        events = typer.prompt("Event codes, separated by commas", default=",".join(DOWNLOADS))
        events = None if events == ",".join(DOWNLOADS) else events
    if events is None:
        return []
    codes = [code for code in re.split(r"[,\s，、]+", events) if code]
    if not codes:
        fail("--events names no event; write --events commit-file,backfill-data")
    try:
        return rules_of(codes)
    except ValueError as error:
        fail(str(error))


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


def _check_pack(choice: Choice) -> None:
    pack = choice.pack
    if not re.fullmatch(r"[a-z][a-z0-9_]*", pack) or len(pack) > MAX_PACK:
        fail(
            f"a pack cannot be called {pack!r}, since it is a module too: lower-case letters, digits and _, beginning "
            f"with a letter, {MAX_PACK} at most; leave --pack out for a name that fits"
        )
    if keyword.iskeyword(pack) or pack in _TAKEN or pack in [rule.name for rule in choice.rules]:
        fail(f"a pack cannot be called {pack}, which means something else in its module; try --pack my_{pack}")
    if pack == choice.name.lower():
        fail(f"the extension and its pack cannot both be called {pack}; name the pack otherwise: --pack my_{pack}")


def _check_target(target: Path) -> None:
    if target.is_dir() and not target.is_symlink():
        if any(target.iterdir()):
            fail(f"the folder {target} is not empty, and nothing in it is overwritten; take another name")
    elif target.is_symlink() or target.exists():
        fail(f"{target} is there and is no folder; take another name, or move it away")


def _write(target: Path, contents: Mapping[str, bytes]) -> None:
    """Write the files into a folder beside the target, which takes the target's place in one step."""
    work = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    try:
        made = work / target.name
        for path, content in contents.items():
            file = made / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        made.rename(target)
    finally:
        shutil.rmtree(work, ignore_errors=True)
