"""Words and codes that the events of several modules take."""

from __future__ import annotations

from .base import Code


class Environment(Code):
    """Where something is or runs."""

    DEV = 0
    """Development."""
    PROD = 1
    """Production."""


class NodeType(Code):
    """What kind of code a node or file holds. The names are those of DataWorks; those of its pages are read too."""

    DIDE_SHELL = 6
    """A shell script. Also `SHELL`."""
    SHELL = 6
    ODPS_SQL = 10
    """MaxCompute SQL."""
    ODPS_MR = 11
    """MaxCompute MapReduce."""
    ODPS_PYTHON = 12
    """A Python resource of MaxCompute."""
    ODPS_JAR = 13
    """A JAR resource of MaxCompute."""
    ODPS_ARCHIVE = 14
    """An archive resource of MaxCompute."""
    ODPS_FILE = 15
    """A file resource of MaxCompute."""
    ODPS_TABLE = 16
    """A table of MaxCompute."""
    ODPS_FUNCTION = 17
    """A function of MaxCompute."""
    DI = 23
    """Batch synchronization of Data Integration."""
    ODPS_SQL_SCRIPT = 24
    """A MaxCompute script. Also `ODPS_SCRIPT`."""
    ODPS_SCRIPT = 24
    VIRTUAL = 99
    """A zero load node: it runs nothing and holds others together. Also `ZERO_LOAD`."""
    ZERO_LOAD = 99
    PYODPS = 221
    """PyODPS on Python 2. Also `PYODPS_2`."""
    PYODPS_2 = 221
    ODPS_SPARK = 225
    """Spark on MaxCompute."""
    EMR_HIVE = 227
    """Hive on E-MapReduce."""
    EMR_SPARK = 228
    """Spark on E-MapReduce."""
    EMR_SPARK_SQL = 229
    """Spark SQL on E-MapReduce."""
    EMR_MR = 230
    """MapReduce on E-MapReduce."""
    OSS_INSPECT = 239
    """Waits for an object in Object Storage Service."""
    EMR_SHELL = 257
    """A shell script on E-MapReduce."""
    EMR_SPARK_SHELL = 258
    """Spark Shell on E-MapReduce."""
    EMR_PRESTO = 259
    """Presto on E-MapReduce."""
    EMR_IMPALA = 260
    """Impala on E-MapReduce."""
    RI = 900
    """Real-time synchronization of Data Integration."""
    CROSS_TENANTS = 1089
    """Works together with a node of another tenant."""
    HOLOGRES_DEVELOP = 1091
    """Hologres development."""
    HOLOGRES_SQL = 1093
    """Hologres SQL."""
    CONTROLLER_ASSIGNMENT = 1100
    """Hands its result to the nodes behind it."""
    CONTROLLER_BRANCH = 1101
    """Chooses among the nodes behind it."""
    CONTROLLER_JOIN = 1102
    """Joins branches."""
    CONTROLLER_CYCLE = 1103
    """Repeats nodes while a condition holds."""
    CONTROLLER_TRAVERSE = 1106
    """Repeats nodes for each item."""
    PYODPS3 = 1221
    """PyODPS on Python 3."""


class SchedulerType(Code):
    """What the scheduler does with a node or instance: `schedulerType` by name, `taskType` by number."""

    NORMAL = 0
    """Runs it on schedule."""
    MANUAL = 1
    """Runs it only when somebody starts it."""
    PAUSE = 2
    """Frozen: schedules it and sets it to failed at once."""
    SKIP = 3
    """Dry run: schedules it and sets it to succeeded at once."""
    SKIP_UNCHOOSE = 4
    """Not selected in a temporary workflow: set to succeeded at once."""
    SKIP_CYCLE = 5
    """Weekly or monthly and not due: set to succeeded at once."""
    CONDITION_UNCHOOSE = 6
    """Not chosen by a branch node in front of it: a dry run."""
    REALTIME_DEPRECATED = 7
    """An instance made in real time that has expired: set to succeeded at once."""
