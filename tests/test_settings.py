"""What the environment says: settings, modes and language, and what is wrong with it."""

from __future__ import annotations

from enum import Enum
from ipaddress import IPv4Network
from typing import Annotated, Any, Optional

import pytest
from pydantic import BaseModel, ByteSize, Field, Json, PositiveInt, field_validator, model_validator

from dataworks_ext import Extension, PolicyPack
from dataworks_ext.decision import Mode
from dataworks_ext.errors import SettingsError
from dataworks_ext.settings import Configuration, missing, variable_of

CODE = "download-resources"
MODES = "DATAWORKS_EXT_MODES"
LANGUAGE = "DATAWORKS_EXT_LANGUAGE"


class Source(str, Enum):
    EXCEL = "excel"
    QUERY = "query"


class Settings(BaseModel):
    max_rows: int = 10
    strict: bool = False
    ratio: float = 0.5
    title: str = "title"
    source: Source = Source.QUERY
    owner: str | None = None
    limit: PositiveInt | None = None
    names: tuple[str, ...] = ("default",)
    rows: list[int] = []
    networks: set[IPv4Network] = set()
    pairs: frozenset[str] | None = None
    old_style: Optional[list[int]] = None  # noqa: UP045 - people write it so
    few: Annotated[list[int], Field(max_length=2)] = []
    limits: dict[str, int] = {}
    pair: tuple[int, int] = (1, 2)


def configuration_of(settings: type[BaseModel], environment: dict[str, str], pack: str = "downloads") -> Configuration:
    return Extension("data-guard", [PolicyPack(pack, settings=settings)]).configure(environment)


def settings_of(settings: type[BaseModel], environment: dict[str, str], pack: str = "downloads") -> Any:
    """The settings of a pack in this environment, with which nothing is wrong."""
    configuration = configuration_of(settings, environment, pack)
    assert configuration.problems == ()
    return configuration.settings[pack]


def problems_of(settings: type[BaseModel], environment: dict[str, str], pack: str = "downloads") -> tuple[str, ...]:
    """What is wrong with the settings of a pack."""
    configuration = configuration_of(settings, environment, pack)
    assert isinstance(configuration.settings[pack], SettingsError)
    assert configuration.problems == (str(configuration.settings[pack]),)
    return configuration.problems


# Settings


@pytest.mark.parametrize(
    ("field", "text", "value"),
    [
        pytest.param("max_rows", "50", 50, id="a number"),
        pytest.param("max_rows", " 50\n", 50, id="a number with spaces"),
        pytest.param("max_rows", "-1", -1, id="a number below zero"),
        pytest.param("strict", "true", True, id="true"),
        pytest.param("strict", "1", True, id="1 for true"),
        pytest.param("strict", "yes", True, id="yes for true"),
        pytest.param("strict", "False", False, id="False"),
        pytest.param("ratio", "0.75", 0.75, id="a fraction"),
        pytest.param("title", "no, thanks", "no, thanks", id="a text with a comma"),
        pytest.param("title", "[0-9]+", "[0-9]+", id="a text with a bracket"),
        pytest.param("title", "{name}", "{name}", id="a text with a brace"),
        pytest.param("title", "[1]", "[1]", id="a text that happens to be JSON"),
        pytest.param("source", "excel", Source.EXCEL, id="a word"),
        pytest.param("owner", "Li", "Li", id="an optional text"),
        pytest.param("limit", "5", 5, id="an optional number"),
        pytest.param("names", "a, b ,c", ("a", "b", "c"), id="a tuple"),
        pytest.param("names", "a", ("a",), id="a tuple of one"),
        pytest.param("names", "a,,b,", ("a", "b"), id="a tuple with gaps"),
        pytest.param("names", "hr，finance、ops；dev;qa , x", ("hr", "finance", "ops", "dev", "qa", "x"), id="Chinese"),
        pytest.param("names", "，", (), id="a separator alone"),
        pytest.param("title", "财务，人事", "财务，人事", id="a text with a Chinese comma"),
        pytest.param("names", '["a,b", "c"]', ("a,b", "c"), id="a tuple in JSON"),
        pytest.param("names", "[]", (), id="an empty tuple in JSON"),
        pytest.param("rows", "1,2", [1, 2], id="a list of numbers"),
        pytest.param("rows", "[1, 2]", [1, 2], id="a list in JSON"),
        pytest.param("networks", "10.0.0.0/8", {IPv4Network("10.0.0.0/8")}, id="a set of networks"),
        pytest.param("pairs", "a,b,a", frozenset("ab"), id="an optional set"),
        pytest.param("old_style", "1,2", [1, 2], id="an optional list in the old style"),
        pytest.param("few", "1,2", [1, 2], id="a list with a limit"),
        pytest.param("limits", '{"a": 1}', {"a": 1}, id="a dictionary in JSON"),
        pytest.param("pair", "3,4", (3, 4), id="a pair"),
    ],
)
def test_a_variable_holds_a_setting(field: str, text: str, value: object) -> None:
    read = getattr(settings_of(Settings, {f"DOWNLOADS_{field.upper()}": text}), field)
    assert read == value
    assert type(read) is type(value)


def test_a_setting_of_json_in_a_text_is_read() -> None:
    class WithJson(BaseModel):
        limits: Json[dict[str, int]]

    assert settings_of(WithJson, {"DOWNLOADS_LIMITS": '{"a": 1}'}).limits == {"a": 1}


@pytest.mark.parametrize("text", ["", "  ", "\n"])
def test_an_empty_variable_counts_as_not_set(text: str) -> None:
    variables = dict.fromkeys(("DOWNLOADS_MAX_ROWS", "DOWNLOADS_OWNER", "DOWNLOADS_NAMES"), text)
    assert settings_of(Settings, variables) == Settings()


def test_without_variables_the_defaults_hold() -> None:
    assert settings_of(Settings, {}) == Settings()


def test_variables_of_others_mean_nothing() -> None:
    assert settings_of(Settings, {"UPLOADS_MAX_ROWS": "5", "MAX_ROWS": "6", "downloads_max_rows": "7"}) == Settings()


@pytest.mark.parametrize(
    ("pack", "field", "variable"),
    [
        ("downloads", "max_rows", "DOWNLOADS_MAX_ROWS"),
        ("big-downloads", "max_rows", "BIG_DOWNLOADS_MAX_ROWS"),
        ("big_downloads2", "limit", "BIG_DOWNLOADS2_LIMIT"),
    ],
)
def test_a_variable_is_called_by_pack_and_field(pack: str, field: str, variable: str) -> None:
    assert variable_of(pack, field) == variable
    assert getattr(settings_of(Settings, {variable: "50"}, pack), field) == 50


def test_each_pack_has_settings_of_its_own() -> None:
    packs = [PolicyPack("downloads", settings=Settings), PolicyPack("uploads", settings=Settings)]
    settings = Extension("data-guard", packs).configure({"UPLOADS_MAX_ROWS": "50"}).settings
    assert settings["downloads"] == Settings()
    assert settings["uploads"] == Settings(max_rows=50)


def test_a_field_with_an_alias_goes_by_its_name() -> None:
    class WithAlias(BaseModel):
        max_rows: int = Field(alias="maxRows")

    assert settings_of(WithAlias, {"DOWNLOADS_MAX_ROWS": "50"}).max_rows == 50


def test_settings_come_from_the_process_where_nobody_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOWNLOADS_MAX_ROWS", "50")
    extension = Extension("data-guard", [PolicyPack("downloads", settings=Settings)])
    assert extension.configuration.settings["downloads"] == Settings(max_rows=50)


# Mistakes in settings


class Required(BaseModel):
    max_rows: int
    owner: str


@pytest.mark.parametrize("environment", [{}, {"DOWNLOADS_MAX_ROWS": " "}])
def test_a_required_setting_that_is_missing_is_named(environment: dict[str, str]) -> None:
    assert problems_of(Required, {**environment, "DOWNLOADS_OWNER": "Li"}) == (
        "DOWNLOADS_MAX_ROWS: is not set, and the pack needs it",
    )


def test_a_required_setting_with_an_alias_is_named_by_its_variable() -> None:
    class WithAlias(BaseModel):
        max_rows: int = Field(alias="maxRows")

    assert problems_of(WithAlias, {}) == ("DOWNLOADS_MAX_ROWS: is not set, and the pack needs it",)


def test_several_mistakes_are_named_in_one_sentence() -> None:
    assert problems_of(Settings, {"DOWNLOADS_MAX_ROWS": "many", "DOWNLOADS_ROWS": "1,two,three"}) == (
        "DOWNLOADS_MAX_ROWS: Input should be a valid integer, unable to parse string as an integer; "
        "DOWNLOADS_ROWS: Input should be a valid integer, unable to parse string as an integer",
    )


def test_the_mistakes_of_two_packs_are_two_problems() -> None:
    packs = [PolicyPack("downloads", settings=Required), PolicyPack("uploads", settings=Required)]
    problems = Extension("data-guard", packs).configure({"DOWNLOADS_OWNER": "Li", "UPLOADS_MAX_ROWS": "5"}).problems
    assert problems == (
        "DOWNLOADS_MAX_ROWS: is not set, and the pack needs it",
        "UPLOADS_OWNER: is not set, and the pack needs it",
    )


class Guarded(BaseModel):
    max_rows: int = 0
    size: ByteSize = ByteSize(0)
    source: Source = Source.QUERY
    networks: tuple[IPv4Network, ...] = ()
    pattern: Annotated[str, Field(pattern="^a+$")] = "a"
    limits: dict[str, int] = {}


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("max_rows", "hunter2"),
        ("size", "5 hunter2"),
        ("source", "hunter2"),
        ("networks", "10.0.0.0/8,hunter2"),
        ("pattern", "hunter2"),
        ("limits", '{"hunter2": "hunter2"}'),
        ("limits", "hunter2"),
    ],
)
def test_a_mistake_names_the_variable_and_not_its_value(field: str, text: str) -> None:
    (problem,) = problems_of(Guarded, {f"DOWNLOADS_{field.upper()}": text})
    assert problem.startswith(f"DOWNLOADS_{field.upper()}: ")
    assert "hunter2" not in problem


def test_the_text_of_a_validator_is_given_as_it_is() -> None:
    class Checked(BaseModel):
        hours: str = ""

        @field_validator("hours")
        @classmethod
        def _is_a_range(cls, value: str) -> str:
            raise ValueError("write hours as 09:00-18:00")

    assert problems_of(Checked, {"DOWNLOADS_HOURS": "nine"}) == ("DOWNLOADS_HOURS: write hours as 09:00-18:00",)


def test_a_mistake_of_all_settings_together_names_the_pack() -> None:
    class Range(BaseModel):
        least: int = 0
        most: int = 10

        @model_validator(mode="after")
        def _in_order(self) -> Range:
            if self.least > self.most:
                raise ValueError("least is above most")
            return self

    assert problems_of(Range, {"DOWNLOADS_LEAST": "11"}) == ("the settings of pack downloads: least is above most",)


def test_a_class_that_raises_something_else_is_a_mistake_too() -> None:
    class Raising(BaseModel):
        hours: str = ""

        @field_validator("hours")
        @classmethod
        def _fail(cls, value: str) -> str:
            raise KeyError(value)

    assert problems_of(Raising, {"DOWNLOADS_HOURS": "hunter2"}) == (
        "the settings of pack downloads cannot be checked: its class raises KeyError",
    )


# Settings that a policy needs


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        pytest.param(["max_rows", "strict", "title"], (), id="0 and False and a text are values"),
        pytest.param(["owner"], ("owner",), id="None is none"),
        pytest.param(["rows", "networks", "limits"], ("rows", "networks", "limits"), id="empty collections are none"),
        pytest.param(["rows", "max_rows", "owner"], ("rows", "owner"), id="each that is missing is named"),
        pytest.param([], (), id="nothing is needed"),
    ],
)
def test_a_setting_without_a_value_is_missing(needs: list[str], expected: tuple[str, ...]) -> None:
    assert missing(needs, Settings(max_rows=0)) == expected


def test_of_broken_settings_none_is_missing() -> None:
    """Policies on them have to fail rather than to fall silent."""
    assert missing(["owner"], SettingsError("DOWNLOADS_OWNER: is not set")) == ()


# Modes


def modes_of(text: str) -> Configuration:
    """The configuration with two policies and an observer in each of two packs."""
    packs: list[PolicyPack[Any]] = [PolicyPack("downloads"), PolicyPack("uploads")]
    for pack in packs:
        pack.policy(CODE, id="row_limit")(lambda event: None)
        pack.policy(CODE, id="size_limit", mode="warn")(lambda event: None)
        pack.observer(CODE, id="watch")(lambda event: None)
    return Extension("data-guard", packs).configure({MODES: text})


AUTHORS: dict[str, Mode] = {
    "downloads.row_limit": "enforce",
    "downloads.size_limit": "warn",
    "uploads.row_limit": "enforce",
    "uploads.size_limit": "warn",
}


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        pytest.param("", {}, id="nothing leaves the authors' modes"),
        pytest.param("downloads.row_limit=shadow", {"downloads.row_limit": "shadow"}, id="one policy"),
        pytest.param(
            " downloads.row_limit = shadow ,, uploads.row_limit=off ,",
            {"downloads.row_limit": "shadow", "uploads.row_limit": "off"},
            id="two, with spaces and gaps",
        ),
        pytest.param(
            "uploads.*=shadow",
            {"uploads.row_limit": "shadow", "uploads.size_limit": "shadow"},
            id="a pack",
        ),
        pytest.param("*=shadow", dict.fromkeys(AUTHORS, "shadow"), id="all"),
        pytest.param("downloads.size_limit=enforce", {"downloads.size_limit": "enforce"}, id="more than its author's"),
        pytest.param(
            "downloads.row_limit=enforce,downloads.*=warn,*=shadow",
            {
                "downloads.row_limit": "enforce",
                "downloads.size_limit": "warn",
                "uploads.row_limit": "shadow",
                "uploads.size_limit": "shadow",
            },
            id="the most specific wins wherever it stands",
        ),
        pytest.param(
            "*=shadow,downloads.*=warn,downloads.row_limit=enforce",
            {
                "downloads.row_limit": "enforce",
                "downloads.size_limit": "warn",
                "uploads.row_limit": "shadow",
                "uploads.size_limit": "shadow",
            },
            id="the most specific wins in the other order too",
        ),
        pytest.param(
            "downloads.row_limit=off,downloads.row_limit=shadow", {"downloads.row_limit": "shadow"}, id="the last wins"
        ),
        pytest.param(
            "downloads.*=off,downloads.*=shadow",
            {"downloads.row_limit": "shadow", "downloads.size_limit": "shadow"},
            id="the last of a pack wins",
        ),
    ],
)
def test_the_environment_sets_modes(text: str, changes: dict[str, Mode]) -> None:
    configuration = modes_of(text)
    policies = {name: mode for name, mode in configuration.modes.items() if not name.endswith(".watch")}
    assert policies == {**AUTHORS, **changes}
    assert configuration.problems == ()


@pytest.mark.parametrize("name", ["downloads.row_limits", "exports.*", "row_limit", "downloads", "downloads.row_*"])
def test_a_mode_for_nobody_is_a_problem(name: str) -> None:
    configuration = modes_of(f"{name}=shadow,uploads.row_limit=off")
    assert configuration.problems == (
        f"DATAWORKS_EXT_MODES: no policy is called {name}; `dataworks-ext policies` lists them",
    )
    assert configuration.modes["uploads.row_limit"] == "off"


@pytest.mark.parametrize(
    "item",
    ["downloads.row_limit=dry-run", "downloads.row_limit=Shadow", "downloads.row_limit", "=shadow", "a=b=shadow"],
)
def test_a_word_that_is_no_mode_is_a_problem_and_changes_nothing(item: str) -> None:
    configuration = modes_of(f"{item},uploads.row_limit=off")
    assert configuration.problems == (
        "DATAWORKS_EXT_MODES: an entry is policy=mode, or policy@workspace=mode, "
        f"with a mode of enforce, warn, shadow, off; got '{item}'",
    )
    assert configuration.modes["downloads.row_limit"] == "enforce"
    assert configuration.modes["uploads.row_limit"] == "off"


# Language


def language_of(text: str) -> Configuration:
    return Extension("data-guard", language="zh").configure({LANGUAGE: text})


@pytest.mark.parametrize(("text", "language"), [("en", "en"), ("zh", "zh"), ("", "zh")])
def test_the_environment_sets_the_language(text: str, language: str) -> None:
    configuration = language_of(text)
    assert (configuration.language, configuration.problems) == (language, ())


@pytest.mark.parametrize("text", ["fr", "EN", "zh-CN"])
def test_a_language_that_is_none_is_a_problem_and_changes_nothing(text: str) -> None:
    configuration = language_of(text)
    assert configuration.language == "zh"
    assert configuration.problems == (f"DATAWORKS_EXT_LANGUAGE should be one of en, zh, got '{text}'",)


def test_every_mistake_has_its_problem() -> None:
    extension = Extension("data-guard", [PolicyPack("downloads", settings=Required)])
    problems = extension.configure({MODES: "nobody=off,x", LANGUAGE: "fr"}).problems
    assert [problem.split(":")[0].split(" ")[0] for problem in problems] == [
        "DOWNLOADS_MAX_ROWS",
        "DATAWORKS_EXT_MODES",
        "DATAWORKS_EXT_MODES",
        "DATAWORKS_EXT_LANGUAGE",
    ]


# Classes that are built late


class Late(Settings, defer_build=True):
    pass


class LateAndRequired(BaseModel, defer_build=True):
    max_rows: int


class LateAndChecked(BaseModel, defer_build=True):
    max_rows: int = 10

    @model_validator(mode="after")
    def _check(self) -> LateAndChecked:
        raise ValueError("no rows at all")


class LateWithABadDefault(BaseModel, defer_build=True, validate_default=True):
    max_rows: PositiveInt = -1


class LateWithABadField(BaseModel, defer_build=True):
    max_rows: PositiveInt = Field(default=-1, validate_default=True)


def test_a_class_with_defer_build_is_not_built_while_no_variable_is_set() -> None:
    assert vars(settings_of(Late, {"DOWNLOADS_TITLE": " "})) == vars(Settings())
    assert not Late.__pydantic_complete__


def test_it_is_built_for_a_variable() -> None:
    class Settings(BaseModel, defer_build=True):
        max_rows: PositiveInt = 10

    assert settings_of(Settings, {"DOWNLOADS_MAX_ROWS": "7"}).max_rows == 7
    assert problems_of(Settings, {"DOWNLOADS_MAX_ROWS": "-7"})


@pytest.mark.parametrize("settings", [LateAndRequired, LateAndChecked, LateWithABadDefault, LateWithABadField])
def test_what_it_checks_without_a_variable_is_checked(settings: type[BaseModel]) -> None:
    assert problems_of(settings, {})
