"""The decision rules: a message or an event goes in, a decision comes out, whatever the policies do."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import Any

import pytest
from pydantic import BaseModel
from structlog.testing import capture_logs

from dataworks_ext import Decision, Extension, Outcome, PolicyContext, PolicyPack, Verdict, allow, deny, warn
from dataworks_ext.context import MessageScope, Request
from dataworks_ext.decision import Choice, Mode
from dataworks_ext.events import DownloadResources, DownloadResourcesExecute, Event, ProjectDeleted, read_event
from dataworks_ext.message import Message
from dataworks_ext.testing import sample_payload
from dataworks_ext.texts import Language

OK, WARN, FAIL = Verdict.OK, Verdict.WARN, Verdict.FAIL
CODE = "download-resources"
WORKSPACE = 90004
REQUEST_ID = "1-6740b2c3"
OUTCOMES: dict[str, Outcome | None] = {
    "none": None,
    "allow": allow("fine"),
    "warn": warn("mind the size"),
    "deny": deny("too large"),
}
TEXT_OF_FAILURE = "The rule data-guard.rule could not be checked."

Rule = Callable[..., Any]


class Settings(BaseModel):
    max_rows: int = 10
    networks: tuple[str, ...] = ()
    owner: str | None = None


def message(code: str = CODE, *, blocking: bool = True, **changes: object) -> Message:
    """A message with the sample payload of downloads, in workspace 90004 unless the changes say otherwise."""
    payload = {**sample_payload(CODE), "queryDwProjectId": WORKSPACE, "eventCode": code, **changes}
    return Message("52d44ee7", code, payload, blocking=blocking)


def unreadable(**changes: Any) -> Message:
    """A message whose number of rows cannot be read."""
    return message(dataRowSize="many", **changes)


def saying(outcome: object) -> Rule:
    """A policy that returns this."""
    return lambda event: outcome


def raising(error: BaseException) -> Rule:
    def rule(event: Event) -> Outcome | None:
        raise error

    return rule


def extension_of(*rules: Rule, on: tuple[Any, ...] = (CODE,), **options: Any) -> Extension:
    """An extension with these policies, registered alike; the first is called `rule`, the others by number."""
    extension: Any = Extension("data-guard")
    for number, rule in enumerate(rules):
        extension.policy(*on, id=f"rule{number or ''}", **options)(rule)
    made: Extension = extension
    return made


def decide(*rules: Rule, subject: Message | Event | None = None, **options: Any) -> Decision:
    """What these policies decide about a download."""
    return extension_of(*rules, **options).decide(subject or message(), Request(REQUEST_ID))


def names(decision: Decision) -> list[str]:
    return [reason.policy for reason in decision.reasons]


# Combination and order


@pytest.mark.parametrize(
    ("outcome", "verdict", "text"),
    [
        pytest.param("none", OK, "", id="None is no objection"),
        pytest.param("allow", OK, "", id="allow is no objection either"),
        pytest.param("warn", WARN, "mind the size", id="warn warns"),
        pytest.param("deny", FAIL, "too large", id="deny denies"),
    ],
)
def test_one_outcome_is_the_decision(outcome: str, verdict: Verdict, text: str) -> None:
    decision = decide(saying(OUTCOMES[outcome]))
    assert (decision.verdict, decision.message, names(decision)) == (verdict, text, ["data-guard.rule"])


def test_a_denial_is_a_denial_wherever_it_stands() -> None:
    denial, others = saying(deny("no")), [saying(warn("hm")), saying(allow("yes")), saying(None)]
    for position in range(4):
        assert decide(*others[:position], denial, *others[position:]).verdict is FAIL


def test_allow_outweighs_nobody() -> None:
    assert decide(saying(allow("yes")), saying(warn("hm")), saying(allow("yes"))).verdict is WARN
    assert decide(saying(allow("yes")), saying(deny("no")), saying(allow("yes"))).verdict is FAIL


def test_every_policy_runs_even_after_a_denial() -> None:
    decision = decide(saying(deny("no")), saying(warn("hm")), saying(deny("never")), saying(None))
    assert names(decision) == ["data-guard.rule", "data-guard.rule1", "data-guard.rule2", "data-guard.rule3"]
    assert decision.message == "no\nhm\nnever"


def test_the_text_of_allow_is_in_the_reason() -> None:
    assert decide(saying(allow("an exception of Li's"))).reasons[0].message == "an exception of Li's"


def test_policies_run_in_the_order_of_packs_then_of_definition_and_the_extensions_own_last() -> None:
    ran: list[str] = []

    def note(name: str) -> Rule:
        return lambda event: ran.append(name)

    first: PolicyPack[Any] = PolicyPack("first")
    second: PolicyPack[Any] = PolicyPack("second")
    extension = Extension("own", [second, first])
    for pack in (extension, first, second):
        for name in ("b", "a"):
            pack.policy(CODE, id=name)(note(f"{pack.name}.{name}"))
    decision = extension.decide(message())
    assert ran == ["second.b", "second.a", "first.b", "first.a", "own.b", "own.a"]
    assert names(decision) == ran


def test_routing_by_class_by_code_and_for_all_keeps_the_order() -> None:
    extension = Extension("own")
    events: list[tuple[str, Any]] = [("all", "*"), ("code", CODE), ("class", DownloadResources), ("others", "*")]
    for name, event in events:
        extension.policy(event, id=name)(saying(None))
    assert names(extension.decide(message())) == ["own.all", "own.code", "own.class", "own.others"]


def test_a_policy_sees_only_the_events_it_is_registered_for() -> None:
    assert decide(saying(deny("no")), on=(DownloadResourcesExecute, "commit-file")).verdict is OK


def test_a_policy_of_several_events_sees_each() -> None:
    extension = extension_of(saying(deny("no")), on=(CODE, "delete-project"))
    assert extension.decide(message()).verdict is FAIL
    assert extension.decide(message("delete-project")).verdict is FAIL


def test_decisions_do_not_depend_on_those_before() -> None:
    extension = extension_of(lambda event: deny("no") if event.data_row_size > 1 else None)
    verdicts = [extension.decide(message(dataRowSize=size)).verdict for size in (1, 2, 1, 2)]
    assert verdicts == [OK, FAIL, OK, FAIL]


# What is a policy


def test_def_and_async_def_decide_alike() -> None:
    async def rule(event: DownloadResources) -> Outcome | None:
        await asyncio.sleep(0)
        return deny("no")

    decision = decide(rule, saying(warn("hm")), rule)
    assert (decision.verdict, decision.message) == (FAIL, "no\nhm")
    assert names(decision) == ["data-guard.rule", "data-guard.rule1", "data-guard.rule2"]


def test_async_policies_run_at_the_same_time() -> None:
    """Each of these waits for the other: one after the other they would not end."""
    here, there = asyncio.Event(), asyncio.Event()

    async def meet(event: Event, mine: asyncio.Event, other: asyncio.Event) -> Outcome | None:
        mine.set()
        await other.wait()
        return warn("met")

    decision = decide(
        partial(meet, mine=here, other=there), partial(meet, mine=there, other=here), timeout=10, on_error="deny"
    )
    assert [reason.verdict for reason in decision.reasons] == [WARN, WARN]


def test_an_async_policy_may_take_the_context() -> None:
    async def rule(event: DownloadResources, context: PolicyContext[BaseModel]) -> Outcome | None:
        return deny(context.request_id)

    assert decide(rule).message == REQUEST_ID


def test_a_callable_object_is_a_policy() -> None:
    class Limit:
        def __init__(self, rows: int) -> None:
            self.rows = rows

        def __call__(self, event: DownloadResources) -> Outcome | None:
            return deny("no") if event.data_row_size > self.rows else None

    assert decide(Limit(10), subject=message(dataRowSize=11)).verdict is FAIL
    assert decide(Limit(10), subject=message(dataRowSize=10)).verdict is OK


def test_an_async_callable_object_is_a_policy() -> None:
    class Limit:
        async def __call__(self, event: DownloadResources) -> Outcome | None:
            return deny("no")

    assert decide(Limit()).message == "no"


def test_a_partial_is_a_policy() -> None:
    def rule(event: DownloadResources, context: PolicyContext[BaseModel], *, rows: int) -> Outcome | None:
        return deny("no") if event.data_row_size > rows else None

    assert decide(partial(rule, rows=10), subject=message(dataRowSize=11)).verdict is FAIL
    assert decide(partial(rule, rows=11), subject=message(dataRowSize=11)).verdict is OK


# Failures


async def coroutine() -> Outcome | None:
    return deny("no")


def recursive(event: Event) -> Outcome | None:
    return recursive(event)


async def failing_later(event: Event) -> Outcome | None:
    await asyncio.sleep(0)
    raise ValueError("/var/secret")


async def nonsense_later(event: Event) -> Any:
    return True


FAILURES: dict[str, Rule] = {
    "an exception": raising(ValueError("/var/secret")),
    "SystemExit": raising(SystemExit(1)),
    "endless recursion": recursive,
    "False": saying(False),
    "True": saying(True),
    "a bare text": saying("no"),
    "a verdict": saying(FAIL),
    "a tuple like an outcome": saying((FAIL, "no")),
    "an outcome without a verdict": saying(Outcome("FAIL", "no")),  # type: ignore[arg-type]
    "an outcome without a text": saying(Outcome(FAIL, None)),  # type: ignore[arg-type]
    "the class of outcomes": saying(Outcome),
    "a function": saying(deny),
    "a coroutine": lambda event: coroutine(),
    "an exception later": failing_later,
    "nonsense later": nonsense_later,
    "a denial without a text": lambda event: deny(""),
    "a denial without words": lambda event: deny(5),  # type: ignore[arg-type]
}
each_failure = pytest.mark.parametrize("rule", FAILURES.values(), ids=FAILURES)


@each_failure
def test_a_failure_denies_by_default_with_a_text_that_says_so(rule: Rule) -> None:
    decision = decide(rule)
    assert decision.verdict is FAIL
    assert decision.message == (f"{TEXT_OF_FAILURE} Please tell your administrator this request id: {REQUEST_ID}")


@each_failure
@pytest.mark.parametrize(("on_error", "verdict"), [("allow", OK), ("warn", WARN), ("deny", FAIL)])
def test_a_failure_counts_as_its_authors_choice(rule: Rule, on_error: Choice, verdict: Verdict) -> None:
    decision = decide(rule, on_error=on_error)
    assert decision.verdict is verdict
    assert bool(decision.message) == (verdict is not OK)
    assert (decision.reasons[0].verdict, decision.reasons[0].error is None) == (verdict, False)


@each_failure
def test_a_failure_keeps_nobody_else_from_running(rule: Rule) -> None:
    decision = decide(saying(warn("first")), rule, saying(deny("last")), on_error="allow")
    assert (decision.message, len(decision.reasons)) == ("first\nlast", 3)


def test_the_reason_holds_the_exception_of_the_policy() -> None:
    error = ValueError("/var/secret")
    assert decide(raising(error)).reasons[0].error is error


@pytest.mark.parametrize(
    ("answer", "explanation"),
    [
        (True, "it returned bool; expected an Outcome (deny, warn, allow) or None"),
        ("no", "it returned str; expected an Outcome (deny, warn, allow) or None"),
    ],
)
def test_the_reason_says_what_nonsense_was_returned(answer: object, explanation: str) -> None:
    assert str(decide(saying(answer)).reasons[0].error) == explanation


def test_the_reason_says_that_awaiting_needs_async_def() -> None:
    error = decide(lambda event: coroutine()).reasons[0].error
    assert str(error) == "it returned a coroutine; a policy that awaits is written with `async def`"


def test_an_answer_that_cannot_even_be_looked_at_is_a_failure() -> None:
    """Proxies raise when they are asked for their class outside their context."""

    class Proxy:
        @property  # type: ignore[misc]
        def __class__(self) -> Any:
            raise RuntimeError("outside of the context")

    assert decide(saying(Proxy()), on_error="warn").verdict is WARN


@pytest.mark.parametrize("outcome", [Outcome(FAIL, ""), Outcome(FAIL, "\x00"), Outcome(WARN, " \u200b\ud800 ")])
def test_an_objection_is_never_without_words(outcome: Outcome) -> None:
    """DataWorks wants an error message with each, and so does the person."""
    decision = decide(saying(warn("first")), saying(outcome), saying(warn("last")))
    lines = decision.message.split("\n")
    assert len(lines) == 3
    assert all(lines)


@pytest.mark.parametrize("text", ["\x00", "\u200b", "\ud800"])
@pytest.mark.parametrize("make", [deny, warn])
def test_a_text_that_nobody_could_see_is_no_text(make: Callable[[str], Outcome], text: str) -> None:
    assert decide(lambda event: make(text)).message


def test_a_policy_that_runs_past_the_deadline_fails() -> None:
    """The deadline is over before it begins, so nothing has to wait."""
    decision = extension_of(saying(None)).decide(message(), Request(deadline=time.monotonic() - 1))
    assert decision.verdict is FAIL
    assert str(decision.reasons[0].error) == "it ran past the deadline"


def test_an_async_policy_that_runs_past_the_deadline_fails() -> None:
    async def rule(event: Event) -> Outcome | None:
        await asyncio.Event().wait()
        return None

    decision = extension_of(rule).decide(message(), Request(deadline=time.monotonic() - 1))
    assert decision.verdict is FAIL
    assert str(decision.reasons[0].error) == "it ran past the deadline"


def test_a_policy_that_runs_past_its_timeout_fails_alone() -> None:
    async def rule(event: Event) -> Outcome | None:
        await asyncio.Event().wait()
        return None

    extension = extension_of(saying(warn("hm")))
    extension.policy(CODE, id="endless", timeout=0.01, on_error="allow")(rule)
    decision = extension.decide(message())
    assert decision.verdict is WARN
    assert str(decision.reasons[1].error) == "it ran past its timeout of 0.01 s"


def looks(event: DownloadResources) -> Outcome | None:
    """A policy that looks at the number of rows."""
    return deny("too many") if event.data_row_size > 10**9 else None


def test_a_field_that_cannot_be_read_is_a_failure_of_those_who_look_at_it() -> None:
    decision = decide(looks, saying(warn("hm")), subject=unreadable())
    assert (decision.verdict, [reason.error is None for reason in decision.reasons]) == (FAIL, [False, True])
    assert str(decision.reasons[0].error) == (
        "the field dataRowSize cannot be read: Input should be a valid integer, unable to parse string as an integer"
    )


def test_a_policy_that_looks_quietly_at_a_field_that_cannot_be_read_fails() -> None:
    rule: Rule = lambda event: deny("too many") if (getattr(event, "data_row_size", None) or 0) > 10**9 else None  # noqa: E731
    decision = decide(rule, subject=unreadable(), on_error="warn")
    assert (decision.verdict, type(decision.reasons[0].error).__name__) == (WARN, "FieldError")


def test_a_field_that_cannot_be_read_fails_nobody_who_is_not_registered_for_it() -> None:
    assert decide(saying(deny("no")), subject=unreadable(), on=("delete-project",)).verdict is OK


def test_a_field_that_cannot_be_read_is_in_raw() -> None:
    decision = decide(lambda event: deny(str(event.raw["dataRowSize"])), subject=unreadable(), on=("*",))
    assert decision.message == "many"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", f"{TEXT_OF_FAILURE} Please tell your administrator this request id: {REQUEST_ID}"),
        ("zh", f"规则 data-guard.rule 未能完成检查。请将此请求 ID 告知管理员：{REQUEST_ID}"),
    ],
)
def test_the_text_of_a_failure_is_in_the_extensions_language(language: Language, text: str) -> None:
    extension = Extension("data-guard", language=language)
    extension.policy(CODE, id="rule")(raising(ValueError("/var/secret")))
    assert extension.decide(message(), Request(REQUEST_ID)).message == text


def test_the_text_of_a_failure_without_request_id_names_none() -> None:
    assert extension_of(saying(True)).decide(message()).message == TEXT_OF_FAILURE


# Modes


@pytest.mark.parametrize(
    ("mode", "verdicts"),
    [
        pytest.param("enforce", [OK, WARN, FAIL], id="enforce"),
        pytest.param("warn", [OK, WARN, WARN], id="warn"),
        pytest.param("shadow", [OK, OK, OK], id="shadow"),
    ],
)
def test_a_mode_limits_an_outcome(mode: Mode, verdicts: list[Verdict]) -> None:
    for choice, verdict in zip(("allow", "warn", "deny"), verdicts, strict=True):
        assert decide(saying(OUTCOMES[choice]), mode=mode).verdict is verdict


@pytest.mark.parametrize("mode", ["enforce", "warn", "shadow"])
@pytest.mark.parametrize("on_error", ["allow", "warn", "deny"])
def test_a_failure_becomes_its_choice_first_and_meets_its_mode_then(on_error: Choice, mode: Mode) -> None:
    chosen = decide(saying(OUTCOMES[on_error]), mode=mode)
    failed = {name: decide(rule, mode=mode, on_error=on_error).verdict for name, rule in FAILURES.items()}
    assert failed == dict.fromkeys(FAILURES, chosen.verdict)


@each_failure
def test_a_failure_in_shadow_blocks_nobody_and_is_in_the_reasons(rule: Rule) -> None:
    decision = decide(rule, mode="shadow")
    assert (decision.verdict, decision.message) == (OK, "")
    assert decision.reasons[0].verdict is FAIL
    assert decision.reasons[0].error is not None


def test_a_payload_that_does_not_fit_blocks_nobody_in_shadow() -> None:
    assert decide(saying(None), subject=unreadable(), mode="shadow").verdict is OK


def test_a_policy_that_is_off_does_not_run() -> None:
    ran: list[Event] = []
    decision = decide(ran.append, mode="off")
    assert (decision, ran) == (Decision(OK, "", ()), [])


def test_the_reason_names_the_mode_in_force() -> None:
    assert [decide(saying(None), mode=mode).reasons[0].mode for mode in ("enforce", "warn", "shadow")] == [
        *("enforce", "warn", "shadow")
    ]


# needs


@pytest.mark.parametrize(
    ("needs", "environment", "runs"),
    [
        pytest.param("max_rows", {}, True, id="a value"),
        pytest.param("max_rows", {"DOWNLOADS_MAX_ROWS": "0"}, True, id="zero is a value"),
        pytest.param("owner", {}, False, id="None is none"),
        pytest.param("networks", {}, False, id="an empty collection is none"),
        pytest.param("networks", {"DOWNLOADS_NETWORKS": "10.0.0.0/8"}, True, id="a collection"),
        pytest.param(("max_rows", "owner"), {}, False, id="each is needed"),
        pytest.param(("max_rows", "owner"), {"DOWNLOADS_OWNER": "Li"}, True, id="both are there"),
    ],
)
def test_a_policy_without_the_settings_it_needs_does_nothing(
    needs: str | tuple[str, ...], environment: Mapping[str, str], runs: bool
) -> None:
    downloads = PolicyPack("downloads", settings=Settings)
    downloads.policy(CODE, id="rule", needs=needs)(saying(deny("no")))
    extension = Extension("data-guard", [downloads])
    extension.configure(environment)
    assert (extension.decide(message()).verdict is FAIL) == runs


# when


def test_a_policy_does_not_look_at_what_when_says_no_to() -> None:
    decision = decide(saying(deny("no")), when=lambda event: event.data_row_size > 10, subject=message(dataRowSize=10))
    assert decision == Decision(OK, "", ())


def test_a_policy_looks_at_what_when_says_yes_to() -> None:
    decision = decide(saying(deny("no")), when=lambda event: event.data_row_size > 10, subject=message(dataRowSize=11))
    assert decision.message == "no"


def test_when_may_take_the_context() -> None:
    def big(event: DownloadResources, context: PolicyContext[Settings]) -> bool:
        return event.data_row_size > context.settings.max_rows

    downloads = PolicyPack("downloads", settings=Settings)
    downloads.policy(DownloadResources, id="rule", when=big)(lambda event: deny("no"))
    extension = Extension("data-guard", [downloads])
    extension.configure({"DOWNLOADS_MAX_ROWS": "50"})
    verdicts = [extension.decide(message(dataRowSize=size)).verdict for size in (50, 51)]
    assert verdicts == [OK, FAIL]


@pytest.mark.parametrize("wanted", [False, True])
def test_an_async_policy_has_a_when_too(wanted: bool) -> None:
    async def rule(event: Event) -> Outcome | None:
        return deny("no")

    assert (decide(rule, when=lambda event: wanted).verdict is FAIL) == wanted


def never(event: Event) -> bool:
    raise ValueError("/var/secret")


@pytest.mark.parametrize("later", [False, True], ids=["def", "async def"])
@pytest.mark.parametrize(
    ("when", "explanation"),
    [
        pytest.param(never, "/var/secret", id="raising"),
        pytest.param(saying(None), "its `when` returned NoneType; expected True or False", id="None"),
        pytest.param(saying(1), "its `when` returned int; expected True or False", id="a number"),
        pytest.param(saying(""), "its `when` returned str; expected True or False", id="a text"),
    ],
)
def test_a_when_without_a_boolean_is_a_failure_of_the_policy(when: Rule, explanation: str, later: bool) -> None:
    async def rule(event: Event) -> Outcome | None:
        return None

    decision = decide(rule if later else saying(None), when=when, on_error="warn")
    assert decision.verdict is WARN
    assert str(decision.reasons[0].error) == explanation


def test_a_when_that_looks_at_a_field_that_cannot_be_read_is_a_failure_of_the_policy() -> None:
    assert decide(saying(None), when=lambda event: event.data_row_size > 5, subject=unreadable()).verdict is FAIL
    assert decide(saying(None), when=lambda event: event.file_size > 5, subject=unreadable()).verdict is OK


# workspaces


@pytest.mark.parametrize(
    ("workspace", "runs"), [(90004, True), (90005, True), (90006, False), ("90004", True), ("90006", False)]
)
@pytest.mark.parametrize("on", [DownloadResources, CODE, "*"])
def test_a_policy_acts_in_its_workspaces_only(on: Any, workspace: object, runs: bool) -> None:
    subject = message(queryDwProjectId=workspace)
    decision = decide(saying(deny("no")), on=(on,), workspaces=[90004, 90005], subject=subject)
    assert (decision.verdict is FAIL, len(decision.reasons)) == (runs, int(runs))


@pytest.mark.parametrize("workspace", [90004, 90006])
def test_an_async_policy_acts_in_its_workspaces_only(workspace: int) -> None:
    async def rule(event: Event) -> Outcome | None:
        return deny("no")

    decision = decide(rule, workspaces=[90004], subject=message(queryDwProjectId=workspace))
    assert (decision.verdict is FAIL) == (workspace == 90004)


def test_an_event_without_workspace_is_in_none_of_them() -> None:
    subject = Message(None, "brand-new-event", {"eventCode": "brand-new-event"})
    assert decide(saying(deny("no")), on=("*",), workspaces=[90004], subject=subject).verdict is OK


@pytest.mark.parametrize(
    ("workspace", "verdict"),
    [
        pytest.param(90006, OK, id="another workspace"),
        pytest.param(90004, OK, id="its workspace"),
        pytest.param("west", FAIL, id="who knows which workspace"),
    ],
)
@pytest.mark.parametrize("later", [False, True], ids=["def", "async def"])
def test_a_workspace_that_cannot_be_read_fails_the_policies_of_a_workspace(
    workspace: object, verdict: Verdict, later: bool
) -> None:
    async def rule(event: Event) -> Outcome | None:
        return None

    subject = unreadable(queryDwProjectId=workspace)
    assert decide(rule if later else saying(None), workspaces=[90004], subject=subject).verdict is verdict


# "*"


@pytest.mark.parametrize("code", [CODE, "commit-file", "brand-new-event", "*", ""])
def test_a_policy_on_every_event_gets_each_as_a_plain_event(code: str) -> None:
    seen: list[Event] = []
    decision = decide(seen.append, on=("*",), subject=message(code))
    assert [(type(event), event.event_code) for event in seen] == [(Event, code)]
    assert decision.verdict is OK


def test_a_code_that_nobody_knows_leaves_nothing_behind() -> None:
    """Anybody may send any number of them."""

    class Code(str):
        """A text that can be watched."""

    code = Code("brand-new-event")
    watched = weakref.ref(code)
    extension = extension_of(saying(None), on=("*",))
    assert extension.decide(Message(None, code, {})).verdict is OK
    assert extension.notify(Message(None, code, {})) == ()
    del code
    gc.collect()
    assert watched() is None


def test_a_plain_event_has_the_payload_as_it_came() -> None:
    decision = decide(
        lambda event: deny(f"{event.raw['newField']['deep'][0]}"),
        on=("*",),
        subject=message("brand-new-event", newField={"deep": ["text"]}),
    )
    assert decision.message == "text"


# Events without a policy


@pytest.mark.parametrize(
    ("default", "verdict", "text"),
    [
        ("allow", OK, ""),
        ("warn", WARN, "No rule covers the event brand-new-event."),
        ("deny", FAIL, "No rule covers the event brand-new-event."),
    ],
)
def test_an_event_without_a_policy_gets_the_default(default: Choice, verdict: Verdict, text: str) -> None:
    extension = Extension("data-guard", default=default)
    extension.policy(CODE, id="rule")(saying(deny("no")))
    assert extension.decide(message("brand-new-event")) == Decision(verdict, text, ())


def test_the_default_is_allow() -> None:
    assert Extension("data-guard").decide(message()) == Decision(OK, "", ())


def test_the_text_of_the_default_names_the_request_in_the_extensions_language() -> None:
    extension = Extension("data-guard", default="deny", language="zh")
    decision = extension.decide(message("brand-new-event"), Request(REQUEST_ID))
    assert decision.message == f"事件 brand-new-event 没有对应的规则。请将此请求 ID 告知管理员：{REQUEST_ID}"


def test_the_text_of_the_default_is_bounded_and_on_one_line() -> None:
    """Anybody may send any code."""
    decision = Extension("data-guard", default="deny").decide(message("brand\nnew\x00" * 1_000))
    assert decision.verdict is FAIL
    assert len(decision.message) <= 1_000
    assert decision.message.isprintable()


def test_the_default_is_not_for_events_whose_policies_did_not_look() -> None:
    extension = Extension("data-guard", default="deny")
    extension.policy(CODE, id="rule", when=lambda event: False)(saying(None))
    assert extension.decide(message()).verdict is OK


# Events that nobody waits for


def test_an_event_that_nobody_waits_for_reaches_no_policy() -> None:
    ran: list[Event] = []
    extension = extension_of(ran.append, on=(CODE,))
    assert extension.decide(message(blocking=False)) == Decision(OK, "", ())
    assert ran == []


def test_an_event_that_nobody_waits_for_does_not_get_the_default() -> None:
    extension = Extension("data-guard", default="deny")
    assert extension.decide(message("brand-new-event", blocking=False)) == Decision(OK, "", ())


@pytest.mark.parametrize("blocking", [True, False])
def test_observers_are_told_whether_somebody_waits_or_not(blocking: bool) -> None:
    told: list[str] = []
    extension = Extension("data-guard")

    @extension.observer(DownloadResources)
    def watch(event: DownloadResources) -> None:
        told.append(event.event_code)

    assert extension.notify(message(blocking=blocking)) == ()
    assert told == [CODE]


def test_observers_of_every_event_are_told_of_unknown_and_regular_ones() -> None:
    told: list[str] = []
    extension = Extension("data-guard")

    @extension.observer("*")
    def watch(event: Event) -> None:
        told.append(event.event_code)

    for code in ("brand-new-event", "project-deleted", CODE):
        extension.notify(message(code, blocking=False))
    assert told == ["brand-new-event", "project-deleted", CODE]


def test_observers_are_told_in_the_order_of_policies() -> None:
    told: list[str] = []
    first: PolicyPack[Any] = PolicyPack("first")
    extension = Extension("own", [first])
    extension.observer(CODE, id="late")(lambda event: told.append("own.late"))
    first.observer(CODE, id="early")(lambda event: told.append("first.early"))
    extension.notify(message())
    assert told == ["first.early", "own.late"]


def test_an_observer_may_be_async_and_take_the_context() -> None:
    told: list[str] = []
    extension = Extension("data-guard")

    @extension.observer(DownloadResources)
    async def watch(event: DownloadResources, context: PolicyContext[BaseModel]) -> None:
        told.append(context.request_id)

    assert extension.notify(message(), Request(REQUEST_ID)) == ()
    assert told == [REQUEST_ID]


def test_decide_tells_no_observer_and_notify_asks_no_policy() -> None:
    ran: list[str] = []
    extension = Extension("data-guard")
    extension.observer(CODE, id="watch")(lambda event: ran.append("watch"))
    extension.policy(CODE, id="rule")(lambda event: ran.append("rule"))
    extension.decide(message())
    assert ran == ["rule"]
    extension.notify(message())
    assert ran == ["rule", "watch"]


def test_a_failure_of_an_observer_is_returned_and_changes_nothing() -> None:
    told: list[str] = []
    error = ValueError("no connection")
    extension = Extension("data-guard")

    @extension.observer(CODE)
    def broken(event: Event) -> None:
        raise error

    @extension.observer(CODE)
    def exiting(event: Event) -> None:
        raise SystemExit(1)

    extension.observer(CODE, id="working")(lambda event: told.append("working"))
    reasons = extension.notify(message())
    assert [reason.policy for reason in reasons] == ["data-guard.broken", "data-guard.exiting"]
    assert reasons[0].error is error
    assert {reason.effect for reason in reasons} == {OK}
    assert told == ["working"]
    assert extension.decide(message()).verdict is OK


def test_a_field_that_cannot_be_read_is_a_failure_of_the_observers_who_look_at_it() -> None:
    extension = Extension("data-guard")
    extension.observer(DownloadResources, id="watch")(lambda event: print(event.data_row_size))
    extension.observer(DownloadResources, id="other")(lambda event: None)
    reasons = extension.notify(unreadable())
    assert [(reason.policy, type(reason.error).__name__) for reason in reasons] == [("data-guard.watch", "FieldError")]


# The context


def seen(look: Callable[[PolicyContext[Any]], Any], **arguments: Any) -> Any:
    """What a policy with settings sees through its context."""
    found: list[Any] = []

    def rule(event: Event, context: PolicyContext[Settings]) -> Outcome | None:
        found.append(look(context))
        return None

    downloads = PolicyPack("downloads", settings=Settings)
    options = arguments.pop("options", {})
    downloads.policy(CODE, **options)(rule)
    extension = Extension("data-guard", [downloads])
    extension.configure({"DOWNLOADS_MAX_ROWS": "50"})
    decision = extension.decide(arguments.pop("subject", message()), **arguments)
    assert [reason.error for reason in decision.reasons] == [None]
    return found[0]


def test_the_context_has_the_settings_of_the_policys_pack() -> None:
    assert seen(lambda context: context.settings) == Settings(max_rows=50)


def test_the_context_has_the_request_id() -> None:
    assert seen(lambda context: context.request_id, request=Request(REQUEST_ID)) == REQUEST_ID
    assert seen(lambda context: context.request_id) == ""


def test_the_context_has_the_message_id() -> None:
    assert seen(lambda context: context.message_id) == "52d44ee7"
    assert seen(lambda context: context.message_id, subject=message()._replace(message_id=None)) is None


def test_now_is_the_present_in_utc() -> None:
    before = datetime.now(timezone.utc)
    now = seen(lambda context: context.now)
    assert before <= now <= datetime.now(timezone.utc)
    assert now.utcoffset() == timedelta(0)


def test_now_is_what_the_caller_says() -> None:
    now = datetime(2024, 11, 22, 9, 30, tzinfo=timezone.utc)
    assert seen(lambda context: context.now, request=Request(now=now)) == now


def test_now_is_in_utc_whatever_the_zone_of_the_caller() -> None:
    now = datetime(2024, 11, 22, 9, 30, tzinfo=timezone(timedelta(hours=8)))
    assert seen(lambda context: context.now.isoformat(), request=Request(now=now)) == "2024-11-22T01:30:00+00:00"


def test_now_needs_a_time_zone() -> None:
    with pytest.raises(ValueError, match=r"^now=2024-11-22T09:30:00 has no time zone; give it one"):
        seen(lambda context: context.now, request=Request(now=datetime(2024, 11, 22, 9, 30)))


def test_now_is_the_same_for_all_policies_of_a_message() -> None:
    moments: list[datetime] = []

    def rule(event: Event, context: PolicyContext[BaseModel]) -> Outcome | None:
        moments.append(context.now)
        return None

    async def later(event: Event, context: PolicyContext[BaseModel]) -> Outcome | None:
        moments.append(context.now)
        return None

    decide(rule, later, rule)
    assert len(moments) == 3
    assert len(set(moments)) == 1


def test_remaining_is_infinite_without_deadline_and_timeout() -> None:
    assert seen(lambda context: context.remaining) == float("inf")


@pytest.mark.parametrize(
    ("timeout", "seconds_left", "most"),
    [
        pytest.param(None, 100, 100, id="deadline"),
        pytest.param(50, None, 50, id="timeout"),
        pytest.param(50, 100, 50, id="timeout first"),
        pytest.param(100, 50, 50, id="deadline first"),
    ],
)
def test_remaining_counts_down_to_what_comes_first(
    timeout: float | None, seconds_left: float | None, most: float
) -> None:
    request = Request() if seconds_left is None else Request(deadline=time.monotonic() + seconds_left)
    remaining = seen(lambda context: context.remaining, options={"timeout": timeout}, request=request)
    assert most - 10 < remaining <= most


def test_remaining_is_never_below_zero() -> None:
    context = PolicyContext(MessageScope(message()), Settings(), "downloads.rule", time.monotonic() - 1)
    assert context.remaining == 0.0


def test_lines_of_the_log_carry_the_ids() -> None:
    with capture_logs() as lines:
        seen(lambda context: context.log.info("hello", rows=3), request=Request(REQUEST_ID))
    assert lines == [
        {
            "event": "hello",
            "log_level": "info",
            "rows": 3,
            "request_id": REQUEST_ID,
            "message_id": "52d44ee7",
            "event_code": CODE,
            "policy": "downloads.rule",
        }
    ]


@pytest.mark.parametrize("name", ["snapshot", "parameters", "options"])
@pytest.mark.parametrize(("on_error", "verdict"), [("deny", FAIL), ("warn", WARN)])
def test_what_there_is_nobody_to_ask_for_fails_the_policy(name: str, on_error: Choice, verdict: Verdict) -> None:
    def rule(event: Event, context: PolicyContext[BaseModel]) -> Outcome | None:
        getattr(context, name)
        return None

    decision = decide(rule, on_error=on_error)
    assert decision.verdict is verdict
    assert str(decision.reasons[0].error) == (
        f"context.{name} asks DataWorks, which cannot be reached here; "
        "outside a function, give decide() a Request with lookups"
    )


# An event without its message


def event_of(**changes: Any) -> DownloadResources:
    return DownloadResources.model_validate({**sample_payload(CODE), "queryDwProjectId": WORKSPACE, **changes})


def test_an_event_is_decided_like_its_message() -> None:
    def rule(event: DownloadResources) -> Outcome | None:
        return deny("no") if event.data_row_size > 10 else None

    for size in (10, 11):
        given = event_of(dataRowSize=size)
        assert decide(rule, subject=given).verdict is decide(rule, subject=message(dataRowSize=size)).verdict


def test_the_policy_gets_the_very_event() -> None:
    found: list[Event] = []
    given = event_of()
    decide(found.append, subject=given)
    assert found[0] is given


def test_an_event_made_of_values_reaches_policies_on_every_event() -> None:
    found: list[Event] = []
    given = event_of(operatorUid="28901", fileName="a.csv")
    assert decide(found.append, subject=given, on=("*",)).verdict is OK
    assert (type(found[0]), found[0].operator, found[0].workspace_id) == (Event, "28901", WORKSPACE)
    assert found[0].raw["fileName"] == "a.csv"


def test_a_plain_event_with_its_payload_reaches_policies_on_its_class() -> None:
    given = read_event(Event, sample_payload(CODE), event_code=CODE)
    assert decide(saying(deny("no")), subject=given, on=(DownloadResources,)).verdict is FAIL


def test_an_event_that_nobody_ever_waits_for_reaches_no_policy() -> None:
    extension = Extension("data-guard", default="deny")
    extension.policy("*", id="rule")(saying(deny("no")))
    assert extension.decide(Event(event_code="project-deleted")) == Decision(OK, "", ())


def test_an_event_that_nobody_knows_yet_is_one_that_somebody_waits_for() -> None:
    assert decide(saying(deny("no")), on=("*",), subject=Event(event_code="brand-new-event")).verdict is FAIL


def test_an_event_is_told_to_observers() -> None:
    told: list[Event] = []
    extension = Extension("data-guard")
    extension.observer("project-deleted", id="watch")(told.append)
    given = read_event(ProjectDeleted, sample_payload("project-deleted"))
    assert extension.notify(given) == ()
    assert [event.event_code for event in told] == ["project-deleted"]


# Configuration at first use


def test_the_environment_is_read_at_the_first_message(monkeypatch: pytest.MonkeyPatch) -> None:
    extension = extension_of(saying(deny("no")))
    monkeypatch.setenv("DATAWORKS_EXT_MODES", "data-guard.rule=warn")
    assert extension.decide(message()).verdict is WARN
    monkeypatch.setenv("DATAWORKS_EXT_MODES", "data-guard.rule=shadow")
    assert extension.decide(message()).verdict is WARN


def test_configure_takes_the_place_of_what_was_read_before() -> None:
    extension = extension_of(saying(deny("no")))
    extension.configure({"DATAWORKS_EXT_MODES": "data-guard.rule=warn"})
    assert extension.decide(message()).verdict is WARN
    extension.configure({"DATAWORKS_EXT_MODES": "data-guard.rule=off"})
    assert extension.decide(message()) == Decision(OK, "", ())
    extension.configure({})
    assert extension.decide(message()).verdict is FAIL


def test_broken_settings_fail_the_policies_of_their_pack_alone() -> None:
    downloads, uploads = PolicyPack("downloads", settings=Settings), PolicyPack("uploads", settings=Settings)
    for pack in (downloads, uploads):
        pack.policy(CODE, id="rule")(saying(None))
    extension = Extension("data-guard", [downloads, uploads])
    extension.configure({"DOWNLOADS_MAX_ROWS": "many"})
    reasons = extension.decide(message()).reasons
    assert [(reason.policy, reason.verdict) for reason in reasons] == [("downloads.rule", FAIL), ("uploads.rule", OK)]
    assert "DOWNLOADS_MAX_ROWS" in str(reasons[0].error)


def test_broken_settings_fail_async_policies_too() -> None:
    async def rule(event: Event) -> Outcome | None:
        return None

    downloads = PolicyPack("downloads", settings=Settings)
    downloads.policy(CODE, mode="warn")(rule)
    extension = Extension("data-guard", [downloads])
    extension.configure({"DOWNLOADS_MAX_ROWS": "many"})
    assert extension.decide(message()).verdict is WARN


def test_two_extensions_with_one_pack_are_configured_apart() -> None:
    downloads = PolicyPack("downloads", settings=Settings)
    downloads.policy(CODE, id="rule")(saying(deny("no")))
    strict, lax = Extension("strict", [downloads]), Extension("lax", [downloads])
    strict.configure({})
    lax.configure({"DATAWORKS_EXT_MODES": "*=shadow"})
    assert (strict.decide(message()).verdict, lax.decide(message()).verdict) == (FAIL, OK)
