"""Case files: what they may say, and what comes of it."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

import pytest
from pydantic import BaseModel

import policies
from dataworks_ext import Extension, Outcome, PolicyContext, PolicyPack, Verdict, deny, warn
from dataworks_ext.events import CommitFile, DownloadResources, Event
from dataworks_ext.events.values import SHANGHAI
from dataworks_ext.message import Message
from dataworks_ext.snapshots import CommittedFile, DeletedFile, FileExecution, TableModel
from dataworks_ext.testing import NOON, function_compute_message
from dataworks_ext.testing.cases.case import Case, CaseError
from dataworks_ext.testing.cases.reading import find_case_files, read_cases
from dataworks_ext.testing.cases.result import CaseResult, run_case

ROOT = Path(__file__).parents[2]


class RowSettings(BaseModel):
    max_rows: int = 100
    """Rows that one download may have."""
    hours: str | None = None
    """Hours in which people may download."""


rows = PolicyPack("rows", settings=RowSettings)
Context = PolicyContext[RowSettings]


@rows.policy(DownloadResources)
def row_limit(event: DownloadResources, context: Context) -> Outcome | None:
    """Nobody downloads more rows than the limit."""
    limit = context.settings.max_rows
    return deny(f"At most {limit} rows.") if event.data_row_size > limit else None


@rows.policy(DownloadResources)
def long_names(event: DownloadResources) -> Outcome | None:
    """People are warned of long names."""
    return warn("A long name.") if len(event.file_name) > 20 else None


@rows.policy("delete-file", needs="hours")
def hours(event: Event) -> None:
    """Looks at nothing without hours."""


@rows.policy(CommitFile)
def code(event: CommitFile, context: Context) -> Outcome | None:
    """Says what it was given."""
    return deny(f"{context.snapshot} {context.options} {context.parameters} {context.now.isoformat()}")


extension = Extension("house", packs=[rows])


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(text: str) -> list[Case]:
    """The cases of a file of this text."""
    file = Path("cases.yaml")
    file.write_text(text, encoding="utf-8")
    return read_cases(file)


def run(text: str) -> CaseResult:
    """What came of the only case of a file of this text."""
    [case] = read(text)
    return run_case(extension, case)


def problems(text: str) -> list[str]:
    """What is wrong with a file of this text, a line each."""
    with pytest.raises(CaseError) as raised:
        read(text)
    return str(raised.value).splitlines()


def _case(*lines: str) -> str:
    """A case of a commit with further lines. The first of them is line 4."""
    return "\n".join(["- name: a case", "  event: commit-file", "  expect: FAIL", *(f"  {line}" for line in lines)])


# Reading


def test_a_case_has_a_name_a_line_and_an_event() -> None:
    first, second = read(
        """# Downloads
- name: a small one
  event: download-resources
  expect: OK
- name: a large one
  event: download-resources
  with: {data_row_size: 500}
  expect: FAIL
"""
    )
    assert (first.written.name, first.line, first.place, first.written.expect) == (
        "a small one",
        2,
        "cases.yaml:2",
        Verdict.OK,
    )
    assert (second.written.name, second.line, second.written.expect) == ("a large one", 5, Verdict.FAIL)
    assert isinstance(second.event, DownloadResources)
    assert second.event.data_row_size == 500


def test_by_default_it_is_noon_of_a_monday_and_nothing_is_set() -> None:
    [case] = read(_case())
    assert case.written.now == NOON
    assert (case.written.text, case.written.settings, case.written.modes, case.snapshot) == ((), {}, {}, None)
    assert (case.written.options, case.written.parameters) == ({}, {})


def test_a_day_and_a_time_are_those_of_shanghai() -> None:
    [case] = read(_case("now: 2026-11-11 10:00"))
    assert case.written.now == datetime(2026, 11, 11, 10, tzinfo=SHANGHAI)
    [case] = read(_case("now: 2026-11-11"))
    assert case.written.now == datetime(2026, 11, 11, tzinfo=SHANGHAI)


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "[]"])
def test_a_file_may_hold_no_case(text: str) -> None:
    assert read(text) == []


def test_a_file_may_begin_with_a_byte_order_mark() -> None:
    Path("cases.yaml").write_bytes(b"\xef\xbb\xbf" + _case().encode())
    assert [case.written.name for case in read_cases(Path("cases.yaml"))] == ["a case"]


def test_a_name_may_look_like_a_number_and_take_several_lines() -> None:
    assert read("- {name: 2026, event: commit-file, expect: OK}")[0].written.name == "2026"
    assert read("- name: >\n    a long\n    name\n  event: commit-file\n  expect: OK")[0].written.name == "a long name"


def test_a_text_that_looks_like_a_number_is_a_text() -> None:
    assert read(_case("text: [007, 1.10, 5]"))[0].written.text == ("007", "1.10", "5")


def test_a_field_that_has_the_name_of_an_argument_can_be_changed() -> None:
    [case] = read(
        "- {name: a, event: create-data-quality-evaluation-task-notification, with: {channel: Mail}, expect: OK}"
    )
    assert getattr(case.event, "channel") == "Mail"  # noqa: B009  # a field of a class that mypy cannot know


def test_null_takes_a_field_away() -> None:
    [case] = read(_case("with: {data_source_name: null}"))
    assert isinstance(case.event, CommitFile)
    assert case.event.data_source_name is None


# Saved messages


def _saved(content: bytes) -> None:
    Path("saved").mkdir()
    Path("saved/one.json").write_bytes(content)


_BY_FILE = "- {name: a, message: saved/one.json, expect: FAIL}"


def test_a_message_is_found_beside_the_case_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _saved(function_compute_message("download-resources", dataRowSize=500))
    Path("cases.yaml").write_text(_BY_FILE)
    monkeypatch.chdir("/")
    [case] = read_cases(tmp_path / "cases.yaml")
    assert isinstance(case.event, Message)
    assert case.event.payload["dataRowSize"] == 500


def test_a_message_alone_in_an_array_is_the_message() -> None:
    _saved(b"[" + function_compute_message("download-resources") + b"]")
    assert read(_BY_FILE)[0].event.event_code == "download-resources"


def test_a_message_may_be_a_payload_in_the_case_itself() -> None:
    result = run(
        """
- name: a payload
  message: {eventCode: download-resources, dataRowSize: 500, fileSize: 1, fileName: a.csv, moduleType: sqlx_query,
    operatorBaseId: 1, operatorUid: 1, datasourceId: 1, datasourceName: a, queryDwProjectId: 1, queryDwProjectName: a,
    sqlText: SELECT 1}
  expect: FAIL
  text: At most 100 rows.
"""
    )
    assert result.passed


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", "the message is not JSON"),
        (b"{}", "neither a message"),
        (b"[{}]", "neither a message"),
        (b"[{}, {}]", "holds 2 messages; a case is about one"),
    ],
)
def test_a_message_that_cannot_be_read_is_told_with_its_file(content: bytes, problem: str) -> None:
    _saved(content)
    [found] = problems(_BY_FILE)
    assert found.startswith("cases.yaml:1: saved/one.json")
    assert problem in found


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (_BY_FILE, "the message saved/one.json is GBK; save it as UTF-8"),
        (
            "- {name: a, event: commit-file, snapshot: {file: saved/one.json}, expect: FAIL}",
            "the snapshot saved/one.json is GBK; save it as UTF-8",
        ),
    ],
)
def test_a_file_in_gbk_is_told_how_to_be_saved(text: str, problem: str) -> None:
    """As editors on a Chinese Windows save it."""
    _saved("-- 不许下载".encode("gbk"))
    assert problems(text) == [f"cases.yaml:1: {problem}"]


def test_a_message_that_is_not_there_is_told() -> None:
    assert problems(_BY_FILE) == ["cases.yaml:1: the message saved/one.json cannot be read: No such file or directory"]


# Snapshots


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("commit-file", CommittedFile),
        ("deploy-file", CommittedFile),
        ("delete-file", DeletedFile),
        ("run-file", FileExecution),
    ],
)
def test_code_is_in_the_kind_of_snapshot_that_the_event_has(event: str, kind: type) -> None:
    Path("code.sql").write_text("SELECT 1")
    for snapshot in ("{content: SELECT 1}", "{file: code.sql}"):
        [case] = read(f"- {{name: a, event: {event}, snapshot: {snapshot}, expect: OK}}")
        assert isinstance(case.snapshot, kind)
        assert getattr(case.snapshot, "content") == "SELECT 1"  # noqa: B009  # of three kinds


def test_a_snapshot_that_says_nothing_is_a_plausible_one() -> None:
    [case] = read("- {name: a, event: commit-table, snapshot: {}, expect: OK}")
    assert isinstance(case.snapshot, TableModel)
    assert case.snapshot.columns


def test_an_answer_of_dataworks_is_a_snapshot() -> None:
    Path("answer.json").write_text('{"EventDetail": {"TableModel": {"TableName": "orders"}}}')
    [case] = read("- {name: a, event: commit-table, snapshot: {file: answer.json}, expect: OK}")
    assert case.snapshot == TableModel(table_name="orders")


def test_code_may_be_json() -> None:
    """That of a synchronization node is."""
    Path("code.json").write_text('{"type": "job"}')
    [case] = read(_case("snapshot: {file: code.json}"))
    assert isinstance(case.snapshot, CommittedFile)
    assert case.snapshot.content == '{"type": "job"}'


@pytest.mark.parametrize(
    ("event", "content", "problem"),
    [
        ("commit-table", "SELECT 1", "code.sql holds code; the snapshot of this event is a TableModel"),
        (
            "commit-file",
            '{"DeletedFile": {"Content": "x"}}',
            "code.sql holds a DeletedFile; the snapshot of this event is a CommittedFile",
        ),
        ("commit-file", '{"EventDetail": {}}', "code.sql: DataWorks has no snapshot of this event"),
    ],
)
def test_a_snapshot_of_another_kind_is_told(event: str, content: str, problem: str) -> None:
    Path("code.sql").write_text(content)
    [found] = problems(f"- {{name: a, event: {event}, snapshot: {{file: code.sql}}, expect: OK}}")
    assert found.startswith(f"cases.yaml:1: {problem}")


# Mistakes


@pytest.mark.parametrize(
    ("line", "number", "problem"),
    [
        ("nam: x", 4, 'a case has no nam; did you mean "name"?'),
        ("with: {file_nam: x}", 4, 'commit-file has no field file_nam; did you mean "file_name"?'),
        ("with:\n    file_name: x\n    file_version: many", 6, "commit-file.file_version: Input should be a valid int"),
        ("with: hello", 4, 'with should be names with values, got "hello"'),
        ("message: a.json", 4, "a case has an event or a message, not both; leave one out"),
        ("now: 10:00", 4, "now: expected a day or a moment, such as 2026-11-11 or 2026-11-11 10:00"),
        ("now: [1]", 4, 'now: expected a day or a moment, such as 2026-11-11 or 2026-11-11 10:00, got "[1]"'),
        ("now:", 4, "now: expected a day or a moment"),
        ("modes: {a.b: shadw}", 4, 'a.b should be enforce, warn, shadow or off, got "shadw"; did you mean "shadow"?'),
        ("snapshot:\n    contents: x", 5, 'CommittedFile has no field contents; did you mean "content"?'),
        ("snapshot: {file: a.sql, content: x}", 4, "a snapshot has a file or fields, not both; leave one out"),
        ("snapshot: {file: a.sql}", 4, "the snapshot a.sql cannot be read: No such file or directory"),
        ("parameters: {a: [1]}", 4, "a should be a text, got a list"),
        ("text: []", 4, "text should be a text or a list of them, got an empty list"),
        ("text: {a: b}", 4, "text should be a text, got names with values"),
        ("text: [a, true]", 4, "text should be a text, got true; write it in quotes"),
        ("text:\n    - a\n    -", 6, "text should be a text, got nothing"),
        ("expect: OK", 4, 'this is not YAML: found duplicate key "expect"'),
        ("text: limited: 10", 4, "this is not YAML"),
    ],
)
def test_a_mistake_is_told_with_its_line(line: str, number: int, problem: str) -> None:
    [found] = problems(_case(line))
    assert found.startswith(f"cases.yaml:{number}: {problem}")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("- {event: commit-file, expect: OK}", "a case needs name, such as name: a small download is allowed"),
        ("- {name: a, event: commit-file}", "a case needs expect: OK, WARN or FAIL"),
        ("- {name: a, expect: OK}", "what happens in this case? Give it an event, such as event: download-resources"),
        ("- {name: a, event: commit-file, expect: deny}", 'expect should be OK, WARN or FAIL, got "deny"'),
        ("- {name: a, event: commit-fil, expect: OK}", 'there is no event "commit-fil"; did you mean "commit-file"?'),
        (
            "- {name: a, event: commit-file, expect: OK, text: b}",
            "nobody sees a text with OK; leave the text out, or expect WARN or FAIL",
        ),
        (
            "- {name: a, event: delete-project, snapshot: {}, expect: OK}",
            "DataWorks keeps no snapshot of delete-project; leave the snapshot out",
        ),
        (
            "- {name: a, message: {eventCode: commit-file}, with: {a: 1}, expect: OK}",
            '"with" changes the sample of an event; change a message itself',
        ),
        ("- {name: a, message: [1], expect: OK}", "a file has a name, got a list"),
        ("- {name: a, message: {a: 1}, expect: OK}", "neither a message (it has no messageBody or data)"),
        ("- 5", 'expected a case, beginning with "- name:", got "5"'),
        ("name: a", 'expected a list of cases, each beginning with "- name:", got names with values'),
        ("hello", 'expected a list of cases, each beginning with "- name:", got "hello"'),
    ],
)
def test_a_case_that_is_none_is_told(text: str, problem: str) -> None:
    [found] = problems(text)
    assert found.startswith(f"cases.yaml:1: {problem}")


def test_two_cases_of_one_name_are_told() -> None:
    text = "- {name: a, event: commit-file, expect: OK}\n" * 2
    assert problems(text) == ["cases.yaml:2: the case in line 1 has this name; give each case its own"]


def test_every_mistake_of_a_case_is_told() -> None:
    text = "- name:\n  event: commit-file\n  expects: OK\n  modes:\n    a.b: of"
    assert problems(text) == [
        "cases.yaml:1: a case needs expect: OK, WARN or FAIL",
        "cases.yaml:1: name should be a text, got nothing",
        'cases.yaml:3: a case has no expects; did you mean "expect"?',
        'cases.yaml:5: a.b should be enforce, warn, shadow or off, got "of"; did you mean "off"?',
    ]


def test_every_case_with_a_mistake_is_told() -> None:
    text = "- {name: a, event: x, expect: OK}\n- {name: b, event: commit-file, expect: OK}\n- {name: c, expect: OK}"
    assert [line.partition(": ")[0] for line in problems(text)] == ["cases.yaml:1", "cases.yaml:3"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\xff", "cases.yaml: this file is not UTF-8; save it as UTF-8"),
        ("- {name: 不许下载}".encode("gbk"), "cases.yaml: this file is GBK; save it as UTF-8"),
        (None, "cases.yaml: this file cannot be read: No such"),
    ],
)
def test_a_file_that_cannot_be_read_is_told(content: bytes | None, problem: str) -> None:
    if content is not None:
        Path("cases.yaml").write_bytes(content)
    with pytest.raises(CaseError, match=problem):
        read_cases(Path("cases.yaml"))


# Results


def test_a_case_passes_when_the_verdict_is_the_expected_one() -> None:
    assert run("- {name: a, event: download-resources, with: {data_row_size: 5}, expect: OK}").problem == ""
    assert run("- {name: a, event: download-resources, with: {data_row_size: 500}, expect: FAIL}").passed


def test_settings_and_modes_are_those_of_the_case(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment has no say."""
    monkeypatch.setenv("ROWS_MAX_ROWS", "1")
    monkeypatch.setenv("DATAWORKS_EXT_MODES", "*=off")
    assert run(
        "- {name: a, event: download-resources, with: {data_row_size: 50}, settings: {rows.max_rows: 50}, expect: OK}"
    ).passed
    assert run(
        "- {name: a, event: download-resources, with: {data_row_size: 500}, modes: {rows.row_limit: warn}, "
        "expect: WARN, text: At most 100}"
    ).passed


def test_what_a_policy_asks_for_is_that_of_the_case() -> None:
    result = run(
        _case(
            "snapshot: {content: SELECT 1}",
            "options: {limits: {max: 5}}",
            "parameters: {team: 007}",
            "now: 2026-11-11 10:00",
            "text: [SELECT 1, \"{'limits': {'max': 5}} {'team': '007'} 2026-11-11T02:00:00+00:00\"]",
        )
    )
    assert result.problem == ""


def test_all_parts_of_the_text_are_looked_for() -> None:
    text = """
- name: a
  event: download-resources
  with: {data_row_size: 500, file_name: a_very_long_file_name.csv}
  expect: FAIL
  text: [At most 100 rows., A long name.%s]
"""
    assert run(text % "").passed
    assert run(text % ", Elsewhere").missing == ("Elsewhere",)


def test_a_failure_says_what_was_expected_what_came_and_why() -> None:
    result = run(
        """
- name: a large one
  event: download-resources
  with: {data_row_size: 500, file_name: a_very_long_file_name.csv}
  expect: WARN
  text: 1,000 rows
"""
    )
    assert result.problem.splitlines() == [
        "cases.yaml:2: a large one",
        '  expected  WARN with "1,000 rows"',
        "  got       FAIL: At most 100 rows.",
        "            A long name.",
        "  at        2026-03-02 12:00 (Asia/Shanghai)",
        "  Policy           Says  Mode     Text",
        "  rows.row_limit   FAIL  enforce  At most 100 rows.",
        "  rows.long_names  WARN  enforce  A long name.",
    ]


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("event: commit-table", "no policy handles commit-table, so the verdict is the default"),
        ("event: delete-file", "the policies of delete-file are inactive here: rows.hours (needs rows.hours)"),
        (
            "event: delete-file, modes: {rows.hours: off}",
            "the policies of delete-file are inactive here: rows.hours (off)",
        ),
        ("event: freeze-instance", "this freeze-instance is not blocking, so no policy runs"),
    ],
)
@pytest.mark.parametrize("expect", ["OK", "FAIL"])
def test_a_case_that_nobody_looks_at_says_so(line: str, expect: str, hint: str) -> None:
    """It is as expected, or not, like any other."""
    result = run(f"- {{name: a, {line}, expect: {expect}}}")
    assert result.passed == (expect == "OK")
    assert result.hints == (hint,)


def test_an_expected_denial_that_comes_from_a_failure_says_so() -> None:
    result = run("- {name: a, event: commit-file, expect: FAIL}")
    assert result.passed
    assert result.hints == (
        "rows.code failed: LookupFailedError: the case gives no snapshot; "
        "give it one, such as snapshot: {file: code.sql}",
    )


def test_a_failure_that_nobody_sees_is_no_hint() -> None:
    result = run("- {name: a, event: commit-file, modes: {rows.code: shadow}, expect: OK}")
    assert result.passed
    assert result.hints == ()


def test_a_policy_that_failed_says_why_in_its_reason() -> None:
    result = run("- {name: a, event: commit-file, expect: OK}")
    assert re.search(r"rows.code  failed  enforce  LookupFailedError: the case gives no snapshot", result.problem)


def test_settings_and_modes_that_cannot_be_are_told_with_their_lines() -> None:
    [case] = read(
        _case(
            "settings:", "  rows.max_row: 5", "  rows.max_rows: many", "  rows.hours: 9-18", "modes: {rows.limit: off}"
        )
    )
    with pytest.raises(CaseError) as raised:
        run_case(extension, case)
    assert str(raised.value).splitlines() == [
        'cases.yaml:5: there is no setting "rows.max_row"; did you mean "rows.max_rows"?',
        "cases.yaml:6: rows.max_rows: Input should be a valid integer, unable to parse string as an integer",
        'cases.yaml:8: there is no policy "rows.limit"; did you mean "rows.row_limit"?',
    ]


# Files


def test_a_folder_stands_for_its_case_files() -> None:
    for name in ("cases/b.yaml", "cases/a.yml", "cases/team/c.yaml", "cases/saved/message.json", "cases/README.md"):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).touch()
    assert list(map(str, find_case_files([Path("cases"), Path("cases/b.yaml"), Path("cases/README.md")]))) == [
        "cases/a.yml",
        "cases/b.yaml",
        "cases/team/c.yaml",
        "cases/README.md",
    ]


def test_a_path_that_leads_nowhere_is_told() -> None:
    with pytest.raises(CaseError, match="nowhere: there is no such file or folder"):
        find_case_files([Path("nowhere")])


# The examples


@pytest.mark.parametrize("file", find_case_files([ROOT / "cases"]), ids=lambda file: file.name)
def test_the_examples_are_as_expected(file: Path) -> None:
    """Each for the reason that it gives."""
    results = [run_case(policies.extension, case) for case in read_cases(file)]
    assert results
    assert [result.problem for result in results if not result.passed] == []
    assert [result.hints for result in results if result.hints] == []


_BLOCKS = re.findall(
    r"^```yaml\n(.*?)^```$", (ROOT / "docs/en/cases.md").read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
)


@pytest.mark.parametrize("number", range(len(_BLOCKS)))
def test_the_documented_cases_are_as_expected(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are about the example, beside its case files."""
    documented = Path("documented.yaml").absolute()
    documented.write_text(_BLOCKS[number], encoding="utf-8")
    for name in ("code", "saved"):
        Path(name).symlink_to(ROOT / "cases" / name)
    results = [run_case(policies.extension, case) for case in read_cases(documented)]
    assert [result.problem or result.hints for result in results if not result.passed or result.hints] == []
