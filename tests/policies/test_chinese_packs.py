"""What each rule of the packs that the example extension leaves out says to a reader of Chinese."""

from __future__ import annotations

from typing import Any, Final

import pytest

from dataworks_ext import PolicyPack
from dataworks_ext.events import Event, NodeType
from dataworks_ext.snapshots import NodeConfiguration, NodeInput, TableColumn
from dataworks_ext.testing import committed_file, decide, file_execution, sample, table_model
from policies.deletion import deletion
from policies.duplicates import duplicates
from policies.files import files
from policies.run import run
from policies.sql import BASIC_INFO, sql
from policies.tables import tables

PARTITIONED: Final = {BASIC_INFO: {"Data": {"IsPartitionTable": True, "PartitionKeys": "ds,hh"}}}
SQL: Final[list[tuple[str, dict[str, object], str, str]]] = [
    (
        "select_star",
        {"select_star": ["ods.*"]},
        "select * from ods.a join ods.b using (id)",
        "第 1 行的 * 选取了 ods.a、ods.b 的所有列，请列出所需的列。",
    ),
    (
        "partition_filter",
        {"partition_filter": ["ods.*=ds"]},
        "select id\nfrom ods.a",
        "第 2 行读取 ods.a 时未按分区列 ds 过滤，请加上条件，例如 ds = '${bizdate}'。",
    ),
    (
        "partition_filter_of_partitioned_tables",
        {"partition_lookup": True},
        "select id from ods.a where hh = '1'",
        "第 1 行读取 ods.a 时未按分区列 ds 过滤，请加上条件，例如 ds = '${bizdate}'。",
    ),
    (
        "cartesian_join",
        {"cartesian_join": True},
        "select a.id from a, b",
        "第 1 行对 a、b 的关联没有连接条件（笛卡尔积），请加上。",
    ),
    (
        "forbidden_functions",
        {"forbidden_functions": ["MAX_PT"]},
        "select max_pt('a')",
        "代码调用了禁用的函数（首次出现在第 1 行）：MAX_PT，请替换。",
    ),
    (
        "forbidden_functions",
        {"forbidden_functions": ["MAX_PT"]},
        "select max_${x}('a')",
        "第 1 行的函数名 max_${x} 含有变量，无法检查，请写出完整的函数名。",
    ),
    ("drops", {"drops": ["ads.*"]}, "drop table ads.a", "第 1 行删除或清空了 ads.a，请去掉该语句。"),
    ("drops", {"drops": ["*"]}, "select 1;\npai -name x", "SQL 中有一部分无法检查：第 2 行无法解析。"),
    (
        "cross_project_writes",
        {"written_projects": ["dwd", "ads"]},
        "insert into dim.a select 1",
        "第 1 行写入了 dim.a，只能写入 dwd、ads。",
    ),
    (
        "protected_tables",
        {"protected_tables": ["dim.*"]},
        "update dim.city set x = 1",
        "第 1 行修改了受保护的表 dim.city，请勿修改。",
    ),
    (
        "insert_column_order",
        {"insert_column_order": ["ads.*"]},
        "insert into ads.a select 1",
        "第 1 行写入 ads.a 时依赖列的顺序，请列出各列。",
    ),
]
NODES: Final[list[tuple[str, dict[str, object], dict[str, Any], str]]] = [
    ("naming", {"naming": ["dwd_.*", "ads_.*"]}, {}, "文件名 ods_orders 不符合命名规范，允许的形式：dwd_.*、ads_.*。"),
    ("declared_inputs", {"declared_inputs": True}, {}, "节点读取了 ods.a，但未将其声明为输入，请补充。"),
    (
        "declared_inputs",
        {"declared_inputs": True},
        {"input_list": (NodeInput(input="ods.a"), NodeInput(input="ods.b"))},
        "节点声明了输入 ods.b，但从未读取，请删除。",
    ),
    (
        "shortest_interval",
        {"shortest_interval_minutes": 60},
        {"cron_express": "00 */30 * * * ?"},
        "节点的调度间隔不得小于 60 分钟，此节点为 30 分钟，请降低频率。",
    ),
    (
        "closed_hours",
        {"closed_hours": "00:00-02:00"},
        {"cron_express": "00 30 01 * * ?"},
        "00:00-02:00 期间不允许调度，此节点将在 01:30 运行，请另选时间。",
    ),
    (
        "resource_groups",
        {"resource_groups": [7, 9]},
        {"resource_group_id": 8},
        "节点不能使用资源组 8，允许的资源组：7、9。",
    ),
    (
        "rerunnable",
        {"rerun_modes": ["ALL_ALLOWED", "FAILURE_ALLOWED"]},
        {"rerun_mode": "ALL_DENIED"},
        "节点的重跑属性为 ALL_DENIED，允许的取值：ALL_ALLOWED、FAILURE_ALLOWED。",
    ),
]
COLUMN: Final = TableColumn(column_name="id", column_type="BIGINT", comment="the key")
TABLES: Final[list[tuple[str, dict[str, object], dict[str, Any], str]]] = [
    ("naming", {"naming": ["ads_.*"]}, {}, "表名 ods_orders 不符合命名规范，允许的形式：ads_.*。"),
    (
        "lifecycle",
        {"max_lifecycle": 365},
        {"life_cycle": 1_000},
        "表的生命周期不得超过 365 天，此表为 1,000 天，请缩短生命周期。",
    ),
    (
        "lifecycle",
        {"max_lifecycle": 365},
        {"life_cycle": None},
        "表的生命周期不得超过 365 天，此表的数据永久保留，请设置生命周期。",
    ),
    ("comments", {"comments": True}, {"comment": " "}, "此表没有注释，请说明一行数据的含义。"),
    (
        "comments",
        {"comments": True},
        {"comment": "orders", "columns": (COLUMN, TableColumn(column_name="x"), TableColumn(column_name="y"))},
        "以下列没有注释：x、y，请补充。",
    ),
    (
        "column_types",
        {"column_types": ["string", "decimal"]},
        {"columns": (COLUMN,)},
        "以下列的类型不被允许：id BIGINT；允许的类型：string、decimal。",
    ),
]


def says(pack: PolicyPack[Any], event: Event, settings: dict[str, object], **lookups: Any) -> dict[str, str]:
    """The Chinese text of each rule that objects."""
    decision = decide(pack, event, settings=settings, environment={"DATAWORKS_EXT_LANGUAGE": "zh"}, **lookups)
    return {reason.policy.partition(".")[2]: reason.message for reason in decision.reasons if reason.message}


@pytest.mark.parametrize(("rule", "settings", "code", "text"), SQL)
def test_a_rule_about_sql_speaks_chinese(rule: str, settings: dict[str, object], code: str, text: str) -> None:
    event, snapshot = sample("commit-file", file_type=NodeType.ODPS_SQL), committed_file(content=code)
    assert says(sql, event, settings, snapshot=snapshot, answers=PARTITIONED) == {rule: text}


@pytest.mark.parametrize(("rule", "settings", "configuration", "text"), NODES)
def test_a_standard_speaks_chinese(
    rule: str, settings: dict[str, object], configuration: dict[str, Any], text: str
) -> None:
    event = sample("commit-file", file_name="ods_orders", file_type=NodeType.ODPS_SQL)
    node = NodeConfiguration(**{"input_list": (), **configuration})
    snapshot = committed_file(content="select id from ods.a", node_configuration=node)
    assert says(files, event, settings, snapshot=snapshot) == {rule: text}


@pytest.mark.parametrize(("rule", "settings", "model", "text"), TABLES)
def test_a_rule_about_tables_speaks_chinese(
    rule: str, settings: dict[str, object], model: dict[str, Any], text: str
) -> None:
    event = sample("commit-table", table_name="ods_orders")
    assert says(tables, event, settings, snapshot=table_model(**model)) == {rule: text}


@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({"deleters": ["1"]}, "只有指定人员可以删除文件，请联系他们删除。"),
        ({"owners_only": True}, "只有文件责任人可以删除文件，请联系责任人删除。"),
    ],
)
def test_the_rule_about_deletions_speaks_chinese(settings: dict[str, object], text: str) -> None:
    event = sample("delete-file", operator="2", file_owner="3")
    assert says(deletion, event, settings) == {"deleters": text}


def test_the_rule_about_runs_speaks_chinese() -> None:
    event, snapshot = (
        sample("run-file", file_type=NodeType.ODPS_SQL),
        file_execution(content="insert into ads.a select 1"),
    )
    text = "第 1 行写入了生产表 ads.a，请通过调度运行，不要手动运行。"
    assert says(run, event, {"production_tables": ["ads.*"]}, snapshot=snapshot) == {"production_tables": text}


def _job(number: int) -> dict[str, object]:
    source = {"src_datasource_name": "s", "src_database_name": "d", "src_table": "t"}
    target = {"dst_datasource_name": "odps_first", "dst_table": "orders"}
    return {"id": number, "extension_biz_name": f"job{number}", "table_mapping": [{**source, **target}]}


@pytest.mark.parametrize(
    ("mappings", "text"),
    [
        ([_job(1), _job(2)], "任务 job1 和 job2 都写入 odps_first 的表 orders，请只启动其中一个。"),
        (None, "任务列表写入的表超过 500 张，DataWorks 未提供明细，请减少一次启动的任务数。"),
    ],
)
def test_the_rule_about_duplicates_speaks_chinese(mappings: list[dict[str, object]] | None, text: str) -> None:
    event = sample("batch-start-diJob", table_mappings=mappings, show_table_mapping=mappings is not None)
    assert says(duplicates, event, {"one_writer": True}) == {"one_writer": text}


def test_no_rule_is_left_out() -> None:
    said: dict[PolicyPack[Any], set[str]] = {
        sql: {rule for rule, *_ in SQL},
        files: {rule for rule, *_ in NODES} | {"release_freeze", "deployers"},
        tables: {rule for rule, *_ in TABLES},
        deletion: {"deleters"},
        run: {"production_tables"},
        duplicates: {"one_writer"},
    }
    for pack, rules in said.items():
        assert {policy.id.partition(".")[2] for policy in pack.policies} == rules
