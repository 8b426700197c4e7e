"""Whatever a policy does, the answer comes in time, and the next request is answered as ever."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import product
from typing import Any, NamedTuple

import pytest

from dataworks_ext import Extension, Outcome, deny
from dataworks_ext.decision import Choice
from dataworks_ext.events import DownloadResources

from . import faults
from .faults import FAULTY, HARMLESS, SECRET, TIMEOUT, Answer, Fault, Release, ask, function_of, function_with

# On Python 3.11 a traced interpreter stands still while a thread that blocks has an interruption pending.
pytestmark = pytest.mark.untraced

Place = Callable[[Callable[[], Any]], Any]
PLACES: list[Place] = [faults.on_the_main_thread, faults.on_a_worker_thread]
ON_ERRORS: list[Choice] = ["deny", "warn", "allow"]
VERDICTS: dict[Choice, str] = {"deny": "FAIL", "warn": "WARN", "allow": "OK"}
QUICK = TIMEOUT / 2


class Case(NamedTuple):
    """A fault, and where and how it is met."""

    fault: Fault
    place: Place
    on_error: Choice

    def __str__(self) -> str:
        return f"{self.fault.__name__}-{self.place.__name__}-{self.on_error}"


_PROMPT = [*faults.RAISING, *faults.ASYNC_RAISING, *faults.NONSENSE]
CASES = [
    *(
        Case(fault, place, ON_ERRORS[number % 3])  # each fault on each thread; by turns as each of the choices
        for number, (fault, place) in enumerate(product(_PROMPT, PLACES))
    ),
    *map(Case._make, product([*faults.LATE, *faults.ASYNC_LATE], PLACES, ON_ERRORS[:1])),
    *map(Case._make, product(faults.LATE_ON_THE_MAIN_THREAD, PLACES[:1], ON_ERRORS[:1])),
    *map(Case._make, product([faults.swallows_in_a_loop, faults.awaits_for_ever], PLACES, ON_ERRORS[1:])),
]


class Answers(NamedTuple):
    """What a function answered to a message that set a policy's fault off, and to the next one."""

    case: Case
    faulty: Answer
    harmless: Answer


@pytest.fixture(scope="module", params=CASES, ids=str)
def answers(request: pytest.FixtureRequest) -> Iterator[Answers]:
    case: Case = request.param
    with faults.releasing() as release:
        timeout = None if case.fault in _PROMPT else faults.POLICY_TIMEOUT
        function = function_with(case.fault, release, on_error=case.on_error, timeout=timeout)
        faulty, harmless = case.place(
            lambda: (ask(function, FAULTY, request_id="request-1"), ask(function, HARMLESS, request_id="request-2"))
        )
        yield Answers(case, faulty, harmless)


@pytest.fixture
def release() -> Iterator[Release]:
    with faults.releasing() as release:
        yield release


@pytest.fixture(params=PLACES, ids=["main", "worker"])
def place(request: pytest.FixtureRequest) -> Place:
    place: Place = request.param
    return place


def test_a_policy_that_goes_wrong_is_answered_before_the_platform_gives_up(answers: Answers) -> None:
    assert answers.faulty.elapsed < TIMEOUT


def test_a_policy_that_goes_wrong_counts_as_its_on_error(answers: Answers) -> None:
    assert answers.faulty.verdict == VERDICTS[answers.case.on_error]


def test_the_text_about_a_policy_that_goes_wrong_names_the_policy_and_the_request(answers: Answers) -> None:
    named = [word for word in ("guard.rule", "request-1") if word in answers.faulty.text]
    assert named == ([] if answers.case.on_error == "allow" else ["guard.rule", "request-1"])


def test_the_text_about_a_policy_that_goes_wrong_holds_nothing_of_what_it_raised_or_returned(answers: Answers) -> None:
    for word in (SECRET, "Error", "Traceback", "deadline", ".py", "returned"):
        assert word not in answers.faulty.text


def test_the_next_request_is_answered_as_ever(answers: Answers) -> None:
    assert (answers.harmless.verdict, answers.harmless.text) == ("OK", "")


def test_the_next_request_is_answered_quickly(answers: Answers) -> None:
    assert answers.harmless.elapsed < QUICK


@pytest.mark.parametrize(  # every fault is interrupted in every place above; these wait for most of a second
    ("fault", "place"),
    [
        (faults.swallows_in_a_loop, faults.on_the_main_thread),
        (faults.blocks_on_a_socket, faults.on_a_worker_thread),
        (faults.awaits_for_ever, faults.on_the_main_thread),
    ],
    ids=["swallows on main", "blocks on worker", "awaits on main"],
)
def test_a_policy_without_a_timeout_has_until_the_deadline(fault: Fault, place: Place, release: Release) -> None:
    function = function_with(fault, release, timeout=None)
    answer = place(partial(ask, function, FAULTY))
    assert answer.verdict == "FAIL"
    assert 0.8 * TIMEOUT <= answer.elapsed < TIMEOUT


def test_several_late_policies_are_answered_by_the_same_deadline(place: Place, release: Release) -> None:
    extension = Extension("guard")
    for number, fault in enumerate([faults.swallows_in_a_loop, faults.awaits_for_ever, faults.blocks_on_a_socket]):
        extension.policy("download-resources", id=f"rule_{number}")(faults.policy_with(fault, release))
    function = function_of(extension)
    answer = place(partial(ask, function, FAULTY))
    assert answer.elapsed < TIMEOUT
    assert [f"guard.rule_{number}" in answer.text for number in range(3)] == [True, True, True]


def test_a_late_policy_leaves_the_others_their_say(place: Place, release: Release) -> None:
    extension = Extension("guard")
    late = faults.policy_with(faults.swallows_in_a_loop, release)
    extension.policy("download-resources", id="late", timeout=faults.POLICY_TIMEOUT, on_error="warn")(late)

    @extension.policy("download-resources")
    def row_limit(event: DownloadResources) -> Outcome:
        return deny(f"{event.data_row_size} rows are too many")

    function = function_of(extension)
    answer = place(partial(ask, function, FAULTY))
    assert answer.verdict == "FAIL"
    assert "1 rows are too many" in answer.text


def test_a_coroutine_that_blocks_the_others_does_not_keep_their_answer(place: Place, release: Release) -> None:
    extension = Extension("guard")
    blocking = faults.policy_with(faults.blocks_on_a_socket_in_a_coroutine, release)
    extension.policy("download-resources", id="blocking", timeout=faults.POLICY_TIMEOUT)(blocking)
    patient = faults.policy_with(faults.awaits_for_ever, release)
    extension.policy("download-resources", id="patient", timeout=2 * faults.POLICY_TIMEOUT)(patient)
    function = function_of(extension)
    answer = place(partial(ask, function, FAULTY))
    assert answer.elapsed < TIMEOUT
    assert ["guard.blocking" in answer.text, "guard.patient" in answer.text] == [True, True]


@pytest.mark.parametrize(
    "fault",
    [faults.raises_an_exception, faults.exits, faults.returns_a_string, faults.swallows_in_a_loop],
    ids=lambda f: f.__name__,
)
def test_a_condition_that_goes_wrong_is_a_policy_that_goes_wrong(fault: Fault, place: Place, release: Release) -> None:
    extension = Extension("guard")

    def when(_event: DownloadResources) -> Any:
        return fault(release)

    @extension.policy("download-resources", when=when, timeout=faults.POLICY_TIMEOUT, on_error="warn")
    def rule(_event: DownloadResources) -> None: ...

    function = function_of(extension)
    answer = place(partial(ask, function, FAULTY))
    assert answer.verdict == "WARN"
    assert answer.elapsed < TIMEOUT


@pytest.mark.parametrize(
    "fault", [faults.raises_an_exception, faults.exits, faults.recurses_without_end], ids=lambda f: f.__name__
)
def test_an_observer_that_raises_changes_nothing(fault: Fault, place: Place, release: Release) -> None:
    extension = Extension("guard")
    extension.observer("download-resources", id="told")(faults.policy_with(fault, release))
    function = function_of(extension)
    assert place(partial(ask, function, FAULTY))[:2] == ("OK", "")


@pytest.mark.parametrize(
    ("fault", "place"),
    [
        (faults.swallows_in_a_loop, faults.on_the_main_thread),
        (faults.awaits_for_ever, faults.on_a_worker_thread),
    ],
    ids=["swallows on main", "awaits on worker"],
)
def test_a_late_observer_changes_nothing_and_is_not_waited_for(fault: Fault, place: Place, release: Release) -> None:
    extension = Extension("guard")
    extension.observer("download-resources", id="told")(faults.policy_with(fault, release))
    function = function_of(extension)
    answer = place(partial(ask, function, FAULTY))
    assert (answer.verdict, answer.text) == ("OK", "")
    assert answer.elapsed < TIMEOUT


@pytest.mark.parametrize("letters", ["x", "x ", "\n"], ids=["one word", "words", "line ends"])
def test_a_text_of_megabytes_does_not_cost_the_answer(letters: str, place: Place) -> None:
    extension = Extension("guard")

    @extension.policy("download-resources")
    def rule(_event: DownloadResources) -> Outcome:
        return deny("Not this: " + letters * 10_000_000)

    function = function_of(extension)
    answer = place(partial(ask, function, FAULTY))
    assert answer.verdict == "FAIL"
    assert answer.elapsed < TIMEOUT
