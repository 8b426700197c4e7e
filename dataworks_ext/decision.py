"""Outcomes of policies, verdicts of DataWorks, and how outcomes combine into a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from .texts import Language, followed_by

if TYPE_CHECKING:
    from .exemption import Exemption

Mode = Literal["enforce", "warn", "shadow", "off"]
Choice = Literal["allow", "warn", "deny"]

TEXT_LIMIT: Final = 300
"""Characters of one policy's text that a person sees."""
MESSAGE_LIMIT: Final = 1_000
"""Characters of a whole message that a person sees. DataWorks publishes no limit of its own."""


class Verdict(str, Enum):
    """The answer, in DataWorks' own words (`checkResult`)."""

    OK = "OK"
    WARN = "WARN"
    FAIL = "FAIL"

    def __str__(self) -> str:
        return str(self.value)


_OK: Final = Verdict.OK
VERDICT_OF: Final[dict[Choice, Verdict]] = {"allow": Verdict.OK, "warn": Verdict.WARN, "deny": Verdict.FAIL}


class Outcome(NamedTuple):
    """What a policy returns: made by `allow`, `warn` and `deny`."""

    verdict: Verdict
    message: str
    """The text in English, and in every language that has no text of its own."""
    zh: str | None = None
    """The text in Chinese."""

    def text_in(self, language: Language) -> str:
        """The text in that language, else in English."""
        return self.zh if language == "zh" and self.zh is not None else self.message


def allow(text: str = "", *, zh: str | None = None) -> Outcome:
    """No objection, with an optional text for the record. It never overrides another policy.

    Args:
        text: In English; the fallback for other languages.
        zh: The same in Chinese.
    """
    return _outcome("allow", text, zh)


def warn(text: str, *, zh: str | None = None) -> Outcome:
    """An objection that does not stop the operation. The person sees the text in the language in force.

    Args: as for `allow`.
    """
    return _outcome("warn", text, zh)


def deny(text: str, *, zh: str | None = None) -> Outcome:
    """An objection that stops the operation. The person sees the text: say what to do instead.

    Args: as for `allow`.
    """
    return _outcome("deny", text, zh)


def _outcome(choice: Choice, text: str, zh: str | None) -> Outcome:
    for one in (text,) if zh is None else (text, zh):
        if not isinstance(one, str):
            raise TypeError(f"{choice}() takes a text, got {type(one).__name__}")
        if choice != "allow" and not shorten(one, TEXT_LIMIT):
            raise ValueError(f"{choice}() needs a text, so that the person who is stopped or warned knows why")
    return Outcome(VERDICT_OF[choice], text, zh)


def is_sound(outcome: Outcome) -> bool:
    """Whether an outcome is valid, as `allow`, `warn` and `deny` make it: an objection has a text."""
    verdict, message, zh = outcome
    if type(verdict) is not Verdict or type(message) is not str or not (zh is None or type(zh) is str):
        return False
    if verdict is Verdict.OK:
        return True
    return bool(shorten(message, TEXT_LIMIT)) and (zh is None or bool(shorten(zh, TEXT_LIMIT)))


class Reason(NamedTuple):
    """What one policy contributed to a decision, after its mode."""

    policy: str
    """The policy's id: `downloads.row_limit`."""
    verdict: Verdict
    """What the policy said, before its mode: a denial in shadow is `FAIL` here."""
    message: str
    """Its text; empty if there is no objection."""
    mode: Mode
    """The mode in force."""
    elapsed_ms: float
    """How long it ran, in milliseconds."""
    error: BaseException | None = None
    """Why the policy failed, if it did."""
    exempted_by: Exemption | None = None
    """The exemption that takes the effect of an objection or a failure away: who granted it, until when and why."""

    @property
    def effect(self) -> Verdict:
        """The verdict after exemption and mode, which is what counts for the decision."""
        if self.exempted_by is not None:
            return Verdict.OK
        if self.mode == "shadow" or self.mode == "off":
            return Verdict.OK
        if self.mode == "warn" and self.verdict is Verdict.FAIL:
            return Verdict.WARN
        return self.verdict


class Decision(NamedTuple):
    """The answer to one message."""

    verdict: Verdict
    """The strictest effect of any reason."""
    message: str
    """What the person sees: each objecting policy's text, one per line; empty with `OK`."""
    reasons: tuple[Reason, ...] = ()
    """One for every policy that ran, in the order of packs and of definition."""

    @property
    def denied(self) -> bool:
        """Whether the operation is stopped."""
        return self.verdict is Verdict.FAIL

    @property
    def allowed(self) -> bool:
        """Whether the operation continues: DataWorks lets a warning pass."""
        return self.verdict is not Verdict.FAIL

    def __repr__(self) -> str:
        text = f": {self.message}" if self.message else ""
        return f"<Decision {self.verdict}{text}>"


def combine(reasons: Sequence[Reason]) -> Decision:
    """Any denial is `FAIL`, else any warning is `WARN`, else `OK`."""
    for reason in reasons:
        if reason.verdict is not _OK:
            break
    else:
        return tuple.__new__(Decision, (_OK, "", tuple(reasons)))
    objections = [reason for reason in reasons if reason.effect is not Verdict.OK]
    if not objections:
        return Decision(Verdict.OK, "", tuple(reasons))
    denied = any(reason.effect is Verdict.FAIL for reason in objections)
    texts = [reason.message for reason in objections]
    return Decision(Verdict.FAIL if denied else Verdict.WARN, _join(texts), tuple(reasons))


def _join(texts: Sequence[str]) -> str:
    """The texts as lines within the limit, without duplicates; an ellipsis marks a cut."""
    lines = dict.fromkeys(shorten(text, TEXT_LIMIT) for text in texts)
    return shorten_lines("\n".join(lines))


def ending_in(text: str, sentence: str) -> str:
    """The text with a sentence after it that stays whole where the text has to be cut."""
    return followed_by(shorten(text, TEXT_LIMIT - len(sentence) - 1), sentence)


def shorten_lines(text: str) -> str:
    return text if len(text) <= MESSAGE_LIMIT else text[: MESSAGE_LIMIT - 1] + "…"


def shorten(text: str, limit: int) -> str:
    """The text on one line, at most that many characters, without line ends, control characters and surrogates."""
    if len(text) <= limit and text.isprintable() and "  " not in text and text[:1] != " " and text[-1:] != " ":
        return text  # as most texts are; the rest of this takes ten times as long
    start = text.lstrip()[: limit * 10]  # enough for the limit; cleaning megabytes would take too long
    clean = " ".join("".join(char if char.isprintable() else " " for char in start).split())
    is_whole = len(clean) <= limit and len(start) == len(text.lstrip())
    return clean if is_whole else clean[: limit - 1] + "…"
