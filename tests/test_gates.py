"""Conditions that are asked once for several policies decide as those that each policy asks for itself."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel

from dataworks_ext import Extension, PolicyContext, PolicyPack, Verdict, deny
from dataworks_ext.context import MessageScope, Request
from dataworks_ext.events import CommitFile
from dataworks_ext.lookup import GET_OPTIONS
from dataworks_ext.message import Message, read_message
from dataworks_ext.testing import eventbridge_message


class Settings(BaseModel):
    names: tuple[str, ...] = ()
    most: int | None = None


class Options:
    """Answers about the options of the workspace."""

    def __init__(self, text: str) -> None:
        self._text = text

    def ask(self, operation: str, _parameters: object, _until: float, keep: float = 0.0) -> dict[str, object]:
        assert operation == GET_OPTIONS
        return {"OptionValue": self._text}


class EachAsks(MessageScope):
    asks_each = True


def yes(_event: CommitFile) -> bool:
    return True


def no(_event: CommitFile) -> bool:
    return False


def wrong(_event: CommitFile) -> bool:
    raise ValueError("wrong")


def nothing(_event: CommitFile) -> bool:
    return None  # type: ignore[return-value]  # a mistake that people make


def has_most(_event: CommitFile, context: PolicyContext[Settings]) -> bool:
    return context.settings.most is not None


def is_read(event: CommitFile) -> bool:
    return bool(event.file_name)


MESSAGE = read_message(eventbridge_message("commit-file", message_id="m"))
CONDITIONS = (None, yes, no, wrong, nothing, has_most, is_read)
POLICY = st.fixed_dictionaries(
    {
        "when": st.sampled_from(CONDITIONS),
        "needs": st.sampled_from(((), ("names",), ("most",), ("names", "most"))),
        "on_error": st.sampled_from(("deny", "warn", "allow")),
        "timeout": st.sampled_from((None, None, 60)),
        "workspaces": st.sampled_from((None, None, [1])),
    }
)
OPTIONS = st.sampled_from(
    ("", '{"pack": {"names": ["a"]}}', '{"pack": {"most": 1}}', '{"pack": {"most": "x"}}', "[", "[]")
)
ENVIRONMENTS = st.sampled_from(({}, {"PACK_NAMES": "a"}, {"PACK_MOST": "2", "PACK_NAMES": "a"}, {"PACK_MOST": "x"}))


def extension_of(policies: list[dict[str, Any]], environment: dict[str, str], *, is_overriding: bool) -> Extension:
    pack = PolicyPack("pack", settings=Settings, options_override=is_overriding)
    for number, options in enumerate(policies):
        pack.policy(CommitFile, id=f"rule_{number}", **options)(lambda event, context: deny(repr(context.settings)))
    extension = Extension("extension", [pack])
    extension.configure(environment)
    return extension


def said(extension: Extension, scope: Callable[[Message, Request], MessageScope], options: str) -> list[object]:
    decision = extension.decide(scope(MESSAGE, Request(lookups=Options(options))))
    return [(*reason[:4], repr(reason.error)) for reason in decision.reasons]


@given(
    policies=st.lists(POLICY, max_size=6),
    environment=ENVIRONMENTS,
    is_overriding=st.booleans(),
    options=st.lists(OPTIONS, min_size=1, max_size=3),
)
@example(
    policies=[{"when": yes, "needs": ("most",)}, {"when": no}, {"when": yes}],
    environment={},
    is_overriding=True,
    options=["", '{"pack": {"most": 1}}', ""],
)
def test_what_is_decided_for_several_policies_is_what_each_decides(
    policies: list[dict[str, Any]], environment: dict[str, str], is_overriding: bool, options: list[str]
) -> None:
    extension = extension_of(policies, environment, is_overriding=is_overriding)
    for text in options:  # what one message taught must not be kept for another
        assert said(extension, MessageScope, text) == said(extension, EachAsks, text)


def test_a_condition_is_asked_once_for_all_policies_that_share_it() -> None:
    asked: list[str] = []

    def wanted(event: CommitFile) -> bool:
        asked.append(event.event_code)
        return True

    extension = extension_of([{"when": wanted}] * 3, {}, is_overriding=False)
    assert len(said(extension, MessageScope, "")) == 3
    assert asked == ["commit-file"]


def test_where_no_condition_holds_nobody_asks_for_options() -> None:
    extension = extension_of([{"when": no, "needs": ["most"]}] * 2, {}, is_overriding=True)
    assert extension.decide(MessageScope(MESSAGE, Request(lookups=None))).reasons == ()


def test_a_condition_that_is_interrupted_by_ctrl_c_interrupts_the_decision() -> None:
    def interrupted(_event: CommitFile) -> bool:
        raise KeyboardInterrupt

    extension = extension_of([{"when": interrupted}] * 2, {}, is_overriding=False)
    with pytest.raises(KeyboardInterrupt):
        extension.decide(MESSAGE)


@pytest.mark.untraced  # an interruption inside the tracer of coverage leaves it locked for good
def test_a_condition_that_hangs_ends_at_the_deadline() -> None:
    def hangs(_event: CommitFile) -> bool:
        while True:
            json.dumps({})

    extension = extension_of([{"when": hangs}] * 2, {}, is_overriding=False)
    started = time.monotonic()
    decision = extension.decide(MESSAGE, Request(deadline=started + 0.05))
    assert time.monotonic() - started < 0.5
    assert decision.verdict is Verdict.FAIL
    assert {str(reason.error) for reason in decision.reasons} == {"it ran past the deadline"}
