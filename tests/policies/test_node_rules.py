"""The rules of the packs for nodes, tables, deletions and integration jobs, each with its setting and without."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from dataworks_ext import Decision, PolicyPack
from dataworks_ext.snapshots import NodeConfiguration, TableColumn
from dataworks_ext.testing import committed_file, decide, sample, table_model
from policies.deletion import deletion
from policies.duplicates import duplicates
from policies.files import files
from policies.tables import tables


def node(settings: Mapping[str, object], **configuration: Any) -> Decision:
    """What the standards say to a commit of a node that is configured like this."""
    snapshot = committed_file(node_configuration=NodeConfiguration(**configuration))
    return decide(files, sample("commit-file", file_name="ods_orders"), settings=settings, snapshot=snapshot)


@pytest.mark.parametrize(
    ("settings", "configuration", "text"),
    [
        ({"naming": ["ods_[a-z]+", "dwd_.*"]}, {}, ""),
        (
            {"naming": ["dwd_.*", "ads_.*"]},
            {},
            "The name ods_orders is not of the standard. Allowed: dwd_.* or ads_.*.",
        ),
        ({"shortest_interval_minutes": 60}, {"cron_express": "00 00 * * * ?"}, ""),
        (
            {"shortest_interval_minutes": 60},
            {"cron_express": "00 */30 * * * ?"},
            "Nodes run every 60 minutes at most; this one would run every 30. Run it less often.",
        ),
        ({"closed_hours": "00:00-02:00"}, {"cron_express": "00 30 05 * * ?"}, ""),
        (
            {"closed_hours": "00:00-02:00"},
            {"cron_express": "00 30 01 * * ?"},
            "No node runs from 00:00-02:00; this one would run at 01:30. Choose another time.",
        ),
        ({"resource_groups": [7]}, {"resource_group_id": 7}, ""),
        (
            {"resource_groups": [7]},
            {"resource_group_id": 8},
            "Nodes may not run on the resource group 8. Allowed: 7.",
        ),
        ({"rerun_modes": ["ALL_ALLOWED"]}, {"rerun_mode": "ALL_ALLOWED"}, ""),
        (
            {"rerun_modes": ["ALL_ALLOWED"]},
            {"rerun_mode": "ALL_DENIED"},
            "The node is set to rerun as ALL_DENIED. Allowed: ALL_ALLOWED.",
        ),
        ({}, {"rerun_mode": "ALL_DENIED", "resource_group_id": 8}, ""),
    ],
)
def test_a_node_is_of_the_standard(settings: dict[str, object], configuration: dict[str, Any], text: str) -> None:
    assert node(settings, **configuration).message == text


COLUMNS = (TableColumn(column_name="id", column_type="BIGINT", comment="the key"),)


@pytest.mark.parametrize(
    ("settings", "model", "text"),
    [
        ({"naming": ["ods_.*"]}, {}, ""),
        ({"naming": ["ads_.*"]}, {}, "The name ods_orders is not of the standard. Allowed: ads_.*."),
        ({"max_lifecycle": 365}, {"life_cycle": 365}, ""),
        (
            {"max_lifecycle": 365},
            {"life_cycle": 366},
            "Tables keep their data for 365 days at most; this one would keep it for 366 days. Set its lifecycle.",
        ),
        (
            {"max_lifecycle": 365},
            {"life_cycle": None},
            "Tables keep their data for 365 days at most; this one would keep it for ever. Set its lifecycle.",
        ),
        ({"max_lifecycle": 365, "lifecycle_exempt": ["ods_.*"]}, {"life_cycle": None}, ""),
        ({"comments": True}, {"comment": "orders", "columns": COLUMNS}, ""),
        ({"comments": True}, {"comment": " ", "columns": COLUMNS}, "The table has no comment. Say what a row is."),
        (
            {"comments": True},
            {"comment": "orders", "columns": (*COLUMNS, TableColumn(column_name="x"))},
            "Columns without a comment: x. Say what they hold.",
        ),
        ({"column_types": ["bigint"]}, {"columns": COLUMNS}, ""),
        (
            {"column_types": ["string", "decimal"]},
            {"columns": (*COLUMNS, TableColumn(column_name="d", column_type="DECIMAL(10,2)"))},
            "Columns of a type that is not allowed: id BIGINT. Allowed: string and decimal.",
        ),
        ({}, {"comment": None, "life_cycle": None}, ""),
    ],
)
def test_a_table_is_of_the_standard(settings: dict[str, object], model: dict[str, Any], text: str) -> None:
    event = sample("commit-table", table_name="ods_orders")
    assert decide(tables, event, settings=settings, snapshot=table_model(**model)).message == text


OWNER, SOMEBODY, NAMED = "1001", "1002", "1003"


@pytest.mark.parametrize(
    ("settings", "operator", "is_allowed"),
    [
        ({}, SOMEBODY, True),
        ({"owners_only": True}, OWNER, True),
        ({"owners_only": True}, SOMEBODY, False),
        ({"owners_only": True, "deleters": [NAMED]}, NAMED, True),
        ({"deleters": [NAMED]}, NAMED, True),
        ({"deleters": [NAMED]}, OWNER, False),
    ],
)
def test_files_are_deleted_by_owners_and_named_people(
    settings: dict[str, object], operator: str, is_allowed: bool
) -> None:
    event = sample("delete-file", operator=operator, file_owner=OWNER)
    assert decide(deletion, event, settings=settings).allowed is is_allowed


def _mapping(job: int, table: str) -> dict[str, object]:
    source = {"src_datasource_name": "s", "src_database_name": "d", "src_table": "t"}
    target = {"dst_datasource_name": "odps_first", "dst_table": table}
    return {"id": job, "extension_biz_name": f"job{job}", "table_mapping": [{**source, **target}]}


@pytest.mark.parametrize(
    ("tables_written", "setting", "is_allowed"),
    [(["a", "A"], True, False), (["a", "b"], True, True), (["a", "a"], False, True)],
)
def test_no_two_jobs_of_a_list_write_one_table(tables_written: list[str], setting: bool, is_allowed: bool) -> None:
    mappings = [_mapping(job, table) for job, table in enumerate(tables_written, 1)]
    event = sample("batch-start-diJob", table_mappings=mappings, show_table_mapping=True)
    assert decide(duplicates, event, settings={"one_writer": setting}).allowed is is_allowed


PACKS: list[PolicyPack[Any]] = [files, tables, deletion, duplicates]


@pytest.mark.parametrize("pack", PACKS, ids=lambda pack: pack.name)
def test_no_rule_says_anything_without_its_setting(pack: PolicyPack[Any]) -> None:
    for code in sorted({code for policy in pack.policies for code in policy.events}):
        assert decide(pack, sample(code)).message == ""
