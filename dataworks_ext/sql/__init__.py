"""What SQL reads, writes and calls, in every dialect of DataWorks.

Needs the extra `sql`: `pip install 'dataworks-ext[sql]'`. Its parser loads at the first use of `read_sql`.
"""

from __future__ import annotations

from .script import (
    Call,
    CartesianJoin,
    DefinedColumn,
    Definition,
    Dialect,
    Drop,
    Insert,
    Kind,
    Script,
    SqlError,
    SqlTooLongError,
    Star,
    Statement,
    Table,
    Unread,
)

__all__ = [
    "Call",
    "CartesianJoin",
    "DefinedColumn",
    "Definition",
    "Dialect",
    "Drop",
    "Insert",
    "Kind",
    "Script",
    "SqlError",
    "SqlTooLongError",
    "Star",
    "Statement",
    "Table",
    "Unread",
    "read_sql",
    "unread_script",
]


def read_sql(text: str, dialect: Dialect) -> Script:
    """What a script does, by its structure.

    Args:
        text: Statements with semicolons between them, as people write them in DataWorks, with its variables.
        dialect: What the engine speaks.

    Returns:
        The script. What the dialect does not understand is in its `unread`.

    Raises:
        SqlError: The dialect can read nothing of it.
        SqlTooLongError: It has more than 1,048,576 characters or 10,000 statements.
        ValueError: There is no such dialect.
        ModuleNotFoundError: The extra `sql` is not installed.
    """
    from .script_reader import read  # it loads the parser, which weighs as much as the rest of a cold start

    return read(text, dialect)


def unread_script(text: str, dialect: Dialect, error: SqlError | str) -> Script:
    """A script of which nothing but its calls was read: all of it is in `unread`.

    Args:
        text: The script.
        dialect: By whose rules names and text literals are told apart.
        error: Why it was not read.

    Raises:
        SqlTooLongError: It has more than 1,048,576 characters.
    """
    from .script_reader import unread

    return unread(text, dialect, error)
