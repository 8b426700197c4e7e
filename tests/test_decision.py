"""Outcomes, how far a mode lets them reach, how they combine, and the text that the person sees."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataworks_ext import Decision, Outcome, Reason, Verdict, allow, deny, warn
from dataworks_ext.decision import Mode, combine, is_sound, shorten

OK, WARN, FAIL = Verdict.OK, Verdict.WARN, Verdict.FAIL
ANY_TEXT = st.text(st.characters(), max_size=400)
"""Lone surrogates and control characters included."""


def reason(verdict: Verdict, text: str = "", mode: Mode = "enforce", policy: str = "downloads.rule") -> Reason:
    return Reason(policy, verdict, text, mode, 0.1)


def message_of(*texts: str) -> str:
    """What the person sees when policies deny with these texts."""
    return combine([reason(FAIL, text) for text in texts]).message


# Outcomes


@pytest.mark.parametrize(("make", "verdict"), [(allow, OK), (warn, WARN), (deny, FAIL)])
def test_an_outcome_is_a_verdict_with_a_text(make: Callable[[str], Outcome], verdict: Verdict) -> None:
    assert make("Ask Li.") == Outcome(verdict, "Ask Li.")


@pytest.mark.parametrize("make", [allow, warn, deny])
def test_an_outcome_has_a_text_in_chinese_as_well(make: Callable[..., Outcome]) -> None:
    """English is the fallback."""
    both, one = make("Ask Li.", zh="请咨询李薇。"), make("Ask Li.")
    assert (both.text_in("en"), both.text_in("zh")) == ("Ask Li.", "请咨询李薇。")
    assert (one.text_in("en"), one.text_in("zh")) == ("Ask Li.", "Ask Li.")


@pytest.mark.parametrize(("value", "error"), [("", ValueError), (" ", ValueError), (5, TypeError)])
def test_a_text_in_chinese_is_a_text_too(value: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=r"deny\(\) (needs|takes) a text"):
        deny("Ask Li.", zh=value)


@pytest.mark.parametrize(
    ("outcome", "sound"),
    [
        (Outcome(FAIL, "No.", "不行。"), True),
        (Outcome(FAIL, "No.", ""), False),
        (Outcome(FAIL, "", "不行。"), False),
        (Outcome(OK, "", ""), True),
        (Outcome(FAIL, "No.", 5), False),  # type: ignore[arg-type]  # what a policy may make by hand
    ],
)
def test_an_outcome_that_is_made_by_hand_needs_its_texts(outcome: Outcome, sound: bool) -> None:
    assert is_sound(outcome) is sound


def test_allow_may_go_without_a_text() -> None:
    assert allow() == Outcome(OK, "")


@pytest.mark.parametrize(
    ("make", "name"), [pytest.param(deny, "deny", id="deny"), pytest.param(warn, "warn", id="warn")]
)
@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_objection_needs_a_text(make: Callable[[str], Outcome], name: str, text: str) -> None:
    with pytest.raises(ValueError, match="needs a text") as raised:
        make(text)
    assert str(raised.value) == f"{name}() needs a text, so that the person who is stopped or warned knows why"


@pytest.mark.parametrize(
    ("make", "name"),
    [
        pytest.param(allow, "allow", id="allow"),
        pytest.param(warn, "warn", id="warn"),
        pytest.param(deny, "deny", id="deny"),
    ],
)
@pytest.mark.parametrize(("value", "type_name"), [(None, "NoneType"), (5, "int"), (b"no", "bytes")])
def test_a_text_is_a_str(make: Callable[[Any], Outcome], name: str, value: object, type_name: str) -> None:
    with pytest.raises(TypeError) as raised:
        make(value)
    assert str(raised.value) == f"{name}() takes a text, got {type_name}"


def test_a_verdict_prints_as_the_word_of_dataworks() -> None:
    assert [str(verdict) for verdict in Verdict] == ["OK", "WARN", "FAIL"]


# Modes


@pytest.mark.parametrize(
    ("mode", "effects"),
    [
        pytest.param("enforce", [OK, WARN, FAIL], id="enforce lets everything through"),
        pytest.param("warn", [OK, WARN, WARN], id="warn makes a denial a warning"),
        pytest.param("shadow", [OK, OK, OK], id="shadow lets nothing through"),
        pytest.param("off", [OK, OK, OK], id="off lets nothing through"),
    ],
)
def test_a_mode_says_how_far_a_verdict_reaches(mode: Mode, effects: list[Verdict]) -> None:
    assert [reason(verdict, "no", mode).effect for verdict in (OK, WARN, FAIL)] == effects


def test_a_reason_keeps_what_the_policy_said_before_its_mode() -> None:
    decision = combine([reason(FAIL, "no", "shadow")])
    assert (decision.verdict, decision.message) == (OK, "")
    assert (decision.reasons[0].verdict, decision.reasons[0].message) == (FAIL, "no")


# Combination


def test_nothing_said_is_ok() -> None:
    assert combine([]) == Decision(OK, "", ())


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        pytest.param([OK, OK], OK, id="no objection"),
        pytest.param([OK, WARN], WARN, id="a warning outweighs none"),
        pytest.param([OK, FAIL], FAIL, id="a denial outweighs none"),
        pytest.param([WARN, WARN, FAIL], FAIL, id="a denial outweighs warnings"),
        pytest.param([OK, OK, OK, WARN], WARN, id="nobody outweighs a warning by number"),
    ],
)
def test_the_strongest_verdict_wins_in_any_order(verdicts: list[Verdict], expected: Verdict) -> None:
    for order in permutations(verdicts):
        assert combine([reason(verdict, "text") for verdict in order]).verdict is expected


@pytest.mark.parametrize(
    ("modes", "expected"),
    [
        pytest.param(["shadow", "shadow"], OK, id="shadows"),
        pytest.param(["shadow", "warn"], WARN, id="a shadow and a warning"),
        pytest.param(["warn", "enforce"], FAIL, id="a warning and a denial"),
    ],
)
def test_verdicts_combine_after_their_modes(modes: list[Mode], expected: Verdict) -> None:
    for order in permutations(modes):
        assert combine([reason(FAIL, "no", mode) for mode in order]).verdict is expected


def test_the_reasons_keep_their_order_whatever_they_say() -> None:
    reasons = (reason(OK, policy="a"), reason(FAIL, "no", policy="b"), reason(WARN, "hm", policy="c"))
    assert combine(reasons).reasons == reasons


@pytest.mark.parametrize(("verdict", "denied"), [(OK, False), (WARN, False), (FAIL, True)])
def test_a_warning_lets_the_operation_pass(verdict: Verdict, denied: bool) -> None:
    decision = Decision(verdict, "text")
    assert (decision.denied, decision.allowed) == (denied, not denied)


@pytest.mark.parametrize(
    ("decision", "written"),
    [(Decision(OK, ""), "<Decision OK>"), (Decision(FAIL, "At most 10 rows."), "<Decision FAIL: At most 10 rows.>")],
)
def test_a_decision_is_written_as_what_the_person_sees(decision: Decision, written: str) -> None:
    """A test that fails shows it."""
    assert repr(decision) == written


# The text that the person sees


def test_the_text_holds_each_objection_on_a_line_in_order() -> None:
    decision = combine([reason(WARN, "second thoughts"), reason(FAIL, "no"), reason(OK, "welcome")])
    assert decision.message == "second thoughts\nno"


def test_the_text_of_a_denial_holds_the_warnings_too() -> None:
    assert combine([reason(FAIL, "no", "warn"), reason(FAIL, "never")]).message == "no\nnever"


def test_what_has_no_effect_stays_out_of_the_text() -> None:
    assert combine([reason(FAIL, "unseen", "shadow"), reason(FAIL, "no")]).message == "no"


def test_equal_texts_appear_once() -> None:
    assert message_of("no", "never", "no", " no\n") == "no\nnever"


def test_line_ends_within_a_text_become_spaces() -> None:
    assert message_of("first\r\nsecond\u2028third\x85fourth\vfifth") == "first second third fourth fifth"


def test_control_characters_and_surrogates_go() -> None:
    assert message_of("a\x00b\x1b[31mc\ud800d\u202ee") == "a b [31mc d e"


def test_spaces_around_and_between_words_are_single() -> None:
    assert message_of("  too\t\t many   spaces ") == "too many spaces"


def test_other_languages_keep_their_letters() -> None:
    assert message_of("下载受限：请联系管理员 😀") == "下载受限：请联系管理员 😀"


def test_a_text_of_300_characters_is_whole() -> None:
    assert message_of("x" * 300) == "x" * 300


def test_a_longer_text_ends_in_an_ellipsis_at_300_characters() -> None:
    assert message_of("x" * 301) == "x" * 299 + "…"


def test_texts_of_1000_characters_in_all_are_whole() -> None:
    texts = ["a" * 300, "b" * 300, "c" * 300, "d" * 97]
    assert message_of(*texts) == "\n".join(texts)


def test_longer_texts_end_in_an_ellipsis_at_1000_characters_in_all() -> None:
    texts = ["a" * 300, "b" * 300, "c" * 300, "d" * 98]
    assert message_of(*texts) == "\n".join(texts)[:999] + "…"


@given(st.lists(ANY_TEXT, max_size=8))
def test_whatever_the_texts_hold_the_message_is_bounded_and_printable(texts: list[str]) -> None:
    message = message_of(*texts)
    lines = message.split("\n")
    assert len(message) <= 1_000
    assert all(len(line) <= 300 and line.isprintable() for line in lines)
    assert len(lines) == len(set(lines))
    message.encode()


@given(text=st.text(st.sampled_from("ab 　\t\n\u2028\ud800é中"), max_size=40), limit=st.integers(5, 30))
def test_a_text_is_shortened_to_its_printable_words(text: str, limit: int) -> None:
    """By what holds for every text, so that a short way for clean ones cannot differ."""
    words = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    assert shorten(text, limit) == (words if len(words) <= limit else words[: limit - 1] + "…")
