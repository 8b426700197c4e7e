"""`dataworks-ext policies`: what is registered, the modes and settings in force, and what is wrong with them."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import policies
from dataworks_ext.cli._app import app

_APP = '''
from pydantic import BaseModel, SecretStr

from dataworks_ext import Extension, PolicyPack, deny


class Shared(BaseModel):
    region: str = "cn-hangzhou"
    """Where it runs."""


class Settings(Shared):
    max_rows: int | None = None
    """Rows that one download may have.

    Not shown.
    """
    networks: tuple[str, ...] = ()
    """Networks [in CIDR] that are allowed."""
    owners: list[str] = []
    token: SecretStr = SecretStr("by-default")
    tokens: tuple[SecretStr, ...] = (SecretStr("by-default"),)
    pin: SecretStr | None = None


guard = PolicyPack("guard", settings=Settings)


@guard.policy("download-resources", "download-resources-execute", needs="max_rows")
def rows(event):
    """Nobody downloads [too] much.

    Not shown.
    """
    return None


@guard.policy("*", mode="shadow", on_error="allow")
def everything(event):
    return None


@guard.observer("*")
def watch(event):
    """Counts."""


extension = Extension("house", packs=[guard])


@extension.policy("commit-file", needs=())
def last(event):
    """Runs last."""


no_extension = 5
'''
_NAME = "house_rules"
_TOP = ("Policy", "Observer", "Setting", "Exemption", "Warning")


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing is set; the output is so wide that no cell is folded; `sys.path` and modules are as before afterwards."""
    for variable in list(os.environ):
        if variable.startswith(("DATAWORKS_EXT_", "DOWNLOADS_", "UPLOADS_")):
            monkeypatch.delenv(variable)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield
    sys.modules.pop(_NAME, None)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of an extension of its own."""
    (tmp_path / f"{_NAME}.py").write_text(_APP)
    monkeypatch.syspath_prepend(tmp_path)
    return f"{_NAME}:extension"


def _run(*arguments: str, code: int = 0) -> str:
    """What is written to stdout; to stderr, where the command ends with an error."""
    result = CliRunner().invoke(app, ["policies", *arguments])
    assert result.exit_code == code, result.output
    return result.stderr if code > 1 else result.stdout


def _rows(text: str, first: str) -> list[list[str]]:
    """The cells of the lines of the table that begins with this column."""
    lines = [re.split(r"\s{2,}", line.strip()) for line in text.splitlines() if line.strip()]
    begin = next(number for number, cells in enumerate(lines) if cells[0] == first)
    end = next(
        (
            number
            for number, cells in enumerate(lines)
            if number > begin and cells[0].split(":")[0] in (*_TOP, "Problem")
        ),
        len(lines),
    )
    return lines[begin + 2 : end]


def _json(*arguments: str, code: int = 0) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(_run(*arguments, "--json", code=code))
    return parsed


def _problems(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("Problem: ")]


# Policies and observers


def test_policies_are_listed_in_the_order_in_which_they_run(house: str) -> None:
    """With their events, mode, what their failure counts as, and the first line of their docstring."""
    rows = [[cell for cell in row if not cell.startswith("source: ")] for row in _rows(_run("--app", house), "Policy")]
    assert [row for row in rows if row] == [
        ["guard.rows", "download-resources", "enforce", "deny", "Nobody downloads [too] much."],
        ["download-resources-execute", "Does nothing: GUARD_MAX_ROWS is not set."],
        ["guard.everything", "*", "shadow", "allow"],
        ["house.last", "commit-file", "enforce", "deny", "Runs last."],
    ]


def test_observers_are_listed(house: str) -> None:
    assert _rows(_run("--app", house), "Observer") == [["guard.watch", "*", "enforce", "Counts."]]


def test_without_observers_there_is_no_table_of_them() -> None:
    assert "Observer" not in _run()


def test_a_mode_that_was_set_is_shown_with_the_one_in_code(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_MODES", "guard.rows=warn,guard.everything=enforce,guard.watch=off")
    shown = _run("--app", house)
    modes = {row[0]: row[2] for row in _rows(shown, "Policy") if len(row) > 2}
    assert modes["guard.rows"] == "warn (set; enforce in code)"
    assert modes["guard.everything"] == "enforce (set; shadow in code)"
    assert modes["house.last"] == "enforce"
    assert _rows(shown, "Observer")[0][2] == "off (set; enforce in code)"


def test_a_policy_whose_setting_was_made_has_no_note(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARD_MAX_ROWS", "10")
    assert "Does nothing" not in _run("--app", house)


def test_a_policy_that_is_off_does_nothing(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_MODES", "house.last=off")
    assert _rows(_run("--app", house), "Policy")[-2] == ["Does nothing: it is off."]


def test_the_policies_of_the_example_are_listed_by_default() -> None:
    listed = {row[0] for row in _rows(_run(), "Policy")}
    assert {policy.id for policy in policies.extension.policies} <= listed


# Settings


def test_settings_are_listed_with_value_source_and_meaning(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARD_MAX_ROWS", "10")
    monkeypatch.setenv("GUARD_NETWORKS", "10.0.0.0/8, 192.0.2.0/24")
    rows = _rows(_run("--app", house), "Setting")
    assert ["GUARD_MAX_ROWS", "10", "environment", "Rows that one download may have."] in rows
    assert [
        "GUARD_NETWORKS",
        "10.0.0.0/8,192.0.2.0/24",
        "environment",
        "Networks [in CIDR] that are allowed.",
    ] in rows


def test_a_setting_that_was_not_made_says_so(house: str) -> None:
    rows = {row[0]: row[1:3] for row in _rows(_run("--app", house), "Setting")}
    assert rows["GUARD_MAX_ROWS"] == ["not set", "default"]
    assert rows["GUARD_NETWORKS"] == ["not set", "default"]


def test_an_empty_list_is_a_setting_that_was_not_made(house: str) -> None:
    rows = {row[0]: row[1:3] for row in _rows(_run("--app", house), "Setting")}
    assert rows["GUARD_OWNERS"] == ["not set", "default"]


def test_an_inherited_setting_has_its_meaning(house: str) -> None:
    assert ["GUARD_REGION", "cn-hangzhou", "default", "Where it runs."] in _rows(_run("--app", house), "Setting")


def test_without_settings_there_is_no_table_of_them(house: str, tmp_path: Path) -> None:
    (tmp_path / f"{_NAME}.py").write_text("from dataworks_ext import Extension\nextension = Extension('house')")
    assert "Setting" not in _run("--app", house)


def test_the_settings_of_the_example_are_listed() -> None:
    rows = _rows(_run(), "Setting")
    assert ["DOWNLOADS_MAX_ROWS", "1000000", "default", "Rows that one download may have."] in rows
    assert [row[0] for row in rows if len(row) < 4] == []


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_secret_is_never_shown(house: str, monkeypatch: pytest.MonkeyPatch, option: list[str]) -> None:
    """Neither a default nor what the environment says, nor where it cannot be read."""
    monkeypatch.setenv("GUARD_TOKEN", "from-the-environment")
    monkeypatch.setenv("GUARD_TOKENS", "from-the-environment,from-the-environment")
    monkeypatch.setenv("GUARD_PIN", "from-the-environment")
    shown = _run("--app", house, *option)
    monkeypatch.setenv("GUARD_TOKENS", "[from-the-environment")
    shown += _run("--app", house, *option, code=1)
    assert "GUARD_TOKEN" in shown
    assert "by-default" not in shown
    assert "from-the-environment" not in shown


# Problems


def test_without_problems_none_is_shown(house: str) -> None:
    assert _problems(_run("--app", house)) == []


def test_a_setting_that_cannot_be_read_is_a_problem(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The value is not repeated, and the policies of the pack are marked."""
    monkeypatch.setenv("GUARD_MAX_ROWS", "plenty")
    shown = _run("--app", house, code=1)
    assert _problems(shown) == [
        "Problem: GUARD_MAX_ROWS: Input should be a valid integer, unable to parse string as an integer"
    ]
    assert "plenty" not in shown
    rows = {row[0]: row[1:3] for row in _rows(shown, "Setting")}
    assert rows["GUARD_MAX_ROWS"] == ["broken, see below", "environment"]
    assert shown.count("Fails: the settings of its pack are broken, see below.") == 2


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        (
            "DATAWORKS_EXT_MODES",
            "guard.row=shadow",
            "DATAWORKS_EXT_MODES: no policy is called guard.row; `dataworks-ext policies` lists them",
        ),
        (
            "DATAWORKS_EXT_MODES",
            "guard.rows=shade",
            "DATAWORKS_EXT_MODES: an entry is policy=mode, or policy@workspace=mode, with a mode of "
            "enforce, warn, shadow, off; got 'guard.rows=shade'",
        ),
        ("DATAWORKS_EXT_LANGUAGE", "fr", "DATAWORKS_EXT_LANGUAGE should be one of en, zh, got 'fr'"),
        ("GUARD_MAX_ROW", "10", "GUARD_MAX_ROW is set, but there is no such setting; did you mean GUARD_MAX_ROWS?"),
        ("GUARD_NETWORK", "x", "GUARD_NETWORK is set, but there is no such setting; did you mean GUARD_NETWORKS?"),
    ],
)
def test_a_mistake_in_the_environment_is_a_problem(
    house: str, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, problem: str
) -> None:
    """A rule that somebody believes to be in force is worse than none."""
    monkeypatch.setenv(variable, value)
    assert _problems(_run("--app", house, code=1)) == [f"Problem: {problem}"]
    assert _json("--app", house, code=1)["problems"] == [problem]


@pytest.mark.parametrize("variable", ["GUARDIAN_MAX_ROWS", "GUARD_ANGEL", "MAX_ROWS"])
def test_a_variable_that_only_looks_similar_is_no_problem(
    house: str, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Other programs have their variables too."""
    monkeypatch.setenv(variable, "10")
    assert _problems(_run("--app", house)) == []


# JSON


def test_policies_as_json(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_MODES", "guard.rows=warn")
    shown = _json("--app", house)
    assert shown.keys() == {"extension", "policies", "observers", "settings", "exemptions", "problems"}
    assert shown["extension"] == "house"
    assert shown["policies"][0].pop("source").partition(":")[0].endswith(f"{_NAME}.py")
    assert shown["policies"][0] == {
        "id": "guard.rows",
        "pack": "guard",
        "events": ["download-resources", "download-resources-execute"],
        "mode": "warn",
        "mode_in_code": "enforce",
        "on_error": "deny",
        "description": "Nobody downloads [too] much.",
        "missing_settings": ["GUARD_MAX_ROWS"],
        "severity": None,
        "owner": None,
        "url": None,
        "workspaces": None,
        "timeout": None,
        "enforce_from": None,
        "announce_days": None,
        "modes_by_workspace": {},
    }
    assert [observer["id"] for observer in shown["observers"]] == ["guard.watch"]
    assert shown["problems"] == []


def test_settings_as_json(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GUARD_MAX_ROWS", "10")
    assert {
        "variable": "GUARD_MAX_ROWS",
        "value": 10,
        "source": "environment",
        "valid": True,
        "meaning": "Rows that one download may have.",
    } in _json("--app", house)["settings"]


def test_values_are_json_and_no_phrases(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not set is null, and what cannot be read is not valid."""
    monkeypatch.setenv("GUARD_MAX_ROWS", "plenty")
    broken = {entry["variable"]: entry for entry in _json("--app", house, code=1)["settings"]}
    assert [broken["GUARD_MAX_ROWS"][key] for key in ("value", "source", "valid")] == [None, "environment", False]
    monkeypatch.delenv("GUARD_MAX_ROWS")
    values = {entry["variable"]: entry["value"] for entry in _json("--app", house)["settings"]}
    assert [values[f"GUARD_{name}"] for name in ("MAX_ROWS", "OWNERS", "REGION")] == [None, None, "cn-hangzhou"]


@pytest.mark.parametrize("option", [[], ["--json"]])
def test_a_password_in_an_address_is_masked(house: str, monkeypatch: pytest.MonkeyPatch, option: list[str]) -> None:
    monkeypatch.setenv("GUARD_REGION", "https://reader:hunter2@example.com/guard")
    shown = _run("--app", house, *option)
    assert "hunter2" not in shown
    assert "https://**********@example.com/guard" in shown


# Who answers, and what grows up or is exempted

_TODAY = datetime.now(timezone(timedelta(hours=8))).date()
_OWNED = f'''
from datetime import date, timedelta

from dataworks_ext import Exemption, Extension, PolicyPack

today = date.fromordinal({_TODAY.toordinal()})
downloads = PolicyPack("downloads", owner="Data platform", url="https://example.com/rules")
files = PolicyPack("files")


@downloads.policy("download-resources", severity="high", workspaces=[90004, 5], timeout=0.5)
def rows(event):
    """Nobody downloads too much."""


@downloads.policy("download-resources", mode="shadow", enforce_from=today + timedelta(days=30), announce_days=10)
def later(event):
    """Grows up."""


@files.policy("commit-file", mode="shadow", enforce_from=today + timedelta(days=2))
def soon(event):
    """Is announced."""


extension = Extension("house", [downloads, files], exemptions=[
    Exemption("downloads.rows", until=today + timedelta(days=60), owner="Li Wei", reason="Closing", operators=["1"]),
    Exemption("files.*", until=today, owner="Wang", reason="Move", match={{"file_name": "*.tmp"}}),
])
'''


@pytest.fixture
def owned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """An extension whose policies have owners, rollouts and exemptions."""
    (tmp_path / f"{_NAME}.py").write_text(_OWNED)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    return f"{_NAME}:extension"


def test_who_answers_for_a_policy_and_where_it_is_are_shown(owned: str) -> None:
    shown = _run("--app", owned)
    assert f"owner: Data platform; severity: high; workspaces: 5, 90004; timeout: 0.5 s; source: {_NAME}.py:11" in shown
    assert "https://example.com/rules" in shown


def test_a_mode_that_changes_by_itself_is_shown_with_its_days(owned: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_MODES", "downloads.rows@90004=warn")
    later = {policy["id"]: policy for policy in _json("--app", owned)["policies"]}
    assert [later[f"{name}"]["mode"] for name in ("downloads.later", "files.soon")] == ["shadow", "warn"]
    assert later["downloads.rows"]["modes_by_workspace"] == {"90004": "warn"}
    shown = _run("--app", owned)
    assert "warn in 90004" in shown
    assert f"announced from {_TODAY + timedelta(days=20)}" in shown
    assert f"enforced from {_TODAY + timedelta(days=30)}" in shown
    assert f"enforced from {_TODAY + timedelta(days=2)}" in shown


def test_exemptions_are_listed_with_a_warning_for_those_that_end_soon(owned: str) -> None:
    shown = _run("--app", owned)
    assert [row[:3] for row in _rows(shown, "Exemption")][:2] == [
        ["downloads.rows", str(_TODAY + timedelta(days=60)), "in force"],
        ["files.*", str(_TODAY), "ends soon"],
    ]
    assert "operators 1" in shown
    assert "file_name *.tmp" in shown
    warnings = [line for line in shown.splitlines() if line.startswith("Warning: ")]
    assert warnings == [
        f"Warning: the exemption of files.* by Wang (Move) ends on {_TODAY} 23:59, in 0 days: "
        "grant it anew, or tell those it is for"
    ]
    assert [found["state"] for found in _json("--app", owned)["exemptions"]] == ["in force", "ends soon"]


def test_with_records_an_exemption_that_nobody_needed_is_told(owned: str, tmp_path: Path) -> None:
    records = tmp_path / "records.ndjson"
    records.write_text("{}\n")
    found = _json("--app", owned, "--records", str(records))["exemptions"]
    assert [one["state"] for one in found] == ["never needed", "ends soon"]
    assert "nowhere: No such file" in _run("--app", owned, "--records", "nowhere", code=2)


def test_a_pattern_chooses_policies_and_what_belongs_to_them(owned: str) -> None:
    shown = _json("files.*", "--app", owned)
    assert [policy["id"] for policy in shown["policies"]] == ["files.soon"]
    assert [found["policy"] for found in shown["exemptions"]] == ["files.*"]
    assert len(_json("files.*", "downloads.rows", "--app", owned)["policies"]) == 2


def test_a_pattern_that_chooses_nothing_is_an_error(owned: str) -> None:
    assert 'no policy is called files.sooner; did you mean "files.soon"?' in _run(
        "files.sooner", "--app", owned, code=2
    )


# Which extension


def test_the_extension_may_be_named_by_the_environment(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_APP", house)
    assert _json()["extension"] == "house"


def test_the_option_comes_before_the_environment(house: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAWORKS_EXT_APP", "nothing:here")
    assert _json("--app", house)["extension"] == "house"


def test_the_extension_is_looked_up_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / f"{_NAME}.py").write_text(_APP)
    monkeypatch.chdir(tmp_path)
    assert _json("--app", f"{_NAME}:extension")["extension"] == "house"


_WHERE = "Run the command in the folder that holds it, or name another with --app module:attribute"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("no_such_rules:extension", "there is no module no_such_rules to load no_such_rules:extension from."),
        (f"{_NAME}:extensoin", f"module {_NAME} has no extensoin; write extensoin = Extension(…) there."),
        (f"{_NAME}:no_extension", f"{_NAME}:no_extension is a int, expected an Extension."),
        (_NAME, f"an extension is named module:attribute, such as policies:extension; got '{_NAME}'."),
    ],
)
@pytest.mark.usefixtures("house")
def test_a_name_that_leads_to_no_extension(name: str, text: str) -> None:
    shown = " ".join(_run("--app", name, code=2).split())
    assert shown == f"dataworks-ext: {text} {_WHERE}"
