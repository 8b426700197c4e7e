"""The rules of the example pack for nodes: each with its setting, and without it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataworks_ext import Verdict

from .asking import ask, policies_of, problems

BACKFILL = "backfill-data"
CHANGES = pytest.mark.parametrize("code", ["freeze-node", "undeploy-node"])
OLD = {"useMultipleTimePeriods": None, "multipleTimePeriods": None}
"""A backfill of the older reference, which has one stretch."""

_SIX_YEARS = {"bizBeginTime": "2019-01-01", "bizEndTime": "2024-12-31"}


def _days(*ends: tuple[str, str]) -> list[dict[str, str]]:
    return [{"bizBeginTime": begin, "bizEndTime": end} for begin, end in ends]


# Without settings


@pytest.mark.parametrize("code", ["freeze-node", "undeploy-node", BACKFILL])
def test_without_settings_nothing_is_looked_at(code: str) -> None:
    assert ask(code, {}).reasons == ()


@pytest.mark.parametrize(
    ("code", "setting", "value", "policy"),
    [
        ("freeze-node", "NODES_PROTECTED_NODES", "7", "nodes.protected"),
        ("undeploy-node", "NODES_PROTECTED_NODES", "7", "nodes.protected"),
        (BACKFILL, "NODES_MAX_BACKFILL_NODES", "1", "nodes.backfill_nodes"),
        (BACKFILL, "NODES_MAX_BACKFILL_DAYS", "1", "nodes.backfill_days"),
    ],
)
def test_with_its_setting_a_rule_looks(code: str, setting: str, value: str, policy: str) -> None:
    decision = ask(code, {setting: value})
    assert policies_of(decision) == [policy]
    assert decision.verdict is Verdict.OK


# Protected nodes


@CHANGES
@pytest.mark.parametrize(
    ("protected", "nodes", "found"),
    [
        ("2", [1, 2, 3], "2"),
        ("3, 2, 7", [1, 2, 3], "2 and 3"),
        ("2", ["1", "2"], "2"),
        ("2", [1, 3, 22], ""),
        ("2", [], ""),
    ],
)
def test_protected_nodes(code: str, protected: str, nodes: list[object], found: str) -> None:
    """The text names those of the nodes that are protected."""
    decision = ask(code, {"NODES_PROTECTED_NODES": protected}, nodeIds=nodes)
    text = f"Protected nodes are neither frozen nor undeployed: {found}. Leave them out." if found else ""
    assert (decision.denied, decision.message) == (bool(found), text)


def test_a_protected_node_may_be_unfrozen() -> None:
    assert ask("unfreeze-node", {"NODES_PROTECTED_NODES": "2"}).reasons == ()


# Backfills


@pytest.mark.parametrize(
    ("limit", "count", "text"),
    [
        ("2", 0, ""),
        ("2", 2, ""),
        ("2", 3, "Backfills are limited to 2 nodes; this one has 3. Choose fewer nodes."),
        ("1000", 1_200, "Backfills are limited to 1,000 nodes; this one has 1,200. Choose fewer nodes."),
    ],
)
def test_the_limit_of_nodes(limit: str, count: int, text: str) -> None:
    decision = ask(BACKFILL, {"NODES_MAX_BACKFILL_NODES": limit}, includeNodeIds=list(range(count)))
    assert (decision.denied, decision.message) == (bool(text), text)


@pytest.mark.parametrize(
    ("periods", "days"),
    [
        (_days(("2022-04-17", "2022-04-17")), 1),
        (_days(("2022-04-17", "2022-04-20")), 4),
        (_days(("2022-02-27", "2022-03-01")), 3),
        (_days(("2022-04-17", "2022-04-18"), ("2022-05-01", "2022-05-03")), 5),
        (_days(("00:00:00", "23:59:59")), 1),
        (_days(("00:00:00", "01:00:00"), ("02:00:00", "03:00:00")), 2),
        (_days(("2022-04-20", "2022-04-17"), ("2022-05-01", "2022-05-03")), 4),
    ],
)
def test_the_limit_of_days(periods: list[dict[str, str]], days: int) -> None:
    """All stretches count, with both ends; one of times of day, or one that ends before it begins, counts as a day."""
    assert ask(BACKFILL, {"NODES_MAX_BACKFILL_DAYS": str(days)}, multipleTimePeriods=periods).allowed
    if days > 1:
        decision = ask(BACKFILL, {"NODES_MAX_BACKFILL_DAYS": str(days - 1)}, multipleTimePeriods=periods)
        most = "1 day" if days == 2 else f"{days - 1} days"
        assert (decision.denied, decision.message) == (
            True,
            f"Backfills are limited to {most}; this one has {days}. Choose fewer days.",
        )


@pytest.mark.parametrize(
    ("begin", "end", "denied"),
    [
        ("2022-04-17", "2022-04-18", False),
        ("2022-04-17", "2022-04-19", True),
        ("00:00:00", "23:59:59", False),
    ],
)
def test_the_one_stretch_of_the_older_reference_counts_as_well(begin: str, end: str, denied: bool) -> None:
    decision = ask(BACKFILL, {"NODES_MAX_BACKFILL_DAYS": "2"}, **OLD, bizBeginTime=begin, bizEndTime=end)
    assert decision.denied is denied


@pytest.mark.parametrize(
    "changes",
    [
        OLD,
        {"multipleTimePeriods": "[]"},
        {**OLD, "bizBeginTime": "2022-04-17"},
        {"useMultipleTimePeriods": False},
        {"useMultipleTimePeriods": True, "multipleTimePeriods": "[]", **_SIX_YEARS},
    ],
)
def test_a_backfill_that_does_not_say_for_which_days_is_denied(changes: dict[str, Any]) -> None:
    """It may be for any number of them."""
    decision = ask(BACKFILL, {"NODES_MAX_BACKFILL_DAYS": "2"}, **changes)
    text = "The backfill does not say for which days, so they cannot be counted. Choose the days."
    assert (decision.denied, decision.message) == (True, text)


@pytest.mark.parametrize(("several", "denied"), [(False, True), (None, True), (True, False)])
def test_the_form_counts_that_the_event_says(several: bool | None, denied: bool) -> None:
    """One day by one form, and six years by the other. Where the event does not say which, both count."""
    one_day = _days(("2022-04-17", "2022-04-17"))
    changes: dict[str, Any] = {"useMultipleTimePeriods": several, "multipleTimePeriods": one_day, **_SIX_YEARS}
    decision = ask(BACKFILL, {"NODES_MAX_BACKFILL_DAYS": "7"}, **changes)
    assert decision.denied is denied


@given(st.lists(st.tuples(st.dates(), st.dates()), min_size=1, max_size=4))
def test_another_stretch_never_makes_a_backfill_shorter(ends: list[tuple[Any, Any]]) -> None:
    """Whatever the other ones are."""
    periods = _days(*((str(begin), str(end)) for begin, end in ends), ("2022-04-01", "2022-04-30"))
    assert ask(BACKFILL, {"NODES_MAX_BACKFILL_DAYS": "30"}, multipleTimePeriods=periods).denied


# Settings that cannot be read


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        (
            "NODES_PROTECTED_NODES",
            "dwd_orders",
            "Input should be a valid integer, unable to parse string as an integer",
        ),
        ("NODES_MAX_BACKFILL_NODES", "0", "Input should be greater than 0"),
        ("NODES_MAX_BACKFILL_DAYS", "7d", "Input should be a valid integer, unable to parse string as an integer"),
    ],
)
def test_a_setting_that_cannot_be_read_is_a_problem(setting: str, value: str, problem: str) -> None:
    """The problem names the variable, and every rule of the pack fails closed."""
    decision = ask(BACKFILL, {setting: value})
    assert problems({setting: value}) == (f"{setting}: {problem}",)
    assert decision.message.splitlines() == [
        f"The rule nodes.{name} could not be checked." for name in ("backfill_nodes", "backfill_days")
    ]
