"""Twenty thousand mutated messages; `make fuzz` puts millions to the handler."""

from __future__ import annotations

import pytest

from dataworks_ext.decision import Decision, Verdict
from tests.fuzzing import Fuzz

pytestmark = pytest.mark.main_python


@pytest.mark.property
def test_whatever_comes_is_answered_recorded_and_not_allowed_by_mistake() -> None:
    fuzz = Fuzz(seed=20_261_125)
    assert list(fuzz.run(20_000)) == []
    assert fuzz.allowed > 1_000, "the oracle is asked about allowances"
    assert fuzz.undelivered > 100, "calls fail"


@pytest.mark.parametrize(
    ("decision", "problem"),
    [(Decision(Verdict.OK, ""), "a wrong allow"), (Decision(Verdict.FAIL, ""), "no text")],
)
def test_a_planted_fault_is_found(decision: Decision, problem: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fuzz = Fuzz(seed=1)
    monkeypatch.setattr(fuzz._function.extension, "decide", lambda *_arguments: decision)
    assert problem in {fault.problem for fault in fuzz.run(200)}
