"""The decision rules once more, as a model of a few lines, which the real thing agrees with on generated policies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from hypothesis import event, given
from hypothesis import strategies as st

from dataworks_ext import Extension, PolicyPack, Verdict, allow, deny, warn
from dataworks_ext.decision import Choice, Mode
from dataworks_ext.events import DownloadResources, Event, UploadDataToTable
from dataworks_ext.message import Message
from dataworks_ext.testing import sample_payload

from .examples import MANY

WORKSPACE = 90004


class Spec(NamedTuple):
    """A policy as it is generated."""

    home: Literal["first", "second", "own"]
    """The pack that it is registered in."""
    route: Literal["class", "code", "*", "another event"]
    says: Literal["allow", "warn", "deny", "None", "raise", "nonsense"]
    looks: bool
    """Whether it looks at the number of rows before it says so."""
    text: str
    mode: Mode
    on_error: Choice
    is_async: bool
    when: Literal["absent", "yes", "no", "raise", "nonsense"]
    workspaces: Literal["all", "this", "another"]


class Said(NamedTuple):
    """What a policy contributes to a decision."""

    policy: str
    verdict: Verdict
    mode: Mode
    failed: bool


SPECS = st.builds(
    Spec,
    home=st.sampled_from(["first", "second", "own"]),
    route=st.sampled_from(["class", "code", "*", "another event"]),
    says=st.sampled_from(["allow", "warn", "deny", "None", "raise", "nonsense"]),
    looks=st.booleans(),
    text=st.sampled_from(["too large", "too late", "too many"]),
    mode=st.sampled_from(["enforce", "enforce", "warn", "shadow", "off"]),
    on_error=st.sampled_from(["allow", "warn", "deny"]),
    is_async=st.sampled_from([False, False, False, True]),
    when=st.sampled_from(["absent", "absent", "absent", "yes", "no", "raise", "nonsense"]),
    workspaces=st.sampled_from(["all", "all", "this", "another"]),
)
VERDICTS = {"allow": Verdict.OK, "None": Verdict.OK, "warn": Verdict.WARN, "deny": Verdict.FAIL}
RANKS = [Verdict.OK, Verdict.WARN, Verdict.FAIL]


# The model


def model(specs: Sequence[Spec], readable: bool, default: Choice) -> tuple[Verdict, list[Said], list[str]]:
    """Verdict, reasons and lines of the message, by the rules alone."""
    named = [(f"{spec.home}.rule{number}", spec) for number, spec in enumerate(specs)]
    ordered = [item for home in ("first", "second", "own") for item in named if item[1].home == home]
    registered = [item for item in ordered if item[1].route != "another event" and item[1].mode != "off"]
    if not registered:
        verdict = VERDICTS[default]
        return verdict, [], [] if verdict is Verdict.OK else ["No rule covers the event download-resources."]
    said, effects, lines = [], [Verdict.OK], []
    for name, spec in registered:
        if spec.workspaces == "another" or spec.when == "no":
            continue
        failed = (
            (spec.looks and not readable and spec.route != "*")
            or spec.when in ("raise", "nonsense")
            or spec.says in ("raise", "nonsense")
        )
        verdict = VERDICTS[spec.on_error if failed else spec.says]
        effect = limited(verdict, spec.mode)
        said.append(Said(name, verdict, spec.mode, failed))
        effects.append(effect)
        line = f"The rule {name} could not be checked." if failed else spec.text
        if effect is not Verdict.OK and line not in lines:
            lines.append(line)
    return max(effects, key=RANKS.index), said, lines


def limited(verdict: Verdict, mode: Mode) -> Verdict:
    ceiling = {"enforce": Verdict.FAIL, "warn": Verdict.WARN, "shadow": Verdict.OK, "off": Verdict.OK}[mode]
    return min(verdict, ceiling, key=RANKS.index)


# The real thing


def real(specs: Sequence[Spec], readable: bool, default: Choice) -> tuple[Verdict, list[Said], list[str]]:
    """The same of an extension with these policies."""
    packs: dict[str, PolicyPack[Any]] = {"first": PolicyPack("first"), "second": PolicyPack("second")}
    extension = Extension("own", packs.values(), default=default)
    for number, spec in enumerate(specs):
        packs.get(spec.home, extension).policy(
            ROUTES[spec.route],
            id=f"rule{number}",
            mode=spec.mode,
            on_error=spec.on_error,
            when=WHENS[spec.when],
            workspaces=WORKSPACES[spec.workspaces],
        )(function_of(spec))
    extension.configure({})
    changes = {} if readable else {"dataRowSize": "many"}
    payload = {**sample_payload("download-resources"), "queryDwProjectId": WORKSPACE, **changes}
    decision = extension.decide(Message(None, "download-resources", payload))
    said = [Said(reason.policy, reason.verdict, reason.mode, reason.error is not None) for reason in decision.reasons]
    return decision.verdict, said, decision.message.split("\n") if decision.message else []


def raising(_event: Event) -> bool:
    raise ValueError


ROUTES: dict[str, Any] = {
    "class": DownloadResources,
    "code": "download-resources",
    "*": "*",
    "another event": UploadDataToTable,
}
WHENS: dict[str, Any] = {
    "absent": None,
    "yes": lambda _event: True,
    "no": lambda _event: False,
    "raise": raising,
    "nonsense": lambda _event: None,
}
WORKSPACES = {"all": None, "this": [WORKSPACE], "another": [WORKSPACE + 1]}
OUTCOMES = {"allow": allow, "warn": warn, "deny": deny}


def function_of(spec: Spec) -> Any:
    def rule(_event: Event) -> Any:
        if spec.looks and isinstance(_event, DownloadResources):  # on "*", it is a plain event
            assert _event.data_row_size
        if spec.says == "raise":
            raise ValueError
        if spec.says == "nonsense":
            return spec.text
        return OUTCOMES[spec.says](spec.text) if spec.says in OUTCOMES else None

    async def later(_event: Event) -> Any:
        return rule(_event)

    return later if spec.is_async else rule


# The two agree


@MANY
@given(
    specs=st.lists(SPECS, max_size=6),
    readable=st.sampled_from([True, True, True, False]),
    default=st.sampled_from(["allow", "warn", "deny"]),
)
def test_an_extension_decides_as_the_rules_say(specs: list[Spec], readable: bool, default: Choice) -> None:
    expected = model(specs, readable, default)
    event(expected[0].value)
    assert real(specs, readable, default) == expected
