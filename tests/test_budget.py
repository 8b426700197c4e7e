"""The budget of starts and warm messages, which needs no clock: `benchmarks/budget.toml`."""

from __future__ import annotations

import pytest

from counts import PYTHON, Counts, count, exceeded, read_budget


@pytest.fixture(scope="module")
def counts() -> Counts:
    return count()


def test_nothing_is_above_its_budget(counts: Counts) -> None:
    budget = read_budget()
    if budget is None:
        pytest.skip(f"benchmarks/budget.toml has no figures of Python {PYTHON}")
    problems = exceeded(counts, budget)
    assert not problems, "\n".join(
        [*problems, "Load and call less, or change the budget on purpose: python benchmarks/counts.py --record"]
    )


def test_a_direct_message_loads_no_library_beside_pydantic(counts: Counts) -> None:
    """What is loaded beside is of pydantic itself, or of Python and loaded in no time."""
    assert set(counts.names["direct_other_modules"]) <= {"pydantic.functional_serializers", "signal"}


def test_only_the_event_that_came_is_built(counts: Counts) -> None:
    assert counts.names["direct_classes_built"] == ["DownloadResources"]


def test_the_client_of_the_openapi_is_loaded_for_a_callback_only(counts: Counts) -> None:
    client = "dataworks_ext.openapi.client"
    assert client not in counts.names["direct_own_modules"]
    assert client in counts.names["callback_own_modules"]


def test_a_figure_above_its_budget_is_told_with_what_is_behind_it() -> None:
    counts = Counts({"direct_own_modules": 2, "warm_c_calls": 7}, {"direct_own_modules": ["one", "two"]})
    assert exceeded(counts, {"direct_own_modules": 2, "warm_c_calls": 8}) == []
    assert exceeded(counts, {"direct_own_modules": 1}) == [
        "direct_own_modules is 2, and the budget is 1: one, two",
        "warm_c_calls is 7, and the budget is 0: ",
    ]
