"""The rules of the example pack for uploads: each with its setting, and without it."""

from __future__ import annotations

import pytest

from .asking import ask, policies_of, problems

UPLOAD = "upload-data-to-table"
OVERWRITES = "An upload may not overwrite a table that exists. Append to it, or upload into a new table."
UNKNOWN = (
    "The way of writing INSERT_OVERWRITE is not known, so it may overwrite the table. Append to it, or upload into a "
    "new table."
)


# Without settings


def test_the_published_upload_is_allowed() -> None:
    """It overwrites, but into a new table."""
    assert ask(UPLOAD, {}).allowed


def test_without_settings_only_overwriting_is_looked_at() -> None:
    """A rule whose setting was not made does nothing."""
    assert policies_of(ask(UPLOAD, {})) == ["uploads.no_overwrite"]


@pytest.mark.parametrize(
    ("setting", "value", "policy"),
    [
        ("UPLOADS_MAX_BYTES", "1GB", "uploads.size_limit"),
        ("UPLOADS_ALLOWED_PROJECTS", "mc_project", "uploads.project"),
        ("UPLOADS_ALLOWED_SOURCES", "LOCAL", "uploads.source"),
    ],
)
def test_with_its_setting_a_rule_looks(setting: str, value: str, policy: str) -> None:
    decision = ask(UPLOAD, {setting: value})
    assert policies_of(decision) == ["uploads.no_overwrite", policy]
    assert decision.allowed


# Overwriting


@pytest.mark.parametrize(
    ("write_type", "table", "text"),
    [
        ("OVERWRITE", "CREATE", ""),
        ("APPEND", "CREATE", ""),
        ("APPEND", "IMPORT", ""),
        ("OVERWRITE", "IMPORT", OVERWRITES),
        ("overwrite", "import", OVERWRITES),
        ("overwrite", "create", ""),
        ("OVERWRITE", "TOMORROW", OVERWRITES),
        ("APPEND", "TOMORROW", ""),
        ("INSERT_OVERWRITE", "IMPORT", UNKNOWN),
        ("INSERT_OVERWRITE", "TOMORROW", UNKNOWN),
        ("INSERT_OVERWRITE", "CREATE", ""),
    ],
)
def test_overwriting(write_type: str, table: str, text: str) -> None:
    """Only a table that is certainly new may be overwritten. A word that nobody knows may mean that it is."""
    decision = ask(UPLOAD, {}, writeType=write_type, optTableType=table)
    assert (decision.denied, decision.message) == (bool(text), text)


@pytest.mark.parametrize(("value", "denied"), [("true", False), ("1", False), ("false", True), ("", True)])
def test_overwriting_may_be_allowed(value: str, denied: bool) -> None:
    assert ask(UPLOAD, {"UPLOADS_ALLOW_OVERWRITE": value}, optTableType="IMPORT").denied is denied


# Size


@pytest.mark.parametrize(
    ("limit", "size", "text"),
    [
        ("123456", 123_456, ""),
        ("100KB", 123_456, "Uploads are limited to 100 KB; this one has 123.5 KB. Upload less."),
        ("500MB", 500_000_000, ""),
        ("500MB", 2_000_000_000, "Uploads are limited to 500 MB; this one has 2 GB. Upload less."),
        ("2GiB", 2_147_483_648, ""),
        ("2GiB", "3000000000", "Uploads are limited to 2.1 GB; this one has 3 GB. Upload less."),
    ],
)
def test_the_size_limit(limit: str, size: object, text: str) -> None:
    """The limit is written as bytes, or with a decimal or binary unit."""
    decision = ask(UPLOAD, {"UPLOADS_MAX_BYTES": limit}, fileSize=size)
    assert (decision.denied, decision.message) == (bool(text), text)


# Projects

_PROJECTS = {"UPLOADS_ALLOWED_PROJECTS": "mc_project, C-0123"}


@pytest.mark.parametrize(
    ("table", "text"),
    [
        ("odps.mc_project.test_table", ""),
        ("odps.MC_Project.test_table", ""),
        ("emr_hive.C-0123.sales.orders", ""),
        ("odps.finance.ledger", "Data may be uploaded to mc_project or C-0123 only, not to finance."),
        ("holo.hgpost-1.mc_project", "Data may be uploaded to mc_project or C-0123 only, not to hgpost-1."),
        ("odps.mc_project_2.t", "Data may be uploaded to mc_project or C-0123 only, not to mc_project_2."),
    ],
)
def test_the_allowed_projects(table: str, text: str) -> None:
    """The project of MaxCompute, the cluster of EMR Hive or the instance of Hologres is allowed by its whole name."""
    decision = ask(UPLOAD, _PROJECTS, tableGuid=table)
    assert (decision.denied, decision.message) == (bool(text), text)


@pytest.mark.parametrize("table", ["", "test_table"])
def test_a_table_without_a_project_is_denied(table: str) -> None:
    """The rule fails closed."""
    decision = ask(UPLOAD, _PROJECTS, tableGuid=table)
    assert (decision.denied, decision.message) == (True, "The rule uploads.project could not be checked.")


# Sources


@pytest.mark.parametrize(
    ("allowed", "source", "text"),
    [
        ("OSS,HTTP", "OSS", ""),
        ("oss", "OSS", ""),
        ("DW_EXCEL", "DwExcel", ""),
        ("OSS,HTTP", "LOCAL", "Data may be uploaded from OSS or HTTP only, not from LOCAL."),
        ("OSS,HTTP", "FTP", "Data may be uploaded from OSS or HTTP only, not from FTP."),
    ],
)
def test_the_allowed_sources(allowed: str, source: str, text: str) -> None:
    """A source that nobody knew yet is not allowed."""
    decision = ask(UPLOAD, {"UPLOADS_ALLOWED_SOURCES": allowed}, uploadSourceType=source)
    assert (decision.denied, decision.message) == (bool(text), text)


# Settings that cannot be read


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        ("UPLOADS_ALLOW_OVERWRITE", "perhaps", "Input should be a valid boolean, unable to interpret input"),
        ("UPLOADS_MAX_BYTES", "much", "a size is a number of bytes, or written as 500MB, 1.5GB, 2GiB"),
        ("UPLOADS_ALLOWED_SOURCES", "FTP", "Input should be 'LOCAL', 'OSS', 'DW_EXCEL' or 'HTTP'"),
    ],
)
def test_a_setting_that_cannot_be_read_is_a_problem(setting: str, value: str, problem: str) -> None:
    """The problem names the variable, and every rule of the pack fails closed."""
    decision = ask(UPLOAD, {setting: value})
    assert problems({setting: value}) == (f"{setting}: {problem}",)
    assert decision.message.splitlines() == [
        f"The rule uploads.{name} could not be checked." for name in ("no_overwrite", "size_limit", "project", "source")
    ]
