"""The rules of the example pack for downloads: each with its setting, and without it."""

from __future__ import annotations

from datetime import datetime, timezone
from traceback import walk_tb

import pytest

from dataworks_ext import Decision
from dataworks_ext.testing import sample, trial
from policies import extension

from .asking import ask, policies_of, problems

GENERATE, EXECUTE = "download-resources", "download-resources-execute"
BOTH = pytest.mark.parametrize("code", [GENERATE, EXECUTE])
MONDAY_MORNING = datetime(2026, 3, 2, 2, 0, tzinfo=timezone.utc)
"""10:00 in Shanghai."""
MONDAY_EVENING = datetime(2026, 3, 2, 12, 0, tzinfo=timezone.utc)
"""20:00 in Shanghai."""


def _could_not_be_checked(policy: str) -> str:
    return f"The rule downloads.{policy} could not be checked."


# Without settings


@BOTH
def test_a_published_download_is_allowed(code: str) -> None:
    assert ask(code, {}).allowed


@BOTH
def test_without_settings_only_the_row_limit_looks(code: str) -> None:
    """A rule whose setting was not made does nothing."""
    assert policies_of(ask(code, {})) == ["downloads.row_limit"]


@pytest.mark.parametrize("empty", ["", "  "])
def test_an_empty_setting_is_not_made(empty: str) -> None:
    settings = {"DOWNLOADS_ALLOWED_NETWORKS": empty, "DOWNLOADS_MAX_BYTES": empty, "DOWNLOADS_MAX_ROWS": empty}
    assert policies_of(ask(EXECUTE, settings)) == ["downloads.row_limit"]


@pytest.mark.parametrize(
    ("setting", "value", "policy"),
    [
        ("DOWNLOADS_MAX_BYTES", "1GB", "downloads.size_limit"),
        ("DOWNLOADS_ALLOWED_NETWORKS", "198.51.100.0/24", "downloads.network"),
        ("DOWNLOADS_WORKING_HOURS", "09:00-18:00", "downloads.working_hours"),
        ("DOWNLOADS_DENIED_SOURCES", "dw_excel", "downloads.source"),
        ("DOWNLOADS_DENIED_DATASOURCES", "payroll", "downloads.datasource"),
    ],
)
def test_with_its_setting_a_rule_looks(setting: str, value: str, policy: str) -> None:
    decision = ask(EXECUTE, {setting: value})
    assert policies_of(decision) == ["downloads.row_limit", policy]
    assert decision.allowed


def test_every_objection_is_shown_at_once() -> None:
    settings = {"DOWNLOADS_MAX_ROWS": "10", "DOWNLOADS_DENIED_DATASOURCES": "odps_first"}
    assert ask(GENERATE, settings).message.splitlines() == [
        "Downloads are limited to 10 rows; this one has 123,456. Narrow the query.",
        "The data source odps_first may not be downloaded from.",
    ]


# Rows


@BOTH
@pytest.mark.parametrize(
    ("settings", "rows", "text"),
    [
        ({}, 0, ""),
        ({}, 1_000_000, ""),
        (
            {},
            1_000_001,
            "Downloads are limited to 1,000,000 rows; this one has 1,000,001. Narrow the query.",
        ),
        ({"DOWNLOADS_MAX_ROWS": "10"}, "10", ""),
        (
            {"DOWNLOADS_MAX_ROWS": "10"},
            "11",
            "Downloads are limited to 10 rows; this one has 11. Narrow the query.",
        ),
        ({"DOWNLOADS_MAX_ROWS": "5000000"}, 5_000_000, ""),
    ],
)
def test_the_row_limit(code: str, settings: dict[str, str], rows: object, text: str) -> None:
    """A download has at most the rows of the limit, a million by default."""
    decision = ask(code, settings, dataRowSize=rows)
    assert (decision.denied, decision.message) == (bool(text), text)


def test_rows_that_cannot_be_read_are_denied() -> None:
    decision = ask(GENERATE, {}, dataRowSize="many")
    assert (decision.denied, decision.message) == (True, _could_not_be_checked("row_limit"))


# Size


@BOTH
@pytest.mark.parametrize(
    ("limit", "size", "text"),
    [
        ("10241024", 10_241_024, ""),
        ("10MB", 10_000_000, ""),
        ("10MB", 10_241_024, "Downloads are limited to 10 MB; this file has 10.2 MB. Download less."),
        ("10MiB", 10_485_760, ""),
        ("10MiB", 12_000_000, "Downloads are limited to 10.5 MB; this file has 12 MB. Download less."),
        ("1.5 gb", 1_500_000_000, ""),
        ("1.5 gb", 2_000_000_000, "Downloads are limited to 1.5 GB; this file has 2 GB. Download less."),
        ("2GiB", 2_147_483_648, ""),
        ("0", 1, "Downloads are limited to 0 bytes; this file has 1 byte. Download less."),
    ],
)
def test_the_size_limit(code: str, limit: str, size: int, text: str) -> None:
    """The limit is written as bytes, or with a decimal or binary unit."""
    decision = ask(code, {"DOWNLOADS_MAX_BYTES": limit}, fileSize=size)
    assert (decision.denied, decision.message) == (bool(text), text)


# Networks

_ELSEWHERE = "Files can be downloaded from the company's networks only. Connect to one and download again."
_NETWORKS = {"DOWNLOADS_ALLOWED_NETWORKS": "198.51.100.0/24, 10.0.0.0/8, 2001:db8::/32"}


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("198.51.100.7", ""),
        ("198.51.100.255", ""),
        ("10.200.3.4", ""),
        ("2001:db8::1", ""),
        ("2001:DB8:0:0::1", ""),
        ("::ffff:198.51.100.7", ""),
        ("::ffff:c633:6407", ""),
        ("198.51.101.7", _ELSEWHERE),
        ("2001:db9::1", _ELSEWHERE),
        ("::ffff:203.0.113.9", _ELSEWHERE),
        ("::1", _ELSEWHERE),
    ],
)
def test_the_networks(address: str, text: str) -> None:
    """A file is downloaded from an allowed network, also where its IPv4 address comes mapped to IPv6."""
    decision = ask(EXECUTE, _NETWORKS, ip=address)
    assert (decision.denied, decision.message) == (bool(text), text)


@pytest.mark.parametrize("address", ["", "unknown", "198.51.100.7:443", "198.51.100.7, 10.0.0.1", "198.51.100", None])
def test_an_address_that_cannot_be_read_is_denied(address: object) -> None:
    """The rule fails closed."""
    decision = ask(EXECUTE, _NETWORKS, ip=address)
    assert decision.denied
    assert decision.message.splitlines()[-1] == _could_not_be_checked("network")


def test_a_single_address_is_a_network() -> None:
    settings = {"DOWNLOADS_ALLOWED_NETWORKS": "198.51.100.7"}
    assert ask(EXECUTE, settings, ip="198.51.100.7").allowed
    assert ask(EXECUTE, settings, ip="198.51.100.8").denied


def test_networks_may_be_written_as_json() -> None:
    assert ask(EXECUTE, {"DOWNLOADS_ALLOWED_NETWORKS": '["198.51.100.0/24"]'}).allowed


def test_the_networks_do_not_concern_the_generation_of_a_file() -> None:
    """That event has no address."""
    assert policies_of(ask(GENERATE, {"DOWNLOADS_ALLOWED_NETWORKS": "10.0.0.0/8"})) == ["downloads.row_limit"]


# Working hours


@BOTH
def test_a_download_within_working_hours_is_allowed(code: str) -> None:
    decision = ask(code, {"DOWNLOADS_WORKING_HOURS": "09:00-18:00"}, now=MONDAY_MORNING)
    assert decision.allowed


@BOTH
@pytest.mark.parametrize(
    ("settings", "text"),
    [
        ({}, "09:00-18:00, Monday to Friday (Asia/Shanghai)"),
        ({"DOWNLOADS_WORKING_DAYS": "Tue"}, "09:00-18:00, Tuesday (Asia/Shanghai)"),
        ({"DOWNLOADS_TIME_ZONE": "Asia/Tokyo"}, "09:00-18:00, Monday to Friday (Asia/Tokyo)"),
    ],
)
def test_a_download_outside_working_hours_is_denied(code: str, settings: dict[str, str], text: str) -> None:
    decision = ask(code, {"DOWNLOADS_WORKING_HOURS": "09:00-18:00", **settings}, now=MONDAY_EVENING)
    assert (decision.denied, decision.message) == (True, f"Downloads are possible in working hours only: {text}.")


def test_the_hours_are_meant_in_the_time_zone() -> None:
    """20:00 in Shanghai is 13:00 in Berlin."""
    settings = {"DOWNLOADS_WORKING_HOURS": "09:00-18:00", "DOWNLOADS_TIME_ZONE": "Europe/Berlin"}
    assert ask(GENERATE, settings, now=MONDAY_EVENING).allowed


@pytest.mark.parametrize("setting", ["DOWNLOADS_WORKING_DAYS", "DOWNLOADS_TIME_ZONE"])
def test_days_and_zone_do_nothing_without_hours(setting: str) -> None:
    value = {"DOWNLOADS_WORKING_DAYS": "Sun", "DOWNLOADS_TIME_ZONE": "Europe/Berlin"}[setting]
    assert policies_of(ask(GENERATE, {setting: value})) == ["downloads.row_limit"]


# Pages of DataWorks


@BOTH
@pytest.mark.parametrize(
    ("denied", "source", "text"),
    [
        ("dw_excel", "dw_excel", "Downloads from dw_excel are switched off."),
        ("dw_excel", "DW_EXCEL", "Downloads from dw_excel are switched off."),
        ("DW Excel, sqlx_query", "dw_excel", "Downloads from dw_excel are switched off."),
        ("dw_excel,entity_transfer", "sqlx_query", ""),
        ("dw_excel", "notebook", ""),
    ],
)
def test_the_denied_sources(code: str, denied: str, source: str, text: str) -> None:
    """A page is denied by its word, however it is written; a page that nobody knew yet is not."""
    decision = ask(code, {"DOWNLOADS_DENIED_SOURCES": denied}, moduleType=source)
    assert (decision.denied, decision.message) == (bool(text), text)


# Data sources


@BOTH
@pytest.mark.parametrize(
    ("denied", "name", "text"),
    [
        ("odps_first", "odps_first", "The data source odps_first may not be downloaded from."),
        ("ODPS_First , payroll", "odps_first", "The data source odps_first may not be downloaded from."),
        ("payroll", "Payroll", "The data source Payroll may not be downloaded from."),
        ("odps", "odps_first", ""),
    ],
)
def test_the_denied_data_sources(code: str, denied: str, name: str, text: str) -> None:
    """A data source is denied by its whole name, in any case."""
    decision = ask(code, {"DOWNLOADS_DENIED_DATASOURCES": denied}, datasourceName=name)
    assert (decision.denied, decision.message) == (bool(text), text)


# Settings that cannot be read


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        ("DOWNLOADS_MAX_ROWS", "0", "Input should be greater than 0"),
        ("DOWNLOADS_MAX_ROWS", "many", "Input should be a valid integer, unable to parse string as an integer"),
        ("DOWNLOADS_MAX_BYTES", "ten", "a size is a number of bytes, or written as 500MB, 1.5GB, 2GiB"),
        ("DOWNLOADS_MAX_BYTES", "10 megabytes", "a size is a number of bytes, or written as 500MB, 1.5GB, 2GiB"),
        ("DOWNLOADS_WORKING_HOURS", "9-18", "hours are written as 09:00-18:00"),
        (
            "DOWNLOADS_WORKING_DAYS",
            "Mon,Holiday",
            "Input should be 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat' or 'Sun'",
        ),
        ("DOWNLOADS_TIME_ZONE", "Mars/Olympus", "there is no time zone 'Mars/Olympus'; write it as Asia/Shanghai"),
        (
            "DOWNLOADS_DENIED_SOURCES",
            "dw_excell",
            "Input should be 'entity_transfer', 'develop_query', 'sqlx_query' or 'dw_excel'",
        ),
    ],
)
def test_a_setting_that_cannot_be_read_is_a_problem(setting: str, value: str, problem: str) -> None:
    """The problem names the variable, and every rule of the pack fails closed."""
    decision = ask(GENERATE, {setting: value})
    assert problems({setting: value}) == (f"{setting}: {problem}",)
    assert decision.denied
    assert decision.message.splitlines()[0] == _could_not_be_checked("row_limit")


@pytest.mark.parametrize("network", ["10.0.0.1/8", "2001:db8::1/32", "10.0.0.0/33", "10.0.0.1-10.0.0.9", "office"])
def test_a_network_that_is_none_is_a_problem(network: str) -> None:
    """So is one with host bits set: it is probably meant to be something else."""
    environment = {"DOWNLOADS_ALLOWED_NETWORKS": f"198.51.100.0/24,{network}"}
    decision = ask(EXECUTE, environment)
    [problem] = problems(environment)
    assert problem.startswith("DOWNLOADS_ALLOWED_NETWORKS: ")
    assert decision.denied
    assert _could_not_be_checked("network") in decision.message


@pytest.mark.parametrize("size", ["10,000", "1,5GB", "10MB per file"])
def test_a_size_is_read_whole_or_not_at_all(size: str) -> None:
    """`10,000` is not ten bytes."""
    assert problems({"DOWNLOADS_MAX_BYTES": size}) != ()


def test_settings_that_cannot_be_read_cost_no_more_with_each_message() -> None:
    """The error is kept for the life of the instance: what it holds must not grow."""

    def length(decision: Decision) -> int:
        error = decision.reasons[0].error
        assert error is not None
        return sum(1 for _ in walk_tb(error.__traceback__))

    broken = trial(extension, environment={"DOWNLOADS_MAX_ROWS": "many"})
    first, *others = (length(broken.decide(sample(GENERATE))) for _ in range(10))
    assert others == [first] * 9


def test_uploads_do_not_suffer_from_the_settings_of_downloads() -> None:
    assert ask("upload-data-to-table", {"DOWNLOADS_MAX_ROWS": "many"}).allowed
