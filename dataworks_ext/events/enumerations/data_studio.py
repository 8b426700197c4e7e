"""Words and codes of the events of DataStudio."""

from __future__ import annotations

from .base import Code, Word


class ChangeType(Code):
    """What a commit or deployment does to its file: by name in the older reference, by number in the newer.

    A snapshot calls the first `CREATE`.
    """

    NEW = 0
    """Also `CREATE`."""
    CREATE = 0
    UPDATE = 1
    DELETE = 2


class TableType(Word):
    """The engine of a table."""

    ODPS = "ODPS"
    """MaxCompute."""
    EMR = "EMR"
    """E-MapReduce."""
