"""What went wrong in somebody's own code: where, and why, in a sentence."""

from __future__ import annotations

import re
import sys
import sysconfig
import traceback
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from pkgutil import iter_modules
from types import TracebackType

import dataworks_ext
from dataworks_ext import events

from ..errors import ExtensionError

_FRAMEWORK = __package__.partition(".")[0]
_LIBRARIES = tuple(sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib"))

_MISSING_NAME = re.compile(r"cannot import name '(\w+)' from '([\w.]+)'")
"""Python's own words; the name is an attribute of the error from 3.12 on."""


def own_traceback(error: BaseException) -> str:
    """The traceback from the first frame that is the user's own; empty if none is."""
    trace = error.__traceback__
    while trace is not None and _is_machinery(trace):
        trace = trace.tb_next
    return "" if trace is None else "".join(traceback.format_exception(type(error), error, trace)).rstrip()


def explain_import(error: BaseException, module: str) -> str:
    """Why a module cannot be imported: the line of the user's code, and a sentence."""
    if isinstance(error, SyntaxError):
        text = (error.text or "").strip()
        return f"{_shown(error.filename or '')}:{error.lineno}: {error.msg}" + (f": {text}" if text else "")
    return "".join(f"{place}: " for place in _place(error)) + _sentence(error, module)


def _sentence(error: BaseException, module: str) -> str:
    match error:
        case ExtensionError():
            return str(error)
        case NameError(name=str(name)):
            return f"{name} is not defined{_importable(name)}"
        case ModuleNotFoundError(name=str(name)):
            return f"there is no module {name}{_installable(name, module)}"
        case ImportError() if found := _MISSING_NAME.match(str(error)):
            return f"{found[2]} has no {found[1]}{_nearest(found[1], dir(sys.modules.get(found[2])))}"
        case SystemExit():
            return f"the module ends the program with status {error.code}; an extension only registers policies"
    message = str(error).partition("\n")[0]
    return (
        f'{type(error).__name__}{": " if message else ""}{message}. To see the traceback: python -c "import {module}"'
    )


def _importable(name: str) -> str:
    for source in (dataworks_ext, events):
        if name in dir(source):
            return f"; import it: from {source.__name__} import {name}"
    return _nearest(name, [*dir(dataworks_ext), *dir(events)])


def _installable(name: str, module: str) -> str:
    parent = name.rpartition(".")[0]
    if name.partition(".")[0] != module.partition(".")[0]:
        return "; install it, and if policies need it, name it in policies/requirements.txt"
    spec = find_spec(parent) if parent and "." not in parent else None
    siblings = iter_modules(spec.submodule_search_locations) if spec else ()
    return _nearest(name, [f"{parent}.{sibling.name}" for sibling in siblings])


def _nearest(name: str, known: Iterable[str]) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""


def _place(error: BaseException) -> list[str]:
    """The file and line of the user's own code that raised the error, or led to it."""
    frames = [frame for frame in _frames(error.__traceback__) if not _is_machinery(frame)]
    own = [frame for frame in frames if not frame.tb_frame.f_code.co_filename.startswith(_LIBRARIES)]
    return [f"{_shown(frame.tb_frame.f_code.co_filename)}:{frame.tb_lineno}" for frame in (own or frames)[-1:]]


def _frames(trace: TracebackType | None) -> Iterator[TracebackType]:
    while trace is not None:
        yield trace
        trace = trace.tb_next


def _shown(file: str) -> str:
    """The file as it is called from the current folder."""
    path = Path(file)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else file


def _is_machinery(trace: TracebackType) -> bool:
    module = str(trace.tb_frame.f_globals.get("__name__"))
    return module.partition(".")[0] in (_FRAMEWORK, "importlib", "asyncio")
