"""Words and codes of the events of uploads and downloads."""

from __future__ import annotations

from .base import Word


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
