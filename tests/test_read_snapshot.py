"""What DataWorks answers when it is asked for a snapshot, as its reference and its SDK have it."""

from __future__ import annotations

from typing import Any

import pytest

from dataworks_ext.events import ChangeType
from dataworks_ext.snapshots import CommittedFile, read_snapshot


def _committed(**fields: Any) -> CommittedFile:
    snapshot = read_snapshot({"EventDetail": {"CommittedFile": {"FileId": 500001, **fields}}})
    assert isinstance(snapshot, CommittedFile)
    return snapshot


@pytest.mark.parametrize(
    ("wire", "change"),
    [
        ("CREATE", ChangeType.NEW),
        ("UPDATE", ChangeType.UPDATE),
        ("DELETE", ChangeType.DELETE),
        ("NEW", ChangeType.NEW),
        ("2", ChangeType.DELETE),
        ("RENAME", "RENAME"),
    ],
)
def test_a_change_is_read_by_the_words_of_the_sdk(wire: str, change: ChangeType | str) -> None:
    assert _committed(ChangeType=wire).change_type == change


def test_an_input_or_output_without_a_name_costs_nothing_else() -> None:
    schedule = {"InputList": [{"ParseType": "MANUAL"}, {"Input": "a.b_out"}], "OutputList": [{"RefTableName": "t"}, {}]}
    configuration = _committed(NodeConfiguration=schedule).node_configuration
    assert configuration is not None
    assert [item.input for item in configuration.input_list or ()] == [None, "a.b_out"]
    assert [item.ref_table_name for item in configuration.output_list or ()] == ["t", None]
