"""What the rules about SQL share: patterns of tables, and what to do about SQL that is not understood."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, BaseModel

from dataworks_ext import Outcome, deny, warn

if TYPE_CHECKING:
    from dataworks_ext.sql import Script, Table


def _pattern(text: str) -> str:
    text = text.strip().casefold()
    if not text:
        raise ValueError("a table is written as ods.orders, a pattern as ods.* or *.orders")
    return text


def _column_pattern(text: str) -> str:
    text = _pattern(text)
    if "." not in text:
        raise ValueError("a column is written with its table: ods.users.phone, or *.phone for all tables")
    return text


TablePattern = Annotated[str, AfterValidator(_pattern)]
"""A table, or tables: `ods.orders`, `ods.*`, `*_tmp`, `*`. Without a dot it is about the name of the table alone."""
ColumnPattern = Annotated[str, AfterValidator(_column_pattern)]
"""Columns of tables: `*.phone`, `ods.users.id_*`."""


class SqlSettings(BaseModel, defer_build=True):
    """The settings of a pack that looks at SQL."""

    sql_unreadable: Literal["deny", "warn", "allow"] = "warn"
    """What comes of SQL that is not understood, where a rule needs to: deny, warn or allow."""
    default_project: str | None = None
    """The project, or schema, of tables that are named without one."""


def is_among(table: Table, patterns: Iterable[str], settings: SqlSettings) -> bool:
    """Whether a pattern is about the table. A table without a project is in the default one."""
    name = full_name(table, settings)
    bare = table.name.casefold()
    return any(fnmatchcase(name if "." in pattern else bare, pattern) for pattern in patterns)


def full_name(table: Table, settings: SqlSettings) -> str:
    """The name of a table in lower case, with the default project if it has none."""
    name = str(table).casefold()
    if settings.default_project and table.project is None and table.schema is None:
        return f"{settings.default_project.casefold()}.{name}"
    return name


def unless_unread(script: Script, settings: SqlSettings) -> Outcome | None:
    """What comes of a script with nothing to object to: no objection, unless some of it is not understood."""
    if not script.unread or settings.sql_unreadable == "allow":
        return None
    object_ = deny if settings.sql_unreadable == "deny" else warn
    place = script.unread[0]
    return object_(
        f"A part of the SQL could not be checked: in line {place.line}, {place.reason}.",
        zh=f"SQL 中有一部分无法检查：第 {place.line} 行无法识别。",
    )
