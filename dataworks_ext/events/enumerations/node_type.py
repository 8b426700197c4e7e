"""The kinds of code, and which of them hold SQL.

Source: the DataWorks event reference, "node types"; the vendor's specification of workflows, `aliyun/dataworks-spec`,
`CodeProgramType`.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from .base import Code

SqlDialect: TypeAlias = Literal[
    "maxcompute",
    "hive",
    "spark",
    "presto",
    "trino",
    "impala",
    "hologres",
    "flink",
    "clickhouse",
    "postgresql",
    "mysql",
    "sqlserver",
    "oracle",
    "starrocks",
    "doris",
    "redshift",
    "saphana",
    "vertica",
    "oceanbase",
    "db2",
]
"""A dialect of SQL, by the engine that speaks it."""


class NodeType(Code):
    """What kind of code a node or file holds. The names are those of DataWorks; those of its pages are read too."""

    LEGACY_SHELL = 2
    """A shell script of old; `SHELL` in the vendor's specification."""
    HIVE = 3
    """Hive SQL."""
    DATAX = 4
    """Synchronization by DataX."""
    DIDE_SHELL = 6
    """A shell script. Also `SHELL`."""
    SHELL = 6
    ODPS_XLIB = 8
    """An XLIB script of MaxCompute."""
    ODPS_PERL = 9
    """A Perl script of MaxCompute. Also `ODPS_PL`."""
    ODPS_PL = 9
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
    ODPS_DDL = 18
    """The definition of a table of MaxCompute."""
    CHECK = 19
    """Waits until something is there."""
    DATAX2 = 20
    """Synchronization by DataX."""
    DT = 21
    """Synchronization by DT."""
    CDP = 22
    """Synchronization by CDP."""
    DI = 23
    """Batch synchronization of Data Integration."""
    ODPS_SQL_SCRIPT = 24
    """A MaxCompute script. Also `ODPS_SCRIPT`."""
    ODPS_SCRIPT = 24
    EXTREME_STORAGE = 30
    """Extreme Storage of MaxCompute."""
    PERL = 31
    """A Perl script."""
    YSF_DESEN = 82
    """Data masking in MaxCompute SQL."""
    XLAB = 87
    """A workflow of XLab."""
    VIRTUAL_WORKFLOW = 97
    """A workflow that stands for another."""
    COMBINED_NODE = 98
    """A node that is made of others."""
    VIRTUAL = 99
    """A zero load node: it runs nothing and holds others together. Also `ZERO_LOAD`."""
    ZERO_LOAD = 99
    TT_MERGE = 200
    """Merges data of TT."""
    PYODPS = 221
    """PyODPS on Python 2. Also `PYODPS_2`."""
    PYODPS_2 = 221
    DD_MERGE = 222
    """Merges data of DD."""
    ODPS_SHARK = 223
    """Shark on MaxCompute."""
    ODPS_SPARK = 225
    """Spark on MaxCompute."""
    ODPS_SPARK_SQL = 226
    """Spark SQL on MaxCompute."""
    EMR_HIVE = 227
    """Hive on E-MapReduce."""
    EMR_SPARK = 228
    """Spark on E-MapReduce."""
    EMR_SPARK_SQL = 229
    """Spark SQL on E-MapReduce."""
    EMR_MR = 230
    """MapReduce on E-MapReduce."""
    EMR_JAR = 231
    """A JAR resource of E-MapReduce."""
    EMR_FILE = 232
    """A file resource of E-MapReduce."""
    DATASERVICE_STUDIO = 238
    """An API of DataService Studio."""
    OSS_INSPECT = 239
    """Waits for an object in Object Storage Service."""
    ALINK = 240
    """Alink of PAI, in Python."""
    EMR_SHELL = 257
    """A shell script on E-MapReduce."""
    EMR_SPARK_SHELL = 258
    """Spark Shell on E-MapReduce."""
    EMR_PRESTO = 259
    """Presto on E-MapReduce."""
    EMR_IMPALA = 260
    """Impala on E-MapReduce."""
    EMR_TABLE = 261
    """A table of E-MapReduce."""
    EMR_FUNCTION = 262
    """A function of E-MapReduce."""
    EMR_SCOOP = 263
    """Sqoop on E-MapReduce."""
    EMR_SPARK_STREAMING = 264
    """Spark Streaming on E-MapReduce."""
    EMR_HIVE_CLI = 265
    """The command line of Hive on E-MapReduce."""
    EMR_STREAMING_SQL = 266
    """Streaming SQL of Spark on E-MapReduce."""
    EMR_TRINO = 267
    """Trino on E-MapReduce."""
    EMR_KYUUBI = 268
    """Kyuubi on E-MapReduce: Spark SQL."""
    CDH_HIVE = 270
    """Hive on CDH."""
    CDH_SPARK = 271
    """Spark on CDH."""
    CDH_SPARK_SQL = 272
    """Spark SQL on CDH."""
    CDH_MR = 273
    """MapReduce on CDH."""
    CDH_JAR = 274
    """A JAR resource of CDH."""
    CDH_FILE = 275
    """A file resource of CDH."""
    CDH_SHELL = 276
    """A shell script on CDH."""
    CDH_SPARK_SHELL = 277
    """Spark Shell on CDH."""
    CDH_PRESTO = 278
    """Presto on CDH."""
    CDH_IMPALA = 279
    """Impala on CDH."""
    CDH_TABLE = 280
    """A table of CDH."""
    CDH_FUNCTION = 281
    """A function of CDH."""
    RI = 900
    """Real-time synchronization of Data Integration."""
    PAI = 1002
    """An experiment of PAI."""
    COMPONENT_SQL = 1010
    """A node that uses an SQL component of MaxCompute."""
    CROSS_TENANTS = 1089
    """Works together with a node of another tenant."""
    HOLOGRES_DEVELOP = 1091
    """Hologres development."""
    HOLOGRES_SYNC = 1092
    """Synchronization into Hologres."""
    HOLOGRES_SQL = 1093
    """Hologres SQL."""
    HOLOGRES_SYNC_DDL = 1094
    """Synchronization of table definitions into Hologres."""
    HOLOGRES_SYNC_DATA = 1095
    """Synchronization of data into Hologres."""
    CONTROLLER_ASSIGNMENT = 1100
    """Hands its result to the nodes behind it."""
    CONTROLLER_BRANCH = 1101
    """Chooses among the nodes behind it."""
    CONTROLLER_JOIN = 1102
    """Joins branches."""
    CONTROLLER_CYCLE = 1103
    """Repeats nodes while a condition holds."""
    CONTROLLER_CYCLE_START = 1104
    """Where such a repetition begins."""
    CONTROLLER_CYCLE_END = 1105
    """Where such a repetition ends."""
    CONTROLLER_TRAVERSE = 1106
    """Repeats nodes for each item."""
    CONTROLLER_TRAVERSE_START = 1107
    """Where such a repetition begins."""
    CONTROLLER_TRAVERSE_END = 1108
    """Where such a repetition ends."""
    CONTROLLER_WAIT = 1109
    """Waits for other nodes."""
    SCHEDULER_TRIGGER = 1114
    """Runs when an outside scheduler says so."""
    PARAM_HUB = 1115
    """Hands parameters to other nodes."""
    RECOMMEND_PLUS = 1116
    """Recommend Plus of PAI."""
    PAI_STUDIO = 1117
    """A pipeline of PAI Designer."""
    PAI_DLC = 1119
    """Deep learning of PAI."""
    PYODPS3 = 1221
    """PyODPS on Python 3."""
    CLICK_SQL = 1301
    """ClickHouse SQL."""
    POSTGRESQL = 1302
    """PostgreSQL."""
    MYSQL = 1303
    """MySQL."""
    SQLSERVER = 1304
    """SQL Server."""
    ORACLE = 1305
    """Oracle."""
    STARROCKS = 1306
    """StarRocks."""
    DRDS = 1307
    """PolarDB-X, once DRDS."""
    DORIS = 1308
    """Doris."""
    MARIADB = 1309
    """MariaDB."""
    SELECTDB = 1310
    """SelectDB."""
    REDSHIFT = 1311
    """Redshift."""
    SAPHANA = 1312
    """SAP HANA."""
    VERTICA = 1313
    """Vertica."""
    OCEANBASE = 1314
    """OceanBase."""
    DB2 = 1315
    """Db2."""
    ADB_FOR_POSTGRESQL = 1316
    """AnalyticDB for PostgreSQL."""
    ADB_FOR_MYSQL = 1317
    """AnalyticDB for MySQL."""
    FTP_CHECK = 1320
    """Waits for a file on an FTP server."""
    SSH = 1321
    """A shell script on another machine."""
    PYTHON = 1322
    """A Python script."""
    DATA_PUSH = 1332
    """Sends the result of a query to people."""
    DATA_QUALITY_MONITOR = 1333
    """Runs a monitor of Data Quality."""
    BLINK_SQL = 2010
    """Streaming SQL of Blink. Also `BLINK_STREAM_SQL`."""
    BLINK_STREAM_SQL = 2010
    FLINK_SQL_BATCH = 2011
    """Batch SQL of Flink."""
    FLINK_SQL_STREAM = 2012
    """Streaming SQL of Flink."""
    BLINK_DATASTREAM = 2019
    """A DataStream of Blink."""
    BLINK_BATCH_SQL = 2020
    """Batch SQL of Blink."""
    SQL_COMPONENT = 3010
    """An SQL component of MaxCompute."""

    @property
    def sql_dialect(self) -> SqlDialect | None:
        """What its SQL is written in; None for a kind without SQL, and for one whose code says it: see `may_hold_sql`.

        The code of an E-MapReduce or Flink node is JSON with the SQL inside.
        """
        return _DIALECTS.get(self.name)

    @property
    def may_hold_sql(self) -> bool:
        """Whether it holds SQL, or may: an assignment node is written in a language that its code names."""
        return self.name in _DIALECTS or self is NodeType.CONTROLLER_ASSIGNMENT


_KINDS: Final[dict[SqlDialect, str]] = {
    "maxcompute": "ODPS_SQL ODPS_SQL_SCRIPT YSF_DESEN COMPONENT_SQL SQL_COMPONENT",
    "hive": "HIVE EMR_HIVE EMR_HIVE_CLI CDH_HIVE",
    "spark": "ODPS_SPARK_SQL EMR_SPARK_SQL EMR_STREAMING_SQL EMR_KYUUBI CDH_SPARK_SQL",
    "presto": "EMR_PRESTO CDH_PRESTO",
    "trino": "EMR_TRINO",
    "impala": "EMR_IMPALA CDH_IMPALA",
    "hologres": "HOLOGRES_DEVELOP HOLOGRES_SQL",
    "flink": "BLINK_SQL FLINK_SQL_BATCH FLINK_SQL_STREAM BLINK_BATCH_SQL",
    "clickhouse": "CLICK_SQL",
    "postgresql": "POSTGRESQL ADB_FOR_POSTGRESQL",
    "mysql": "MYSQL DRDS MARIADB ADB_FOR_MYSQL",
    "sqlserver": "SQLSERVER",
    "oracle": "ORACLE",
    "starrocks": "STARROCKS",
    "doris": "DORIS SELECTDB",
    "redshift": "REDSHIFT",
    "saphana": "SAPHANA",
    "vertica": "VERTICA",
    "oceanbase": "OCEANBASE",
    "db2": "DB2",
}
_DIALECTS: Final = {kind: dialect for dialect, kinds in _KINDS.items() for kind in kinds.split()}
