"""The rule of the example pack for permissions, with its setting and without it."""

from __future__ import annotations

from typing import Any

import pytest

from dataworks_ext.testing import sample_payload

from .asking import ask, problems

REQUEST = "approval-change-before-create"
COULD_NOT_BE_CHECKED = "The rule permissions.validity could not be checked."


def _order(date: object, unit: object) -> dict[str, Any]:
    """The published request, for that time."""
    order = sample_payload(REQUEST)["order"]
    assert isinstance(order, dict)
    return {**order, "deadlineDate": date, "deadlineType": unit}


def _too_long(limit: str, days: str) -> str:
    return (
        f"Permissions are limited to {limit} days; this one would last {days}, a month counted as 31. "
        "Request a shorter time."
    )


def test_without_the_setting_a_permission_may_last_for_years() -> None:
    assert ask(REQUEST, {}, order=_order("1200", "month")).reasons == ()


@pytest.mark.parametrize(
    ("limit", "date", "unit", "text"),
    [
        ("30", "1", "day", ""),
        ("30", "30", "day", ""),
        ("30", 30, "DAY", ""),
        ("30", "31", "day", _too_long("30", "31")),
        ("31", "1", "month", ""),
        ("30", "1", "month", _too_long("30", "31")),
        ("90", "3", "Month", _too_long("90", "93")),
        ("1000", "100", "month", _too_long("1,000", "3,100")),
    ],
)
def test_the_limit(limit: str, date: object, unit: str, text: str) -> None:
    """A month counts as its longest."""
    decision = ask(REQUEST, {"PERMISSIONS_MAX_VALIDITY_DAYS": limit}, order=_order(date, unit))
    assert (decision.denied, decision.message) == (bool(text), text)


@pytest.mark.parametrize(
    ("date", "unit"),
    [("1", "year"), ("1", ""), ("1", None), ("0", "day"), ("-1", "month"), ("forever", "day"), (None, "day")],
)
def test_a_time_that_cannot_be_counted_is_denied(date: object, unit: object) -> None:
    """The rule fails closed."""
    decision = ask(REQUEST, {"PERMISSIONS_MAX_VALIDITY_DAYS": "3650"}, order=_order(date, unit))
    assert (decision.denied, decision.message) == (True, COULD_NOT_BE_CHECKED)


def test_a_setting_that_cannot_be_read_is_a_problem() -> None:
    """The problem names the variable, and the rule fails closed."""
    decision = ask(REQUEST, {"PERMISSIONS_MAX_VALIDITY_DAYS": "0"})
    assert problems({"PERMISSIONS_MAX_VALIDITY_DAYS": "0"}) == (
        "PERMISSIONS_MAX_VALIDITY_DAYS: Input should be greater than 0",
    )
    assert (decision.denied, decision.message) == (True, COULD_NOT_BE_CHECKED)
