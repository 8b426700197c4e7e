"""What the rules about SQL share: patterns of tables, and what to do about SQL that is not understood."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, Protocol

from pydantic import BaseModel

from dataworks_ext import Outcome, deny, warn

if TYPE_CHECKING:
    from dataworks_ext.sql import Script, Table


class SqlSettings(BaseModel, defer_build=True):
    """The settings of a pack that looks at SQL."""

    sql_unreadable: Literal["deny", "warn", "allow"] = "warn"
    """What comes of SQL that is not understood, where a rule needs to: deny, warn or allow."""
    default_project: str | None = None
    """The project, or schema, of tables that are named without one."""


class Settings(Protocol):
    """What is needed of the settings of any pack that looks at SQL."""

    @property
    def sql_unreadable(self) -> Literal["deny", "warn", "allow"]:
        """What comes of SQL that is not understood."""
        ...

    @property
    def default_project(self) -> str | None:
        """The project of tables that are named without one."""
        ...


def is_among(table: Table, patterns: Iterable[str], settings: Settings) -> bool:
    """Whether a pattern is about the table. A table without a project is in the default one."""
    name = full_name(table, settings)
    bare = table.name.casefold()
    return any(fnmatchcase(name if "." in pattern else bare, pattern) for pattern in patterns)


def columns_among(columns: Iterable[str], table: Table, pattern: str, settings: Settings) -> list[str]:
    """The columns of a table that a pattern of columns is about."""
    of_table, _, of_column = pattern.rpartition(".")
    return (
        sorted(filter(lambda column: fnmatchcase(column, of_column), columns))
        if is_among(table, [of_table], settings)
        else []
    )


def full_name(table: Table, settings: Settings) -> str:
    """The name of a table in lower case, with the default project if it has none."""
    name = str(table).casefold()
    if settings.default_project and table.project is None and table.schema is None:
        return f"{settings.default_project.casefold()}.{name}"
    return name


def unless_unread(script: Script, settings: Settings) -> Outcome | None:
    """What comes of a script with nothing to object to: no objection, unless some of it is not understood."""
    if not script.unread or settings.sql_unreadable == "allow":
        return None
    object_ = deny if settings.sql_unreadable == "deny" else warn
    place = script.unread[0]
    return object_(
        f"A part of the SQL could not be checked: in line {place.line}, {place.reason}.",
        zh=f"SQL 中有一部分无法检查：第 {place.line} 行无法解析。",
    )
