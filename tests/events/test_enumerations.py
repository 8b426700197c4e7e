"""The words and codes of event fields."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any, get_args

import pytest

from dataworks_ext.events import (
    CommitFile,
    InstanceStatus,
    InstanceStatusChanges,
    ModuleType,
    NodeChangeCreated,
    NodeType,
    SqlDialect,
    TargetEngineType,
    UploadDataToTable,
    UploadSourceType,
    enumerations,
    read_event,
)
from dataworks_ext.events.enumerations.base import Code, Word
from dataworks_ext.testing import sample_payload

_WORDS = {
    "AlarmType": ["SLA_ALERT", "TOPIC_ALERT", "REMIND_ALERT"],
    "AssignmentCategory": ["MaxCompute", "DataService", "DataStudio"],
    "CheckingType": ["fixed", "Fluctuation", "FluctuationDiscrete", "Auto", "Average", "Variance"],
    "ConflictMode": ["IGNORE", "REPLACE", "UPDATE"],
    "DatabaseType": ["maxcompute", "emr", "cdh", "hologres", "analyticdb for postgresql"],
    "DeadlineType": ["day", "month"],
    "EnvType": ["ODPS", "EMR", "HOLO"],
    "HookType": ["BlockTaskInstance"],
    "Metric": [
        *("count", "Min", "Max", "Avg", "DistinctCount", "DistinctPercent", "DuplicatedCount", "DuplicatedPercent"),
        *("TableSize", "NullValueCount", "NullValuePercent", "GroupCount", "CountNotIn", "CountDistinctNotIn"),
        "UserDefinedSql",
    ],
    "ModuleType": ["entity_transfer", "develop_query", "sqlx_query", "dw_excel"],
    "NotificationChannel": ["Mail", "Sms", "Dingding"],
    "OptTableType": ["CREATE", "IMPORT"],
    "Order": ["asc", "desc"],
    "ReceiverType": ["AliUid", "DingdingUrl"],
    "RemindType": [
        *("FINISHED", "UNFINISHED", "ERROR", "CYCLE_UNFINISHED", "TIMEOUT"),
        *("RES_GROUP_THRESHOLD", "RES_GROUP_WAIT_AMOUNT"),
    ],
    "RemindUnit": ["NODE", "GATEWAY_RES", "DI_RES"],
    "ResourceGroupType": ["GATEWAY", "DI"],
    "Severity": ["High", "Normal"],
    "SubscriptionChannel": ["email", "sms", "phone", "lark", "wechat", "dingtalk", "custom webhook"],
    "TableType": ["ODPS", "EMR"],
    "TargetEngineType": ["MAXCOMPUTE", "EMR_HIVE", "HOLOGRES"],
    "TriggerType": ["ByScheduledTaskInstance", "ByManual"],
    "UploadSourceType": ["LOCAL", "OSS", "DW_EXCEL", "HTTP"],
    "WriteType": ["OVERWRITE", "APPEND"],
}
_CODES = {
    "AccountType": {
        "ACCOUNT_PRD": 101,
        "ACCOUNT_APP": 102,
        "ACCOUNT_USER": 103,
        "ACCOUNT_DEPT": 104,
        "ACCOUNT_OTHER_USER": 105,
        "ACCOUNT_MOCK": 106,
    },
    "BaselineStatus": {"ABNORMAL": -1, "SAFE": 1, "WARNING": 2, "OVERTIME": 3},
    "BlockType": {"WEAK": 0, "STRONG": 1},
    "ChangeType": {"NEW": 0, "CREATE": 0, "UPDATE": 1, "DELETE": 2},
    "CheckResult": {"SKIPPED": -2, "ERROR": -1, "PASSED": 0, "WARNING": 1, "CRITICAL": 2},
    "DagType": {
        "PERIODIC": 0,
        "MANUAL_TASK": 1,
        "SMOKE_TEST": 2,
        "BACKFILL": 3,
        "TEMPORARY_WORKFLOW": 4,
        "MANUAL_WORKFLOW": 5,
    },
    "DataServiceType": {"API": 1, "FUNCTION": 2, "SERVICE_ORCHESTRATION": 3},
    "Environment": {"DEV": 0, "PROD": 1},
    "InstanceStatus": {
        "NOT_RUNNING": 1,
        "WAITING_FOR_TIME": 2,
        "WAITING_FOR_RESOURCES": 3,
        "RUNNING": 4,
        "FAILED": 5,
        "SUCCEEDED": 6,
        "CHECKING_QUALITY": 7,
        "CHECKING_CONDITION": 8,
    },
    "SchedulerType": {
        "NORMAL": 0,
        "MANUAL": 1,
        "PAUSE": 2,
        "SKIP": 3,
        "SKIP_UNCHOOSE": 4,
        "SKIP_CYCLE": 5,
        "CONDITION_UNCHOOSE": 6,
        "REALTIME_DEPRECATED": 7,
    },
}


def _enumerations(kind: type) -> Iterator[type]:
    for module in iter_modules(enumerations.__path__, f"{enumerations.__name__}."):
        for value in vars(import_module(module.name)).values():
            if isinstance(value, type) and value.__module__ == module.name and kind in value.__mro__[1:]:
                yield value


_WORD_CLASSES: dict[str, type[Word]] = {words.__name__: words for words in _enumerations(Word)}
_CODE_CLASSES: dict[str, type[Code]] = {codes.__name__: codes for codes in _enumerations(Code)}
_EACH = [(words, word) for words in _WORD_CLASSES.values() for word in _WORDS.get(words.__name__, [])]
_EACH_CODE = [
    (codes, name, number) for codes in _CODE_CLASSES.values() for name, number in _CODES.get(codes.__name__, {}).items()
]

# Words


def test_every_enumeration_is_in_these_tables() -> None:
    assert _WORD_CLASSES.keys() == _WORDS.keys()
    assert _CODE_CLASSES.keys() == _CODES.keys() | {NodeType.__name__}  # its own tables are below


def test_an_enumeration_has_the_words_of_the_reference() -> None:
    assert {name: [member.value for member in words] for name, words in _WORD_CLASSES.items()} == _WORDS


def test_no_two_words_differ_in_their_spelling_only() -> None:
    for words in _WORD_CLASSES.values():
        assert len({word.value.replace("_", "").replace(" ", "").casefold() for word in words}) == len(words)


def test_a_word_is_read_as_the_wire_has_it() -> None:
    assert [words(word).value for words, word in _EACH] == [word for _, word in _EACH]


def test_a_word_is_read_in_any_case() -> None:
    for words, word in _EACH:
        assert words(word.swapcase()) is words(word.title()) is words(word)


@pytest.mark.parametrize(
    ("words", "written", "member"),
    [
        (TargetEngineType, "MaxCompute", TargetEngineType.MAXCOMPUTE),
        (TargetEngineType, "EMR Hive", TargetEngineType.EMR_HIVE),
        (TargetEngineType, "emrHive", TargetEngineType.EMR_HIVE),
        (TargetEngineType, "MAX_COMPUTE", TargetEngineType.MAXCOMPUTE),
        (TargetEngineType, "Hologres", TargetEngineType.HOLOGRES),
        (UploadSourceType, "DwExcel", UploadSourceType.DW_EXCEL),
        (ModuleType, "SQLX QUERY", ModuleType.SQLX_QUERY),
    ],
)
def test_underscores_and_spaces_make_no_difference(words: type[Word], written: str, member: Word) -> None:
    """The reference writes one engine as `MAXCOMPUTE` in its sample and `MaxCompute` in its table."""
    assert words(written) is member


@pytest.mark.parametrize("value", ["", "MAX-COMPUTE", "ORACLE", 1, None])
def test_what_is_no_word_is_no_member(value: object) -> None:
    with pytest.raises(ValueError, match="is not a valid TargetEngineType"):
        TargetEngineType(value)


def test_a_word_is_equal_to_the_text_on_the_wire() -> None:
    """A policy may compare with a plain text."""
    event = read_event(UploadDataToTable, sample_payload("upload-data-to-table"))
    assert event.write_type == "OVERWRITE"


def test_a_word_in_a_text_is_the_text_on_the_wire() -> None:
    """`str` and f-strings show `OVERWRITE`, on every version of Python."""
    assert [(str(words(word)), f"{words(word)}") for words, word in _EACH] == [(word, word) for _, word in _EACH]


# Codes


def test_an_enumeration_has_the_codes_of_the_reference() -> None:
    found = {cls: {name: int(code) for name, code in codes.__members__.items()} for cls, codes in _CODE_CLASSES.items()}
    kinds = found.pop(NodeType.__name__)
    assert found == _CODES
    assert kinds.items() >= _NODE_TYPES.items()


def test_a_code_is_read_by_number_and_by_number_in_a_string() -> None:
    for codes, name, number in _EACH_CODE:
        assert codes(number) is codes(str(number)) is codes(f" {number} ") is codes[name]


def test_a_code_is_read_by_name_however_it_is_written() -> None:
    """An alias is as good as the name: `SHELL` is `DIDE_SHELL`."""
    for codes, name, _ in _EACH_CODE:
        for written in (name, name.lower(), name.title(), name.replace("_", " "), name.replace("_", "")):
            assert codes(written) is codes[name]


def test_a_code_is_its_number_and_shows_its_name() -> None:
    """It compares as a number; `str` and f-strings show the name, on every version of Python."""
    for codes, name, number in _EACH_CODE:
        assert codes[name] == number
        assert str(codes[name]) == f"{codes[name]}" == codes[name].name


@pytest.mark.parametrize(
    "value", ["", " ", "-", "--1", "10.0", "1e1", "ten", "777777", 777777, 0.5, None, [], {}, "²", "１０"]
)
def test_what_is_no_code_is_no_member(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a valid NodeType"):
        NodeType(value)


@pytest.mark.parametrize("value", [0, "0", 1, "1", "not_running", "NotRunning"])
def test_not_running_is_1_and_was_0(value: Any) -> None:
    assert InstanceStatus(value) is InstanceStatus.NOT_RUNNING


@pytest.mark.parametrize("wire", [10, "10", "ODPS_SQL", "odps sql"])
@pytest.mark.parametrize(("written", "by"), [("fileType", "number"), ("programType", "name")])
def test_a_code_is_written_as_its_field_is(wire: object, written: str, by: str) -> None:
    """The same enumeration goes by number in one field and by name in another."""
    event: CommitFile | NodeChangeCreated
    if by == "number":
        event = read_event(CommitFile, sample_payload("commit-file", fileType=wire))
        assert event.file_type is NodeType.ODPS_SQL
    else:
        event = read_event(NodeChangeCreated, sample_payload("node-change-created", programType=wire))
        assert event.program_type is NodeType.ODPS_SQL
    assert event.model_dump(by_alias=True, mode="json")[written] == (10 if by == "number" else "ODPS_SQL")


@pytest.mark.parametrize(("wire", "read"), [(99, 99), ("99", 99), ("PAUSED_TWICE", "PAUSED_TWICE")])
def test_a_code_that_nobody_knew_yet_stays_what_it_is(wire: object, read: object) -> None:
    event = read_event(InstanceStatusChanges, sample_payload("instance-status-changes", status=wire))
    assert (event.status, type(event.status)) == (read, type(read))


# Kinds of code

_NODE_TYPES = {
    "DIDE_SHELL": 6,
    "SHELL": 6,
    "ODPS_SQL": 10,
    "ODPS_MR": 11,
    "ODPS_PYTHON": 12,
    "ODPS_JAR": 13,
    "ODPS_ARCHIVE": 14,
    "ODPS_FILE": 15,
    "ODPS_TABLE": 16,
    "ODPS_FUNCTION": 17,
    "DI": 23,
    "ODPS_SQL_SCRIPT": 24,
    "ODPS_SCRIPT": 24,
    "VIRTUAL": 99,
    "ZERO_LOAD": 99,
    "PYODPS": 221,
    "PYODPS_2": 221,
    "ODPS_SPARK": 225,
    "EMR_HIVE": 227,
    "EMR_SPARK": 228,
    "EMR_SPARK_SQL": 229,
    "EMR_MR": 230,
    "OSS_INSPECT": 239,
    "EMR_SHELL": 257,
    "EMR_SPARK_SHELL": 258,
    "EMR_PRESTO": 259,
    "EMR_IMPALA": 260,
    "RI": 900,
    "CROSS_TENANTS": 1089,
    "HOLOGRES_DEVELOP": 1091,
    "HOLOGRES_SQL": 1093,
    "CONTROLLER_ASSIGNMENT": 1100,
    "CONTROLLER_BRANCH": 1101,
    "CONTROLLER_JOIN": 1102,
    "CONTROLLER_CYCLE": 1103,
    "CONTROLLER_TRAVERSE": 1106,
    "PYODPS3": 1221,
}
"""Those of the reference."""


def _kinds() -> list[tuple[int, str, str]]:
    text = (Path(__file__).parent.parent / "contract" / "kinds-of-code.csv").read_text(encoding="utf-8")
    return [(int(row["number"]), row["enumeration"], row["name"]) for row in csv.DictReader(text.splitlines())]


def test_the_kinds_of_code_are_those_of_the_reference_and_the_vendors_specification() -> None:
    known = {*_NODE_TYPES.values(), *(number for number, _, _ in _kinds())}
    assert {member.value for member in NodeType} == known


_OF_TWO_KINDS = {"SHELL": 6, "HOLOGRES_DEVELOP": 1091}
"""Names that two kinds have; the one that is in use."""


def test_a_kind_of_code_is_read_by_its_number_and_its_names() -> None:
    for number, enumeration, name in _kinds():
        assert NodeType(number) is NodeType(str(number))
        for written in (enumeration, name):
            assert NodeType(written).value == _OF_TWO_KINDS.get(written, number)


@pytest.mark.parametrize(
    ("kind", "dialect"),
    [
        (NodeType.ODPS_SQL, "maxcompute"),
        (NodeType.ODPS_SCRIPT, "maxcompute"),
        (NodeType.EMR_HIVE, "hive"),
        (NodeType.EMR_KYUUBI, "spark"),
        (NodeType.HOLOGRES_SQL, "hologres"),
        (NodeType.FLINK_SQL_STREAM, "flink"),
        (NodeType.MARIADB, "mysql"),
        (NodeType.SHELL, None),
        (NodeType.ODPS_JAR, None),
        (NodeType.DI, None),
    ],
)
def test_a_kind_of_code_knows_its_sql(kind: NodeType, dialect: str | None) -> None:
    assert kind.sql_dialect == dialect
    assert kind.may_hold_sql is (dialect is not None)


def test_an_assignment_node_may_hold_sql_of_any_dialect() -> None:
    assert NodeType.CONTROLLER_ASSIGNMENT.may_hold_sql
    assert NodeType.CONTROLLER_ASSIGNMENT.sql_dialect is None


def test_every_kind_that_is_called_after_sql_holds_some() -> None:
    assert [kind.name for kind in NodeType if "SQL" in kind.name and kind.sql_dialect is None] == []


def test_every_dialect_is_some_kinds() -> None:
    assert {kind.sql_dialect for kind in NodeType} == {None, *get_args(SqlDialect)}
