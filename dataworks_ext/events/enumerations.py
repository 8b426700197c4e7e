"""The words that event fields take. A word nobody knew yet stays a plain `str` in its event.

Source: the field tables of the DataWorks event reference. Each enumeration is named like its field on the wire.
"""

from __future__ import annotations

from enum import Enum


class Word(str, Enum):
    """An enumeration that reads the wire's word however it is written: `MAXCOMPUTE`, `MaxCompute`."""

    @classmethod
    def _missing_(cls, value: object) -> Word | None:
        if not isinstance(value, str):
            return None
        wanted = _fold(value)
        return next((member for member in cls if _fold(member.value) == wanted), None)

    def __str__(self) -> str:
        return str(self.value)


def _fold(word: str) -> str:
    return word.replace("_", "").replace(" ", "").casefold()


class ModuleType(Word):
    """Where a download was started."""

    ENTITY_TRANSFER = "entity_transfer"
    """The data catalog."""
    DEVELOP_QUERY = "develop_query"
    """A query in DataStudio."""
    SQLX_QUERY = "sqlx_query"
    """The SQL query page."""
    DW_EXCEL = "dw_excel"
    """A spreadsheet."""


class UploadSourceType(Word):
    """Where uploaded data comes from."""

    LOCAL = "LOCAL"
    """A file of the person's own machine."""
    OSS = "OSS"
    """A file in Object Storage Service."""
    DW_EXCEL = "DW_EXCEL"
    """A DataWorks spreadsheet."""
    HTTP = "HTTP"
    """A file behind an HTTP address."""


class OptTableType(Word):
    """Whether an upload makes its table."""

    CREATE = "CREATE"
    """Into a new table."""
    IMPORT = "IMPORT"
    """Into a table that exists."""


class TargetEngineType(Word):
    """The engine of the table that data is uploaded to."""

    MAXCOMPUTE = "MAXCOMPUTE"
    EMR_HIVE = "EMR_HIVE"
    HOLOGRES = "HOLOGRES"


class WriteType(Word):
    """What an upload does with the rows that are there."""

    OVERWRITE = "OVERWRITE"
    """Replaces them."""
    APPEND = "APPEND"
    """Keeps them and adds to them."""


class ConflictMode(Word):
    """What an upload does with a row whose primary key is there."""

    IGNORE = "IGNORE"
    """Leaves the old row and skips the new one."""
    REPLACE = "REPLACE"
    """Deletes the old row and inserts the new one; unset columns become NULL."""
    UPDATE = "UPDATE"
    """Sets the given columns of the old row and no other."""
