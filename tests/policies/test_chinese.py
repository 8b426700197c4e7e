"""What each rule says to a reader of Chinese."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest

from dataworks_ext.testing import committed_file
from policies import extension

from .asking import ask
from .test_chinese_packs import NODES, SQL

EVENING = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)
"""A Monday, 20:00 in Shanghai."""
SINGLES_DAY = datetime(2026, 11, 11, 2, 0, tzinfo=timezone.utc)
CODE = {"snapshot": committed_file(content="SELECT MAX_PT('a'), RAND();"), "options": {}}
DOWNLOAD, UPLOAD, BACKFILL = "download-resources-execute", "upload-data-to-table", "backfill-data"

TEXTS: list[tuple[str, str, dict[str, str], dict[str, Any], str]] = [
    (
        "downloads.row_limit",
        DOWNLOAD,
        {"DOWNLOADS_MAX_ROWS": "1000"},
        {"dataRowSize": 250_000},
        "单次下载不得超过 1,000 行，本次为 250,000 行，请缩小查询范围。",
    ),
    (
        "downloads.size_limit",
        DOWNLOAD,
        {"DOWNLOADS_MAX_BYTES": "500MB"},
        {"fileSize": 500_000_001},
        "下载的文件不得超过 500 MB，此文件为 500.000001 MB，请减少下载内容。",
    ),
    (
        "downloads.network",
        DOWNLOAD,
        {"DOWNLOADS_ALLOWED_NETWORKS": "10.0.0.0/8"},
        {"ip": "198.51.100.7"},
        "只能从公司网络下载文件，请接入公司网络后重新下载。",
    ),
    (
        "downloads.working_hours",
        DOWNLOAD,
        {"DOWNLOADS_WORKING_HOURS": "09:00-18:00"},
        {"now": EVENING},
        "只能在工作时间下载：周一至周五 09:00-18:00（Asia/Shanghai）。",
    ),
    (
        "downloads.source",
        DOWNLOAD,
        {"DOWNLOADS_DENIED_SOURCES": "dw_excel"},
        {"moduleType": "dw_excel"},
        "已禁止从 dw_excel 下载数据。",
    ),
    (
        "downloads.personal_columns",
        DOWNLOAD,
        {"DOWNLOADS_PERSONAL_COLUMNS": "*.phone"},
        {"sqlText": "select phone from ods.users"},
        "查询中包含 ods.users 的个人信息列 phone，请去掉。",
    ),
    (
        "downloads.limit_required",
        DOWNLOAD,
        {"DOWNLOADS_LIMIT_REQUIRED": "true"},
        {"sqlText": "select id from ods.users"},
        "查询没有 LIMIT，请加上，例如 LIMIT 10000。",
    ),
    (
        "downloads.datasource",
        DOWNLOAD,
        {"DOWNLOADS_DENIED_DATASOURCES": "人事，payroll"},
        {"datasourceName": "payroll"},
        "数据源 payroll 中的数据不得下载。",
    ),
    (
        "uploads.no_overwrite",
        UPLOAD,
        {},
        {"writeType": "OVERWRITE", "optTableType": "SELECT"},
        "上传不得覆盖已有的表，请改为追加，或上传到新表。",
    ),
    (
        "uploads.no_overwrite",
        UPLOAD,
        {},
        {"writeType": "MERGE", "optTableType": "SELECT"},
        "无法识别写入方式 MERGE，可能会覆盖表中的数据，请改为追加，或上传到新表。",
    ),
    (
        "uploads.size_limit",
        UPLOAD,
        {"UPLOADS_MAX_BYTES": "1GB"},
        {"fileSize": 2_500_000_000},
        "单次上传不得超过 1 GB，本次为 2.5 GB，请减少上传内容。",
    ),
    (
        "uploads.project",
        UPLOAD,
        {"UPLOADS_ALLOWED_PROJECTS": "ods，dwd"},
        {"tableGuid": "odps.finance.ledger"},
        "数据只能上传到 ods、dwd，不得上传到 finance。",
    ),
    (
        "uploads.source",
        UPLOAD,
        {"UPLOADS_ALLOWED_SOURCES": "OSS、HTTP"},
        {"uploadSourceType": "LOCAL"},
        "只能上传来自 OSS、HTTP 的数据，不得上传来自 LOCAL 的数据。",
    ),
    (
        "sql.forbidden_functions",
        "commit-file",
        {"SQL_FORBIDDEN_FUNCTIONS": "MAX_PT；RAND"},
        CODE,
        "代码调用了禁用的函数（首次出现在第 1 行）：MAX_PT、RAND，请替换。",
    ),
    (
        "files.release_freeze",
        "commit-file",
        {"FILES_FREEZE_DATES": "2026-11-11/2026-11-12", "SQL_FORBIDDEN_FUNCTIONS": "[]"},
        {**CODE, "now": SINGLES_DAY},
        "封网期间不得提交和发布，封网将于 2026 年 11 月 13 日 00:00（Asia/Shanghai）结束。",
    ),
    (
        "files.release_freeze",
        "commit-file",
        {"FILES_FREEZE_DATES": "2026-01-01/2026-12-31", "SQL_FORBIDDEN_FUNCTIONS": "[]"},
        {**CODE, "now": EVENING},
        "封网期间不得提交和发布，结束时间请咨询平台负责人。",
    ),
    (
        "files.deployers",
        "deploy-file",
        {"FILES_DEPLOYERS": "1", "SQL_FORBIDDEN_FUNCTIONS": "[]"},
        {**CODE, "operator": "2", "fileOwner": "3"},
        "只有发布人员和文件责任人可以发布文件，请联系他们发布此文件。",
    ),
    (
        "files.deployers",
        "deploy-file",
        {"FILES_DEPLOYERS": "1", "FILES_OWNERS_DEPLOY": "false", "SQL_FORBIDDEN_FUNCTIONS": "[]"},
        {**CODE, "operator": "2", "fileOwner": "2"},
        "只有发布人员可以发布文件，请联系发布人员发布此文件。",
    ),
    (
        "nodes.protected",
        "freeze-node",
        {"NODES_PROTECTED_NODES": "2，3"},
        {"nodeIds": [1, 2, 3]},
        "受保护的节点不得冻结或下线：2、3，请从本次操作中移除。",
    ),
    (
        "nodes.backfill_nodes",
        BACKFILL,
        {"NODES_MAX_BACKFILL_NODES": "2"},
        {"includeNodeIds": [1, 2, 3]},
        "一次补数据不得超过 2 个节点，本次为 3 个，请减少节点。",
    ),
    (
        "nodes.backfill_days",
        BACKFILL,
        {"NODES_MAX_BACKFILL_DAYS": "7"},
        {"multipleTimePeriods": [{"bizBeginTime": "2022-04-01", "bizEndTime": "2022-04-30"}]},
        "一次补数据不得超过 7 天，本次为 30 天，请减少天数。",
    ),
    (
        "workspaces.protected",
        "delete-project",
        {"WORKSPACES_PROTECTED_WORKSPACES": "90004"},
        {"projectId": 90004},
        "工作空间 90004 受保护，不得删除，请保留。",
    ),
    (
        "workspaces.deleters",
        "delete-project",
        {"WORKSPACES_DELETERS": "1"},
        {"operator": "2"},
        "只有指定人员可以删除工作空间，如需删除，请联系平台负责人。",
    ),
]


@pytest.mark.parametrize(("policy", "code", "settings", "given", "text"), TEXTS)
def test_a_rule_speaks_chinese(
    policy: str, code: str, settings: dict[str, str], given: dict[str, Any], text: str
) -> None:
    decision = ask(code, {"DATAWORKS_EXT_LANGUAGE": "zh", **settings}, **given)
    assert decision.message == text
    assert [reason.policy for reason in decision.reasons if reason.message] == [policy]


def test_no_rule_is_left_out() -> None:
    by_pack = {f"sql.{rule}" for rule, *_ in SQL} | {f"files.{rule}" for rule, *_ in NODES} | {"permissions.validity"}
    assert {policy.id for policy in extension.policies} - {policy for policy, *_ in TEXTS} - by_pack == set()


def test_the_validity_of_a_permission_speaks_chinese() -> None:
    order = {"deadlineType": "MONTH", "deadlineDate": 6}
    environment = {"DATAWORKS_EXT_LANGUAGE": "zh", "PERMISSIONS_MAX_VALIDITY_DAYS": "30"}
    text = "权限有效期不得超过 30 天，本次申请为 186 天（一个月按 31 天计算），请缩短有效期。"
    assert ask("approval-change-before-create", environment, order=order).message == text
