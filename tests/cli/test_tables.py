"""Tables of the command: no word is chopped, whatever the width."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from dataworks_ext.cli._app import app
from dataworks_ext.cli._screen import Screen
from dataworks_ext.cli._tables import Table, TableColumn
from dataworks_ext.events import catalog
from dataworks_ext.testing import sample_payload

ROOT = Path(__file__).parents[2]
_CHINESE = "下载行数超过MAX_ROWS限制，请使用SQL查询页面缩小范围后再试。"
_APP = f'''
from pydantic import BaseModel

from dataworks_ext import Extension, PolicyPack, deny


class Settings(BaseModel):
    allowed_networks: tuple[str, ...] = ("10.0.0.0/8", "192.168.0.0/16", "2001:db8::/32", "172.16.0.0/12")
    """{_CHINESE}"""


downloads = PolicyPack("downloads_of_everybody", settings=Settings)
extension = Extension("house", packs=[downloads])


@downloads.policy("download-resources", "download-resources-execute", "upload-data-to-table")
def rows_of_one_download(event):
    """{_CHINESE}"""
    return deny("{_CHINESE * 2}")


@downloads.observer("*")
def everything(event):
    """{_CHINESE}"""
'''
_CASE = f"- {{name: {_CHINESE}, event: download-resources, expect: OK}}\n"


@pytest.fixture(autouse=True)
def _house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An extension with long names and Chinese texts."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setenv("DATAWORKS_EXT_APP", "wide_rules:extension")
    Path("wide_rules.py").write_text(_APP, encoding="utf-8")
    Path("download.json").write_text(json.dumps(sample_payload("download-resources")))
    Path("cases.yaml").write_text(_CASE, encoding="utf-8")
    Path("s.yaml").write_bytes((ROOT / "s.yaml").read_bytes())
    yield
    sys.modules.pop("wide_rules", None)


def _run(width: int, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    return CliRunner().invoke(app, [*arguments]).stdout


def _shape(text: str) -> str:
    """What a text says, however it is laid out: Chinese is broken anywhere."""
    return re.sub(r"\s", "", text)


def _words(text: str) -> set[str]:
    """The longer ones, without times: those differ."""
    found = (word.rstrip(":.") for word in re.findall(r"[\w./:-]+", text, re.ASCII))
    return {word for word in found if len(word) > 5 and not re.fullmatch(r"[\d.]+", word)}


@pytest.mark.parametrize("width", [60, 80])
@pytest.mark.parametrize(
    "arguments",
    [
        ("policies",),
        ("check", "download.json"),
        ("test", "cases.yaml"),
        ("doctor",),
        ("events",),
        ("events", "backfill-data"),
    ],
    ids=" ".join,
)
def test_no_word_is_chopped_and_no_line_too_wide(
    arguments: tuple[str, ...], width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every word of the widest layout is there as a whole. A line is too wide for a single word alone.

    Lines to paste are never broken: `doctor` ends with them.
    """
    narrow = _run(width, *arguments, monkeypatch=monkeypatch)
    assert _words(narrow) - {"Events"} <= _words(_run(500, *arguments, monkeypatch=monkeypatch))
    laid_out = narrow.partition("Lines for s.yaml, to paste:")[0].splitlines()
    too_wide = [line for line in laid_out if cell_len(line) > width and len(line.split()) > 1]
    assert too_wide == []


@pytest.mark.parametrize("arguments", [("policies",), ("check", "download.json"), ("test", "cases.yaml")], ids=" ".join)
def test_a_chinese_text_is_whole(arguments: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _run(80, *arguments, monkeypatch=monkeypatch)
    assert _shape(_CHINESE) in _shape(shown)
    assert "MAX_ROWS" in shown


def test_the_catalog_fits_sixty_lines_of_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = _run(80, "events", monkeypatch=monkeypatch).splitlines()
    assert len(lines) <= 60
    assert set(catalog) <= {line.split()[0] for line in lines if line}


def test_an_event_is_readable_in_eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """A field has a line for its names, and a paragraph for its type and meaning."""
    shown = _run(80, "events", "backfill-data", monkeypatch=monkeypatch)
    assert len(shown.splitlines()) <= 70
    assert "    bool | None: Whether `multiple_time_periods` says for which data timestamps.\n" in shown


def _table(width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> list[str]:
    monkeypatch.setenv("COLUMNS", str(width))
    table = Table(
        "Name",
        TableColumn("Events", "below"),
        TableColumn("Size", right=True),
        TableColumn("Kind", "dropped"),
        "Meaning",
    )
    table.add_row("rows", "first\nsecond", 7, "kind", "Rows of one download, at most")
    table.add_row("bytes", "", 500, "kind", "")
    Screen().print(table)
    return capsys.readouterr().out.splitlines()


def test_a_table_that_fits_has_all_columns(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    assert _table(80, monkeypatch, capsys) == [
        "Name   Events  Size  Kind  Meaning",
        "────────────────────────────────────────────────────────",
        "rows   first      7  kind  Rows of one download, at most",
        "       second",
        "bytes           500  kind",
        "",
    ]


def test_a_narrow_table_has_the_rest_below_its_rows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the titles of columns, but for the last; what is not set has no line."""
    assert _table(24, monkeypatch, capsys) == [
        "Name   Size",
        "───────────",
        "rows      7",
        "    Events: first,",
        "    second",
        "    Rows of one",
        "    download, at most",
        "bytes   500",
        "",
    ]


def test_columns_that_do_not_fit_beside_go_below_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = _table(9, monkeypatch, capsys)
    assert shown[:3] == ["Name", "─────", "rows"]
    assert "    Size: 500" in "\n".join(shown).replace("Size:\n    ", "Size: ")
