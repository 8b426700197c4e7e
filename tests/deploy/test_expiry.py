"""What is said of exemptions that somebody should look at."""

from __future__ import annotations

import json
from contextlib import redirect_stdout
from datetime import date, datetime, timedelta, timezone
from io import StringIO
from pathlib import Path
from typing import Any, Final

import pytest

from dataworks_ext import Exemption, Extension, PolicyPack, deny
from dataworks_ext.deploy.checkup import Finding, examine
from dataworks_ext.deploy.expiry import Reviewed, review, used_in
from dataworks_ext.deploy.s_yaml import Manifest
from dataworks_ext.testing import DataWorks

NOW: Final = datetime.now(timezone.utc)
TODAY: Final = NOW.astimezone(timezone(timedelta(hours=8))).date()

pack = PolicyPack("downloads")
pack.policy("download-resources", id="row_limit")(lambda _event: deny("Too many rows."))
pack.policy("*", id="all", mode="shadow")(lambda _event: None)


def _granted(days: int, policy: str = "downloads.row_limit", **more: Any) -> Exemption:
    return Exemption(policy, until=TODAY + timedelta(days=days), owner="Li Wei", reason="Closing", **more)


def _review(*exemptions: Exemption, used: frozenset[str] | None = None) -> list[Reviewed]:
    extension = Extension("guard", [pack], exemptions=exemptions)
    return review(extension, extension.configuration_in({}), NOW, used)


@pytest.mark.parametrize(
    ("days", "state"), [(-1, "expired"), (0, "ends soon"), (13, "ends soon"), (15, "in force"), (180, "in force")]
)
def test_one_that_ended_or_ends_within_two_weeks_is_told(days: int, state: str) -> None:
    (found,) = _review(_granted(days))
    assert found.state == state
    assert bool(found.advice) == (state != "in force")


def test_the_advice_names_it_and_its_end() -> None:
    (found,) = _review(_granted(-1))
    yesterday = TODAY - timedelta(days=1)
    assert found.advice == (
        f"the exemption of downloads.row_limit by Li Wei (Closing) ended on {yesterday} 23:59: remove it"
    )


@pytest.mark.parametrize(
    ("policy", "match", "state"),
    [
        ("downloads.row_limit", {"file_nam": "*"}, "never holds"),
        ("downloads.row_limit", {"file_name": "*"}, "in force"),
        ("downloads.*", {"file_nam": "*"}, "in force"),
    ],
)
def test_a_field_that_no_event_has_never_holds(policy: str, match: dict[str, str], state: str) -> None:
    """Unless it is for a policy on every event, which may have any."""
    (found,) = _review(_granted(30, policy, match=match))
    assert found.state == state
    assert ('did you mean "file_name"?' in found.advice) == (state == "never holds")


def test_records_say_which_was_never_needed(tmp_path: Path) -> None:
    used = _granted(30, operators=["1"], match={"file_name": "*"})
    unused, soon = _granted(30, operators=["2"]), _granted(3, operators=["3"])
    extension = Extension("guard", [pack], exemptions=[used, unused, soon])
    printed = StringIO()
    with redirect_stdout(printed), DataWorks(extension) as dataworks:
        dataworks.send("download-resources", operator_uid="1", now=NOW)
        dataworks.send("download-resources", operator_uid="4", now=NOW)
    file = tmp_path / "records.ndjson"
    noise = '{"exempted_by": 1}\nnot JSON "exempted_by"\n{"reasons": [{"exempted_by": {}}, 5]}\n'
    file.write_text(f"2026-11-25 {printed.getvalue()}{noise}", encoding="utf-8")
    assert [found.state for found in _review(used, unused, soon, used=used_in([file]))] == [
        "in force",
        "never needed",
        "ends soon",
    ]


def _findings(environment: dict[str, str], *exemptions: Exemption) -> list[Finding]:
    manifest = Manifest("guard", {"environmentVariables": environment}, None)
    return examine(Extension("guard", [pack], exemptions=exemptions), manifest)


def test_doctor_warns_of_them_in_code_and_variable() -> None:
    entry = {"policy": "downloads.all", "until": str(TODAY), "owner": "Wang", "reason": "Move"}
    findings = _findings({"DATAWORKS_EXT_EXEMPTIONS": json.dumps([entry])}, _granted(-3), _granted(100))
    told = [finding for finding in findings if finding.check == "exemptions"]
    assert [finding.level for finding in told] == ["warning", "warning"]
    assert "by Li Wei (Closing) ended on" in told[0].text
    assert "by Wang (Move) ends on" in told[1].text


def test_doctor_says_what_to_move_before_the_room_for_variables_is_full() -> None:
    names = ",".join(f"name{number}" for number in range(300))
    modes = "downloads.row_limit=shadow," * 40
    findings = _findings({"DOWNLOADS_NAMES": names, "DATAWORKS_EXT_MODES": modes, "A": "b"})
    (space,) = [finding for finding in findings if finding.check == "space"]
    size = sum(map(len, ("DOWNLOADS_NAMES", names, "DATAWORKS_EXT_MODES", modes, "Ab")))
    assert space.level == "warning"
    assert space.text.startswith(
        f"the environment variables have {size:,} of 4,096 bytes. Move the largest: "
        f"DOWNLOADS_NAMES ({15 + len(names):,} bytes) into the default of the setting, or where workspaces differ, "
        "into their options; DATAWORKS_EXT_MODES ("
    )


def test_doctor_says_nothing_of_room_that_is_left() -> None:
    assert not [finding for finding in _findings({"A": "b" * 3_000}) if finding.check == "space"]


def test_a_moment_is_told_by_the_clock_of_china() -> None:
    until = datetime.combine(TODAY + timedelta(days=2), datetime.min.time(), timezone.utc)
    (found,) = _review(Exemption("downloads.all", until=until, owner="Li Wei", reason="Closing"))
    assert f"ends on {date.fromordinal(TODAY.toordinal() + 2)} 08:00" in found.advice
