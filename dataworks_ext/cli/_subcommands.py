"""The subcommands, each imported when it is used: every one needs other libraries, which take their time to load."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

_PLACES: Final = {
    "new": "new:new",
    "events": "events:events",
    "policies": "policies:policies",
    "exempt": "exempt:exempt",
    "check": "check:check",
    "sql": "sql:sql",
    "test": "test:run_cases",
    "rehearse": "rehearse:rehearse",
    "archive": "archive:archive",
    "package": "package:package",
    "doctor": "doctor:doctor",
    "local": "local:local",
    "deploy": "deploy:deploy",
    "versions": "versions:versions",
    "promote": "versions:promote",
    "rollback": "versions:rollback",
    "invoke": "invoke:invoke",
}
"""The module and the name of the function of each, or of the group, in the order of the help."""


class SubcommandGroup(TyperGroup):
    """The group of all subcommands, none of them imported yet."""

    def __init__(self, **options: Any) -> None:  # what typer passes differs between its versions
        super().__init__(**options)
        self.commands = _Subcommands()  # type: ignore[assignment]  # nothing is added to it

    def list_commands(self, ctx: object) -> list[str]:
        """Their names, for which none is imported."""
        return [*self.commands]


class _Subcommands(Mapping[str, TyperCommand | TyperGroup]):
    def __getitem__(self, name: str) -> TyperCommand | TyperGroup:
        return _imported(_PLACES[name], name)

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


@cache
def _imported(place: str, name: str) -> TyperCommand | TyperGroup:
    module, _, attribute = place.partition(":")
    found = getattr(import_module(f".{module}", __package__), attribute)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(name)(found)
        found = alone
    command = typer.main.get_command(found)
    assert isinstance(command, TyperCommand | TyperGroup)
    return command
