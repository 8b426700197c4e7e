"""Evaluating the policies and observers that are registered for an event."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Sequence
from functools import partial
from types import CoroutineType
from typing import TYPE_CHECKING, Final, NamedTuple

from pydantic import BaseModel

from .context import MessageScope
from .deadline import DeadlineError, Guard, guard, milliseconds
from .decision import VERDICT_OF, Outcome, Reason, Verdict, ending_in, is_sound
from .errors import PolicyError, SettingsError
from .events import Event
from .plan import Gate, Plan, Step
from .policy import Registration
from .settings import missing
from .texts import TEXTS, Language, announcement, with_request

if TYPE_CHECKING:
    from .deadline._coroutines import Running

_OK: Final = Verdict.OK
_SKIPPED: Final = object()
"""The answer of a policy that does not look at the event."""


def evaluate(plan: Plan, scope: MessageScope) -> list[Reason]:
    """The reason of each policy that acts on the event, in order. Coroutines run concurrently.

    Raises:
        BaseException: What `is_of_the_runner`, unless the function is deployed; nothing else.
    """
    started = [_start(step, scope) for step in plan.awaited] if plan.awaited else ()
    reasons: list[Reason] = []
    with scope.guarded or guard(scope.deadline) as guarded:
        for gate, steps in plan.immediate:
            for step in steps if gate is None else _acting(gate, scope, guarded):
                reason = _evaluate(step, scope, guarded)
                if reason is not None:
                    reasons.append(reason)
    return _merge(plan.steps, reasons, [_wait(call, scope) for call in started]) if started else reasons


def _acting(gate: Gate, scope: MessageScope, guarded: Guard) -> Sequence[Step]:
    """The steps behind a gate that act on the event; all of them where that cannot be found out for all at once."""
    if scope.asks_each:
        return gate.steps
    try:
        return guarded.run(scope.deadline, _open, gate, scope)
    except BaseException as error:
        _raise_for_runner(error, scope)
        return gate.steps  # each of them meets the error, or does not, on its own


def _open(gate: Gate, scope: MessageScope) -> tuple[Step, ...]:
    """The steps that act. Raises whatever a condition raises, and errors of lookups and settings."""
    first = gate.steps[0]
    event = scope.event(gate.event_class, first.entry.id)
    wanted = {id(step.entry.when): _holds(step, event, scope, scope.deadline) for step in gate.conditions}
    if True not in wanted.values():
        return ()
    if not gate.depends_on_settings(wanted):
        return gate.acting(wanted, None)
    assert isinstance(first.settings, BaseModel)
    return gate.acting(wanted, first.context_class(scope, first.settings, first.entry.id, scope.deadline).settings)


def _holds(step: Step, event: Event, scope: MessageScope, until: float) -> bool:
    """Whether a policy's own condition holds, if it has any."""
    entry = step.entry
    if entry.when is None:
        return True
    if entry.when_takes_context:
        wanted = entry.when(event, step.context_class(scope, step.settings, entry.id, until))  # type: ignore[arg-type]  # they are sound here
    else:
        wanted = entry.when(event)
    if not isinstance(wanted, bool):
        raise PolicyError(f"its `when` returned {type(wanted).__name__}; expected True or False")
    return wanted


def _evaluate(step: Step, scope: MessageScope, guarded: Guard) -> Reason | None:
    """Call a policy that is no coroutine. Every message passes here once a policy, so few functions are called."""
    started = time.monotonic()
    until = scope.deadline if step.is_plain else _until(step.entry, scope, started)
    try:
        if started >= until:
            raise DeadlineError
        answer = guarded.run(until, _call_plain if step.is_plain else _call_in_workspace, step, scope, until)
    except BaseException as error:
        return _failure(step, scope, error, started, time.monotonic())
    if answer is None:
        elapsed_ms = milliseconds(time.monotonic() - started)
        # a third of the time of calling Reason
        return tuple.__new__(Reason, (step.entry.id, _OK, "", step.mode, elapsed_ms, None, None))
    return _reason(step, scope, answer, started, time.monotonic())


def _call_plain(step: Step, scope: MessageScope, until: float) -> object:
    """What a policy without conditions returns. The event is read here as well: a payload may take its time, too."""
    entry, _, settings, event_class, _, context_class, _ = step
    event = scope.event(event_class, entry.id)
    if entry.takes_context:
        context = context_class(scope, settings, entry.id, until)  # type: ignore[arg-type]  # a plain step's are sound
        return entry.function(event, context)
    return entry.function(event)


def _call_in_workspace(step: Step, scope: MessageScope, until: float) -> object:
    """What a policy with conditions returns, or a coroutine that is to be awaited. Raises `FieldError` if the workspace
    cannot be read and matters."""
    entry, settings = step.entry, step.settings
    event = scope.event(step.event_class, entry.id)
    if entry.workspaces is not None and event.workspace_id not in entry.workspaces:
        return _SKIPPED
    if isinstance(settings, SettingsError):
        raise SettingsError(*settings.args)  # anew, since an exception keeps every traceback it was raised with
    if not _holds(step, event, scope, until):
        return _SKIPPED
    context = step.context_class(scope, settings, entry.id, until)
    if entry.needs and missing(entry.needs, context.settings):
        return _SKIPPED
    return entry.function(event, context) if entry.takes_context else entry.function(event)


class _Started(NamedTuple):
    """A coroutine on its way."""

    step: Step
    started: float
    running: Running[object] | BaseException
    """An exception if it could not be started."""


def _start(step: Step, scope: MessageScope) -> _Started:
    from .deadline._coroutines import Running

    started = time.monotonic()
    until = _until(step.entry, scope, started)
    try:
        return _Started(step, started, Running(partial(_call_async, step, scope, until), until))
    except BaseException as error:
        return _Started(step, started, error)


def _wait(call: _Started, scope: MessageScope) -> Reason | None:
    step, started, running = call
    if isinstance(running, BaseException):
        return _failure(step, scope, running, started, started)
    try:
        answer = running.result()
    except BaseException as error:
        return _failure(step, scope, error, started, running.finished)
    return _reason(step, scope, answer, started, running.finished)


def _merge(steps: Sequence[Step], reasons: Sequence[Reason], awaited: Sequence[Reason | None]) -> list[Reason]:
    by_id = {reason.policy: reason for reason in (*reasons, *awaited) if reason is not None}
    return [by_id[step.entry.id] for step in steps if step.entry.id in by_id]


def _until(entry: Registration, scope: MessageScope, started: float) -> float:
    return scope.deadline if entry.timeout is None else min(scope.deadline, started + entry.timeout)


async def _call_async(step: Step, scope: MessageScope, until: float) -> object:
    answer = _call_in_workspace(step, scope, until)
    return await answer if isinstance(answer, Coroutine) else answer


def _reason(step: Step, scope: MessageScope, answer: object, started: float, finished: float) -> Reason | None:
    if answer is None:
        return Reason(step.entry.id, Verdict.OK, "", step.mode, milliseconds(finished - started))
    if answer is _SKIPPED:
        return None
    if type(answer) is Outcome and is_sound(answer):
        elapsed = milliseconds(finished - started)
        return Reason(step.entry.id, answer.verdict, _text(step, answer, scope.language), step.mode, elapsed)
    return _failure(step, scope, _invalid(answer), started, finished)


def _text(step: Step, outcome: Outcome, language: Language) -> str:
    """What the person sees: an objection ends with what is announced, and with where to read more."""
    text = outcome.text_in(language)
    if outcome.verdict is _OK:
        return text
    if step.announced is not None and outcome.verdict is Verdict.FAIL:
        text = ending_in(text, announcement(language, step.announced))
    return text if step.entry.url is None else ending_in(text, TEXTS[language].page.format(url=step.entry.url))


def _failure(step: Step, scope: MessageScope, error: BaseException, started: float, finished: float) -> Reason:
    _raise_for_runner(error, scope)
    entry = step.entry
    if isinstance(error, DeadlineError):
        in_time = entry.timeout is not None and started + entry.timeout < scope.deadline
        error = PolicyError(f"it ran past {f'its timeout of {entry.timeout:g} s' if in_time else 'the deadline'}")
    text = TEXTS[scope.language].could_not_check.format(policy=entry.id)
    text = with_request(scope.language, text, scope.request.id)
    elapsed = milliseconds(finished - started)
    return Reason(entry.id, VERDICT_OF[entry.on_error], text, step.mode, elapsed, error)


def _raise_for_runner(error: BaseException, scope: MessageScope) -> None:
    if not (scope.request.deployed or isinstance(error, Exception)) and is_of_the_runner(error):
        raise error


def is_of_the_runner(error: BaseException) -> bool:
    """Whether an exception is meant for whoever runs the policy: Ctrl-C, or what ends a test (`pytest.skip`)."""
    from asyncio import CancelledError  # heavy, and loaded already where it is raised

    return not isinstance(error, (Exception, SystemExit, GeneratorExit, CancelledError))


def _invalid(answer: object) -> PolicyError:
    if type(answer) is Outcome:
        return PolicyError(
            "it returned an invalid Outcome, without a text or a verdict; make outcomes with deny, warn and allow"
        )
    if type(answer) is CoroutineType:
        answer.close()
        return PolicyError("it returned a coroutine; a policy that awaits is written with `async def`")
    return PolicyError(f"it returned {type(answer).__name__}; expected an Outcome (deny, warn, allow) or None")
