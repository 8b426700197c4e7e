"""The forms of a report."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import fromstring

import pytest
from jsonschema import validate

from dataworks_ext import Extension, deny, rehearsal
from dataworks_ext.events import DownloadResources
from dataworks_ext.rehearsal.as_junit import junit
from dataworks_ext.rehearsal.as_markdown import markdown
from dataworks_ext.rehearsal.as_page import page
from dataworks_ext.rehearsal.as_sarif import sarif
from dataworks_ext.rehearsal.damage import _OTHERS
from dataworks_ext.rehearsal.report import Report
from dataworks_ext.rehearsal.wording import WORDING
from dataworks_ext.texts import Language

from .archives import Archive, rehearsed
from .test_kernel import by_name, download, limiting

PERSON = "14931896037123456"
SPITEFUL = "<script>alert(1)</script> | `x`"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Of ten messages, of which five are newly denied; a policy that does not know, and a damaged line."""
    folder = tmp_path_factory.mktemp("archive")
    archive = Archive(folder / "archive", limiting(10**9), DATAWORKS_EXT_ARCHIVE_WITHOUT="sqlText")
    for number in range(10):
        archive.receive(download(number, dataRowSize=number * 10, operatorUid=PERSON))
    archive.put([b"{]\n"])
    extension = Extension("guard", version="2")
    extension.policy(DownloadResources, id="reads_sql")(by_name)
    extension.policy(DownloadResources, id="row_limit", owner="data platform")(
        lambda event: deny(f"{SPITEFUL} {event.operator}") if event.data_row_size >= 50 else None
    )
    return rehearsed(folder / "archive", extension, folder / "cache")


def test_json_fits_its_schema(report: Report) -> None:
    schema = json.loads(files("dataworks_ext.rehearsal").joinpath("report.schema.json").read_text(encoding="utf-8"))
    validate(json.loads(json.dumps(report)), schema)
    assert set(schema["required"]) == set(report)


def test_markdown_has_counts_and_pseudonyms_and_no_texts(report: Report) -> None:
    text = markdown(report)
    assert "| 10 | 5 | 5 | 0 | 1 | 5 | 1 |" in text
    assert "`guard.row_limit`" in text
    assert (PERSON in text, "script" in text, " P1 " in text) == (False, False, True)


def test_markdown_is_chinese_where_it_is_asked_for(report: Report) -> None:
    assert "规则演练报告" in markdown(report, "zh")
    assert "对比基线：当时的判定。" in markdown(report, "zh")
    assert "对比基线：main。" in markdown({**report, "baseline": "main"}, "zh")


@pytest.mark.parametrize("write", [markdown, page])
def test_warnings_are_in_the_language_of_the_report(report: Report, write: Callable[[Report, Language], str]) -> None:
    """What differs is said in Chinese; a problem of the configuration is named as such."""
    doubtful: Any = {**report, "differing_settings": {"downloads": 1200, "files": 3}, "warnings": ["no such policy"]}
    assert "以下策略包的配置与消息到达时不同：downloads（1,200 条消息）、files（3 条消息）。" in write(doubtful, "zh")
    assert "配置问题：no such policy" in write(doubtful, "zh")
    assert "downloads (1,200 messages), files (3 messages)." in write(doubtful, "en").replace("\\", "")


def test_the_page_says_in_chinese_what_could_not_be_read(report: Report) -> None:
    assert "<li>不是 JSON 的行：1 · <code>" in page(report, "zh")
    assert "<h3>未知：10</h3>" in page(report, "zh")


def test_every_reason_for_not_reading_has_a_chinese_text() -> None:
    """Those that the code gives, found by how it gives them."""
    sources = [path.read_text(encoding="utf-8") for path in sorted(Path(rehearsal.__path__[0]).glob("*.py"))]
    given = {found for text in sources for found in re.findall(r'(?:damage\.add|UnreadLineError)\("([^"]+)"', text)}
    assert len(given) > 10
    assert given | {_OTHERS} == set(WORDING["zh"].reasons)


def test_junit_fails_where_a_limit_is_exceeded(report: Report) -> None:
    limited: Any = {**report, "limits": [{"limit": "people", "most": 0, "found": 1, "exceeded": True}]}
    suites = fromstring(junit(limited))
    (suite,) = suites
    assert (suite.get("tests"), suite.get("failures")) == ("3", "1")
    failing = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]
    assert failing == ["at most 0 people"]
    assert PERSON not in junit(limited)


def test_sarif_points_at_the_line_of_the_policy(report: Report) -> None:
    found = json.loads(sarif(report))["runs"][0]["results"]
    newly = next(result for result in found if "newly denies 5 messages" in result["message"]["text"])
    place = newly["locations"][0]["physicalLocation"]
    assert (newly["ruleId"], newly["level"]) == ("guard.row_limit", "warning")
    assert place["artifactLocation"]["uri"] == Path(__file__).name
    lines = Path(__file__).read_text(encoding="utf-8").splitlines()
    assert "lambda event" in lines[place["region"]["startLine"] - 1]
    assert SPITEFUL not in sarif(report)


def test_the_page_is_one_file_without_scripts(report: Report) -> None:
    text = page(report)
    assert "<script" not in text
    assert "&lt;script&gt;" in text
    assert re.findall(r"(?:src|href)=\"(?!#)[^\"]*", text) == []
    assert "default-src 'none'" in text
    assert PERSON not in text


@pytest.mark.parametrize(("language", "width"), [("en", 1200), ("zh", 390)])
def test_a_browser_shows_the_page(report: Report, tmp_path: Path, language: Language, width: int) -> None:
    chromium = shutil.which("chromium")
    if chromium is None:
        pytest.skip("there is no chromium here: apt-get install chromium")
    (tmp_path / "page.html").write_text(page(report, language), encoding="utf-8")
    command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom", f"--window-size={width},900"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=500"]
    done = subprocess.run([*command, (tmp_path / "page.html").as_uri()], capture_output=True, check=True, timeout=60)
    shown = done.stdout.decode()
    assert shown.count("<rect") > 24
    assert ("规则演练报告" in shown) == (language == "zh")
    assert 'lang="zh-CN"' in shown or language == "en"
