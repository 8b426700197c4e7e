"""What is public of the package, as griffe reads it from the source."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

import griffe

_ROOT: Final = Path(__file__).parent.parent


@cache
def _package() -> griffe.Module:
    loaded = griffe.load(
        "dataworks_ext",
        search_paths=[str(_ROOT)],
        docstring_parser="google",
        docstring_options={"returns_multiple_items": False, "returns_named_value": False},
    )
    assert isinstance(loaded, griffe.Module)
    return loaded


def public_names(module: str) -> dict[str, griffe.Object]:
    """The public names of a module, or the one after `:`, in the order of the source.

    They are what the module exports, else what it defines with a docstring.
    """
    path, _, name = module.partition(":")
    found = _package() if path == "dataworks_ext" else _package()[path.removeprefix("dataworks_ext.")]
    assert isinstance(found, griffe.Module)
    if name:
        return {name: resolved(found.members[name])}
    names = found.exports if found.exports is not None else found.members
    listed = [str(one) for one in names if not str(one).startswith("_")]
    return {
        one: resolved(found.members[one])
        for one in listed
        if _is_public(found, found.members[one]) and hasattr(import_module(importable(module)), one)
    }


def importable(module: str) -> str:
    """Where the names of a module are imported from: those of events, from their package."""
    path = module.partition(":")[0]
    return "dataworks_ext.events" if path.startswith("dataworks_ext.events.") else path


def resolved(member: griffe.Object | griffe.Alias) -> griffe.Object:
    """What a name that was imported stands for."""
    target = member.final_target if isinstance(member, griffe.Alias) else member
    assert isinstance(target, griffe.Object)
    return target


def members_of(found: griffe.Class) -> dict[str, griffe.Object]:
    """The public members of a class, those of its bases in the package included."""
    return {
        name: resolved(member)
        for name, member in found.all_members.items()
        if not name.startswith("_") and (not isinstance(member, griffe.Alias) or _is_ours(member))
    }


def _is_public(module: griffe.Module, member: griffe.Object | griffe.Alias) -> bool:
    if isinstance(member, griffe.Alias):
        is_public = _is_ours(member) and "._" not in member.target_path
        return is_public and (module.exports is not None or module.path == "dataworks_ext")
    return not member.is_module and member.docstring is not None


def _is_ours(member: griffe.Alias) -> bool:
    return member.target_path.startswith("dataworks_ext.")
