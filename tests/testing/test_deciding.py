"""Running a policy, a pack or an extension, without network and environment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from pydantic import BaseModel, PositiveInt

from dataworks_ext import Extension, Outcome, PolicyContext, PolicyPack, Verdict, deny
from dataworks_ext.errors import SettingsError
from dataworks_ext.events import CommitFile, DownloadResources, Event
from dataworks_ext.lookup import LookupFailedError
from dataworks_ext.message import read_message
from dataworks_ext.testing import NOON, SubjectError, committed_file, decide, message, sample


class RowSettings(BaseModel):
    max_rows: PositiveInt = 100
    only: str | None = None


rows = PolicyPack("rows", settings=RowSettings)


@rows.policy(DownloadResources)
def row_limit(event: DownloadResources, context: PolicyContext[RowSettings]) -> Outcome | None:
    """Nobody downloads more rows than the limit."""
    return deny("Too many rows.") if event.data_row_size > context.settings.max_rows else None


@rows.policy(DownloadResources, mode="shadow")
def never(event: DownloadResources) -> Outcome:
    """Nothing is downloaded."""
    return deny("Never.")


@rows.policy(DownloadResources, needs="only")
def only(event: DownloadResources) -> Outcome:
    """Nothing but one thing is downloaded."""
    return deny("Only.")


asking = PolicyPack("asking")


@asking.policy(CommitFile)
def everything(event: CommitFile, context: PolicyContext[Any]) -> Outcome:
    """Tells all that can be asked."""
    return deny(f"{context.snapshot.content} {dict(context.parameters)} {dict(context.options)}")  # type: ignore[union-attr]  # a committed file


@asking.policy("*", id="clock")
def tell_the_time(event: Event, context: PolicyContext[Any]) -> Outcome:
    """Tells the time."""
    return deny(context.now.isoformat())


both = Extension("both", packs=[rows, asking])
LARGE, SMALL = sample(DownloadResources, data_row_size=101), sample(DownloadResources, data_row_size=100)


def test_a_policy_is_asked_alone() -> None:
    decision = decide(row_limit, LARGE)
    assert (decision.denied, decision.message) == (True, "Too many rows.")
    assert [reason.policy for reason in decision.reasons] == ["rows.row_limit"]


def test_a_policy_that_does_not_object_lets_pass() -> None:
    assert decide(row_limit, SMALL).verdict is Verdict.OK


def test_a_pack_is_asked_as_a_whole() -> None:
    assert [reason.policy for reason in decide(rows, LARGE).reasons] == ["rows.row_limit", "rows.never"]


def test_an_extension_is_asked_as_a_whole() -> None:
    policies = [reason.policy for reason in decide(both, LARGE).reasons]
    assert policies == ["rows.row_limit", "rows.never", "asking.clock"]


def test_an_extension_in_one_file_is_asked_by_its_policies() -> None:
    single = Extension("single", default="deny")

    @single.policy(DownloadResources)
    def nothing(event: DownloadResources) -> Outcome:
        return deny("Nothing.")

    assert decide(nothing, SMALL).message == decide(single, SMALL).message == "Nothing."


def test_a_message_is_an_event_as_well() -> None:
    written = message(DownloadResources, data_row_size=101)
    assert decide(row_limit, read_message(written)).denied
    assert decide(row_limit, written).denied


def test_an_event_that_nobody_waits_for_is_allowed() -> None:
    assert decide(both, sample("node-change-created")).reasons == ()


# Settings and modes


def test_settings_override_defaults() -> None:
    assert decide(row_limit, LARGE, settings={"max_rows": 101}).allowed


@pytest.mark.parametrize("subject", [row_limit, rows, both])
def test_a_setting_may_be_named_with_its_pack(subject: Any) -> None:
    assert (
        decide(subject, LARGE, settings={"rows.max_rows": 101}, modes={"rows.never": "off"}).reasons[0].verdict == "OK"
    )


def test_a_policy_whose_setting_is_made_looks() -> None:
    assert decide(only, SMALL).reasons == ()
    assert decide(only, SMALL, settings={"only": "this"}).denied


def test_an_environment_is_read_as_the_function_s() -> None:
    environment = {"ROWS_MAX_ROWS": "101", "DATAWORKS_EXT_MODES": "rows.never=off"}
    assert [reason.verdict for reason in decide(rows, LARGE, environment=environment).reasons] == [Verdict.OK]


def test_settings_stand_above_an_environment() -> None:
    made = {"environment": {"ROWS_MAX_ROWS": "1", "ROWS_ONLY": "this"}, "settings": {"max_rows": 101}}
    assert decide(row_limit, LARGE, **made).allowed  # type: ignore[arg-type]  # a mapping of two kinds of values
    assert decide(only, LARGE, **made).denied  # type: ignore[arg-type]  # likewise


def test_the_environment_of_the_process_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROWS_MAX_ROWS", "101")
    monkeypatch.setenv("DATAWORKS_EXT_MODES", "*=off")
    assert decide(both, LARGE).denied


def test_the_author_s_mode_holds() -> None:
    assert decide(never, SMALL).allowed
    assert decide(never, SMALL).reasons[0].verdict is Verdict.FAIL


def test_modes_override_those_of_the_authors() -> None:
    assert decide(never, SMALL, modes={"rows.never": "enforce"}).denied
    assert decide(both, LARGE, modes={"rows.row_limit": "shadow", "asking.clock": "off"}).allowed


def test_asking_changes_nothing() -> None:
    """Neither what the subject is configured with, nor whether it can be added to."""
    both.configure({"ROWS_MAX_ROWS": "1000"})
    decide(both, LARGE, settings={"rows.max_rows": 1})
    assert both.configuration.settings["rows"] == RowSettings(max_rows=1000)
    pack = PolicyPack("later")
    decide(pack, LARGE)

    @pack.policy(DownloadResources)
    def added(event: DownloadResources) -> Outcome:
        return deny("Added.")

    assert decide(pack, LARGE).message == "Added."


# What is looked up


def test_snapshot_parameters_and_options_are_given() -> None:
    decision = decide(
        everything,
        sample(CommitFile),
        snapshot=committed_file(content="SELECT 1"),
        parameters={"a": "1"},
        options={"b": 2},
    )
    assert decision.message == "SELECT 1 {'a': '1'} {'b': 2}"


def test_without_any_there_is_no_snapshot_and_the_others_are_empty() -> None:
    assert decide(everything, sample(CommitFile), snapshot=committed_file(content="x")).message == "x {} {}"
    [reason] = decide(everything, sample(CommitFile)).reasons
    assert str(reason.error) == "the test gives no snapshot; pass snapshot=committed_file(content=…)"


@pytest.mark.parametrize("what", ["snapshot", "parameters", "options"])
@pytest.mark.parametrize("error", [LookupFailedError("not today"), OSError("not today")])
def test_an_exception_stands_for_what_cannot_be_had(what: str, error: Exception) -> None:
    given: dict[str, Any] = {"snapshot": committed_file(), what: error}
    [reason] = decide(everything, sample(CommitFile), **given).reasons
    assert reason.verdict is Verdict.FAIL
    assert (type(reason.error), str(reason.error)) == (LookupFailedError, "not today")


# Time


def test_it_is_noon_unless_the_test_says_otherwise() -> None:
    """Noon in Shanghai; a policy gets it in UTC, as in the function."""
    assert NOON.isoformat() == "2026-03-02T12:00:00+08:00"
    assert decide(tell_the_time, LARGE).message == "2026-03-02T04:00:00+00:00"


def test_the_test_says_what_time_it_is() -> None:
    now = datetime(2026, 11, 11, 1, tzinfo=timezone(timedelta(hours=1)))
    assert decide(tell_the_time, LARGE, now=now).message == "2026-11-11T00:00:00+00:00"


# Mistakes


def _function() -> None:
    """No policy."""


@pytest.mark.parametrize(
    ("ask", "error", "text"),
    [
        (lambda: decide(_function, LARGE), SubjectError, r"^_function is no policy, pack or extension; a policy is"),
        (lambda: decide("rows", LARGE), SubjectError, r"^'rows' is no policy"),  # type: ignore[arg-type]  # a mistake
        (
            lambda: decide(row_limit, sample(CommitFile)),
            SubjectError,
            r'^rows.row_limit does not handle "commit-file"; it handles download-resources$',
        ),
        (lambda: decide(row_limit, LARGE, now=datetime(2026, 1, 1)), SubjectError, "has no time zone; give it one"),
        (
            lambda: decide(row_limit, LARGE, settings={"max_row": 1}),
            SettingsError,
            r'^there is no setting "max_row"; did you mean "rows.max_rows"\?$',
        ),
        (
            lambda: decide(both, LARGE, settings={"row.max_rows": 1}),
            SettingsError,
            r'^there is no setting "row.max_rows"; did you mean "rows.max_rows"\?$',
        ),
        (
            lambda: decide(tell_the_time, LARGE, settings={"x": 1}),
            SettingsError,
            r'^there is no setting "x"; no pack has settings$',
        ),
        (
            lambda: decide(row_limit, LARGE, settings={"max_rows": 0}),
            SettingsError,
            r"^rows.max_rows: Input should be greater than 0$",
        ),
        (
            lambda: decide(row_limit, LARGE, modes={"rows.limit": "off"}),
            SettingsError,
            r'^there is no policy "rows.limit"; did you mean "rows.row_limit"\?$',
        ),
        (
            lambda: decide(row_limit, LARGE, modes={"rows.row_limit": "on"}),  # type: ignore[dict-item]  # a mistake
            SettingsError,
            r"^rows.row_limit: a mode is one of enforce, warn, shadow, off, got 'on'$",
        ),
    ],
)
def test_a_mistake_is_told(ask: Callable[[], object], error: type[Exception], text: str) -> None:
    with pytest.raises(error, match=text):
        ask()
