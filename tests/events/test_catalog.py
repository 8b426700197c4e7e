"""The catalog of event codes, against the event reference as `tests/contract/catalog.csv` has it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any, cast

import pytest

from dataworks_ext.events import CatalogEntry, catalog, class_name

_CSV = Path(__file__).parent.parent / "contract" / "catalog.csv"


def _reference() -> list[dict[str, str]]:
    with _CSV.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_it_has_51_codes() -> None:
    """The catalog has the 51 codes of the reference and no other."""
    assert len(catalog) == 51
    assert set(catalog) == {row["code"] for row in _reference()}


def test_it_has_33_extension_points() -> None:
    """DataWorks waits for an answer to 33 of them."""
    assert sum(entry.extension_point for entry in catalog.values()) == 33


def test_an_entry_says_what_the_reference_says() -> None:
    rows = {
        code: {
            "code": entry.code,
            "type": entry.type,
            "module": entry.module,
            "level": entry.level,
            "kind": "extension-point" if entry.extension_point else "regular",
            "operation": entry.operation or "",
        }
        for code, entry in catalog.items()
    }
    reference = _reference()
    assert [rows.get(row["code"]) for row in reference] == reference


def test_an_entry_is_found_by_its_code() -> None:
    assert all(entry.code == code for code, entry in catalog.items())


def test_no_two_codes_share_a_type() -> None:
    """EventBridge's type tells the events apart."""
    assert len({entry.type for entry in catalog.values()}) == len(catalog)


def test_every_entry_has_a_title_of_its_own() -> None:
    titles = {entry.title for entry in catalog.values()}
    assert len(titles) == len(catalog)
    assert all(titles)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("commit-file", "CommitFile"),
        ("start-diJob", "StartDiJob"),
        ("batch-start-diJob", "BatchStartDiJob"),
        ("unfreeze-node", "UnfreezeNode"),
        ("upload-data-to-table", "UploadDataToTable"),
    ],
)
def test_a_class_is_named_after_its_code(code: str, name: str) -> None:
    """The name of a class is the code in PascalCase; inner capitals stay."""
    assert class_name(code) == name


def test_no_two_codes_share_a_class_name() -> None:
    assert len({class_name(code) for code in catalog}) == len(catalog)


def test_nobody_can_add_a_code() -> None:
    """The catalog is read-only."""
    with pytest.raises(TypeError):
        cast("dict[str, CatalogEntry]", catalog)["new-code"] = catalog["commit-file"]


def test_nobody_can_change_an_entry() -> None:
    with pytest.raises(AttributeError):
        cast("Any", catalog["commit-file"]).extension_point = False
