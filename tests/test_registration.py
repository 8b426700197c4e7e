"""Registration: what can be registered, and the sentence that each mistake has."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import pytest
from pydantic import BaseModel

from dataworks_ext import Extension, Outcome, PolicyContext, PolicyPack, RegistrationError, deny
from dataworks_ext.events import (
    DownloadResources,
    DownloadResourcesExecute,
    Event,
    FileChange,
    StartDiJobV2,
    UploadDataToTable,
)
from dataworks_ext.message import read_message
from dataworks_ext.testing import function_compute_message

if TYPE_CHECKING:
    from decimal import Decimal

CODE = "download-resources"


class DownloadSettings(BaseModel):
    max_rows: int = 10
    networks: tuple[str, ...] = ()


class UploadSettings(BaseModel):
    max_bytes: int = 10


class Unknown(Event):
    """A class that stands for no event."""


class Rule:
    """A callable object, with a representation that holds no address."""

    def __call__(self, event: Event) -> Outcome | None:
        """Say no."""
        return deny("no")

    def __repr__(self) -> str:
        return "Rule()"


def rule(event: DownloadResources) -> Outcome | None:
    return None


def watch(event: DownloadResources) -> None: ...


def of_nothing() -> None: ...
def of_arguments(*events: Event) -> None: ...
def of_three(event: Event, context: PolicyContext[DownloadSettings], limit: int) -> None: ...
def by_keyword(event: Event, *, limit: int) -> None: ...
def of_uploads(event: UploadDataToTable) -> None: ...
def of_executions(event: DownloadResourcesExecute) -> None: ...
def of_uploads_or_nothing(event: UploadDataToTable | None) -> None: ...
def of_a_dictionary(event: dict[str, object]) -> None: ...
def with_a_number(event: Event, context: int) -> None: ...
def with_settings_alone(event: Event, settings: DownloadSettings) -> None: ...
def with_uploads_context(event: Event, context: PolicyContext[UploadSettings]) -> None: ...
def in_words(event: Event) -> str: ...  # type: ignore[empty-body]
def in_booleans(event: Event) -> bool: ...  # type: ignore[empty-body]
def in_booleans_or_nothing(event: Event) -> bool | None: ...
async def in_words_later(event: Event) -> str: ...  # type: ignore[empty-body]
def bit_by_bit(event: Event) -> Iterator[Outcome]:
    yield deny("no")


async def bit_by_bit_later(event: Event) -> AsyncIterator[Outcome]:
    yield deny("no")


async def later(event: Event) -> bool:
    return True


def of_runs(event: RunFile) -> None: ...  # type: ignore[name-defined]  # noqa: F821 - this mistake is told
def of_limits(event: DownloadResources, context: PolicyContext[Limits]) -> None: ...  # type: ignore[name-defined]  # noqa: F821
def in_outcomes(event: DownloadResources) -> Outcom | None: ...  # type: ignore[name-defined]  # noqa: F821
def context_first(context: PolicyContext[DownloadSettings], event: DownloadResources) -> None: ...
def context_alone(context: PolicyContext[DownloadSettings]) -> None: ...
def event_last(ctx: Any, event: DownloadResources) -> None: ...
def names_swapped(context, event): ...  # type: ignore[no-untyped-def]  # nothing but the names says it


Mistake = Callable[[], object]


def policy(function: Any, *events: Any, **options: Any) -> Mistake:
    """Registering a policy in a pack that is called downloads and has settings."""
    return lambda: _downloads().policy(*events, **options)(function)


def observer(function: Any, *events: Any, **options: Any) -> Mistake:
    """Registering an observer in that pack."""
    return lambda: _downloads().observer(*events, **options)(function)


def _downloads() -> Any:
    return PolicyPack("downloads", settings=DownloadSettings)


def pack(name: Any, **options: Any) -> Mistake:
    return lambda: PolicyPack(name, **options)


def extension(*arguments: Any, **options: Any) -> Mistake:
    return lambda: Extension("data-guard", *arguments, **options)


def without_settings(function: Any) -> Mistake:
    return lambda: PolicyPack("uploads").policy("*")(function)


def twice(first: str, second: str) -> Mistake:
    def register() -> None:
        downloads = _downloads()
        getattr(downloads, first)(CODE, id="row_limit")(of_nothing_much)
        getattr(downloads, second)(CODE, id="row_limit")(of_nothing_much)

    return register


def of_nothing_much(event: Event) -> None: ...


def too_late(kind: str) -> Mistake:
    def register() -> None:
        downloads = _downloads()
        Extension("data-guard", [downloads]).configure({})
        getattr(downloads, kind)(CODE, id="row_limit")(of_nothing_much)

    return register


MISTAKES: dict[str, tuple[Mistake, str]] = {
    # packs
    "a pack name in capitals": (
        pack("Downloads"),
        "a pack cannot be called 'Downloads'; use lower-case letters, digits, - and _, beginning with a letter",
    ),
    "an empty pack name": (
        pack(""),
        "a pack cannot be called ''; use lower-case letters, digits, - and _, beginning with a letter",
    ),
    "a pack name that is no text": (
        pack(5),
        "a pack cannot be called 5; use lower-case letters, digits, - and _, beginning with a letter",
    ),
    "an extension name in capitals": (
        lambda: Extension("DataGuard"),
        "a pack cannot be called 'DataGuard'; use lower-case letters, digits, - and _, beginning with a letter",
    ),
    "settings that are no model": (
        pack("downloads", settings=dict),
        "the settings of pack downloads should be a class derived from pydantic.BaseModel, got <class 'dict'>",
    ),
    "settings that are an instance": (
        pack("downloads", settings=DownloadSettings()),
        "the settings of pack downloads should be a class derived from pydantic.BaseModel, "
        "got DownloadSettings(max_rows=10, networks=())",
    ),
    # events
    "an unknown code near a known one": (
        policy(rule, "download-resource"),
        'policy downloads.rule: there is no event "download-resource"; did you mean "download-resources"?; '
        "`dataworks-ext events` lists them all",
    ),
    "an unknown code near none": (
        policy(rule, "xyz"),
        'policy downloads.rule: there is no event "xyz"; `dataworks-ext events` lists them all',
    ),
    "an unknown code for an observer": (
        observer(watch, "project-delete"),
        'observer downloads.watch: there is no event "project-delete"; did you mean "project-deleted"?; '
        "`dataworks-ext events` lists them all",
    ),
    "the class of all events": (
        policy(rule, Event),
        'policy downloads.rule: the class Event stands for no event; name a code, or "*" for every event',
    ),
    "a class made elsewhere": (
        policy(rule, Unknown),
        'policy downloads.rule: the class Unknown stands for no event; name a code, or "*" for every event',
    ),
    "a class made elsewhere from one that stands for an event": (
        policy(rule, type("Mine", (DownloadResources,), {"__module__": __name__})),
        'policy downloads.rule: the class Mine stands for no event; name a code, or "*" for every event',
    ),
    "one form of an event": (
        policy(rule, StartDiJobV2),
        "policy downloads.rule: StartDiJobV2 is one form of StartDiJob; "
        "register StartDiJob, and ask isinstance(event, StartDiJobV2)",
    ),
    "what several events share": (
        policy(rule, FileChange),
        "policy downloads.rule: the class FileChange stands for no event; "
        'name CommitFile, DeployFile, RunFile, DeleteFile, or "*" for every event',
    ),
    "an event that is neither code nor class": (
        policy(rule, 5),
        "policy downloads.rule: an event is a code or a class of dataworks_ext.events, got 5",
    ),
    "a list of codes in one argument": (
        policy(rule, ["download-resources"]),
        "policy downloads.rule: an event is a code or a class of dataworks_ext.events, got ['download-resources']",
    ),
    "no event": (
        policy(rule),
        'policy downloads.rule names no event; write @downloads.policy("download-resources"), or "*" for every event',
    ),
    "no event for an observer": (
        observer(watch),
        "observer downloads.watch names no event; "
        'write @downloads.observer("download-resources"), or "*" for every event',
    ),
    "every event, and another": (
        policy(rule, "*", CODE),
        'policy downloads.rule: "*" is every event already; leave the others out',
    ),
    "a policy on an event that is not blocking": (
        policy(rule, "project-deleted"),
        'policy downloads.rule: "project-deleted" is not a blocking event; use @downloads.observer to be told about it',
    ),
    "a function between the events": (
        policy(rule, rule),
        "policy downloads.rule: the decorator takes events before the function; "
        'write @downloads.policy("download-resources") above it',
    ),
    # names
    "something else than a function": (
        policy("row_limit", CODE),
        "pack downloads: a policy should be a function, got 'row_limit'",
    ),
    "a lambda without id": (
        policy(lambda event: None, CODE),
        'pack downloads: a policy without a usable name (<lambda>); give it one: @downloads.policy(…, id="row_limit")',
    ),
    "a partial without id": (
        policy(partial(of_three, limit=1), CODE),
        'pack downloads: a policy without a usable name (partial); give it one: @downloads.policy(…, id="row_limit")',
    ),
    "a callable object without id": (
        policy(Rule(), CODE),
        'pack downloads: a policy without a usable name (Rule); give it one: @downloads.policy(…, id="row_limit")',
    ),
    "an observer without a usable name": (
        observer(lambda event: None, CODE),
        "pack downloads: an observer without a usable name (<lambda>); "
        'give it one: @downloads.observer(…, id="row_limit")',
    ),
    "an id with a dot": (
        policy(rule, CODE, id="row.limit"),
        'pack downloads: a policy without a usable name (row.limit); give it one: @downloads.policy(…, id="row_limit")',
    ),
    "two policies with one id": (
        twice("policy", "policy"),
        'two policies are called downloads.row_limit; give one of them a name of its own with id="…"',
    ),
    "two observers with one id": (
        twice("observer", "observer"),
        'two observers are called downloads.row_limit; give one of them a name of its own with id="…"',
    ),
    "a policy after the first message": (
        too_late("policy"),
        "downloads.row_limit comes too late: pack downloads answers messages already; register it at import",
    ),
    "an observer after the first message": (
        too_late("observer"),
        "downloads.row_limit comes too late: pack downloads answers messages already; register it at import",
    ),
    # annotations that name nothing
    "an event class that was not imported": (
        policy(of_runs, CODE),
        "policy downloads.of_runs: the annotation of event names RunFile, which is not defined; "
        "import it: from dataworks_ext.events import RunFile",
    ),
    "a settings class that is not there": (
        policy(of_limits, CODE),
        "policy downloads.of_limits: the annotation of context names Limits, which is not defined; "
        "import it, or define it above",
    ),
    "a result that is misspelt": (
        policy(in_outcomes, CODE),
        "policy downloads.in_outcomes: the annotation of its result names Outcom, which is not defined; "
        "import it, or define it above",
    ),
    # parameters
    "the context before the event": (
        policy(context_first, CODE),
        "policy downloads.context_first takes the context first; the event comes first: write (event, context)",
    ),
    "the context without the event": (
        observer(context_alone, CODE),
        "observer downloads.context_alone takes the context first; the event comes first: write (event, context)",
    ),
    "an event in the second place": (
        policy(event_last, CODE),
        "policy downloads.event_last takes the context first; the event comes first: write (event, ctx)",
    ),
    "the context before the event, by name": (
        policy(names_swapped, CODE),
        "policy downloads.names_swapped takes the context first; the event comes first: write (event, context)",
    ),
    "a generator": (
        policy(bit_by_bit, "*"),
        "policy downloads.bit_by_bit yields; a policy or observer is a plain function or a coroutine",
    ),
    "an async generator": (
        observer(bit_by_bit_later, "*"),
        "observer downloads.bit_by_bit_later yields; a policy or observer is a plain function or a coroutine",
    ),
    "no parameter": (
        policy(of_nothing, "*"),
        "policy downloads.of_nothing takes 0 parameters by position; write def rule(event) or def rule(event, context)",
    ),
    "any number of parameters": (
        policy(of_arguments, "*"),
        "policy downloads.of_arguments takes 0 parameters by position; "
        "write def rule(event) or def rule(event, context)",
    ),
    "three parameters": (
        policy(of_three, "*"),
        "policy downloads.of_three takes 3 parameters by position; write def rule(event) or def rule(event, context)",
    ),
    "a parameter by keyword only": (
        policy(by_keyword, "*"),
        "policy downloads.by_keyword takes limit by keyword only; write def rule(event) or def rule(event, context)",
    ),
    # annotations
    "another event's class": (
        policy(of_uploads, CODE),
        'policy downloads.of_uploads: "download-resources" arrives as DownloadResources, '
        "but the first parameter is annotated UploadDataToTable; write event: DownloadResources",
    ),
    "a narrower class than one of the events": (
        policy(of_executions, DownloadResourcesExecute, DownloadResources),
        'policy downloads.of_executions: "download-resources" arrives as DownloadResources, '
        "but the first parameter is annotated DownloadResourcesExecute; write event: DownloadResources",
    ),
    "a union without the event's class": (
        policy(of_uploads_or_nothing, DownloadResources),
        'policy downloads.of_uploads_or_nothing: "download-resources" arrives as DownloadResources, '
        "but the first parameter is annotated UploadDataToTable | None; "
        "write event: DownloadResources",
    ),
    "a dictionary for the event": (
        policy(of_a_dictionary, CODE),
        'policy downloads.of_a_dictionary: "download-resources" arrives as DownloadResources, '
        "but the first parameter is annotated dict[str, object]; write event: DownloadResources",
    ),
    "a class for every event": (
        policy(of_uploads, "*"),
        'policy downloads.of_uploads: "*" arrives as Event, but the first parameter is annotated UploadDataToTable; '
        "write event: Event",
    ),
    "another event's class for an observer": (
        observer(of_uploads, CODE),
        'observer downloads.of_uploads: "download-resources" arrives as DownloadResources, '
        "but the first parameter is annotated UploadDataToTable; write event: DownloadResources",
    ),
    "a number for the context": (
        policy(with_a_number, "*"),
        "policy downloads.with_a_number: the second parameter is annotated int; write context: PolicyContext[…]",
    ),
    "settings for the context": (
        policy(with_settings_alone, "*"),
        "policy downloads.with_settings_alone: the second parameter is annotated DownloadSettings; "
        "write settings: PolicyContext[…]",
    ),
    "the context of other settings": (
        policy(with_uploads_context, "*"),
        "policy downloads.with_uploads_context: context is annotated PolicyContext[UploadSettings], "
        "but its pack has settings DownloadSettings; "
        "write PolicyPack(…, settings=UploadSettings), or annotate the settings that the pack has",
    ),
    "the context of settings in a pack without": (
        without_settings(with_uploads_context),
        "policy uploads.with_uploads_context: context is annotated PolicyContext[UploadSettings], "
        "but its pack has no settings; "
        "write PolicyPack(…, settings=UploadSettings), or annotate the settings that the pack has",
    ),
    "a policy that returns a text": (
        policy(in_words, "*"),
        "policy downloads.in_words returns str; a policy returns Outcome | None: deny(…), warn(…), allow(…) or None",
    ),
    "a policy that returns a boolean": (
        policy(in_booleans, "*"),
        "policy downloads.in_booleans returns bool; "
        "a policy returns Outcome | None: deny(…), warn(…), allow(…) or None",
    ),
    "a policy that returns a boolean or nothing": (
        policy(in_booleans_or_nothing, "*"),
        "policy downloads.in_booleans_or_nothing returns bool | None; "
        "a policy returns Outcome | None: deny(…), warn(…), allow(…) or None",
    ),
    "an async policy that returns a text": (
        policy(in_words_later, "*"),
        "policy downloads.in_words_later returns str; "
        "a policy returns Outcome | None: deny(…), warn(…), allow(…) or None",
    ),
    "an observer that returns an outcome": (
        observer(rule, CODE),
        "observer downloads.rule returns Outcome | None; an observer decides nothing: annotate it -> None",
    ),
    # options
    "an unknown mode": (
        policy(rule, CODE, mode="dry-run"),
        "policy downloads.rule: mode should be one of enforce, warn, shadow, off, got 'dry-run'",
    ),
    "an unknown on_error": (
        policy(rule, CODE, on_error="fail"),
        "policy downloads.rule: on_error should be one of allow, warn, deny, got 'fail'",
    ),
    "a timeout of zero": (
        policy(rule, CODE, timeout=0),
        "policy downloads.rule: timeout should be a number of seconds above 0, got 0",
    ),
    "a timeout that is no number": (
        policy(rule, CODE, timeout="5"),
        "policy downloads.rule: timeout should be a number of seconds above 0, got '5'",
    ),
    "a workspace alone": (
        policy(rule, CODE, workspaces=90004),
        "policy downloads.rule: workspaces should be ids in a list, such as [90004], got 90004",
    ),
    "workspaces in words": (
        policy(rule, CODE, workspaces=["90004"]),
        "policy downloads.rule: workspaces should be ids in a list, such as [90004], got ['90004']",
    ),
    "a setting that is not there": (
        policy(rule, CODE, needs="max_row"),
        "policy downloads.rule needs the setting 'max_row', which DownloadSettings does not have; "
        'did you mean "max_rows"?',
    ),
    "a setting that is not there, near none": (
        policy(rule, CODE, needs=["max_rows", "xyz"]),
        "policy downloads.rule needs the setting 'xyz', which DownloadSettings does not have",
    ),
    "a when that is no function": (
        policy(rule, CODE, when=True),
        "policy downloads.rule: when should be a plain function of the event, or of event and context, got True",
    ),
    "a when that is async": (
        policy(rule, CODE, when=later),
        f"policy downloads.rule: when should be a plain function of the event, or of event and context, got {later!r}",
    ),
    "a when of three parameters": (
        policy(rule, CODE, when=of_three),
        "policy downloads.rule: when should be a plain function of the event, or of event and context, "
        f"got {of_three!r}",
    ),
    # extensions
    "a pack by name": (
        extension(["downloads"]),
        "extension data-guard: packs should hold PolicyPack objects, got 'downloads'",
    ),
    "two packs of one name": (
        extension([PolicyPack("downloads"), PolicyPack("downloads")]),
        "extension data-guard: two packs are called downloads; policy ids and settings could not tell them apart",
    ),
    "a pack with the extension's name": (
        extension([PolicyPack("data-guard")]),
        "extension data-guard: two packs are called data-guard; policy ids and settings could not tell them apart",
    ),
    "an unknown default": (
        extension(default="block"),
        "extension data-guard: default should be one of allow, warn, deny, got 'block'",
    ),
    "an unknown language": (
        extension(language="fr"),
        "extension data-guard: language should be one of en, zh, got 'fr'",
    ),
}


@pytest.mark.parametrize(("mistake", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_has_its_sentence(mistake: Mistake, sentence: str) -> None:
    with pytest.raises(RegistrationError) as raised:
        mistake()
    assert str(raised.value) == sentence


def test_an_extension_in_an_extension_is_a_mistake() -> None:
    with pytest.raises(RegistrationError, match="packs should hold PolicyPack objects"):
        Extension("data-guard", [Extension("uploads")])


def test_an_observer_with_the_id_of_a_policy_is_a_mistake() -> None:
    with pytest.raises(RegistrationError, match=r"downloads\.row_limit"):
        twice("policy", "observer")()


@pytest.mark.parametrize("kind", ["policy", "observer"])
def test_a_decorator_without_parentheses_is_a_mistake_at_once(kind: str) -> None:
    """Otherwise the function would be replaced and the rule never asked."""
    decorate = getattr(_downloads(), kind)
    with pytest.raises(RegistrationError, match="the decorator takes events before the function"):
        decorate(rule)


@pytest.mark.parametrize(
    ("mistake", "named"),
    [
        pytest.param(policy(rule, CODE, workspaces=1.5), "workspaces", id="workspaces"),
        pytest.param(policy(rule, CODE, needs=5), "needs", id="needs"),
        pytest.param(policy(rule, CODE, needs=[5]), "needs", id="needs in a list"),
        pytest.param(extension(PolicyPack("downloads")), "packs", id="a pack outside a list"),
    ],
)
def test_an_argument_of_the_wrong_type_is_a_mistake_that_names_it(mistake: Mistake, named: str) -> None:
    with pytest.raises(RegistrationError, match=named):
        mistake()


def test_a_when_whose_event_goes_by_keyword_is_a_mistake() -> None:
    """It could not be called: the event goes by position."""

    def when(*, event: Event) -> bool:
        return True

    with pytest.raises(RegistrationError, match="when"):
        policy(rule, CODE, when=when)()


def test_workspaces_from_an_iterator_are_all_kept() -> None:
    """A policy that acts nowhere by accident would let everything pass."""
    downloads = _downloads()
    downloads.policy(CODE, workspaces=iter([90004, 90005]))(rule)
    assert downloads.policies[0].workspaces == {90004, 90005}


def test_a_mistake_registers_nothing() -> None:
    downloads = _downloads()
    with pytest.raises(RegistrationError):
        downloads.policy(CODE, mode="dry-run")(rule)
    assert downloads.policies == ()


def test_the_first_message_closes_registration() -> None:
    downloads = _downloads()
    Extension("data-guard", [downloads]).decide(read_message(function_compute_message(CODE)))
    with pytest.raises(RegistrationError, match="comes too late"):
        downloads.policy(CODE)(rule)


def test_the_annotations_of_a_callable_object_count_too() -> None:
    with pytest.raises(RegistrationError, match="an observer decides nothing"):
        observer(Rule(), "*", id="row_limit")()


# What is no mistake


T = TypeVar("T", bound=Event)


def of_a_type_variable(event: T) -> Outcome | None: ...
def of_anything(event: Any) -> Any: ...
def of_two_classes(event: DownloadResources | UploadDataToTable) -> Outcome: ...  # type: ignore[empty-body]
def without_annotations(event, context): ...  # type: ignore[no-untyped-def]
def with_bare_context(event: Event, context: PolicyContext) -> None: ...  # type: ignore[type-arg]
def with_wider_context(event: Event, context: PolicyContext[BaseModel]) -> None: ...
def with_object(event: Event, context: object) -> None: ...
def with_any_settings(event: Event, context: PolicyContext[Any]) -> None: ...
def with_unknown_names(event: Decimal, context: Decimal) -> Decimal: ...  # type: ignore[empty-body]
def with_a_default_by_keyword(event: Event, *, limit: int = 3) -> None: ...
def to_be_awaited(event: Event) -> Awaitable[Outcome | None]: ...  # type: ignore[empty-body]


@pytest.mark.parametrize(
    "function",
    [
        of_a_type_variable,
        of_anything,
        of_two_classes,
        without_annotations,
        with_bare_context,
        with_wider_context,
        with_object,
        with_any_settings,
        with_unknown_names,
        with_a_default_by_keyword,
        to_be_awaited,
    ],
)
def test_a_signature_that_can_be_called_is_registered(function: Callable[..., object]) -> None:
    downloads = _downloads()
    downloads.policy(CODE)(function)
    assert [entry.function for entry in downloads.policies] == [function]


def test_the_decorator_returns_the_function_itself() -> None:
    downloads = PolicyPack("downloads", settings=DownloadSettings)
    assert downloads.policy(DownloadResources)(rule) is rule
    assert downloads.observer(DownloadResources)(watch) is watch


def test_a_policy_is_enforced_and_denies_on_error_unless_its_author_says_otherwise() -> None:
    downloads = PolicyPack("downloads", settings=DownloadSettings)
    downloads.policy(CODE)(rule)
    registered = downloads.policies[0]
    assert (registered.mode, registered.on_error) == ("enforce", "deny")
    assert (registered.timeout, registered.when, registered.workspaces, registered.needs) == (None, None, None, ())


def test_a_policy_keeps_what_its_author_says() -> None:
    downloads = PolicyPack("downloads", settings=DownloadSettings)
    downloads.policy(CODE, mode="shadow", on_error="warn", timeout=2, workspaces=[90004, 90005], needs="networks")(rule)
    registered = downloads.policies[0]
    assert (registered.mode, registered.on_error, registered.timeout) == ("shadow", "warn", 2)
    assert (registered.workspaces, registered.needs) == (frozenset({90004, 90005}), ("networks",))


def test_classes_and_codes_name_the_same_events_and_repetitions_count_once() -> None:
    downloads = PolicyPack("downloads", settings=DownloadSettings)
    downloads.policy(DownloadResources, "download-resources-execute", "download-resources")(rule)
    assert downloads.policies[0].events == ("download-resources", "download-resources-execute")


def test_an_id_begins_with_its_pack_and_goes_by_the_function() -> None:
    downloads = PolicyPack("downloads", settings=DownloadSettings)
    downloads.policy(CODE)(rule)
    downloads.policy(CODE, id="size-limit")(rule)
    downloads.observer(CODE)(watch)
    assert [entry.id for entry in downloads.policies] == ["downloads.rule", "downloads.size-limit"]
    assert [entry.id for entry in downloads.observers] == ["downloads.watch"]


def test_the_description_is_the_first_line_of_the_docstring() -> None:
    downloads = PolicyPack("downloads", settings=DownloadSettings)

    @downloads.policy(CODE)
    def row_limit(event: Event) -> Outcome | None:
        """Nobody downloads more rows than the limit.

        The rest is for those who read the code.
        """
        return None

    downloads.policy(CODE)(rule)
    assert [entry.description for entry in downloads.policies] == ["Nobody downloads more rows than the limit.", ""]


def test_an_observer_may_be_told_of_events_that_nobody_waits_for() -> None:
    downloads = PolicyPack("downloads", settings=DownloadSettings)
    downloads.observer("project-deleted")(of_nothing_much)
    assert downloads.observers[0].events == ("project-deleted",)


def test_the_same_function_may_be_registered_under_several_ids() -> None:
    downloads = PolicyPack("downloads", settings=DownloadSettings)
    downloads.policy(CODE, id="first")(rule)
    downloads.policy(CODE, id="second")(rule)
    assert [entry.id for entry in downloads.policies] == ["downloads.first", "downloads.second"]


def test_packs_may_give_their_policies_the_same_names() -> None:
    downloads, uploads = PolicyPack("downloads"), PolicyPack("uploads")
    downloads.policy(CODE)(rule)
    uploads.policy(CODE)(rule)
    assert [entry.id for entry in Extension("data-guard", [downloads, uploads]).policies] == [
        *("downloads.rule", "uploads.rule"),
    ]


def test_an_extension_is_a_pack() -> None:
    data_guard = Extension("data-guard")
    data_guard.policy(CODE)(rule)
    data_guard.observer(CODE)(watch)
    assert [entry.id for entry in data_guard.policies] == ["data-guard.rule"]
    assert [entry.id for entry in data_guard.observers] == ["data-guard.watch"]


def test_an_extension_lists_what_its_packs_register_after_it_was_made() -> None:
    downloads = PolicyPack("downloads")
    data_guard = Extension("data-guard", [downloads])
    downloads.policy(CODE)(rule)
    assert [entry.id for entry in data_guard.policies] == ["downloads.rule"]
